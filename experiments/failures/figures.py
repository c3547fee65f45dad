"""Failure modes as figures: one partnership with and without its remedy, all of them, and the detectors' record."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import wording
from experiments.analysis.contrasts import Count, Estimate
from experiments.failures.demonstration import Mark
from experiments.failures.performance import Array, Performance, Side, monthly
from experiments.figures import style

WITHOUT: dict[str, Any] = {"color": style.VERMILLION, "linestyle": "-"}
WITH: dict[str, Any] = {"color": style.BLUE, "linestyle": (0, (5, 1.5))}
NAMES = ("without the remedy", "with the remedy")
BANDS = ((5, 95, 0.16), (25, 75, 0.34))
LETTERS = 96


@style.styled
def draw_paths(performance: Performance) -> Figure:
    """The chosen partnership month by month, without the remedy and with it, and what to look for."""
    shown, chosen = performance.demonstration, performance.chosen
    marks = {
        name: [(n, mark) for n, mark in enumerate(shown.look_for, 1) if mark.series == name] for name in shown.watch
    }
    notes = [textwrap.fill(f"{n}  {mark.text}", LETTERS) for n, mark in enumerate(shown.look_for, 1)]
    rows = (len(shown.watch) + 1) // 2
    figure = style.new_figure(1.1 + 2.15 * rows + 0.16 * sum(text.count("\n") + 1 for text in notes))
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, name in zip(grid, shown.watch, strict=False):
        _path(axes, performance, name, marks[name])
    for axes in grid[len(shown.watch) :]:
        axes.set_axis_off()
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, handlelength=2.6, columnspacing=1.3)
    first = _moments(performance)
    text = (
        f"World {chosen} of {shown.runs:,}: the same partners and the same shocks. Across: months since launch. {first}"
    )
    figure.supxlabel(
        "\n".join([*notes, "", textwrap.fill(text.strip(), LETTERS)]), x=0.01, ha="left", fontsize=8.2, color="#333333"
    )
    return figure


def _moments(performance: Performance) -> str:
    since, warned = _since(performance), _warned(performance)
    parts = []
    if warned is not None:
        parts.append(f"Triangle: early sign, month {warned:.0f}.")
    if since is not None:
        parts.append(f"Shaded: failed in this way, from month {since:.0f}.")
    return " ".join(parts)


def _since(performance: Performance) -> float | None:
    value = float(performance.without.finding.since[performance.chosen])
    return None if np.isnan(value) else value


def _warned(performance: Performance) -> float | None:
    value = float(performance.without.warned[performance.chosen])
    return None if np.isnan(value) else value


def _path(axes: Axes, performance: Performance, name: str, marks: Sequence[tuple[int, Mark]]) -> None:
    chosen = performance.chosen
    sides = ((performance.without, NAMES[0], WITHOUT), (performance.remedied, NAMES[1], WITH))
    lines = [monthly(side.record, name)[chosen] for side, _, _ in sides]
    months = np.arange(1, len(lines[0]) + 1)
    since, warned = _since(performance), _warned(performance)
    if since is not None:
        axes.axvspan(since, months[-1], color=style.VERMILLION, alpha=0.08, linewidth=0)
    for line, (_, label, look) in zip(lines, sides, strict=True):
        axes.plot(months, line, label=label, linewidth=2.0, **look)
    shown = list(lines)
    if name in ("outcome", "results"):
        alone = monthly(performance.without.record, "alone_outcome")[chosen]
        axes.plot(months, alone, color=style.INK, linewidth=0.9, linestyle=(0, (1, 1.5)))
        shown.append(alone)
    if name == "added_value":
        style.zero_line(axes, vertical=False)
    else:
        axes.set_ylim(-0.03, max(1.03, float(np.nanmax(lines)) + 0.03))
    if len(shown) > len(lines):
        taken = [mark.at for _, mark in marks] + ([int(warned)] if warned is not None else [])
        _label(axes, "acting alone", alone, lines, taken)
    if warned is not None:
        axes.plot(warned, lines[0][int(warned) - 1], "^", color=style.INK, markersize=7, zorder=4)
    for number, mark in marks:
        place = (mark.at, lines[0][mark.at - 1])
        axes.annotate(
            str(number), place, (0, 11 * _emptier(axes, *place, shown)), textcoords="offset points",
            ha="center", va="center", fontsize=8.5, fontweight="bold", zorder=5,
            bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": style.INK, "linewidth": 0.9},
        )  # fmt: skip
    axes.set_title(wording.series(name))
    _months(axes, len(months))


def _room(axes: Axes, month: int, value: float, paths: Sequence[Array], away: float, reach: int) -> float:
    """How far all paths are from a place `away` from a value (share of the axis), within so many months of a month.

    Below 0 where the place is outside the axes.
    """
    low, high = axes.get_ylim()
    at = value + away * (high - low)
    if not low + 0.04 * (high - low) <= at <= high - 0.04 * (high - low):
        return -1.0
    near = slice(max(0, month - 1 - reach), month + reach)
    return min(float(np.min(np.abs(path[near] - at))) for path in paths)


def _emptier(axes: Axes, month: int, value: float, paths: Sequence[Array]) -> int:
    """Where a mark at a path is clearer of all paths: 1 above it, -1 below it."""
    return max((1, -1), key=lambda side: _room(axes, month, value, paths, 0.11 * side, 3))


def _label(axes: Axes, text: str, path: Array, others: Sequence[Array], taken: Sequence[int]) -> None:
    """Name a path where the name is clearest of all paths, and of the months whose place is taken, if there is room."""
    months = len(path)
    places = [
        (month, side)
        for month in range(max(1, months // 6), months - months // 6)
        for side in (1, -1)
        if all(abs(month - place) > months / 6 for place in taken)
    ] or [(months // 2, 1)]
    month, side = max(
        places,
        key=lambda place: _room(axes, place[0], path[place[0] - 1], [path, *others], 0.07 * place[1], months // 7),
    )
    axes.annotate(
        text, (month, path[month - 1]), (0, 4 * side), textcoords="offset points",
        ha="center", va="bottom" if side > 0 else "top", fontsize=7.5,
    )  # fmt: skip


def _months(axes: Axes, months: int) -> None:
    step = next(step for step in (1, 2, 6, 12, 24, 60, 120, 1200) if months / step <= 6)
    axes.set_xticks(range(0, months + 1, step))
    axes.set_xlim(0, months)


@style.styled
def draw_distributions(performance: Performance) -> Figure:
    """All partnerships: added value month by month on either side, how often they fail, and where they end."""
    shown = performance.demonstration
    figure = style.new_figure(5.9)
    places = figure.subplot_mosaic([["without", "with"], ["fails", "ends"]], height_ratios=(1.35, 1))
    places["with"].sharey(places["without"])
    for name, side, look, title in (
        ("without", performance.without, WITHOUT, NAMES[0]),
        ("with", performance.remedied, WITH, NAMES[1]),
    ):
        _fan(places[name], side, look, performance.chosen)
        places[name].set_title(title)
    places["without"].set_ylabel("added value")
    places["with"].tick_params(labelleft=False)
    _fails(places["fails"], performance)
    _ends(places["ends"], performance)
    style.note(
        figure,
        f"n = {shown.runs:,} partnerships a side, in the same worlds. Above: added value (gain beyond acting alone), "
        "by months since launch: median, middle half, and 5% to 95%; thin: the one told as a story. Below: share that "
        "fails, with 95% interval, and added value in the last month.",
    )
    return figure


def _fan(axes: Axes, side: Side, look: Mapping[str, Any], chosen: int) -> None:
    values = monthly(side.record, "added_value")
    months = np.arange(1, values.shape[1] + 1)
    style.zero_line(axes, vertical=False)
    for low, high, strength in BANDS:
        lower, upper = np.percentile(values, [low, high], axis=0)
        axes.fill_between(months, lower, upper, color=look["color"], alpha=strength, linewidth=0)
    axes.plot(months, values[chosen], color="#444444", linewidth=0.9)
    axes.plot(months, np.median(values, axis=0), linewidth=2.4, **look)
    _months(axes, len(months))


def _fails(axes: Axes, performance: Performance) -> None:
    for place, (count, look) in enumerate(((performance.remedied.fails, WITH), (performance.without.fails, WITHOUT))):
        share = count.share
        error = [[share.value - share.low], [share.high - share.value]]
        axes.barh(
            place, share.value, 0.55, color=look["color"], alpha=0.75, hatch="" if place else "///", edgecolor="white"
        )
        axes.errorbar(share.value, place, xerr=error, color=style.INK, capsize=3, elinewidth=1.2, fmt="none")
        inside = share.value > 0.6
        axes.text(
            share.low - 0.03 if inside else share.high + 0.03, place, wording.percent(share.value), va="center",
            ha="right" if inside else "left", fontsize=10, fontweight="bold", color="white" if inside else style.INK,
        )  # fmt: skip
    axes.set_yticks([0, 1], ["with it", "without"])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.set_title("how many fail")


def _ends(axes: Axes, performance: Performance) -> None:
    both = [performance.without.added_value, performance.remedied.added_value]
    low, high = min(map(np.min, both)), max(map(np.max, both))
    edges = np.linspace(low - 0.01, high + 0.01, 32).tolist()
    for values, look, fill in zip(both, (WITHOUT, WITH), (0.30, 0.12), strict=True):
        axes.hist(values, edges, histtype="stepfilled", color=look["color"], alpha=fill)
        axes.hist(values, edges, histtype="step", linewidth=1.8, **look)
    style.zero_line(axes)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_title("added value in the end")


@style.styled
def draw_confusion(rates: Mapping[str, Mapping[str, Count]], overlaps: Mapping[str, Sequence[str]]) -> Figure:
    """How often each detector (column) fires in each mode's demonstration, and in worlds that are well (rows)."""
    rows, columns = list(rates), list(next(iter(rates.values())))
    figure = style.new_figure(1.5 + 0.31 * len(rows))
    axes = figure.subplots()
    values = np.array([[rates[row][column].share.value for column in columns] for row in rows])
    axes.imshow(values, cmap="Oranges", vmin=0, vmax=1.25, aspect="auto")
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            own, named = row == column, column in overlaps.get(row, ())
            text = f"{100 * values[y, x]:.0f}"
            axes.text(
                x, y, text, ha="center", va="center", fontsize=7.6, fontweight="bold" if own else "normal",
                color=style.INK if values[y, x] >= 0.005 or own else "#999999",
            )  # fmt: skip
            if own:
                axes.add_patch(_box(x, y, style.INK, "-", 1.6))
            elif named:
                axes.add_patch(_box(x, y, style.BLUE, (0, (2, 1)), 1.1))
    axes.set_xticks(range(len(columns)), [wording.plain(name) for name in columns], rotation=55, ha="left", fontsize=8)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)), [wording.plain(name) for name in rows], fontsize=8)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    style.note(
        figure,
        "Per 100 partnerships of a row's world (its demonstration, or worlds that are well), those in which a column's "
        "detector fires. Boxed: its own. Dashed: named as overlapping.",
    )
    return figure


