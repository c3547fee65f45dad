"""Boxes in which one arm often wins: PRIM (Friedman and Fisher 1999), peeled on one half of the worlds, checked on the
other.

Peeling takes a thin slice off one side of the box, again and again, always the slice that leaves most wins for what it
takes. It ends in a choice between small boxes full of wins and large ones that hold many: coverage against density.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis.contrasts import Count, count
from experiments.analysis.discovery import ENOUGH, SMALLEST_SHARE, halves

PEEL = 0.05
"""Share of the worlds in the box that a slice takes."""
SURE = 0.05
"""A side of the box stays only if, without it, so many wins would come by chance at most this often."""


@dataclass(frozen=True)
class Bounds:
    """A limit of a box: `factor` from `low` to `high`; infinite where the box of worlds is the limit."""

    factor: str
    low: float
    high: float


@dataclass(frozen=True)
class Step:
    """A box on the way: share of all wins in it, share of wins among its worlds, share of worlds, sides that are cut.

    `held_coverage` and `held_density` are those on worlds held back.
    """

    coverage: float
    density: float
    mass: float
    cut: int
    held_coverage: float
    held_density: float


@dataclass(frozen=True)
class Box:
    """A box for an arm: its sides, and how it fared on the worlds that were held back.

    `density` counts the arm's wins among the worlds inside, `coverage` the worlds inside among the arm's wins,
    `elsewhere` its wins among the worlds outside. `steps` is the whole way there, `chosen` the place on it.
    """

    arm: str
    sides: tuple[Bounds, ...]
    mass: float
    density: Count
    coverage: Count
    elsewhere: Count
    steps: tuple[Step, ...]
    chosen: int


def find(design: pd.DataFrame, verdict: NDArray[np.int8], arms: tuple[str, str], seed: int) -> tuple[Box, ...]:
    """A box for each arm that wins at least `ENOUGH` worlds of either half, where peeling finds more than chance."""
    learning, held_back = halves(len(design), seed)
    boxes = []
    for arm, sign in zip(arms, (1, -1), strict=True):
        won = verdict == sign
        if min(won[learning].sum(), won[held_back].sum()) >= ENOUGH:
            boxes.append(_box(arm, design, won, learning, held_back))
    return tuple(box for box in boxes if box)


def _box(
    arm: str, design: pd.DataFrame, won: NDArray[np.bool_], learning: NDArray[np.int64], held_back: NDArray[np.int64]
) -> Box | None:
    values = design.to_numpy(np.float64)
    limits = peel(values[learning], won[learning])
    steps = tuple(_step(limit, values, won, learning, held_back) for limit in limits)
    chosen = best(steps, float(np.mean(won[learning])))
    kept = needed(limits[chosen], values[learning], won[learning])
    inside = holds(kept, values[held_back])
    if inside.all() or not inside.any():
        return None
    here, all_won = won[held_back], won[held_back][inside]
    sides = tuple(
        Bounds(str(name), float(low), float(high))
        for name, (low, high) in zip(design.columns, kept, strict=True)
        if np.isfinite(low) or np.isfinite(high)
    )
    return Box(
        arm=arm,
        sides=sides,
        mass=float(np.mean(inside)),
        density=count(all_won),
        coverage=count(inside[here]),
        elsewhere=count(here[~inside]),
        steps=steps,
        chosen=chosen,
    )


Limits = NDArray[np.float64]
"""(factors, 2): the low and the high end of a box, infinite where nothing was peeled."""


def holds(limits: Limits, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which worlds (rows of `values`) lie in a box."""
    return np.asarray(((values >= limits[:, 0]) & (values <= limits[:, 1])).all(axis=1))


def peel(values: NDArray[np.float64], won: NDArray[np.bool_]) -> list[Limits]:
    """Boxes inside boxes, from all worlds down to `SMALLEST_SHARE` of them.

    Of all slices of `PEEL` off any side, the one is taken that raises the share of wins most for the worlds it takes;
    ties go to the first factor, the low end.
    """
    limits = np.tile([-np.inf, np.inf], (values.shape[1], 1))
    inside, target = values, won.astype(np.float64)
    boxes = [limits.copy()]
    fewest = SMALLEST_SHARE * len(values)
    while True:
        best, cut = -np.inf, None
        mean = target.mean()
        ends = np.quantile(inside, [PEEL, 1 - PEEL], axis=0, method="inverted_cdf")
        for side in (0, 1):
            outside = _slices(inside, ends, side)
            taken = outside.sum(axis=0)
            left = len(inside) - taken
            possible = (taken > 0) & (left >= fewest)
            after = (target.sum() - target @ outside) / np.maximum(left, 1)
            gain = np.where(possible, (after - mean) / np.maximum(taken, 1), -np.inf)
            factor = int(np.argmax(gain))
            if gain[factor] > best:
                best, cut = float(gain[factor]), (side, factor, outside[:, factor])
        if cut is None:
            return boxes
        side, factor, gone = cut
        inside, target = inside[~gone], target[~gone]
        limits[factor, side] = inside[:, factor].min() if side == 0 else inside[:, factor].max()
        boxes.append(limits.copy())


def _slices(inside: NDArray[np.float64], ends: NDArray[np.float64], side: int) -> NDArray[np.bool_]:
    """For each factor (column) the worlds of a slice off its low (0) or high (1) end.

    Where so many worlds share the outermost value that none lies beyond the cut, the slice is all that have it.
    """
    outside = inside < ends[0] if side == 0 else inside > ends[1]
    edge = inside.min(axis=0) if side == 0 else inside.max(axis=0)
    stuck = ~outside.any(axis=0) & (np.ptp(inside, axis=0) > 0)
    return np.asarray(np.where(stuck, inside == edge, outside))


def _step(
    limits: Limits, values: NDArray[np.float64], won: NDArray[np.bool_],
    learning: NDArray[np.int64], held_back: NDArray[np.int64],
) -> Step:  # fmt: skip
    inside = holds(limits, values)
    steps = []
    for rows in (learning, held_back):
        wins = float(np.sum(inside[rows] & won[rows]))
        steps.append((wins / max(1.0, float(np.sum(won[rows]))), wins / max(1.0, float(np.sum(inside[rows])))))
    cut = int(np.isfinite(limits).any(axis=1).sum())
    return Step(*steps[0], float(np.mean(inside[learning])), cut, *steps[1])


def best(steps: tuple[Step, ...], everywhere: float) -> int:
    """The step with the greatest rise of the share of wins, times the root of the share of worlds (Kloesgen)."""
    return int(np.argmax([(step.density - everywhere) * np.sqrt(step.mass) for step in steps]))


def needed(limits: Limits, values: NDArray[np.float64], won: NDArray[np.bool_]) -> Limits:
    """The box without the factors it does not need.

    A factor goes, the least needed first, while the box without its sides would give so many wins by chance in more
    than `SURE` of cases, corrected for the number of factors (the quasi p-value of Bryant and Lempert 2010).
    """
    limits = limits.copy()
    while True:
        cut = np.flatnonzero(np.isfinite(limits).any(axis=1))
        inside = holds(limits, values)
        chance = []
        for factor in cut:
            without = limits.copy()
            without[factor] = (-np.inf, np.inf)
            share = float(np.mean(won[holds(without, values)]))
            chance.append(float(stats.binom.sf(np.sum(won[inside]) - 1, np.sum(inside), share)))
        if not chance or max(chance) <= SURE / len(limits):
            return limits
        limits[cut[int(np.argmax(chance))]] = (-np.inf, np.inf)
