"""The tables of a study: their names, the files of their parts, and the columns of its runs."""

from __future__ import annotations

import re

from sim.limits import Limits

DESIGN = "design"
RUNS = "runs"
TRAJECTORIES = "trajectories"
STOPS = "stops"
TABLES = (RUNS, DESIGN, TRAJECTORIES, STOPS)

LABELS = ("run", "point", "world", "arm", "variant")
"""The columns that say which run a row of `runs` is."""

_PART = re.compile(rf"({'|'.join(TABLES)})/part-([0-9]{{6,7}})\.parquet")


def outcome_columns(limits: Limits | None) -> tuple[str, ...]:
    """The outcomes of a run; with the flags of failure modes where there are thresholds for them."""
    from sim.failures import FLAGS  # loads numba, which help and composing can do without
    from sim.outcomes import OUTCOME_NAMES

    return OUTCOME_NAMES if limits is None else (*OUTCOME_NAMES, *FLAGS)


def part_name(index: int, table: str = RUNS) -> str:
    """The file of one part of a table, as in `runs/part-000000.parquet`."""
    return f"{table}/part-{index:06d}.parquet"


def part_of(name: str) -> tuple[str, int] | None:
    """The table and the number of a part, by its file's name; None for any other file."""
    match = _PART.fullmatch(name)
    if match is None or part_name(int(match[2]), match[1]) != name:
        return None
    return match[1], int(match[2])
