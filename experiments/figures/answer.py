"""The steps of the answer as figures: fates, order, months, assumptions, groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from experiments import wording
from experiments.analysis.answer import FATES, Ends, Fate, Group, Horizon, lead
from experiments.figures import style
from experiments.study.definition import Contrast

COLOURS = {"collapsed": style.INK, "harm": style.VERMILLION, "no difference": style.TIE, "gain": style.GREEN}
HATCHES = {"collapsed": "", "harm": "///", "no difference": "", "gain": "..."}
SHOWN = 12
"""Parameters that the figure of assumptions has room for."""


@style.styled
def draw_fates(fates: Sequence[Fate], worlds: int) -> Figure:
    """What becomes of 100 worlds under each arm: collapsed, harm, no difference, gain."""
    figure = style.new_figure(1.5 + 0.42 * len(fates))
    axes = figure.add_subplot()
    for place, fate in enumerate(reversed(fates)):
        start = 0.0
        for name, count in zip(FATES, fate.counts, strict=True):
            share = count.share.value
            axes.barh(place, share, 0.7, left=start, color=COLOURS[name], hatch=HATCHES[name], edgecolor="white",
                      linewidth=0.5, label=name if not place else None)  # fmt: skip
            if share >= 0.05:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.9}
                axes.text(
                    start + share / 2, place, wording.in_100(share), ha="center", va="center", fontsize=8.5, bbox=box
                )
            start += share
    axes.set_yticks(range(len(fates)), [wording.plain(fate.arm) for fate in reversed(fates)])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("worlds")
    figure.legend(loc="outside upper left", ncols=4, handlelength=1.4)
    style.note(
        figure,
        f"n = {worlds:,} worlds, each met by every arm. Collapsed: mean effort under a tenth from some month on. The "
        "others by added value: worse than acting alone, no practical difference, better.",
    )
    return figure


@style.styled
def draw_months(monthly: pd.DataFrame, rows: Sequence[Horizon], contrast: Contrast, worlds: int) -> Figure:
    """The contrast month by month: who stands higher (above), and the mean difference with its band (below).

    Marks are the horizons, from more worlds.
    """
    figure = style.new_figure(4.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.4, 1))
    for side, arm in (("a", contrast.a), ("b", contrast.b)):
        upper.plot(monthly.index, monthly[side], linewidth=2, label=f"{wording.plain(arm)} ahead", **style.look(arm))
        counts = [(row.last.wins if side == "a" else row.last.losses).share for row in rows]
        if counts:
            error = [[c.value - c.low for c in counts], [c.high - c.value for c in counts]]
            upper.errorbar([row.months for row in rows], [c.value for c in counts], yerr=error, fmt=style.marker(arm),
                           color=style.colour(arm), markersize=5.5, capsize=3)  # fmt: skip
    upper.set_ylim(bottom=0)
    upper.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    upper.set_ylabel("share of worlds")
    upper.legend(loc="upper right", handlelength=3)
    style.zero_line(lower, vertical=False)
    lower.axhspan(-contrast.region, contrast.region, color="#EFEFEF", zorder=0)
    lower.fill_between(monthly.index, monthly["low"], monthly["high"], color=style.GREY, alpha=0.35, linewidth=0)
    lower.plot(monthly.index, monthly["mean"], color=style.INK, linewidth=1.6)
    if rows:
        means = [row.last.mean for row in rows]
        error = [[m.value - m.low for m in means], [m.high - m.value for m in means]]
        lower.errorbar([row.months for row in rows], [m.value for m in means], yerr=error, fmt="o", color=style.INK,
                       markersize=4.5, capsize=3)  # fmt: skip
    lower.set_ylabel("mean difference")
    lower.set_xlabel("months since launch")
    many = f"{rows[0].last.worlds:,}" if rows else "none"
    style.note(
        figure,
        f"Lines: {worlds:,} worlds kept month by month; marks: {many} worlds at each horizon. By the outcome of that "
        f"month; ahead is by more than ±{contrast.region:g} (grey band below). Band and bars: 95% intervals.",
    )
    return figure


@style.styled
def draw_ends(ends: Sequence[Ends], contrast: Contrast) -> Figure:
    """The lead of arm a where a parameter is low, and where it is high."""
    shown = list(ends[:SHOWN])
    figure = style.new_figure(1.7 + 0.27 * len(shown))
    axes = figure.add_subplot()
    style.zero_line(axes)
    for place, row in enumerate(reversed(shown)):
        low, high = lead(row.low), lead(row.high)
        axes.plot([low, high], [place, place], color="#BBBBBB", linewidth=2, zorder=1)
        axes.plot(low, place, "o", markersize=6, markerfacecolor="white", markeredgecolor=style.INK)
        axes.plot(high, place, "o", markersize=6, color=style.INK)
    axes.set_yticks(range(len(shown)), style.labels(wording.plain(row.factor) for row in reversed(shown)), fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    reach = 1.1 * max(abs(lead(side)) for row in shown for side in (row.low, row.high)) + 0.01
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(
        f"\N{LEFTWARDS ARROW} {wording.plain(contrast.b)} leads      lead      "
        f"{wording.plain(contrast.a)} leads \N{RIGHTWARDS ARROW}"
    )
    keys = [
        Line2D(
            [], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=style.INK, label="lowest fifth"
        ),
        Line2D([], [], marker="o", linestyle="", color=style.INK, label="highest fifth of the parameter's range"),
    ]  # fmt: skip
    figure.legend(handles=keys, loc="outside upper left", ncols=2)
    style.note(
        figure,
        f"n = {shown[0].low.worlds:,} worlds at either end. Lead: share of worlds in which {wording.plain(contrast.a)} "
        f"does better less the share in which {wording.plain(contrast.b)} does. The {len(shown)} parameters that move "
        f"it most, of {len(ends)}, of which {sum(row.moves for row in ends)} move it further than chance would.",
    )
    return figure


@style.styled
def draw_groups(groups: Sequence[Group], worlds: int) -> Figure:
    """What each arm gives the worse off and the others, on average."""
    figure = style.new_figure(1.5 + 0.36 * len(groups))
    axes = figure.add_subplot()
    style.zero_line(axes)
    places = np.arange(len(groups))
    for shift, name, colour, mark in ((0.14, "worse_off", style.PURPLE, "D"), (-0.14, "others", style.SKY, "o")):
        means = [getattr(row, name) for row in reversed(groups)]
        error = [[m.value - m.low for m in means], [m.high - m.value for m in means]]
        axes.errorbar([m.value for m in means], places + shift, xerr=error, fmt=mark, color=colour, markersize=5.5,
                      capsize=3, label="the worse off" if name == "worse_off" else "the others")  # fmt: skip
    axes.set_yticks(places, [wording.plain(row.arm) for row in reversed(groups)])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("mean added value (gain beyond acting alone)")
    figure.legend(loc="outside upper left", ncols=2)
    style.note(figure, f"n = {worlds:,} worlds, each met by every arm. Means over worlds, 95% intervals.")
    return figure
