"""The theory, rule by rule: answers worked by hand, what moves what and which way, and short histories.

Read beside `sim/rules.py`, in the same order. "Moves" tests vary one argument while all others are anything their
ranges allow; at the middle of all ranges the answer must really move, so that no rule passes by standing still.
"""

import inspect
import json
import os
import subprocess
import sys
from functools import cache, partial
from itertools import permutations
from math import inf, nextafter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import rules
from sim.lanes import Lanes, compiled, where
from sim.params import BY_NAME
from sim.tables import Schema, aligned_zeros, row
from tests.faults import ROOT

near = partial(pytest.approx, rel=1e-12, abs=1e-12)
nearly = partial(pytest.approx, rel=0.0, abs=2.0**-32)  # where trust is rounded to multiples of 2**-32
SLACK = 1e-12

shares = st.floats(0.0, 1.0)


# -- what an argument may be ------------------------------------------------------------------------------

RANGES = {
    "x": (-1e4, 1e4),
    "capacity": (0.05, 50.0),
    "part": (0.0, 10.0),
    "of": (-1.0, 10.0),
    "work": (0.0, 2.0),
    "root_work": (0.0, 2.0),
    "total": (0.05, 500.0),
    "root_total": (0.2, 500.0),
    "need": (0.01, 1.0),
    "age": (0.0, 1200.0),
    "seats": (1.0, 500.0),
    "sharing": (1.0, 500.0),
    "temptation": (0.0, 2.0),
    "inclination": (-3.0, 1.0),
    "compelled": (0.0, 2.0),
    "given": (-1.0, 1.0),
    "error": (-2.0, 2.0),
    "heard": (0.0, 24.0),
    "talk": (0.0, 10.0),
}
"""Arguments that are no parameters, and neither levels nor shares."""


def names_of(rule):
    return tuple(inspect.signature(rule).parameters)


def bounds_of(name):
    """The range of an argument: that of the parameter it is named after, one of `RANGES`, or 0 to 1."""
    if name in RANGES:
        return RANGES[name]
    return (float(BY_NAME[name].low), float(BY_NAME[name].high)) if name in BY_NAME else (0.0, 1.0)


def arguments(rule):
    """Any arguments of a rule, by name."""
    return st.fixed_dictionaries({name: st.floats(*bounds_of(name)) for name in names_of(rule)})


def moves(rule, up="", down="", **fixed):
    """A test that a rule never falls as an argument of `up` rises, and never rises as one of `down` does."""
    signs = [(name, 1.0) for name in up.split()] + [(name, -1.0) for name in down.split()]
    middle = {name: sum(bounds_of(name)) / 2 for name in names_of(rule)} | fixed

    @pytest.mark.parametrize(("name", "sign"), signs, ids=[name for name, _ in signs])
    @given(data=st.data(), at=arguments(rule))
    def test(name, sign, data, at):
        low, high = sorted(data.draw(st.tuples(*[st.floats(*bounds_of(name))] * 2)))
        before, after = (rule(**(at | fixed | {name: value})) for value in (low, high))
        assert sign * (after - before) >= -SLACK * max(1.0, abs(before))
        ends = [rule(**(middle | {name: value})) for value in bounds_of(name)]
        assert sign * (ends[1] - ends[0]) > 1e-3

    return test


def stays(rule, low=0.0, high=1.0):
    """A test that a rule's answer lies between two numbers."""

    @given(at=arguments(rule))
    def test(at):
        assert low - SLACK <= rule(**at) <= high + SLACK

    return test


def months(level, change, count):
    """A level after each of `count` months in which `change(level)` is what it becomes."""
    history = []
    for _ in range(count):
        level = change(level)
        history.append(level)
    return history


# -- shapes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "held"), [(-0.5, 0.0), (0.0, 0.0), (0.3, 0.3), (1.0, 1.0), (1.7, 1.0), (-inf, 0.0)])
def test_clip(x, held):
    assert rules.clip(x) == held


def test_a_ratio_to_nothing_is_what_was_said():
    assert rules.ratio(1.0, 4.0, 9.0) == 0.25
    assert rules.ratio(1.0, 0.0, 9.0) == 9.0
    assert rules.ratio(0.0, 0.0, 9.0) == 9.0
    assert rules.ratio(1.0, -4.0, 9.0) == 9.0


@pytest.mark.parametrize(("x", "height"), [(0.0, 0.5), (1.5, 0.8), (-1.5, 0.2), (8 / 3, 0.9), (-8 / 3, 0.1)])
def test_s_curve(x, height):
    """Heights from right-angled triangles: at x = 1.5, u = 3/4 and the slant is 5/4, so u over it is 3/5."""
    assert rules.s_curve(x) == near(height)


@given(x=st.floats(-1e4, 1e4))
def test_the_s_curve_is_even_handed(x):
    """What is above a half on one side is as far below it on the other; and it never quite gets to 0 or 1."""
    assert rules.s_curve(x) + rules.s_curve(-x) == near(1.0)
    assert 0.0 < rules.s_curve(x) < 1.0


def test_the_s_curve_has_the_slope_of_the_logistic_at_0():
    assert (rules.s_curve(1e-6) - rules.s_curve(-1e-6)) / 2e-6 == pytest.approx(1 / 4, abs=1e-9)


test_what_moves_the_s_curve = moves(rules.s_curve, up="x")


def test_saturate():
    assert rules.saturate(0.5, 1.0) == near(2 / 3)
    assert rules.saturate(0.25, 3.0) == near(4 / 7)
    assert rules.saturate(0.5, 0.0) == 0.5


@given(saturation=st.floats(0.0, 100.0))
def test_no_work_gives_nothing_and_full_work_gives_all(saturation):
    assert rules.saturate(0.0, saturation) == 0.0
    assert rules.saturate(1.0, saturation) == near(1.0)


@given(work=shares, saturation=st.floats(0.0, 100.0))
def test_the_first_hours_give_most(work, saturation):
    """Up to full work, a half of it gives at least half of what the whole gives."""
    assert rules.saturate(work / 2, saturation) >= rules.saturate(work, saturation) / 2 - SLACK
    assert rules.saturate(work, saturation) >= work - SLACK


