"""Who is at the table: partners leave, come back, and those that are out are bystanders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import rules
from sim.model import Partnership
from sim.outcomes import OUTCOME_NAMES
from sim.params import SETUPS, as_array, resolve
from sim.runs import simulate
from sim.state import PARTNER, SERIES_NAMES
from tests import strategies
from tests.sim.test_twin import EVENTFUL

SEATED, OTHERS, TRUST_SUM, TRUST = (PARTNER.place[name] for name in ("seated", "others", "trust_sum", "trust"))
WORLDS = np.arange(20)
DESERTED = {"exit_level": 1.0, "exit_prob": 1.0, "months": 36}
"""Nobody begins wholly committed, and so everyone leaves before anything is given."""
UNQUIET = {
    "exit_level": 0.5, "exit_prob": 0.2, "return_prob": 0.3, "commitment": 0.45, "initial_owned": 1.0, "months": 40,
    "own_effort": 0.3, "turnover_prob": 0.1, "reorganisation_prob": 0.05, "n_partners": 9, "assignment": 1.0,
}  # fmt: skip
"""Partners that come and go."""


def played(values, setup="structure_first"):
    """Runs in twenty worlds."""
    points = np.tile(as_array(resolve(values, setup)), (len(WORLDS), 1))
    return simulate(points, WORLDS, 8, trajectories=True)


def series(runs, name):
    """A monthly series (runs, months)."""
    return runs.trajectories[:, :, SERIES_NAMES.index(name)]


def outcome(runs, name):
    """An outcome (runs,)."""
    return runs.outcomes[:, OUTCOME_NAMES.index(name)]


def table_of(model):
    """Rows of partners (partners, columns), trust (partners, partners) and owners as the last month left them."""
    memory, n = model._memory, len(model.partners)
    return memory.partners[:n, :, 0], memory.trust[:n, :n, 0], model.owners


# -- a partnership that everyone has left -------------------------------------------------------------------

AS_ALONE = ("results", "outcome", "gap", "alone_outcome", "alone_gap")
BUSY = {
    "distraction": 0.4, "distraction_months": 6, "reorganisation_prob": 0.2, "inverse_care": 0.5, "equity_use": 1.0,
    "turnover_prob": 0.2, "initial_structure": 0.4, "initial_purpose": 0.3, "initial_owned": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("setup", [setup for setup in SETUPS if setup != "alone"])
@pytest.mark.parametrize("more", [{}, {"inverse_care": 0.0, "distraction": 0.0}, BUSY], ids=["", "plain", "busy"])
def test_a_deserted_partnership_is_acting_alone(setup, more):
    """To the last bit, from the first month on; one in which half have left is not."""
    left, alone, control = (
        played(DESERTED | more | changes, arm)
        for arm, changes in ((setup, {}), ("alone", {}), (setup, {"exit_level": 0.5}))
    )
    assert (series(left, "members") == 0.0).all()
    for name in AS_ALONE:
        np.testing.assert_array_equal(series(left, name), series(alone, name))
    assert (outcome(left, "added_value_mean") == 0.0).all() and (outcome(left, "gap_change_mean") == 0.0).all()
    assert (series(control, "results") != series(alone, "results")).any(axis=1).all(), "control"


def test_control_without_own_work_a_deserted_partnership_does_nothing():
    left = played(DESERTED | {"own_work_effect": 0.0})
    assert (series(left, "results") == 0.0).all() and (series(left, "alone_outcome") > 0.0).all()


@given(own_effort=st.floats(0.0, 1.0), displacement=st.floats(0.0, 1.0), floor=st.floats(0.0, 1.0))
def test_effort_0_gives_own_work_exactly_own_effort(own_effort, displacement, floor):
    own = rules.own_work(0.0, own_effort, displacement, 1.0)
    assert own == own_effort
    assert rules.useful(0.0, own, 1.0, floor) == rules.useful(0.0, own_effort, 0.0, floor)


# -- leaving and coming back --------------------------------------------------------------------------------


def test_partners_leave_and_come_back():
    change = np.diff(series(played(UNQUIET), "members"))
    assert (change < 0.0).any(axis=1).all()
    assert (change > 0.0).any(axis=1).sum() >= 5
    final = np.diff(series(played(UNQUIET | {"return_prob": 0.0}), "members"))
    assert (final <= 0.0).all() and (final < 0.0).any(), "control: none comes back where none can"


def test_nobody_comes_back_to_a_partnership_that_gains_nothing():
    runs = played(UNQUIET | {"return_prob": 1.0})
    back = np.diff(series(runs, "members")) > 0.0
    gains = (series(runs, "outcome") > series(runs, "alone_outcome"))[:, :-1]
    assert back.any()
    assert gains[back].all()


def test_mandated_partners_never_leave():
    stay = played(DESERTED | {"mandated": 1})
    assert (series(stay, "members") == 1.0).all() and (outcome(stay, "members") == 1.0).all()
    assert (series(played(DESERTED | {"exit_prob": 0.0}), "members") == 1.0).all()
    assert (series(played(DESERTED), "members") == 0.0).all(), "control"


def test_levels_of_leaving_say_who_leaves():
    """Whoever is below the level at launch is gone in the first month, when leaving is certain, and nobody else."""
    values = {"exit_level": 0.5, "exit_prob": 1.0, "months": 1, "turnover_prob": 0.0, "commitment_rate": 0.0}
    points = np.tile(as_array(resolve(values)), (len(WORLDS), 1))
    partners = simulate(points, WORLDS, 8, partners=True).partners
    below = partners[:, :, PARTNER.place["start_commitment"]] < 0.5
    np.testing.assert_array_equal(partners[:, :, SEATED] == 0.0, below)
    assert 0.2 < below.mean() < 0.8


# -- those who are out --------------------------------------------------------------------------------------


def one_out(seed):
    """A partnership, some months in, that somebody has left for good while others stay; and who that is."""
    model = Partnership("structure_first", rng=seed, **UNQUIET | {"return_prob": 0.0})
    while model.running:
        model.step()
        seats = table_of(model)[0][:, SEATED]
        if 1 < seats.sum() < len(seats) and model.month >= 5:
            return model, int(seats.argmin()), int(seats.argmax())
    raise AssertionError("nobody has left")


def rest_of_the_run(seed, column, scrambled):
    """The partnership and all others, month by month, after a column of one partner was set to another value.

    The partner is the first of those who are out, or of those at the table.
    """
    model, out, seated = one_out(seed)
    which = {"": None, "out": out, "seated": seated}[scrambled]
    if which is not None:
        row = model._memory.partners[which, :, 0]
        row[PARTNER.place[column]] = 0.9 - 0.8 * row[PARTNER.place[column]]
    told = []
    for _ in range(12):
        model.step()
        rows, _, owners = table_of(model)
        told += [np.delete(rows, out if which is None else which, axis=0).ravel(), model._memory.partnership.ravel()]
        told.append(np.array(owners, dtype=float))
    return np.concatenate(told) if which != seated else told[1]


@pytest.mark.parametrize("column", ["alignment", "accountability"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_that_is_out_is_a_bystander(column, seed):
    """What it understands and answers for is nobody else's concern: others, and the partnership, go on the same."""
    np.testing.assert_array_equal(rest_of_the_run(seed, column, "out"), rest_of_the_run(seed, column, ""))