def _box(x: int, y: int, colour: str, line: object, width: float):  # type: ignore[no-untyped-def]
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, edgecolor=colour, linestyle=line, linewidth=width)


@style.styled
def draw_leads(lead_times: Mapping[str, tuple[Array, Estimate | None, Count]]) -> Figure:
    """Months from the early sign to the failure, mode by mode, and how many failures were announced."""
    figure = style.new_figure(1.2 + 0.3 * len(lead_times))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.6, 1))
    for place, (values, centre, announced) in enumerate(reversed(list(lead_times.values()))):
        if len(values) and centre is not None:
            low, q25, q75, high = np.percentile(values, [5, 25, 75, 95])
            left.plot([low, high], [place, place], color=style.BLUE, linewidth=1.0)
            left.plot([q25, q75], [place, place], color=style.BLUE, linewidth=4.5, alpha=0.55, solid_capstyle="butt")
            error = [[centre.value - centre.low], [centre.high - centre.value]]
            left.errorbar(centre.value, place, xerr=error, fmt="o", color=style.INK, markersize=4.5, capsize=3)
        share = announced.share
        error = [[share.value - share.low], [share.high - share.value]]
        right.errorbar(share.value, place, xerr=error, fmt="s", color=style.INK, markersize=4.5, capsize=3)
    left.set_yticks(range(len(lead_times)), [wording.plain(name) for name in reversed(list(lead_times))], fontsize=8.5)
    left.tick_params(axis="y", length=0)
    left.set_xlim(left=0)
    left.set_xlabel("months from sign to failure")
    left.set_title("lead time")
    right.set_xlim(-0.06, 1.06)
    right.set_xticks([0, 0.5, 1], ["0", "50", "100%"])
    right.set_xlabel("failures announced")
    right.set_title("announced in time")
    style.note(
        figure,
        "Dot: median with 95% interval; thick: middle half; thin: 5% to 95%, over failing partnerships that were "
        "warned before. A detector that reads recent means waits for them, which is part of the lead. Squares: share, "
        "with 95% interval.",
    )
    return figure
