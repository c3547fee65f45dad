"""Two studies, or two versions of one, cell by cell: `partnership compare a=FOLDER b=FOLDER`.

Runs are laid side by side where point, replicate, arm and variant are the same. Both tables are read a few points at a
time, so that their size does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from experiments.storage.reading import Finished, open_study
from experiments.study import design, plan
from experiments.study.definition import Study
from experiments.study.tables import DESIGN, RUNS, outcome_columns, part_name

KEY = ["unit", "arm", "variant"]
DIFFERENCES_SHOWN = 12


@dataclass
class Column:
    """An outcome in both studies: cells that both have, how many are equal to the bit, and how far apart others are."""

    cells: int = 0
    equal: int = 0
    largest: float = 0.0
    first: str = ""
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def add(self, rows: pd.DataFrame, a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
        """Count the cells of some rows that differ (bits, NaN equal to NaN), and keep the first of them."""
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        apart = np.where(same, 0.0, np.abs(a - b))
        both = np.isfinite(a) & np.isfinite(b)
        self.cells, self.equal = self.cells + len(a), self.equal + int(same.sum())
        self.largest = float(np.fmax(self.largest, np.nanmax(apart, initial=0.0)))
        self.sums += (both.sum(), a[both].sum(), b[both].sum())
        if not same.all() and not self.first:
            row = rows.iloc[int((~same).argmax())]
            self.first = f"run {row['run_a']} of a, {row['run_b']} of b"

    def means(self) -> tuple[float, float]:
        """The means of both sides, over cells that both have."""
        count = max(self.sums[0], 1.0)
        return float(self.sums[1] / count), float(self.sums[2] / count)


def compare(given: Mapping[str, str]) -> int:
    """Lay two studies side by side."""
    return compared(Path(given["a"]), Path(given["b"]))


def compared(a: Path, b: Path) -> int:
    """Print what two studies ask and what they found, side by side; returns 0 if every cell is equal, else 1."""
    first, second = open_study(a), open_study(b)
    print(f"a: {a}, study {first.study.id}\nb: {b}, study {second.study.id}")
    asked = questions_apart(first, second)
    for line in (*models_apart(first, second), *asked[:DIFFERENCES_SHOWN]):
        print(f"  {line}")
    if len(asked) > DIFFERENCES_SHOWN:
        print(f"  ... and {len(asked) - DIFFERENCES_SHOWN} more")
    columns, alone = laid_together(first, second)
    return print_comparison(columns, alone, points_apart(first, second))


def print_comparison(columns: dict[str, Column], alone: tuple[int, int], apart: int) -> int:
    """Print the comparison; returns the exit code."""
    if apart:
        print(f"{apart:,} points have other parameters in a than in b.")
    if any(alone):
        print(f"{alone[0]:,} runs are in a only, {alone[1]:,} in b only.")
    print(f"{'outcome':24s} {'cells':>12s} {'equal':>12s} {'mean a':>12s} {'mean b':>12s} {'most apart':>12s}  first")
    for name, column in columns.items():
        mean_a, mean_b = column.means()
        counts = f"{column.cells:12,d} {column.equal:12,d}"
        print(f"{name:24s} {counts} {mean_a:12.6g} {mean_b:12.6g} {column.largest:12.3g}  {column.first}")
    cells, equal = (sum(getattr(column, what) for column in columns.values()) for what in ("cells", "equal"))
    if cells == equal and not any(alone) and not apart:
        print(f"All {cells:,} cells are equal, bit for bit.")
        return 0
    print(f"{equal:,} of {cells:,} cells are equal, bit for bit.")
    return 1


def questions_apart(a: Finished, b: Finished) -> list[str]:
    """What the studies ask otherwise, a line each."""
    return apart(a.study.as_dict(), b.study.as_dict())


def models_apart(a: Finished, b: Finished) -> list[str]:
    """Which sources and versions made one study and not the other, a line each."""
    names = ("results_version", "versions", "sources")
    return apart(*({name: side.provenance[name] for name in names} for side in (a, b)))


def apart(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """What two nested values differ in, a line each."""
    left, other, missing = flat(a), flat(b), "(not there)"
    pairs = [(name, left.get(name, missing), other.get(name, missing)) for name in sorted({*left, *other})]
    return [f"{name}: {x} in a, {y} in b" for name, x, y in pairs if x != y]


def flat(content: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Nested values as one level, their names joined by dots."""
    flattened: dict[str, Any] = {}
    for name, value in content.items():
        flattened |= flat(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}": value}
    return flattened


