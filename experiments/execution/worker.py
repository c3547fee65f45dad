"""What a worker does: from some points of a study to the finished bytes of a file, and no state in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from experiments.errors import StudyError
from experiments.execution import stopping
from experiments.storage.files import as_parquet
from experiments.study.definition import Study
from experiments.study.plan import Batch, Task, batch
from experiments.study.tables import DESIGN, LABELS, TRAJECTORIES, outcome_columns
from sim.failures import outcomes_and_flags
from sim.outcomes import SERIES_NAMES
from sim.runs import simulate as simulate_runs


@dataclass(frozen=True)
class Done:
    """A finished task, by its index: the bytes of each of its files, and how many runs were made."""

    index: int
    files: dict[str, bytes]
    runs: int = 0


def work(study: Study, task: Task, rows: pd.DataFrame) -> Done:
    """Do a task. `rows` are its units, or for the points themselves their table."""
    if task.table == DESIGN:
        return Done(task.index, {task.files[0]: as_parquet(pa.Table.from_pandas(rows, preserve_index=False))})
    if task.table == TRAJECTORIES:
        return Done(task.index, {task.files[0]: as_parquet(trajectories(study, rows))})
    if study.design.adaptive:
        tables, stops = replicated(study, rows)
        files = dict(zip(task.files, (as_parquet(tables), as_parquet(stops)), strict=True))
    else:
        tables = runs_table(study, rows)
        files = {task.files[0]: as_parquet(tables)}
    return Done(task.index, files, len(tables))


def runs_table(study: Study, rows: pd.DataFrame) -> pa.Table:
    """Simulate some units under every arm and variant; the columns are those of `runs/`.

    The last, `error`, is empty: whatever could fail for its parameters was refused before (`study.validation`).
    """
    runs = batch(study, rows)
    if study.limits is None:
        outcomes = simulate_runs(runs.parameters, runs.world, study.seed).outcomes
    else:
        outcomes = outcomes_and_flags(runs.parameters, runs.world, study.seed, study.limits)
    names = outcome_columns(study.limits)
    columns = [*_labels(runs), *(pa.array(outcomes[:, k], from_pandas=True) for k in range(len(names)))]
    return pa.table([*columns, pa.nulls(len(runs.run), pa.string())], names=[*LABELS, *names, "error"])


def replicated(study: Study, rows: pd.DataFrame) -> tuple[pa.Table, pa.Table]:
    """Simulate some points in one batch of worlds after another, each until it is known: its runs, and its stops."""
    rule = study.design.adaptive
    assert rule is not None
    tally = stopping.Tally(rule, study.contrast.region, len(rows))
    tables = []
    while len(active := tally.active()):
        first = tally.looked * rule.batch
        more = range(first, min(first + rule.batch, rule.maximum))
        table = runs_table(study, pd.concat([rows.iloc[active].assign(replicate=n) for n in more], ignore_index=True))
        tables.append(table)
        tally.look(active, replicate_differences(study, table, len(active)))
    stops = tally.stops()
    stops["point"] = rows["point"].to_numpy()
    return pa.concat_tables(tables), pa.table({"point": stops.pop("point"), **stops})


def replicate_differences(study: Study, table: pa.Table, points: int) -> NDArray[np.float64]:
    """The contrast's paired differences in a table of whole replicates (replicates, points)."""
    outcome = table[study.contrast.outcome].to_numpy()
    units = points * (len(outcome) // (points * len(study.arms)))  # the arms come first, one block of units each
    side = [study.arms.index(arm) for arm in (study.contrast.a, study.contrast.b)]
    a, b = (outcome[arm * units : (arm + 1) * units] for arm in side)
    return np.asarray(a - b).reshape(-1, points)


def trajectories(study: Study, rows: pd.DataFrame) -> pa.Table:
    """Some units month by month under every arm: run, point, world, arm, month (from 1), then every series."""
    runs = batch(study, rows, main=True)
    series = simulate_runs(runs.parameters, runs.world, study.seed, trajectories=True).trajectories
    if series is None:
        raise StudyError("the engine kept no trajectories")
    months = series.shape[1]
    run, point, world, arm, _ = _labels(runs)
    again = pa.array(np.repeat(np.arange(len(runs.run)), months))
    labels = [column.take(again) for column in (run, point, world, arm)]
    month = pa.array(np.tile(np.arange(1, months + 1, dtype=np.int32), len(runs.run)))
    flat = series.reshape(-1, len(SERIES_NAMES))
    columns = [*labels, month, *(pa.array(flat[:, k], from_pandas=True) for k in range(len(SERIES_NAMES)))]
    return pa.table(columns, names=["run", "point", "world", "arm", "month", *SERIES_NAMES])


def _labels(runs: Batch) -> list[pa.Array]:
    numbers = [pa.array(column) for column in (runs.run, runs.point, runs.world)]
    return [*numbers, _text(runs.arm, runs.arms), _text(runs.variant, runs.variants)]


def _text(codes: NDArray[np.signedinteger[Any]], names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names, pa.string()))
