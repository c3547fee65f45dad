"""What becomes of a contrast when a mechanism is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from experiments import wording
from experiments.analysis.ablation import Change
from experiments.analysis.contrasts import PairedResult
from experiments.figures import style
from experiments.figures.distributions import sides
from experiments.study.definition import Contrast

ROWS = 60
"""Rows that a figure has room for."""


@style.styled
def draw_variants(results: Mapping[str, PairedResult], contrast: Contrast) -> Figure:
    """Who wins (left), and the mean difference (right), as the study stands and with each mechanism changed.

    Of very many mechanisms the first are shown.
    """
    left_out, results = _left_out(results), dict(list(results.items())[:ROWS])
    figure = style.new_figure(1.5 + 0.5 * len(results))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    style.zero_line(right)
    right.axvspan(-contrast.region, contrast.region, color="#EFEFEF", zorder=0)
    for place, result in enumerate(reversed(list(results.values()))):
        start = 0.0
        for side, share in reversed(list(zip(sides(result, contrast), verdict_shares(result), strict=True))):
            left.barh(
                place, share, 0.66, left=start, color=side.colour, hatch=side.hatch, edgecolor="white", linewidth=0.5
            )
            if share >= 0.06:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.9}
                left.text(
                    start + share / 2, place, wording.percent(share), ha="center", va="center", fontsize=8.5, bbox=box
                )
            start += share
        mean = result.mean
        error = [[mean.value - mean.low], [mean.high - mean.value]]
        right.errorbar(mean.value, place, xerr=error, fmt="o", color=style.INK, markersize=5, elinewidth=1.4, capsize=3)
    left.set_yticks(range(len(results)), style.labels(reversed(list(results))))
    left.tick_params(axis="y", length=0)
    left.set_xlim(0, 1)
    left.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.set_title("who wins")
    left.set_xlabel("share of worlds")
    right.set_title("mean difference")
    right.set_xlabel(wording.outcome(contrast.outcome))
    reach = (
        max(2.5 * contrast.region, *(max(abs(result.mean.low), abs(result.mean.high)) for result in results.values()))
        * 1.1
    )
    right.set_xlim(-reach, reach)
    _legend(figure, next(iter(results.values())), contrast)
    worlds = sorted({result.worlds for result in results.values()})
    many = f"{worlds[0]:,} worlds a row, the same in each"
    if len(worlds) > 1:
        many = f"{worlds[0]:,} to {worlds[-1]:,} worlds a row"
    style.note(
        figure,
        f"n = {many}. A win is by more than ±{contrast.region:g} (grey band). Lines: 95% intervals.{left_out}",
    )
    return figure


def verdict_shares(result: PairedResult) -> tuple[float, float, float]:
    """Of worlds where arm a was better, neither, arm b: in the order of `sides`."""
    return result.wins.share.value, result.ties.share.value, result.losses.share.value


def _legend(figure: Figure, result: PairedResult, contrast: Contrast) -> None:
    names = (f"{wording.plain(contrast.b)} better", "no practical difference", f"{wording.plain(contrast.a)} better")
    keys = [
        Patch(facecolor=side.colour, hatch=side.hatch, edgecolor="white", label=name)
        for side, name in zip(reversed(sides(result, contrast)), names, strict=True)
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=3, handlelength=1.6, columnspacing=1.4)


@style.styled
def draw_ablation(changes: Sequence[Change], base: PairedResult, contrast: Contrast) -> Figure:
    """The contrast with each mechanism changed (left), and how often each arm then wins (right), most moved on top.

    Of very many mechanisms those that moved most are shown.
    """
    left_out, together, changes = _left_out(changes), len(changes), changes[:ROWS]
    names = [wording.plain(change.name) for change in changes]
    figure = style.new_figure(1.6 + 0.27 * style.lines(names))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    left.axvspan(-contrast.region, contrast.region, color="#EFEFEF", zorder=0)
    left.axvline(base.mean.value, color="#666666", linewidth=1, linestyle=(0, (4, 2)))
    style.zero_line(left)
    for place, change in enumerate(reversed(changes)):
        shift = change.shift
        moved = shift.low > 0 or shift.high < 0
        low, high = (base.mean.value + end for end in (shift.low, shift.high))
        left.plot([low, high], [place, place], color=style.INK if moved else style.GREY, linewidth=1.4)
        left.plot(change.result.mean.value, place, "o", markersize=5, markeredgecolor=style.INK if moved else
                  style.GREY, markerfacecolor=style.INK if moved else "white")  # fmt: skip
        shares = (change.result.losses.share.value, change.result.wins.share.value)
        right.plot(shares, [place, place], color="#CCCCCC", linewidth=1.6, zorder=1)
        for share, arm in zip(shares, (contrast.b, contrast.a), strict=True):
            right.plot(share, place, style.marker(arm), color=style.colour(arm), markersize=5.5, zorder=2)
    for count, arm in ((base.wins, contrast.a), (base.losses, contrast.b)):
        right.axvline(count.share.value, color=style.colour(arm), linewidth=1, linestyle=(0, (4, 2)), zorder=0,
                      label=f"{wording.plain(arm)} wins")  # fmt: skip
    left.set_yticks(range(len(changes)), style.labels(reversed(names)), fontsize=8)
    left.set_ylim(-0.7, len(changes) - 0.3)
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
    left.set_xlabel("mean difference")
    right.set_xlabel("share of worlds won")
    right.set_xlim(left=-0.02)
    right.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    keys = [
        *(Line2D([], [], color=style.colour(arm), marker=style.marker(arm), linestyle="",
                 label=f"{wording.plain(arm)} wins") for arm in (contrast.a, contrast.b)),
        Line2D([], [], color="#666666", linewidth=1, linestyle=(0, (4, 2)), label="as the study stands"),
    ]  # fmt: skip
    figure.legend(handles=keys, loc="outside upper left", ncols=3)
    style.note(
        figure,
        f"n = {base.worlds:,} worlds, the same in every row. Line: where the mean difference lies, 95% intervals for "
        f"all {together} changes together; filled where that leaves out the study as it stands. Grey band: "
        f"±{contrast.region:g}.{left_out}",
    )
    return figure


def _left_out(rows: Sized) -> str:
    """What a note says of rows for which there is no room."""
    return f" {ROWS} of {len(rows):,} rows are shown; the table has all." if len(rows) > ROWS else ""
