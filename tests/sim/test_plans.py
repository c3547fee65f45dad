"""Where setup goes, and who pays: calendar, gate, schedule, responsive setups, support from outside, two groups."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.neutrality.checks import CHANNELS_OFF, STOCKS
from sim.outcomes import OUTCOME_NAMES
from sim.params import NAMES, SETUPS, ParameterError, as_array, resolve
from sim.runs import simulate
from tests.sim.test_membership import outcome, played, series

STOCK = {"structure_first": "structure", "purpose_first": "purpose"}
FIRST = pytest.mark.parametrize("setup", STOCK)
OTHERS = [name not in STOCKS for name in OUTCOME_NAMES]


def table(values, setup="structure_first"):
    """Outcomes in twenty worlds."""
    return played(values, setup).outcomes


def same(one, other):
    return np.array_equal(one, other, equal_nan=True)


# -- where setup goes ---------------------------------------------------------------------------------------


@FIRST
@pytest.mark.parametrize("setup_months", [6, 7])
def test_without_a_gate_the_calendar_rules(setup, setup_months):
    emphasis = series(played({"setup_months": setup_months, "months": 9}, setup), "emphasis")
    first = 1.0 if setup == "structure_first" else 0.0
    middle = [0.5] * (setup_months % 2)
    planned = [first] * 3 + middle + [1.0 - first] * 3 + [0.5] * (9 - setup_months)
    assert (emphasis == planned).all()


@FIRST
def test_with_a_gate_the_first_emphasis_lasts_until_what_it_builds_stands(setup):
    """And then no more, even when that falls again; and no longer than setup does."""
    gate, calm = 0.25, {"reorganisation_prob": 0.0, "turnover_prob": 0.0, "exit_prob": 0.0, "months": 36}
    fading = calm | {"structure_decay": 0.05, "purpose_decay": 0.05, "setup_months": 24}
    runs, first = played(fading | {"gate": gate}, setup), 1.0 if setup == "structure_first" else 0.0
    early, stock = series(runs, "emphasis") == first, series(runs, STOCK[setup])
    turns = [int(run[:24].argmin()) if not run[:24].all() else 24 for run in early]
    for run, turn in enumerate(turns):
        assert early[run, :turn].all() and not early[run, turn:].any()
        assert (stock[run, : turn - 1] < gate).all() and (turn == 24 or stock[run, turn - 1] >= gate)
    assert (series(runs, "emphasis")[:, 24:] == 0.5).all()
    assert len(set(turns)) > 3, "in each world when it is ready"
    fell = [(stock[run, turn:24] < gate).any() for run, turn in enumerate(turns)]
    assert any(fell)
    never, at_once = (series(played(fading | {"gate": level}, setup), "emphasis") for level in (1.0, 1e-9))
    assert (never[:, :24] == first).all()
    assert (at_once[:, 0] == first).all() and (at_once[:, 2:24] == 1.0 - first).all()


@FIRST
@pytest.mark.parametrize("setup_months", [2, 8, 24])
def test_a_schedule_of_two_entries_is_an_order(setup, setup_months):
    """To the last bit, where the number of months is even; one month more or less of the first entry is not."""
    first = 1.0 if setup == "structure_first" else 0.0
    common = {"setup_months": setup_months, "months": 40, "upkeep_emphasis": 0.5}
    entries = {
        "schedule_1_until": setup_months / 2, "schedule_1_emphasis": first,
        "schedule_2_until": setup_months, "schedule_2_emphasis": 1.0 - first,
    }  # fmt: skip
    dated, scheduled = played(common, setup), played(common | entries, None)
    assert same(dated.outcomes, scheduled.outcomes) and same(dated.trajectories, scheduled.trajectories)
    for other in ({"schedule_2_until": setup_months + 1}, {"schedule_1_emphasis": 0.99 * first + 0.005}):
        assert not same(dated.outcomes, table(common | entries | other, None)), "control"


def test_a_schedule_may_have_four_entries_and_end_before_or_after_setup():
    entries = {f"schedule_{s}_until": 3.0 * s for s in range(1, 5)}
    entries |= {f"schedule_{s}_emphasis": 0.2 * s for s in range(1, 5)}
    emphasis = series(played(entries | {"setup_months": 6, "months": 15, "upkeep_emphasis": 0.7}, None), "emphasis")
    assert (emphasis == np.repeat([0.2, 0.4, 0.2 * 3, 0.8, 0.7], 3)).all()


def test_a_responsive_setup_goes_to_what_lags_and_keeps_stocks_closer():
    runs = played({"months": 40, "turnover_prob": 0.0, "reorganisation_prob": 0.0}, "responsive")
    gap = series(runs, "purpose") - series(runs, "structure")
    emphasis = series(runs, "emphasis")[:, 1:]  # it goes by the stocks as the month before left them
    assert (emphasis[gap[:, :-1] > 0.02] > 0.5).all() and (emphasis[gap[:, :-1] < -0.02] < 0.5).all()
    apart = {setup: np.abs(series(played({"months": 12}, setup), "purpose")
                           - series(played({"months": 12}, setup), "structure"))[:, -1].mean()
             for setup in ("responsive", "structure_first", "purpose_first")}  # fmt: skip
    assert apart["responsive"] < 0.7 * min(apart["structure_first"], apart["purpose_first"])


CONTRADICTIONS = {
    "gate and responsiveness": ({"gate": 0.5, "responsiveness": 5}, r"responsiveness=5 contradicts gate=0\.5"),
    "gate and schedule": ({"gate": 0.5, "schedule_1_until": 6}, r"gate=0\.5 contradicts schedule_1_until=6"),
    "responsiveness and schedule": (
        {"responsiveness": 5, "schedule_1_until": 6}, "responsiveness=5 contradicts schedule_1_until=6: both decide",
    ),
    "no first entry": ({"schedule_2_until": 6}, "schedule_1_until=0, schedule_2_until=6.*from the first on"),
    "a gap": ({"schedule_1_until": 6, "schedule_3_until": 9}, "schedule_2_until=0, schedule_3_until=9.*0 for those"),
    "back": ({"schedule_1_until": 6, "schedule_2_until": 5}, "schedule_2_until=5.*each ends after the one before"),
    "no month": ({"schedule_1_until": 6, "schedule_2_until": 6}, "schedule_2_until=6.*each ends after"),
    "schedule and learning": (
        {"schedule_1_until": 6, "learning_prob": 0.5}, r"schedule_1_until=6 contradicts learning_prob=0\.5",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_itself_is_refused_with_what_to_do(name):
    """By `resolve`, and by `simulate` for points that were put together without it, wherever among them it stands."""
    values, said = CONTRADICTIONS[name]
    with pytest.raises(ParameterError, match=said):
        resolve(values)
    points = np.tile(as_array(resolve({})), (3, 1))
    for key, value in values.items():
        points[1, NAMES.index(key)] = value
    with pytest.raises(ParameterError, match=said):
        simulate(points, np.arange(3), 1)
    for key in values:
        alone = {other: value for other, value in values.items() if other != key}
        if "schedule" not in key and "schedule_2_until" not in alone:
            assert resolve(alone), "control: one without the other"


def test_a_responsive_arm_takes_a_gate_and_the_others_no_schedule():
    """An arm has its own plan: what it does not go by is 0 under it."""
    assert resolve({"gate": 0.3}, "responsive")["gate"] == 0.0
    assert resolve({"gate": 0.3}, "structure_first")["gate"] == 0.3
    assert resolve({"responsiveness": 9}, "purpose_first")["responsiveness"] == 0.0
    for setup in SETUPS:
        assert resolve({"schedule_1_until": 6}, setup)["schedule_1_until"] == (
            6 if setup in ("neither", "alone") else 0
        )


# -- who pays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("emphasis", [1.0, 0.0], ids=["structure", "purpose"])
def test_support_acts_through_structure_and_purpose_alone(emphasis):
    paid = {"outside_share": 0.2, "outside_months": 40, "outside_emphasis": emphasis}
    without, with_it = table(CHANNELS_OFF), table(CHANNELS_OFF | paid)
    assert same(without[:, OTHERS], with_it[:, OTHERS])
    assert (with_it[:, OUTCOME_NAMES.index("structure" if emphasis else "purpose")]
            > without[:, OUTCOME_NAMES.index("structure" if emphasis else "purpose")]).all()  # fmt: skip
    assert not same(table({})[:, OTHERS], table(paid)[:, OTHERS]), "control: with the channels on"


@pytest.mark.parametrize(("stock", "emphasis", "months"), [("structure", 1.0, 9), ("purpose", 0.0, 7)])
def test_a_fifth_of_all_capacity_from_outside_builds_half_in_the_months_stated(stock, emphasis, months):
    """In the whole engine: nobody builds anything but what is paid for, trust stands at 0.45, and nothing is lost."""
    calm = {
        "outside_share": 0.2, "outside_months": 60, "outside_emphasis": emphasis, "initial_trust": 0.45, "meetings": 2,
        "trust_rate": 0.0, "talk_base": 0.3, "goal_conflict": 0.0, "structure_decay": 0.0, "purpose_decay": 0.0,
        "turnover_prob": 0.0, "reorganisation_prob": 0.0, "exit_prob": 0.0, f"{stock}_months": months,
        "small_share": 0.0, "n_partners": 40,
    }  # fmt: skip
    level = series(played(calm, "neither"), stock)
    reached = (level < 0.5).sum(axis=1).mean() + 0.5
    assert reached == pytest.approx(months, abs=1.0)
    slow = series(played(calm | {f"{stock}_months": 2 * months}, "neither"), stock)
    assert (slow < 0.5).sum(axis=1).mean() + 0.5 == pytest.approx(2 * months, abs=1.5), "control"


def test_support_ends_and_costs_partners_nothing():
    """With what structure and purpose do switched off, their efforts are the same; only the stocks know of it."""
    paid = {"outside_share": 0.1, "outside_months": 5, "outside_emphasis": 1.0, "structure_decay": 0.0, "months": 12,
            "reorganisation_prob": 0.0}  # fmt: skip
    structure = series(played(CHANNELS_OFF | paid, "neither"), "structure")
    assert (np.diff(structure[:, :5]) > 0.0).all() and (np.diff(structure[:, 4:]) <= 0.0).all()


# -- for whom -----------------------------------------------------------------------------------------------


def test_without_inverse_care_both_groups_are_served_alike():
    """To the last bit; and what share is worse off then changes nothing."""
    even = played({"inverse_care": 0.0})
    for name in ("outcome_worse_off", "outcome_others"):
        np.testing.assert_array_equal(outcome(even, name), outcome(even, "outcome"))
    assert (series(even, "gap") == 0.0).all() and (series(even, "alone_gap") == 0.0).all()
    assert same(even.outcomes, table({"inverse_care": 0.0, "worse_off_share": 0.9, "equity_use": 0.0}))
    uneven = played({"inverse_care": 0.4})
    assert (outcome(uneven, "outcome_worse_off") < outcome(uneven, "outcome_others")).all(), "control"
    assert not same(uneven.outcomes, table({"inverse_care": 0.4, "worse_off_share": 0.9})), "control"


def test_what_groups_gain_adds_up_to_what_all_gain():
    """By their shares of the population: outcome and added value alike."""
    runs = played({"inverse_care": 0.6, "worse_off_share": 0.2})
    for groups, mean in (("outcome_{}", "outcome"), ("added_value_{}_mean", "added_value_mean")):
        worse_off, others = (outcome(runs, groups.format(name)) for name in ("worse_off", "others"))
        np.testing.assert_allclose(0.2 * worse_off + 0.8 * others, outcome(runs, mean), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(outcome(runs, "gap"), series(runs, "gap")[:, -1])
    change = series(runs, "gap") - series(runs, "alone_gap")
    np.testing.assert_array_equal(outcome(runs, "gap_change"), change[:, -1])
    np.testing.assert_allclose(outcome(runs, "gap_change_mean"), change.mean(axis=1), rtol=0, atol=1e-12)


def test_purpose_brings_the_worse_off_back():
    """Full use of a purpose that stands full serves both groups alike, together; acting alone still does not."""
    whole = {"inverse_care": 0.5, "equity_use": 1.0, "initial_purpose": 1.0, "purpose_decay": 0.0,
             "turnover_prob": 0.0, "exit_prob": 0.0, "months": 24}  # fmt: skip
    runs, control = played(whole), played(whole | {"equity_use": 0.0})
    assert (series(runs, "gap") == 0.0).all() and (series(runs, "alone_gap") > 0.0).all()
    assert (series(control, "gap") > 0.0).all(), "control"


def test_distraction_takes_from_everyone_with_or_without_a_partnership():
    """Acting alone loses what it takes; and where there was no reorganisation, nobody loses anything."""
    shaken = {"reorganisation_prob": 0.1, "distraction": 0.5, "distraction_months": 6}
    calm, lost = (series(played(shaken | {"distraction": d}, "alone"), "alone_outcome") for d in (0.0, 0.5))
    assert (lost <= calm).all() and (lost[:, -1] < calm[:, -1]).any()
    never = {"reorganisation_prob": 0.0}
    assert same(table(never | {"distraction": 0.0}), table(never | {"distraction": 0.5}))
