"""The claims: each is judged by runs that could have come out otherwise, and the ledger says what would change it."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import discovery
from experiments.claims import changes, sentences
from experiments.claims.claim import CONTESTABLE, IDENTITY, KINDS, MAGNITUDE
from experiments.claims.evidence import collect, joint_judgement, judge, kind_shown
from experiments.claims.question import stored_as, study_of
from experiments.commands.claims import loaded
from experiments.config.boxes import COORDINATES, world_from
from experiments.config.folders import configs
from experiments.errors import StudyError
from experiments.study import plan
from experiments.study.design import factor_names
from experiments.study.design import points as points_of
from sim.outcomes import OUTCOME_NAMES
from sim.params import as_array, resolve
from sim.runs import simulate
from tests.faults import ROOT

pytestmark = pytest.mark.slow

NAMES = sorted(path.stem for path in (configs() / "claim").glob("*.yaml"))
POINTS = 400
TESTS = 36
"""Tests of all claims of the repository that are judged, for which intervals are corrected."""
SMALL, LARGE = 0.2, 0.5


@pytest.fixture(scope="module")
def whole():
    """Every claim of the repository, with its study."""
    return {
        name: (claim, how, study_of(plain, claim, given)[0]) for name, (plain, claim, how, given) in loaded().items()
    }


@pytest.fixture(scope="module")
def claims(whole):
    """Every claim of the repository, with its study in small."""
    return {name: (claim, how, small(study)) for name, (claim, how, study) in whole.items()}


def small(study, points=POINTS):
    several = points if study.variants else 0
    return replace(study, design=replace(study.design, points=points), variant_points=several)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# -- what there is ----------------------------------------------------------------------------------------


def test_every_claim_of_the_list_is_there_once(claims):
    keys = [claim.key for claim, _, _ in claims.values()]
    assert keys == [f"C{number}" for number in range(1, 25)]
    judged = [claim for claim, _, _ in claims.values() if claim.kind != IDENTITY]
    assert sum(len(claim.tests) for claim in judged) == TESTS


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_opens_with_the_command_that_judges_it(name, claims):
    lines = (configs() / "claim" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# @package _global_", f"# partnership claims claim={name}"]
    claim = claims[name][0]
    assert claim.statement.endswith(".") and claim.about.endswith((".", "?")) and claim.sources


def test_all_claims_are_judged_by_the_same_rule_in_the_same_box_unless_they_say_so(claims):
    assert len({how for _, how, _ in claims.values()}) == 1
    assert {test.region for claim, _, _ in claims.values() for test in claim.tests} == {0.01}
    usual = claims["c01_purpose_over_structure"][2]
    for claim, _, study in claims.values():
        set_by_all = set(usual.design.factors) - set(study.design.factors)
        assert all(name in setting.parameters for setting in claim.settings for name in set_by_all)
        other = [name for name, span in study.design.factors.items() if span != usual.design.factors[name]]
        if other or study.parameters != usual.parameters:
            assert claim.world, f"{claim.name} has worlds of its own, and does not say so"


# -- a rigged outcome flips the judgement -----------------------------------------------------------------


def rigged(claim, study, for_it):
    """The stored runs of a study with made-up outcomes: worlds in which `for_it` (points,) is true bear the claim out.

    In the others the opposite is true, or nothing is, whichever the claim denies.
    """
    rows = plan.units(study, 0, study.design.points * study.design.replicates)
    made = plan.batch(study, rows)
    runs = pd.DataFrame({"run": made.run, "point": made.point, "world": made.world})
    runs["arm"] = np.array(made.arms)[made.arm]
    runs["variant"] = np.array(made.variants)[made.variant]
    here = for_it[runs["point"]]
    for outcome in claim.outcomes:
        runs[outcome] = SMALL
    best = [test for test in claim.tests if test.beforehand]
    for test in best:
        raise_the_best(claim, runs, test.a.settings, test.outcome, here)
    for where, borne_out in ((here, True), (~here, False)):
        for (setting, outcome), level in ladder([test for test in claim.tests if test not in best], borne_out).items():
            runs.loc[where & rows_of(claim, setting, runs), outcome] = level
    for one in claim.where:
        runs.loc[rows_of(claim, one.setting, runs), one.outcome] = 1.0
    return runs


def ladder(tests, borne_out):
    """Made-up outcomes with which all tests come out, or all the other way; chains go up step by step."""
    level = {}
    for _ in range(len(tests) + 1):
        for test in tests:
            a = {(setting, test.outcome) for setting in test.a.settings}
            b = {(setting, test.against) for setting in test.b.settings}
            sides = {"more": (a, b), "less": (b, a), "same": (set(), a)}[expectation(test)]
            raised, others = sides if borne_out else (sides[1], sides[0] or b)
            for one in raised - others:
                top = max((level.get(other, SMALL) for other in others - raised), default=SMALL)
                level[one] = max(level.get(one, SMALL), top + LARGE - SMALL)
    return level


def expectation(test):
    """What makes a test come out; where it expects that something sometimes is not more, that is the same."""
    kind = test.expect.removeprefix("sometimes_")
    return {"not_more": "same"}.get(kind, kind)


def raise_the_best(claim, runs, settings, outcome, here):
    """Where the claim is to be borne out each setting is best in some worlds, elsewhere always the first."""
    best = np.where(here, runs["point"] % len(settings), 0)
    for place, setting in enumerate(settings):
        runs.loc[(best == place) & rows_of(claim, setting, runs), outcome] = LARGE


def rows_of(claim, setting, runs):
    arm, variant = stored_as(claim, setting)
    return (runs["arm"] == arm) & (runs["variant"] == variant)


def judgement(found, for_it, points=POINTS):
    claim, how, study = found
    design = points_of(study).set_index("point")[factor_names(study.design)]
    return judge(claim, rigged(claim, study, for_it)[lambda runs: runs["point"] < points], design, how, TESTS, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_rigged_outcome_flips_the_judgement(name, claims):
    if claims[name][0].kind == IDENTITY:
        assert judgement(claims[name], np.arange(POINTS) < 0).word == IDENTITY, "an identity is not judged"
        return
    every = np.arange(POINTS)
    came_out = {
        "all": judgement(claims[name], every >= 0).word,
        "none": judgement(claims[name], every < 0).word,
        "a tenth": judgement(claims[name], every % (8 if name.startswith("c06") else 10) == 0).word,
    }
    assert came_out == {"all": "holds", "none": "fails", "a tenth": "undecided"}


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_about_worlds_in_general_can_depend(name, claims):
    claim, _, study = claims[name]
    if claim.kind == IDENTITY:
        return
    factor = "commitment"
    value = points_of(study).sort_values("point")[factor].to_numpy()
    found = judgement(claims[name], value > np.median(value))
    if not claim.tests[0].general:
        assert found.word == "holds", "a claim about some worlds holds where half of them show it"
    elif claim.tests[0].beforehand:
        assert found.word == "holds", "what is best in half of the worlds and second to none elsewhere loses nowhere"
    else:
        assert found.word == "depends"
        tells = {part.factor for condition in found.judged[found.deciding].conditions for part in condition.conditions}
        assert tells == {factor}


def test_one_test_that_fails_is_enough_for_a_claim_to_fail(claims):
    claim, how, study = claims["c18_umbrella_seat_for_voice"]
    every = np.arange(POINTS) >= 0
    runs, opposite = rigged(claim, study, every), rigged(claim, study, ~every)
    design = points_of(study).set_index("point")[factor_names(study.design)]
    assert judge(claim, runs, design, how, TESTS, 1).word == "holds"
    found = judge(claim, runs.assign(tokenism=opposite["tokenism"]), design, how, TESTS, 1)
    assert [one.word for one in found.judged] == ["holds", "fails"]
    assert (found.word, found.deciding) == ("fails", 1)


def test_judgements_on_several_tests_come_together():
    assert joint_judgement(["holds", "holds"]) == "holds"
    assert joint_judgement(["holds", "depends"]) == "depends"
    assert joint_judgement(["undecided", "depends", "holds"]) == "undecided"
    assert joint_judgement(["holds", "undecided", "fails"]) == "fails"


def test_needing_each_other_is_not_the_same_as_each_helping(claims):
    """Where power and ownership simply add up, both together beat either alone, and yet do not need each other."""
    claim, how, study = claims["c09_power_and_ownership"]
    runs = rigged(claim, study, np.arange(POINTS) >= 0)
    adding_up = {"neither_of_them": 0.1, "power": 0.2, "ownership": 0.3, "both": 0.4}
    for setting, value in adding_up.items():
        runs.loc[rows_of(claim, setting, runs), "added_value_mean"] = value
    design = points_of(study).set_index("point")[factor_names(study.design)]
    assert [one.word for one in judge(claim, runs, design, how, TESTS, 1).judged] == ["holds", "holds", "fails"]


def test_luck_is_not_taken_for_a_bespoke_choice(claims):
    """All setups differ by chance only: the best, chosen beforehand, gains nothing; in hindsight (control) it would."""
    claim, how, study = claims["c06_no_setup_is_best_everywhere"]
    runs = rigged(claim, study, np.arange(POINTS) >= 0)
    runs["added_value_mean"] = np.random.default_rng(4).normal(0.2, 0.1, len(runs))
    design = points_of(study).set_index("point")[factor_names(study.design)]
    assert judge(claim, runs, design, how, TESTS, 1).word != "holds"
    in_hindsight = replace(claim, tests=tuple(replace(test, beforehand=False) for test in claim.tests))
    assert judge(in_hindsight, runs, design, how, TESTS, 1).word == "holds"


def test_only_the_worlds_a_claim_is_about_count(claims):
    claim, _, study = claims["c05_early_review_axes_good_ones"]
    runs = rigged(claim, study, np.arange(POINTS) >= 0)
    axed = rows_of(claim, "reviewed", runs) & (runs["point"] < 150)
    runs["axed"] = axed.astype(float)
    (found,) = collect(claim, runs)
    assert found.pairs.index.tolist() == list(range(150))


def test_missing_runs_are_counted_and_missing_outcomes_refused(claims):
    claim, how, study = claims["c04_pooled_budgets"]
    runs = rigged(claim, study, np.arange(POINTS) >= 0)
    design = points_of(study).set_index("point")[factor_names(study.design)]
    holes = runs.assign(added_value_mean=runs["added_value_mean"].where(runs["point"] > 9))
    (one,) = judge(claim, holes, design, how, TESTS, 1).judged
    assert (one.missing, one.worlds, one.word) == (10, POINTS - 10, "holds")
    with pytest.raises(StudyError, match="'added_value_mean' is missing in all runs of pooled"):
        judge(claim, runs.assign(added_value_mean=np.nan), design, how, TESTS, 1)
    with pytest.raises(StudyError, match="no outcome 'added_value_mean'"):
        judge(claim, runs.drop(columns="added_value_mean"), design, how, TESTS, 1)
    with pytest.raises(StudyError, match="no run of setting 'pooled'"):
        judge(claim, runs[~rows_of(claim, "pooled", runs)], design, how, TESTS, 1)


# -- what would change it ---------------------------------------------------------------------------------


def test_other_thresholds_and_other_worlds_are_said_to_change_a_judgement(claims):
    claim, how, study = claims["c04_pooled_budgets"]
    design = points_of(study).set_index("point")[factor_names(study.design)]
    commitment = design.sort_index()["commitment"].to_numpy()
    searched, _ = discovery.halves(POINTS, 1)
    high = commitment > float(f"{np.median(commitment[searched]):.2g}")  # a border that a condition can name
    found = judge(claim, rigged(claim, study, high), design, how, TESTS, 1)
    told = {change.what: change.word for change in changes.changes(found, design, how, TESTS, 1)}
    assert told["if differences up to 0.02 did not matter"] == "depends"
    inside = [word for what, word in told.items() if what.startswith("in worlds where commitment is above")]
    outside = [word for what, word in told.items() if what.startswith("in worlds where commitment is at most")]
    assert (inside, outside) == (["holds"], ["fails"])
    found = judge(claim, rigged(claim, study, np.arange(POINTS) >= 0), design, how, TESTS, 1)
    listed = changes.changes(found, design, how, TESTS, 1)
    told = {one.what: one.word for one in listed}
    assert found.word == told["if differences up to 0.2 did not matter"] == "holds"
    assert told["if differences up to 0.5 did not matter"] == "fails"
    assert "If differences up to 0.5 did not matter: fails." in sentences.changed(found, listed, None)


def test_the_number_of_worlds_that_would_decide_is_told_where_worlds_are_what_is_missing(claims):
    found = judgement(claims["c17_acting_alone_can_be_better"], np.arange(POINTS) % 8 == 0)
    assert found.word == "undecided"
    needed = changes.worlds_needed(found, claims["c17_acting_alone_can_be_better"][1], TESTS)
    claim, how, study = claims["c17_acting_alone_can_be_better"]
    assert POINTS < needed < 20 * POINTS
    more = small(study, needed)
    design = points_of(more).set_index("point")[factor_names(study.design)]
    runs = rigged(claim, more, np.arange(needed) % 8 == 0)
    assert judge(claim, runs, design, how, TESTS, 1).word == "holds"
    assert (
        changes.worlds_needed(judgement(claims["c17_acting_alone_can_be_better"], np.arange(POINTS) >= 0), how, TESTS)
        is None
    )


# -- kinds ------------------------------------------------------------------------------------------------


def hunted(claim, worlds=3000, seed=77):
    """The difference of a claim's first test in worlds near the corners of the box, turned so that it expects more."""
    rng, test = np.random.default_rng(seed), claim.tests[0]
    unit = rng.beta(0.3, 0.3, (worlds, len(COORDINATES)))
    drawn = [world_from(np.minimum(row, 1 - 1e-12)) for row in unit]

    def outcome(side):
        (name,) = side.settings
        setting = claim.setting(name)
        points = np.stack([as_array(resolve({**world, **setting.parameters}, setting.arm)) for world in drawn])
        return simulate(points, np.arange(worlds), seed).outcomes[:, OUTCOME_NAMES.index(test.outcome)]

    difference = outcome(test.a) - outcome(test.b)
    return -difference if test.expect == "less" else difference


