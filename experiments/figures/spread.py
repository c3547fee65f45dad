"""How an outcome is spread, world by world: rainclouds, ridgelines along a parameter, dots of paired differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments import wording
from experiments.figures import style

DRAINED = 60
"""Worlds drawn as drops of a raincloud: every so many-th, from least to most."""
DOTS = 160
"""Worlds in a dot plot: every so many-th, from the smallest difference to the largest."""
STEPS = 161

Values = NDArray[np.float64]


def density(values: Values, at: Values) -> Values:
    """A smooth density (Gaussian kernel, Silverman's width from the narrower of deviation and quartiles) at places."""
    spread = min(float(np.std(values)), float(np.subtract(*np.quantile(values, (0.75, 0.25)))) / 1.349)
    width = 0.9 * (spread or float(np.std(values)) or 1e-3) * len(values) ** -0.2
    edges = np.concatenate([at - (at[1] - at[0]) / 2, [at[-1] + (at[1] - at[0]) / 2]])
    counts = np.histogram(values, edges)[0].astype(np.float64)
    kernel = np.exp(-0.5 * ((at[:, None] - at[None, :]) / width) ** 2)
    smooth = kernel @ counts
    return np.asarray(smooth / max(float(smooth.max()), 1e-300))


class Sides(NamedTuple):
    """The arms that win to the right and to the left of 0, beyond the region."""

    a: str
    b: str
    region: float


def middle(values: Values, cut: float = 0.01) -> tuple[float, float]:
    """The range to draw: all but a share of the worlds at either end, and some air."""
    low, high = np.quantile(values, (cut, 1 - cut))
    air = 0.04 * (high - low) or 0.05
    return float(low - air), float(high + air)


def every(values: Values, count: int) -> Values:
    """About `count` of the values, evenly from the smallest to the largest."""
    ordered = np.sort(values)
    places = np.unique(np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(int))
    return np.asarray(ordered[places])


@style.styled
def draw_rainclouds(groups: Mapping[str, Values], label: str, arms: Mapping[str, str]) -> Figure:
    """A cloud (density), a box (middle half, median) and drops (single worlds) for each group.

    `arms` gives the arm whose colour a group has, if it has one.
    """
    figure = style.new_figure(1.0 + 0.85 * len(groups))
    axes = figure.add_subplot()
    low, high = middle(np.concatenate(list(groups.values())))
    at = np.linspace(low, high, STEPS)
    for place, (name, values) in enumerate(reversed(list(groups.items()))):
        colour = style.colour(arms.get(name, ""))
        axes.fill_between(at, place + 0.1, place + 0.1 + 0.62 * density(values, at), color=colour, alpha=0.6, lw=0)
        q5, q25, q50, q75, q95 = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))
        axes.plot([q5, q95], [place, place], color=style.INK, linewidth=0.9)
        axes.plot([q25, q75], [place, place], color=style.INK, linewidth=4.5, solid_capstyle="butt")
        axes.plot(q50, place, "o", color="white", markeredgecolor=style.INK, markersize=5.5, zorder=4)
        drops = every(values, DRAINED)
        shown = drops[(drops >= low) & (drops <= high)]
        axes.plot(shown, np.full(len(shown), place - 0.16), "|", color=colour, markersize=7, alpha=0.9)
    _rows(axes, list(groups)[::-1])
    style.zero_line(axes)
    axes.set_xlim(low, high)
    axes.set_xlabel(label)
    least = min(map(len, groups.values()))
    style.note(
        figure,
        f"n = {least:,} worlds or more in each row. Cloud: density; thick line: middle half; thin: 5% to 95%; ring: "
        f"median; strokes: {DRAINED} worlds from least to most. Up to 1% at each end is cut off.",
    )
    return figure


