"""Simulation-based calibration of the sampler (Talts et al. 2018): does it find parameters that were planted?

Parameters are drawn from the prior, their patterns simulated, and the sampler is set on those numbers as on the
record's. Were its posteriors right, the rank of each planted value among draws of its posterior would be even. Regions
that are too wide show as ranks heaped in the middle, too narrow ones as ranks heaped at the ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.calibration import smc
from experiments.calibration.calibrate import PIECE, chosen, correlated
from experiments.calibration.measure import FARTHEST
from experiments.calibration.pattern import Pattern
from experiments.calibration.pieces import in_pieces, measure_all
from experiments.calibration.readings import Numbers
from experiments.calibration.smc import Plan, Population
from experiments.config.boxes import COORDINATES, world_from

DRAWS = 99
"""Draws of a posterior among which a planted value is ranked, from 0 to 99."""
BINS = 10
"""Bins of the picture, and of the test for evenness."""
PLANTED = 2**32 - 1
"""The number under which planted parameters are drawn: no population has it."""
EFFORT = Plan(particles=100, batch=200, prior_draws=1000, populations=4, most=10_000)
"""The effort of each planting."""


@dataclass(frozen=True)
class Ranks:
    """The rank of each planted value (rows: plantings; columns: moved parameters), 0 to `DRAWS`."""

    table: pd.DataFrame
    patterns: Sequence[str]
    seed: int

    def evenness(self) -> dict[str, float]:
        """For each parameter the p-value of a chi-squared test that its ranks are even."""
        return {
            str(name): float(stats.chisquare(binned(ranks.to_numpy())).pvalue) for name, ranks in self.table.items()
        }

    def coverage(self, level: float) -> dict[str, float]:
        """For each parameter how often the planted value lies within the central region of that level."""
        low, high = (1.0 - level) / 2.0 * (DRAWS + 1), (1.0 + level) / 2.0 * (DRAWS + 1)
        return {str(name): float(((ranks >= low) & (ranks < high)).mean()) for name, ranks in self.table.items()}


def binned(ranks: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many ranks fall into each of `BINS` bins of equal width."""
    counts: NDArray[np.int64] = np.histogram(ranks, bins=BINS, range=(0, DRAWS + 1))[0]
    return counts


def plant(patterns: Sequence[Pattern], plantings: int, seed: int, executor: Executor, effort: Plan = EFFORT) -> Ranks:
    """Plant parameters and seek each of them again; the ranks do not depend on the workers.

    All plantings share the prior's draws, and which parameters are moved is settled by them, as in a calibration. Each
    has chance of its own, by a seed of its own.
    """
    prior = smc.prior_points(effort, len(COORDINATES), seed)
    drawn = pattern_values(patterns, prior, seed, 0, executor)
    moved = chosen(correlated(prior, drawn))
    places = [COORDINATES.index(name) for name in moved]
    scale = np.array([unit_of(drawn[name].to_numpy()) for name in drawn])
    truths = smc.generator(seed, PLANTED, 0).random((plantings, len(COORDINATES)))
    planted = pattern_values(patterns, truths, seed, len(prior), executor).to_numpy()

    def sought(number: int) -> list[int]:
        def distances(points: Numbers, first: int, _: float) -> Numbers:
            return distance(pattern_values(patterns, points, own_seed, first).to_numpy(), planted[number], scale)

        own_seed = seed + 1 + number
        start = smc.first(effort, prior, distance(drawn.to_numpy(), planted[number], scale))
        populations = [start, *smc.later(effort, start, places, distances, own_seed)]
        return ranks_of(populations[-1], truths[number], places)

    rows = list(executor.map(sought, range(plantings)))
    return Ranks(pd.DataFrame(rows, columns=list(moved)), [pattern.name for pattern in patterns], seed)


def pattern_values(
    patterns: Sequence[Pattern], points: Numbers, seed: int, first: int, executor: Executor | None = None
) -> pd.DataFrame:
    """Each pattern's number (columns) at points of the unit cube (rows), whose runs are numbered from `first`."""
    worlds = [world_from(point) for point in points]
    if executor is None:
        measured = measure_all(patterns, worlds, seed, runs=range(first, first + len(worlds)))
    else:
        measured = in_pieces(patterns, worlds, seed, executor, PIECE, first=first)
    return pd.DataFrame({name: numbers.value for name, numbers in measured.items()})


def unit_of(values: NDArray[np.float64]) -> float:
    """The unit of a pattern's distance: a quarter of the standard deviation of its number over the prior."""
    return float(np.nanstd(values)) / 4.0 or 1.0


def distance(values: Numbers, target: Numbers, scale: Numbers) -> Numbers:
    """The mean distance of numbers (points, patterns) from those planted, each at most `FARTHEST`; NaN is near NaN."""
    apart = np.abs(values - target) / scale
    missing = np.isnan(values) | np.isnan(target)
    same = np.isnan(values) & np.isnan(target)
    far = np.where(same, 0.0, np.where(missing, FARTHEST, np.minimum(apart, FARTHEST)))
    return np.asarray(far.mean(axis=1))


def ranks_of(posterior: Population, truth: Numbers, places: Sequence[int]) -> list[int]:
    """The rank of each moved parameter's planted value among `DRAWS` draws of its posterior, spread by weight."""
    heights = np.cumsum(posterior.weights)
    rows = np.searchsorted(heights, (np.arange(DRAWS) + 0.5) / DRAWS * heights[-1])
    draws = posterior.points[np.minimum(rows, len(heights) - 1)]
    return [int((draws[:, place] < truth[place]).sum()) for place in places]
