"""A demonstration shown: played, drawn, told, and written to `results/demo/<mode>/`.

<mode>/index.html       the page; it needs nothing else
<mode>/summary.json     the numbers
<mode>/figures/         paths and distributions, as PNG and SVG
index.html              the demonstrations there are
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.failures import page, story
from experiments.failures.accounts import Account, accounts
from experiments.failures.demonstration import Demonstration
from experiments.failures.performance import Performance, middle, perform
from experiments.report.picture import image_files, svg_of
from experiments.storage.files import write_bytes, write_json

WIDTH = 100
"""Letters in a line of a terminal."""


def show(demonstration: Demonstration, folder: Path, command: str) -> list[str]:
    """Play a demonstration, write its page and figures, and return what there is to say in a terminal."""
    performance = perform(demonstration)
    tellers = accounts(demonstration.parameters, demonstration.seed, performance.chosen)
    here = folder / demonstration.name
    pictures = page.demonstration_pictures(performance)
    files = image_files(pictures, demonstration.name)
    content = page.demonstration_page(performance, tellers, svg_of(files), pictures, command)
    for name, image in files.items():
        write_bytes(here / "figures" / name, image)
    write_bytes(here / "index.html", content.encode())
    write_json(here / "summary.json", demonstration_summary(performance, command))
    write_index(folder)
    return lines(performance, tellers, here)


def write_index(folder: Path) -> None:
    """List the demonstrations that lie in a folder."""
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/summary.json"))]
    write_bytes(
        folder / "index.html", page.index_page(entries, (folder / "detectors" / "index.html").exists()).encode()
    )


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of a terminal's width."""
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def lines(performance: Performance, tellers: Sequence[Account], here: Path) -> list[str]:
    """The story for a terminal."""
    shown = performance.demonstration
    said = [
        "",
        story.title(shown.name).upper(),
        wrapped(shown.sentence),
        "",
        wrapped(shown.world),
        "",
        *(wrapped(line) for line in story.how_often(performance)),
        *([wrapped(shown.note)] if shown.note else []),
        "",
        wrapped(story.early(performance)),
        "",
        f"One of them, month by month (world {performance.chosen}; in brackets the same with the remedy):",
        *(
            wrapped(f"{moment.month:4d}  {moment.text}", " ").replace("\n ", "\n       ")
            for moment in story.story_moments(performance)
        ),
    ]
    if tellers:
        said += ["", f"{story.asked(tellers)} The three partners whose effort moved most:"]
        said += [wrapped(teller.described(), "  ") for teller in tellers]
    said += ["", f"Page:    {here / 'index.html'}", f"Figures: {here / 'figures'}"]
    return said


def demonstration_summary(performance: Performance, command: str) -> dict[str, Any]:
    """The numbers of a demonstration."""
    shown, lead = performance.demonstration, middle(performance.without.lead)
    return {
        "name": shown.name,
        "sentence": shown.sentence,
        "command": command,
        "seed": shown.seed,
        "runs": shown.runs,
        "fails": performance.without.fails.as_dict(),
        "fails_with_remedy": performance.remedied.fails.as_dict(),
        "prevented": performance.prevented,
        "kept": performance.kept,
        "caused": performance.caused,
        "gain": vars(performance.gain),
        "gains": performance.gains.as_dict(),
        "lead": vars(lead) if lead else None,
        "chosen": performance.chosen,
        "readings": performance.without.finding.described(performance.chosen),
    }
