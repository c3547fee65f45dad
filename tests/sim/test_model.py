"""The Mesa window: the engine's months to the last bit, partners who can say why, and the habits of a Mesa user."""

from __future__ import annotations

import contextlib
import gc
import inspect
import io
import math
import os
import re
import subprocess
import sys
import weakref

import mesa
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.model import COLLECTED, Partner, Partnership
from sim.outcomes import OUTCOME_NAMES
from sim.params import DEFAULTS, SETUPS, ParameterError, as_array, resolve
from sim.runs import simulate
from sim.state import SERIES_NAMES
from tests import strategies
from tests.faults import ROOT
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
        holds &= s_curve(effort.decisiveness * inclined) == effort.effort == partner.effort
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


# -- habits of a Mesa user ----------------------------------------------------------------------------------


def test_run_model_ends_with_the_months():
    model = Partnership("balanced", rng=7, months=9)
    model.run_model()
    assert (model.month, model.steps, model.running) == (9, 9, False)


def test_the_data_collector_holds_a_row_a_month_and_a_row_a_partner_a_month():
    model = played(5, rng=7)
    months = model.datacollector.get_model_vars_dataframe()
    assert list(months.columns) == ["month", *SERIES_NAMES, "added_value"]
    assert list(months.month) == [1, 2, 3, 4, 5]
    assert months.notna().all(axis=None)
    assert (months.added_value == months.outcome - months.alone_outcome).all()
    partners = model.datacollector.get_agent_vars_dataframe()
    assert list(partners.columns) == list(COLLECTED)
    assert list(partners.index) == [(month, index + 1) for month in range(1, 6) for index in range(12)]
    assert partners.notna().all(axis=None)
    assert list(partners.loc[5].effort) == model.agents.get("effort")


def test_a_data_collector_of_ones_own_is_used():
    model = Partnership(rng=7)
    model.datacollector = mesa.DataCollector(
        model_reporters={"structure": "structure", "owned": lambda model: sum(o is not None for o in model.owners) / 4},
        agent_reporters={"owns": lambda partner: len(partner.owns)},
    )
    for _ in range(30):
        model.step()
    months = model.datacollector.get_model_vars_dataframe()
    assert list(months.owned) == list(played(30, rng=7).datacollector.get_model_vars_dataframe().owned)
    assert months.owned.max() > 0
    owns = model.datacollector.get_agent_vars_dataframe().owns
    assert list(owns.groupby("Step").sum() / 4) == list(months.owned)


def test_partners_can_be_selected_and_summed_up_and_grouped():
    model = played(5, rng=7)
    small = model.agents.select(lambda partner: partner.sector == "small")
    assert [partner.index for partner in small] == [8, 9, 10, 11]
    assert model.agents.get("unique_id") == [partner.index + 1 for partner in model.partners]
    assert model.agents.agg("effort", max) == max(partner.effort for partner in model.partners)
    assert model.agents.groupby("sector").count() == {"large": 8, "small": 4}
    assert [why.partner for why in model.agents.map("why")] == list(range(12))
    assert len(model.agents.select(at_most=0.5)) == 6


def test_partners_show_the_world_they_are_in():
    model = played(5, rng=7)
    for partner in model.partners:
        assert sum(partner.agenda) == pytest.approx(1)
        others = [partner.trust_in(other) for other in model.partners if other is not partner]
        assert np.mean(others) == pytest.approx(partner.trust, abs=1e-12)
    umbrella = Partnership(rng=7, umbrella=True)
    assert {partner.voice < 1 for partner in umbrella.agents.select(lambda one: one.sector == "small")} == {True}


def test_mesas_own_random_numbers_are_free_for_the_user():
    model = Partnership(rng=7, months=10)
    while model.running:
        model.random.random(), model.rng.random()
        model.agents.shuffle(inplace=True)
        model.step()
    assert same_as_swept(model)
    assert Partnership(rng=np.int64(7)).random.random() == Partnership(rng=7).random.random()


def test_agents_of_ones_own_may_join():
    model = Partnership(rng=7, n_partners=3)
    assert [mesa.Agent(model).unique_id for _ in range(2)] == [4, 5]
    assert len(model.agents_by_type[Partner]) == 3
    assert len(model.partners) == 3


def freed(make):
    """Whether what is made is gone once nobody holds it."""
    alive = weakref.ref(make())
    gc.collect()
    return alive() is None


def test_models_are_freed():
    def used():
        model = played(3, rng=7)
        mesa.Agent(model)
        [partner.why() for partner in model.partners]
        return model

    class Plain(mesa.Model):
        def __init__(self):
            super().__init__(rng=7)
            mesa.Agent(self)

    assert freed(used)
    assert freed(Plain) != hasattr(mesa.Agent, "_ids"), "control: Mesa 3.3 keeps a plain model alive"


