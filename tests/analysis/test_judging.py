"""The rule by which statements are judged: every way it can come out, and how often it errs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import judging
from experiments.analysis.judging import Rule, each_level, judge, signs

RULE = Rule("more", 0.01, 0.1, each_level(0.95, 27))
N = 1000


def worlds(n=N, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.random(n) for name in ("commitment", "noise", "free_riding")}), rng


def judged(values, expect="more", design=None, region=0.01):
    known = pd.Series(values, dtype=float)
    rule = Rule(expect, region, RULE.rare, RULE.level)
    return judge(known, worlds(len(known))[0] if design is None else design, rule, 1)


def shares(plus, minus, n=N, size=0.1):
    """So many worlds in which a is better, so many in which b is, no difference in the others; in a mixed order."""
    values = np.repeat([size, -size, 0.0], [plus, minus, n - plus - minus])
    return np.random.default_rng(3).permutation(values)


@pytest.mark.parametrize(
    ("expect", "values", "word", "reason"),
    [
        ("more", shares(800, 0), "holds", "clear"),
        ("more", shares(300, 20), "holds", "clear"),
        ("more", shares(0, 800), "fails", "opposite"),
        ("more", shares(20, 20), "fails", "nothing"),
        ("more", np.where(shares(300, 40) < 0, -5.0, shares(300, 40)), "fails", "outweighed"),
        ("more", shares(100, 0), "undecided", "unsure"),
        ("more", shares(400, 400), "undecided", "unexplained"),
        ("less", shares(0, 800), "holds", "clear"),
        ("less", shares(800, 0), "fails", "opposite"),
        ("same", shares(10, 10), "holds", "clear"),
        ("same", shares(900, 90), "fails", "opposite"),
        ("same", shares(300, 300), "undecided", "unexplained"),
        ("same", np.where(shares(50, 0) > 0, 1.0, 0.0), "fails", "outweighed"),
        ("sometimes_more", shares(200, 800), "holds", "some"),
        ("sometimes_more", shares(20, 0), "fails", "hardly any"),
        ("sometimes_more", shares(100, 0), "undecided", "unsure"),
        ("sometimes_less", shares(800, 200), "holds", "some"),
        ("sometimes_less", shares(800, 20), "fails", "hardly any"),
        ("sometimes_not_more", shares(700, 0), "holds", "some"),
        ("sometimes_not_more", shares(990, 10), "fails", "hardly any"),
    ],
)
def test_each_way_a_judgement_can_come_out(expect, values, word, reason):
    found = judged(values, expect)
    assert (found.word, found.reason) == (word, reason)


def test_a_condition_makes_the_difference_between_undecided_and_depends():
    """The control is the same share of worlds either way, with nothing to tell them apart."""
    design, rng = worlds()
    planted = judged(np.where(design["commitment"] > 0.6, 0.1, -0.1), design=design)
    assert planted.word == "depends"
    assert {
        (condition.arm, condition.conditions[0].factor, condition.conditions[0].above)
        for condition in planted.conditions
    } == {
        ("for", "commitment", True),
        ("against", "commitment", False),
    }
    assert planted.conditions[0].conditions[0].threshold == pytest.approx(0.6, abs=0.05)
    by_chance = judged(np.where(rng.random(N) > 0.6, 0.1, -0.1), design=design)
    assert (by_chance.word, by_chance.conditions) == ("undecided", ())


def test_a_condition_that_tells_little_apart_is_not_enough():
    design, rng = worlds(4000)
    leaning = 0.5 + 0.04 * (design["commitment"] > 0.5)  # 4 of 100 worlds, where a tenth is what counts
    found = judged(np.where(rng.random(len(design)) < leaning, 0.1, -0.1), design=design)
    assert found.word == "undecided"
    strong = 0.3 + 0.4 * (design["commitment"] > 0.5)
    assert judged(np.where(rng.random(len(design)) < strong, 0.1, -0.1), design=design).word == "depends"


@pytest.mark.parametrize("expect", ["more", "less", "same", "sometimes_more", "sometimes_less", "sometimes_not_more"])
def test_too_few_worlds_decide_nothing_or_only_what_they_can(expect):
    assert judged([], expect).word == "undecided"
    assert judged([0.1], expect).word == "undecided" or expect.startswith("sometimes")
    assert judged(np.full(5, np.nan), expect).missing == 5
    mixed = judged([0.1, -0.1, 0.0, 0.1, -0.1], expect)
    assert mixed.word == "undecided"


def test_a_difference_at_the_edge_of_the_region_does_not_count():
    assert signs(np.array([0.01, 0.0101, -0.01, -0.0101]), "more", 0.01).tolist() == [0, 1, 0, -1]
    assert signs(np.array([0.01, 0.0101]), "same", 0.01).tolist() == [1, -1]
    assert signs(np.array([0.01, 0.0101]), "sometimes_not_more", 0.01).tolist() == [1, -1]


def test_intervals_are_corrected_for_all_tests_of_the_ledger():
    assert each_level(0.95, 1) == pytest.approx(1 - 0.05 / 5)
    assert each_level(0.95, 27) == pytest.approx(1 - 0.05 / 135)
    values = shares(130, 0)
    alone = judge(pd.Series(values), worlds()[0], Rule("more", 0.01, 0.1, each_level(0.95, 1)), 1)
    among_many = judge(pd.Series(values), worlds()[0], Rule("more", 0.01, 0.1, each_level(0.95, 27)), 1)
    assert (alone.word, among_many.word) == ("holds", "undecided")


def test_shares_and_means_have_the_intervals_of_their_levels():
    count = judging.exact_share(np.arange(50) < 5, 0.99)
    exact = stats.binomtest(5, 50).proportion_ci(0.99, method="exact")
    assert (count.share.low, count.share.high) == (exact.low, exact.high)
    values = np.random.default_rng(1).normal(1, 2, 40)
    estimate = judging.mean(values, 0.99)
    t = stats.t.interval(0.99, 39, values.mean(), stats.sem(values))
    assert (estimate.low, estimate.high) == pytest.approx(t)


def test_a_statement_at_the_rare_share_is_hardly_ever_decided_either_way():
    """At the very share from which something counts, a ledger errs in 5 of 100 at most; 95% intervals would in more."""
    counts, often = np.unique(np.random.default_rng(5).binomial(300, 0.1, 2000), return_counts=True)
    none, wrong = pd.DataFrame(index=range(300)), {}
    for level in (each_level(0.95, 1), 0.8):
        rule = Rule("sometimes_more", 0.01, 0.1, level)
        words = [judge(pd.Series(np.where(np.arange(300) < count, 0.1, 0.0)), none, rule, 1).word for count in counts]
        wrong[level] = sum(often[place] for place, word in enumerate(words) if word != "undecided")
    strict, loose = wrong.values()
    assert strict <= 0.05 * 2000 < loose
