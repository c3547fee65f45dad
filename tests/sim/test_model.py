"""The Mesa window: the engine's months to the last bit, partners who can say why, and the habits of a Mesa user."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.model import Partnership
from sim.outcomes import OUTCOME_NAMES
from sim.params import DEFAULTS, SETUPS, as_array, resolve
from sim.runs import simulate
from sim.state import SERIES_NAMES
from tests import strategies
from tests.sim.test_twin import EVENTFUL

TOGETHER = st.sampled_from(sorted(set(SETUPS) - {"alone"}))
AXED = {"months": 8, "n_partners": 5, "review_month": 3, "review_floor": 1.0}


def played(months=None, /, **arguments):
    """A model after so many months, or after all of its own."""
    model = Partnership(**arguments)
    for _ in range(int(months or model.parameters["months"])):
        model.step()
    return model


def series_of(model):
    """What the data collector holds of the monthly series (months, series)."""
    return model.datacollector.get_model_vars_dataframe()[list(SERIES_NAMES)].to_numpy(dtype=float)


def swept(parameters, seed, world):
    """Outcomes and series of the same run by the engine that sweeps use."""
    runs = simulate(as_array(parameters)[None], np.array([world]), seed, trajectories=True)
    return runs.outcomes[0], runs.trajectories[0]


def same_as_swept(model):
    """Whether outcomes and series are those of a sweep, to the last bit, for the months played."""
    outcomes, series = swept({**model.parameters, "months": float(model.month)}, model.seed, model.world)
    assert list(model.outcomes()) == list(OUTCOME_NAMES)
    return np.array_equal(list(model.outcomes().values()), outcomes, equal_nan=True) and np.array_equal(
        series_of(model), series
    )


# -- the same months as a sweep -----------------------------------------------------------------------------


@pytest.mark.parametrize("setup", SETUPS)
def test_every_arm_plays_the_months_of_a_sweep(setup):
    model = played(setup=setup, rng=7, world=3)
    assert model.month == 60
    assert same_as_swept(model)
    model._run = (8, *model._run[1:])
    assert not same_as_swept(model), "control: another seed is another run"


@settings(max_examples=200)
@given(strategies.overrides(), strategies.setups, strategies.seeds, strategies.worlds)
@example(EVENTFUL, "structure_first", 1, 2)
@example(AXED, "balanced", 3, 4)
@example({"n_partners": 2, "n_issues": 1, "months": 1, "meetings": 0}, "alone", 0, 0)
@pytest.mark.slow
def test_any_parameters_play_the_months_of_a_sweep(values, setup, seed, world):
    model = played(setup=None, rng=seed, world=world, **resolve(values, setup))
    assert same_as_swept(model)


def test_a_run_goes_on_past_its_months():
    longer, shorter = played(rng=2, months=50, cycle_months=15), played(50, rng=2, months=20, cycle_months=15)
    assert np.array_equal(series_of(shorter), series_of(longer))
    assert same_as_swept(shorter)
    assert not shorter.running


def test_outcomes_can_be_asked_at_any_month():
    model = Partnership("purpose_first", rng=5, cycle_months=4, months=12)
    for _ in range(12):
        model.step()
        assert same_as_swept(model)


def test_nothing_can_be_asked_of_a_month_before_the_first():
    model = Partnership(rng=1)
    with pytest.raises(RuntimeError, match="no month has been played"):
        model.outcomes()
    with pytest.raises(RuntimeError, match="no month has been played"):
        model.partners[0].why()
    assert math.isnan(model.structure)


INTERPRETED = """
from sim.model import Partnership
model = Partnership(rng=7, n_partners=4, months=5, turnover_prob=0.5)
model.run_model()
print(model.outcomes(), *(partner.why() for partner in model.partners), sep="\\n")
"""


@pytest.mark.slow
def test_the_window_opens_in_the_debugger_too():
    """Interpreted, where one can set a breakpoint in a rule, the months and the reasons are the same."""
    told = [
        subprocess.run(
            [sys.executable, "-c", INTERPRETED],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled}, stdout=subprocess.PIPE, text=True, check=True,
        ).stdout
        for disabled in ("0", "1")
    ]  # fmt: skip
    assert told[0] == told[1]
    assert "Partner 3 gave" in told[0]


# -- why ----------------------------------------------------------------------------------------------------


def s_curve(x):
    return (1.0 + x / 2.0 / math.sqrt(1.0 + x / 2.0 * (x / 2.0))) / 2.0


def accounts_for(model):
    """Whether every partner's terms come to the effort and the commitment the engine gave it, to the last bit."""
    holds = True
    for partner in model.partners:
        effort, commitment = partner.why().effort, partner.why().commitment
        inclined = effort.commitment - effort.temptation - effort.threshold + effort.compulsion
        pulled = commitment.results + commitment.reciprocity + commitment.ownership - commitment.burden
        reached = commitment.disturbed + commitment.rate * (pulled + commitment.example)
        holds &= effort.seated * s_curve(effort.decisiveness * inclined) == effort.effort == partner.effort
        holds &= effort.seated == partner.at_table
        holds &= min(max(reached, 0.0), 1.0) == commitment.after == partner.commitment
        holds &= effort.commitment == commitment.disturbed
    return holds


