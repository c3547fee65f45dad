"""The figure of a benchmark: who does how many runs a second, and how the cost of a partner-month grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from experiments.figures.style import new_figure, note, styled

BLUE, GREY = "#0072b2", "#999999"


@styled
def speed_and_growth(found: dict[str, Any]) -> Figure:
    figure = new_figure(5.4)
    top, *bottom = figure.subplot_mosaic([["speed"] * 3, ["n_partners", "n_issues", "months"]]).values()
    bars(top, found["runs_a_second"])
    for axes, name in zip(bottom, ("n_partners", "n_issues", "months"), strict=True):
        curve(axes, found["ns_per_partner_month"][name], name.removeprefix("n_"))
    bottom[0].set_ylabel("ns a partner-month")
    machine = found["machine"]
    described = f"{machine['processor']}, {machine['cores']} cores, {machine['vectors']}"
    note(
        figure,
        "Above: runs a second (12 partners, 60 months), median and range over rounds in which all take turns. "
        f"Below: cost of a partner-month on one core. {described}, "
        f"numba {machine['numba']}, gcc {machine['gcc']}.",
    )
    return figure


def bars(axes: Axes, rows: dict[str, Any]) -> None:
    """Speeds on a logarithmic scale, fastest on top."""
    names = sorted(rows, key=lambda name: rows[name]["median"])
    for place, name in enumerate(names):
        row = rows[name]
        axes.barh(place, row["median"], color=BLUE if name.startswith("engine") else GREY, height=0.65)
        axes.plot([row["low"], row["high"]], [place, place], color="black", linewidth=1)
        axes.text(row["high"] * 1.15, place, f"{row['median']:,.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(1, max(row["high"] for row in rows.values()) * 8)
    axes.set_xlabel("runs a second")


def curve(axes: Axes, costs: dict[str, float], label: str) -> None:
    sizes = [int(size) for size in costs]
    axes.plot(sizes, list(costs.values()), color=BLUE, marker="o", markersize=4)
    axes.set_ylim(0, None)
    axes.set_xlabel(label)


def draw(found: dict[str, Any], path: Path) -> None:
    """Save the figure of a measurement."""
    speed_and_growth(found).savefig(path, dpi=130)
