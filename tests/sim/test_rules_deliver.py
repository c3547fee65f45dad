"""The rules of Deliver, by hand: whose priorities work follows, what coordinates it, and whom it serves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import rules
from tests.sim.test_rules import months, moves, near, shares, stays

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


def coordinated(ownership=0.0, structure=0.0, fit=0.0, effect=1.0, purpose=0.0, trust=0.0, relational=1.0):
    return rules.coordination(ownership, structure, fit, purpose, trust, 0.4, effect, relational)


def test_coordination():
    assert coordinated(ownership=0.5, structure=0.5, fit=0.5) == near(0.4 + 0.6 * (1.0 - 0.5 * 0.75))
    assert coordinated(ownership=0.5, purpose=0.5, trust=0.4) == near(0.4 + 0.6 * (1.0 - 0.5 * 0.8))


def test_without_owner_structure_or_relations_work_is_worth_its_floor():
    assert coordinated() == near(0.4)
    assert coordinated(structure=1.0, fit=0.0) == near(0.4), "nor where structure does not fit"
    assert coordinated(structure=1.0, fit=1.0, effect=0.0) == near(0.4), "nor with its effect switched off"
    assert coordinated(purpose=1.0, trust=0.0) == near(0.4), "nor by purpose where nobody trusts"
    assert coordinated(purpose=0.0, trust=1.0) == near(0.4), "nor by trust without purpose"
    assert coordinated(purpose=1.0, trust=1.0, relational=0.0) == near(0.4), "nor with that effect switched off"


@pytest.mark.parametrize("way", [{"ownership": 1.0}, {"structure": 1.0, "fit": 1.0}, {"purpose": 1.0, "trust": 1.0}])
def test_an_owner_a_fitting_structure_or_relations_are_enough(way):
    """Boards and loose networks can each carry the work."""
    assert coordinated(**way) == near(1.0)


@given(structure=shares, fit=shares, purpose=shares, trust=shares)
def test_the_first_model_is_coordination_without_relations(structure, fit, purpose, trust):
    before = 0.4 + 0.6 * (1.0 - 0.7 * (1.0 - structure * fit))
    assert coordinated(0.3, structure, fit, 1.0, purpose, trust, relational=0.0) == near(before)


test_what_moves_coordination = moves(
    rules.coordination,
    up="ownership structure fit purpose trust coordination_floor coordination_effect relational_effect",
)
test_coordination_is_a_share = stays(rules.coordination)


def test_pooled():
    """At least what a board with authority disposes of; more, where partners have agreed to pool more."""
    assert rules.pooled(0.1, 0.8, 0.5, 0.5) == near(0.2)
    assert rules.pooled(0.3, 0.8, 0.5, 0.5) == 0.3
    assert rules.pooled(0.1, 1.0, 0.0, 1.0) == 0.1, "a board that does not fit disposes of nothing"
    assert rules.pooled(0.1, 1.0, 1.0, 0.0) == 0.1, "nor one without authority"
    assert rules.pooled(0.1, 1.0, 1.0, 1.0) == 1.0


test_what_moves_what_is_pooled = moves(rules.pooled, up="pooled_share structure fit authority", pooled_share=0.01)
test_what_is_pooled_is_a_share = stays(rules.pooled)


def test_useful():
    """Of 0.6 given to the partnership, coordinated at 0.8, and 0.2 of own work at a floor of 0.4."""
    assert rules.useful(0.6, 0.2, 0.8, 0.4) == near(0.48 + 0.08)
    assert rules.useful(0.0, 0.2, 0.8, 0.4) == near(0.08), "own work gains nothing by the partnership's coordination"


@given(own=shares, floor=shares, coordination=shares)
def test_own_work_beside_nothing_is_work_alone(own, floor, coordination):
    """To the last bit: alone, work is reckoned with coordination 0."""
    assert rules.useful(0.0, own, coordination, floor) == rules.useful(0.0, own, 0.0, floor) == floor * own


test_what_moves_what_is_useful = moves(rules.useful, up="joint own coordination coordination_floor")

# -- who is served ----------------------------------------------------------------------------------------


def test_reach():
    assert rules.reach(0.0, 0.3, 0.5) == near(0.7), "the worse off miss three tenths of their share"
    assert rules.reach(1.0, 0.3, 0.5) == near(0.85), "of which purpose brings half back"
    assert rules.reach(1.0, 0.3, 1.0) == 1.0
    assert rules.reach(1.0, 0.3, 0.0) == near(0.7), "with its effect switched off"
    assert rules.reach(0.4, 0.0, 0.5) == 1.0


test_what_moves_reach = moves(rules.reach, up="purpose equity_use", down="inverse_care")
test_reach_is_a_share = stays(rules.reach)


def test_served():
    """Half the work, of which the worse off half get half their share: the others get 1.5 times theirs.

    At saturation 1 a quarter of full work serves 0.4 of the need, and three quarters serve 6/7 of it.
    """
    all_of_them, behind = rules.served(0.5, 0.5, 1.0, 0.5)
    assert all_of_them == near((0.4 + 6 / 7) / 2)
    assert behind == near(6 / 7 - 0.4)


@given(work=shares, saturation=st.floats(0.0, 100.0), worse_off_share=st.floats(0.01, 0.99))
def test_where_all_are_reached_alike_nobody_is_behind(work, saturation, worse_off_share):
    """To the last bit the first model's answer, whatever share is worse off."""
    assert rules.served(work, 1.0, saturation, worse_off_share) == (rules.saturate(work, saturation), 0.0)


@given(work=shares, reach=shares, worse_off_share=st.floats(0.01, 0.99))
def test_without_saturation_inverse_care_only_moves_work(work, reach, worse_off_share):
    """What the worse off miss the others get: the mean over all stays what it was."""
    all_of_them, behind = rules.served(work, reach, 0.0, worse_off_share)
    assert all_of_them == pytest.approx(work, abs=1e-9)
    assert behind >= -1e-12


@given(work=shares, reach=shares, saturation=st.floats(0.0, 100.0), worse_off_share=st.floats(0.01, 0.99))
def test_with_it_inverse_care_wastes_work(work, reach, saturation, worse_off_share):
    """Need that is served already gains little by more: all together gain less where work misses the worse off."""
    all_of_them, behind = rules.served(work, reach, saturation, worse_off_share)
    assert all_of_them <= rules.saturate(work, saturation) + 1e-9
    assert behind >= -1e-12


def test_control_by_how_much_it_wastes():
    assert rules.served(0.5, 0.5, 1.0, 0.5)[0] < rules.saturate(0.5, 1.0) - 0.03


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
