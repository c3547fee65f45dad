"""How much of what differs between runs is luck, how much parameters: from points that were met more than once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.contrasts import LEVEL, Estimate
from experiments.store import StudyError

RESAMPLES = 1_000
FEWEST = 20


@dataclass(frozen=True)
class Luck:
    """Share of the variance of single runs that is luck: other partners and shocks at the same parameters.

    `variance` is that of single runs in all, `within` that at one point, `replicates` how often a point was met.
    """

    share: Estimate
    variance: float
    within: float
    points: int
    replicates: float


def spread(runs: pd.DataFrame, value: str) -> pd.DataFrame:
    """By point: how often it was met, and the mean and variance (columns count, mean, var) of a column of runs."""
    return runs.dropna(subset=value).groupby("point")[value].agg(["count", "mean", "var"])


def share(table: pd.DataFrame, seed: int) -> Luck:
    """The share of luck, from `spread`'s table, with a bootstrap interval over points.

    One-way analysis of variance: what points differ by beyond what luck makes their means differ is parameters.
    `StudyError` where too few points were met twice, or nothing varies.
    """
    again = table[table["count"] >= 2]
    if len(again) < FEWEST:
        raise StudyError(f"{len(again)} points were met more than once; the share of luck takes {FEWEST} or more")
    counts, means, variances = (again[name].to_numpy(np.float64) for name in ("count", "mean", "var"))
    within, between = parts(counts, means, variances, np.ones((1, len(again))))
    total = float(within[0] + between[0])
    if total <= 1e-15:
        raise StudyError("it is the same in every run, so there is no variance to share out")
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(again), np.full(len(again), 1 / len(again)), RESAMPLES).astype(np.float64)
    again_within, again_between = parts(counts, means, variances, weights)
    shares = again_within / (again_within + again_between)
    low, high = np.quantile(shares, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    value = float(within[0] / total)
    return Luck(Estimate(value, float(low), float(high)), total, float(within[0]), len(again), float(counts.mean()))


def parts(
    counts: NDArray[np.float64], means: NDArray[np.float64], variances: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Variance within and between points (each of `len(weights)`), points counting as the rows of `weights` say."""
    size = weights.sum(axis=1)
    within = weights @ ((counts - 1) * variances) / (weights @ (counts - 1))
    mean = weights @ means / size
    apart = np.maximum(weights @ (means * means) / size - mean * mean, 0) * size / (size - 1)
    return within, np.maximum(apart - within * (weights @ (1 / counts) / size), 0)
