"""The rules of Disturb and Convene, by hand: where setup goes, what a seat costs, who leaves the table."""

from itertools import pairwise
from math import nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import rules
from tests.sim.test_rules import months, moves, near, shares, stays

# -- disturb ----------------------------------------------------------------------------------------------


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


test_what_moves_what_is_left = moves(rules.above_start_lost, up="level start", down="loss", start=0.2)


def test_distracted():
    assert rules.distracted(0.0, 0.3, 18.0) == near(0.3)
    assert rules.distracted(6.0, 0.3, 18.0) == near(0.2)
    assert rules.distracted(18.0, 0.3, 18.0) == rules.distracted(600.0, 0.3, 18.0) == 0.0
    assert rules.distracted(0.0, 0.0, 18.0) == 0.0


def test_two_reorganisations_in_a_row_distract_no_more_than_the_later_one():
    """Attention in the months after a reorganisation in months 0 and 2, when each takes 0.4 and lasts four months."""
    since = [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 4.0]
    assert [rules.distracted(months_since, 0.4, 4.0) for months_since in since] == near(
        [0.4, 0.3, 0.4, 0.3, 0.2, 0.1, 0.0]
    )


test_what_moves_distraction = moves(
    rules.distracted,
    up="distraction distraction_months",
    down="months_since",
    months_since=5.0,
    distraction_months=12.0,
)  # fmt: skip
test_distraction_is_a_share = stays(rules.distracted)

# -- convene ----------------------------------------------------------------------------------------------


def emphases(setup_months, early=1.0, late=0.0):
    return [rules.dated_emphasis(float(age), float(setup_months), early, late) for age in range(setup_months)]


def test_by_the_calendar_emphasis_is_early_then_late():
    assert emphases(4) == [1.0, 1.0, 0.0, 0.0]


def test_in_an_odd_number_of_months_the_middle_one_takes_the_mean():
    assert emphases(5, early=0.9, late=0.3) == near([0.9, 0.9, 0.6, 0.3, 0.3])
    assert emphases(1) == [0.5]


@given(setup_months=st.integers(1, 60), early=shares, late=shares)
def test_order_alone_changes_nothing_in_all(setup_months, early, late):
    """Early and late may change places: as much of setup goes to structure, only at another time."""
    one, other = sum(emphases(setup_months, early, late)), sum(emphases(setup_months, late, early))
    assert one == near(other) == near(setup_months * (early + late) / 2)


def test_is_ready():
    """Whether that stands which the early emphasis builds: structure, or purpose, or both in proportion."""
    assert rules.is_ready(0.3, 0.0, 1.0, 0.3)
    assert not rules.is_ready(nextafter(0.3, 0.0), 1.0, 1.0, 0.3), "purpose is not what it waits for"
    assert rules.is_ready(0.0, 0.3, 0.0, 0.3)
    assert not rules.is_ready(1.0, 0.29, 0.0, 0.3)
    assert rules.is_ready(0.2, 0.6, 0.5, 0.4) and not rules.is_ready(0.2, 0.6, 0.5, 0.41)


@given(structure=shares, purpose=shares, early=shares, gate=st.floats(0.0, 1.0), more=shares)
def test_who_was_ready_is_ready_with_more(structure, purpose, early, gate, more):
    if rules.is_ready(structure, purpose, early, gate):
        assert rules.is_ready(max(structure, more), purpose, early, gate)
        assert rules.is_ready(structure, max(purpose, more), early, gate)


def test_responsive_emphasis():
    """Structure lags by 0.15: at responsiveness 10, x is 1.5, and four fifths of setup go to it."""
    assert rules.responsive_emphasis(0.25, 0.4, 10.0) == near(0.8)
    assert rules.responsive_emphasis(0.4, 0.25, 10.0) == near(0.2)
    assert rules.responsive_emphasis(0.4, 0.4, 10.0) == 0.5
    assert rules.responsive_emphasis(0.0, 1.0, 0.0) == 0.5, "without responsiveness"


