"""What a run is summed up by, on trajectories written by hand: every number can be checked with a pencil."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.lanes import Lanes, compiled
from sim.outcomes import CYCLES, OUTCOME_NAMES, OUTCOME_SCHEMA, OUTCOMES, cycle_means, summarise
from sim.params import NAMES, as_array, resolve
from sim.state import PARTNER, PARTNERSHIP, SERIES, SERIES_NAMES, allocate, one_run, view
from sim.tables import in_lane, matrix, row

near = pytest.approx


@compiled
def sum_up(lanes, memory, n, n_issues, months):
    """Summarise the series and partners that stand in memory, as at the end of a run."""
    state = view(lanes, memory, 0, n, n_issues, 1, months)
    summarise(state, row(lanes, OUTCOME_SCHEMA, memory.summary[:, 0, :]), np.nan)
    for index in range(memory.worlds.shape[0]):
        cycle_means(one_run(state, index), in_lane(matrix(lanes, memory.summary), index), np.nan)


def memory_of(runs, width):
    """Memory as runs leave it. A run is a mapping of series, "efforts" (their sums, by partner), "axed", parameters."""
    months = len(runs[0]["outcome"])
    memory = allocate(max(len(run.get("efforts", (0, 0))) for run in runs), 1, 1, months, len(OUTCOMES), width)
    memory.summary[:] = -99.0
    memory.partners[:, PARTNER.place["effort_sum"]] = 99.0  # of rows without a partner: not to be counted
    for index, run in enumerate(runs):
        efforts = run.get("efforts", (0.0, 0.0))
        values = {name: value for name, value in run.items() if name in NAMES and name not in SERIES_NAMES}
        memory.parameters[:, index] = as_array(resolve({"months": months, "n_partners": len(efforts)} | values))
        memory.partnership[PARTNERSHIP.place["axed"], index] = run.get("axed", 0.0)
        for i, effort in enumerate(efforts):
            memory.partners[i, PARTNER.place["present"], index] = 1.0
            memory.partners[i, PARTNER.place["effort_sum"], index] = effort
        for place, name in enumerate(SERIES_NAMES):
            memory.series[:, place, index] = run.get(name, np.zeros(months))
    return memory, months


def summed_up(*runs, width=1):
    """The outcomes of each run by name; all runs stand side by side in lanes."""
    filled = [*runs, *[runs[-1]] * (width - len(runs))]
    memory, months = memory_of(filled, width)
    sum_up(Lanes(width), memory, memory.partners.shape[0], 1, months)
    return [dict(zip(OUTCOME_NAMES, memory.summary[:, 0, index].tolist(), strict=True)) for index in range(len(runs))]


def outcomes(**run):
    """The outcomes of one run by name."""
    return summed_up(run)[0]


# -- the list ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("readings", [OUTCOMES, SERIES], ids=["outcomes", "series"])
def test_every_reading_says_what_it_is(readings):
    assert len({reading.name for reading in readings}) == len(readings)
    assert all(reading.unit and reading.meaning for reading in readings)


def test_every_outcome_is_written():
    """A run of one month leaves no number as it was before."""
    assert -99.0 not in outcomes(outcome=[0.0], cycle_months=1).values()
    assert -99.0 not in outcomes(outcome=[0.0], cycle_months=0).values()


# -- means and ends ---------------------------------------------------------------------------------------


def test_added_value_is_what_acting_alone_would_not_have_given():
    run = outcomes(outcome=[0.0, 0.1, 0.2, 0.3], alone_outcome=[0.05, 0.1, 0.1, 0.11])
    assert run["outcome_mean"] == near(0.15)
    assert run["outcome"] == 0.3
    assert run["alone_outcome_mean"] == near(0.09)
    assert run["alone_outcome"] == 0.11
    assert run["added_value_mean"] == near(0.06)
    assert run["added_value"] == near(0.19)


@pytest.mark.parametrize("name", ["effort", "burden", "owned"])
def test_some_are_given_as_mean_and_at_the_end(name):
    run = outcomes(outcome=[0.0] * 4, **{name: [0.1, 0.2, 0.3, 0.6]})
    assert run[f"{name}_mean"] == near(0.3)
    assert run[name] == 0.6


def test_cost_shifting_is_given_as_mean():
    assert outcomes(outcome=[0.0] * 4, cost_shift=[0.4, 0.2, 0.0, 0.0])["cost_shift_mean"] == near(0.15)


@pytest.mark.parametrize(
    "name",
    ["structure", "fit", "purpose", "trust", "commitment", "endorsed", "participation", "participation_large",
     "participation_small"],
)  # fmt: skip
def test_others_are_given_at_the_end(name):
    run = outcomes(outcome=[0.0] * 3, **{name: [0.9, 0.5, 0.25]})
    assert run[name] == 0.25
    assert sum(value == 0.25 for value in run.values()) == 1


def test_efficiency_is_outcome_for_effort():
    assert outcomes(outcome=[0.1, 0.3], effort=[0.5, 0.3])["efficiency"] == near(0.5)
    assert outcomes(outcome=[0.1, 0.3], effort=[0.0, 0.0])["efficiency"] == 0.0


def test_a_partnership_is_axed_where_a_review_ended_it():
    assert outcomes(outcome=[0.0], axed=1.0)["axed"] == 1.0
    assert outcomes(outcome=[0.0], axed=0.0)["axed"] == 0.0


# -- months -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("added_value", "month"),
    [
        ([0.1, 0.1, 0.1], 1),
        ([-0.1, 0.1, -0.1, 0.1, 0.1], 4),
        ([-0.1, -0.1, 0.1], 3),
        ([0.1, 0.1, -0.1], None),
        ([0.0, 0.0, 0.0], None),
        ([0.1, 0.0, 0.1], 3),
    ],
    ids=["from the start", "in the end", "in the last month", "lost again", "equal is not above", "not while equal"],
)
def test_month_of_gain_is_the_first_of_those_that_stay_above(added_value, month):
    """Months are counted from 1 here; an outcome that does not exist is NaN."""
    found = outcomes(outcome=[0.3 + value for value in added_value], alone_outcome=[0.3] * len(added_value))
    assert found["gain_month"] == month if month else np.isnan(found["gain_month"])


@pytest.mark.parametrize(
    ("effort", "month"),
    [
        ([0.5, 0.4, 0.3], None),
        ([0.5, 0.05, 0.05], 2),
        ([0.05, 0.05, 0.05], 1),
        ([0.05, 0.5, 0.05], 3),
        ([0.05, 0.05, 0.5], None),
        ([0.1, 0.1, 0.1], None),
    ],
    ids=["never", "in the second month", "from the start", "for good", "only for a while", "at the bound is not below"],
)
def test_month_of_collapse_is_the_first_of_those_that_stay_below(effort, month):
    found = outcomes(outcome=[0.0] * 3, effort=effort, collapse_effort=0.1)
    assert found["collapse_month"] == month if month else np.isnan(found["collapse_month"])


# -- cycles -----------------------------------------------------------------------------------------------


def cycles(outcome, cycle_months):
    run = outcomes(outcome=outcome, cycle_months=cycle_months)
    return [run[f"cycle_{c}"] for c in range(1, CYCLES + 1)]


def test_each_cycle_has_its_mean_and_the_last_may_be_short():
    means = cycles([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9], cycle_months=3)
    assert means[:3] == near([0.2, 0.5, 0.8])
    assert np.isnan(means[3:]).all()


def test_a_partnership_that_is_never_relaunched_has_no_cycles():
    assert np.isnan(cycles([0.1, 0.2], cycle_months=0)).all()


def test_a_run_shorter_than_a_cycle_is_one_cycle():
    means = cycles([0.1, 0.2], cycle_months=5)
    assert means[0] == near(0.15)
    assert np.isnan(means[1:]).all()


def test_cycles_beyond_those_reported_change_nothing():
    assert cycles([0.1 * month for month in range(CYCLES + 3)], cycle_months=1) == near(
        [0.1 * month for month in range(CYCLES)]
    )


# -- how unequally effort is shared -----------------------------------------------------------------------


def gini(*efforts):
    return outcomes(outcome=[0.0], efforts=efforts)["gini_effort"]


def test_gini():
    assert gini(2.0, 2.0, 2.0) == 0.0
    assert gini(0.0, 0.0, 0.0, 8.0) == near(3 / 4), "(n - 1)/n where one gives all"
    assert gini(1.0, 2.0, 3.0, 4.0) == near(1 / 4)
    assert gini(0.0, 0.0) == 0.0, "where nobody gives"


@given(efforts=st.lists(st.floats(0.01, 60.0), min_size=2, max_size=8))
def test_gini_is_the_mean_gap_over_twice_the_mean(efforts):
    gaps = np.abs(np.subtract.outer(efforts, efforts))
    assert gini(*efforts) == near(gaps.mean() / (2 * np.mean(efforts)), abs=1e-12)


@given(efforts=st.lists(st.floats(0.01, 60.0), min_size=2, max_size=8), scale=st.floats(0.1, 10.0))
def test_gini_knows_neither_order_nor_unit(efforts, scale):
    assert gini(*[scale * effort for effort in reversed(efforts)]) == near(gini(*efforts), abs=1e-12)


# -- side by side -----------------------------------------------------------------------------------------


def any_run(rng):
    """A run with numbers at random in every series."""
    series = {name: rng.random(12) for name in SERIES_NAMES}
    return series | {
        "efforts": rng.random(int(rng.integers(2, 7))) * 12,
        "cycle_months": int(rng.integers(0, 8)),
        "collapse_effort": rng.random(),
        "axed": float(rng.integers(0, 2)),
    }


def test_runs_side_by_side_are_summed_up_as_each_alone():
    """Partners and cycles differ from lane to lane, and rows without a partner do not count."""
    rng = np.random.default_rng(1)
    runs = [any_run(rng) for _ in range(8)]
    assert len({len(run["efforts"]) for run in runs}) > 2
    for one, together in zip(runs, summed_up(*runs, width=8), strict=True):
        np.testing.assert_equal(together, summed_up(one)[0])
