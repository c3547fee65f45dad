"""A study that passes its check has no run that fails, and one that is refused has a point that would."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.errors import StudyError
from experiments.execution.sweep import run_study
from experiments.study import feasible, validation
from experiments.study.definition import Contrast, Design
from experiments.study.design import count_points
from experiments.study.plan import batch, units
from experiments.study.small import small_study
from sim.params import PLANS, SETUPS, UNTIL, ParameterError
from sim.runs import check_points

BASE = small_study(9, arms=("structure_first", "purpose_first"), n_issues=3, months=2)


def study_of(sampler="grid", factors=None, levels=None, choices=None, variants=None, **values):
    """A study with a point for each combination, or a few that are drawn."""
    levels, choices = levels or {}, choices or {}
    ends = (factors or {}) | {name: (min(some), max(some)) for name, some in levels.items()}
    made = Design(sampler, 64, ends, levels, choices)
    parameters = {**BASE.parameters, **values}
    if sampler in ("grid", "one_at_a_time"):
        made = replace(made, points=count_points(made, parameters))
    return replace(BASE, design=made, parameters=parameters, variants=variants or {}, variant_points=made.points)


def fails(study):
    """Whether any run of a study is one that the engine refuses."""
    runs = batch(study, units(study, 0, study.design.points))
    try:
        check_points(runs.parameters, runs.world, study.seed)
    except ParameterError:
        return True
    return False


def refused(study):
    try:
        validation.require_valid(study)
    except StudyError:
        return True
    return False


SOME = ["sector_1_count", "sector_2_count", "need_1", "need_2", "need_3", "n_issues", "n_partners"]
PLANNING = [*PLANS, *UNTIL[1:], "learning_prob"]
"""What decides where setup goes, where no arm does. Of these a study is refused if some run might fail."""


def values_of(name):
    if name.startswith("need"):
        return st.sampled_from([0.0, 0.001, 2.0])
    if name in PLANNING:
        return st.sampled_from([0.0, 1.0])
    return st.sampled_from(
        {"n_issues": [1.0, 2.0, 3.0], "n_partners": [2.0, 7.0]}.get(name, [0.0, 1.0, 2.0, 250.0, 500.0])
    )


def sets(most, names=SOME):
    return st.lists(st.sampled_from(names), max_size=most, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: values_of(name) for name in names})
    )


levels = st.lists(st.sampled_from(SOME), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries(
        {name: st.lists(values_of(name), min_size=2, max_size=3, unique=True).map(sorted).map(tuple) for name in names}
    )
)
choices = st.dictionaries(
    st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), sets(3), min_size=1), max_size=2
)
variants = st.dictionaries(st.sampled_from("vw"), sets(2), max_size=2)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["grid", "one_at_a_time"]), levels, choices, variants, sets(3))
@pytest.mark.slow
def test_a_counted_study_is_refused_if_and_only_if_a_run_would_fail(sampler, levels, choices, variants, values):
    study = study_of(sampler, levels=levels, choices=choices, variants=variants, **values)
    assume(study.design.points <= 500)
    assert refused(study) == fails(study)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["random", "latin_hypercube", "sobol"]),
    st.dictionaries(
        st.sampled_from(SOME),
        st.sampled_from([(0.0, 2.0), (0.001, 2.0), (2.0, 3.0), (0.0, 500.0), (1.0, 3.0), (2.0, 499.0)]),
        max_size=3,
    ),
    choices, variants, sets(3),
)  # fmt: skip
def test_a_drawn_study_that_passes_has_no_run_that_fails(sampler, factors, choices, variants, values):
    study = study_of(sampler, factors, choices=choices, variants=variants, **values)
    assert refused(study) or not fails(study)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), sets(3, PLANNING), min_size=1), max_size=2
    ),
    st.dictionaries(st.sampled_from("vw"), sets(2, PLANNING), max_size=2),
    sets(3, PLANNING),
    st.sampled_from([("structure_first", "purpose_first"), ("neither", "alone"), ("responsive", "alone")]),
)  # fmt: skip
def test_a_study_whose_plans_pass_has_no_run_that_fails(choices, variants, values, arms):
    study = study_of("random", {"noise": (0.0, 1.0)}, choices=choices, variants=variants, **values)
    study = replace(study, arms=arms, contrast=Contrast(*arms, "added_value", 0.01))
    assert refused(study) or not fails(study)


def test_control_plans_pass_and_fail():
    scheduled = {"schedule_1_until": 4.0, "schedule_2_until": 9.0}
    for variant, wrong in (({"gate": 0.3}, False), (scheduled, False), (scheduled | {"gate": 0.3}, True)):
        study = study_of("random", {"noise": (0.0, 1.0)}, variants={"v": variant})
        assert refused(study) == fails(study) == wrong, variant


def test_a_study_that_passes_is_run_without_an_error():
    needs = {"needy": {"need_1": 1.0, "need_2": 1.0, "need_3": 9.0}, "even": {}}
    study = study_of(levels={"sector_1_count": (0.0, 2.0)}, choices={"need": needs}, variants={"v": {"noise": 0.0}})
    assert not refused(study)
    assert run_study(study, 1)["error"].isna().all()


REFUSED = {
    "needs from 0": (study_of("random", {"need_1": (0.0, 1.0)}), r"factor need_1: its range \(0, 1\) holds numbers"),
    "one need": (study_of("random", {"need_1": (0.5, 1.0)}), "need_2 may be 0 where need_1 is above 0"),
    "a need in a variant": (study_of(variants={"v": {"need_1": 1.0}}), "need_2 may be 0 where need_1 is above 0"),
    "a need in a choice": (study_of(choices={"a": {"x": {"need_3": 1.0}}}), "need_1 may be 0 where need_3 is above"),
    "more issues": (study_of(variants={"v": {"n_issues": 4.0}}, need_1=1.0, need_2=1.0, need_3=1.0), "need_4 may be 0"),
    "one partner": (study_of("random", {"sector_1_count": (0.0, 3.0)}), "the sectors may count 1 partners in all"),
    "many partners": (
        study_of("random", {"sector_1_count": (2.0, 300.0), "sector_2_count": (2.0, 300.0)}), "may count 501 partners",
    ),
    "two plans": (
        study_of(variants={"v": {"gate": 0.3, "responsiveness": 5.0}}),
        r"under structure_first, responsiveness=5 contradicts gate=0\.3: both decide where setup goes",
    ),
    "a schedule with a gap": (
        study_of(variants={"v": {"schedule_1_until": 4.0, "schedule_3_until": 9.0}}), "used from the first on",
    ),
    "no partner": (study_of(levels={"sector_1_count": (1.0, 2.0)}), "the sectors may count 1 partners"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_fail_is_answered_with_what_is_wrong(name):
    study, said = REFUSED[name]
    with pytest.raises(StudyError, match=said):
        validation.require_valid(study)


def test_choices_that_combine_in_too_many_ways_are_refused_in_no_time():
    many = {f"c{k}": {f"o{n}": {"sector_1_count": 2.0 + n} for n in range(10)} for k in range(12)}
    with pytest.raises(StudyError, match="combine in more than 100,000 ways"):
        validation.require_valid(study_of("random", {"noise": (0.0, 1.0)}, choices=many))
    unconcerned = {f"c{k}": {f"o{n}": {"noise": 0.1 * n} for n in range(10)} for k in range(12)}
    validation.require_valid(study_of("random", {"noise": (0.0, 1.0)}, choices=unconcerned))


def test_no_arm_sets_what_composes_a_world():
    """The check leaves arms out; it may as long as that is so."""
    assert all(set(feasible.COMPOSING).isdisjoint(values) for values in SETUPS.values())


def test_totals_are_all_sums_that_there_are():
    counts = [(0, 2, 5), (1,), (0, 7)]
    assert feasible.totals(counts) == sorted({a + b + c for a in counts[0] for b in counts[1] for c in counts[2]})
