"""A demonstration played: the same partnerships with and without the remedy, and what the detectors say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.contrasts import Count, Estimate, count, mean, median
from experiments.failures.demonstration import Demonstration, EarlySign, Sign
from sim import failures
from sim.clues import Finding
from sim.params import as_array
from sim.record import Record, play

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """All partnerships of a demonstration, either without the remedy or with it."""

    record: Record
    finding: Finding  # of the mode that is shown
    warned: Array  # (runs,) month, from 1, in which the early sign showed; NaN where it never did
    fails: Count

    @property
    def added_value(self) -> Array:
        """(runs,) at the end"""
        return monthly(self.record, "added_value")[:, -1]

    @property
    def in_time(self) -> NDArray[np.bool_]:
        """(runs,) whether the sign showed before the failure stood."""
        return self.warned < self.finding.since

    @property
    def lead(self) -> Array:
        """Months from the sign to the failure, where it showed before."""
        return (self.finding.since - self.warned)[self.in_time]


@dataclass(frozen=True)
class Performance:
    """A demonstration with its numbers.

    `prevented`, `kept` and `caused` count worlds that fail without the remedy only, either way, and with it only.
    `chosen` is the world told as a story: of those in which the remedy prevents the failure (or, where it does so in
    none, of those that fail, or of all), the one whose gain is the middle one.
    """

    demonstration: Demonstration
    without: Side
    remedied: Side
    gain: Estimate  # mean difference of added value at the end
    gains: Count  # worlds in which it is higher with the remedy, by more than the margin
    prevented: int
    kept: int
    caused: int
    chosen: int

    def measured(self) -> float:
        """What the prediction is about."""
        shares = {
            "fails": self.without.fails.share.value,
            "fails_with_remedy": self.remedied.fails.share.value,
            "gains": self.gains.share.value,
        }
        return shares[self.demonstration.predict.measure]


def perform(demonstration: Demonstration) -> Performance:
    """Play all partnerships of a demonstration, with and without the remedy, in the same worlds."""
    without = side(demonstration, {})
    remedied = side(demonstration, demonstration.remedy.parameters)
    gained = remedied.added_value - without.added_value
    before, after = without.finding.fires, remedied.finding.fires
    return Performance(
        demonstration,
        without,
        remedied,
        gain=mean(gained, demonstration.seed),
        gains=count(gained > demonstration.limits["margin"]),
        prevented=int(np.sum(before & ~after)),
        kept=int(np.sum(before & after)),
        caused=int(np.sum(~before & after)),
        chosen=choose(before, after, gained),
    )


def played(
    demonstration: Demonstration, changes: Mapping[str, float], runs: int | None = None, seed: int | None = None
) -> Record:
    """The world of a demonstration with some parameters changed, in as many partnerships as it shows."""
    runs = demonstration.runs if runs is None else runs
    point = as_array({**demonstration.parameters, **changes})
    seed = demonstration.seed if seed is None else seed
    return play(np.tile(point, (runs, 1)), np.arange(runs, dtype=np.int64), seed)


def side(demonstration: Demonstration, changes: Mapping[str, float]) -> Side:
    """Play the partnerships of a demonstration with some changes, and search them."""
    record = played(demonstration, changes)
    finding = failures.detect(failures.BY_MODE[demonstration.name], record, demonstration.limits)
    return Side(record, finding, warned(record, demonstration.warning), count(finding.fires))


def choose(before: NDArray[np.bool_], after: NDArray[np.bool_], gained: Array) -> int:
    """The world whose gain is the middle one among those that show best what the remedy does."""
    for shown in (before & ~after, before, np.ones_like(before)):
        worlds = np.flatnonzero(shown)
        if len(worlds):
            return int(worlds[np.argsort(gained[worlds], kind="stable")[len(worlds) // 2]])
    raise ValueError("a demonstration without runs")


# -- early signs ------------------------------------------------------------------------------------------


def monthly(record: Record, name: str) -> Array:
    """A series (runs, months); `added_value` is outcome less that of acting alone."""
    if name == "added_value":
        return np.asarray(record.monthly("outcome") - record.monthly("alone_outcome"))
    return np.asarray(record.monthly(name))


def shows(record: Record, sign: Sign) -> NDArray[np.bool_]:
    """(runs, months) where one sign shows."""
    values = monthly(record, sign.series)
    if sign.less:
        values = values - monthly(record, sign.less)
    if sign.over:
        change = np.full(values.shape, np.nan)
        change[:, sign.over :] = values[:, sign.over :] - values[:, : -sign.over]
        values = change
    if sign.above is not None:
        return values > sign.above
    assert sign.below is not None
    return values < sign.below


def warned(record: Record, warning: EarlySign) -> Array:
    """(runs,) the first month, from 1, by which all signs have held long enough; NaN where they never do."""
    holds = np.logical_and.reduce([shows(record, sign) for sign in warning.signs])
    holds &= np.arange(record.months) <= record.last[:, None]
    run_length = np.zeros(record.runs)
    first = np.full(record.runs, np.nan)
    for month in range(record.months):
        run_length = np.where(holds[:, month], run_length + 1, 0)
        first = np.where(np.isnan(first) & (run_length >= warning.hold), month + 1.0, first)
    return first


def middle(values: Array) -> Estimate | None:
    """The median with its interval, or None where there are too few values for one."""
    return median(values) if len(values) >= 2 else None
