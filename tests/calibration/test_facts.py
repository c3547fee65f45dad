"""Patterns of the record: declared, measured as they say, met or not for the right reason, and rivals that differ."""

from __future__ import annotations

import json
from html import escape

import numpy as np
import pytest

from experiments.calibration import pattern as patterns_module
from experiments.calibration import pieces as pieces_module
from experiments.calibration.measure import FARTHEST, hardly_by_chance, judge_pattern, measure, tolerance
from experiments.calibration.nearness import mean_distance, near
from experiments.calibration.pattern import Pattern, load_patterns, pattern_from, rivals
from experiments.calibration.pieces import kinds_of, measure_all
from experiments.calibration.readings import Played, holds, play, values_read
from experiments.cli import main
from experiments.config.boxes import COORDINATES, of_box, world_from
from experiments.config.scenarios import load_scenario
from experiments.errors import ConfigError
from sim.outcomes import OUTCOME_NAMES
from sim.params import BY_NAME, DEFAULT_BOX, DEFAULTS, NAMES
from sim.state import PARTNER
from tests.test_docs import EXPLAINED

ALL = load_patterns()
BY = {pattern.name: pattern for pattern in ALL}


def fake(outcomes=(), effort=None, sectors=(), runs=1, localities=4):
    """Localities with given outcomes (name: values of each) and, of each sector's one partner, mean effort."""
    kind = load_scenario("hwb_2015")
    table = np.zeros((runs, localities, len(OUTCOME_NAMES)))
    for name, values in dict(outcomes).items():
        table[:, :, OUTCOME_NAMES.index(name)] = values
    partners = np.zeros((runs, localities, 10, len(PARTNER)))
    for sector, value in (effort or {}).items():
        partners[:, :, kind.sector(sector), PARTNER.place["effort_sum"]] = value * kind.parameters["months"]
    return Played(kind, np.tile([DEFAULTS[name] for name in NAMES], (runs, localities, 1)), table, partners)


def pattern(kind, observed, **content):
    about = {"scenario": "hwb_2015", "source": "HWB", "fact": "f", "care": "c", "use": ["calibration"]}
    return pattern_from("test", {**about, "kind": kind, "observed": observed, **content})


# -- what is declared ---------------------------------------------------------------------------------------


def test_there_are_enough_patterns_and_a_third_is_held_out():
    assert len(ALL) >= 15 and 3 * sum(one.held_out for one in ALL) >= len(ALL)
    assert all(one.source in EXPLAINED and one.fact.endswith(".") and one.care.endswith(".") for one in ALL)
    assert {one.scenario for one in ALL} > {
        "himp_1999",
        "pcg_2001",
        "nhs_plan_2000",
        "lsp_jsna",
        "hwb_2015",
        "fire_200",
    }


def test_the_number_that_contradicts_its_text_is_not_used():
    assert not any(str(one.observed) == str({"count": 39, "of": 40}) for one in ALL)


@pytest.mark.parametrize(("change", "message"), [
    ({"kind": "coun"}, "did you mean 'count'"),
    ({"use": ["both"]}, "choose from specification, calibration, validation"),
    ({"under": {"nois": 0}}, "did you mean 'noise'"), ({"wher": []}, "did you mean 'where'"),
])  # fmt: skip
def test_a_pattern_that_cannot_be_meant_is_named(change, message):
    good = {"scenario": "hwb_2015", "source": "HWB", "fact": "f", "care": "c", "use": ["validation"], "kind": "count",
            "where": [], "observed": {"count": 1, "of": 2}}  # fmt: skip
    pattern_from("test", good)
    with pytest.raises(ConfigError, match=message):
        pattern_from("test", {**good, **change})
    with pytest.raises(ConfigError, match="lacks 'fact'"):
        pattern_from("test", {name: part for name, part in good.items() if name != "fact"})


