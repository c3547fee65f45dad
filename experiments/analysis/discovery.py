"""In which worlds each arm wins: what tells them apart, put into conditions, and checked on worlds held back.

Decided worlds are those where one arm won by more than the region of practical equivalence: `verdict` (n,) is 1 where
arm a won, -1 where arm b did, 0 elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis.contrasts import LEVEL, Count, Estimate, count, within

ENOUGH = 30
"""Each arm must win in so many worlds before one may say where it does."""
CUTS = np.arange(0.1, 0.91, 0.1)
"""Thresholds that are tried for a condition: these quantiles of the factor, to the two digits they are told in."""
BLOCK = 2_000
"""Worlds that are counted at once, which bounds the memory it takes."""
SMALLEST_SHARE = 0.05
"""A condition must hold in at least this share of worlds."""


@dataclass(frozen=True)
class Effect:
    """How a factor tells apart the worlds each arm wins.

    `effect`: the chance that a world arm a wins has a higher value than one arm b wins (equal values count half), less
    1/2; from -1/2 to 1/2. Its interval holds for all factors of the study together (Bonferroni).
    """

    factor: str
    effect: Estimate


@dataclass(frozen=True)
class Condition:
    """`factor` above (or at most) `threshold`."""

    factor: str
    above: bool
    threshold: float

    def holds(self, design: pd.DataFrame) -> NDArray[np.bool_]:
        """(worlds,) where the condition holds, in a table with a column for its factor."""
        values = design[self.factor].to_numpy()
        return np.asarray(values > self.threshold if self.above else values <= self.threshold)


@dataclass(frozen=True)
class Region:
    """Where one arm does comparatively best: up to two conditions, found on half of the worlds, checked on the others.

    `won` and `lost` count, among the held-back worlds, how often `arm` won and lost where the conditions hold;
    `won_elsewhere` and `lost_elsewhere` where they do not. `coverage` is the share of the arm's wins that lie inside,
    `lift` the net share of wins inside less that outside; `confirmed` says that it is above 0 beyond its interval.
    """

    arm: str
    conditions: tuple[Condition, ...]
    share_of_worlds: float
    won: Count
    lost: Count
    won_elsewhere: Count
    lost_elsewhere: Count
    coverage: float
    lift: Estimate
    confirmed: bool


@dataclass(frozen=True)
class Discovery:
    """Effects of all factors, strongest first, and a region for each arm; or, where too few won, a `reason`."""

    effects: tuple[Effect, ...]
    regions: tuple[Region, ...]
    reason: str


def discover(design: pd.DataFrame, verdict: NDArray[np.int8], arms: tuple[str, str], seed: int) -> Discovery:
    """What tells the worlds each arm wins apart. `design` (n rows) has the factors as columns, and no others."""
    wins, losses = int(np.sum(verdict == 1)), int(np.sum(verdict == -1))
    if design.shape[1] == 0:
        return Discovery((), (), "The worlds of this study differ only by chance: there is nothing to tell apart.")
    if min(wins, losses) < ENOUGH:
        few = f"each must win in at least {ENOUGH} worlds, and they won {wins:,} and {losses:,}"
        return Discovery((), (), f"There are too few worlds to say where each wins: {few}.")
    effects = tuple(
        sorted(rank_effects(design, verdict), key=lambda effect: (-abs(effect.effect.value), effect.factor))
    )
    learning, held_back = halves(len(design), seed)
    regions = []
    for arm, sign in zip(arms, (1, -1), strict=True):
        conditions = find_conditions(design.iloc[learning], sign * verdict[learning])
        regions.append(confirm(arm, conditions, design.iloc[held_back], sign * verdict[held_back]))
    return Discovery(effects, tuple(regions), "")


def rank_effects(design: pd.DataFrame, verdict: NDArray[np.int8]) -> list[Effect]:
    """The effect of each column of `design`, with DeLong's interval."""
    a_won, b_won = verdict == 1, verdict == -1
    quantile = stats.norm.ppf(1 - (1 - LEVEL) / 2 / design.shape[1])
    effects = []
    for factor in design.columns:
        high, low = design.loc[a_won, factor].to_numpy(), design.loc[b_won, factor].to_numpy()
        ranks = stats.rankdata(np.concatenate([high, low]))
        # The share of the other group's worlds that each world lies above: DeLong's "placements".
        above = (ranks[: len(high)] - stats.rankdata(high)) / len(low)
        below = (ranks[len(high) :] - stats.rankdata(low)) / len(high)
        value = float(np.mean(above)) - 0.5
        half = float(quantile * np.sqrt(np.var(above, ddof=1) / len(high) + np.var(below, ddof=1) / len(low)))
        effects.append(Effect(str(factor), within(Estimate(value, value - half, value + half), -0.5, 0.5)))
    return effects


