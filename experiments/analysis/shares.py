"""How the shares of winners change with the box of worlds: the same study, with one or two ranges cut to a half."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.contrasts import Count, count
from experiments.analysis.discovery import ENOUGH, Condition


@dataclass(frozen=True)
class Part:
    """A smaller box, in conditions (none: the whole box), and how each arm fared in its worlds."""

    conditions: tuple[Condition, ...]
    worlds: int
    won: Count
    tied: Count
    lost: Count

    @property
    def net(self) -> float:
        """Share of worlds that arm a wins, less the share that it loses."""
        return self.won.share.value - self.lost.share.value


@dataclass(frozen=True)
class Shares:
    """The whole box; for each factor its lower and its upper half, those that move the shares most first; and the
    quarters of the first two factors together."""

    whole: Part
    halves: tuple[tuple[Part, Part], ...]
    quarters: tuple[Part, ...]


def of_boxes(design: pd.DataFrame, verdict: NDArray[np.int8], spans: dict[str, tuple[float, float]]) -> Shares:
    """Shares of winners in parts of a box with these ranges; parts with fewer than `ENOUGH` worlds are left out."""
    pairs = []
    for name, (low, high) in spans.items():
        middle = (low + high) / 2
        if (design[name] == design[name].round()).all():
            middle = float(np.floor(middle))
        both = [_part(design, verdict, (Condition(name, above, middle),)) for above in (False, True)]
        if both[0] and both[1]:
            pairs.append((both[0], both[1]))
    pairs.sort(key=lambda pair: (-abs(pair[1].net - pair[0].net), pair[0].conditions[0].factor))
    quarters: list[Part] = []
    if len(pairs) >= 2:
        sides = product(*([part.conditions[0] for part in pair] for pair in pairs[:2]))
        quarters = [part for both in sides if (part := _part(design, verdict, both))]
    whole = Part((), len(verdict), *(count(verdict == sign) for sign in (1, 0, -1)))
    return Shares(whole, tuple(pairs), tuple(sorted(quarters, key=lambda part: -part.net)))


def _part(design: pd.DataFrame, verdict: NDArray[np.int8], conditions: tuple[Condition, ...]) -> Part | None:
    inside = np.ones(len(design), dtype=bool)
    for condition in conditions:
        inside &= condition.holds(design)
    if inside.sum() < ENOUGH:
        return None
    return Part(conditions, int(inside.sum()), *(count(verdict[inside] == sign) for sign in (1, 0, -1)))
