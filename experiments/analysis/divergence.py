"""The month at which the paths of two arms part: on average, and world by world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.contrasts import LEVEL, Count, Estimate, count, median
from experiments.errors import StudyError
from experiments.study.definition import Contrast

BAND_RESAMPLES = 1_000
SERIES_OF = {"added_value": "outcome", "added_value_mean": "outcome", "outcome_mean": "outcome"}
"""The monthly series behind an outcome, where it has another name; acting alone is the same under both arms."""


@dataclass(frozen=True)
class Divergence:
    """When the paths part.

    `band`: mean paired difference month by month, with a band that holds for all months together (columns mean, low,
    high). `month`: the first month from which that band leaves out 0 to the end (None: it never does). `diverged`:
    worlds that end apart by more than the region; `typical`: the month from which half of those stayed apart.
    """

    series: str
    worlds: int
    band: pd.DataFrame
    month: int | None
    diverged: Count
    typical: Estimate | None


def series_of(contrast: Contrast, names: list[str]) -> str | None:
    """The monthly series that an outcome is made of; None where there is none."""
    name = SERIES_OF.get(contrast.outcome, contrast.outcome.removesuffix("_mean"))
    return name if name in names else None


def paths(trajectories: pd.DataFrame, contrast: Contrast, series: str) -> NDArray[np.float64]:
    """The paired difference (worlds, months) of a series; worlds that lack a month are left out."""
    wide = {}
    for side, arm in (("a", contrast.a), ("b", contrast.b)):
        rows = trajectories[trajectories["arm"] == arm]
        wide[side] = rows.pivot(index="point", columns="month", values=series)
    return np.asarray((wide["a"] - wide["b"]).dropna(), dtype=np.float64)


def divergence(difference: NDArray[np.float64], region: float, series: str, seed: int) -> Divergence:
    """When paths part, from paired differences (worlds, months). `StudyError` for fewer than 20 worlds."""
    worlds = len(difference)
    if worlds < 20:
        raise StudyError(f"{worlds} worlds were kept month by month; the month of divergence takes 20 or more")
    band = joint_band(difference, seed)
    outside = ((band["low"] > 0) | (band["high"] < 0)).to_numpy()
    apart = np.abs(difference) > region
    same = np.sign(difference) == np.sign(difference[:, -1:])
    since = for_good(apart & same)
    ends = since <= difference.shape[1]
    from_month = for_good(outside[None])[0]
    return Divergence(
        series=series,
        worlds=worlds,
        band=band,
        month=int(from_month) if from_month <= difference.shape[1] else None,
        diverged=count(ends),
        typical=median(since[ends].astype(np.float64)) if ends.sum() >= 10 else None,
    )


def for_good(holds: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first month (from 1) from which something holds to the end, row by row; months + 1 where it ends without."""
    months = holds.shape[1]
    kept = np.logical_and.accumulate(holds[:, ::-1], axis=1).sum(axis=1)
    return np.asarray(months - kept + 1)


def joint_band(difference: NDArray[np.float64], seed: int) -> pd.DataFrame:
    """The mean, and a bootstrap band that covers the mean in all months at once (the largest standardised departure).

    A month without spread, such as the first, has a band of no width.
    """
    worlds, months = difference.shape
    mean = difference.mean(axis=0)
    error = difference.std(axis=0, ddof=1) / np.sqrt(worlds)
    rng = np.random.default_rng(seed)
    weight = rng.multinomial(worlds, np.full(worlds, 1 / worlds), BAND_RESAMPLES) / worlds
    moved = np.abs(weight @ (difference - mean))
    scaled = np.divide(moved, error, out=np.zeros_like(moved), where=error > 1e-12)
    reach = float(np.quantile(scaled.max(axis=1), LEVEL))
    return pd.DataFrame(
        {"mean": mean, "low": mean - reach * error, "high": mean + reach * error}, index=np.arange(1, months + 1)
    )