@style.styled
def draw_ridges(groups: Mapping[str, Values], label: str, along: str, sides: Sides | None = None) -> Figure:
    """One density above another, from the lowest values of a parameter (below) to the highest.

    With `sides`, values beyond the region are filled in the colour of the arm that wins there.
    """
    figure = style.new_figure(1.4 + 0.55 * len(groups))
    axes = figure.add_subplot()
    low, high = middle(np.concatenate(list(groups.values())), 0.025)
    at = np.linspace(low, high, STEPS)
    for place, (_, values) in reversed(list(enumerate(groups.items()))):
        height = place + 1.35 * density(values, at)
        order = 10 - 0.1 * place
        axes.fill_between(at, place, height, color="#CFD8DE", linewidth=0, zorder=order)
        for won, arm, hatch in _won(at, sides):
            axes.fill_between(at, place, height, where=won, color=style.colour(arm), hatch=hatch, edgecolor="white",
                              linewidth=0, alpha=0.85, zorder=order + 0.001)  # fmt: skip
        axes.plot(at, height, color=style.INK, linewidth=1.0, zorder=10.01 - 0.1 * place)
        median = float(np.median(values))
        axes.plot([median, median], [place, place + 0.3], color=style.INK, linewidth=2, zorder=10.02 - 0.1 * place)
    _rows(axes, list(groups))
    axes.set_ylim(-0.1, len(groups) + 0.5)
    style.zero_line(axes)
    axes.set_xlim(low, high)
    axes.set_xlabel(label)
    axes.set_ylabel(along)
    sizes = [len(values) for values in groups.values()]
    coloured = f" Coloured: beyond ±{sides.region:g}, where one arm wins." if sides else ""
    style.note(
        figure,
        f"n = {min(sizes):,} to {max(sizes):,} worlds a row. Density in each band of {along}; stroke: median."
        f"{coloured} Up to 2.5% at each end is cut off.",
    )
    return figure


def _won(at: Values, sides: Sides | None) -> list[tuple[NDArray[np.bool_], str, str]]:
    if sides is None:
        return []
    return [(at >= sides.region, sides.a, ""), (at <= -sides.region, sides.b, "////")]


@style.styled
def draw_dots(a: Values, b: Values, names: tuple[str, str], label: str, region: float) -> Figure:
    """Worlds in order of their difference: both arms' values joined by a line (left), the difference (right)."""
    order = np.argsort(a - b, kind="stable")
    kept = order[np.unique(np.linspace(0, len(order) - 1, min(DOTS, len(order))).round().astype(int))]
    figure = style.new_figure(5.2)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    place = np.linspace(0, 1, len(kept))
    left.hlines(place, a[kept], b[kept], color="#BBBBBB", linewidth=0.6, zorder=1)
    for values, name in zip((a, b), names, strict=True):
        filled = name == names[0]
        left.plot(values[kept], place, style.marker(name), color=style.colour(name), markersize=3.2, zorder=2,
                  markerfacecolor=style.colour(name) if filled else "white", label=wording.plain(name))  # fmt: skip
    difference = (a - b)[kept]
    right.axvspan(-region, region, color="#EFEFEF", zorder=0)
    style.zero_line(right)
    for holds, name in ((difference > region, names[0]), (difference < -region, names[1])):
        right.plot(difference[holds], place[holds], style.marker(name), color=style.colour(name), markersize=3.4)
    same = np.abs(difference) <= region
    right.plot(difference[same], place[same], ".", color=style.GREY, markersize=4)
    left.set_xlabel(label)
    right.set_xlabel(f"{wording.plain(names[0])} less {wording.plain(names[1])}")
    left.set_yticks([0, 0.5, 1], ["least", "middle", "most"])
    left.set_ylabel(f"worlds, by how much more {wording.plain(names[0])} gave")
    right.tick_params(axis="y", length=0)
    reach = max(float(np.abs(difference).max()), 2 * region, 1e-6) * 1.06
    right.set_xlim(-reach, reach)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    style.note(
        figure,
        f"n = {len(order):,} worlds, paired; {len(kept)} of them shown, evenly from the smallest difference to the "
        f"largest. Grey band: within ±{region:g}, no practical difference.",
    )
    return figure


def _rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), style.labels(names))
    axes.tick_params(axis="y", length=0)


@style.styled
def draw_trend(tables: Mapping[str, pd.DataFrame], label: str, along: str, worlds: int) -> Figure:
    """A mean with its interval along a parameter, a line for each arm of `tables` (columns level, mean, low, high)."""
    figure = style.new_figure(4.0)
    axes = figure.add_subplot()
    for arm, table in tables.items():
        axes.fill_between(table["level"], table["low"], table["high"], color=style.colour(arm), alpha=0.2, linewidth=0)
        axes.plot(table["level"], table["mean"], linewidth=2, marker=style.marker(arm), markersize=4.5,
                  label=wording.plain(arm), **style.look(arm))  # fmt: skip
    axes.set_xlabel(along)
    axes.set_ylabel(label)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3, handlelength=3)
    style.note(figure, f"n = {worlds:,} worlds. Mean at each level or in each band, with its 95% interval.")
    return figure