def points_apart(a: Finished, b: Finished) -> int:
    """How many of the points that both have differ in a parameter (before any arm)."""
    differing = 0
    for left, other in blocks(a, b, DESIGN, ["point"]):
        both = left.merge(other, on="point", suffixes=("_a", "_b"))
        x, y = (side[side["point"].isin(both["point"])].sort_values("point") for side in (left, other))
        differ = design.parameters_of(a.study, x) != design.parameters_of(b.study, y)
        differing += int(differ.any(axis=1).sum())
    return differing


def laid_together(a: Finished, b: Finished) -> tuple[dict[str, Column], tuple[int, int]]:
    """The cells of every outcome that both have, side by side, and how many runs only a, only b has."""
    names = [name for name in outcome_columns(a.study.limits) if name in outcome_columns(b.study.limits)]
    columns, alone = {name: Column() for name in names}, np.zeros(2, dtype=np.int64)
    for left, other in blocks(a, b, RUNS, ["run", "point", "arm", "variant", *names]):
        left["unit"], other["unit"] = unit_of(a.study, left), unit_of(b.study, other)
        both = left.merge(other, on=KEY, suffixes=("_a", "_b"))
        alone += len(left) - len(both), len(other) - len(both)
        for name, column in columns.items():
            column.add(both, both[f"{name}_a"].to_numpy(float), both[f"{name}_b"].to_numpy(float))
    return columns, (int(alone[0]), int(alone[1]))


def unit_of(study: Study, runs: pd.DataFrame) -> NDArray[np.int64]:
    """A number for point and replicate that two studies share, however many points they have."""
    replicate = runs["run"].to_numpy() // plan.slots(study) // study.design.points
    return np.asarray(replicate * 2**32 + runs["point"].to_numpy())


def blocks(a: Finished, b: Finished, table: str, columns: list[str]) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """The rows of both for some points at a time."""
    for low in range(0, max(a.study.design.points, b.study.design.points), plan.POINTS_PER_PART):
        yield rows_of(a, table, columns, low), rows_of(b, table, columns, low)


def rows_of(finished: Finished, table: str, columns: list[str], low: int) -> pd.DataFrame:
    """The rows for the points numbered from `low` on, as many as there are in a block."""
    high = low + plan.POINTS_PER_PART
    wanted = columns if table == RUNS else None
    tables = []
    for name in parts_with(finished, table, low, high):
        rows = finished.read_part(name, wanted)
        here = pc.and_(pc.greater_equal(rows["point"], low), pc.less(rows["point"], high))
        tables.append(rows.filter(here).to_pandas().astype({"arm": str, "variant": str} if wanted else {}))
    return pd.concat(tables) if tables else pd.DataFrame(columns=columns)


def parts_with(finished: Finished, table: str, low: int, high: int) -> list[str]:
    """The files of a table that hold some of the points: by their places, unless points are visited in strides."""
    study = finished.study
    tasks = [task for task in plan.tasks(study) if task.table == table]
    if study.design.sampler not in design.COUNTED:
        count = study.design.points
        tasks = [
            task
            for task in tasks
            if task.stop - task.start >= count
            or any(low < stop and start < high for start, stop in around(task.start, task.stop, count))
        ]
    return [part_name(task.index, table) for task in tasks]


def around(start: int, stop: int, count: int) -> list[tuple[int, int]]:
    """The places of units, which go round and round all points."""
    first = start % count
    last = first + stop - start
    return [(first, min(last, count)), (0, max(0, last - count))]
