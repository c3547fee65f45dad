"""Failure modes as outcomes of runs, and the limits of detectors."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import small_study
from experiments.config.to_study import compose
from experiments.errors import ConfigError
from experiments.execution.sweep import run_study
from sim import failures
from sim.failures import FLAGS, MODE_NAMES
from sim.limits import DEFAULT_LIMITS, LIMITS, check_limit, limits_of
from sim.outcomes import OUTCOME_NAMES
from sim.params import ParameterError, as_array, resolve
from sim.record import play
from sim.runs import simulate
from tests.sim.test_failures import L

# -- flags as outcomes ------------------------------------------------------------------------------------


def test_flags_stand_beside_the_same_outcomes(runs, found, monkeypatch):
    monkeypatch.setattr(failures, "BLOCK", 50)
    columns = failures.outcomes_and_flags(runs.points, runs.worlds, runs.seed, L)
    np.testing.assert_array_equal(
        columns[:, : len(OUTCOME_NAMES)], simulate(runs.points, runs.worlds, runs.seed).outcomes
    )
    for place, name in enumerate(FLAGS):
        mode = name.removesuffix("_month")
        expected = found[mode].since if name.endswith("_month") else found[mode].fires.astype(float)
        np.testing.assert_array_equal(columns[:, len(OUTCOME_NAMES) + place], expected)


def test_a_study_with_failures_has_their_columns_and_the_same_outcomes():
    words = ["experiment=quick_look", "design.points=12", "variant_points=2", "trajectory_points=0"]
    plain, searched = compose(words), compose([*words, "failures=true"])
    one, other = run_study(plain), run_study(searched)
    assert set(other.columns) - set(one.columns) == set(FLAGS)
    assert one.equals(other[one.columns])
    assert set(np.unique(other["antagony"])) == {0.0, 1.0}
    assert not other.loc[other["arm"] == "alone", list(MODE_NAMES)].to_numpy().any()
    assert (other["antagony_month"].isna() == (other["antagony"] == 0)).all()


def test_a_study_without_failures_is_the_one_it_was():
    assert "limits" not in small_study(points=4).as_dict()
    words = ["experiment=quick_look", "limits.window=12"]
    with pytest.raises(ConfigError, match="failures=true looks for"):
        compose(words)
    ids = {compose(words[:1]).id, compose([words[0], "failures=true"]).id, compose([*words, "failures=true"]).id}
    assert len(ids) == 3


# -- limits -----------------------------------------------------------------------------------------------


def test_limits_are_checked():
    assert limits_of({"window": 12})["window"] == 12 and limits_of() == DEFAULT_LIMITS
    assert all(check_limit(limit.name, limit.default) == limit.default for limit in LIMITS)
    for name, value, says in (
        ("windo", 3, "did you mean 'window'"), ("window", 2.5, "whole number from 2 to 600"),
        ("flat", -1, "from 0 to 1"), ("flat", float("nan"), "out of range"), ("flat", "steep", "not a number"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=says):
            check_limit(name, value)


def test_every_limit_belongs_to_a_mode_or_to_all():
    general = {"window", "flat", "margin"}
    assert all(limit.name in general or limit.name.startswith(MODE_NAMES) for limit in LIMITS)


def test_runs_of_different_lengths_are_refused():
    points = np.stack([as_array(resolve({"months": months})) for months in (12, 24)])
    with pytest.raises(ParameterError, match="one number of months"):
        play(points, np.array([0, 1]), 1)
