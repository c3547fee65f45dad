"""A pattern measured: one number for each run of its scenario, how far off it is, and whether the pattern is met."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.calibration.pattern import Pattern
from experiments.calibration.readings import Numbers, Played, holds, months_of, of_sector, values_read

LEVEL = 0.95
"""Of every interval here."""
FARTHEST = 3.0
"""Distance beyond which a pattern is simply missed: one pattern must not outweigh all others."""
SLACK = 1e-9
"""What a bound yields, since it may not be a number that a computer has."""


@dataclass(frozen=True)
class Measured:
    """A pattern in each run: its number, and how many tolerances it is from what was observed (0 to `FARTHEST`)."""

    value: Numbers  # (runs,)
    distance: Numbers  # (runs,)


def measure(pattern: Pattern, plays: Sequence[Played]) -> Measured:
    """Read a pattern from the simulations that it asks for (`Pattern.changes`)."""
    value, distance = MEASURES[pattern.kind](pattern, plays)
    far = np.where(np.isnan(distance), FARTHEST, np.clip(distance, 0.0, FARTHEST))
    return Measured(value, far)


def tolerance(pattern: Pattern) -> tuple[float, float]:
    """Between what a pattern is met: for k of n the exact binomial interval, for an order what chance rarely gives."""
    observed = pattern.observed
    if pattern.kind == "count":
        interval = stats.binomtest(observed["count"], observed["of"]).proportion_ci(LEVEL, method="exact")
        return float(interval.low), float(interval.high)
    if pattern.kind in ("rate", "amount", "delay"):
        return float(observed["from"]), float(observed["to"])
    if pattern.kind == "order":
        return hardly_by_chance(len(observed)), 1.0
    if pattern.kind == "no_effect":
        return 0.5, 1.0
    return (0.0, np.inf) if pattern.observed in ("higher", "not_lower") else (-np.inf, 0.0)


def beyond(pattern: Pattern, value: Numbers) -> Numbers:
    """How far a number lies beyond its range, in half the range's width."""
    low, high = tolerance(pattern)
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    return np.asarray(np.maximum(np.abs(value - middle) - half, 0.0) / half)


def sign_of(pattern: Pattern) -> float:
    """Which way a direction goes."""
    return 1.0 if pattern.observed in ("higher", "not_lower") else -1.0


# -- kinds of patterns --------------------------------------------------------------------------------------


