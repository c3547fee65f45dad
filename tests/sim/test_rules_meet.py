"""The rules of Meet and Reflect, by hand."""

from math import nextafter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import rules
from tests.sim.test_rules import months, moves, near, nearly, shares, stays

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


def test_openness():
    """Half way from the shared aims, a partner hears half of what is said where aims are contested fully."""
    assert rules.openness(0.5, 1.0) == near(0.5)
    assert rules.openness(0.5, 0.4) == near(0.8)
    assert rules.openness(0.0, 1.0) == 1.0, "it wants what is said"
    assert rules.openness(1.0, 0.0) == 1.0, "with its effect switched off"


test_what_moves_openness = moves(rules.openness, down="distance goal_conflict")
test_openness_is_a_share = stays(rules.openness)


def test_aligned():
    assert rules.aligned(0.2, 0.1, 2.0, 0.5, 1.0, 0.015) == near(0.2 + 0.1 * 2.0 * 0.5 * 0.8 - 0.003)
    assert rules.aligned(0.2, 0.1, 2.0, 0.5, 0.6, 0.015) == near(0.2 + 0.1 * 2.0 * 0.3 * 0.8 - 0.003)
    assert rules.aligned(0.2, 0.1, 2.0, 0.0, 1.0, 0.0) == 0.2, "without a voice, as if it had heard nothing"
    assert rules.aligned(0.2, 0.1, 2.0, 1.0, 0.0, 0.0) == 0.2, "and so where it is not open to it"
    assert rules.aligned(0.2, 100.0, 2.0, 1.0, 1.0, 0.0) == 1.0


def test_purpose_is_forgotten_where_nobody_talks():
    """At 0.015 a month half of it is left after 46 months, as 0.985**46 is 0.499."""
    history = months(0.8, lambda alignment: rules.aligned(alignment, 0.0, 0.0, 1.0, 1.0, 0.015), 46)
    assert history[-1] == near(0.8 * 0.985**46)
    assert history[-2] > 0.4 > history[-1]


def test_talk_and_forgetting_meet():
    """Talk that gives 0.045 of what is missing and forgetting 0.015 of what there is: three quarters remain."""
    for start in (0.0, 1.0):
        history = months(start, lambda alignment: rules.aligned(alignment, 0.045, 1.0, 1.0, 1.0, 0.015), 300)
        assert history[-1] == pytest.approx(3 / 4, abs=1e-6)


def test_where_aims_are_contested_talk_and_forgetting_meet_lower():
    """A partner open by a third: talk gives 0.015 of what is missing, forgetting as much, and half remains."""
    open_to = rules.openness(2 / 3, 1.0)
    history = months(1.0, lambda alignment: rules.aligned(alignment, 0.045, 1.0, 1.0, open_to, 0.015), 400)
    assert history[-1] == pytest.approx(1 / 2, abs=1e-4)


def test_the_first_to_be_aligned_bring_the_others_along():
    """Two partners that trust each other fully and start from nothing: talk is worth more once they mean it."""

    def month(alignment):
        return rules.aligned(alignment, 0.1, rules.heard(1.0, rules.conviction(alignment, 0.3)), 1.0, 1.0, 0.0)

    gains = np.diff([0.0, *months(0.0, month, 12)])
    assert gains[0] == near(0.03)
    assert gains[1] == near(0.1 * (0.3 + 0.7 * 0.03) * 0.97)
    assert gains[1] > gains[0]


test_what_moves_alignment = moves(
    rules.aligned, up="talk heard voice openness", down="purpose_decay", talk=0.05, heard=2.0, alignment=0.4
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
