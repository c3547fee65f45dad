"""The engine: many runs at once are the same runs, chance is nobody else's, and no edge of the ranges breaks it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from experiments.study.samplers import evenly
from sim.outcomes import OUTCOME_NAMES, OUTCOMES
from sim.params import BY_NAME, DEFAULT_BOX, SETUPS, ParameterError, as_array, resolve
from sim.runs import simulate
from sim.state import SERIES, SERIES_NAMES
from tests import strategies
from tests.sim.test_twin import EVENTFUL


def box_points(n, seed=0, **fixed):
    """Points drawn from the default box, with arms in turn: a mixed bag of runs."""
    rng, points = np.random.default_rng(seed), []
    for index in range(n):
        values = {name: float(evenly(name, *span, rng.random())) for name, span in DEFAULT_BOX.items()}
        points.append(as_array(resolve(values | fixed, list(SETUPS)[index % len(SETUPS)])))
    return np.array(points)


def same(one, other):
    """Whether two tables of outcomes agree to the last bit, missing values too."""
    return np.array_equal(one, other, equal_nan=True)


# -- runs side by side --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_any_number_of_lanes_gives_the_same_bits():
    """Four, which the engine has to be compiled for, beside one; all other tests run the eight that it has."""
    points = np.concatenate([box_points(25, 1), box_points(8, 2, months=7, n_issues=6, cycle_months=3)])
    worlds = np.arange(len(points))
    assert same(simulate(points, worlds, 3, width=4).outcomes, simulate(points, worlds, 3, width=1).outcomes)


def test_a_run_does_not_depend_on_its_company():
    points, worlds = box_points(40, 4), np.arange(40)
    together = simulate(points, worlds, 5).outcomes
    order = np.random.default_rng(0).permutation(40)
    assert same(simulate(points[order], worlds[order], 5).outcomes, together[order])
    assert same(np.vstack([simulate(points[[i]], worlds[[i]], 5).outcomes for i in range(7)]), together[:7])
    assert not same(simulate(points, worlds + 1, 5).outcomes, together), "control: another world is another run"
    assert not same(simulate(points, worlds, 6).outcomes, together), "control: another seed is another run"


def test_rows_beyond_the_partners_of_a_run_change_nothing():
    """The bystander: a run in arrays that are too large for it, beside a larger one, is the run alone."""
    small = as_array(resolve(EVENTFUL | {"n_partners": 5}, "balanced"))
    large = as_array(resolve(EVENTFUL | {"n_partners": 11}, "balanced"))
    beside = simulate(np.stack([small, large]), np.array([9, 9]), 1, trajectories=True)
    alone = simulate(small[None], np.array([9]), 1, trajectories=True)
    assert same(beside.outcomes[:1], alone.outcomes)
    assert same(beside.trajectories[:1], alone.trajectories)
    assert not same(beside.outcomes[:1], beside.outcomes[1:]), "control: six more partners do change a run"


def test_the_same_world_meets_the_same_partners_and_shocks_under_every_arm():
    """Common random numbers: acting alone comes to the same in every arm, and fewer months are the same months."""
    values = {"n_partners": 9, "turnover_prob": 0.1, "reorganisation_prob": 0.1, "months": 40}
    points = np.array([as_array(resolve(values, setup)) for setup in SETUPS])
    runs = simulate(points, np.full(len(points), 77), 1, trajectories=True)
    alone = runs.trajectories[:, :, SERIES_NAMES.index("alone_outcome")]
    assert (alone == alone[0]).all()
    shorter = points.copy()
    shorter[:, list(BY_NAME).index("months")] = 15
    head = simulate(shorter, np.full(len(points), 77), 1, trajectories=True)
    assert same(head.trajectories, runs.trajectories[:, :15])


def test_months_after_the_last_are_missing():
    points = np.array([as_array(resolve({"months": months})) for months in (3, 5)])
    series = simulate(points, np.array([0, 0]), 1, trajectories=True).trajectories
    assert series.shape == (2, 5, len(SERIES))
    assert np.isnan(series[0, 3:]).all() and not np.isnan(series[0, :3]).any() and not np.isnan(series[1]).any()


# -- edges --------------------------------------------------------------------------------------------------

ANSWERS = tuple(name for name in OUTCOME_NAMES if name.startswith(("pat_", "vichealth_")))
MAY_BE_MISSING = (
    "gain_month", "collapse_month", *ANSWERS, *(name for name in OUTCOME_NAMES if name.startswith("cycle_")),
)  # fmt: skip
SIGNED = ("added_value", "added_value_mean")
BEYOND = ("expectation", "gap", "alone_gap", "vichealth_score")
"""Series that may pass 1: what is hoped for; and, where work misses the worse off, others get more than they need."""
OF_GROUPS = (
    "outcome_worse_off", "outcome_others", "gap", "gap_change", "gap_change_mean", "added_value_worse_off_mean",
    "added_value_others_mean",
)  # fmt: skip
SLACK = 1e-12
"""What rounding may take: what groups gain is worked out from their mean and the gap between them."""
UNBOUNDED = ("efficiency", "gain_month", "collapse_month", "vichealth_score", *OF_GROUPS)


def assert_sane(runs):
    """No NaN but where an outcome may not exist; every level and share within its range."""
    assert not np.isnan(runs.trajectories).any()
    assert runs.trajectories.min() >= 0.0
    levels = np.delete(runs.trajectories, [SERIES_NAMES.index(name) for name in BEYOND], axis=2)
    assert levels.max() <= 1.0
    for column, name in zip(runs.outcomes.T, OUTCOME_NAMES, strict=True):
        assert name in MAY_BE_MISSING or not np.isnan(column).any(), name
        known = column[~np.isnan(column)]
        if name not in UNBOUNDED and known.size:
            assert known.min() >= (-1.0 if name in SIGNED else 0.0), (name, known.min())
            assert known.max() <= 1.0, (name, known.max())
    for name in ("outcome_worse_off", "outcome_others", "gap"):
        assert runs.outcomes[:, OUTCOME_NAMES.index(name)].min() >= -SLACK, name


def run_of(values, setup, seed=1, world=1):
    return simulate(as_array(resolve(values, setup))[None], np.array([world]), seed, trajectories=True)


@settings(max_examples=250)
@given(strategies.overrides(most=95), strategies.setups, strategies.seeds)
@example({"saturation": 100.0, "small_capacity": 0.05, "small_share": 1.0, "capacity_spread": 1.0}, "balanced", 0)
@example({"agenda_diversity": 1.0, "agenda_bias": 1.0, "complementarity": 1.0, "n_issues": 12}, "balanced", 0)
def test_any_values_in_their_ranges_keep_every_state_in_its_range(values, setup, seed):
    assert_sane(run_of(values, setup, seed))


PROBABILITIES = (
    "turnover_prob", "reorganisation_prob", "learning_prob", "assignment", "volunteering", "exit_prob", "return_prob",
)  # fmt: skip


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("chance", [0, 1])
def test_certain_and_impossible_events(setup, chance):
    assert_sane(run_of(dict.fromkeys(PROBABILITIES, chance) | {"cycle_months": 6}, setup))


@pytest.mark.parametrize(
    "values",
    [
        {"n_partners": 2}, {"n_issues": 1}, {"months": 1}, {"n_partners": 200, "months": 12}, {"months": 600},
        {"n_partners": 2, "n_issues": 1, "months": 1, "meetings": 0},
        {"small_share": 1.0, "small_capacity": 0.05, "capacity_spread": 1.0, "umbrella": 1},
        {"setup_share": 1.0, "upkeep_share": 1.0}, {"load_per_seat": 2.0, "load_per_talk": 2.0},
        {"noise": 2.0, "trust_rate": 1.0, "loss_aversion": 10.0}, {"decisiveness": 0.0}, {"decisiveness": 50.0},
        {"exit_level": 1.0, "exit_prob": 1.0}, {"distraction": 1.0, "reorganisation_prob": 1.0},
        {"inverse_care": 1.0, "worse_off_share": 0.99}, {"inverse_care": 1.0, "worse_off_share": 0.01},
        {"outside_share": 1.0, "outside_months": 600}, {"structure_months": 1.0, "purpose_months": 0.5},
        {"initial_structure": 1.0, "initial_purpose": 1.0, "initial_owned": 1.0, "authority": 1.0},
    ],
    ids=lambda values: ",".join(f"{name}={value:g}" for name, value in values.items()),
)  # fmt: skip
@pytest.mark.parametrize("setup", ["balanced", "structure_only"])
def test_edges(values, setup):
    assert_sane(run_of(values, setup))


def test_an_insane_state_would_be_caught():
    runs = run_of({}, "balanced")
    runs.trajectories[0, 10, SERIES_NAMES.index("trust")] = 1.0 + 1e-12
    with pytest.raises(AssertionError):
        assert_sane(runs)


# -- a reorganisation that is due ------------------------------------------------------------------------------


def test_a_reorganisation_that_is_due_comes_in_its_month_and_in_no_other():
    still = {"reorganisation_prob": 0.0, "structure_decay": 0.0}
    undisturbed = run_of(still, "balanced").trajectories[0, :, SERIES_NAMES.index("structure")]
    due = run_of(still | {"reorganisation_month": 20}, "balanced").trajectories[0, :, SERIES_NAMES.index("structure")]
    assert np.array_equal(due[:19], undisturbed[:19]) and due[19] < 0.6 * undisturbed[19]
    assert np.flatnonzero(np.diff(due) < 0).tolist() == [18]
    late = run_of(still | {"reorganisation_month": 61}, "balanced").trajectories[0, :, SERIES_NAMES.index("structure")]
    assert np.array_equal(late, undisturbed), "control: one beyond the run does not"


# -- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "worlds", "seed", "said"),
    [
        (np.zeros((1, 3)), np.array([0]), 1, "take a column for each"),
        (box_points(2), np.array([0]), 1, "there are 2 points"),
        (box_points(1), np.array([-1]), 1, "worlds are numbered"),
        (box_points(1), np.array([0]), -1, "seed=-1 is out of range"),
        (box_points(1, months=12.0) * np.nan, np.array([0]), 1, "out of range"),
    ],
)
def test_points_that_do_not_fit_are_refused(points, worlds, seed, said):
    with pytest.raises(ParameterError, match=said):
        simulate(points, worlds, seed)


@given(st.sampled_from([name for name in BY_NAME if BY_NAME[name].integer]))
def test_a_fraction_of_a_whole_number_is_refused(name):
    point = as_array(resolve({}))
    point[list(BY_NAME).index(name)] += 0.5
    with pytest.raises(ParameterError, match=name):
        simulate(point[None], np.array([0]), 1)


def test_every_series_and_outcome_is_described():
    for row in (*SERIES, *OUTCOMES):
        assert row.meaning and row.unit in ("level", "share", "months", "points", "switch", "1"), row
