"""One model, read many ways: engine, lanes, interpreter and naive twin agree to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings

from sim import rules
from sim.params import SETUPS, as_array, resolve
from sim.runs import simulate
from sim.state import SERIES_NAMES
from tests import reference, strategies

EVENTFUL = {
    "n_partners": 7, "months": 24, "turnover_prob": 0.3, "reorganisation_prob": 0.2, "cycle_months": 5,
    "learning_prob": 0.7, "umbrella": 1, "meetings": 3, "task_seeking": 1.0, "pooled_share": 0.4, "crowding": -0.5,
    "review_month": 20, "setup_months": 7, "example_weight": 0.5, "fresh_start": 0.5, "n_issues": 5,
    "exit_level": 0.5, "exit_prob": 0.2, "return_prob": 0.5, "gate": 0.15, "outside_share": 0.05, "outside_months": 9,
    "outside_emphasis": 0.6, "authority": 0.7, "goal_conflict": 0.8, "distraction": 0.4, "distraction_months": 5,
    "inverse_care": 0.5, "load_growth": 0.7, "reference_seats": 5, "own_effort": 0.2, "initial_structure": 0.1,
    "initial_purpose": 0.1, "initial_owned": 0.5, "structure_months": 3, "purpose_months": 3, "commitment": 0.6,
    "reorganisation_month": 9,
}  # fmt: skip
"""A run in which everything happens that can."""


COMPOSED = {
    "sector_2_count": 3, "sector_2_capacity": 0.2, "sector_2_small": 1, "sector_2_commitment": -0.2,
    "sector_4_count": 1, "sector_4_capacity": 6, "sector_4_partnerships": 40, "sector_4_accountability": 0.4,
    "sector_8_count": 2, "sector_8_accountability": -0.6, "partnerships": 2, "smallest_capacity": 0.001,
    "need_1": 1, "need_2": 5, "need_3": 2, "need_4": 2, "need_5": 1,
}  # fmt: skip
"""Sectors with gaps between them, small ones among large ones, and needs of its own."""
EVENTFUL_AND_COMPOSED = {name: value for name, value in EVENTFUL.items() if name != "n_partners"} | COMPOSED


def trajectory(values, setup, seed, world, width):
    """Monthly series (months, series) of a run by the engine."""
    point = as_array(resolve(values, setup))
    runs = simulate(point[None], np.array([world]), seed, trajectories=True, width=width)
    return runs.trajectories[0]


def naive_trajectory(values, setup, seed, world):
    """The same by the naive twin."""
    history = reference.naive_run(values, setup, seed, world)
    return np.array([[month[name] for name in SERIES_NAMES] for month in history])


def assert_same(one, other):
    """Equal to the last bit, and says where it is not."""
    assert one.shape == other.shape
    apart = np.argwhere(one != other)
    assert not apart.size, [(int(month) + 1, SERIES_NAMES[s], one[month, s], other[month, s]) for month, s in apart[:5]]


@settings(max_examples=60)
@given(strategies.overrides(), strategies.setups, strategies.seeds, strategies.worlds)
@example(EVENTFUL, "structure_first", 1, 2)
@example(EVENTFUL | {"mandated": 1, "umbrella": 0, "months": 30}, "purpose_first", 3, 4)
@example(EVENTFUL | {"review_floor": 0.0, "noise": 2.0, "trust_rate": 1.0, "visibility_effect": 1.0}, "balanced", 5, 6)
@example({"n_partners": 2, "n_issues": 1, "months": 1}, "alone", 0, 0)
@example(EVENTFUL_AND_COMPOSED, "structure_first", 7, 8)
def test_engine_and_naive_twin_agree_to_the_last_bit(values, setup, seed, world):
    naive = naive_trajectory(values, setup, seed, world)
    for width in (1, 8):
        assert_same(trajectory(values, setup, seed, world, width), naive)


@settings(max_examples=30)
@given(strategies.overrides(), strategies.schedules(), strategies.seeds, strategies.worlds)
def test_engine_and_naive_twin_agree_on_schedules(values, schedule, seed, world):
    """Which hold where no arm sets where setup goes."""
    values = values | schedule
    naive = naive_trajectory(values, None, seed, world)
    for width in (1, 8):
        assert_same(trajectory(values, None, seed, world, width), naive)


def test_in_an_eventful_run_partners_leave_and_come_back_and_setup_turns_when_it_is_ready():
    """So that the twin has something to agree on: within a cycle of five months, in one sooner than in another."""
    run = trajectory(EVENTFUL, "structure_first", 1, 2, 1)
    members, emphasis = (run[:20, SERIES_NAMES.index(name)] for name in ("members", "emphasis"))
    assert np.diff(members).min() < 0.0 < np.diff(members).max()
    assert len({tuple(cycle) for cycle in emphasis.reshape(4, 5)}) > 1
    assert (np.diff(emphasis) < 0.0).any()


def test_a_twin_that_reads_one_rule_differently_is_caught(monkeypatch):
    monkeypatch.setattr(reference, "saturate", lambda u, k: u * (1.0 + k) / (1.0 + u * k * (1.0 + 1e-15)))
    with pytest.raises(AssertionError):
        assert_same(trajectory({}, "balanced", 1, 0, 1), naive_trajectory({}, "balanced", 1, 0))


@pytest.mark.parametrize("setup", SETUPS)
def test_every_arm_of_the_default_world_agrees(setup):
    assert_same(trajectory({"months": 40}, setup, 11, 5, 8), naive_trajectory({"months": 40}, setup, 11, 5))


INTERPRETED = """
import json, sys
import numpy as np
from sim.params import as_array, resolve
from sim.runs import WIDTH, simulate
assert WIDTH == 1
cases = json.load(sys.stdin)
out = []
for values, setup, seed, world in cases:
    runs = simulate(as_array(resolve(values, setup))[None], np.array([world]), seed, trajectories=True)
    out.append([runs.trajectories[0].tolist(), runs.outcomes[0].tolist()])
json.dump(out, sys.stdout)
"""


def test_interpreted_engine_gives_the_same_bits():
    cases = [(EVENTFUL, setup, 7, 40 + index) for index, setup in enumerate(SETUPS)]
    cases += [(EVENTFUL_AND_COMPOSED, "structure_first", 7, 8)]
    cases += [(EVENTFUL | {"gate": 0, "learning_prob": 0, "schedule_1_until": 4, "schedule_2_until": 9}, None, 7, 9)]
    cases += [({"n_partners": 4, "months": 3, "meetings": 0}, "balanced", 2**63 - 1, 2**32 - 1)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", INTERPRETED],
        input=json.dumps(cases), env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    for (values, setup, seed, world), (series, outcomes) in zip(cases, json.loads(done.stdout), strict=True):
        point = as_array(resolve(values, setup))[None]
        runs = simulate(point, np.array([world]), seed, trajectories=True)
        assert_same(np.array(series), runs.trajectories[0])
        np.testing.assert_array_equal(np.array(outcomes, dtype=float), runs.outcomes[0])


def test_a_rule_of_the_twin_is_not_a_rule_of_the_engine():
    """The twin shares draws and parameters with the engine, and nothing else."""
    assert not {"rules", "engine", "state", "shocks", "outcomes", "lanes"} & set(vars(reference))
    assert reference.saturate is not rules.saturate
