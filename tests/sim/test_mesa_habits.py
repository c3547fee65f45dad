"""The Mesa window as a Mesa user knows it: habits, what may be set, arguments, its page."""

from __future__ import annotations

import contextlib
import gc
import inspect
import io
import math
import re
import weakref

import mesa
import numpy as np
import pytest

from sim.model import COLLECTED, Partner, Partnership
from sim.params import DEFAULTS, ParameterError
from sim.state import SERIES_NAMES
from tests.faults import ROOT
from tests.sim.test_model import played, same_as_swept, series_of

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
