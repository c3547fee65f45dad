"""The rules of Build, by hand: how structure is built, how it fits, who owns what."""

import pytest

from sim import rules
from tests.sim.test_rules import months, moves, near, stays

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


def test_more_hours_than_it_takes_build_what_is_missing_and_no_more():
    """At rate 3, a third of all hours would do; paid from outside there may be any number of hours."""
    assert rules.structure_built(0.3, 0.2, 3.0) == near(0.6 * 0.7)
    assert rules.structure_built(0.3, 0.5, 3.0) == rules.structure_built(0.3, 40.0, 3.0) == near(0.7)


def months_to_half(month):
    """Months until a level that starts from nothing is half, between the months before and after."""
    level, count = 0.0, 0
    while (after := month(level)) < 0.5:
        level, count = after, count + 1
    return count + (0.5 - level) / (after - level)


A_FIFTH = 0.2
"""Of all capacity, for which months to half are stated."""


@pytest.mark.parametrize("stated", [1.0, 2.0, 9.0, 20.0, 100.0])
def test_half_of_structure_stands_after_the_months_stated(stated):
    rate = rules.structure_rate(stated)
    reached = months_to_half(lambda structure: structure + rules.structure_built(structure, A_FIFTH, rate))
    assert reached == pytest.approx(stated, abs=0.5)
    twice = months_to_half(lambda structure: structure + rules.structure_built(structure, 2 * A_FIFTH, rate))
    assert stated < 2 or abs(twice - stated) > 0.5, "control: with twice the hours it takes half as long"


@pytest.mark.parametrize("stated", [0.5, 2.0, 7.0, 20.0, 100.0])
def test_purpose_is_half_after_the_months_stated(stated):
    """Trust 0.45, two encounters called and two answered, `talk_base` 0.3, no structure, nothing forgotten."""
    rate = rules.purpose_rate(stated)

    def month(alignment, trust=0.45):
        heard = 4 * rules.heard(trust, rules.conviction(alignment, 0.3))
        talk = rules.talk(A_FIFTH, 0.0, rate, 1.0)
        return rules.aligned(alignment, talk, heard, 1.0, rules.openness(0.5, 0.0), 0.0)

    assert months_to_half(month) == pytest.approx(stated, abs=0.5)
    trusting = months_to_half(lambda alignment: month(alignment, 0.9))
    assert stated < 2 or abs(trusting - stated) > 0.5, "control: among partners that trust each other it takes less"


def test_rates_are_those_that_months_to_half_come_to():
    assert rules.structure_rate(9.0) * 9.0 * A_FIFTH == near(0.6931471805599453)
    assert rules.purpose_rate(7.0) == near(4.073158524426186 / 7.0)
    assert rules.structure_rate(18.0) == near(rules.structure_rate(9.0) / 2)


test_what_moves_structure_rate = moves(rules.structure_rate, down="structure_months")
test_what_moves_purpose_rate = moves(rules.purpose_rate, down="purpose_months")


def test_initial_fit():
    """Structure that a partnership starts with fits as if it had been built with the purpose it starts with."""
    assert rules.initial_fit(0.5, 0.4) == near(0.7) == near(rules.build_quality(0.5, 0.4, 1.0))
    assert rules.initial_fit(0.0, 0.4) == near(0.4)
    assert rules.initial_fit(1.0, 0.4) == near(1.0)


test_what_moves_initial_fit = moves(rules.initial_fit, up="purpose fit_floor")
test_initial_fit_is_a_level = stays(rules.initial_fit)

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