# -- what may be set ----------------------------------------------------------------------------------------


def test_commitment_may_be_set_between_months_and_changes_what_follows():
    model, twin, control = (played(12, rng=7) for _ in range(3))
    model.agents.select(lambda partner: partner.sector == "small").set("commitment", 0.9)
    assert [partner.commitment for partner in model.partners[8:]] == [0.9] * 4
    control.agents.do(lambda partner: setattr(partner, "commitment", partner.commitment))
    for one in (model, twin, control):
        for _ in range(12):
            one.step()
    assert np.array_equal(series_of(control), series_of(twin))
    assert np.array_equal(series_of(model)[:12], series_of(twin)[:12])
    assert (series_of(model) != series_of(twin))[12:, SERIES_NAMES.index("effort")].all()


@pytest.mark.parametrize("level", [-0.01, 1.01, math.nan, math.inf])
def test_commitment_out_of_range_is_refused(level):
    partner = Partnership(rng=7).partners[0]
    before = partner.commitment
    with pytest.raises(ValueError, match="takes a number from 0 to 1"):
        partner.commitment = level
    assert partner.commitment == before


def properties(kind):
    return [name for name, var in vars(kind).items() if isinstance(var, property) and not name.startswith("_")]


def test_nothing_else_may_be_set():
    model = played(3, rng=7)
    assert {"structure", "outcome", "parameters", "seed"} < set(properties(Partnership))
    assert {"alignment", "effort", "trust", "commitment"} < set(properties(Partner))
    for name in properties(Partnership):
        with pytest.raises(AttributeError):
            setattr(model, name, 0.5)
    for name in set(properties(Partner)) - {"commitment"}:
        with pytest.raises(AttributeError):
            setattr(model.partners[0], name, 0.5)
    with pytest.raises(TypeError):
        model.parameters["turnover_prob"] = 0.5
    with pytest.raises(RuntimeError, match="cannot be removed"):
        model.partners[0].remove()
    model.step()
    assert same_as_swept(model)


# -- arguments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"turnover_porb": 0.1}, "did you mean 'turnover_prob'"),
        ({"seed": 7}, "did you mean 'rng'"),
        ({"setups": "balanced"}, "did you mean 'setup'"),
        ({"setup": "balance"}, "did you mean 'balanced'"),
        ({"n_partners": 1}, "the nearest is 2"),
        ({"setup": "structure_first", "early_emphasis": 0.5}, "contradicts setup='structure_first'"),
        ({"early_emphasis": "half"}, "is not a number"),
        ({"rng": 7.5}, "rng=7.5 is not a whole number"),
        ({"rng": np.random.default_rng(7)}, "is not a whole number"),
        ({"rng": -1}, "rng takes a whole number from 0"),
        ({"world": 2**32}, "world takes a whole number from 0"),
    ],
)
def test_a_wrong_argument_is_named_with_its_remedy(arguments, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        Partnership(**arguments)


def test_what_the_setup_decides_may_be_said_again():
    assert Partnership("structure_first", rng=7, early_emphasis=1).parameters["early_emphasis"] == 1.0
    assert Partnership(None, rng=7, early_emphasis=0.3).parameters["early_emphasis"] == 0.3


def test_without_a_seed_a_fresh_one_is_taken_and_kept():
    first, second = played(3), played(3)
    assert first.seed != second.seed
    assert np.array_equal(series_of(played(3, rng=first.seed)), series_of(first))


def test_every_parameter_is_an_argument_by_name():
    """SolaraViz asks for the signature: a bare `**` fails its check in Mesa 3.3, and its reset in 3.5."""
    arguments = inspect.signature(type(Partnership(rng=7)).__init__).parameters
    assert set(arguments) == {"self", "setup", "rng", "world", *DEFAULTS}
    assert all(
        argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY) for argument in arguments.values()
    )
    assert {name: argument.default for name, argument in arguments.items() if name in DEFAULTS} == DEFAULTS


# -- the page for Mesa users --------------------------------------------------------------------------------


def test_the_page_for_mesa_users_runs_and_shows_what_it_prints():
    page = (ROOT / "docs" / "mesa.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", page, flags=re.DOTALL | re.MULTILINE)
    assert page.count("```") == 2 * sum(1 + bool(shown) for _, shown in blocks), "a block that nothing runs"
    names = {}
    for code, shown in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, "docs/mesa.md", "exec"), names)
        assert printed.getvalue() == shown
    chosen = {
        name: given["value"] if isinstance(given, dict) else given for name, given in names["model_params"].items()
    }
    assert Partnership(**chosen).setup == "structure_first"
