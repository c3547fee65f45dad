"""The theory, rule by rule: answers worked by hand, what moves what and which way, and short histories.

Read beside `sim/rules.py`, in the same order. "Moves" tests vary one argument while all others are anything their
ranges allow; at the middle of all ranges the answer must really move, so that no rule passes by standing still.
"""

import inspect
from functools import partial
from itertools import permutations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import rules
from sim.params import BY_NAME

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
    "months_since": (0.0, 1200.0),
    "structure_rate": (0.003, 3.5),
    "purpose_rate": (0.003, 8.2),
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


# -- launch -----------------------------------------------------------------------------------------------


def test_capacity_is_shared_evenly_among_partnerships_down_to_the_smallest():
    assert rules.shared_capacity(2.0, 1.0, 0.05) == 2.0
    assert rules.shared_capacity(2.0, 4.0, 0.05) == 0.5
    assert rules.shared_capacity(2.0, 200.0, 0.05) == 0.05, "a hundredth would be left"


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


def test_own_work():
    """Of half its capacity used alone, a partner that gives 0.4 keeps 0.3, or, where that is taken first, 0.1."""
    assert rules.own_work(0.4, 0.5, 0.0, 1.0) == near(0.3)
    assert rules.own_work(0.4, 0.5, 1.0, 1.0) == near(0.1)
    assert rules.own_work(0.4, 0.5, 0.75, 1.0) == near(0.3 - 0.75 * 0.2)
    assert rules.own_work(0.8, 0.5, 1.0, 1.0) == 0.0, "it gives more than it would have used"
    assert rules.own_work(0.4, 0.5, 0.0, 0.0) == 0.0, "switched off, what is kept goes to waste"


@given(own_effort=shares, displacement=shares)
def test_who_gives_nothing_does_what_it_does_alone(own_effort, displacement):
    """To the last bit, so that a deserted partnership is acting alone."""
    assert rules.own_work(0.0, own_effort, displacement, 1.0) == own_effort
    assert rules.own_work(1.0, own_effort, displacement, 1.0) == 0.0


test_what_moves_own_work = moves(
    rules.own_work, up="own_effort own_work_effect", down="effort displacement", own_effort=0.6, displacement=0.5
)
test_own_work_is_a_share = stays(rules.own_work)