def halves(worlds: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two random halves of the worlds, each in ascending order: one to learn from, one held back."""
    order = np.random.default_rng([seed, worlds]).permutation(worlds)
    return np.sort(order[: worlds // 2]), np.sort(order[worlds // 2 :])


def find_conditions(design: pd.DataFrame, won: NDArray[np.int8]) -> tuple[Condition, ...]:
    """One or two conditions under which `won` (1 won, -1 lost, 0 neither) is highest for how many worlds they hold in.

    Every pair of thresholds at deciles of the factors is tried. The score is the rise of the mean of `won` over all
    worlds, times the square root of the share of worlds (Kloesgen's measure). A second condition is kept only where it
    adds a tenth to the score.
    """
    halflines = [
        Condition(str(factor), above, threshold)
        for factor in design.columns
        for threshold in sorted({float(f"{cut:.2g}") for cut in np.quantile(design[factor], CUTS)})
        for above in (True, False)
    ]
    size, sums = counts(halflines, design, won)
    share = size / len(won)
    gain = np.divide(sums, size, out=np.zeros_like(sums), where=size > 0) - np.mean(won, dtype=np.float64)
    score = np.where(share >= SMALLEST_SHARE, gain * np.sqrt(share), -np.inf)
    single = int(np.argmax(np.diag(score)))
    first, second = np.unravel_index(int(np.argmax(score)), score.shape)
    if score[first, second] < 1.1 * score[single, single]:
        return (halflines[single],)
    return tuple(
        sorted({halflines[first], halflines[second]}, key=lambda condition: (condition.factor, condition.above))
    )


def counts(
    conditions: list[Condition], design: pd.DataFrame, won: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each pair of conditions: in how many worlds both hold, and the sum of `won` over these.

    Whole numbers far below 2**24, which float32 adds exactly in any order: the result is the same on every machine.
    """
    size = np.zeros((len(conditions), len(conditions)))
    sums = np.zeros_like(size)
    for start in range(0, len(design), BLOCK):
        rows = slice(start, start + BLOCK)
        block = design.iloc[rows]
        inside = np.array([condition.holds(block) for condition in conditions], dtype=np.float32)
        size += inside @ inside.T
        sums += (inside * won[rows].astype(np.float32)) @ inside.T
    return size, sums


def confirm(
    arm: str, conditions: tuple[Condition, ...], design: pd.DataFrame, won: NDArray[np.int8], level: float = LEVEL
) -> Region:
    """How the conditions fare on worlds they were not found on; the rise has an interval at confidence `level`."""
    inside = np.ones(len(design), dtype=bool)
    for condition in conditions:
        inside &= condition.holds(design)
    here, elsewhere = won[inside], won[~inside]
    lift = rise(here, elsewhere, level)
    return Region(
        arm=arm,
        conditions=conditions,
        share_of_worlds=float(np.mean(inside)),
        won=count(here == 1),
        lost=count(here == -1),
        won_elsewhere=count(elsewhere == 1),
        lost_elsewhere=count(elsewhere == -1),
        coverage=float(np.sum(here == 1) / max(1, np.sum(won == 1))),
        lift=lift,
        confirmed=lift.low > 0,
    )


def rise(here: NDArray[np.int8], elsewhere: NDArray[np.int8], level: float = LEVEL) -> Estimate:
    """Mean of `here` less that of `elsewhere`, both from -1 to 1; anything is possible where either has under two.

    The interval is Student's with the degrees of freedom of the smaller group, which is on the safe side.
    """
    fewest = min(len(here), len(elsewhere))
    if fewest < 2:
        return Estimate(0.0, -2.0, 2.0)
    value = float(np.mean(here) - np.mean(elsewhere))
    error = np.sqrt(np.var(here, ddof=1) / len(here) + np.var(elsewhere, ddof=1) / len(elsewhere))
    half = float(stats.t.ppf((1 + level) / 2, fewest - 1) * error)
    return Estimate(value, value - half, value + half)
