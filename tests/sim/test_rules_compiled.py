"""Every rule gives the same bits for a float, in lanes and interpreted."""

import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from sim import rules, shapes
from sim.lanes import Lanes, compiled, where
from sim.tables import Schema, aligned_zeros, row
from tests.faults import ROOT
from tests.sim.test_rules import bounds_of, names_of

# -- one text, three ways of running it -------------------------------------------------------------------


RULES = {
    name: rule
    for name, rule in vars(rules).items()
    if getattr(rule, "__module__", "") in (rules.__name__, shapes.__name__)
}


GIVEN = Schema(*dict.fromkeys(name for rule in RULES.values() for name in names_of(rule) if name != "pulls"))


ANSWERED = Schema(*RULES)


@compiled
def rules_of_setup(a, answer):
    """The rules of Disturb and Convene."""
    answer.distracted = rules.distracted(a.months_since, a.distraction, a.distraction_months)
    answer.dated_emphasis = rules.dated_emphasis(a.age, a.setup_months, a.early, a.late)
    answer.is_ready = where(rules.is_ready(a.structure, a.purpose, a.early, a.gate), 1.0, 0.0)
    answer.responsive_emphasis = rules.responsive_emphasis(a.structure, a.purpose, a.responsiveness)
    answer.outside_hours = rules.outside_hours(a.age, a.total, a.outside_share, a.outside_months)
    answer.seat_load = rules.seat_load(
        a.structure, a.talk_share, a.seats, a.load_per_seat, a.load_per_talk, a.load_growth, a.reference_seats
    )
    answer.leaves = where(rules.leaves(a.commitment, a.mandated, a.exit_level), 1.0, 0.0)
    answer.returns = where(rules.returns(a.outcome, a.alone_outcome), 1.0, 0.0)
    answer.umbrella_voice = rules.umbrella_voice(a.fidelity, a.sharing)


@compiled
def rules_of_work(a, answer):
    """The rules of Contribute and Build, and what they share."""
    answer.clip = rules.clip(a.x)
    answer.ratio = rules.ratio(a.part, a.of, a.otherwise)
    answer.s_curve = rules.s_curve(a.x)
    answer.saturate = rules.saturate(a.work, a.saturation)
    answer.quantise = rules.quantise(a.x)
    answer.above_start_lost = rules.above_start_lost(a.level, a.start, a.loss)
    answer.shared_capacity = rules.shared_capacity(a.capacity, a.partnerships, a.smallest_capacity)
    answer.oversight = rules.oversight(
        a.accountability, a.endorsed, a.structure, a.fit, a.endorsement_weight, a.monitoring
    )
    answer.temptation = rules.temptation(a.oversight, a.trust, a.free_riding, a.temptation_trust)
    answer.inclination = rules.inclination(a.commitment, a.temptation, a.effort_threshold)
    answer.effort = rules.effort(a.inclination, a.compelled, a.decisiveness)
    answer.worth = rules.worth(a.willing, a.effort, a.tickbox_quality)
    answer.cost_shift = rules.cost_shift(
        a.oversight, a.alignment, a.purpose, a.shifting, a.shifting_alignment, a.pooled_share, a.pooling_restraint
    )
    answer.own_work = rules.own_work(a.effort, a.own_effort, a.displacement, a.own_work_effect)
    answer.structure_rate = rules.structure_rate(a.structure_months)
    answer.purpose_rate = rules.purpose_rate(a.purpose_months)
    answer.structure_built = rules.structure_built(a.structure, a.hours_share, a.structure_rate)
    answer.initial_fit = rules.initial_fit(a.purpose, a.fit_floor)
    answer.build_quality = rules.build_quality(a.purpose, a.fit_floor, a.fit_strength)
    answer.blended_fit = rules.blended_fit(a.fit, a.kept, a.built, a.quality)
    answer.mended_fit = rules.mended_fit(a.fit, a.quality, a.hours_share, a.upkeep_share, a.adaptability)
    answer.assignment_chance = rules.assignment_chance(a.structure, a.hours_share, a.assignment, a.assignment_reach)
    answer.volunteering_chance = rules.volunteering_chance(a.alignment, a.commitment, a.volunteering)


@compiled
def rules_of_results(a, answer):
    """The rules of Deliver."""
    answer.pooled = rules.pooled(a.pooled_share, a.structure, a.fit, a.authority)
    answer.aim = rules.aim(a.mean_agenda, a.need, a.purpose, a.evidence_use)
    answer.allocation = rules.allocation(a.agenda, a.aim, a.alignment, a.pooled_share, a.allocation_effect)
    answer.issue_work = rules.issue_work(a.work, a.root_work, a.need, a.total, a.root_total, a.complementarity)
    answer.coordination = rules.coordination(
        a.ownership, a.structure, a.fit, a.purpose, a.trust,
        a.coordination_floor, a.coordination_effect, a.relational_effect,
    )  # fmt: skip
    answer.useful = rules.useful(a.joint, a.own, a.coordination, a.coordination_floor)
    answer.reach = rules.reach(a.purpose, a.inverse_care, a.equity_use)
    served, behind = rules.served(a.work, a.reach, a.saturation, a.worse_off_share)
    answer.served = served + behind
    answer.delayed = rules.delayed(a.outcome, a.results, a.outcome_delay)