test_what_moves_saturation = moves(rules.saturate, up="work")


def test_quantise():
    assert rules.quantise(0.45) == round(0.45 * 2**32) / 2**32 != 0.45
    assert rules.quantise(-0.03) == round(-0.03 * 2**32) / 2**32


@given(x=st.floats(-500.0, 500.0))
def test_quantise_gives_the_nearest_multiple(x):
    q = rules.quantise(x)
    assert (q * 2**32).is_integer()
    assert abs(q - x) <= 2.0**-33
    assert rules.quantise(q) == q


@given(levels=st.lists(shares, min_size=3, max_size=5))
def test_sums_of_quantised_trust_are_the_same_in_any_order(levels):
    """So the engine keeps each partner's sum of trust up to date in place of adding it up every month."""
    trust = [rules.quantise(level) for level in levels]
    assert len({sum(order) for order in permutations(trust)}) == 1


def test_sums_of_other_numbers_are_not():
    assert len({sum(order) for order in permutations([0.1, 0.2, 0.3])}) > 1


def test_a_level_loses_a_share_of_what_was_won():
    assert rules.above_start_lost(0.8, 0.5, 0.5) == near(0.65)
    assert rules.above_start_lost(0.8, 0.5, 1.0) == near(0.5)
    assert rules.above_start_lost(0.8, 0.5, 0.0) == 0.8


def test_a_level_below_its_start_has_nothing_to_lose():
    assert rules.above_start_lost(0.3, 0.5, 0.9) == 0.3


def test_one_change_of_people_after_another():
    """Each halves what was won: 0.4 above the start, then 0.2, 0.1, 0.05; it never falls below the start."""
    history = months(0.9, lambda trust: rules.above_start_lost(trust, 0.5, 0.5), 3)
    assert history == near([0.7, 0.6, 0.55])


def test_capacity_is_shared_evenly_among_partnerships_down_to_the_smallest():
    assert rules.shared_capacity(2.0, 1.0, 0.05) == 2.0
    assert rules.shared_capacity(2.0, 4.0, 0.05) == 0.5
    assert rules.shared_capacity(2.0, 200.0, 0.05) == 0.05, "a hundredth would be left"


test_what_moves_what_is_left = moves(rules.above_start_lost, up="level start", down="loss", start=0.2)


# -- convene ----------------------------------------------------------------------------------------------


def emphases(setup_months, count, early=1.0, late=0.0, upkeep=0.5):
    return [rules.emphasis(float(age), float(setup_months), early, late, upkeep) for age in range(count)]


def test_emphasis_is_early_then_late_then_upkeep():
    assert emphases(4, 6) == [1.0, 1.0, 0.0, 0.0, 0.5, 0.5]


def test_in_an_odd_number_of_months_the_middle_one_takes_the_mean():
    assert emphases(5, 7, early=0.9, late=0.3) == near([0.9, 0.9, 0.6, 0.3, 0.3, 0.5, 0.5])
    assert emphases(1, 2) == [0.5, 0.5]
    assert emphases(0, 2) == [0.5, 0.5]


@given(setup_months=st.integers(1, 60), early=shares, late=shares)
def test_order_alone_changes_nothing_in_all(setup_months, early, late):
    """Early and late may change places: as much of setup goes to structure, only at another time."""
    one = sum(emphases(setup_months, setup_months, early, late))
    other = sum(emphases(setup_months, setup_months, late, early))
    assert one == near(other) == near(setup_months * (early + late) / 2)


def test_seat_load():
    assert rules.seat_load(1.0, 0.0, 12.0, 0.12, 0.02, 12.0) == near(0.12)
    assert rules.seat_load(0.5, 0.5, 6.0, 0.12, 0.02, 12.0) == near((0.06 + 0.01) / 2)
    assert rules.seat_load(0.0, 0.0, 12.0, 0.12, 0.02, 12.0) == 0.0


test_what_moves_seat_load = moves(
    rules.seat_load, up="structure talk_share seats load_per_seat load_per_talk", down="reference_seats"
)


def test_umbrella_voice():
    """Nine that share a seat have each a third of the voice of one that has it alone."""
    assert [rules.umbrella_voice(0.6, sharing) for sharing in (1.0, 4.0, 9.0)] == near([0.6, 0.3, 0.2])


test_what_moves_umbrella_voice = moves(rules.umbrella_voice, up="fidelity", down="sharing")
test_umbrella_voice_is_a_share = stays(rules.umbrella_voice)


# -- contribute -------------------------------------------------------------------------------------------


def overseen(accountability=0.3, endorsed=0.0, structure=0.5, fit=0.4):
    return rules.oversight(accountability, endorsed, structure, fit, 0.5, 0.8)


def test_oversight():
    """Unsigned, accountability 0.3 counts 0.15; structure 0.5 of fit 0.4, monitored at 0.8, sees 0.16 of the rest."""
    assert overseen() == near(1.0 - 0.85 * 0.84)
    assert overseen(endorsed=1.0) == near(1.0 - 0.70 * 0.84)


def test_a_partner_answers_to_itself_where_nothing_is_built():
    assert overseen(structure=0.0) == near(0.15)
    assert overseen(structure=0.0, endorsed=1.0) == near(0.3)


def test_structure_that_does_not_fit_oversees_nobody():
    assert overseen(structure=1.0, fit=0.0) == near(overseen(structure=0.0))


def test_either_kind_of_oversight_can_be_complete_by_itself():
    assert rules.oversight(1.0, 1.0, 0.0, 0.0, 0.5, 0.8) == near(1.0)
    assert rules.oversight(0.0, 0.0, 1.0, 1.0, 0.5, 1.0) == near(1.0)


test_what_moves_oversight = moves(
    rules.oversight, up="accountability endorsed structure fit monitoring", down="endorsement_weight"
)
test_oversight_is_a_share = stays(rules.oversight)


def test_temptation():
    assert rules.temptation(0.25, 0.5, 0.4, 0.5) == near(0.4 * 0.75 * 0.75)


