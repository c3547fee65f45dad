"""How a study is cut into tasks, and its runs numbered: from the study alone, so that equal ones have equal files.

A study goes round its points: first every point in its first world, in the order of visiting, then every point in its
second. A place in that order is a unit: a point in one of its worlds, met by every arm and by the variants. Each
possible run of a unit has a number of its own, whether it is made or not, so that a number says which run it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.study.definition import NO_VARIANT, Study
from experiments.study.design import numbers, override, parameters_of, points
from experiments.study.tables import DESIGN, RUNS, STOPS, TRAJECTORIES, part_name, part_of
from sim import params

RUNS_PER_CHUNK = 14_000
"""Runs of the study's arms in one chunk, and so in one file, of a large study."""
RUNS_AT_MOST = 200_000
"""Runs of a chunk whose points all need the most replicates that an adaptive design allows."""
CHUNKS_AT_LEAST = 8
"""Smaller studies are cut finer, so that every processor has work; never finer than `UNITS_AT_LEAST`."""
UNITS_AT_LEAST = 64
TRAJECTORIES_PER_PART = 64
POINTS_PER_PART = 2**14


@dataclass(frozen=True)
class Task:
    """Work that gives some files: a part of `table`, for the units (or, in other tables, places) `start` to `stop`."""

    table: str
    index: int
    start: int
    stop: int
    files: tuple[str, ...]

    def __str__(self) -> str:
        return f"{part_name(self.index, self.table)} (places {self.start} to {self.stop - 1})"


