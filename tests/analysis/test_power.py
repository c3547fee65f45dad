"""Plans made from a pilot: they hold when they are carried out, and a pilot that cannot tell says so."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import power
from experiments.analysis.contrasts import compare
from experiments.errors import StudyError


def pairs(difference, shared=0.0, seed=1):
    """The table of a pilot: worlds as different as `shared`, and these differences between the arms."""
    world = np.random.default_rng(seed).normal(0, shared, len(difference))
    return pd.DataFrame({"a": world + difference, "b": world, "difference": difference})


def test_a_plan_carried_out_has_the_precision_it_was_made_for():
    rng = np.random.default_rng(1)
    plan = power.plan(pairs(rng.normal(0.02, 0.1, 400)), 0.01, [0.005]).plans[0]
    count = int(plan.worlds.value)

    def half(worlds):
        estimate = compare(pairs(rng.normal(0.02, 0.1, worlds)), 0.01, 1).mean
        return (estimate.high - estimate.low) / 2

    assert np.mean([half(count) for _ in range(20)]) == pytest.approx(0.005, rel=0.1)
    assert half(count // 4) > 0.009, "control: a quarter of the worlds gives half the precision"


@pytest.mark.slow
def test_the_range_a_pilot_leaves_open_holds_the_truth():
    """The worlds that the true spread takes lie in the range of 90 to 98.5 of 100 pilots, with heavy tails."""
    rng, pilots, spread = np.random.default_rng(2), 400, 0.1
    truth, narrow, held = power.worlds_for(spread, 0.005), 0, 0
    for _ in range(pilots):
        estimate = power.deviation(stats.t.rvs(6, scale=spread / np.sqrt(1.5), size=300, random_state=rng))
        low, high = (power.worlds_for(one, 0.005) for one in (estimate.low, estimate.high))
        held += low <= truth <= high
        middle = power.worlds_for(estimate.value, 0.005)
        narrow += abs(middle - truth) <= (high - low) / 6
    assert 0.90 <= held / pilots <= 0.985
    assert narrow / pilots < 0.75, "control: a third of the width does not hold it"


def test_power_is_the_chance_of_seeing_the_difference():
    rng = np.random.default_rng(3)
    worlds = int(power.plan(pairs(rng.normal(0, 0.1, 2000)), 0.02).detect.value)
    seen = np.mean([stats.ttest_1samp(rng.normal(0.02, 0.1, worlds), 0).pvalue < 0.05 for _ in range(1000)])
    assert seen == pytest.approx(power.POWER, abs=0.03)


def test_pairing_is_worth_what_worlds_have_in_common():
    difference = np.random.default_rng(4).normal(0, 0.1, 5000)
    apart = power.plan(pairs(difference), 0.01, [0.01])
    shared = power.plan(pairs(difference, shared=0.5), 0.01, [0.01])
    assert apart.plans[0].worlds == shared.plans[0].worlds
    assert shared.gain == pytest.approx((0.25 + 0.26) / 0.01, rel=0.1)
    assert shared.plans[0].unpaired.value == pytest.approx(shared.gain * shared.plans[0].worlds.value, rel=0.02)


def test_replicates_follow_the_luck_at_a_point():
    """Points whose chance has a spread of 0.1 or, one in five, of 0.3."""
    rng = np.random.default_rng(5)
    spread = np.where(np.arange(1000) % 5 == 0, 0.3, 0.1)
    variance = spread**2 * rng.chisquare(3, 1000) / 3
    (found,) = power.replicates(variance, [0.02])
    assert found.middle < found.demanding
    assert found.demanding == pytest.approx(power.worlds_for(0.3, 0.02), rel=0.3)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (np.full(19, 0.1), "a pilot of 19 worlds"),
        (np.full(40, 0.1), "the same in every world"),
        (np.where(np.arange(40) < 30, np.nan, 0.1), "a pilot of 10 worlds"),
    ],
)
def test_a_pilot_that_cannot_tell_says_so(difference, said):
    with pytest.raises(StudyError, match=said):
        power.plan(pairs(difference), 0.01)