@settings(max_examples=60)
@given(strategies.overrides(), TOGETHER, strategies.seeds, strategies.worlds)
@example(EVENTFUL, "structure_first", 1, 2)
@example(EVENTFUL | {"mandated": 1, "turnover_prob": 1.0, "reorganisation_prob": 1.0}, "purpose_first", 3, 4)
def test_terms_come_to_effort_and_commitment_to_the_last_bit(values, setup, seed, world):
    model = Partnership(setup=None, rng=seed, world=world, **resolve({**values, "alone": 0, "review_month": 0}, setup))
    while model.running:
        model.step()
        assert accounts_for(model)


def test_terms_read_from_before_the_shocks_would_not_do(monkeypatch):
    """Control: partners decide after the month's shocks, so an account that leaves those out is wrong."""
    model = Partnership(rng=1, world=2, **EVENTFUL)
    accounts = [bool(model.step() or accounts_for(model)) for _ in range(10)]
    assert all(accounts)
    monkeypatch.setattr("sim.why.shock", lambda *arguments: None)
    model = Partnership(rng=1, world=2, **EVENTFUL)
    assert not all(bool(model.step() or accounts_for(model)) for _ in range(10))


def test_moves_of_commitment_add_up():
    model = played(12, rng=1, world=2, **EVENTFUL)
    shocked = 0
    for _ in range(5):
        before = model.agents.get("commitment")
        model.step()
        for partner, level in zip(model.partners, before, strict=True):
            terms = partner.why().commitment
            assert terms.before == level
            assert sum(terms.moves.values()) == pytest.approx(partner.commitment - level, abs=1e-15)
            shocked += terms.moves["shocks"] != 0.0
    assert shocked


def test_moves_of_effort_are_those_since_the_month_before():
    model = Partnership(rng=1, world=2, **EVENTFUL)
    model.step()
    first = model.partners[2].why()
    assert first.effort_before is None
    model.step()
    second = model.partners[2].why()
    assert second.effort_before == first.effort
    inclined = [terms.commitment - terms.temptation + terms.compulsion for terms in (first.effort, second.effort)]
    assert sum(second.effort.since(first.effort).values()) == pytest.approx(inclined[1] - inclined[0], abs=1e-15)
    assert inclined[0] != inclined[1]


def test_the_account_is_of_the_month_played_whatever_is_set_afterwards():
    model = played(12, rng=7)
    before = model.partners[0].why()
    model.agents.set("commitment", 1.0)
    assert model.partners[0].why() == before
    model.step()
    assert model.partners[0].why().commitment.before == 1.0


def test_an_account_can_be_read():
    model = played(1, rng=7)
    told = str(model.partners[3].why())
    assert told.startswith("Partner 3 gave 0.")
    assert "The month before" not in told
    model.step()
    assert "in month 2: commitment" in str(model.partners[3].why())
    assert "The month before it gave" in str(model.partners[3].why())


def test_one_that_is_out_says_so():
    """And why its commitment moves all the same, by what it sees of the partnership's results."""
    model = played(8, rng=1, exit_level=1.0, exit_prob=0.3, return_prob=0.0)
    out = [partner for partner in model.partners if not partner.at_table]
    assert 0 < len(out) < len(model.partners)
    for partner in out:
        why = partner.why()
        assert str(why).startswith(
            f"Partner {partner.index} was not at the table in month 8, and worked for itself. Its"
        )
        assert why.effort.effort == partner.effort == 0.0 and why.effort.seated == 0.0
        assert why.commitment.after == partner.commitment


# -- no partnership -----------------------------------------------------------------------------------------


def test_an_axed_partnership_stands_still_and_everyone_acts_alone():
    model = played(3, rng=7, **AXED)
    assert model.axed
    assert not model.going
    assert model.partners[0].why().effort is not None, "the month that ended with the review was still together"
    commitment, effort = model.agents.get("commitment"), model.agents.get("effort")
    model.step()
    assert model.agents.get("commitment") == commitment
    assert model.agents.get(["effort", "burden", "cost_shift"]) == [[DEFAULTS["own_effort"], 0.0, 0.0]] * 5
    assert effort != [DEFAULTS["own_effort"]] * 5
    assert model.partners[0].why()[2:] == (None, None, None)
    assert str(model.partners[0].why()) == "Partner 0 acted alone in month 4; its commitment stood still."
    assert same_as_swept(model)


def test_alone_there_never_was_a_partnership():
    model = Partnership("alone", rng=7)
    assert model.agents.get("effort") == [DEFAULTS["own_effort"]] * 12
    model.step()
    assert not model.going
    assert not model.axed
    assert model.added_value == 0.0
    assert model.partners[0].why().commitment is None


def test_partners_do_what_the_series_say_together_and_alone():
    model = Partnership(rng=7, **AXED)
    while model.running:
        model.step()
        for name in ("effort", "burden", "cost_shift", "trust", "commitment"):
            assert np.mean(model.agents.get(name)) == pytest.approx(getattr(model, name), abs=1e-12)