@pytest.mark.parametrize("column", ["alignment", "accountability"])
def test_control_one_at_the_table_is_none(column):
    model, _, _ = one_out(1)
    model.step()
    undisturbed = model._memory.partnership.ravel()
    assert not np.array_equal(rest_of_the_run(1, column, "seated"), undisturbed)


def test_one_that_is_out_gives_bears_and_owns_nothing():
    model = Partnership("structure_first", rng=1, **UNQUIET)
    left = 0
    while model.running:
        model.step()
        rows, _, _ = table_of(model)
        out = rows[rows[:, SEATED] == 0.0]
        left += len(out)
        for name in ("effort", "burden", "cost_shift", "endorsed", "seat_share", "heard", "heard_back", "work"):
            assert (out[:, PARTNER.place[name]] == 0.0).all(), name
        own_work = out[:, PARTNER.place["own_work"]]
        np.testing.assert_array_equal(own_work, out[:, PARTNER.place["capacity"]] * UNQUIET["own_effort"])
    assert left > 20


# -- what is kept true --------------------------------------------------------------------------------------


def is_true(model):
    """Whether trust is that in those at the table, to the last bit, and whoever owns an issue sits there."""
    rows, trust, owners = table_of(model)
    seats = rows[:, SEATED]
    sums, others = trust @ seats, seats.sum() - seats
    means = np.divide(sums, others, out=np.zeros_like(sums), where=others > 0.0)
    known = np.array_equal(rows[:, TRUST_SUM], sums) and np.array_equal(rows[:, TRUST], means)
    return known and np.array_equal(rows[:, OTHERS], others) and all(o is None or seats[o] for o in owners)


@settings(max_examples=40)
@given(strategies.overrides(), strategies.setups, strategies.seeds, st.floats(0.2, 0.9), st.floats(0.0, 1.0))
def test_trust_and_owners_are_those_of_the_table(values, setup, seed, level, chance):
    """Sums of trust are kept up to date as partners leave, return, change people and meet."""
    values = values | {"alone": 0, "review_month": 0, "exit_level": level, "exit_prob": chance, "return_prob": 0.5}
    model = Partnership(setup=None, rng=seed, **resolve(values, setup))
    while model.running:
        model.step()
        assert is_true(model) or not model.going


def test_owners_in_an_unquiet_run_sit_at_the_table():
    """And there are some, and some who might be owners are out."""
    owned = 0
    for seed in range(5):
        model = Partnership("structure_first", rng=seed, **UNQUIET)
        while model.running:
            model.step()
            assert is_true(model)
            owned += sum(owner is not None for owner in model.owners)
    assert owned > 100


def test_control_a_false_sum_or_an_absent_owner_would_be_seen():
    model, out, _ = one_out(1)
    assert is_true(model)
    rows, _, _ = table_of(model)
    rows[out, TRUST_SUM] += 2.0**-32
    assert not is_true(model)
    rows[out, TRUST_SUM] -= 2.0**-32
    assert is_true(model)
    rows[:, SEATED] = np.where(np.arange(len(rows)) == next(o for o in model.owners if o is not None), 0.0, 1.0)
    assert not is_true(model)


def test_eventful_runs_keep_it_true():
    for setup in SETUPS:
        model = Partnership(setup=None, rng=1, world=2, **resolve(EVENTFUL, setup))
        while model.running:
            model.step()
            assert is_true(model) or not model.going
