"""One factor at a time: how an outcome, or the contrast, moves along each parameter, all else as the study stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.analysis.contrasts import Estimate, mean
from experiments.errors import StudyError
from experiments.study.definition import Study

FEWEST_WORLDS = 5
"""Worlds below which a curve has no interval worth drawing."""


@dataclass(frozen=True)
class Curve:
    """What a parameter's levels give: columns level, mean, low, high; the study's own value of it is `base`.

    `swing` is the mean difference between the levels that give most and least, over the same worlds where worlds are
    shared.
    """

    factor: str
    base: float
    table: pd.DataFrame
    swing: Estimate


def curves(study: Study, design: pd.DataFrame, values: pd.DataFrame, seed: int) -> tuple[Curve, ...]:
    """A curve for each factor of a one-at-a-time design, widest swing first.

    `design` (indexed by point) has the factors, `values` the columns point, world and value of every run.
    """
    wide = values.pivot(index="world", columns="point", values="value")
    if study.design.replicates < FEWEST_WORLDS:
        raise StudyError(
            f"{study.design.replicates} replicates a point are too few for curves; take {FEWEST_WORLDS} or more"
        )
    drawn = []
    for factor in study.design.factors:
        base = study.parameters[factor]
        others = design.drop(columns=factor)
        stays = (others == others.loc[0]).all(axis=1)
        points = design.loc[stays, factor].sort_values(kind="stable").drop_duplicates()
        rows = {level: _mean(wide[point], seed) for point, level in points.items()}
        table = pd.DataFrame(
            [(level, row.value, row.low, row.high) for level, row in rows.items()],
            columns=["level", "mean", "low", "high"],
        )
        drawn.append(Curve(factor, base, table, _swing(wide, points, table, seed, study.design.shared_worlds)))
    return tuple(sorted(drawn, key=lambda curve: (-abs(curve.swing.value), curve.factor)))


def _mean(column: pd.Series, seed: int) -> Estimate:
    values = column.dropna().to_numpy()
    if len(values) < FEWEST_WORLDS:
        raise StudyError(f"it is missing in all but {len(values)} runs of a point")
    return mean(values, seed)


def _swing(wide: pd.DataFrame, points: pd.Series, table: pd.DataFrame, seed: int, shared: bool) -> Estimate:
    """From the level that gives least to the one that gives most: positive where the higher level gives more."""
    ordered = list(points.index)
    first, last = sorted((int(table["mean"].idxmin()), int(table["mean"].idxmax())))
    low, high = wide[ordered[first]], wide[ordered[last]]
    if shared:
        return mean((high - low).dropna().to_numpy(), seed)
    lower, upper = mean(low.dropna().to_numpy(), seed), mean(high.dropna().to_numpy(), seed)
    half = float(np.hypot((lower.high - lower.low) / 2, (upper.high - upper.low) / 2))
    value = upper.value - lower.value
    return Estimate(value, value - half, value + half)