def test_nobody_is_tempted_who_is_seen():
    assert rules.temptation(1.0, 1.0, 2.0, 0.5) == 0.0


def test_temptation_may_or_may_not_need_others_to_give():
    """At `temptation_trust` 1 there is nothing to ride on where nobody is expected to give; at 0 it makes no odds."""
    assert rules.temptation(0.0, 0.0, 0.4, 1.0) == 0.0
    assert rules.temptation(0.0, 0.0, 0.4, 0.0) == rules.temptation(0.0, 1.0, 0.4, 0.0) == 0.4


test_what_moves_temptation = moves(rules.temptation, up="trust free_riding", down="oversight temptation_trust")
test_the_range_of_temptation = stays(rules.temptation, high=2.0)


def test_inclination():
    assert rules.inclination(0.7, 0.1, 0.45) == near(0.15)


test_what_moves_inclination = moves(rules.inclination, up="commitment", down="temptation effort_threshold")
test_the_range_of_inclination = stays(rules.inclination, low=-3.0, high=1.0)


def test_effort():
    """At decisiveness 10, an inclination of 0.15 stands at x = 1.5 of the S-curve, where it is 0.8."""
    assert rules.effort(0.15, 0.0, 10.0) == near(0.8)
    assert rules.effort(-0.3, 0.15, 10.0) == near(0.2)
    assert rules.effort(0.0, 0.0, 10.0) == 0.5


def test_the_undecided_give_half_of_what_they_have():
    assert rules.effort(-1.0, 0.0, 0.0) == rules.effort(1.0, 2.0, 0.0) == 0.5


test_what_moves_effort = moves(rules.effort, up="inclination compelled", compelled=0.5)
test_effort_is_a_share = stays(rules.effort)


def test_worth():
    """Of 0.8 given 0.2 was willing; the other 0.6, at half its worth, makes 0.5 of it all."""
    assert rules.worth(0.2, 0.8, 0.5) == near(0.5)


@given(effort=shares, tickbox_quality=shares)
def test_what_is_given_willingly_is_worth_all(effort, tickbox_quality):
    assert rules.worth(effort, effort, tickbox_quality) == effort


@given(efforts=st.tuples(shares, shares), tickbox_quality=shares)
def test_compulsion_adds_something_and_never_all_it_seems(efforts, tickbox_quality):
    willing, effort = sorted(efforts)
    assert willing - SLACK <= rules.worth(willing, effort, tickbox_quality) <= effort + SLACK


test_what_moves_worth = moves(rules.worth, up="willing effort tickbox_quality", willing=0.1, effort=0.9)


def test_a_partner_that_turns_away_while_it_is_watched_more():
    """Commitment falls from 0.6 to 0.3 while oversight makes up for it: effort stands still, and its worth does not."""

    def month(commitment, compelled):
        inclination = rules.inclination(commitment, 0.0, 0.45)
        willing, effort = rules.effort(inclination, 0.0, 10.0), rules.effort(inclination, compelled, 10.0)
        return effort, rules.worth(willing, effort, 0.4)

    (effort_before, worth_before), (effort_after, worth_after) = month(0.6, 0.0), month(0.3, 0.3)
    assert effort_before == near(0.8) == effort_after
    assert worth_before == near(0.8)
    assert worth_after == near(0.2 + 0.4 * 0.6)  # 0.2 is what it would give by itself: x = -1.5


def pushed(oversight=0.5, alignment=0.5, purpose=0.4, pooled_share=0.5, shifting_alignment=1.0, pooling_restraint=1.0):
    return rules.cost_shift(oversight, alignment, purpose, 0.4, shifting_alignment, pooled_share, pooling_restraint)


def test_cost_shift():
    assert pushed() == near(0.4 * 0.5 * 0.5 * 0.8)


@pytest.mark.parametrize("restraint", [{"oversight": 1.0}, {"alignment": 1.0}, {"purpose": 1.0, "pooled_share": 1.0}])
def test_what_keeps_partners_from_shifting_costs(restraint):
    """To be seen, to share the aims, or to have pooled it all for a purpose: any one is enough."""
    assert pushed() > 0.0
    assert pushed(**restraint) == 0.0


def test_a_pool_without_purpose_restrains_nobody():
    assert pushed(pooled_share=1.0, purpose=0.0) == pushed(pooled_share=0.0)


def test_both_restraints_of_purpose_can_be_switched_off():
    off = {"shifting_alignment": 0.0, "pooling_restraint": 0.0}
    assert pushed(alignment=1.0, purpose=1.0, **off) == pushed(alignment=0.0, purpose=0.0, **off) == near(0.2)


test_what_moves_cost_shift = moves(
    rules.cost_shift,
    up="shifting",
    down="oversight alignment purpose shifting_alignment pooled_share pooling_restraint",
)
test_cost_shift_is_a_share = stays(rules.cost_shift)


# -- deliver ----------------------------------------------------------------------------------------------

NEED = (0.4, 0.3, 0.2, 0.1)


def aims(mean_agenda, purpose, evidence_use):
    return [rules.aim(own, need, purpose, evidence_use) for own, need in zip(mean_agenda, NEED, strict=True)]


def test_aim():
    assert rules.aim(0.1, 0.4, 0.5, 0.8) == near(0.1 + 0.4 * 0.3)


def test_aims_turn_from_agendas_to_need_as_purpose_grows():
    agendas = [0.1, 0.2, 0.3, 0.4]
    assert aims(agendas, purpose=0.0, evidence_use=1.0) == agendas
    assert aims(agendas, purpose=0.5, evidence_use=1.0) == near([0.25] * 4)
    assert aims(agendas, purpose=1.0, evidence_use=1.0) == near(list(NEED))
    assert aims(agendas, purpose=1.0, evidence_use=0.0) == agendas, "purpose without evidence"


def simplex(weights):
    return [weight / sum(weights) for weight in weights]


agendas_drawn = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4).map(simplex)