def test_a_reading_of_something_that_is_not_there_is_named():
    kind = load_scenario("hwb_2015")
    of_sector = {"sector": "voluntary", "reading": "effort"}
    for reading, message in (
        ({"outcome": "structur"}, "did you mean 'structure'"),
        (of_sector, "did you mean 'voluntary sector'"),
    ):
        wrong = pattern("rate", {"from": 0.5, "to": 1}, where=[reading])
        with pytest.raises(ConfigError, match=message):
            patterns_module.check_readings(wrong, kind)


# -- measures -----------------------------------------------------------------------------------------------


def test_tolerance_of_a_count_is_the_exact_binomial_interval():
    low, high = tolerance(BY["himp_structures"])
    assert (round(low, 3), round(high, 3)) == (0.597, 0.854)  # Clopper and Pearson for 37 of 50


def test_an_order_of_few_must_be_kept_whole_and_of_more_nearly():
    assert hardly_by_chance(4) == 1.0
    assert hardly_by_chance(5) == pytest.approx(0.8)


def test_a_share_counts_localities_where_all_conditions_hold():
    where = [{"outcome": "structure", "above": 0.5}, {"outcome": "commitment", "below": 0.5}]
    one = fake({"structure": [0.9, 0.9, 0.1, 0.6], "commitment": [0.4, 0.6, 0.4, 0.4]})
    found = measure(pattern("count", {"count": 2, "of": 4}, where=where), [one])
    assert (found.value[0], found.distance[0]) == (0.5, 0.0)
    among = measure(pattern("rate", {"from": 0.9, "to": 1}, where=where[1:], among=where[:1]), [one])
    assert among.value[0] == pytest.approx(2 / 3) and among.distance[0] == FARTHEST
    none = measure(
        pattern("rate", {"from": 0.5, "to": 1}, where=where, among=[{"outcome": "owned", "above": 1}]), [one]
    )
    assert np.isnan(none.value[0]) and none.distance[0] == FARTHEST
    assert not judge_pattern(pattern("rate", {"from": 0.5, "to": 1}, where=where), none).met


def test_an_order_is_that_of_sectors_effort():
    sectors = ["local authority", "clinical commissioning groups", "voluntary sector"]
    ranked = pattern("order", sectors, reading="effort")
    right = measure(ranked, [fake(effort=dict(zip(sectors, (0.9, 0.5, 0.2), strict=True)))])
    wrong = measure(ranked, [fake(effort=dict(zip(sectors, (0.2, 0.5, 0.9), strict=True)))])
    assert (right.value[0], right.distance[0], wrong.value[0]) == (1.0, 0.0, -1.0)
    assert judge_pattern(ranked, right).met and not judge_pattern(ranked, wrong).met


def test_a_direction_must_be_clear_and_one_that_says_not_must_not_be_clearly_otherwise():
    sides = {"this": {"outcome": "trust"}, "than": {"parameter": "initial_trust"}}
    noisy = fake({"trust": DEFAULTS["initial_trust"] + np.array([0.1, -0.1, 0.11, -0.1])})
    clear = fake({"trust": DEFAULTS["initial_trust"] + np.array([0.1, 0.12, 0.11, 0.1])})
    higher, not_higher = pattern("direction", "higher", **sides), pattern("direction", "not_higher", **sides)
    assert measure(higher, [clear]).distance[0] == 0.0 < measure(higher, [noisy]).distance[0]
    assert measure(not_higher, [clear]).distance[0] > 0.0
    assert (
        judge_pattern(higher, measure(higher, [clear])).met
        and not judge_pattern(not_higher, measure(not_higher, [clear])).met
    )


def test_no_effect_is_an_interval_that_holds_0():
    wanted = pattern("no_effect", {"localities": 4}, reading="added_value")
    assert measure(wanted, [fake({"added_value": [0.1, -0.1, 0.1, -0.12]})]).distance[0] == 0.0
    assert measure(wanted, [fake({"added_value": [0.1, 0.12, 0.1, 0.11]})]).distance[0] > 0.0


