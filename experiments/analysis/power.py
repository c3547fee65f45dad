"""How many worlds a wanted precision takes, and how many replicates of a point: estimated from a pilot.

The pilot is any finished study. What it does not know of the spread is carried on: each number comes with the range
that the pilot leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis.contrasts import LEVEL, Estimate
from experiments.errors import StudyError

POWER = 0.9
"""Chance of seeing a difference that is there."""
PRECISIONS = (0.02, 0.01, 0.005, 0.002, 0.001)
PILOT = 20
"""Worlds below which a pilot says next to nothing about a spread."""
FLAT = 1e-12
"""Spread below which values differ by rounding alone."""
SLACK = 1.001
"""Room for rounding, so that a plan never falls a world short of its own precision."""


@dataclass(frozen=True)
class Plan:
    """Worlds that give the mean paired difference to within `precision` either way, with 95 % confidence.

    `unpaired` are the worlds an arm that the same precision takes where arms do not share their worlds. Ranges are
    those that a pilot of this size leaves open.
    """

    precision: float
    worlds: Estimate
    unpaired: Estimate


@dataclass(frozen=True)
class Power:
    """What a pilot says of larger studies.

    `spread`: standard deviation of the paired difference over worlds. `gain`: how many times the variance of a
    comparison falls by pairing. `detect`: worlds that show a true mean difference as large as the region with 90 %
    power. `share`: worlds that give a share of one half to within 1 in 100.
    """

    worlds: int
    spread: Estimate
    gain: float
    plans: tuple[Plan, ...]
    region: float
    detect: Estimate
    share: int


def deviation(values: NDArray[np.float64]) -> Estimate:
    """The standard deviation with an interval that allows for heavy tails (the spread of a variance from kurtosis)."""
    count, value = len(values), float(np.std(values, ddof=1))
    if value <= FLAT * max(1.0, float(np.abs(values).max())):
        return Estimate(0.0, 0.0, 0.0)
    excess = float(stats.kurtosis(values, fisher=False))
    error = np.sqrt(max(excess - (count - 3) / (count - 1), 2 / count) / count)  # of the logarithm of the variance
    half = float(stats.norm.ppf((1 + LEVEL) / 2) * error / 2)
    return Estimate(value, float(value * np.exp(-half)), float(value * np.exp(half)))


def worlds_for(spread: float, precision: float) -> int:
    """The fewest worlds whose 95 % t interval of the mean is, on average, at most `precision` either way."""
    count = 2.0
    for _ in range(50):
        after = max(2.0, (float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) * spread / precision) ** 2)
        if abs(after - count) < 0.5:
            break
        count = after if after > count else (after + count) / 2
    return int(np.ceil(after * SLACK))


def detecting(spread: float, effect: float) -> int:
    """Worlds that show a true mean difference of `effect` at the 5 % level with power `POWER`."""
    reach = float(stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER))
    return int(np.ceil((reach * spread / effect) ** 2 * SLACK)) + 2


def plan(pairs: pd.DataFrame, region: float, precisions: Sequence[float] = PRECISIONS) -> Power:
    """What the paired table of a pilot (see `contrasts.pair`) says of larger ones. `StudyError` if it is too small."""
    complete = pairs.dropna(subset="difference")
    if len(complete) < PILOT:
        raise StudyError(f"a pilot of {len(complete)} worlds says too little of the spread; it takes {PILOT} or more")
    difference = complete["difference"].to_numpy()
    spread = deviation(difference)
    if spread.value == 0:
        raise StudyError("the difference is the same in every world of the pilot, so any number of worlds would do")
    apart = float(np.sqrt(np.var(complete["a"], ddof=1) + np.var(complete["b"], ddof=1)))
    ratio = apart / spread.value
    effect = region or PRECISIONS[0]
    return Power(
        worlds=len(complete),
        spread=spread,
        gain=ratio * ratio,
        plans=tuple(
            Plan(precision, _each(spread, precision), _each(spread, precision, ratio)) for precision in precisions
        ),
        region=effect,
        detect=Estimate(*(float(detecting(sd, effect)) for sd in (spread.value, spread.low, spread.high))),
        share=worlds_for(0.5, 0.01),
    )


def _each(spread: Estimate, precision: float, times: float = 1.0) -> Estimate:
    return Estimate(*(float(worlds_for(times * sd, precision)) for sd in (spread.value, spread.low, spread.high)))


@dataclass(frozen=True)
class Replicates:
    """Replicates that give the paired difference at one point to within `precision`: at the middle point, and at
    the point of the most demanding tenth (of those the pilot met at least twice)."""

    precision: float
    points: int
    middle: int
    demanding: int


def replicates(spreads: NDArray[np.float64], precisions: Sequence[float] = PRECISIONS) -> tuple[Replicates, ...]:
    """From the variance of the paired difference within each point (points,): how many replicates a point takes.

    A variance from a few replicates is itself uncertain; over many points its root mean square is not, so the middle
    takes that of the middle fifth of points, and the demanding that of the top fifth.
    """
    ordered = np.sort(spreads[np.isfinite(spreads)])
    if len(ordered) < PILOT:
        raise StudyError(f"{len(ordered)} points were met more than once; it takes {PILOT} or more")
    fifth = max(1, len(ordered) // 5)
    start = (len(ordered) - fifth) // 2
    middle = float(np.sqrt(np.mean(ordered[start : start + fifth])))
    top = float(np.sqrt(np.mean(ordered[-fifth:])))
    return tuple(
        Replicates(precision, len(ordered), worlds_for(middle, precision), worlds_for(top, precision))
        for precision in precisions
    )