@compiled
def rules_of_people(a, answer):
    """The rules of Meet and Reflect."""
    answer.visibility = rules.visibility(a.structure, a.fit, a.transparency, a.visibility_effect)
    answer.appeal = rules.appeal(a.trust, a.agenda, a.task_seeking)
    answer.given = rules.given(a.effort, a.cost_shift)
    answer.seen = rules.seen(a.given, a.error)
    answer.trust_change = rules.trust_change(
        a.trust, a.seen, a.structure, a.visibility, a.trust_rate, a.loss_aversion, a.crowding
    )
    answer.conviction = rules.conviction(a.alignment, a.talk_base)
    answer.heard = rules.heard(a.trust, a.conviction)
    answer.talk = rules.talk(a.hours_share, a.structure, a.purpose_rate, a.forum_effect)
    answer.aligned = rules.aligned(a.alignment, a.talk, a.heard, a.voice, a.openness, a.purpose_decay)
    answer.openness = rules.openness(a.distance, a.goal_conflict)
    answer.expectation = rules.expectation(a.alone_results, a.age, a.expected_ratio, a.patience)
    pulled = rules.commitment_pulls(
        a.commitment, a.outcome, a.expectation, a.trust, a.voice, a.alignment, a.burden, a.leader_effort,
        a.results_weight, a.reciprocity_weight, a.ownership_weight, a.burden_weight, a.example_weight,
    )  # fmt: skip
    answer.commitment_pulls = pulled[0] + pulled[1] + pulled[2] + pulled[3] + pulled[4]
    answer.committed = rules.committed(a.commitment, pulled, a.commitment_rate)
    answer.signs = where(
        rules.signs(a.commitment, a.structure, a.endorsement_threshold, a.something_to_sign, a.signing_effect), 1.0, 0.0
    )


@compiled
def all_rules(lanes, numbers, answers):
    """Every rule on the numbers of a row: written once, run as plain floats, in lanes, and interpreted."""
    a, answer = row(lanes, GIVEN, numbers), row(lanes, ANSWERED, answers)
    rules_of_setup(a, answer)
    rules_of_work(a, answer)
    rules_of_results(a, answer)
    rules_of_people(a, answer)


RUNS = 400


@cache
def numbers():
    """Arguments for many runs, (names, runs): a third of them at an end of their range, the rest between."""
    rng = np.random.default_rng(1)
    low, high = np.array([bounds_of(name) for name in GIVEN.names]).T[..., None]
    share = rng.random((len(GIVEN), RUNS))
    ends, between = np.where(share < 0.5, low, high), low + (high - low) * share
    return np.where(rng.random(share.shape) < 1 / 3, ends, between)


@cache
def answers(width):
    """What every rule answers, (rules, runs), as many runs at a time as there are lanes."""
    told = np.zeros((len(ANSWERED), RUNS))
    for first in range(0, RUNS, width):
        asked, answered = aligned_zeros(len(GIVEN), width), aligned_zeros(len(ANSWERED), width)
        asked[:] = numbers()[:, first : first + width]
        all_rules(Lanes(width), asked, answered)
        told[:, first : first + width] = answered
    return told


def called(name, run):
    """What a rule answers when called from plain Python, on the arguments of a run by name."""
    if name == "committed":
        return rules.committed(run["commitment"], called_with(run, "commitment_pulls"), run["commitment_rate"])
    answer = called_with(run, name)
    return sum(answer) if name in ("commitment_pulls", "served") else float(answer)


def called_with(run, name):
    return RULES[name](*[run[argument] for argument in names_of(RULES[name])])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_the_same_bits_for_a_float_and_in_lanes(name):
    place = ANSWERED.names.index(name)
    assert len(set(answers(1)[place])) > 1
    assert answers(1)[place].tolist() == [
        called(name, dict(zip(GIVEN.names, run, strict=True))) for run in numbers().T.tolist()
    ]
    assert answers(8)[place].tolist() == answers(1)[place].tolist()


INTERPRETED = "import json; from tests.sim.test_rules_compiled import answers; print(json.dumps(answers(1).tolist()))"


def test_every_rule_gives_the_same_bits_interpreted():
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    told = subprocess.check_output([sys.executable, "-c", INTERPRETED], cwd=ROOT, env=environment)
    assert dict(zip(ANSWERED.names, json.loads(told), strict=True)) == dict(
        zip(ANSWERED.names, answers(8).tolist(), strict=True)
    )