def test_a_sector_is_read_by_its_mean_or_by_its_top():
    one = fake(effort={"voluntary sector": 0.2})
    one.partners[:, :, -1, PARTNER.place["effort_sum"]] = 0.8 * one.kind.parameters["months"]
    reading = {"sector": "voluntary sector", "reading": "effort"}
    assert (
        values_read(one, reading)[0, 0] == pytest.approx(0.4)
        and values_read(one, {**reading, "of": "any"})[0, 0] == 0.8
    )


# -- simulated ----------------------------------------------------------------------------------------------


def test_runs_are_the_same_in_any_pieces_and_with_any_company():
    worlds = of_box("default", 3, seed=4)
    few = [BY["hwb_no_impact"], BY["hwb_unclear_aims"]]
    together = measure_all(few, worlds, 4)
    apart = [measure_all(few[1:], worlds[run : run + 1], 4, runs=[run])["hwb_unclear_aims"] for run in range(3)]
    assert together["hwb_unclear_aims"].value.tolist() == [one.value[0] for one in apart]
    other = measure_all(few, worlds, 5)["hwb_no_impact"].value
    assert not np.array_equal(other, together["hwb_no_impact"].value), "control: another seed"


def test_what_is_far_off_is_left_early_and_what_is_near_has_the_same_distance():
    few = [BY["himp_structures"], BY["hwb_no_impact"], BY["hwb_weak_ownership"], BY["himp_weak_endorsement"]]
    worlds, kinds, runs = of_box("default", 12, seed=4), kinds_of(few), range(7, 19)
    whole = mean_distance(one.distance for one in measure_all(few, worlds, 4, runs=runs, kinds=kinds).values())
    within = float(np.sort(whole)[4])
    expected = np.where(whole <= within, whole, np.inf)
    parts = [
        near(few, worlds[part], 4, runs=runs[part], within=within, kinds=kinds) for part in (slice(0, 1), slice(1, 12))
    ]
    assert np.concatenate(parts).tolist() == expected.tolist() and np.isinf(expected).any()
    freely = near(few, worlds, 4, runs=runs, within=np.inf, kinds=kinds)
    assert freely.tolist() == whole.tolist(), "control: nothing is left without a reason"


def test_far_scenarios_are_not_played_to_the_end(monkeypatch):
    """A world that two boards already put out of reach is never played as fifty health improvement programmes."""
    played = []
    monkeypatch.setattr(pieces_module, "play", lambda kind, *rest: played.append(kind.name) or play(kind, *rest))
    few = [BY["himp_structures"], BY["hwb_weak_ownership"]]
    owned = {"volunteering": 0.3, "commitment": 0.75, "free_riding": 0.0}
    assert np.isinf(near(few, [owned], 4, runs=[0], within=1e-9, kinds=kinds_of(few))).all() and played == ["hwb_2015"]
    near(few, [owned], 4, runs=[0], within=np.inf, kinds=kinds_of(few))
    assert played == ["hwb_2015", "hwb_2015", "himp_1999"], "control: within reach, it is"


def test_boards_beside_weak_endorsement_need_someone_outside_who_pays_for_them():
    """The joint pattern in `himp_1999`, in the default world: no board without a duty, or with one for aims."""
    joint, kind = BY["himp_joint"], load_scenario("himp_1999")

    def shown(**changes):
        played = play(kind, [{}] * 20, changes, 1)
        return holds(played, joint.content["among"]).mean(), judge_pattern(joint, measure(joint, [played])).met

    boards, met = shown()
    assert boards > 0.5 and met
    assert shown(outside_share=0.0) == shown(outside_emphasis=0.0) == (0.0, False)
    boards, met = shown(assignment=0.5)
    assert boards > 0.5 and not met, "control: boards that name owners do not show it"


def test_no_impact_is_an_effect_near_0_and_not_five_places_too_few():
    """A hundred boards, in the default world: most hover near 0, and so does their mean."""
    kind, added = load_scenario("hwb_2015"), {"outcome": BY["hwb_no_impact"].content["reading"]}
    found = values_read(play(kind, [{}] * 20, {}, 1), added)
    assert abs(found.mean()) < 0.02 and (np.abs(found) < 0.05).mean() > 2 / 3
    others = values_read(play(kind, [{"commitment": 0.75, "free_riding": 0.0}] * 20, {}, 1), added)
    assert others.mean() > 0.05, "control: boards of committed partners do not"


