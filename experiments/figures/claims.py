"""The ledger of claims as a figure: how often worlds bear each claim out, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from experiments.analysis.contrasts import Estimate
from experiments.figures import style

LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("worlds that bear it out", {"facecolor": style.BLUE}),
    ("make no practical difference", {"facecolor": style.TIE}),
    ("speak against it", {"facecolor": style.ORANGE, "hatch": "////", "edgecolor": "white", "linewidth": 0.4}),
)


@dataclass(frozen=True)
class Row:
    """A claim in the figure: shares of worlds for it, neither way and against it, and its mean difference.

    The difference is turned so that a positive one is what is claimed; None where the claim is about some worlds only.
    """

    label: str
    word: str
    shares: tuple[float, float, float]
    effect: Estimate | None


@style.styled
def draw_ledger(rows: Sequence[Row], region: float, rare: float, note: str) -> Figure:
    """A row a claim, grouped by judgement: worlds for and against (left), mean difference (right)."""
    figure = style.new_figure(1.7 + 0.285 * len(rows))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    right.axvspan(-region, region, color="#E4E4E4", zorder=0)
    style.zero_line(right)
    places = list(range(len(rows)))[::-1]
    for place, row in zip(places, rows, strict=True):
        start = 0.0
        for size, (_, look) in zip(row.shares, LOOKS, strict=True):
            left.barh(place, size, 0.68, left=start, **look)
            start += size
        dot(right, place, row)
    divide((left, right), rows, places)
    left.set_yticks(places, [row.label for row in rows], fontsize=8)
    left.tick_params(axis="y", length=0)
    left.set_ylim(-0.6, len(rows) - 0.4)
    left.set_xlim(0, 1)
    left.set_xticks([rare, 0.5, 1 - rare])
    left.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.axvline(rare, color=style.INK, linewidth=0.7, linestyle=(0, (2, 2)))
    left.axvline(1 - rare, color=style.INK, linewidth=0.7, linestyle=(0, (2, 2)))
    left.set_xlabel("share of worlds")
    right.set_xlabel("mean difference,\nas claimed")
    keys = [Patch(label=name, **look) for name, look in LOOKS]
    figure.legend(handles=keys, loc="outside upper left", ncols=3, handlelength=1.4, columnspacing=1.2, fontsize=8)
    style.note(figure, note)
    return figure


def dot(axes: Axes, place: int, row: Row) -> None:
    """The mean difference with its interval, where the judgement looks at it."""
    effect = row.effect
    if effect is None:
        return
    axes.plot([effect.low, effect.high], [place, place], color=style.INK, linewidth=1.4, solid_capstyle="butt")
    axes.add_line(Line2D([effect.value], [place], marker="o", markersize=3.4, color=style.INK))


def divide(axes: Sequence[Axes], rows: Sequence[Row], places: Sequence[int]) -> None:
    """A line between judgements, and each judgement's name at the right."""
    for place, row, before in zip(places, rows, [None, *rows[:-1]], strict=True):
        if before is None or row.word != before.word:
            axes[-1].annotate(
                row.word, (1.02, place), xycoords=("axes fraction", "data"), fontsize=9, fontweight="bold", va="center"
            )
            if before is not None:
                for axis in axes:
                    axis.axhline(place + 0.5, color="#999999", linewidth=0.7)