@given(agenda=agendas_drawn, purpose=shares, evidence_use=shares)
def test_aims_are_shares_of_a_whole(agenda, purpose, evidence_use):
    turned = aims(agenda, purpose, evidence_use)
    assert sum(turned) == near(1.0)
    assert min(turned) >= 0.0


test_what_moves_aim = moves(rules.aim, up="mean_agenda need purpose evidence_use", mean_agenda=0.1, need=0.6)


def test_allocation():
    """Half aligned, a partner gives 0.4 of its own work to the issue; of what it pools, 0.6 goes there."""
    assert rules.allocation(0.2, 0.6, 0.5, 0.5, 1.0) == near(0.5 * 0.4 + 0.5 * 0.6)


def test_whose_priorities_work_follows():
    assert rules.allocation(0.2, 0.6, 0.0, 0.0, 1.0) == 0.2, "its own, where it is not aligned"
    assert rules.allocation(0.2, 0.6, 1.0, 0.0, 1.0) == near(0.6), "the shared ones, where it is"
    assert rules.allocation(0.2, 0.6, 0.0, 1.0, 1.0) == near(0.6), "the shared ones, where all is pooled"
    assert rules.allocation(0.2, 0.6, 1.0, 0.0, 0.0) == 0.2, "its own, with the effect of alignment off"


@given(agenda=agendas_drawn, aim=agendas_drawn, alignment=shares, pooled_share=shares)
def test_all_work_goes_somewhere(agenda, aim, alignment, pooled_share):
    split = [
        rules.allocation(own, shared, alignment, pooled_share, 1.0) for own, shared in zip(agenda, aim, strict=True)
    ]
    assert sum(split) == near(1.0)
    assert min(split) >= 0.0


test_what_moves_allocation = moves(
    rules.allocation, up="agenda aim alignment pooled_share allocation_effect", agenda=0.2, aim=0.6
)


def worked(efforts, capacities, complementarity, need=1.0):
    """Work on one issue by partners that give these efforts, each in proportion to its need."""
    work = [effort * capacity * need for effort, capacity in zip(efforts, capacities, strict=True)]
    roots = sum(np.sqrt(work)), sum(np.sqrt(capacities))
    return rules.issue_work(sum(work), roots[0], need, sum(capacities), roots[1], complementarity)


def test_issue_work():
    """One of two alike gives all and the other nothing: half of the amount, a quarter of the breadth."""
    assert worked([1.0, 0.0], [1.0, 1.0], complementarity=0.0) == near(1 / 2)
    assert worked([1.0, 0.0], [1.0, 1.0], complementarity=1.0) == near(1 / 4)
    assert worked([1.0, 0.0], [1.0, 1.0], complementarity=0.5) == near(3 / 8)


def test_the_same_hours_are_worth_more_from_many():
    assert worked([0.5, 0.5], [1.0, 1.0], complementarity=0.5) == near(1 / 2)
    assert worked([0.9, 0.1], [1.0, 1.0], complementarity=0.5) < 1 / 2


capacities_drawn = st.lists(st.floats(0.05, 2.0), min_size=1, max_size=6)


@given(capacities=capacities_drawn, effort=shares, need=st.floats(0.01, 1.0), complementarity=shares)
def test_where_all_give_the_same_share_work_is_that_share(capacities, effort, need, complementarity):
    """Whoever is large or small, whatever the need: the measure is full effort on need."""
    work = worked([effort] * len(capacities), capacities, complementarity, need)
    assert work == pytest.approx(effort, abs=1e-9)


@given(efforts=st.lists(shares, min_size=2, max_size=6), complementarity=shares)
def test_breadth_never_counts_above_amount_among_equals(efforts, complementarity):
    equal = [1.0] * len(efforts)
    assert worked(efforts, equal, complementarity) <= worked(efforts, equal, 0.0) + 1e-9


test_what_moves_issue_work = moves(
    rules.issue_work, up="work root_work", down="need total root_total", total=2.0, root_total=2.0
)


def coordinated(ownership=0.0, structure=0.0, fit=0.0, effect=1.0):
    return rules.coordination(ownership, structure, fit, 0.4, effect)


def test_coordination():
    assert coordinated(ownership=0.5, structure=0.5, fit=0.5) == near(0.4 + 0.6 * (1.0 - 0.5 * 0.75))


def test_without_owner_or_structure_work_is_worth_its_floor():
    assert coordinated() == near(0.4)
    assert coordinated(structure=1.0, fit=0.0) == near(0.4), "nor where structure does not fit"
    assert coordinated(structure=1.0, fit=1.0, effect=0.0) == near(0.4), "nor with its effect switched off"


def test_an_owner_or_a_fitting_structure_is_enough():
    assert coordinated(ownership=1.0) == near(1.0)
    assert coordinated(structure=1.0, fit=1.0) == near(1.0)


test_what_moves_coordination = moves(
    rules.coordination, up="ownership structure fit coordination_floor coordination_effect"
)
test_coordination_is_a_share = stays(rules.coordination)


def test_delayed():
    assert rules.delayed(0.2, 0.8, 12.0) == near(0.25)
    assert rules.delayed(0.2, 0.8, 1.0) == near(0.8)


def test_partnerships_need_time():
    """Full results from the first month on: after `outcome_delay` months, 12, the population has 65 % of them."""
    history = months(0.0, lambda outcome: rules.delayed(outcome, 1.0, 12.0), 60)
    assert history == near([1.0 - (11 / 12) ** (month + 1) for month in range(60)])
    assert history[11] == pytest.approx(0.648, abs=0.001)


def test_what_was_gained_fades_when_results_stop():
    assert months(0.6, lambda outcome: rules.delayed(outcome, 0.0, 3.0), 2) == near([0.4, 0.6 * 4 / 9])


test_what_moves_delayed = moves(rules.delayed, up="outcome results")
test_outcome_stays_between_what_was_and_what_comes = stays(rules.delayed)


# -- build ------------------------------------------------------------------------------------------------


def test_structure_built():
    assert rules.structure_built(0.5, 0.4, 0.5) == near(0.1)
    assert rules.structure_built(1.0, 0.4, 0.5) == 0.0