def locality_share(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The share of localities in which the conditions hold, among those that qualify; NaN where none does."""
    qualify = holds(plays[0], pattern.content.get("among", ()))
    shown = holds(plays[0], pattern.content["where"]) & qualify
    of = qualify.sum(axis=1)
    value = np.where(of > 0, shown.sum(axis=1) / np.maximum(of, 1), np.nan)
    if pattern.kind == "count":
        low, high = tolerance(pattern)
        middle = pattern.observed["count"] / pattern.observed["of"]
        return value, np.abs(value - middle) / np.where(value < middle, middle - low, high - middle)
    return value, beyond(pattern, value)


def hardly_by_chance(items: int) -> float:
    """The rank agreement (Kendall's tau) that at most one random order in twenty reaches."""
    pairs = items * (items - 1) / 2
    taus = [
        sum(1 if b > a else -1 for a, b in itertools.combinations(order, 2)) / pairs
        for order in itertools.permutations(range(items))
    ]
    for tau in sorted(set(taus)):
        if sum(other >= tau for other in taus) <= (1.0 - LEVEL) * len(taus):
            return tau
    return 1.0


def order(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """Agreement of ranks: of means over localities, by sector or under several conditions, with the observed order."""
    reading = pattern.content["reading"]
    if "conditions" in pattern.content:
        by_name = dict(zip(pattern.content["conditions"], plays, strict=True))
        means = [values_read(by_name[name], reading).mean(axis=1) for name in pattern.observed]
    else:
        means = [of_sector(plays[0], sector, reading).mean(axis=(1, 2)) for sector in pattern.observed]
    pairs = list(itertools.combinations(means, 2))
    value = np.stack([np.sign(first - second) for first, second in pairs], axis=1).mean(axis=1)
    return value, (1.0 - value) / (2.0 / len(pairs))


def direction(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The mean difference between two readings of the same localities; how far it is from being clearly so."""
    apart = values_read(plays[0], pattern.content["this"]) - values_read(plays[-1], pattern.content["than"])
    value, error = mean_and_error(apart)
    clear = stats.norm.ppf((1.0 + LEVEL) / 2.0) * error
    wanted = np.zeros_like(value) if pattern.observed.startswith("not_") else clear
    return value, np.maximum(wanted - sign_of(pattern) * value, 0.0) / np.maximum(clear, 1e-12)


def mean_and_error(values: Numbers) -> tuple[Numbers, Numbers]:
    """The mean over the localities in which a reading is not missing, and its standard error; NaN for fewer than 2."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    enough = np.where(count > 1, count, 1)
    mean = np.where(known, values, 0.0).sum(axis=1) / enough
    squares = np.where(known, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    error = np.sqrt(squares / np.maximum(enough - 1, 1) / enough)
    return np.where(count > 1, mean, np.nan), np.where(count > 1, error, np.nan)


def no_effect(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The mean of a reading; how far its interval over so many localities is from holding 0."""
    values = values_read(plays[0], {"outcome": pattern.content["reading"]})[:, : pattern.observed["localities"]]
    mean, count = values.mean(axis=1), values.shape[1]
    half = stats.t.ppf((1.0 + LEVEL) / 2.0, count - 1) * values.std(axis=1, ddof=1) / np.sqrt(count)
    return mean, np.maximum(np.abs(mean) - half, 0.0) / np.maximum(half, 1e-12)


def amount(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The mean over localities of a reading, less that of another where there is one."""
    values = values_read(plays[0], pattern.content["this"])
    if "than" in pattern.content:
        values = values - values_read(plays[-1], pattern.content["than"])
    value, _ = mean_and_error(values)
    return value, beyond(pattern, value)


def delay(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """Months by which localities reach later what they would have reached by a month; the median over localities.

    Where it is not reached before the run ends, the months to the end stand for it, which is too few.
    """
    name, at = pattern.content["reading"]["series"], pattern.content["at"]
    disturbed, undisturbed = (months_of(played, name) for played in plays)
    reached = disturbed[:, :, at - 1 :] >= undisturbed[:, :, at - 1, None]
    months = np.where(reached.any(axis=2), reached.argmax(axis=2), reached.shape[2])
    value = np.median(months, axis=1)
    return value, beyond(pattern, value)


def association(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The rank correlation over localities of two readings, less that of two others; NaN where one does not vary."""
    value = correlation(plays[0], pattern.content["this"]) - correlation(plays[0], pattern.content["than"])
    error = 1.0 / np.sqrt(plays[0].outcomes.shape[1] - 3.0)
    return value, np.maximum(-sign_of(pattern) * value, 0.0) / error


def correlation(played: Played, pair: Sequence[dict[str, object]]) -> Numbers:
    """Spearman's rank correlation over localities of two readings, for each run; NaN where one does not vary."""
    first, second = (values_read(played, reading) for reading in pair)
    return np.array([rank_correlation(x, y) for x, y in zip(first, second, strict=True)])


def rank_correlation(x: Numbers, y: Numbers) -> float:
    """Spearman's rank correlation of what is known of both; NaN where one does not vary."""
    known = ~(np.isnan(x) | np.isnan(y))
    if known.sum() < 4 or len(np.unique(x[known])) < 2 or len(np.unique(y[known])) < 2:
        return float("nan")
    return float(stats.spearmanr(x[known], y[known]).statistic)


MEASURES = {
    "count": locality_share,
    "rate": locality_share,
    "order": order,
    "direction": direction,
    "no_effect": no_effect,
    "amount": amount,
    "delay": delay,
    "association": association,
}


# -- whether it is met --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """A pattern over many runs: the mean of its number, the range of 95% of runs, and whether it is met.

    `share` is the share of single runs that show it, each taken by itself.
    """

    value: float
    low: float
    high: float
    met: bool
    share: float


def shown(pattern: Pattern, measured: Measured) -> NDArray[np.bool_]:
    """(runs,) whether a single run shows a pattern: within its tolerance, or clearly the way it goes."""
    if pattern.kind == "order":
        return np.asarray(measured.value >= tolerance(pattern)[0] - SLACK)
    return np.asarray(measured.distance <= (1.0 if pattern.kind == "count" else 0.0) + SLACK)


def judge_pattern(pattern: Pattern, measured: Measured) -> Verdict:
    """Whether the simulation shows a pattern.

    A share, an amount and a delay are met where the mean over runs is within tolerance; a direction where 95% of runs
    are on its side (or, for one that says *not*, not all on the other); no effect, and an agreement of ranks, where
    most runs show it.
    """
    value = measured.value[~np.isnan(measured.value)]
    if not len(value):
        return Verdict(np.nan, np.nan, np.nan, False, 0.0)
    low, high = (float(np.quantile(value, at)) for at in ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    mean, share = float(value.mean()), float(shown(pattern, measured).mean())
    least, most = tolerance(pattern)
    if pattern.kind in ("no_effect", "order"):
        met = share > 0.5
    elif pattern.kind in ("direction", "association"):
        met = {"higher": low > 0.0, "lower": high < 0.0, "not_higher": low <= 0.0, "not_lower": high >= 0.0}[
            pattern.observed
        ]
    else:
        met = least - SLACK <= mean <= most + SLACK
    return Verdict(mean, low, high, bool(met), share)
