"""What an outcome, or the contrast, depends on: shares of variance, elementary effects, chance, and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis.curves import Curve
from experiments.analysis.sensitivity import Effect, Morris, Sobol
from experiments.analysis.variance import StochasticShare
from experiments.figures import style
from experiments.study.definition import Contrast

BARS_SHOWN = 12
CURVES_SHOWN = 9


@style.styled
def draw_sobol(indices: Mapping[str, Sobol], names: Mapping[str, str]) -> Figure:
    """Shares of variance of the strongest parameters: of each arm's outcome, and of the difference. `names`: titles."""
    kept = strongest([[(share.factor, share.total.value) for share in index.shares] for index in indices.values()])
    figure = style.new_figure(1.5 + 0.34 * len(kept))
    grid = figure.subplots(1, len(indices), sharey=True, squeeze=False)[0]
    for axes, (target, index) in zip(grid, indices.items(), strict=True):
        shares = {share.factor: share for share in index.shares}
        for place, factor in enumerate(reversed(kept)):
            share = shares[factor]
            axes.barh(place + 0.18, max(share.first.value, 0), 0.34, color=style.BLUE)
            axes.barh(place - 0.18, max(share.total.value, 0), 0.34, color="#BFD7E6", hatch="////", edgecolor="white",
                      linewidth=0)  # fmt: skip
            for shift, estimate in ((0.18, share.first), (-0.18, share.total)):
                axes.plot([max(estimate.low, 0), max(estimate.high, 0)], [place + shift] * 2, color=style.INK, lw=1)
        axes.set_title(names[target], fontsize=9.5)
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlim(left=0)
    grid[0].set_yticks(range(len(kept)), style.labels(wording.plain(factor) for factor in reversed(kept)))
    grid[len(grid) // 2].set_xlabel("share of the variance")
    keys = [
        Line2D([], [], color=style.BLUE, linewidth=6, label="by itself (first)"),
        Line2D([], [], color="#BFD7E6", linewidth=6, label="with all it interacts with (total)"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=2, handlelength=1.2)
    some = next(iter(indices.values()))
    noise = (
        " Stochastic variance was taken out."
        if some.noise
        else ""
        if some.noise == 0
        else " Totals include stochastic variance."
    )
    style.note(
        figure,
        f"n = {some.samples:,} samples of {len(some.shares) + 2} points. Sobol indices of the {len(kept)} strongest of "
        f"{len(some.shares)} parameters.{noise} Lines: 95% bootstrap intervals.",
    )
    return figure


def strongest(ranked: Sequence[Sequence[tuple[str, float]]], count: int = BARS_SHOWN) -> list[str]:
    """The factors that are strongest in any of some rankings, each scaled to its own largest; strongest first."""
    best: dict[str, float] = {}
    for ranking in ranked:
        top = max((value for _, value in ranking), default=0.0) or 1.0
        for factor, value in ranking:
            best[factor] = max(best.get(factor, 0.0), value / top)
    return sorted(best, key=lambda factor: (-best[factor], factor))[:count]


@style.styled
def draw_morris(effects_of: Mapping[str, Morris], names: Mapping[str, str]) -> Figure:
    """Sizes of elementary effects of the strongest parameters; beside each bar how much they differ by place."""
    kept = strongest(
        [[(effect.factor, effect.size.value) for effect in index.effects] for index in effects_of.values()], 15
    )
    figure = style.new_figure(1.5 + 0.3 * len(kept))
    grid = figure.subplots(1, len(effects_of), sharey=True, squeeze=False)[0]
    for axes, (target, index) in zip(grid, effects_of.items(), strict=True):
        effects = {effect.factor: effect for effect in index.effects}
        for place, factor in enumerate(reversed(kept)):
            _effect_bar(axes, place, effects[factor])
        if index.floor:
            axes.axvline(index.floor, color="#666666", linewidth=1, linestyle=(0, (4, 2)))
        axes.set_title(names[target], fontsize=9.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(left=0)
    grid[0].set_yticks(range(len(kept)), style.labels(wording.plain(factor) for factor in reversed(kept)))
    grid[len(grid) // 2].set_xlabel("effect of the whole range")
    keys = [
        Line2D([], [], color=style.BLUE, linewidth=6, label="more of it gives more"),
        Line2D([], [], color=style.ORANGE, linewidth=6, label="less"),
        Line2D([], [], color=style.INK, marker="D", linestyle="", markerfacecolor="white", markersize=4,
               label="spread over places"),
    ]  # fmt: skip
    if any(index.floor for index in effects_of.values()):
        keys.append(
            Line2D([], [], color="#666666", linewidth=1, linestyle=(0, (4, 2)), label="stochastic variance alone")
        )
    figure.legend(handles=keys, loc="outside upper left", ncols=4, handlelength=1.2, columnspacing=1.2)
    some = next(iter(effects_of.values()))
    style.note(
        figure,
        f"n = {some.samples:,} trajectories. Mean size of elementary effects (Morris) of the {len(kept)} strongest of "
        f"{len(some.effects)} parameters, with 95% intervals; colour: sign of their mean; diamond: their standard "
        "deviation.",
    )
    return figure


def _effect_bar(axes: Axes, place: int, effect: Effect) -> None:
    """The mean size of a parameter's elementary effects, with its interval and their spread."""
    up = effect.mean >= 0
    colour, hatch = (style.BLUE, "") if up else (style.ORANGE, "////")
    axes.barh(place, effect.size.value, 0.62, color=colour, hatch=hatch, edgecolor="white", linewidth=0, alpha=0.8)
    axes.plot([effect.size.low, effect.size.high], [place, place], color=style.INK, linewidth=1.1)
    axes.plot(effect.spread, place, "D", markerfacecolor="white", markeredgecolor=style.INK, markersize=4)


@style.styled
def draw_matrix(
    table: NDArray[np.float64], outcomes: Sequence[str], factors: Sequence[str], what: str, many: str
) -> Figure:
    """Every outcome (down) against the strongest parameters (across), as shades: `table` from 0 to 1, NaN for none."""
    figure = style.new_figure(2.3 + 0.2 * len(outcomes))
    axes = figure.add_subplot()
    axes.imshow(np.ma.masked_invalid(table), cmap="Blues", vmin=0, vmax=1.2, aspect="auto")
    for (y, x), value in np.ndenumerate(table):
        if np.isfinite(value) and round(100 * value) >= 5:
            axes.text(x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=6.5)
    axes.set_xticks(
        range(len(factors)), style.labels(wording.plain(factor) for factor in factors), rotation=90, fontsize=7.5
    )
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(outcomes)), [wording.plain(outcome) for outcome in outcomes], fontsize=7.5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    style.note(figure, f"n = {many}. Number: {what}, in hundredths; under 5 is left out.")
    return figure


@style.styled
def draw_stochastic_shares(
    shares: Mapping[str, Mapping[str, StochasticShare]], names: Mapping[str, str], outcomes: Sequence[str]
) -> Figure:
    """The share of the variance of single runs that is stochastic, for some outcomes, by target."""
    figure = style.new_figure(1.6 + 0.3 * len(outcomes))
    axes = figure.add_subplot()
    marks = (("o", style.BLUE), ("s", style.ORANGE), ("D", style.INK))
    for (target, by_outcome), (mark, colour), shift in zip(shares.items(), marks, (0.2, 0.0, -0.2), strict=True):
        for place, outcome in enumerate(reversed(outcomes)):
            if outcome not in by_outcome:
                continue
            share = by_outcome[outcome].share
            axes.plot([share.low, share.high], [place + shift] * 2, color=colour, linewidth=1.4)
            axes.plot(share.value, place + shift, mark, color=colour, markersize=5,
                      label=names[target] if place == len(outcomes) - 1 else None)  # fmt: skip
    axes.set_yticks(range(len(outcomes)), [wording.plain(outcome) for outcome in reversed(outcomes)])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.6, len(outcomes) - 0.4)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("share of the variance of single runs that is stochastic")
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.7)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    some = next(iter(next(iter(shares.values())).values()))
    style.note(
        figure,
        f"n = {some.points:,} points, each met {some.replicates:.3g} times. One-way analysis of variance; the "
        "rest of the variance is due to parameters. Lines: 95% bootstrap intervals over points.",
    )
    return figure


@style.styled
def draw_curves(curves: Sequence[Curve], contrast: Contrast, worlds: int) -> Figure:
    """The difference along each of the strongest parameters, all else as the study stands."""
    kept = curves[:CURVES_SHOWN]
    rows = -(-len(kept) // 3)
    figure = style.new_figure(0.9 + 1.75 * rows)
    grid = figure.subplots(rows, 3, sharey=True, squeeze=False)
    for axes, curve in zip(grid.ravel(), kept, strict=False):
        table = curve.table
        axes.axhspan(-contrast.region, contrast.region, color="#EFEFEF", zorder=0)
        style.zero_line(axes, vertical=False)
        axes.fill_between(table["level"], table["low"], table["high"], color=style.BLUE, alpha=0.25, linewidth=0)
        axes.plot(table["level"], table["mean"], "o-", color=style.BLUE, markersize=3, linewidth=1.6)
        axes.axvline(curve.base, color="#888888", linewidth=0.9, linestyle=(0, (3, 2)))
        axes.set_title(wording.plain(curve.factor), fontsize=9)
        axes.tick_params(labelsize=8)
    for axes in grid.ravel()[len(kept) :]:
        axes.set_axis_off()
    grid[rows // 2, 0].set_ylabel(f"{wording.plain(contrast.a)} less {wording.plain(contrast.b)}")
    style.note(
        figure,
        f"n = {worlds:,} worlds at each level. Mean difference in {wording.outcome(contrast.outcome)} with its 95% "
        f"interval; dashed: the study's own value; grey: within ±{contrast.region:g}. The {len(kept)} of {len(curves)} "
        "parameters with the widest swing.",
    )
    return figure


@style.styled
def draw_tornado(curves: Sequence[Curve], contrast: Contrast, worlds: int) -> Figure:
    """From the level that gives least to the one that gives most, parameter by parameter, widest on top."""
    kept = curves[:15]
    figure = style.new_figure(1.4 + 0.28 * len(kept))
    axes = figure.add_subplot()
    base = float(np.median([np.interp(curve.base, curve.table["level"], curve.table["mean"]) for curve in curves]))
    style.zero_line(axes)
    for place, curve in enumerate(reversed(kept)):
        _swing(axes, place, curve, base)
    axes.axvline(base, color="#666666", linewidth=1, linestyle=(0, (4, 2)))
    axes.set_yticks(range(len(kept)), style.labels(wording.plain(drawn.factor) for drawn in reversed(kept)))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(
        f"{wording.outcome(contrast.outcome)}: {wording.plain(contrast.a)} less {wording.plain(contrast.b)}"
    )
    style.note(
        figure,
        f"n = {worlds:,} worlds at each level. Bar: from the lowest mean to the highest over a parameter's range, all "
        "else as the study stands (dashed). Number: the level at that end.",
    )
    return figure


def _swing(axes: Axes, place: int, curve: Curve, base: float) -> None:
    table = curve.table
    low, high = table.loc[table["mean"].idxmin()], table.loc[table["mean"].idxmax()]
    axes.barh(place, low["mean"] - base, 0.6, left=base, color=style.ORANGE, hatch="////", edgecolor="white", lw=0)
    axes.barh(place, high["mean"] - base, 0.6, left=base, color=style.BLUE)
    for row, align, shift in ((low, "right", -3), (high, "left", 3)):
        axes.annotate(wording.amount(row["level"]), (row["mean"], place), (shift, 0), textcoords="offset points",
                      ha=align, va="center", fontsize=7.5)  # fmt: skip
    axes.margins(x=0.1)
