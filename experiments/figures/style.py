"""One look for all figures: colours told apart by everyone, readable in grey, and the same bytes every time."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

P = ParamSpec("P")

# Okabe and Ito (2008). Where two arms face each other they are blue and orange, which differ in lightness too.
BLUE, ORANGE, GREEN, SKY = "#0072B2", "#E69F00", "#009E73", "#56B4E9"
VERMILLION, PURPLE, GREY, BLACK = "#D55E00", "#CC79A7", "#8C8C8C", "#000000"
TIE = "#BDBDBD"
INK = "#222222"

LOOKS: dict[str, dict[str, Any]] = {
    "structure_first": {"color": BLUE, "linestyle": "-", "marker": "o"},
    "purpose_first": {"color": ORANGE, "linestyle": (0, (5, 1.5)), "marker": "s"},
    "balanced": {"color": GREEN, "linestyle": (0, (3, 1, 1, 1)), "marker": "D"},
    "responsive": {"color": PURPLE, "linestyle": (0, (6, 1, 1, 1, 1, 1)), "marker": "h"},
    "structure_only": {"color": SKY, "linestyle": (0, (1, 1)), "marker": "^"},
    "purpose_only": {"color": VERMILLION, "linestyle": (0, (1, 2.5)), "marker": "v"},
    "neither": {"color": GREY, "linestyle": (0, (8, 2, 1, 2)), "marker": "X"},
    "alone": {"color": BLACK, "linestyle": "-", "marker": "P"},
}
"""Colour, line and marker of each arm, the same in every figure."""

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,  # a name with $ in it is a name
    "axes.labelcolor": INK,
    "axes.edgecolor": "#666666",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 10,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "partnership",
    "path.simplify": True,
}

WIDTH = 5.8
"""Width of every figure in inches: wide enough for print, small enough that its text is legible on a phone."""
NOTE_SIZE, NOTE_LEFT, NOTE_WIDTH = 8, 0.01, 0.95
"""Points of a note's letters, where it begins, and how wide it is: shares of the figure's width.

Letters fitted to pixels may be 2 % wider than they are on paper.
"""
POINTS = 72
"""Points in an inch."""
LABEL_LETTERS, LINE_LETTERS = 36, 24
"""Letters of a label beside an axis that stands in one line, and in a line of one that is longer."""


def styled(function: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw with the house style, whatever the user's own matplotlib settings are."""

    @wraps(function)
    def draw(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(STYLE)
            figure = function(*args, **kwargs)
            settle(figure)
            return figure

    return draw


def settle(figure: Figure) -> None:
    """Fix the layout: it would move a little at each drawing, and so change bytes that should stay."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def new_figure(height: float) -> Figure:
    """An empty figure, free of pyplot's list of open figures; `height` in inches."""
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("constrained", h_pad=0.07, w_pad=0.05)
    return figure


def look(arm: str) -> dict[str, Any]:
    """Colour and line of an arm."""
    looked: dict[str, Any] = LOOKS.get(arm, {"color": INK, "linestyle": (0, (2, 1))})
    return {key: value for key, value in looked.items() if key != "marker"}


def marker(arm: str) -> str:
    """The marker of an arm."""
    return str(LOOKS.get(arm, {}).get("marker", "*"))


def colour(arm: str) -> str:
    """The colour of an arm."""
    return str(look(arm)["color"])


def labels(names: Iterable[str]) -> list[str]:
    """Names as labels beside an axis, long ones in several lines: names that users give may have 80 letters."""
    return [name if len(name) <= LABEL_LETTERS else textwrap.fill(name, LINE_LETTERS) for name in names]


def lines(names: Iterable[str]) -> int:
    """How many lines these names take as labels."""
    return sum(label.count("\n") + 1 for label in labels(names))


def note(figure: Figure, text: str) -> None:
    """The line under a figure that says what it was made of: how many worlds, and which statistic."""
    lines = lines_within(text, NOTE_SIZE, NOTE_WIDTH * figure.get_figwidth() * POINTS)
    figure.supxlabel("\n".join(lines), x=NOTE_LEFT, ha="left", fontsize=NOTE_SIZE, color="#555555")


def lines_within(text: str, size: float, width: float) -> list[str]:
    """A text in lines no wider than `width` points in letters of `size` points; a word wider than that has its own."""
    lines, font = [""], FontProperties(size=size)
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_to_path.get_text_width_height_descent(longer, font, ismath=False)[0] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def zero_line(axes: Axes, vertical: bool = True) -> None:
    """A line at 0, across an axis."""
    draw = axes.axvline if vertical else axes.axhline
    draw(0, color="#444444", linewidth=0.9, zorder=1.5)


def as_bytes(figure: Figure, identity: str) -> dict[str, bytes]:
    """The figure as `png` and `svg`, equal figures giving equal bytes; both carry the id of their study."""
    written = {}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        for kind, metadata in (
            ("png", {"Software": None, "Description": f"study {identity}"}),
            ("svg", {"Date": None, "Creator": None, "Description": f"study {identity}"}),
        ):
            sink = io.BytesIO()
            figure.savefig(sink, format=kind, metadata=metadata)
            written[kind] = sink.getvalue()
    return written
