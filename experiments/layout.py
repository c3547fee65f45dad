"""Where the files of a study lie below its folder, by name. Whatever has another name is not one of them."""

from __future__ import annotations

import re

DESIGN = "design"
RUNS = "runs"
TRAJECTORIES = "trajectories"
STOPS = "stops"
TABLES = (RUNS, DESIGN, TRAJECTORIES, STOPS)

MANIFEST = "manifest.jsonl"
PROVENANCE = "provenance.json"

SUMMARY = "summary.json"
PAGE = "report.html"
ANALYSIS = "analysis"
FIGURES = "figures"
PLOTS = "plots"
DERIVED = (SUMMARY, PAGE, ANALYSIS, FIGURES, PLOTS)
"""What is made from the tables, and is in no manifest."""

_PART = re.compile(rf"({'|'.join(TABLES)})/part-([0-9]{{6,7}})\.parquet")


def part_name(index: int, table: str = RUNS) -> str:
    """The file of one part of a table."""
    return f"{table}/part-{index:06d}.parquet"


def part_of(name: str) -> tuple[str, int] | None:
    """The table and the number of a part, by its file's name; None for any other file."""
    match = _PART.fullmatch(name)
    if match is None or part_name(int(match[2]), match[1]) != name:
        return None
    return match[1], int(match[2])


def is_listed(name: str) -> bool:
    """Whether a manifest may list a file of this name."""
    return name == PROVENANCE or part_of(name) is not None
