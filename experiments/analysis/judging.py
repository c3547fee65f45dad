"""Whether worlds bear a statement out: it holds, fails, depends or stays undecided.

The rule is the same for all statements, whatever they are about (docs/decisions/0012-judging-claims.md).
Worlds are the units. A world speaks for the statement, against it, or neither way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis import discovery
from experiments.analysis.contrasts import Count, Estimate, verdicts
from experiments.analysis.discovery import ENOUGH, Region

HOLDS, FAILS, DEPENDS, UNDECIDED = "holds", "fails", "depends", "undecided"
WORDS = (HOLDS, DEPENDS, FAILS, UNDECIDED)
INTERVALS = 5
"""Intervals that a judgement looks at: of worlds for and against, of the mean difference, and of two conditions."""


@dataclass(frozen=True)
class Rule:
    """What a judgement goes by: the expectation, the region, the rare share, and the level of each interval."""

    expect: str
    region: float
    rare: float
    level: float

    @property
    def general(self) -> bool:
        """Whether the claim is about worlds in general, and not about some."""
        return not self.expect.startswith("sometimes")


@dataclass(frozen=True)
class Judged:
    """A statement judged. `support`, `opposed` and `neither` count worlds; `effect` is the mean difference a less b.

    `conditions` are those under which worlds speak for the statement most clearly, then against it, each found on half
    of the worlds and counted on the others; only those that tell worlds apart there. `reason` says which part of the
    rule decided.
    """

    word: str
    reason: str
    worlds: int
    missing: int
    support: Count
    opposed: Count
    neither: Count
    effect: Estimate
    conditions: tuple[Region, ...]


def each_level(level: float, tests: int) -> float:
    """The level of each interval, so that all intervals of all tests hold together at `level` (Bonferroni)."""
    return 1 - (1 - level) / (INTERVALS * tests)


def signs(difference: NDArray[np.float64], expect: str, region: float) -> NDArray[np.int8]:
    """1 where a world speaks for what is expected of a less b, -1 where against, 0 where neither way."""
    sign = verdicts(difference, region)
    met = {
        "more": sign == 1,
        "less": sign == -1,
        "same": sign == 0,
        "sometimes_more": sign == 1,
        "sometimes_less": sign == -1,
        "sometimes_not_more": sign < 1,
    }[expect]
    opposite = {"more": sign == -1, "less": sign == 1}.get(expect, ~met)
    return np.where(met, 1, np.where(opposite, -1, 0)).astype(np.int8)


def judge(difference: pd.Series, design: pd.DataFrame, rule: Rule, seed: int) -> Judged:
    """Judge a statement by the differences a less b (index: world; NaN where missing) and the worlds' factors.

    `design` has a row for each world and the factors as columns. Fewer than two worlds leave it undecided.
    """
    known = difference.dropna()
    values = known.to_numpy()
    sign = signs(values, rule.expect, rule.region)
    support, opposed, neither = (exact_share(sign == way, rule.level) for way in (1, -1, 0))
    effect = mean(values, rule.level)
    conditions = separating(design.loc[known.index], sign, rule, seed) if mixed(support, opposed, rule) else ()
    word, reason = decide(support, opposed, effect, bool(conditions), rule)
    return Judged(
        word, reason, len(values), len(difference) - len(values), support, opposed, neither, effect, conditions
    )


def mixed(support: Count, opposed: Count, rule: Rule) -> bool:
    """Whether worlds of both kinds are common."""
    return support.share.low > rule.rare and opposed.share.low > rule.rare


def decide(support: Count, opposed: Count, effect: Estimate, separated: bool, rule: Rule) -> tuple[str, str]:
    """The judgement, and the part of the rule that it rests on.

    An interval that spans the rare share leaves open on which side it is, and with it every judgement that hangs on it.
    """
    common, seldom = support.share.low > rule.rare, support.share.high < rule.rare
    if not rule.general:
        return (HOLDS, "some") if common else (FAILS, "hardly any") if seldom else (UNDECIDED, "unsure")
    against, spared = opposed.share.low > rule.rare, opposed.share.high < rule.rare
    if common and against:
        return (DEPENDS, "both") if separated else (UNDECIDED, "unexplained")
    if seldom and against:
        return FAILS, "opposite"
    if seldom and spared:
        return FAILS, "nothing"
    if common and spared:
        return agreed(effect, rule)
    return UNDECIDED, "unsure"


def agreed(effect: Estimate, rule: Rule) -> tuple[str, str]:
    """The judgement where worlds for a statement are common and worlds against it rare: the mean must agree."""
    if rule.expect == "same":
        inside = -rule.region <= effect.low and effect.high <= rule.region
        outside = effect.low > rule.region or effect.high < -rule.region
    else:
        low, high = (effect.low, effect.high) if rule.expect == "more" else (-effect.high, -effect.low)
        inside, outside = low > 0, high < 0
    return (HOLDS, "clear") if inside else (FAILS, "outweighed") if outside else (UNDECIDED, "mean")


# -- intervals --------------------------------------------------------------------------------------------


def exact_share(holds: NDArray[np.bool_], level: float) -> Count:
    """How often something holds, with the exact interval (Clopper, Pearson); of no worlds anything may be true."""
    counted, of = int(np.sum(holds)), len(holds)
    if not of:
        return Count(0, 0, Estimate(0.0, 0.0, 1.0))
    interval = stats.binomtest(counted, of).proportion_ci(level, method="exact")
    return Count(counted, of, Estimate(counted / of, float(interval.low), float(interval.high)))


def mean(values: NDArray[np.float64], level: float) -> Estimate:
    """The mean with Student's interval, which is without end where there are fewer than two values."""
    if len(values) < 2:
        return Estimate(float(np.mean(values)) if len(values) else 0.0, -np.inf, np.inf)
    value, error = float(np.mean(values)), float(stats.sem(values))
    half = float(stats.t.ppf((1 + level) / 2, len(values) - 1)) * error
    return Estimate(value, value - half, value + half)


# -- conditions -------------------------------------------------------------------------------------------


def separating(design: pd.DataFrame, sign: NDArray[np.int8], rule: Rule, seed: int) -> tuple[Region, ...]:
    """Conditions under which worlds speak for the statement, then against it, that hold up on worlds held back.

    Where one holds, the net share of worlds is to be higher by clearly more than the rare share.
    """
    if not design.shape[1] or min(np.sum(sign == 1), np.sum(sign == -1)) < ENOUGH:
        return ()
    learning, held_back = discovery.halves(len(design), seed)
    pairs = []
    for name, way in (("for", 1), ("against", -1)):
        won = (way * sign).astype(np.int8)
        conditions = discovery.find_conditions(design.iloc[learning], won[learning])
        region = discovery.confirm(name, conditions, design.iloc[held_back], won[held_back], rule.level)
        if region.lift.low > rule.rare:
            pairs.append(region)
    return tuple(pairs)
