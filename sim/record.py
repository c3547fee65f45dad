"""Runs kept month by month, and what is read from them: recent means, slopes and lows, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sim.outcomes import OUTCOME_NAMES
from sim.params import NAMES, ParameterError
from sim.runs import simulate
from sim.state import SERIES_NAMES


class Record(NamedTuple):
    """Runs with their monthly series; all are followed for the same number of months."""

    points: np.ndarray  # (runs, parameters)
    worlds: np.ndarray  # (runs,)
    seed: int
    outcomes: np.ndarray  # (runs, outcomes)
    series: np.ndarray  # (runs, months, series)

    def parameter(self, name: str) -> np.ndarray:
        """(runs,)"""
        return self.points[:, NAMES.index(name)]

    def outcome(self, name: str) -> np.ndarray:
        """(runs,)"""
        return self.outcomes[:, OUTCOME_NAMES.index(name)]

    def monthly(self, name: str) -> np.ndarray:
        """(runs, months)"""
        return self.series[:, :, SERIES_NAMES.index(name)]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.points)

    @property
    def months(self) -> int:
        """How many months each run has."""
        return int(self.series.shape[1])

    @property
    def last(self) -> np.ndarray:
        """(runs,) the last month, from 0, in which there was a partnership; -1 where there never was one."""
        axed = np.where(self.outcome("axed") > 0.0, self.parameter("review_month") - 1, self.months - 1)
        return np.where(self.parameter("alone") > 0.0, -1, axed).astype(np.int64)

    def take(self, chosen: np.ndarray) -> Record:
        """Some of the runs; `chosen` is a mask or positions."""
        return Record(self.points[chosen], self.worlds[chosen], self.seed, self.outcomes[chosen], self.series[chosen])


def play(points: np.ndarray, worlds: np.ndarray, seed: int) -> Record:
    """Simulate runs and keep them month by month."""
    months = np.unique(points[:, NAMES.index("months")])
    if len(months) > 1:
        raise ParameterError(f"runs to be searched for failures take one number of months, not {months.tolist()}")
    runs = simulate(points, worlds, seed, trajectories=True)
    assert runs.trajectories is not None
    return Record(points, np.asarray(worlds), seed, runs.outcomes, runs.trajectories)


def changed(points: np.ndarray, changes: Mapping[str, float]) -> np.ndarray:
    """The same points with some parameters set to other values."""
    points = points.copy()
    for name, value in changes.items():
        points[:, NAMES.index(name)] = value
    return points


def recent(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last `window` months, month by month (runs, months); NaN while there are fewer.

    Added up in one order, month after month, so that it is the same number on every machine.
    """
    return trailing(values, np.full(window, 1.0)) / window


def slope(values: np.ndarray, window: int) -> np.ndarray:
    """Change a month over the last `window` months, by least squares (runs, months); NaN while there are fewer."""
    away = np.arange(window) - (window - 1) / 2.0
    return trailing(values, away) / float((away * away).sum())


def trailing(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sum of the last months, the latest weighted last; NaN while there are fewer."""
    window, months = len(weights), values.shape[1]
    means = np.full(values.shape, np.nan)
    if months >= window:
        means[:, window - 1 :] = 0.0
        for place, weight in enumerate(weights):
            means[:, window - 1 :] += weight * values[:, place : months - window + 1 + place]
    return means


def least(values: np.ndarray, window: int) -> np.ndarray:
    """Lowest of the last `window` months (runs, months); NaN while there are fewer."""
    lowest = np.full(values.shape, np.nan)
    if values.shape[1] >= window:
        view = np.lib.stride_tricks.sliding_window_view(values, window, axis=1)
        lowest[:, window - 1 :] = view.min(axis=2)
    return lowest
