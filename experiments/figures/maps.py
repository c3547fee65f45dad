"""In which worlds each arm wins: over two parameters, and parameter by parameter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray
from scipy import stats

from experiments import wording
from experiments.analysis.contrasts import LEVEL
from experiments.analysis.discovery import Effect
from experiments.figures import style
from experiments.study.definition import Contrast
from sim import params

MOST_BINS, WORLDS_A_BIN = 8, 60

Spans = tuple[NDArray[np.float64], NDArray[np.float64]]
"""The edges of the bins across and up."""


def edges(name: str, span: tuple[float, float], worlds: int) -> NDArray[np.float64]:
    """Edges of the bins of one parameter: equal widths, whole numbers kept whole, few where there are few worlds."""
    bins = int(np.clip(np.sqrt(worlds / WORLDS_A_BIN), 2, MOST_BINS))
    low, high = span
    if params.BY_NAME[name].integer:
        bins = int(min(bins, high - low + 1))
        return np.unique(np.round(np.linspace(low, high + 1, bins + 1))) - 0.5
    return np.linspace(low, high, bins + 1)


def win_table(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    verdict: NDArray[np.int8],
    across: NDArray[np.float64],
    up: NDArray[np.float64],
) -> pd.DataFrame:
    """Each bin's worlds: columns `column`, `row`, `worlds`, `won`, `lost` (shares), `net` (won less lost), `decided`.

    `decided` where the 95 % interval of `net` leaves out 0.
    """
    column = np.clip(np.searchsorted(across, x, side="right") - 1, 0, len(across) - 2)
    row = np.clip(np.searchsorted(up, y, side="right") - 1, 0, len(up) - 2)
    cells = pd.DataFrame({"column": column, "row": row, "won": verdict == 1, "lost": verdict == -1})
    table = cells.groupby(["column", "row"], as_index=False).agg(
        worlds=("won", "size"), won=("won", "mean"), lost=("lost", "mean")
    )
    table["net"] = table["won"] - table["lost"]
    spread = (table["won"] + table["lost"] - table["net"] * table["net"]).clip(lower=0)
    half = stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(spread / table["worlds"])
    table["decided"] = (table["net"].abs() > half) & (table["worlds"] >= 10)
    return table


@style.styled
def draw_win_map(
    table: pd.DataFrame,
    names: tuple[str, str],
    spans: Spans,
    contrast: Contrast,
) -> Figure:
    """`win_table` as a map: colour and number say how much more often one arm wins, hatching that it is undecided."""
    figure = style.new_figure(5.4)
    axes = figure.add_subplot()
    across, up = spans
    strongest = max(0.1, float(table["net"].abs().max()))
    shades = LinearSegmentedColormap.from_list("winner", [style.ORANGE, "#FFFFFF", style.BLUE])
    for cell in table.itertuples():
        left, bottom = across[cell.column], up[cell.row]
        width, height = across[cell.column + 1] - left, up[cell.row + 1] - bottom
        shade = shades(0.5 + 0.42 * cell.net / strongest)
        axes.add_patch(Rectangle((left, bottom), width, height, facecolor=shade, edgecolor="white", linewidth=1))
        if not cell.decided:
            axes.add_patch(
                Rectangle((left, bottom), width, height, fill=False, edgecolor="#AAAAAA", linewidth=0, hatch="////")
            )
        text = f"{100 * cell.net:+.0f}".replace("-", "\N{MINUS SIGN}") if round(100 * cell.net) else "0"
        box = None if cell.decided else {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        axes.text(left + width / 2, bottom + height / 2, text, ha="center", va="center", fontsize=9, bbox=box)
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    axes.set_xlabel(wording.factor_label(names[0]))
    axes.set_ylabel(wording.factor_label(names[1]))
    axes.spines[["left", "bottom"]].set_visible(False)
    keys = [
        Patch(facecolor=shades(0.92), label=f"+ {wording.plain(contrast.a)} wins more"),
        Patch(facecolor=shades(0.08), label=f"\N{MINUS SIGN} {wording.plain(contrast.b)} wins more"),
        Patch(facecolor="white", edgecolor="#AAAAAA", hatch="////", label="undecided"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=3, handlelength=1.6, columnspacing=1.4)
    style.note(
        figure,
        f"n = {int(table['worlds'].sum()):,} worlds, {int(table['worlds'].min()):,} to "
        f"{int(table['worlds'].max()):,} a cell. Number: per 100 worlds, wins of {wording.plain(contrast.a)} less wins "
        f"of {wording.plain(contrast.b)} (wins: by more than {contrast.region:g}). Undecided: its 95% interval "
        "includes 0.",
    )
    return figure


@style.styled
def draw_effects(effects: tuple[Effect, ...], contrast: Contrast, shown: int = 15) -> Figure:
    """The parameters that most tell apart the worlds each arm wins, strongest on top, with simultaneous intervals."""
    kept = effects[:shown]
    figure = style.new_figure(1.3 + 0.27 * len(kept))
    axes = figure.add_subplot()
    style.zero_line(axes)
    for place, effect in enumerate(reversed(kept)):
        value, low, high = effect.effect.value, effect.effect.low, effect.effect.high
        arm = contrast.a if value > 0 else contrast.b
        axes.barh(
            place,
            value,
            0.62,
            color=style.colour(arm),
            alpha=0.75,
            hatch="" if value > 0 else "////",
            edgecolor="white",
            linewidth=0,
        )
        axes.plot([low, high], [place, place], color=style.INK, linewidth=1.2)
    reach = max(0.05, *(max(abs(effect.effect.low), abs(effect.effect.high)) for effect in kept)) * 1.05
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, len(kept) - 0.4)
    axes.set_yticks(range(len(kept)), [wording.plain(effect.factor) for effect in reversed(kept)])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(
        f"\N{LEFTWARDS ARROW} high favours {wording.plain(contrast.b)}      high favours {wording.plain(contrast.a)} "
        f"\N{RIGHTWARDS ARROW}"
    )
    style.note(
        figure,
        f"The {len(kept)} strongest of {len(effects)} parameters. Bar: chance that a world {wording.plain(contrast.a)} "
        f"wins has the higher value than one {wording.plain(contrast.b)} wins, less one half. Line: 95% interval, for "
        f"all {len(effects)} together.",
    )
    return figure
