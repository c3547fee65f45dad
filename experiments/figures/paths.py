"""How partnerships move over the months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis.divergence import Divergence
from experiments.figures import style
from experiments.study.definition import Contrast

BANDS = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.38))
"""Bands of a fan: from this share of worlds to that, and how dark."""
SAMPLES = 6
PANELS = ("structure", "purpose", "trust", "commitment")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)), (0, (1, 1)), (0, (10, 2)))


def grid(trajectories: pd.DataFrame, arm: str, series: str) -> NDArray[np.float64]:
    """One arm's series as (worlds, months), worlds in ascending order; `added_value` is outcome less acting alone."""
    rows = trajectories[trajectories["arm"] == arm].sort_values(["point", "month"])
    values = rows["outcome"] - rows["alone_outcome"] if series == "added_value" else rows[series]
    return np.asarray(values, dtype=np.float64).reshape(rows["point"].nunique(), -1)


def bands(values: NDArray[np.float64]) -> pd.DataFrame:
    """Quantiles over worlds, month by month (rows from month 1): columns q5, q25, q50, q75, q95."""
    shares = (5, 25, 50, 75, 95)
    table = np.nanquantile(values, [share / 100 for share in shares], axis=0)
    return pd.DataFrame(table.T, columns=[f"q{share}" for share in shares], index=np.arange(1, values.shape[1] + 1))


@style.styled
def draw_fans(trajectories: pd.DataFrame, a: str, b: str) -> Figure:
    """Added value month by month under two arms, side by side, then what moved beneath it."""
    figure = style.new_figure(6.6)
    places = figure.subplot_mosaic([["fan a", "fan a", "fan b", "fan b"], list(PANELS)], height_ratios=(1.9, 1))
    places["fan b"].sharey(places["fan a"])
    for name, arm in (("fan a", a), ("fan b", b)):
        _fan(places[name], grid(trajectories, arm, "added_value"), arm)
    places["fan a"].set_ylabel("added value (gain beyond acting alone)")
    places["fan b"].tick_params(labelleft=False)
    for series in PANELS:
        _panel(places[series], trajectories, series, (a, b))
    for series in PANELS[1:]:
        places[series].tick_params(labelleft=False)
    handles, labels = places[PANELS[0]].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2, handlelength=3)
    worlds = trajectories["point"].nunique()
    style.note(
        figure,
        f"n = {worlds:,} worlds, the same under both. Above: median, middle half and 5% to 95% of worlds; thin: the "
        f"same {min(SAMPLES, worlds)} worlds in both panels. Below: median and middle half. Across: months since "
        "launch.",
    )
    return figure


def _fan(axes: Axes, values: NDArray[np.float64], arm: str) -> None:
    table = bands(values)
    style.zero_line(axes, vertical=False)
    for low, high, strength in BANDS:
        lower, upper = table[f"q{low * 100:.0f}"], table[f"q{high * 100:.0f}"]
        axes.fill_between(table.index, lower, upper, color=style.colour(arm), alpha=strength, linewidth=0)
    for path, dash in zip(values[:SAMPLES], DASHES, strict=False):
        axes.plot(table.index, path, color="#555555", linewidth=0.7, linestyle=dash)
    axes.plot(table.index, table["q50"], linewidth=2.6, **style.look(arm))
    axes.set_title(wording.plain(arm))
    _months(axes, len(table), labels=6)


def _panel(axes: Axes, trajectories: pd.DataFrame, series: str, arms: tuple[str, str]) -> None:
    for arm in arms:
        table = bands(grid(trajectories, arm, series))
        axes.fill_between(table.index, table["q25"], table["q75"], color=style.colour(arm), alpha=0.22, linewidth=0)
        axes.plot(table.index, table["q50"], linewidth=1.8, label=wording.plain(arm), **style.look(arm))
    axes.set_title(series)
    axes.set_ylim(0, 1)
    _months(axes, len(table), labels=3)


def _months(axes: Axes, months: int, labels: int) -> None:
    step = next((step for step in (1, 2, 6, 12, 24, 60, 120, 240) if months / step <= labels), 600)
    axes.set_xticks(range(0, months + 1, step))
    axes.set_xlim(0, months)


@style.styled
def draw_divergence(divergence: Divergence, apart: NDArray[np.float64], contrast: Contrast) -> Figure:
    """The paired difference month by month: its spread over worlds, its mean with a band, and where it parts from 0."""
    figure = style.new_figure(3.9)
    axes = figure.add_subplot()
    table, band = bands(apart), divergence.band
    style.zero_line(axes, vertical=False)
    for low, high, strength in BANDS:
        lower, upper = table[f"q{low * 100:.0f}"], table[f"q{high * 100:.0f}"]
        axes.fill_between(table.index, lower, upper, color="#777777", alpha=strength, linewidth=0)
    axes.fill_between(band.index, band["low"], band["high"], color=style.VERMILLION, alpha=0.45, linewidth=0)
    axes.plot(band.index, band["mean"], color=style.INK, linewidth=2)
    if divergence.month is not None:
        axes.axvline(divergence.month, color=style.INK, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.annotate(f" month {divergence.month}", (divergence.month, 1), xycoords=("data", "axes fraction"), va="top",
                      fontsize=9)  # fmt: skip
    axes.set_ylabel(f"{wording.plain(contrast.a)} less {wording.plain(contrast.b)}")
    axes.set_xlabel("months since launch")
    _months(axes, len(table), labels=8)
    style.note(
        figure,
        f"n = {divergence.worlds:,} worlds, paired, difference in {wording.plain(divergence.series)}. Line: mean, "
        "with a "
        f"95% band "
        "that holds for all months together; grey: middle half and 5% to 95% of worlds.",
    )
    return figure


@style.styled
def draw_fan(trajectories: pd.DataFrame, series: str, arms: Sequence[str]) -> Figure:
    """One series month by month under some arms, a panel each: median, spread over worlds, and sample paths."""
    across = min(len(arms), 3)
    rows = -(-len(arms) // across)
    figure = style.new_figure(1.0 + 2.3 * rows)
    panels = figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
    for axes, arm in zip(panels.ravel(), arms, strict=False):
        _fan(axes, grid(trajectories, arm, series), arm)
    for axes in panels.ravel()[len(arms) :]:
        axes.set_axis_off()
    panels[rows // 2, 0].set_ylabel(wording.plain(series))
    panels[-1, across // 2].set_xlabel("months since launch")
    worlds = trajectories["point"].nunique()
    style.note(
        figure,
        f"n = {worlds:,} worlds, the same in every panel. Median, middle half and 5% to 95% of worlds; thin: the same "
        f"{min(SAMPLES, worlds)} worlds.",
    )
    return figure