def test_upkeep_and_decay_meet():
    """Upkeep builds 0.01 of what is missing, decay takes 0.005 of what stands: two thirds remain."""

    def month(structure):
        return structure + rules.structure_built(structure, 0.02, 0.5) - 0.005 * structure

    assert months(0.0, month, 1000)[-1] == pytest.approx(2 / 3, abs=1e-5)
    assert months(1.0, month, 1000)[-1] == pytest.approx(2 / 3, abs=1e-5)


test_what_moves_structure_built = moves(rules.structure_built, up="hours_share structure_rate", down="structure")
test_no_month_builds_more_than_is_missing = stays(rules.structure_built)


def test_build_quality():
    assert rules.build_quality(0.5, 0.4, 1.0) == near(0.7)
    assert rules.build_quality(0.5, 0.4, 0.5) == near(0.85)


def test_what_is_built_without_purpose_fits_badly():
    assert rules.build_quality(0.0, 0.4, 1.0) == near(0.4)
    assert rules.build_quality(1.0, 0.4, 1.0) == near(1.0)
    assert rules.build_quality(0.0, 0.4, 0.0) == 1.0, "unless fit does not depend on purpose"


test_what_moves_build_quality = moves(rules.build_quality, up="purpose fit_floor", down="fit_strength")
test_build_quality_is_a_share = stays(rules.build_quality)


def test_blended_fit():
    """Three parts of fit 0.4 and one of 0.8."""
    assert rules.blended_fit(0.4, 0.6, 0.2, 0.8) == near(0.5)


def test_the_first_structure_fits_as_well_as_it_is_built():
    assert rules.blended_fit(0.4, 0.0, 0.01, 0.9) == near(0.9)


def test_fit_stands_still_where_there_is_nothing_to_fit():
    assert rules.blended_fit(0.4, 0.0, 0.0, 0.9) == 0.4


test_what_moves_blended_fit = moves(rules.blended_fit, up="fit quality")
test_blended_fit_is_a_level = stays(rules.blended_fit)


def mended(hours_share, upkeep_share=0.1):
    return rules.mended_fit(0.4, 0.8, hours_share, upkeep_share, 0.05)


def test_mended_fit():
    """Work on structure at the rate of upkeep closes `adaptability`, 0.05, of the gap in a month."""
    assert mended(0.1) == near(0.42)
    assert mended(0.05) == near(0.41)
    assert mended(0.0) == 0.4


def test_more_than_upkeep_mends_no_faster():
    assert mended(0.5) == mended(0.1)


def test_where_there_is_no_upkeep_any_work_mends():
    assert mended(0.01, upkeep_share=0.0) == near(0.42)
    assert mended(0.0, upkeep_share=0.0) == 0.4


test_what_moves_mended_fit = moves(
    rules.mended_fit, up="fit quality hours_share adaptability", down="upkeep_share", quality=0.9, fit=0.2
)
test_mended_fit_is_a_level = stays(rules.mended_fit)


def fitted(purpose, structure=0.0, adaptability=0.05):
    """Fit after each month of building at this purpose, as the month puts the rules together.

    A tenth of all hours at rate 0.5 builds a twentieth of what is missing.
    """
    history, fit = [], 0.4
    for level in purpose:
        built = rules.structure_built(structure, 0.1, 0.5)
        quality = rules.build_quality(level, 0.4, 1.0)
        fit = rules.blended_fit(fit, structure, built, quality)
        fit = rules.mended_fit(fit, quality, 0.1, 0.1, adaptability)
        structure = structure + built
        history.append(fit)
    return history


WITHOUT, WITH = [0.0] * 12, [1.0] * 12


def test_fit_remembers_when_it_was_built():
    """A year of building without purpose and a year with it, or the other order, where nothing can be mended.

    The first year builds 1 - 0.95**12 = 0.46 of a structure and the second 0.25, so the first weighs more: fit
    ends at 0.61 where purpose came second, and at 0.79 where it came first and was forgotten.
    """
    first, both = 1.0 - 0.95**12, 1.0 - 0.95**24
    purpose_second, purpose_first = fitted(WITHOUT + WITH, adaptability=0.0), fitted(WITH + WITHOUT, adaptability=0.0)
    assert purpose_second[11] == near(0.4)
    assert purpose_second[-1] == near((0.4 * first + 1.0 * (both - first)) / both) == pytest.approx(0.61, abs=0.005)
    assert purpose_first[11] == near(1.0)
    assert purpose_first[-1] == near((1.0 * first + 0.4 * (both - first)) / both) == pytest.approx(0.79, abs=0.005)


def test_structure_built_without_purpose_can_be_mended_with_it():
    """Mending works towards what would be built now: up with purpose, and down where it is gone."""
    assert fitted(WITHOUT + WITH)[-1] > fitted(WITHOUT + WITH, adaptability=0.0)[-1]
    assert fitted(WITH + WITHOUT)[-1] < fitted(WITH + WITHOUT, adaptability=0.0)[-1]
    assert fitted(WITHOUT) == near([0.4] * 12), "without purpose, work on structure mends nothing"


def test_mending_alone_halves_the_misfit_in_fourteen_months():
    """A finished structure (nothing left to build): 0.95**13 is 0.513, 0.95**14 is 0.488."""
    misfit = [1.0 - fit for fit in fitted([1.0] * 14, structure=1.0)]
    assert misfit == near([0.6 * 0.95 ** (month + 1) for month in range(14)])
    assert misfit[12] > 0.3 > misfit[13]


def test_assignment_chance():
    assert rules.assignment_chance(0.5, 0.1, 0.5, 4.0) == near(0.5 * 0.5 * 0.4)
    assert rules.assignment_chance(0.5, 0.9, 0.5, 4.0) == near(0.25)
    assert rules.assignment_chance(0.0, 0.9, 0.5, 4.0) == 0.0


test_what_moves_assignment = moves(
    rules.assignment_chance, up="structure hours_share assignment assignment_reach", assignment_reach=1.5
)
test_assignment_is_a_chance = stays(rules.assignment_chance)


