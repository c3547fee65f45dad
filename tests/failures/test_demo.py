"""Demonstrations: what they claim holds, on their own seed and on a fresh one; what they say is what was played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.analysis.contrasts import Count, Estimate, count
from experiments.config.composition import composed
from experiments.config.folders import configs
from experiments.config.schema import parameters_of
from experiments.failures import detectors, performance, story
from experiments.failures.demonstration import (
    MEASURES,
    EarlySign,
    Sign,
    load_demonstration,
    sentences,
)
from experiments.failures.performance import monthly, perform, played, warned
from sim.failures import BY_MODE, MODE_NAMES, detect
from sim.limits import DEFAULT_LIMITS
from sim.model import Partnership
from sim.params import BY_NAME, DEFAULTS, SETUPS
from tests.sim.test_failures import by_hand

pytestmark = pytest.mark.slow

FRESH = 20_261_123
RUNS = 300


@pytest.fixture(scope="module")
def fresh():
    return {name: perform(load_demonstration(name, [f"runs={RUNS}", f"seed={FRESH}"])) for name in MODE_NAMES}


every_mode = pytest.mark.parametrize("name", MODE_NAMES)


# -- the configurations -----------------------------------------------------------------------------------


def test_there_is_a_demonstration_of_every_mode():
    assert set(sentences()) == set(MODE_NAMES)


@every_mode
def test_a_configuration_opens_with_its_command_and_carries_what_a_lesson_needs(name):
    lines = (configs() / "failure" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# @package _global_", f"# partnership demo failure={name}"]
    shown = load_demonstration(name)
    assert shown.name == name and shown.sentence.endswith(".") and shown.world.endswith(".")
    assert len(shown.predict.choices) >= 2 and shown.predict.measure in MEASURES
    assert len(shown.look_for) >= 2 and {mark.series for mark in shown.look_for} <= set(shown.watch)
    assert len(shown.discuss) >= 3 and shown.sources
    assert set(shown.overlaps) <= set(MODE_NAMES) - {name}
    written = composed([f"failure={name}"]).plain["failure"]["look_for"]
    assert [mark.at for mark in shown.look_for] == [mark["at"] for mark in written], "a mark beyond the run"


@every_mode
def test_no_world_leaves_the_ranges(name):
    """Every parameter stays in its range, and a world and its remedy in the default box, but for setups and a lever."""
    shown, named = load_demonstration(name), {item for values in SETUPS.values() for item in values.items()}
    for change in ({}, shown.remedy.parameters, shown.without_failure.parameters, shown.other_cause.parameters):
        for parameter, value in {**shown.parameters, **change}.items():
            row = BY_NAME[parameter]
            assert row.low <= value <= row.high
    for parameter, value in (*shown.parameters.items(), *shown.remedy.parameters.items()):
        box = BY_NAME[parameter].box
        if box is not None and (parameter, value) not in named and parameter != "pooled_share":
            assert box[0] <= value <= box[1], (parameter, value)


# -- what is claimed --------------------------------------------------------------------------------------


def at_least(counted: Count, share: float) -> bool:
    """Whether a share is not clearly below a mark: its 95% interval does not lie wholly under it."""
    return counted.share.high >= share


@every_mode
def test_a_mode_shows_in_at_least_80_percent_of_its_demonstration(performances, fresh, name):
    assert at_least(performances[name].without.fails, 0.8)
    assert at_least(fresh[name].without.fails, 0.8)
    assert not at_least(performances[name].remedied.fails, 0.8), "control: the same test fails for the remedied side"


@every_mode
def test_the_remedy_makes_the_failure_rarer_on_both_seeds(performances, fresh, name):
    for one in (performances[name], fresh[name]):
        assert one.remedied.fails.share.high < one.without.fails.share.low
        assert one.prevented - one.caused == one.without.fails.count - one.remedied.fails.count


def test_remedies_bring_gains(performances, fresh):
    for found in (performances, fresh):
        gaining = {name for name, one in found.items() if one.gain.low > one.demonstration.limits["margin"]}
        assert gaining == set(MODE_NAMES)


def test_what_notes_say_of_other_remedies_is_so():
    smaller = perform(
        load_demonstration("antagony", ["failure.remedy.parameters={alone:0,umbrella:1}", f"runs={RUNS}"])
    )
    dissolved = perform(load_demonstration("antagony", [f"runs={RUNS}"]))
    assert 0.3 < smaller.remedied.fails.share.value < 0.5 and smaller.gain.low > dissolved.gain.high
    assert (smaller.remedied.added_value > 0).mean() > 0.5
    voluntary = perform(
        load_demonstration("paper_endorsement", ["failure.remedy.setup=structure_only", f"runs={RUNS}"])
    )
    assert voluntary.remedied.fails.share.high < 0.5 and abs(voluntary.gain.value) < 0.01
    committed = [side.record.monthly("commitment")[:, -1].mean() for side in (voluntary.without, voluntary.remedied)]
    assert abs(committed[0] - committed[1]) < 0.05
    words = "failure.remedy.parameters.learning_prob=1", f"runs={RUNS}"
    learned, down, patient = (
        perform(load_demonstration("insanity_loop", [*words, *more])).remedied
        for more in ([], ["parameters.accountability=0.3"], ["parameters.patience=12"])
    )
    assert (learned.added_value > 0).mean() > 0.5
    assert down.fails.share.high < 0.5 and (down.added_value < 0).mean() > 0.9
    assert patient.fails.share.low > 0.9
    voiceless = perform(load_demonstration("tokenism", ["parameters.ownership_weight=0", f"runs={RUNS}"]))
    assert voiceless.gain.high < 0.0


def rate(demonstration, change):
    record = played(demonstration, change.parameters, runs=200)
    return count(detect(BY_MODE[demonstration.name], record, demonstration.limits).fires)


@every_mode
def test_the_setting_is_not_the_failure(name):
    """With the setting and without the failure; and with the failure and without the setting."""
    shown = load_demonstration(name)
    spared, caused = rate(shown, shown.without_failure), rate(shown, shown.other_cause)
    assert spared.share.value <= 0.1
    assert caused.share.low > 0.5


def test_the_controls_keep_or_drop_what_a_demonstration_is_set_to():
    """Spot checks that `without_failure` keeps the setting and `other_cause` does not."""
    settings = {
        "talking_shop": {"late_emphasis": 1.0}, "good_intentions": {"late_emphasis": 0.0},
        "paper_endorsement": {"mandated": 1},
        "cost_shifting": {"shifting": 0.5, "monitoring": 0.1}, "inertia": {"n_partners": 40},
        "free_riding": {"free_riding": 0.8, "monitoring": 0.1}, "orphaned_issues": {"assignment": 0.02},
        "reorganisation_reset": {"reorganisation_prob": 0.05}, "axed_too_soon": {"review_month": 18},
        "insanity_loop": {"learning_prob": 0}, "antagony": {"n_partners": 40},
    }  # fmt: skip
    for name, setting in settings.items():
        shown = load_demonstration(name)
        kept = {**shown.parameters, **shown.without_failure.parameters}
        dropped = {**shown.parameters, **shown.other_cause.parameters}
        assert {parameter: kept[parameter] for parameter in setting} == setting, name
        assert {parameter: dropped[parameter] for parameter in setting} != setting, name


def test_healthy_worlds_raise_few_alarms_and_unhealthy_ones_many():
    healthy = parameters_of(composed(["scenario=healthy"]).plain)
    alarms = detectors.fired(detectors.healthy_worlds(healthy, 3, 600), DEFAULT_LIMITS)
    assert max(alarm.share.value for alarm in alarms.values()) <= 0.05
    control = detectors.fired(detectors.healthy_worlds({**DEFAULTS, "load_per_seat": 0.3}, 3, 300), DEFAULT_LIMITS)
    assert max(one.share.value for one in control.values()) > 0.3


def test_flourishing_worlds_were_chosen_by_what_became_of_them():
    record = detectors.flourishing_worlds(2, 200)
    assert 100 <= record.runs <= 200
    assert (monthly(record, "added_value")[:, -12:].mean(axis=1) > detectors.GAINED).all()
    assert len({tuple(row) for row in record.points[:, :1]}) > 10
    levers = {name: set(record.parameter(name)) for name in detectors.LEVERS}
    assert levers == {name: set(values) for name, values in detectors.LEVERS.items()}


def test_overlapping_modes_are_named_so(performances):
    for name, one in performances.items():
        fired = detectors.fired(one.without.record, DEFAULT_LIMITS)
        named = one.demonstration.overlaps
        for other in set(MODE_NAMES) - {name}:
            share = fired[other].share
            assert other in named or share.low < detectors.OFTEN, (
                f"{other} fires in {share.value:.0%} of {name}, unnamed"
            )
            assert other not in named or share.high >= detectors.OFTEN, f"{other} is named in {name}: {share.value:.0%}"


# -- early signs ------------------------------------------------------------------------------------------


def warned_in(sign, hold, **series):
    return warned(by_hand(months=24, **series), EarlySign("", (sign,), hold))[0]


def test_an_early_sign_shows_once_it_has_held():
    month = np.arange(1, 25)
    assert warned_in(Sign("burden", above=0.3), 3, burden=np.where(month > 10, 0.4, 0.2)) == 13
    assert np.isnan(warned_in(Sign("burden", above=0.3), 3, burden=np.where(month % 3 > 0, 0.4, 0.2)))
    assert warned_in(Sign("burden", below=0.3), 1, burden=0.2) == 1
    assert warned_in(Sign("outcome", less="alone_outcome", below=0.0), 2, outcome=0.1, alone_outcome=0.2) == 2
    assert warned_in(Sign("structure", over=1, below=-0.2), 1, structure=np.where(month < 9, 0.6, 0.3)) == 9
    assert np.isnan(warned_in(Sign("structure", over=1, below=-0.4), 1, structure=np.where(month < 9, 0.6, 0.3)))
    assert warned_in(Sign("added_value", above=0.0), 1, outcome=month / 100, alone_outcome=0.055) == 6


@every_mode
def test_early_signs_come_before_most_failures_by_months(performances, fresh, name):
    """What docs/decisions/0009-failure-modes.md says of them; the control is a sign that must hold all along."""
    for one in (performances[name], fresh[name]):
        assert one.without.in_time.sum() > 0.8 * one.without.fails.count
        assert np.median(one.without.lead) >= 6
    side = performances[name].without
    late = replace(performances[name].demonstration.warning, hold=side.record.months)
    assert not replace(side, warned=warned(side.record, late)).in_time.any()


def test_a_sign_after_the_failure_announces_nothing(performances):
    side = performances["talking_shop"].without
    late = replace(side, warned=side.finding.since + 1)
    assert not late.in_time.any() and len(late.lead) == 0
    early = replace(side, warned=side.finding.since - 5)
    assert (early.lead == 5).all() and len(early.lead) == side.fails.count


# -- telling ----------------------------------------------------------------------------------------------


def test_the_chosen_world_is_the_middle_one_of_those_that_are_spared():
    before, after = np.array([1, 1, 1, 1, 0], bool), np.array([0, 0, 1, 0, 0], bool)
    assert performance.choose(before, after, np.array([0.1, 0.3, 0.2, 0.9, 0.5])) == 1
    assert performance.choose(before, before, np.array([0.1, 0.3, 0.2, 0.9, 0.5])) == 1
    assert performance.choose(before & False, after & False, np.array([0.1, 0.3, 0.2, 0.9, 0.5])) == 1


@pytest.mark.parametrize(
    ("remedied", "gain", "says"),
    [
        (0.1, (0.2, 0.15, 0.25), "helps: there are fewer failures, and the population ends better off"),
        (0.3, (0.2, 0.15, 0.25), "helps, but often not enough"),
        (0.1, (0.0, -0.005, 0.005), "no better and no worse off"),
        (0.1, (-0.2, -0.25, -0.15), "ends worse off"),
        (0.1, (0.02, -0.1, 0.14), "not clearly more than the 0.01"),
        (0.95, (0.2, 0.15, 0.25), "does not help"),
        (None, (0.2, 0.15, 0.25), "no such failure here for the remedy to prevent; the population ends better off"),
    ],
)
def test_a_remedy_is_judged_by_both_failures_and_gains(performances, remedied, gain, says):
    one = performances["talking_shop"]
    if remedied is None:
        none = Count(0, 300, Estimate(0.0, 0.0, 0.01))
        one, remedied = replace(one, without=replace(one.without, fails=none)), 0.0
    share = Count(int(300 * remedied), 300, Estimate(remedied, remedied - 0.05, remedied + 0.05))
    side = replace(one.remedied, fails=share)
    assert says in story.judged(replace(one, remedied=side, gain=Estimate(*gain)))


def test_the_remedy_is_told_as_it_was_played():
    changed = load_demonstration("overload", ["failure.remedy.parameters.load_per_seat=0.08"])
    assert story.in_parameters(changed.remedy, changed.parameters) == "small capacity 0.3 (was 0.1)"
    same = load_demonstration("overload", ["failure.remedy.parameters={load_per_seat:0.08,small_capacity:0.1}"])
    assert story.in_parameters(same.remedy, same.parameters) == "nothing changes"
    added = load_demonstration("talking_shop", ["failure.remedy.parameters.noise=0.2"])
    assert "noise 0.2 (was 0.35)" in story.in_parameters(added.remedy, added.parameters)


def test_marks_beyond_a_shorter_run_are_left_out():
    shown = load_demonstration("inertia", ["parameters.months=40"])
    assert [mark.at for mark in shown.look_for] == [12, 30]


@every_mode
def test_a_story_is_what_was_played(performances, name):
    one = performances[name]
    moments = story.story_moments(one)
    assert [moment.month for moment in moments] == sorted(moment.month for moment in moments)
    shown, chosen = one.demonstration, one.chosen
    model = Partnership(setup=None, rng=shown.seed, world=chosen, **shown.parameters)
    for _ in range(12):
        model.step()
    first = next(moment.text for moment in moments if moment.month == 12 and "with the remedy" in moment.text)
    series = next(name for name in shown.watch if name != "added_value")
    assert f"{getattr(model, series):.2f} (" in first
    assert any("The failure stands" in moment.text for moment in moments)


def test_the_prediction_is_told_from_what_was_measured(performances):
    for one in performances.values():
        asked, share = one.demonstration.predict, one.measured()
        right = asked.right(share)
        below = [choice for choice in asked.choices if choice.up_to < right.up_to]
        assert share <= right.up_to and all(share > choice.up_to for choice in below)
