"""How an outcome, and the difference between two arms, is spread over worlds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis.contrasts import PairedResult
from experiments.figures import style
from experiments.study.definition import NO_VARIANT, Contrast

SHARES = np.linspace(0, 1, 401)
"""The points at which a cumulative distribution is drawn."""


@style.styled
def draw_ecdf(runs: pd.DataFrame, arms: tuple[str, ...], contrast: Contrast) -> Figure:
    """The share of worlds in which each arm stays at or below a value of the contrast's outcome."""
    figure = style.new_figure(4.2)
    axes = figure.add_subplot()
    main = runs[runs["variant"] == NO_VARIANT]
    drawn = arms_with_values(arms, contrast.outcome)
    tables = {arm: np.quantile(main.loc[main["arm"] == arm, contrast.outcome].dropna(), SHARES) for arm in drawn}
    style.zero_line(axes)
    for arm, values in tables.items():
        compared = arm in (contrast.a, contrast.b)
        axes.plot(
            values, SHARES, label=wording.plain(arm), linewidth=2.4 if compared else 1.4, zorder=3 if compared else 2,
            marker=style.marker(arm), markevery=(40, 80), markersize=5, **style.look(arm),
        )  # fmt: skip
    low, high = _middle(np.concatenate([values[2:-2] for values in tables.values()]))
    if contrast.outcome.startswith("added_value"):
        low, high = min(low, 0.0), max(high, 0.0)  # acting alone, which the text above points from, stays in sight
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(_axis(contrast.outcome))
    axes.set_ylabel("worlds at or below")
    axes.grid(axis="y", color="#E5E5E5", linewidth=0.7)
    axes.legend(loc="lower right", handlelength=3.4)
    if contrast.outcome.startswith("added_value"):
        above = axes.get_xaxis_transform()
        axes.text(0, 1.02, "\N{LEFTWARDS ARROW} worse than acting alone  ", transform=above, ha="right", fontsize=9)
        axes.text(0, 1.02, "  better \N{RIGHTWARDS ARROW}", transform=above, fontsize=9)
    worlds = main["point"].nunique()
    style.note(
        figure,
        f"n = {worlds:,} worlds, each met by every arm. Empirical distribution; up to 0.5% at each end is cut off.",
    )
    return figure


def arms_with_values(arms: tuple[str, ...], outcome: str) -> list[str]:
    """The arms worth drawing: acting alone has no added value by definition."""
    return [arm for arm in arms if arm != "alone" or not outcome.startswith("added_value")]


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    margin = 0.03 * (high - low) or 0.1
    return low - margin, high + margin


def _axis(outcome: str) -> str:
    suffix = " (gain beyond acting alone)" if outcome.startswith("added_value") else ""
    return f"{wording.outcome(outcome)}{suffix}"


@style.styled
def draw_differences(pairs: pd.DataFrame, result: PairedResult, contrast: Contrast) -> Figure:
    """All paired differences, coloured by who did better, with the region of practical equivalence marked."""
    figure = style.new_figure(4.0)
    axes = figure.add_subplot()
    values = pairs["difference"].dropna().to_numpy()
    edges, shares, beyond = binned(values, contrast.region)
    middle = (edges[:-1] + edges[1:]) / 2
    axes.axvspan(-contrast.region, contrast.region, ymax=0.8, color="#EFEFEF", zorder=0)
    for side in sides(result, contrast):
        inside = side.holds(middle)
        axes.bar(
            edges[:-1][inside], shares[inside], np.diff(edges)[inside], align="edge", color=side.colour,
            edgecolor="white", linewidth=0.4, hatch=side.hatch, zorder=2,
        )  # fmt: skip
    axes.axvline(0, ymax=0.8, color="#444444", linewidth=0.9, zorder=3)
    top = float(np.max(shares))
    axes.set_ylim(0, top * 1.42)
    axes.set_xlim(edges[0], edges[-1])
    for side, where, align in zip(sides(result, contrast), (0.99, 0.5, 0.01), ("right", "center", "left"), strict=True):
        axes.text(where, 0.98, side.words, transform=axes.transAxes, ha=align, va="top", fontsize=9.5, linespacing=1.35)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+.2f}".replace("-", "\N{MINUS SIGN}") if x else "0"))
    axes.set_xlabel(
        f"{wording.outcome(contrast.outcome)}: {wording.plain(contrast.a)} less {wording.plain(contrast.b)}, same world"
    )
    axes.set_ylabel("share of worlds")
    ends = f" {beyond:.1%} of worlds lie beyond the ends." if beyond else ""
    style.note(
        figure,
        f"n = {result.worlds:,} worlds, paired. Grey band: within ±{contrast.region:g}, no practical difference.{ends} "
        f"Mean difference {wording.estimated(result.mean)}.",
    )
    return figure