def test_volunteering_chance():
    """Whoever takes an issue on unasked both understands the aims and wants to: neither alone is enough."""
    assert rules.volunteering_chance(0.5, 0.4, 0.15) == near(0.03)
    assert rules.volunteering_chance(0.0, 1.0, 1.0) == rules.volunteering_chance(1.0, 0.0, 1.0) == 0.0


test_what_moves_volunteering = moves(rules.volunteering_chance, up="alignment commitment volunteering")
test_volunteering_is_a_chance = stays(rules.volunteering_chance)


# -- meet -------------------------------------------------------------------------------------------------


def test_visibility():
    assert rules.visibility(0.5, 0.5, 0.3, 1.0) == near(0.3 + 0.7 * 0.25)


def test_what_others_do_is_seen_as_far_as_structure_fits():
    assert rules.visibility(0.0, 1.0, 0.3, 1.0) == near(0.3)
    assert rules.visibility(1.0, 0.0, 0.3, 1.0) == near(0.3)
    assert rules.visibility(1.0, 1.0, 0.3, 0.0) == near(0.3), "with its effect switched off"
    assert rules.visibility(1.0, 1.0, 0.3, 1.0) == near(1.0)


test_what_moves_visibility = moves(rules.visibility, up="structure fit transparency visibility_effect")
test_visibility_is_a_share = stays(rules.visibility)


def test_appeal():
    assert rules.appeal(0.4, 0.3, 2.0) == near(1.0)


def test_informal_networks_may_shift_with_the_task():
    """A trusted partner that cares little for the issue worst served, and one less trusted that cares much."""
    trusted, concerned = (0.8, 0.1), (0.5, 0.6)
    assert rules.appeal(*trusted, 0.0) > rules.appeal(*concerned, 0.0)
    assert rules.appeal(*trusted, 1.0) < rules.appeal(*concerned, 1.0)


test_what_moves_appeal = moves(rules.appeal, up="trust agenda task_seeking")


def test_given():
    """What one gives and what one pushes onto others are two sides of one account, which may end below nothing."""
    assert rules.given(0.6, 0.2) == near(0.4)
    assert rules.given(0.1, 0.3) == near(-0.2)


test_what_moves_what_is_given = moves(rules.given, up="effort", down="cost_shift")


def test_seen():
    assert rules.seen(0.4, 0.1) == near(0.5)
    assert rules.seen(-0.2, 0.0) == 0.0
    assert rules.seen(0.9, 0.3) == 1.0


test_what_moves_what_is_seen = moves(rules.seen, up="given error", given=0.5, error=0.2)
test_what_is_seen_is_a_share = stays(rules.seen)


def trust_after(trust, seen, visibility=1.0, structure=0.0, crowding=0.0):
    """Trust after one encounter, at rate 0.2 and loss aversion 1.5."""
    return trust + rules.trust_change(trust, seen, structure, visibility, 0.2, 1.5, crowding)


def test_trust_change():
    """A fifth of the gap, as far as it is seen; a disappointment counts half as much again."""
    assert trust_after(0.5, 0.7, visibility=0.5) == nearly(0.52)
    assert trust_after(0.5, 0.3, visibility=0.5) == nearly(0.47)
    assert trust_after(0.5, 0.5) == 0.5
    assert trust_after(0.5, 0.0, visibility=0.0) == 0.5


def test_structure_may_crowd_gains_of_trust_out_or_in_but_not_losses():
    assert trust_after(0.5, 0.7, structure=0.5, crowding=0.5) == nearly(0.5 + 0.04 * 0.75)
    assert trust_after(0.5, 0.7, structure=0.5, crowding=-0.5) == nearly(0.5 + 0.04 * 1.25)
    assert trust_after(0.5, 0.3, structure=0.5, crowding=0.5) == nearly(0.44)


def test_trust_that_meets_a_run_of_disappointments():
    """It expected 0.45 and meets 0.2: each encounter leaves seven tenths of the gap, so four halve it twice."""
    history = months(0.45, lambda trust: trust_after(trust, 0.2), 4)
    assert [trust - 0.2 for trust in history] == [pytest.approx(0.25 * 0.7**n, abs=1e-9) for n in (1, 2, 3, 4)]
    assert history[-1] - 0.2 < 0.25 / 4


def test_trust_is_lost_faster_than_it_is_won():
    """Two encounters with nothing take half of it; two with all it had hoped for do not bring half of that back."""
    low = months(0.5, lambda trust: trust_after(trust, 0.0), 2)[-1]
    back = months(low, lambda trust: trust_after(trust, 0.5), 2)[-1]
    assert low == pytest.approx(0.5 * 0.7 * 0.7, abs=1e-9)
    assert back == pytest.approx(0.5 - (0.5 - low) * 0.8 * 0.8, abs=1e-9)
    assert low < 0.5 / 2
    assert back - low < (0.5 - low) / 2


@given(trust=shares, seen=shares, visibility=shares, crowding=st.floats(-0.5, 0.5), structure=shares)
def test_trust_never_passes_what_it_saw(trust, seen, visibility, crowding, structure):
    after = trust_after(trust, seen, visibility, structure, crowding)
    assert min(trust, seen) - 2.0**-32 <= after <= max(trust, seen) + 2.0**-32


test_what_moves_gains_of_trust = moves(
    rules.trust_change, up="seen visibility trust_rate", down="crowding", trust=0.0, loss_aversion=1.0, structure=0.5
)
test_what_moves_losses_of_trust = moves(
    rules.trust_change, down="trust visibility trust_rate loss_aversion", trust=0.9, seen=0.0
)


def test_conviction():
    assert rules.conviction(0.5, 0.3) == near(0.3 + 0.7 * 0.5)
    assert rules.conviction(0.0, 0.3) == near(0.3), "even those who do not mean it are worth something"
    assert rules.conviction(1.0, 0.3) == near(1.0)


test_what_moves_conviction = moves(rules.conviction, up="alignment talk_base")
test_conviction_is_a_share = stays(rules.conviction)


def test_heard():
    assert rules.heard(0.5, 0.65) == near(0.325)
    assert rules.heard(0.0, 1.0) == 0.0, "nobody listens to whom it does not trust"


