"""When a paired difference is known well enough: a confidence sequence, which may be looked at after every replicate.

An ordinary interval holds at one look that was fixed beforehand; looked at again and again until it is narrow enough,
it misses the truth far more often than it says. A confidence sequence holds at all looks together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.study.definition import Adaptive

TUNED_TO = 8.0
"""Weight of the mixture, in replicates: the sequence is narrowest, for what it can be, some eight times later."""
FEWEST_REPLICATES = 32
"""No point stops before so many replicates: fewer say too little about differences that are far from normal."""


def half_width(count: NDArray[np.int64], spread: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Half the width of a confidence sequence for a mean, after `count` values with standard deviation `spread`.

    Student's t test mixed over a normal effect (Lai 1976; Lindon et al. 2022, arXiv 2210.08589, equation for one mean;
    Wang and Ramdas 2024): at every count together the mean is covered with probability `level`, exactly so
    for normal values of unknown variance, and nearly for others once there are some. Infinite for the first few.
    """
    count = np.asarray(count, dtype=np.float64)
    freedom = count - 1
    shrunk = TUNED_TO / (TUNED_TO + count)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = (shrunk * (1 - level) ** 2) ** (1 / count)
        square = freedom * (1 - bound) / (bound - shrunk)
        width = np.asarray(spread) * np.sqrt(square / count)
    return np.where((count > 1) & (bound > shrunk), width, np.inf)


@dataclass
class Tally:
    """What is known of the difference at each of some points, look after look."""

    rule: Adaptive
    region: float
    points: int
    looked: int = 0
    count: NDArray[np.int64] = field(init=False)
    _valid: NDArray[np.int64] = field(init=False)
    _mean: NDArray[np.float64] = field(init=False)
    _squares: NDArray[np.float64] = field(init=False)
    _reason: NDArray[np.object_] = field(init=False)

    def __post_init__(self) -> None:
        self.count = np.zeros(self.points, dtype=np.int64)
        self._valid = np.zeros(self.points, dtype=np.int64)
        self._mean = np.zeros(self.points)
        self._squares = np.zeros(self.points)
        self._reason = np.full(self.points, "", dtype=object)

    def active(self) -> NDArray[np.int64]:
        """The points that need more replicates."""
        return np.flatnonzero(self._reason == "")

    def look(self, active: NDArray[np.int64], differences: NDArray[np.float64]) -> None:
        """Take in another batch of differences (replicates, active points), and stop where enough is known."""
        for row in differences:
            self._add(active, row)
        self.count[active] += len(differences)
        self.looked += 1
        mean, half = self._mean[active], self.half()[active]
        enough = self._valid[active] >= FEWEST_REPLICATES
        inside = enough & (np.abs(mean) + half <= self.region)
        precise = enough & (half <= self.rule.precision)
        spent = self.count[active] >= self.rule.maximum
        self._reason[active] = np.select([inside, precise, spent], ["equivalent", "precise", "maximum"], "")

    def _add(self, active: NDArray[np.int64], row: NDArray[np.float64]) -> None:
        """Welford's update; a replicate whose difference is missing tells nothing."""
        known = np.isfinite(row)
        here, value = active[known], row[known]
        self._valid[here] += 1
        before = value - self._mean[here]
        self._mean[here] += before / self._valid[here]
        self._squares[here] += before * (value - self._mean[here])

    def half(self) -> NDArray[np.float64]:
        """(points,) half the width of the confidence sequence."""
        spread = np.sqrt(self._squares / np.maximum(self._valid - 1, 1))
        return half_width(self._valid, spread, self.rule.level)

    def stops(self) -> dict[str, Any]:
        """For each point: replicates, mean difference with its interval (NaN while it is endless), and why no more."""
        half = self.half()
        known = np.isfinite(half)
        return {
            "replicates": self.count,
            "difference": np.where(self._valid > 0, self._mean, np.nan),
            "low": np.where(known, self._mean - half, np.nan),
            "high": np.where(known, self._mean + half, np.nan),
            "stopped": [str(reason) for reason in self._reason],
        }