@given(structure=shares, purpose=shares, responsiveness=st.floats(0.0, 100.0))
def test_a_responsive_setup_does_not_favour_either(structure, purpose, responsiveness):
    one, other = (
        rules.responsive_emphasis(*stocks, responsiveness) for stocks in ((structure, purpose), (purpose, structure))
    )
    assert one + other == near(1.0)


def test_what_lags_catches_up():
    """Half of what is missing is built where all setup goes: the stocks meet, and setup is then even."""

    def month(stocks):
        structure, purpose = stocks
        emphasis = rules.responsive_emphasis(structure, purpose, 20.0)
        return structure + 0.1 * emphasis * (1.0 - structure), purpose + 0.1 * (1.0 - emphasis) * (1.0 - purpose)

    history = months((0.0, 0.4), month, 24)
    apart = [purpose - structure for structure, purpose in history]
    assert apart[0] < 0.4 and apart[-1] == pytest.approx(0.0, abs=0.01)
    assert all(later <= earlier for earlier, later in pairwise(apart))


test_what_moves_responsive_emphasis = moves(
    rules.responsive_emphasis, up="purpose responsiveness", down="structure", structure=0.2, purpose=0.6
)
test_responsive_emphasis_is_a_share = stays(rules.responsive_emphasis)


def test_outside_hours():
    """A tenth of all capacity, while it lasts, whatever the partners give themselves."""
    history = [rules.outside_hours(float(age), 8.0, 0.1, 3.0) for age in range(5)]
    assert history == near([0.8, 0.8, 0.8, 0.0, 0.0])
    assert rules.outside_hours(0.0, 8.0, 0.1, 0.0) == rules.outside_hours(0.0, 8.0, 0.0, 3.0) == 0.0


test_what_moves_outside_hours = moves(
    rules.outside_hours, up="total outside_share outside_months", down="age", age=20.0, outside_months=24.0
)


def load(structure=1.0, talk_share=0.0, seats=12.0, growth=1.0):
    return rules.seat_load(structure, talk_share, seats, 0.12, 0.02, growth, 12.0)


def test_seat_load():
    assert load() == near(0.12)
    assert load(structure=0.5, talk_share=0.5, seats=6.0) == near((0.06 + 0.01) / 2)
    assert load(structure=0.0) == 0.0


def test_load_may_or_may_not_grow_with_seats():
    """At `load_growth` 0 a seat costs the same among any number; at 0.5 half of it grows with them."""
    assert [load(seats=seats, growth=0.0) for seats in (1.0, 12.0, 48.0)] == near([0.12] * 3)
    assert [load(seats=seats, growth=0.5) for seats in (6.0, 12.0, 24.0)] == near([0.09, 0.12, 0.18])


test_what_moves_seat_load = moves(
    rules.seat_load,
    up="structure talk_share seats load_per_seat load_per_talk", down="reference_seats", reference_seats=12.0,
)  # fmt: skip


test_what_moves_it_where_there_are_more_seats = moves(
    rules.seat_load, up="load_growth", seats=24.0, reference_seats=12.0
)
test_what_moves_it_among_fewer = moves(rules.seat_load, down="load_growth", seats=6.0, reference_seats=12.0)


def test_leaves():
    assert rules.leaves(nextafter(0.2, 0.0), 0.0, 0.2)
    assert not rules.leaves(0.2, 0.0, 0.2), "at the level it stays"
    assert not rules.leaves(0.0, 1.0, 0.2), "nobody leaves who must sit there"
    assert not rules.leaves(0.0, 0.0, 0.0)


def test_returns():
    assert rules.returns(nextafter(0.3, 1.0), 0.3)
    assert not rules.returns(0.3, 0.3), "where as much is gained together as alone there is nothing to come back for"


def test_umbrella_voice():
    """Nine that share a seat have each a third of the voice of one that has it alone."""
    assert [rules.umbrella_voice(0.6, sharing) for sharing in (1.0, 4.0, 9.0)] == near([0.6, 0.3, 0.2])


test_what_moves_umbrella_voice = moves(rules.umbrella_voice, up="fidelity", down="sharing")
test_umbrella_voice_is_a_share = stays(rules.umbrella_voice)
