"""The model against the record, as figures: patterns met, what is left of each parameter, what is predicted."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import stats

from experiments.figures import style

ACROSS = 3
"""Small histograms in a row."""
BINS = 12


class Marginal(NamedTuple):
    """A parameter: its prior range, its default, and its posterior as weighted values."""

    name: str
    low: float
    high: float
    default: float
    values: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def middle(self) -> tuple[float, float, float]:
        """The 5%, 50% and 95% points."""
        order = np.argsort(self.values, kind="stable")
        heights = np.cumsum(self.weights[order])
        five, half, most = (self.values[order][np.searchsorted(heights, at)] for at in (0.05, 0.5, 0.95))
        return float(five), float(half), float(most)


RANK_BINS = 10
"""Bins of ranks."""
PALE = 0.3
"""How strongly patterns are drawn that hardly discriminate."""


class Span(NamedTuple):
    """A pattern that is a share: its tolerance, and mean, low and high over runs, after and before calibration."""

    name: str
    held_out: bool
    tolerance: tuple[float, float]
    after: tuple[float, float, float]
    before: tuple[float, float, float]


@style.styled
def draw_verdict_grid(
    patterns: Sequence[tuple[str, bool, bool]], columns: Sequence[str], met: Mapping[str, Mapping[str, bool]]
) -> Figure:
    """Patterns (name, held out, discriminating) by columns: a square where met, else a cross; held-out ones below."""
    ordered = sorted(patterns, key=lambda pattern: pattern[1])
    figure = style.new_figure(1.2 + 0.26 * len(ordered))
    axes = figure.subplots()
    for across, column in enumerate(columns):
        for down, (name, _, discriminates) in enumerate(ordered):
            shown = met[column][name]
            colour, mark, edge = (style.BLUE, "s", 0.0) if shown else (style.VERMILLION, "x", 1.8)
            strength = 1.0 if discriminates else PALE
            axes.plot(across, down, mark, color=colour, markersize=9, markeredgewidth=edge, alpha=strength)
    used = sum(not held for _, held, _ in ordered)
    axes.axhline(used - 0.5, color="#444444", linewidth=1)
    axes.set_ylim(len(ordered) - 0.5, -0.5)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_yticks(range(len(ordered)), [name.replace("_", " ") for name, _, _ in ordered])
    axes.set_xticks(range(len(columns)), ["\n".join(name.split()) for name in columns], fontsize=7)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    keys = [
        Line2D([], [], marker="s", color=style.BLUE, linestyle="", markersize=8, label="met"),
        Line2D(
            [], [], marker="x", color=style.VERMILLION, linestyle="", markersize=8, markeredgewidth=1.8, label="not met"
        ),
    ]
    figure.legend(handles=keys, loc="outside lower right", ncols=2)
    style.note(figure, "Below the line: for validation only. Pale: hardly discriminates.")
    return figure


@style.styled
def draw_marginals(spans: Sequence[Marginal]) -> Figure:
    """The posterior of each parameter over its prior range, with the default world."""
    rows = -(-len(spans) // ACROSS)
    figure = style.new_figure(0.9 + 1.35 * rows)
    grid = figure.subplots(rows, ACROSS, squeeze=False)
    for axes, span in zip(grid.flat, spans, strict=False):
        heights, edges = np.histogram(span.values, BINS, (span.low, span.high), weights=span.weights)
        axes.bar(
            edges[:-1], heights * BINS, np.diff(edges), align="edge", color=style.SKY, edgecolor="white", linewidth=0.5
        )
        axes.axhline(1, color="#777777", linewidth=0.9, linestyle=(0, (3, 2)))
        axes.axvline(span.default, color=style.INK, linewidth=1.4)
        axes.set_title(span.name.replace("_", " "), fontsize=9.5)
        axes.set_xlim(span.low, span.high)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.spines["left"].set_visible(False)
    for axes in grid.flat[len(spans) :]:
        axes.set_visible(False)
    style.note(figure, "Bars: posterior. Dashed: prior. Solid line: the default world.")
    return figure


@style.styled
def draw_predictive(spans: Sequence[Span]) -> Figure:
    """For each share: the band of tolerance, and what worlds of the posterior and of the prior show."""
    ordered = sorted(spans, key=lambda span: span.held_out)
    figure = style.new_figure(1.3 + 0.4 * len(ordered))
    axes = figure.subplots()
    for down, span in enumerate(ordered):
        low, high = span.tolerance
        axes.barh(down, high - low, 0.72, left=low, color="#DDDDDD", edgecolor="#999999", linewidth=0.6)
        for (value, least, most), shift, colour, mark in (
            (span.after, -0.16, style.BLUE, "o"),
            (span.before, 0.2, style.ORANGE, "s"),
        ):
            if np.isfinite(value):
                axes.plot([least, most], [down + shift] * 2, color=colour, linewidth=1.8)
                axes.plot(value, down + shift, mark, color=colour, markersize=5.5)
    names = [span.name.replace("_", " ") + (" *" if span.held_out else "") for span in ordered]
    axes.set_yticks(range(len(ordered)), names)
    axes.set_ylim(len(ordered) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("share of localities")
    axes.tick_params(axis="y", length=0)
    keys = [
        Patch(facecolor="#DDDDDD", edgecolor="#999999", label="observed, with tolerance"),
        Line2D([], [], marker="o", color=style.BLUE, label="posterior"),
        Line2D([], [], marker="s", color=style.ORANGE, label="prior"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=3)
    style.note(figure, "Dots: mean over runs of the scenario; lines: 95% of them. * held out: for validation only.")
    return figure


@style.styled
def draw_ranks(ranks: pd.DataFrame, draws: int) -> Figure:
    """A histogram of ranks (rows: plantings) for each parameter (columns), with the band in which even ranks lie."""
    across = 4
    down = -(-ranks.shape[1] // across)
    figure = style.new_figure(1.0 + 1.35 * down)
    grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    low, high = stats.binom.interval(0.99, len(ranks), 1.0 / RANK_BINS)
    for axes, name in zip(grid.flat, ranks.columns, strict=False):
        axes.axhspan(low, high, color="#DDDDDD")
        axes.axhline(len(ranks) / RANK_BINS, color="#777777", linewidth=0.8)
        axes.hist(ranks[name], bins=RANK_BINS, range=(0, draws + 1), color=style.BLUE, alpha=0.8)
        axes.set_title(name.replace("_", " "), fontsize=8.5)
    for axes in grid.flat[ranks.shape[1] :]:
        axes.set_visible(False)
    figure.supxlabel("rank of the planted value among draws of its posterior", fontsize=9)
    figure.supylabel("plantings", fontsize=9)
    return figure


@style.styled
def draw_forecast(spans: Mapping[str, Sequence[tuple[str, Sequence[float]]]]) -> Figure:
    """For each quantity a panel: by lever its 5, 25, 50, 75 and 95% quantiles over worlds."""
    rows = max(map(len, spans.values()))
    figure = style.new_figure(1.2 + 0.4 * rows)
    panels = figure.subplots(1, len(spans), sharey=True, squeeze=False)[0]
    for axes, (about, levers) in zip(panels, spans.items(), strict=True):
        for down, (_, (low, quarter, middle, upper, high)) in enumerate(levers):
            axes.plot([low, high], [down, down], color=style.BLUE, linewidth=1.2)
            axes.plot([quarter, upper], [down, down], color=style.BLUE, linewidth=4, solid_capstyle="butt")
            axes.plot(middle, down, "o", color="white", markeredgecolor=style.BLUE, markersize=6)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_title("\n".join(textwrap.wrap(about, 30)), fontsize=9, loc="left")
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        if any(low < 0.0 for _, (low, *_) in levers):
            axes.axvline(0.0, color="#777777", linewidth=0.8)
    panels[0].set_yticks(range(rows), [name for name, _ in next(iter(spans.values()))])
    return figure
