"""How often runs of a study fail in each way: by arm, and over two parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments import wording
from experiments.analysis.contrasts import Count, count
from experiments.figures import style
from experiments.figures.maps import Spans
from sim.failures import MODE_NAMES

RARE = 0.01
"""A mode that shows in a smaller share of runs has no map."""


def failure_shares(flags: pd.DataFrame) -> dict[str, dict[str, Count]]:
    """For each mode and arm, how many of the runs fail in this way; a run that could not be made is left out."""
    arms = {str(arm): rows for arm, rows in flags.groupby("arm", observed=True, sort=False)}
    return {mode: {arm: count(rows[mode].dropna().to_numpy() > 0) for arm, rows in arms.items()} for mode in MODE_NAMES}


def cells(flags: pd.DataFrame, design: pd.DataFrame, names: tuple[str, str], spans: Spans) -> dict[str, pd.DataFrame]:
    """For each mode that is not rare, a table of cells: column, row, share of runs that fail (`net`), worlds."""
    flags = flags[flags["point"].isin(design.index)]
    places = design.loc[flags["point"]]
    column, row = (
        np.clip(np.digitize(places[name].to_numpy(), edges) - 1, 0, len(edges) - 2)
        for name, edges in zip(names, spans, strict=True)
    )
    table = flags.assign(column=column, row=row)
    counts = {}
    for mode in MODE_NAMES:
        if table[mode].mean() >= RARE:
            grouped = table.groupby(["column", "row"])
            counts[mode] = pd.DataFrame(
                {"net": grouped[mode].mean(), "worlds": grouped["point"].nunique()}
            ).reset_index()
    return counts


@style.styled
def draw_by_arm(shares: Mapping[str, Mapping[str, Count]], worlds: int) -> Figure:
    """Shares of failing runs as a table of shades: modes down, arms across."""
    arms = list(next(iter(shares.values())))
    values = np.array([[100 * count.share.value for count in row.values()] for row in shares.values()])
    figure = style.new_figure(1.4 + 0.27 * len(shares))
    axes = figure.add_subplot()
    axes.imshow(values, cmap="Oranges", vmin=0, vmax=125, aspect="auto")
    for (y, x), value in np.ndenumerate(values):
        axes.text(
            x, y, f"{value:.0f}", ha="center", va="center", fontsize=8.5, color="#999999" if value < 0.5 else style.INK
        )
    axes.set_xticks(range(len(arms)), [wording.plain(arm).replace(" ", "\n") for arm in arms], fontsize=8.5)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(shares)), [wording.plain(mode) for mode in shares], fontsize=8.5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    style.note(figure, f"n = {worlds:,} worlds an arm. Number: runs that fail in this way, per 100.")
    return figure


@style.styled
def draw_failure_maps(cells: Mapping[str, pd.DataFrame], names: tuple[str, str], spans: Spans) -> Figure:
    """One small map for each mode: the darker, the more of the runs fail in this way."""
    across, rows = 3, -(-len(cells) // 3)
    figure = style.new_figure(1.0 + 1.75 * rows)
    grid = figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
    for axes, (mode, table) in zip(grid.ravel(), cells.items(), strict=False):
        values = np.full((len(spans[1]) - 1, len(spans[0]) - 1), np.nan)
        values[table["row"], table["column"]] = table["net"]
        axes.pcolormesh(
            spans[0], spans[1], values, cmap="Oranges", vmin=0, vmax=1.25, edgecolors="white", linewidth=0.5
        )
        for y, x in zip(*np.nonzero(~np.isnan(values)), strict=True):
            middle = (spans[0][x] + spans[0][x + 1]) / 2, (spans[1][y] + spans[1][y + 1]) / 2
            axes.text(*middle, f"{100 * values[y, x]:.0f}", ha="center", va="center", fontsize=6.5)
        axes.set_title(wording.plain(mode), fontsize=9)
        axes.spines[["left", "bottom"]].set_visible(False)
    for axes in grid.ravel()[len(cells) :]:
        axes.set_axis_off()
    for axes in grid.ravel():
        axes.tick_params(labelsize=7.5)
    grid[-1, across // 2].set_xlabel(wording.factor_label(names[0]))
    grid[rows // 2, 0].set_ylabel(wording.factor_label(names[1]))
    worlds = next(iter(cells.values()))["worlds"]
    style.note(
        figure,
        f"n = {int(worlds.sum()):,} worlds, {int(worlds.min()):,} to {int(worlds.max()):,} a cell, under every arm. "
        "Number: runs that fail in this way, per 100.",
    )
    return figure
