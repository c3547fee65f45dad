"""Parameters that a study varies in vain: each is named with its reason, and what is named changes no outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.config.folders import configs
from experiments.config.to_study import compose
from experiments.study.definition import Contrast
from experiments.study.inactive import EMPHASES, OF_SETUP, PLANNED, SCHEDULE, WITHOUT_EFFECT, dormant, idle
from experiments.study.small import small_study
from sim import params
from sim.params import BY_NAME, DEFAULT_BOX, SETUPS, UNTIL, ParameterError, as_array, resolve
from sim.runs import simulate


def study_of(arms=tuple(SETUPS), factors=None, choices=None, **values):
    study = small_study(20, arms=("structure_first", "purpose_first"), **values)
    made = replace(study.design, factors=factors or {"noise": (0.0, 1.0)}, choices=choices or {})
    return replace(study, arms=arms, contrast=Contrast(*arms[:2], "added_value", 0.01), design=made)


def outcomes(arm, **values):
    """Outcomes of some worlds under an arm, whose own values come last."""
    points = np.array([as_array(resolve(values, arm))] * 4)
    return simulate(points, np.arange(4), 1).outcomes


@pytest.mark.parametrize("name", EMPHASES)
def test_an_emphasis_acts_under_no_arm(name):
    assert "no arm leaves it open: " in idle(study_of(factors={name: (0.0, 1.0)}))[name]
    assert idle(study_of(factors={name: (0.0, 1.0)})).keys() == {name}
    for arm in SETUPS:
        assert np.array_equal(outcomes(arm, **{name: 0.0}), outcomes(arm, **{name: 1.0}), equal_nan=True), arm


@pytest.mark.parametrize("name", [name for name in OF_SETUP if name not in PLANNED])
def test_the_rest_of_the_setup_acts_unless_there_is_none(name):
    span = (float(BY_NAME[name].low), float(BY_NAME[name].high))
    assert idle(study_of(factors={name: span})) == {}
    reason = idle(study_of(("neither", "alone"), {name: span}))[name]
    assert "it has no effect under " in reason and "alone" in reason
    for arm in SETUPS:
        same = np.array_equal(outcomes(arm, **{name: span[0]}), outcomes(arm, **{name: 0.7 * span[1]}), equal_nan=True)
        assert same == (arm in ("neither", "alone")), arm


def test_a_gate_acts_where_emphases_are_set_beforehand_and_change():
    assert idle(study_of(factors={"gate": (0.0, 1.0)})) == {}
    assert "responsive sets it" in idle(study_of(("responsive", "alone"), {"gate": (0.0, 1.0)}))["gate"]
    for arm in SETUPS:
        same = np.array_equal(outcomes(arm, gate=0.0), outcomes(arm, gate=0.1), equal_nan=True)
        assert same == (arm not in ("structure_first", "purpose_first")), arm


@pytest.mark.parametrize("name", ["responsiveness", *SCHEDULE])
def test_other_plans_act_under_no_arm(name):
    """Every arm has a plan of its own, or none; what belongs to a schedule is dormant without its first entry."""
    if name in ("responsiveness", "schedule_1_until"):
        assert "no arm leaves it open: " in idle(study_of(factors={name: (0.0, 20.0)}))[name]
    else:
        assert "acts only where" in dormant(name, resolve())
        assert dormant(name, resolve(), frozenset(UNTIL)) is None, "control"


def test_what_is_said_to_have_no_effect_has_none_and_what_acts_is_not_named():
    for arm, names in WITHOUT_EFFECT.items():
        for name in names:
            before = entries_up_to(name) if "schedule_1_until" not in SETUPS[arm] else {}
            low, high = ({**before, name: end} for end in (BY_NAME[name].low, BY_NAME[name].high))
            if name in UNTIL[1:] and not before:
                with pytest.raises(ParameterError, match="entries of a schedule"):
                    resolve(high, arm)  # an arm with a plan of its own takes no schedule at all
            else:
                assert np.array_equal(outcomes(arm, **low), outcomes(arm, **high), equal_nan=True), (arm, name)
    assert idle(study_of(("neither", "alone"), {"own_effort": (0.0, 1.0), "trust_rate": (0.0, 1.0)})) == {}


def entries_up_to(name):
    """Entries of a schedule before that which a parameter belongs to."""
    place = int(name.split("_")[1]) if name in SCHEDULE else 0
    return {until: float(k) for k, until in enumerate(UNTIL[: max(place - 1, 0)], 1)}


def test_a_factor_that_every_option_of_a_choice_sets_cannot_act():
    always = {"town": {"small": {"n_partners": 5.0}, "large": {"n_partners": 30.0}}}
    sometimes = {"town": {"small": {"n_partners": 5.0}, "as_it_is": {}}}
    factors = {"n_partners": (2.0, 9.0), "noise": (0.0, 1.0)}
    assert idle(study_of(factors=factors, choices=always)) == {"n_partners": "every option of town sets it"}
    assert idle(study_of(factors=factors, choices=sometimes)) == {}
    assert idle(study_of(factors={"noise": (0.0, 1.0)}, choices=always)) == {}


def test_a_choice_that_a_later_one_overrides_cannot_act():
    first = {"a": {"x": {"noise": 0.1}, "y": {"noise": 0.2}}}
    later = {"b": {"x": {"noise": 0.3}, "y": {"noise": 0.4}}}
    factors = {"crowding": (0.0, 1.0)}
    assert idle(study_of(factors=factors, choices=first | later)) == {"noise": "every option of b sets it"}
    assert idle(study_of(factors=factors, choices=first | {"b": {"x": {"noise": 0.3}, "y": {}}})) == {}
    assert idle(study_of(factors=factors, choices=later)) == {}


def test_a_choice_of_what_the_arms_set_cannot_act():
    choices = {"plan": {"steady": {"early_emphasis": 0.5, "noise": 0.1}, "as_it_is": {}}}
    assert idle(study_of(choices=choices)).keys() == {"early_emphasis"}


@pytest.mark.parametrize("name", params.OF_TWO_SECTORS)
def test_what_sectors_decide_cannot_act_where_there_are_always_some(name):
    factors = {name: (2.0, 9.0) if name == "n_partners" else (0.1, 0.5)}
    counts = {"sector_1_count": (2.0, 5.0)}
    assert idle(study_of(factors=factors)) == {}
    assert idle(study_of(factors=factors, sector_1_count=4)).keys() == {name}
    assert idle(study_of(factors=factors | counts)).keys() == {name}
    assert idle(study_of(factors=factors | {"sector_1_count": (0.0, 5.0)})) == {}
    some = {"place": {"plain": {}, "composed": {"sector_1_count": 4.0}}}
    both = {"place": {"a": {"sector_2_count": 3.0}, "b": {"sector_1_count": 4.0}}}
    none = both | {"z": {"c": {"sector_1_count": 0.0, "sector_2_count": 0.0}, "d": {}}}
    assert idle(study_of(factors=factors, choices=some)) == {}
    assert idle(study_of(factors=factors, choices=both)).keys() == {name}
    assert idle(study_of(factors=factors, choices=none)) == {}
    assert (
        idle(study_of(factors=factors, choices={"place": {"plain": {"sector_1_count": 0.0}}}, sector_1_count=4)) == {}
    )


def test_nothing_is_idle_in_the_studies_that_come_with_the_project():
    assert idle(small_study(20)) == {}
    assert set(DEFAULT_BOX) == set(small_study(20).design.factors)
    for path in sorted((configs() / "experiment").glob("*.yaml")):
        assert idle(compose([f"experiment={path.stem}"])) == {}, path.stem
