"""Points in the unit cube, drawn in blocks: a point of a design of any size costs one block of memory.

A block is a function of (sampler, factors, samples, seed, number of the block). A design that fits into one block is
what the library gives for it; longer ones are Sobol sequences throughout, and otherwise one design after another, so
that a study cut short has whole ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from sim.params import BY_NAME

BLOCK = 2**16
"""Points in a block, about."""
MORRIS_LEVELS = 4

Cube = NDArray[np.float64]
"""(points, factors), each in [0, 1]."""


def generator(seed: int, block: int) -> np.random.Generator:
    """The random numbers of a block."""
    return np.random.default_rng([seed, block] if block else seed)


def random(factors: int, samples: int, seed: int, block: int) -> Cube:
    """Points drawn independently of one another."""
    return generator(seed, block).random((samples, factors))


def latin_hypercube(factors: int, samples: int, seed: int, block: int) -> Cube:
    """Each factor's range is cut into as many strata as there are points, and each stratum is met once."""
    return np.asarray(qmc.LatinHypercube(d=factors, rng=generator(seed, block)).random(samples))


def sobol(factors: int, samples: int, seed: int, block: int) -> Cube:
    """The scrambled Sobol sequence."""
    return _sequence(factors, samples, seed, block * samples_per_block("sobol", factors))


def _sequence(factors: int, samples: int, seed: int, skipped: int) -> Cube:
    sequence = qmc.Sobol(d=factors, scramble=True, rng=np.random.default_rng(seed))
    if skipped:
        return np.asarray(sequence.fast_forward(skipped).random(samples))
    return np.asarray(sequence.random_base2(max(0, samples - 1).bit_length()))[:samples]


def saltelli(factors: int, samples: int, seed: int, block: int) -> Cube:
    """Two Sobol points a and b a sample, and between them a with each factor in turn from b: first and total indices.

    The rows are those of `SALib.sample.sobol.sample` without second order, in its order.
    """
    base = _sequence(2 * factors, samples, seed, block * samples_per_block("saltelli", factors))
    rows = np.repeat(base[:, None, :factors], factors + 2, axis=1)
    for factor in range(factors):
        rows[:, factor + 1, factor] = base[:, factors + factor]
    rows[:, -1] = base[:, factors:]
    return rows.reshape(-1, factors)


def morris(factors: int, samples: int, seed: int, block: int) -> Cube:
    """Trajectories of SALib: each changes one factor after another by two thirds of its range."""
    from SALib.sample import morris as salib

    problem = {"num_vars": factors, "names": [str(n) for n in range(factors)], "bounds": [[0.0, 1.0]] * factors}
    return np.asarray(salib.sample(problem, samples, num_levels=MORRIS_LEVELS, seed=generator(seed, block)))


SAMPLERS: dict[str, Callable[[int, int, int, int], Cube]] = {
    "latin_hypercube": latin_hypercube,
    "random": random,
    "sobol": sobol,
    "saltelli": saltelli,
    "morris": morris,
}
"""(factors, samples, seed, block) -> points, equal for equal arguments."""


def points_per_sample(sampler: str, factors: int) -> int:
    """How many points of the design go together."""
    return {"saltelli": factors + 2, "morris": factors + 1}.get(sampler, 1)


def samples_per_block(sampler: str, factors: int) -> int:
    """Samples in a block, at least one."""
    return max(1, BLOCK // points_per_sample(sampler, factors))


def unit(sampler: str, factors: int, points: int, seed: int, start: int, stop: int) -> Cube:
    """The points from `start` to `stop` of a design of `points`."""
    if factors == 0 or start == stop:
        return np.empty((stop - start, factors))
    rows = samples_per_block(sampler, factors) * points_per_sample(sampler, factors)
    first, last = start // rows, (stop - 1) // rows
    blocks = [_block(sampler, factors, points, seed, block) for block in range(first, last + 1)]
    return np.concatenate(blocks)[start - first * rows : stop - first * rows]


@lru_cache(maxsize=2)
def _block(sampler: str, factors: int, points: int, seed: int, block: int) -> Cube:
    size = samples_per_block(sampler, factors)
    samples = points // points_per_sample(sampler, factors)
    return SAMPLERS[sampler](factors, min(size, samples - block * size), seed, block)


def evenly(name: str, low: float, high: float, unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a parameter at coordinates in [0, 1), evenly over a range; of integers both ends are as likely."""
    if BY_NAME[name].integer:
        return np.minimum(low + np.floor(unit * (high - low + 1)), high)
    return low + unit * (high - low)