test_what_moves_what_is_heard = moves(rules.heard, up="trust conviction")
test_what_is_heard_is_a_share = stays(rules.heard)


def test_talk():
    assert rules.talk(0.1, 0.5, 0.7, 1.0) == near(0.1 * 0.7 * 1.5)
    assert rules.talk(0.0, 1.0, 0.7, 1.0) == 0.0, "a forum without hours for talk"
    assert rules.talk(0.1, 1.0, 0.7, 0.0) == rules.talk(0.1, 0.0, 0.7, 0.0), "with its effect switched off"


test_what_moves_talk = moves(rules.talk, up="hours_share structure purpose_rate forum_effect")


def test_aligned():
    assert rules.aligned(0.2, 0.1, 2.0, 0.5, 0.015) == near(0.2 + 0.1 * 2.0 * 0.5 * 0.8 - 0.003)
    assert rules.aligned(0.2, 0.1, 2.0, 0.0, 0.0) == 0.2, "without a voice, as if it had heard nothing"
    assert rules.aligned(0.2, 100.0, 2.0, 1.0, 0.0) == 1.0


def test_purpose_is_forgotten_where_nobody_talks():
    """At 0.015 a month half of it is left after 46 months, as 0.985**46 is 0.499."""
    history = months(0.8, lambda alignment: rules.aligned(alignment, 0.0, 0.0, 1.0, 0.015), 46)
    assert history[-1] == near(0.8 * 0.985**46)
    assert history[-2] > 0.4 > history[-1]


def test_talk_and_forgetting_meet():
    """Talk that gives 0.045 of what is missing and forgetting 0.015 of what there is: three quarters remain."""
    for start in (0.0, 1.0):
        history = months(start, lambda alignment: rules.aligned(alignment, 0.045, 1.0, 1.0, 0.015), 300)
        assert history[-1] == pytest.approx(3 / 4, abs=1e-6)


def test_the_first_to_be_aligned_bring_the_others_along():
    """Two partners that trust each other fully and start from nothing: talk is worth more once they mean it."""

    def month(alignment):
        return rules.aligned(alignment, 0.1, rules.heard(1.0, rules.conviction(alignment, 0.3)), 1.0, 0.0)

    gains = np.diff([0.0, *months(0.0, month, 12)])
    assert gains[0] == near(0.03)
    assert gains[1] == near(0.1 * (0.3 + 0.7 * 0.03) * 0.97)
    assert gains[1] > gains[0]


test_what_moves_alignment = moves(
    rules.aligned, up="talk heard voice", down="purpose_decay", talk=0.05, heard=2.0, alignment=0.4
)
test_alignment_is_a_level = stays(rules.aligned)


# -- reflect ----------------------------------------------------------------------------------------------


def test_expectation():
    """After `patience` months half of what is hoped for is expected by now; in the first, nothing."""
    assert rules.expectation(0.4, 0.0, 0.9, 24.0) == 0.0
    assert rules.expectation(0.4, 24.0, 0.9, 24.0) == near(0.18)
    assert rules.expectation(0.4, 72.0, 0.9, 24.0) == near(0.27)


@given(alone_results=shares, age=st.floats(0.0, 1200.0), patience=st.floats(1.0, 1200.0))
def test_nobody_expects_more_than_was_hoped_for(alone_results, age, patience):
    assert 0.0 <= rules.expectation(alone_results, age, 0.9, patience) <= 0.9 * alone_results


test_what_moves_expectation = moves(rules.expectation, up="alone_results age expected_ratio", down="patience")

PULLS = ("results", "reciprocity", "ownership", "burden", "example")


def pulls(**changes):
    """What moves the commitment of a partner, by name; where nothing is said, nothing does."""
    at = {
        "commitment": 0.5, "outcome": 0.0, "expectation": 0.0, "trust": 0.5, "voice": 1.0, "alignment": 0.0,
        "burden": 0.0, "leader_effort": 0.5,
        "results_weight": 0.6, "reciprocity_weight": 0.5, "ownership_weight": 0.3,
        "burden_weight": 0.5, "example_weight": 0.1,
    }  # fmt: skip
    return dict(zip(PULLS, rules.commitment_pulls(**(at | changes)), strict=True))


def test_nothing_moves_a_partner_that_finds_what_it_gives():
    assert set(pulls().values()) == {0.0}


@pytest.mark.parametrize(
    ("pull", "changes", "size"),
    [
        ("results", {"outcome": 0.3, "expectation": 0.2}, 0.6 * 0.1),
        ("results", {"outcome": 0.2, "expectation": 0.3}, -0.6 * 0.1),
        ("reciprocity", {"trust": 0.7}, 0.5 * 0.2),
        ("reciprocity", {"trust": 0.2}, -0.5 * 0.3),
        ("ownership", {"alignment": 0.4}, 0.3 * 0.4 * 0.5),
        ("ownership", {"alignment": 0.4, "voice": 0.5}, 0.3 * 0.5 * 0.4 * 0.5),
        ("burden", {"burden": 0.2}, 0.5 * 0.2 * 0.5),
        ("example", {"leader_effort": 0.8}, 0.1 * 0.3),
        ("example", {"leader_effort": 0.1}, -0.1 * 0.4),
    ],
)
def test_each_pull_has_a_cause_of_its_own(pull, changes, size):
    moved = pulls(**changes)
    assert moved.pop(pull) == near(size)
    assert set(moved.values()) == {0.0}


@pytest.mark.parametrize("pull", PULLS)
def test_each_pull_can_be_switched_off(pull):
    """By its weight, so that taking a mechanism out is a value of a parameter."""
    causes = {"outcome": 0.3, "trust": 0.7, "alignment": 0.4, "burden": 0.2, "leader_effort": 0.8}
    assert pulls(**causes)[pull] != 0.0
    assert pulls(**causes, **{f"{pull}_weight": 0.0})[pull] == 0.0


