"""Paired comparisons: known answers, and intervals that cover what they should."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import contrasts
from experiments.analysis.contrasts import compare, pair
from experiments.errors import StudyError
from experiments.study.definition import Contrast

pytestmark = pytest.mark.slow

CONTRAST = Contrast("structure_first", "purpose_first", "added_value_mean", 0.01)


def runs(a, b, variant="none"):
    """Stored runs in which the two arms have these outcomes, world by world, in shuffled order."""
    worlds = np.arange(len(a))
    table = pd.DataFrame(
        {
            "point": np.concatenate([worlds, worlds]),
            "arm": ["structure_first"] * len(a) + ["purpose_first"] * len(b),
            "variant": variant,
            "added_value_mean": np.concatenate([a, b]),
        }
    )
    return table.sample(frac=1, random_state=1)


def compared(difference, region=0.01, seed=1):
    base = np.linspace(0, 1, len(difference))
    return compare(pair(runs(base + difference, base), CONTRAST), region, seed)


def test_pairs_are_of_the_same_world():
    pairs = pair(runs(np.array([1.0, 2.0, 3.0]), np.array([0.5, 2.5, 3.0])), CONTRAST)
    assert pairs["difference"].to_list() == [0.5, -0.5, 0.0]
    assert pairs.index.to_list() == [0, 1, 2]


def test_wins_ties_and_losses_are_counted_by_the_region():
    result = compared(np.array([0.5, 0.02, 0.005, 0.0, -0.005, -0.02]))
    assert (result.wins.count, result.ties.count, result.losses.count) == (2, 3, 1)
    assert result.wins.share.value == pytest.approx(2 / 6)
    assert result.decided.share.value == pytest.approx(2 / 3)
    assert result.superiority.value == pytest.approx((3 + 0.5) / 6)
    assert result.win_size == pytest.approx(0.26)
    assert result.loss_size == pytest.approx(-0.02)


def test_the_edge_of_the_region_is_a_tie():
    assert contrasts.verdicts(np.array([0.25, -0.25, 0.26]), 0.25).tolist() == [0, 0, 1]


def test_swapping_the_arms_turns_the_result():
    difference = np.random.default_rng(3).normal(0.02, 0.1, 500)
    one, other = compared(difference), compared(-difference)
    assert one.wins.count == other.losses.count
    assert one.mean.value == pytest.approx(-other.mean.value)
    assert one.median.low == pytest.approx(-other.median.high)
    assert one.superiority.value == pytest.approx(1 - other.superiority.value)


def test_intervals_are_those_of_scipy():
    difference = np.random.default_rng(4).normal(0.02, 0.1, 1000)
    result = compared(difference)
    t = stats.ttest_1samp(difference, 0).confidence_interval(0.95)
    assert (result.mean.low, result.mean.high) == pytest.approx((t.low, t.high))
    wilson = stats.binomtest(result.wins.count, 1000).proportion_ci(method="wilson")
    assert (result.wins.share.low, result.wins.share.high) == pytest.approx((wilson.low, wilson.high))
    mine = contrasts.wilson(result.wins.count / 1000, 1000)
    assert (mine.low, mine.high) == pytest.approx((wilson.low, wilson.high))


def test_pairing_gains_what_the_shared_world_explains():
    rng = np.random.default_rng(5)
    world, chance = rng.normal(0, 3, 20_000), rng.normal(0, 1, (2, 20_000))
    shared = compare(pair(runs(world + chance[0], world + chance[1]), CONTRAST), 0.01, 1)
    assert shared.pairing == pytest.approx((9 + 1 + 9 + 1) / 2, rel=0.05)
    apart = compare(pair(runs(chance[0], chance[1]), CONTRAST), 0.01, 1)
    assert apart.pairing == pytest.approx(1, rel=0.05)


def heavy(rng, worlds):
    """Differences as the model's are: mostly near 0, with long tails that are not alike (kurtosis near 20)."""
    size = 0.012 * np.exp(rng.normal(0, 1, worlds))
    return size * rng.choice([1.0, -0.8], worlds)


HEAVY_MEAN = 0.012 * np.exp(0.5) * 0.1
STUDIES = 1_000


