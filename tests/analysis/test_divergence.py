"""The month at which paths part: planted months are found, and chance alone does not part them."""

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import divergence
from experiments.errors import StudyError
from experiments.study.definition import Contrast

CONTRAST = Contrast("structure_first", "purpose_first", "added_value_mean", 0.01)


def walk(rng, worlds=200, months=48, planted=20, drift=0.01):
    """Differences that are chance alone until `planted`, and grow by `drift` a month after it."""
    chance = rng.normal(0, 0.01, (worlds, months)).cumsum(axis=1) * 0.5
    return chance + drift * np.clip(np.arange(1, months + 1) - planted, 0, None)


def test_a_planted_month_is_found_soon_after_it():
    found = divergence.divergence(walk(np.random.default_rng(1)), 0.01, "outcome", 1)
    assert 20 < found.month <= 24
    assert found.diverged.share.value > 0.9
    assert 15 <= found.typical.value <= 28


def test_luck_alone_parts_the_mean_in_one_study_of_twenty():
    """The band holds for all months together; the control is the band of single months, which parts far more often."""
    rng, diverged, singly, studies = np.random.default_rng(2), 0, 0, 200
    for study in range(studies):
        difference = walk(rng, worlds=100, months=24, drift=0.0)
        band = divergence.joint_band(difference, study)
        diverged += not ((band["low"] <= 0) & (band["high"] >= 0)).all()
        error = difference.std(axis=0, ddof=1) / 10
        singly += bool((np.abs(difference.mean(axis=0)) > 1.96 * error).any())
    assert diverged / studies <= 0.08
    assert singly / studies > 0.10


def test_for_good_means_to_the_end():
    holds = np.array([[0, 1, 0, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 0]], dtype=bool)
    assert divergence.for_good(holds).tolist() == [4, 1, 6]


def test_paths_are_paired_by_world_and_in_order_of_months():
    rows = pd.DataFrame(
        [(world, arm, month, 10.0 * world + month * (2 if arm == "structure_first" else 1))
         for arm in ("purpose_first", "structure_first") for month in (3, 1, 2) for world in (5, 1)],
        columns=["point", "arm", "month", "outcome"],
    )  # fmt: skip
    np.testing.assert_array_equal(divergence.paths(rows, CONTRAST, "outcome"), [[1, 2, 3], [1, 2, 3]])


def test_an_outcome_finds_its_series():
    assert divergence.series_of(CONTRAST, ["outcome", "trust"]) == "outcome"
    trust = Contrast("structure_first", "purpose_first", "trust", 0.01)
    assert divergence.series_of(trust, ["outcome", "trust"]) == "trust"
    gini = Contrast("structure_first", "purpose_first", "gini_effort", 0.01)
    assert divergence.series_of(gini, ["outcome", "trust"]) is None


def test_few_worlds_are_refused():
    with pytest.raises(StudyError, match="19 worlds were kept month by month"):
        divergence.divergence(np.zeros((19, 12)), 0.01, "outcome", 1)