def test_rivals_lack_what_they_say_and_go_through_the_same_measure():
    lacking = rivals()
    assert set(lacking) == {
        "no purpose", "no trust", "no overhead", "no own work", "no outside support", "no leaving",
    }  # fmt: skip
    assert all(BY_NAME[name].channel == "purpose" for name in lacking["no purpose"])
    kind = load_scenario("himp_1999")
    unwilling = {"commitment": 0.25, "exit_level": 0.35, "exit_prob": 0.1}
    whole = play(kind, [unwilling], {}, 1).outcomes
    for name, changes in lacking.items():
        found = play(kind, [unwilling], changes, 1).outcomes
        assert not np.array_equal(found, whole, equal_nan=True), name
    burden = OUTCOME_NAMES.index("burden_mean")
    assert play(kind, [{}], lacking["no overhead"], 1).outcomes[..., burden].max() == 0.0 < whole[..., burden].min()


def test_worlds_of_a_box_lie_in_it():
    for one in of_box("default", 20, seed=1):
        assert all(DEFAULT_BOX[name][0] <= one[name] <= DEFAULT_BOX[name][1] for name in COORDINATES)
    assert of_box("none", 2, 1) == [{}, {}]
    assert world_from(np.zeros(len(COORDINATES))) == {name: DEFAULT_BOX[name][0] for name in COORDINATES}
    assert world_from(np.full(len(COORDINATES), 1 - 1e-12))["n_partners"] == DEFAULT_BOX["n_partners"][1]


def test_the_calibrated_worlds_lie_in_the_box_and_no_parameter_beyond_it():
    rows = of_box("calibrated", 50, seed=1)
    assert all(DEFAULT_BOX[name][0] <= row[name] <= DEFAULT_BOX[name][1] for row in rows for name in COORDINATES)


# -- the job ------------------------------------------------------------------------------------------------


def test_validate_writes_a_table_that_says_what_was_held_out(tmp_path, capsys):
    assert main(["validate", "scenario=hwb_2015", "runs=4", f"results={tmp_path}"]) == 0
    said = capsys.readouterr().out
    folder = tmp_path / "validate" / "hwb_2015"
    lines = (folder / "table.csv").read_text(encoding="utf-8").splitlines()
    of_scenario = [one for one in ALL if one.scenario == "hwb_2015"]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert len(lines) == 1 + len(of_scenario) * len(summary["met"])
    assert {"default world", "wide box", "calibrated", "nearest world", *rivals()} == set(summary["met"])
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(escape(one.fact) in page for one in of_scenario) and "validation" in page and "hwb_unclear_aims" in said
    before = (folder / "table.csv").read_bytes()
    assert main(["validate", "scenario=hwb_2015", "runs=4", f"results={tmp_path}", "workers=1"]) == 0
    assert (folder / "table.csv").read_bytes() == before, "workers change no byte"


@pytest.mark.parametrize(("words", "message"), [
    (["validate", "scenario=hwb_2016"], "did you mean 'hwb_2015'"), (["validate", "runs=1"], "from 2 to"),
    (["validate", "scenario=collaborative"], "no pattern was observed"), (["validate", "run=3"], "did you mean 'runs'"),
    (["calibrate", "scenario=fire_200"], "no pattern of it is for calibration"), (["calibrate", "seed"], "key=value"),
    (["calibrate", "without=tust"], "did you mean 'trust'"),
    (["calibrate", "particles=100", "prior_draws=50"], "must be fewer"),
])  # fmt: skip
def test_a_mistake_is_one_message_and_exit_code_2(words, message, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_every_pattern_is_of_a_known_kind():
    assert all(isinstance(one, Pattern) and one.kind in patterns_module.KEYS for one in ALL)