def test_committed():
    """All pulls add up, burden takes away, and a tenth of it comes to pass in a month."""
    assert rules.committed(0.5, (0.06, 0.05, 0.06, 0.05, 0.03), 0.1) == near(0.515)
    assert rules.committed(0.99, (1.0, 1.0, 1.0, 0.0, 1.0), 1.0) == 1.0
    assert rules.committed(0.01, (-1.0, 0.0, 0.0, 1.0, 0.0), 1.0) == 0.0


def commitments(count, **causes):
    """Commitment over months in which these causes last."""
    return months(
        0.5, lambda level: rules.committed(level, tuple(pulls(commitment=level, **causes).values()), 0.1), count
    )


def test_small_wins_keep_commitment_alive():
    """The same partnership with an outcome a little above and a little below what is expected of it."""
    calm = {"reciprocity_weight": 0.0, "example_weight": 0.0, "expectation": 0.3}
    assert commitments(10, outcome=0.35, **calm)[-1] == near(0.5 + 10 * 0.1 * 0.6 * 0.05)
    assert commitments(10, outcome=0.25, **calm)[-1] == near(0.5 - 10 * 0.1 * 0.6 * 0.05)


def test_commitment_withers_to_what_others_are_expected_to_give():
    """With nothing else going on, a twentieth of the gap to mean trust closes in a month."""
    history = commitments(40, trust=0.2, example_weight=0.0)
    assert [level - 0.2 for level in history] == near([0.3 * 0.95 ** (month + 1) for month in range(40)])


def test_meetings_wear_commitment_down():
    """All hours lost to meetings, nothing else: a twentieth is lost a month."""
    history = commitments(40, burden=1.0, reciprocity_weight=0.0, example_weight=0.0)
    assert history == near([0.5 * 0.95 ** (month + 1) for month in range(40)])


def test_signs():
    assert rules.signs(0.6, 0.3, 0.5, 0.2, 1.0)
    assert not rules.signs(0.5, 0.3, 0.5, 0.2, 1.0), "commitment must be above the threshold"
    assert not rules.signs(0.6, 0.2, 0.5, 0.2, 1.0), "and more must stand than the least that can be signed"
    assert rules.signs(nextafter(0.5, 1.0), nextafter(0.2, 1.0), 0.5, 0.2, 1.0)
    assert rules.signs(0.6, 0.0, 0.5, 0.2, 0.0), "unless signing does not wait for structure"


def test_a_willing_partner_waits_for_something_to_sign():
    """Structure grows by 0.1 a month and commitment fails in the sixth: only the third to fifth can see a signature."""
    structure = [0.1 * (month + 1) for month in range(7)]
    commitment = [0.6] * 5 + [0.4] * 2
    signed = [rules.signs(level, stands, 0.5, 0.2, 1.0) for level, stands in zip(commitment, structure, strict=True)]
    assert signed == [False, False, True, True, True, False, False]


# -- one text, three ways of running it -------------------------------------------------------------------

RULES = {name: rule for name, rule in vars(rules).items() if getattr(rule, "__module__", "") == rules.__name__}
GIVEN = Schema(*dict.fromkeys(name for rule in RULES.values() for name in names_of(rule) if name != "pulls"))
ANSWERED = Schema(*RULES)


@compiled
def all_rules(lanes, numbers, answers):
    """Every rule on the numbers of a row: written once, run as plain floats, in lanes, and interpreted."""
    a, answer = row(lanes, GIVEN, numbers), row(lanes, ANSWERED, answers)
    answer.clip = rules.clip(a.x)
    answer.ratio = rules.ratio(a.part, a.of, a.otherwise)
    answer.s_curve = rules.s_curve(a.x)
    answer.saturate = rules.saturate(a.work, a.saturation)
    answer.quantise = rules.quantise(a.x)
    answer.above_start_lost = rules.above_start_lost(a.level, a.start, a.loss)
    answer.shared_capacity = rules.shared_capacity(a.capacity, a.partnerships, a.smallest_capacity)
    answer.emphasis = rules.emphasis(a.age, a.setup_months, a.early, a.late, a.upkeep)
    answer.seat_load = rules.seat_load(
        a.structure, a.talk_share, a.seats, a.load_per_seat, a.load_per_talk, a.reference_seats
    )
    answer.umbrella_voice = rules.umbrella_voice(a.fidelity, a.sharing)
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
    answer.aim = rules.aim(a.mean_agenda, a.need, a.purpose, a.evidence_use)
    answer.allocation = rules.allocation(a.agenda, a.aim, a.alignment, a.pooled_share, a.allocation_effect)
    answer.issue_work = rules.issue_work(a.work, a.root_work, a.need, a.total, a.root_total, a.complementarity)
    answer.coordination = rules.coordination(
        a.ownership, a.structure, a.fit, a.coordination_floor, a.coordination_effect
    )
    answer.delayed = rules.delayed(a.outcome, a.results, a.outcome_delay)
    answer.structure_built = rules.structure_built(a.structure, a.hours_share, a.structure_rate)
    answer.build_quality = rules.build_quality(a.purpose, a.fit_floor, a.fit_strength)
    answer.blended_fit = rules.blended_fit(a.fit, a.kept, a.built, a.quality)
    answer.mended_fit = rules.mended_fit(a.fit, a.quality, a.hours_share, a.upkeep_share, a.adaptability)
    answer.assignment_chance = rules.assignment_chance(a.structure, a.hours_share, a.assignment, a.assignment_reach)
    answer.volunteering_chance = rules.volunteering_chance(a.alignment, a.commitment, a.volunteering)
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
    answer.aligned = rules.aligned(a.alignment, a.talk, a.heard, a.voice, a.purpose_decay)
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
    return sum(answer) if name == "commitment_pulls" else float(answer)


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


INTERPRETED = "import json; from tests.sim import test_rules; print(json.dumps(test_rules.answers(1).tolist()))"


def test_every_rule_gives_the_same_bits_interpreted():
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    told = subprocess.check_output([sys.executable, "-c", INTERPRETED], cwd=ROOT, env=environment)
    assert dict(zip(ANSWERED.names, json.loads(told), strict=True)) == dict(
        zip(ANSWERED.names, answers(8).tolist(), strict=True)
    )
