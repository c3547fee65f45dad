"""What a study costs: how many worlds a precision takes, with and without sharing them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from experiments.analysis.contrasts import Estimate
from experiments.analysis.power import Power
from experiments.figures import style


def many(worlds: Estimate) -> str:
    """`105 (99 to 110)`."""
    return f"{worlds.value:,.0f} ({worlds.low:,.0f} to {worlds.high:,.0f})"


@style.styled
def draw_power(power: Power) -> Figure:
    """Half the width of the interval of the mean difference, against worlds; the pilot itself is marked."""
    figure = style.new_figure(3.6)
    axes = figure.add_subplot()
    for side, colour, dash, name in (
        ("worlds", style.BLUE, "-", "worlds shared by both arms"),
        ("unpaired", style.ORANGE, (0, (5, 1.5)), "worlds an arm, if not shared"),
    ):
        plans = [(getattr(plan, side), plan.precision) for plan in power.plans]
        precision = [planned for _, planned in plans]
        axes.fill_betweenx(precision, [w.low for w, _ in plans], [w.high for w, _ in plans], color=colour, alpha=0.25,
                           linewidth=0)  # fmt: skip
        axes.plot([w.value for w, _ in plans], precision, color=colour, linestyle=dash, linewidth=2, label=name,
                  marker="o" if side == "worlds" else "s", markersize=4)  # fmt: skip
    reached = 1.96 * power.spread.value / np.sqrt(power.worlds)
    axes.plot(power.worlds, reached, "D", color=style.INK, markersize=6, label="this study")
    axes.axhline(power.region, color="#888888", linewidth=0.9, linestyle=(0, (3, 2)))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.set_yticks([plan.precision for plan in power.plans], [f"±{plan.precision:g}" for plan in power.plans])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("worlds")
    axes.set_ylabel("mean difference known to")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    style.note(
        figure,
        f"n = {power.worlds:,} worlds of the pilot. Half the width of the 95% interval of the mean paired difference; "
        f"bands: what the pilot leaves open; dashed: the region of practical equivalence (±{power.region:g}).",
    )
    return figure