def test_no_world_is_on_the_other_side_of_an_identity(claims):
    """A hunt near the corners of the box, where differences are largest; the control finds worlds of another claim."""
    identities = [claim for claim, _, _ in claims.values() if claim.kind == IDENTITY]
    assert identities
    for claim in identities:
        difference = hunted(claim)
        assert difference.min() >= -claim.tests[0].region, claim.key
        assert difference.max() > 0.1, "control: it matters in some"
    contestable = claims["c02_governance_makes_productive"][0]
    assert hunted(contestable).min() < -contestable.tests[0].region, "control: a hunt that finds"


@pytest.mark.parametrize(("against", "kind"), [(0, IDENTITY), (3, MAGNITUDE), (60, CONTESTABLE), (400, CONTESTABLE)])
def test_the_kind_that_worlds_show_is_by_how_many_are_on_the_other_side(against, kind, claims):
    claim, how, study = claims["c04_pooled_budgets"]
    found = judgement((claim, how, small(study, 400)), np.arange(POINTS) >= against)
    assert kind_shown(found) == kind


def test_a_kind_that_worlds_do_not_bear_out_is_said():
    assert sentences.kind_text(IDENTITY, IDENTITY).endswith("only its size is news.")
    assert "worlds here are on both sides: by its worlds it is of the kind contestable" in sentences.kind_text(
        IDENTITY, CONTESTABLE
    )
    assert set(KINDS) == {IDENTITY, MAGNITUDE, CONTESTABLE}


# -- the judgements as documented --------------------------------------------------------------------------


def test_the_documented_judgements_are_of_these_claims_and_these_studies(whole):
    """Their runs are not made again here; that they are of the claims as they stand, each study's id says."""
    with (ROOT / "docs" / "claims.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(whole)
    for name, (claim, how, study) in whole.items():
        row, tests = rows[name], {test.about: test for test in claim.tests}
        test = tests[row["test"]]
        assert (row["key"], row["statement"]) == (claim.key, claim.statement)
        assert claim.kind == row["kind"] == row["kind_shown"], f"{name}: its worlds show another kind"
        assert row["study"] == study.id, f"{name}: judged as another study; make claims judges it again"
        told = tuple(float(row[column]) for column in ("region", "level", "rare", "tests"))
        assert told == (test.region, how.level, how.rare, TESTS)
        assert (row["expect"], row["outcome"]) == (test.expect, test.outcome)
        assert row["judgement"] in sentences.SIGNS
