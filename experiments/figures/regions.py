"""Where each arm wins, and how sure that is: boundary, interactions, boxes, trees, and shares of smaller boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, PercentFormatter

from experiments import wording
from experiments.analysis.boundary import Boundary
from experiments.analysis.boxes import Box
from experiments.analysis.contrasts import LEVEL
from experiments.analysis.discovery import Condition
from experiments.analysis.shares import Shares
from experiments.analysis.tree import Tree
from experiments.figures import style
from experiments.figures.maps import Spans
from experiments.study.definition import Contrast

HALVES_SHOWN = 12
LEAD = ("#F3C96B", "#FFFFFF", "#7FB3D5")


@style.styled
def draw_boundary(boundary: Boundary, contrast: Contrast) -> Figure:
    """Where each arm is known to lead (colour), where the line may run (hatched), and where it most likely does."""
    figure = style.new_figure(5.2)
    axes = figure.add_subplot()
    edge = (1 - LEVEL) / 2
    axes.contourf(boundary.x, boundary.y, boundary.sure, levels=[-0.5, edge, 1 - edge, 1.5], colors=LEAD)
    unsure = axes.contourf(
        boundary.x, boundary.y, boundary.sure, levels=[edge, 1 - edge], colors="none", hatches=["////"]
    )
    unsure.set_edgecolor("#999999")
    unsure.set_linewidth(0)
    if boundary.lead.min() < 0 < boundary.lead.max():
        axes.contour(boundary.x, boundary.y, boundary.lead, levels=[0], colors=style.INK, linewidths=2.2)
    axes.set_xlabel(wording.factor_label(boundary.across))
    axes.set_ylabel(wording.factor_label(boundary.up))
    keys = [
        Patch(facecolor=LEAD[2], label=f"{wording.plain(contrast.a)} leads"),
        Patch(facecolor=LEAD[0], label=f"{wording.plain(contrast.b)} leads"),
        Patch(facecolor="white", edgecolor="#999999", hatch="////", label="undecided"),
        Line2D([], [], color=style.INK, linewidth=2.2, label="where the lead most likely changes"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=2, handlelength=1.8, columnspacing=1.4)
    style.note(
        figure,
        f"n = {boundary.worlds:,} worlds. Lead: share of worlds won less share lost, as a smooth surface (cubic terms, "
        "least squares). Undecided: of 400 resamples of the worlds neither arm leads in 97.5% or more, place by place.",
    )
    return figure


@style.styled
def draw_interactions(
    tables: Mapping[tuple[str, str], pd.DataFrame], spans: Mapping[tuple[str, str], Spans], contrast: Contrast
) -> Figure:
    """Small win maps of some pairs of parameters: who leads, by how much, and where that is undecided (hatched)."""
    rows = -(-len(tables) // 2)
    figure = style.new_figure(1.1 + 2.75 * rows)
    grid = figure.subplots(rows, 2, squeeze=False)
    strongest = max(0.1, *(float(table["net"].abs().max()) for table in tables.values()))
    shades = LinearSegmentedColormap.from_list("winner", [style.ORANGE, "#FFFFFF", style.BLUE])
    for axes, (names, table) in zip(grid.ravel(), tables.items(), strict=False):
        across, up = spans[names]
        for cell in table.itertuples():
            left, bottom = across[cell.column], up[cell.row]
            width, height = across[cell.column + 1] - left, up[cell.row + 1] - bottom
            shade = shades(0.5 + 0.42 * cell.net / strongest)
            axes.add_patch(Rectangle((left, bottom), width, height, facecolor=shade, edgecolor="white"))
            if not cell.decided:
                axes.add_patch(
                    Rectangle((left, bottom), width, height, fill=False, edgecolor="#AAAAAA", lw=0, hatch="////")
                )
            text = f"{100 * cell.net:+.0f}".replace("-", "\N{MINUS SIGN}") if round(100 * cell.net) else "0"
            box = None if cell.decided else {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            axes.text(left + width / 2, bottom + height / 2, text, ha="center", va="center", fontsize=7.5, bbox=box)
        axes.set_xlim(across[0], across[-1])
        axes.set_ylim(up[0], up[-1])
        axes.set_xlabel(wording.plain(names[0]), fontsize=9)
        axes.set_ylabel(wording.plain(names[1]), fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines[["left", "bottom"]].set_visible(False)
    for axes in grid.ravel()[len(tables) :]:
        axes.set_axis_off()
    keys = [
        Patch(facecolor=shades(0.92), label=f"+ {wording.plain(contrast.a)} wins more"),
        Patch(facecolor=shades(0.08), label=f"\N{MINUS SIGN} {wording.plain(contrast.b)} wins more"),
        Patch(facecolor="white", edgecolor="#AAAAAA", hatch="////", label="undecided"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=3, handlelength=1.6, columnspacing=1.4)
    worlds = [int(count) for table in tables.values() for count in table["worlds"]]
    style.note(
        figure,
        f"n = {int(next(iter(tables.values()))['worlds'].sum()):,} worlds in each map, {min(worlds):,} to "
        f"{max(worlds):,} a cell. Number: per 100 worlds, wins of {wording.plain(contrast.a)} less wins of "
        f"{wording.plain(contrast.b)}. Undecided: its 95% interval includes 0.",
    )
    return figure


@style.styled
def draw_boxes(boxes: Sequence[Box]) -> Figure:
    """For each arm: how much denser in its wins a box becomes the fewer of them it holds."""
    figure = style.new_figure(3.9)
    grid = figure.subplots(1, len(boxes), sharey=True, squeeze=False)
    for axes, box in zip(grid.ravel(), boxes, strict=True):
        colour = style.colour(box.arm)
        coverage, density = [step.coverage for step in box.steps], [step.density for step in box.steps]
        axes.plot(coverage, density, color="#888888", linewidth=1.3, linestyle=(0, (3, 2)),
                  label="worlds it was peeled from")  # fmt: skip
        axes.plot(
            [step.held_coverage for step in box.steps], [step.held_density for step in box.steps],
            color=colour, linewidth=2.2, label="worlds held back",
        )  # fmt: skip
        share = box.density.share
        error = [[share.value - share.low], [share.high - share.value]]
        axes.errorbar(box.coverage.share.value, share.value, yerr=error, fmt="D", color=style.INK, markersize=6,
                      capsize=3, label="the box that is described")  # fmt: skip
        everywhere = box.steps[0].held_density
        axes.axhline(everywhere, color="#BBBBBB", linewidth=1)
        axes.text(0.04, everywhere, "all worlds", fontsize=8, va="top", ha="right", color="#555555")
        axes.set_title(wording.plain(box.arm))
        axes.set_xlim(1.02, 0)
        axes.set_xlabel("coverage: share of its wins in the box")
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    grid[0, 0].set_ylabel("density: share of worlds it wins")
    grid[0, 0].set_ylim(0, min(1.0, 1.25 * max(step.density for box in boxes for step in box.steps)))
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3, handlelength=2.4)
    held = boxes[0].density.of + boxes[0].elsewhere.of
    style.note(
        figure,
        f"n = {held:,} worlds peeled, as many held back. Each step to the right peels 5% of the worlds left in the "
        "box. Line at the diamond: 95% interval on worlds held back.",
    )
    return figure


@style.styled
def draw_leaves(tree: Tree, contrast: Contrast) -> Figure:
    """Who wins in each leaf of a tree, the conditions beside it."""
    figure = style.new_figure(1.4 + 0.62 * len(tree.leaves))
    axes = figure.add_subplot()
    for place, leaf in enumerate(reversed(tree.leaves)):
        start = 0.0
        for count, colour, hatch in (
            (leaf.lost, style.colour(contrast.b), "////"), (leaf.tied, style.TIE, ""),
            (leaf.won, style.colour(contrast.a), ""),
        ):  # fmt: skip
            share = count.share.value
            axes.barh(place, share, 0.7, left=start, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5)
            if share >= 0.06:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.9}
                axes.text(start + share / 2, place, wording.percent(share), ha="center", va="center", fontsize=8.5,
                          bbox=box)  # fmt: skip
            start += share
    axes.set_yticks(range(len(tree.leaves)), [label(leaf.conditions) for leaf in reversed(tree.leaves)], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("share of worlds")
    keys = [
        Patch(facecolor=style.colour(contrast.b), hatch="////", edgecolor="white",
              label=f"{wording.plain(contrast.b)} better"),
        Patch(facecolor=style.TIE, label="no practical difference"),
        Patch(facecolor=style.colour(contrast.a), label=f"{wording.plain(contrast.a)} better"),
    ]  # fmt: skip
    figure.legend(handles=keys, loc="outside upper left", ncols=3, handlelength=1.6, columnspacing=1.4)
    held = sum(leaf.worlds for leaf in tree.leaves)
    least, most = min(leaf.worlds for leaf in tree.leaves), max(leaf.worlds for leaf in tree.leaves)
    style.note(
        figure,
        f"n = {held:,} worlds that had no part in growing the tree, {least:,} to {most:,} a row. Bars: who won by more "
        f"than {contrast.region:g}.",
    )
    return figure


def label(conditions: Sequence[Condition]) -> str:
    """Conditions as a label of few, short lines."""
    return "\n".join(wording.condition_text(condition).replace(" is ", " ") for condition in conditions)


@style.styled
def draw_shares(shares: Shares, contrast: Contrast) -> Figure:
    """How often each arm wins where a parameter is in the lower or the upper half of its range."""
    kept = shares.halves[:HALVES_SHOWN]
    figure = style.new_figure(1.6 + 0.36 * len(kept))
    left, right = figure.subplots(1, 2, sharey=True)
    for place, (low, high) in enumerate(reversed(kept)):
        for axes, side, arm in ((left, "won", contrast.a), (right, "lost", contrast.b)):
            ends = [getattr(part, side).share for part in (low, high)]
            axes.plot([end.value for end in ends], [place, place], color="#AAAAAA", linewidth=2, zorder=1)
            for end, filled in zip(ends, (False, True), strict=True):
                axes.plot([end.low, end.high], [place, place], color=style.INK, linewidth=1, zorder=2)
                axes.plot(end.value, place, style.marker(arm), color=style.colour(arm), markersize=7, zorder=3,
                          markeredgecolor=style.INK if not filled else style.colour(arm), markeredgewidth=1,
                          markerfacecolor=style.colour(arm) if filled else "white")  # fmt: skip
    for axes, whole, arm in ((left, shares.whole.won, contrast.a), (right, shares.whole.lost, contrast.b)):
        axes.axvline(whole.share.value, color="#666666", linewidth=1, linestyle=(0, (4, 2)), zorder=0)
        axes.set_title(f"{wording.plain(arm)} wins")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}%"))
        axes.set_xlabel("share of worlds in that half")
        axes.tick_params(axis="y", length=0)
    left.set_yticks(range(len(kept)), [wording.plain(low.conditions[0].factor) for low, _ in reversed(kept)])
    reach = max(axes.get_xlim()[1] for axes in (left, right))
    for axes in (left, right):
        axes.set_xlim(0, reach)
    keys = [
        Line2D([], [], marker="o", linestyle="", color=style.INK, markerfacecolor="white", label="lower half"),
        Line2D([], [], marker="o", linestyle="", color=style.INK, label="upper half"),
        Line2D([], [], color="#666666", linewidth=1, linestyle=(0, (4, 2)), label="the whole box"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=3)
    style.note(
        figure,
        f"n = {shares.whole.worlds:,} worlds in the whole box. The {len(kept)} of {len(shares.halves)} parameters that "
        "move the shares most when their range is cut to one half. Lines: 95% intervals.",
    )
    return figure
