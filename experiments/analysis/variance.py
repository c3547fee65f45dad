"""How much of the variance between runs is stochastic, and how much is due to parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.contrasts import LEVEL, Estimate
from experiments.errors import StudyError

SHARE_RESAMPLES = 1_000
FEWEST_POINTS = 20
GROUPS = 500
"""Groups of points that are resampled, at the most."""
FLAT = 1e-15


@dataclass(frozen=True)
class StochasticShare:
    """Share of the variance of single runs that is stochastic: other partners and shocks at the same parameters.

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


def stochastic_share(table: pd.DataFrame, seed: int, together: int = 1) -> StochasticShare:
    """The share of stochastic variance, from `spread`'s table, with a bootstrap interval over points.

    One-way analysis of variance: what points differ by, beyond what chance explains, is due to parameters. Points that
    were drawn together, `together` at a time, are resampled together. `StudyError` where too few points were met
    twice, or nothing varies.
    """
    met = table[table["count"] >= 2]
    if len(met) < FEWEST_POINTS:
        raise StudyError(
            f"{len(met)} points were met more than once; stochastic variance takes {FEWEST_POINTS} or more"
        )
    sums = summed(met, together)
    within, between = parts(sums.sum(axis=0)[None])
    total = float(within[0] + between[0])
    if total <= FLAT:
        raise StudyError("it is the same in every run, so there is no variance to share out")
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), SHARE_RESAMPLES).astype(np.float64)
    again_within, again_between = parts(weights @ sums)
    again_total = again_within + again_between
    varied = again_total > FLAT  # points that hardly ever differ may be resampled without one that does
    shares = again_within[varied] / again_total[varied]
    low, high = np.quantile(shares, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    value = float(within[0] / total)
    return StochasticShare(
        Estimate(value, float(low), float(high)), total, float(within[0]), len(met), float(met["count"].mean())
    )


def summed(table: pd.DataFrame, together: int) -> NDArray[np.float64]:
    """What `parts` needs, summed over groups of points (groups, 6): each point its own, or at most `GROUPS` groups."""
    count, mean, variance = (table[name].to_numpy(np.float64) for name in ("count", "mean", "var"))
    mean = mean - mean.mean()  # so that squares keep their digits
    columns = np.stack([np.ones_like(mean), (count - 1) * variance, count - 1, mean, mean * mean, 1 / count], axis=1)
    _, group = np.unique(table.index.to_numpy() // together, return_inverse=True)
    groups = min(GROUPS, int(group.max()) + 1)
    sums = np.zeros((groups, columns.shape[1]))
    np.add.at(sums, group % groups, columns)
    return sums


def parts(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance within and between points, for each row of sums (see `summed`)."""
    size, squares, freedom, means, mean_squares, inverse = sums.T
    within = squares / freedom
    apart = np.maximum(mean_squares / size - (means / size) ** 2, 0) * size / (size - 1)
    return within, np.maximum(apart - within * inverse / size, 0)
