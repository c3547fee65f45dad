"""What a failure detector goes by: clues, which are readings of many runs month by month, and where they hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.limits import Limits
from sim.record import Record, recent


class Clue(NamedTuple):
    """One reading, and where it points to failure. `beside` is the same reading in the counterfactual named in `whose`.

    A clue without a value is a plain fact, which its name states.
    """

    name: str
    value: np.ndarray | None  # (runs, months)
    holds: np.ndarray  # (runs, months)
    beside: np.ndarray | None = None  # (runs, months)
    whose: np.ndarray | str = ""  # one name, or one for each run

    def described(self, run: int, month: int) -> str:
        """`outcome 0.09 against 0.31 in the same world purpose first`."""
        if self.value is None:
            return self.name
        digits = 3 if "slope" in self.name else 2
        text = f"{self.name} {self.value[run, month]:.{digits}f}"
        if self.beside is None:
            return text
        whose = self.whose if isinstance(self.whose, str) else str(self.whose[run])
        return f"{text} against {self.beside[run, month]:.{digits}f} in the same world {whose}"


class Finding(NamedTuple):
    """What a detector says of many runs."""

    since: np.ndarray  # (runs,) the month, from 1, since when the partnership has failed; NaN where it has not
    searched: np.ndarray  # (runs,) position of each run among those the clues are about; -1 where they are none
    clues: tuple[Clue, ...]
    last: np.ndarray  # (runs,) of those the clues are about: the month the clues are told of, from 0

    @property
    def fires(self) -> np.ndarray:
        """(runs,)"""
        return np.asarray(~np.isnan(self.since))

    def described(self, run: int, month: int | None = None) -> str:
        """The readings that decided it, in words: in a month, from 1; else at the end, or in the month of an event."""
        place = int(self.searched[run])
        if place < 0:
            return ""
        month = int(self.last[place]) if month is None else month - 1
        return ", ".join(clue.described(place, month) for clue in self.clues)


def window_of(limits: Limits) -> int:
    """Months over which recent means are taken."""
    return int(limits["window"])


def above(record: Record, name: str, limit: float, limits: Limits, label: str = "") -> Clue:
    """A recent mean above a limit."""
    value = recent(record.monthly(name), window_of(limits))
    return Clue(label or name, value, value > limit)


def below(record: Record, name: str, limit: float, limits: Limits, label: str = "") -> Clue:
    """A recent mean below a limit."""
    value = recent(record.monthly(name), window_of(limits))
    return Clue(label or name, value, value < limit)


def aside(record: Record, name: str, limits: Limits, label: str = "") -> Clue:
    """A recent mean that decides nothing, shown beside the one that does."""
    value = recent(record.monthly(name), window_of(limits))
    return Clue(label or name, value, np.ones(value.shape, dtype=bool))


def since(holds: np.ndarray, last: np.ndarray, event: bool) -> np.ndarray:
    """The month, from 1, of an event, or since when a condition has held without a break to the last month; or NaN."""
    months = holds.shape[1]
    holds = holds & (np.arange(months) <= last[:, None])
    if event:
        first = np.argmax(holds, axis=1)
        return np.where(holds.any(axis=1), first + 1.0, np.nan)
    broken = ~holds & (np.arange(months) <= last[:, None])
    after = np.where(broken.any(axis=1), months - np.argmax(broken[:, ::-1], axis=1), 0)
    return np.where(after <= last, after + 1.0, np.nan)


def all_hold(clues: tuple[Clue, ...]) -> np.ndarray:
    """Where all clues hold."""
    return np.asarray(np.logical_and.reduce([clue.holds for clue in clues]))
