"""The question itself in the worlds of each column: structure first beside purpose first, whole model and rivals.

`partnership validate order=true`. Not a study: the headline's contrast, in worlds that calibration has left, for the
whole model and for each rival with its part switched off.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.contrasts import verdicts
from experiments.calibration.readings import Worlds
from experiments.calibration.validate import Asked, Column, columns
from sim.outcomes import OUTCOME_NAMES
from sim.params import as_array, resolve
from sim.runs import simulate

FIRST, SECOND, OUTCOME, REGION = "structure_first", "purpose_first", "added_value_mean", 0.01
"""The contrast of the headline study, and its region of practical equivalence."""
WORLDS_LOOKED_AT = 2000
"""Worlds of each column in which the contrast is looked at."""
BLOCKS = 2000
"""Bootstrap samples of the distinct worlds of a column."""


@dataclass(frozen=True)
class Order:
    """Shares of a column's worlds in which either order is better, and the mean difference with its 95% interval.

    The interval is over the column's *distinct* worlds: a list repeats some, which tells nothing new.
    """

    column: str
    distinct: int
    first: float
    neither: float
    second: float
    mean: float
    low: float
    high: float

    def text(self) -> str:
        """One line."""
        return (
            f"{self.column}: {FIRST.replace('_', ' ')} better in {self.first:.0%}, no practical difference in "
            f"{self.neither:.0%}, {SECOND.replace('_', ' ')} better in {self.second:.0%}; mean difference "
            f"{self.mean:+.3f} ({self.low:+.3f} to {self.high:+.3f}) over {self.distinct} distinct worlds"
        )


def orders(asked: Asked) -> list[Order]:
    """The contrast in the worlds of every column."""
    return [order_in(column, column.worlds(WORLDS_LOOKED_AT, asked.seed), asked.seed) for column in columns()]


def order_in(column: Column, worlds: Worlds, seed: int) -> Order:
    """The contrast in some worlds; both orders meet the same partners and the same chance."""
    difference = np.subtract(*(outcome(worlds, column.changes, arm, seed) for arm in (FIRST, SECOND)))
    sign = verdicts(difference, REGION)
    keys = [tuple(sorted(world.items())) for world in worlds]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    block = np.array([places[key] for key in keys])
    low, high = interval(difference, block if len(places) > 1 else np.arange(len(block)), seed)
    first, neither, second = (float((sign == way).mean()) for way in (1, 0, -1))
    return Order(column.name, len(places), first, neither, second, float(difference.mean()), low, high)


def outcome(worlds: Worlds, changes: Mapping[str, float], arm: str, seed: int) -> NDArray[np.float64]:
    """The outcome of an arm in each world (worlds,)."""
    points = np.stack([as_array(resolve({**world, **changes}, arm)) for world in worlds])
    return simulate(points, np.arange(len(points)), seed).outcomes[:, OUTCOME_NAMES.index(OUTCOME)]


def interval(values: NDArray[np.float64], block: NDArray[np.int64], seed: int) -> tuple[float, float]:
    """The 95% bootstrap interval of a mean, by drawing whole blocks of values anew."""
    totals, counts = np.bincount(block, weights=values), np.bincount(block)
    rng = np.random.Generator(np.random.Philox(key=[seed, len(values)]))
    drawn = rng.integers(0, len(counts), (BLOCKS, len(counts)))
    means = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def orders_csv(contrasts: Sequence[Order]) -> bytes:
    """One row for each column."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(("column", "distinct", FIRST, "neither", SECOND, "mean", "low", "high"))
    for each in contrasts:
        numbers = (each.first, each.neither, each.second, each.mean, each.low, each.high)
        writer.writerow((each.column, each.distinct, *(f"{number:.6g}" for number in numbers)))
    return sink.getvalue().encode()