@pytest.mark.parametrize("worlds", [60, 400])
@pytest.mark.parametrize(
    ("draw", "truth"), [(lambda rng, worlds: rng.normal(0.03, 0.1, worlds), 0.03), (heavy, HEAVY_MEAN)],
    ids=["normal", "heavy"],
)  # fmt: skip
def test_intervals_of_a_planted_mean_cover_it(draw, truth, worlds):
    """95 % intervals cover it in 93 to 97 % of 1,000 studies; a sound one leaves that in fewer than 1 of 100 tests."""
    rng, covered, narrow = np.random.default_rng(6), 0, 0
    for study in range(STUDIES):
        found = contrasts.mean(draw(rng, worlds), study)
        covered += found.low <= truth <= found.high
        narrow += abs(found.value - truth) <= (found.high - found.low) / 4
    assert 0.93 <= covered / STUDIES <= 0.97
    assert narrow / STUDIES < 0.85, "control: half the width does not cover it"


def test_control_the_bootstrap_alone_does_not_cover_means_of_heavy_tails():
    """Why `mean` asks the t interval as well."""
    rng, covered, studies = np.random.default_rng(6), 0, 400
    for study in range(studies):
        values = heavy(rng, 60)
        found = stats.bootstrap((values,), np.mean, n_resamples=500, rng=np.random.default_rng(study))
        covered += found.confidence_interval.low <= HEAVY_MEAN <= found.confidence_interval.high
    assert covered / studies < 0.93


@pytest.mark.parametrize("worlds", [60, 400])
def test_intervals_of_medians_and_shares_cover_them(worlds):
    """Made of whole numbers of worlds, they cover a little more than they say: 93 to 98 % of 1,000 studies."""
    rng = np.random.default_rng(7)
    truth = {
        "median": 0.03, "wins": stats.norm.sf(0.01, 0.03, 0.1), "superiority": stats.norm.sf(0, 0.03, 0.1),
    }  # fmt: skip
    covered, narrow = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    for _ in range(STUDIES):
        difference = rng.normal(0.03, 0.1, worlds)
        found = {
            "median": contrasts.median(difference),
            "wins": contrasts.count(difference > 0.01).share,
            "superiority": contrasts.wilson(float(np.mean(difference > 0)), worlds),
        }
        for name, estimate in found.items():
            covered[name] += estimate.low <= truth[name] <= estimate.high
            narrow[name] += abs(estimate.value - truth[name]) <= (estimate.high - estimate.low) / 4
    for name in truth:
        assert 0.93 <= covered[name] / STUDIES <= 0.98, name
        assert narrow[name] / STUDIES < 0.85, f"control: half the width of {name} does not cover it"


def test_the_seed_makes_a_bootstrap_repeatable():
    values = np.random.default_rng(7).gamma(1, 1, 50)
    assert contrasts.mean(values, 1) == contrasts.mean(values, 1) != contrasts.mean(values, 2)


def test_a_constant_difference_has_no_spread():
    result = compared(np.full(20, 0.0))
    assert (result.mean.low, result.mean.high) == (0.0, 0.0)
    assert result.decided is None and result.win_size is None


def test_a_few_equal_worlds_do_not_make_certainty():
    result = compared(np.full(3, 0.5))
    assert result.decided.share.low < 0.5 and result.superiority.low < 0.5


def test_missing_outcomes_are_counted_and_left_out():
    result = compared(np.array([0.1, np.nan, -0.1, 0.2]))
    assert (result.worlds, result.missing, result.wins.count) == (3, 1, 2)


def test_too_little_to_compare_is_told():
    with pytest.raises(StudyError, match="1 worlds have the outcome"):
        compared(np.array([0.1, np.nan]))
    with pytest.raises(StudyError, match="no outcome 'efort'"):
        pair(runs(np.zeros(2), np.zeros(2)), Contrast("structure_first", "purpose_first", "efort", 0.01))
    twice = pd.concat([runs(np.zeros(2), np.zeros(2))] * 2)
    with pytest.raises(StudyError, match="more than once"):
        pair(twice, CONTRAST)


def test_arms_are_summed_up_one_by_one():
    table = contrasts.by_arm(
        runs(np.array([0.0, 0.2, 0.4]), np.array([-1.0, 0.0, 1.0])), ("purpose_first",), "added_value_mean", 1
    )
    assert table.loc["purpose_first", "q50"] == 0.0
    assert table.loc["purpose_first", "above_zero"] == pytest.approx(1 / 3)
