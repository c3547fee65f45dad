"""The rules of Deliver and Build, by hand."""

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