@dataclass(frozen=True)
class Cut:
    """How a table is cut into tasks: `count` units or places, `size` to a task, each a file in each of `tables`."""

    table: str
    count: int
    size: int
    tables: tuple[str, ...]

    def task(self, index: int) -> Task:
        """The task of a number, from 0 to before `tasks`."""
        start = index * self.size
        files = tuple(part_name(index, name) for name in self.tables)
        return Task(self.table, index, start, min(start + self.size, self.count), files)

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return -(-self.count // self.size)


def cuts(study: Study) -> list[Cut]:
    """How a study is cut, cheapest first: its points, its trajectories, its runs."""
    design = study.design
    first = [
        Cut(DESIGN, design.points, POINTS_PER_PART, (DESIGN,)),
        Cut(TRAJECTORIES, study.trajectory_points, TRAJECTORIES_PER_PART, (TRAJECTORIES,)),
    ]
    if design.adaptive:
        each = len(study.arms) * design.adaptive.maximum
        size = min(RUNS_PER_CHUNK // (len(study.arms) * design.adaptive.batch), RUNS_AT_MOST // each)
        return [*first, Cut(RUNS, design.points, _chunk(design.points, size), (RUNS, STOPS))]
    units = design.points * design.replicates
    return [*first, Cut(RUNS, units, _chunk(units, RUNS_PER_CHUNK // len(study.arms)), (RUNS,))]


def tasks(study: Study) -> Iterator[Task]:
    """All work of a study, cheapest first: its points, its trajectories, its runs."""
    for cut in cuts(study):
        yield from map(cut.task, range(cut.tasks))


def task_of(study: Study, name: str) -> Task | None:
    """The task that makes a file, by its name; None if the study has no such file."""
    table, index = part_of(name) or ("", 0)
    for cut in cuts(study):
        if table in cut.tables and index < cut.tasks:
            return cut.task(index)
    return None


def count_files(study: Study) -> int:
    """How many files the tables of a study have, counted without listing them."""
    return sum(cut.tasks * len(cut.tables) for cut in cuts(study))


def _chunk(units: int, size: int) -> int:
    return min(max(1, size), max(UNITS_AT_LEAST, -(-units // CHUNKS_AT_LEAST)))


def count_runs(study: Study) -> int:
    """Runs of a study whose outcomes are kept: of an adaptive one, at most."""
    each = study.design.points * len(study.arms) + 2 * study.variant_points * len(study.variants)
    return each * study.design.replicates_at_most


def units(study: Study, start: int, stop: int, listed: pd.DataFrame | None = None) -> pd.DataFrame:
    """The rows of `points` for some units, with the columns `place` and `replicate` before them."""
    count, groups = study.design.points, []
    for replicate in range(start // count, (stop - 1) // count + 1):
        first, last = max(start - replicate * count, 0), min(stop - replicate * count, count)
        groups.append(placed(points(study, first, last, listed), replicate))
    return groups[0] if len(groups) == 1 else pd.concat(groups)


def placed(rows: pd.DataFrame, replicate: int) -> pd.DataFrame:
    """Points as units: each in its world number `replicate`."""
    return rows.assign(place=rows.index, replicate=replicate).reset_index(drop=True)


# runs


@dataclass(frozen=True)
class Batch:
    """Runs to simulate: `parameters` (runs, parameters), and for each run its number, point, world, arm and variant.

    `arm` and `variant` are positions in `arms` and `variants`.
    """

    parameters: NDArray[np.float64]
    run: NDArray[np.int64]
    point: NDArray[np.int64]
    world: NDArray[np.int64]
    arm: NDArray[np.signedinteger[Any]]
    variant: NDArray[np.signedinteger[Any]]
    arms: tuple[str, ...]
    variants: tuple[str, ...]


def batch(study: Study, rows: pd.DataFrame, *, main: bool = False) -> Batch:
    """The runs of some units: each arm, then each variant of the contrast's arms (none of those if `main`).

    A factor's value overrides `study.parameters`, a choice overrides both, then come the arm and the variant.
    """
    shown = shown_kinds(study, main)
    place, replicate = rows["place"].to_numpy(), rows["replicate"].to_numpy()
    picked = _picked(study, place, main)
    row, sizes = np.concatenate(picked), list(map(len, picked))
    parameters = parameters_of(study, rows)[row]
    for (arm, variant), end, size in zip(shown, np.cumsum(sizes), sizes, strict=True):
        block = parameters[end - size : end]
        override(block, params.setup_values(arm))
        override(block, study.variants.get(variant, {}))
    params.count_partners(parameters)
    run = run_numbers(study, place, replicate, main=main)
    return Batch(parameters, run, *labels_of(study, run), study.arms, variants_of(study))


class Labels(NamedTuple):
    """Of some runs: point and world, arm and variant as positions in `study.arms` and `variants_of`."""

    point: NDArray[np.int64]
    world: NDArray[np.int64]
    arm: NDArray[np.signedinteger[Any]]
    variant: NDArray[np.signedinteger[Any]]


def labels_of(study: Study, run: NDArray[np.int64]) -> Labels:
    """Which run each number stands for, as `batch` numbers them."""
    unit, slot = np.divmod(run, slots(study))
    replicate, place = np.divmod(unit, study.design.points)
    point = numbers(study.design, place)
    world = replicate if study.design.shared_worlds else replicate * study.design.points + point
    variants, shown = variants_of(study), kinds(study)
    arm = np.array([study.arms.index(arm) for arm, _ in shown], dtype=code_type(len(study.arms)))[slot]
    variant = np.array([variants.index(variant) for _, variant in shown], dtype=code_type(len(variants)))[slot]
    return Labels(point, world, arm, variant)


def run_numbers(
    study: Study, place: NDArray[np.int64], replicate: NDArray[np.int64], *, main: bool = False
) -> NDArray[np.int64]:
    """The numbers of the runs of some units, in the order of `batch`: kind by kind, each in the order of the units."""
    first = (replicate * study.design.points + place) * slots(study)
    return np.concatenate([first[rows] + slot for slot, rows in enumerate(_picked(study, place, main))])


def _picked(study: Study, place: NDArray[np.int64], main: bool) -> list[NDArray[np.int64]]:
    """The rows of units that each kind of run is made of."""
    every, varied = np.arange(len(place)), np.flatnonzero(place < study.variant_points)
    return [every if variant == NO_VARIANT else varied for _, variant in shown_kinds(study, main)]


def shown_kinds(study: Study, main: bool) -> list[tuple[str, str]]:
    """Every arm and variant that is run; the arms alone if `main`."""
    return [kind for kind in kinds(study) if not main or kind[1] == NO_VARIANT]


def variants_of(study: Study) -> tuple[str, ...]:
    """The names of the variants, first that of the study as it stands."""
    return (NO_VARIANT, *sorted(study.variants))


def code_type(count: int) -> type[np.signedinteger[Any]]:
    """The smallest type that numbers so many names, from 0: stored tables have codes of 8 bits wherever those do."""
    return next(kind for kind in (np.int8, np.int16, np.int32) if count - 1 <= np.iinfo(kind).max)


def kinds(study: Study) -> list[tuple[str, str]]:
    """The arm and the variant of each possible run of a unit, in the order of their numbers."""
    pair = (study.contrast.a, study.contrast.b)
    main = [(arm, NO_VARIANT) for arm in study.arms]
    return main + [(arm, variant) for variant in sorted(study.variants) for arm in pair]


def slots(study: Study) -> int:
    """Runs of a unit: one for each arm, and two for each variant."""
    return len(study.arms) + 2 * len(study.variants)
