"""Approximate Bayesian computation, sequential: particles drawn from a prior box move towards what was observed.

Population Monte Carlo (Beaumont, Cornuet, Marin & Robert 2009; Toni et al. 2009). The first population comes from the
prior; each later one is drawn from the one before, moved by a normal kernel, and kept where its distance is within a
tolerance that falls. Some coordinates are *moved*; the others are drawn from the prior anew for every proposal, which
costs no weight and leaves the joint distribution right. Everything is addressed by (seed, population, batch), so the
result depends on neither workers nor interruptions. Why not a library: docs/decisions/0010.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Distances = Callable[[Numbers, int, float], Numbers]
"""From points in the unit cube (points, coordinates), the number of the first and a tolerance to distances (points,).

Beyond the tolerance a distance may be given as infinite, so that what is far off need not be simulated to its end."""

PRIOR_DRAWS = 0
"""The number under which prior draws are made; populations count from 1."""
MOST_MISSES = 200
"""Draws for one proposal that fall outside the prior, before its kernel is given up."""


@dataclass(frozen=True)
class Plan:
    """How a posterior is sought: particles kept, proposals in a batch, prior draws, and when to stop.

    Populations end at `populations`, or when one would take more than `most` proposals.
    """

    particles: int = 400
    batch: int = 400
    prior_draws: int = 20_000
    populations: int = 10
    most: int = 1_000_000
    quantile: float = 0.5


EFFORT = ("particles", "prior_draws", "populations", "most")
"""What of a plan may be asked for."""


@dataclass(frozen=True)
class Population:
    """Particles (particles, coordinates) in the unit cube, their weights (sum 1) and distances, and what they cost."""

    number: int
    tolerance: float
    points: Numbers
    weights: Numbers
    distances: Numbers
    proposals: int

    @property
    def effective_sample_size(self) -> float:
        """How many particles of equal weight they are worth."""
        return float(1.0 / (self.weights * self.weights).sum())


def generator(seed: int, population: int, batch: int) -> np.random.Generator:
    """The random numbers of one batch of a population, whatever was drawn before."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, population, batch])))


def prior_points(plan: Plan, coordinates: int, seed: int) -> Numbers:
    """Points drawn evenly from the unit cube: the first population is the nearest of them."""
    return generator(seed, PRIOR_DRAWS, 0).random((plan.prior_draws, coordinates))


def first(plan: Plan, points: Numbers, distances: Numbers) -> Population:
    """The nearest of the prior's draws, all of one weight."""
    nearest = np.sort(np.argsort(distances, kind="stable")[: plan.particles])
    count = len(nearest)
    kept = distances[nearest]
    return Population(1, float(kept.max()), points[nearest], np.full(count, 1.0 / count), kept, len(points))


def later(plan: Plan, start: Population, moved: Sequence[int], distances: Distances, seed: int) -> Iterator[Population]:
    """One population after another, each within a tolerance that half of the one before is within."""
    before = start
    while before.number < plan.populations:
        population = following(plan, before, list(moved), distances, seed)
        if population is None:
            return
        yield population
        before = population


def following(plan: Plan, before: Population, moved: list[int], distances: Distances, seed: int) -> Population | None:
    """The next population; None where it would take more proposals than the plan allows."""
    tolerance = quantile(before.distances, before.weights, plan.quantile)
    if not tolerance < before.tolerance:
        return None
    root: Numbers = np.linalg.cholesky(kernel(before.points[:, moved], before.weights)).astype(np.float64)
    kept: list[Numbers] = []
    far: list[Numbers] = []
    made = 0
    while sum(len(batch) for batch in kept) < plan.particles and made < plan.most:
        points = propose(before, moved, root, generator(seed, before.number + 1, made), plan.batch)
        apart = distances(points, address(before.number + 1, made, plan), tolerance)
        kept.append(points[apart <= tolerance])
        far.append(apart[apart <= tolerance])
        made += plan.batch
    points, apart = np.concatenate(kept)[: plan.particles], np.concatenate(far)[: plan.particles]
    if len(points) < plan.particles:
        return None
    weights = 1.0 / density(points[:, moved], before.points[:, moved], before.weights, root)
    return Population(before.number + 1, tolerance, points, weights / weights.sum(), apart, made)


def address(population: int, made: int, plan: Plan) -> int:
    """The number of a batch's first run: no two proposals share chance."""
    return plan.prior_draws + (population - 2) * (plan.most + plan.batch) + made


def quantile(values: Numbers, weights: Numbers, at: float) -> float:
    """The weighted quantile of some values."""
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), at - 1e-12)])


def kernel(points: Numbers, weights: Numbers) -> Numbers:
    """Twice the weighted covariance of the particles, a little wider so that it is never flat."""
    mean = weights @ points
    apart = points - mean
    return 2.0 * (apart * weights[:, None]).T @ apart + 1e-6 * np.eye(points.shape[1])


def propose(before: Population, moved: list[int], root: Numbers, rng: np.random.Generator, count: int) -> Numbers:
    """Points drawn from particles by weight and moved, all inside the prior; the coordinates not moved are new."""
    points = rng.random((count, before.points.shape[1]))
    centres, heights = before.points[:, moved], np.cumsum(before.weights)
    outside = np.arange(count)
    for _ in range(MOST_MISSES):
        # A particle is drawn anew with each move: else those near the edge would be moved from too often.
        parents = np.minimum(np.searchsorted(heights, rng.random(len(outside))), len(heights) - 1)
        drawn = centres[parents] + rng.standard_normal((len(outside), len(moved))) @ root.T
        inside = ((drawn >= 0.0) & (drawn <= 1.0)).all(axis=1)
        points[np.ix_(outside[inside], np.array(moved))] = drawn[inside]
        outside = outside[~inside]
        if not len(outside):
            break
    return points


def density(points: Numbers, centres: Numbers, weights: Numbers, root: Numbers) -> Numbers:
    """How densely the kernel around weighted centres covers each point, up to a constant."""
    scaled, around = np.linalg.solve(root, points.T).T, np.linalg.solve(root, centres.T).T
    densities = np.empty(len(points))
    for place, point in enumerate(scaled):
        apart = around - point
        densities[place] = float(weights @ np.exp(-0.5 * (apart * apart).sum(axis=1)))
    return densities