class Verdict(NamedTuple):
    """One of the three verdicts on a world: how it is drawn and what is written over it."""

    low: float
    high: float
    colour: str
    hatch: str
    words: str

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(worlds,) which differences get this verdict."""
        return (values > self.low) & (values <= self.high)


def sides(result: PairedResult, contrast: Contrast) -> tuple[Verdict, Verdict, Verdict]:
    """Arm a better, no practical difference, arm b better."""
    region = contrast.region
    won, tied, lost = (
        f"\n{wording.percent(count.share.value)} of worlds" for count in (result.wins, result.ties, result.losses)
    )
    return (
        Verdict(region, np.inf, style.colour(contrast.a), "", f"{wording.plain(contrast.a)} better{won}"),
        Verdict(-region, region, style.TIE, "", f"no practical difference{tied}"),
        Verdict(-np.inf, -region, style.colour(contrast.b), "////", f"{wording.plain(contrast.b)} better{lost}"),
    )


def binned(values: NDArray[np.float64], region: float) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """A histogram with bins that end where the region does: edges, share of worlds in each, share beyond the ends."""
    reach = max(float(np.quantile(np.abs(values), 0.98)), 3 * region, 1e-6)
    width = region or reach / 20
    while reach / width > 30:
        width *= 2
    steps = int(np.ceil((reach - region) / width))
    right = region + width * np.arange(steps + 1)
    inner = np.linspace(-region, region, 3) if region else np.zeros(1)
    edges = np.unique(np.concatenate([-right, inner, right]))
    counts, _ = np.histogram(values, edges)
    return edges, counts / len(values), float(1 - np.sum(counts) / len(values))


@style.styled
def draw_arm_means(table: pd.DataFrame, outcome: str) -> Figure:
    """Each arm's mean (with its interval), the middle half and the middle nine tenths of worlds."""
    figure = style.new_figure(0.9 + 0.42 * len(table))
    axes = figure.add_subplot()
    style.zero_line(axes)
    table = table.loc[arms_with_values(tuple(table.index), outcome)]
    for place, (arm, row) in enumerate(table.iloc[::-1].iterrows()):
        colour = style.colour(str(arm))
        axes.plot([row["q5"], row["q95"]], [place, place], color=colour, linewidth=1.2, solid_capstyle="butt")
        axes.plot(
            [row["q25"], row["q75"]], [place, place], color=colour, linewidth=6, alpha=0.35, solid_capstyle="butt"
        )
        mark: dict[str, Any] = {
            "fmt": style.marker(str(arm)),
            "markeredgecolor": "white",
            "markeredgewidth": 0.6,
            "markersize": 7.5,
        }
        error = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
        axes.errorbar(row["mean"], place, xerr=error, color=colour, ecolor=style.INK, elinewidth=1.2, **mark)
    axes.set_yticks(range(len(table)), [wording.plain(str(arm)) for arm in table.index[::-1]])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(_axis(outcome))
    style.note(
        figure,
        f"n = {int(table['worlds'].min()):,} worlds an arm. Marker: mean with 95% interval (often narrower than the "
        "marker); thick: middle half of worlds; thin: 5% to 95%.",
    )
    return figure
