"""The partnerships of the record: every scenario runs in a sweep and in the Mesa window, and names its sources."""

from __future__ import annotations

import re

import numpy as np
import pytest

from experiments import run_study
from experiments.config.composition import composed
from experiments.config.folders import configs
from experiments.config.scenarios import between, load_scenario, localities, names
from experiments.config.to_study import compose
from experiments.errors import ConfigError
from experiments.report import document
from sim.model import Partnership
from sim.params import COUNTS, DEFAULT_BOX, NAMES, SETUPS, as_array
from sim.runs import simulate
from tests.test_docs import EXPLAINED

SOURCES = "HImP|HWB|PCG|NHSPlan|KingsFund|Morciano2021|BCF|Finch2016|ICB2027"
COMPOSED = [name for name in names() if name not in ("healthy", "calibrated")]
every_scenario = pytest.mark.parametrize("name", COMPOSED)


def test_the_record_has_its_scenarios():
    assert set(COMPOSED) == {"himp_1999", "pcg_2001", "nhs_plan_2000", "lsp_jsna", "hwb_2015", "hwb_2015_insanity",
                             "fire_200", "collaborative", "integrated_2013", "finch_2016", "icb_2027"}  # fmt: skip


@every_scenario
def test_every_scenario_is_whole(name):
    kind = load_scenario(name)
    counts = [kind.parameters[count] for count in COUNTS]
    assert len(kind.sectors) == sum(count > 0 for count in counts) > 2
    assert sum(counts) == kind.parameters["n_partners"]
    assert kind.sector(kind.sectors[0]).sum() == counts[0]
    assert kind.about.endswith(".") and set(kind.sources) <= EXPLAINED
    assert kind.n_localities >= 5 and kind.half_widths


@every_scenario
def test_every_scenario_says_who_pays_for_structure(name):
    kind = load_scenario(name)
    assert "outside_share" in kind.stated, "nobody is an answer too, but it is given"
    if kind.parameters["outside_share"]:
        assert {"outside_emphasis", "outside_months"} <= kind.stated


@every_scenario
def test_what_a_scenario_states_lies_in_the_box_of_worlds(name):
    """But for support that lasts as long as the partnership is followed: months are no reason to stop it."""
    kind = load_scenario(name)
    beyond = {
        stated
        for stated in kind.stated & set(DEFAULT_BOX)
        if not DEFAULT_BOX[stated][0] <= kind.parameters[stated] <= DEFAULT_BOX[stated][1]
    }
    assert beyond <= {"outside_months"} and kind.parameters["outside_months"] <= kind.parameters["months"]


@every_scenario
def test_every_value_has_a_source_or_says_assumption(name):
    """On its own line, or, for sectors and needs, on the line that opens them."""
    spoken = False
    text = (configs() / "scenario" / f"{name}.yaml").read_text(encoding="utf-8")
    for line in text.split("parameters:\n")[1].split("\ndesign:")[0].splitlines():
        comment = line.partition("#")[2]
        named = "assumption" in comment or bool(re.search(rf"\b({SOURCES})\b", comment))
        if line.strip().startswith("#"):
            spoken = named
        elif line.strip():
            assert named or (spoken and line.strip().startswith(("sector_", "need_", "n_issues"))), line


@pytest.mark.parametrize("name", names())
def test_every_scenario_runs_in_a_sweep_and_its_report_names_its_sources(name):
    study = compose([f"scenario={name}", "design.replicates=1", "design.points=2", "parameters.months=12"])
    runs = run_study(study)
    assert len(runs) == 2 * len(SETUPS) and np.isfinite(runs["outcome"]).all()
    said = document.about(study)
    assert all(source in said for source in load_scenario(name).sources) and name.replace("_", " ") in said
    assert document.about(compose(["experiment=quick_look"])) == "", "control: the default world stands for no place"


@pytest.mark.parametrize("name", names())
def test_every_scenario_plays_the_same_in_the_mesa_window(name):
    parameters = dict(load_scenario(name).parameters) | {"months": 12.0}
    emphases = ("early_emphasis", "late_emphasis", "upkeep_emphasis")
    model = Partnership(None, rng=3, world=1, **parameters)
    for _ in range(12):
        model.step()
    swept = simulate(as_array(parameters)[None], np.array([1]), 3).outcomes[0]
    assert np.array_equal(list(model.outcomes().values()), swept, equal_nan=True)
    assert all(parameters[emphase] == model.parameters[emphase] for emphase in emphases)
    assert model.partners[-1].sector_number == len(load_scenario(name).sectors), "0 in a world of two sectors"


def test_a_scenario_is_launched_with_its_own_setup_unless_another_is_asked_for():
    assert load_scenario("himp_1999").parameters["early_emphasis"] == SETUPS["structure_first"]["early_emphasis"]
    assert load_scenario("fire_200").parameters["early_emphasis"] == SETUPS["balanced"]["early_emphasis"]
    asked = composed(["scenario=himp_1999", "setup=purpose_first"])
    assert asked.plain["parameters"]["early_emphasis"] == 0.0


def test_the_insanity_variant_builds_on_its_board():
    board, line = load_scenario("hwb_2015"), load_scenario("hwb_2015_insanity")
    assert board.stated < line.stated and line.parameters["cycle_months"] * 3 == line.parameters["months"]
    assert all(line.parameters[name] == board.parameters[name] for name in COUNTS)


def test_localities_differ_between_places_and_only_so():
    kind = load_scenario("hwb_2015")
    unit = np.array([[0.0] * len(kind.half_widths), [1.0] * len(kind.half_widths)])
    points = localities(kind, {"commitment": 0.9, "monitoring": 0.9}, unit)
    place = {name: points[:, NAMES.index(name)].tolist() for name in ("commitment", "monitoring", "structure_months")}
    assert place["commitment"] == [0.75, 1.0], "around the world's value, cut at the end of its range"
    assert place["monitoring"] == [0.3, 0.3], "what the scenario states itself is not the world's"
    assert place["structure_months"] == [kind.parameters["structure_months"]] * 2


def test_mistakes_in_what_differs_between_places_are_named():
    parameters = load_scenario("hwb_2015").parameters
    with pytest.raises(ConfigError, match="did you mean 'commitment'"):
        between({"comitment": 0.1}, parameters)
    with pytest.raises(ConfigError, match="takes a number above 0"):
        between({"commitment": -0.1}, parameters)
    with pytest.raises(ConfigError, match="whole number"):
        between({"n_partners": 2}, parameters)
    with pytest.raises(ConfigError, match="did you mean 'hwb_2015'"):
        load_scenario("hwb_2016")
