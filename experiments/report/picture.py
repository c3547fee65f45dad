"""What a page shows besides text: a figure with its words and numbers, and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """A table of text; the first cell of each row is its heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A figure as it stands on a page: its name, its words, and the tables of the numbers behind it.

    `name` names its files and its place in the page; `alt` describes it to readers who cannot see it.
    """

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure
    tables: tuple[Table, ...]


def image_files(pictures: Sequence[Picture], salt: str) -> dict[str, bytes]:
    """Every picture drawn in every format, by file name; the same pictures and salt give the same bytes."""
    from experiments.figures import style

    return {
        f"{picture.name}.{kind}": content
        for picture in pictures
        for kind, content in style.as_bytes(picture.figure, salt).items()
    }


def svg_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The SVG among image files, by the name of the picture."""
    return {name.removesuffix(".svg"): content for name, content in files.items() if name.endswith(".svg")}
