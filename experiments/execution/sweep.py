"""Simulate what a study asks and is not there yet, and keep it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from experiments.errors import OtherModelError, StudyError
from experiments.execution import executors, worker
from experiments.execution.executors import Failed
from experiments.execution.place import Place, Shard
from experiments.execution.progress import progress
from experiments.execution.worker import Done
from experiments.storage import identity, provenance, store
from experiments.storage.files import as_json
from experiments.storage.identity import Identity
from experiments.storage.layout import PROVENANCE
from experiments.study import design, plan, validation
from experiments.study.definition import Study
from experiments.study.plan import Task
from experiments.study.tables import DESIGN, RUNS

FAULTS_SHOWN = 5


def simulate(
    study: Study,
    folder: Path,
    workers: int | None,
    console: Console,
    command: str | None = None,
    *,
    place: Place | None = None,
    shard: Shard | None = None,
    listed: pd.DataFrame | None = None,
    anew: bool = False,
) -> list[Failed[Task]]:
    """Make every file of a study that is not there and sound; returns the tasks that failed, and seals if none did.

    With `anew` every file is made, whatever is there. Raises `StudyError` as `store.opened` does, and where a worker
    has another model than this process.
    """
    validation.require_valid(study, listed)
    if study.design.points < 2:
        raise StudyError(f"design.points={study.design.points}: a comparison needs at least 2 points")
    tasks = [task for position, task in enumerate(plan.tasks(study)) if shard is None or shard.has(position)]
    names = [PROVENANCE, *(name for task in tasks for name in task.files)]
    record = provenance.record(study, command)
    finished = store.is_finished(folder) and not anew
    place = place or Place(workers=workers)
    if not finished:
        if study.design.sampler in design.LISTED:
            design.list_of(study, listed)
        executors.require_usable(place)
    with store.opened(study, folder, names, anew=anew) as opened:
        missing = [task for task in tasks if not set(task.files) <= set(opened.files)]
        announce(study, opened, tasks, missing, finished, console)
        if not missing and finished and not opened.faults:
            return []
        if PROVENANCE not in opened.files:
            opened.keep(PROVENANCE, as_json(record))
        failed = make(study, opened, missing, console, place, listed)
        if failed:
            say_failed(failed, console)
        elif shard is None:
            opened.seal()
        return failed


def announce(
    study: Study, opened: store.Open, tasks: list[Task], missing: list[Task], finished: bool, console: Console
) -> None:
    """Say what was found, and what will be done."""
    for fault in opened.faults[:FAULTS_SHOWN]:
        console.print(f"Found damaged: {fault}; it is made again.")
    if len(opened.faults) > FAULTS_SHOWN:
        console.print(f"... and {len(opened.faults) - FAULTS_SHOWN} more.")
    if not missing and finished and not opened.faults:
        console.print(f"Study {study.id} is finished and every file of it verified; nothing is left to run.")
    elif len(missing) < len(tasks):
        kept = len(tasks) - len(missing)
        console.print(f"Study {study.id} resumes in {opened.folder}: {kept} of {len(tasks)} parts are there, verified.")
    else:
        runs, points = plan.count_runs(study), study.design.points
        most = "up to " if study.design.adaptive else ""
        console.print(f"Study {study.id}: {most}{runs:,} runs at {points:,} points, into {opened.folder}")


def make(
    study: Study, opened: store.Open, tasks: list[Task], console: Console, place: Place, listed: pd.DataFrame | None
) -> list[Failed[Task]]:
    """Do some tasks and keep what they give; returns those that failed.

    Raises `OtherModelError` where a worker has another model than this process.
    """
    if not tasks:
        return []
    started, failed = time.perf_counter(), []
    performed = partial(perform, study, opened.identity)
    results = executors.run_tasks(place, performed, with_rows(study, tasks, listed), say=console.print)
    with progress(console, len(tasks)) as advance, closing(results):
        for result in results:
            if isinstance(result, Failed):
                if isinstance(result.error, OtherModelError):
                    raise result.error
                failed.append(Failed(result.task[0], result.error))
                advance(0)
                continue
            for name, content in result.files.items():
                opened.keep(name, content)
            advance(result.runs)
    console.print(f"Simulated and stored in {time.perf_counter() - started:.1f} s.")
    return failed


def say_failed(failed: list[Failed[Task]], console: Console) -> None:
    """Name some of the tasks that failed, each with the first line of its reason."""
    for failure in failed[:FAULTS_SHOWN]:
        reason = str(failure.error).partition("\n")[0]
        console.print(f"Not made: {failure.task}: {type(failure.error).__name__}: {reason}")
    if len(failed) > FAULTS_SHOWN:
        console.print(f"... and {len(failed) - FAULTS_SHOWN} more.")
    console.print("All else is finished and kept; the same command tries again what is missing.")


def perform(study: Study, expected: Identity, work: tuple[Task, pd.DataFrame]) -> Done:
    """What is sent to a worker, with the identity of the model that it must have, or it raises `OtherModelError`."""
    identity.require_same(expected, study, f"on {socket.gethostname()}, process {os.getpid()},")
    return worker.work(study, *work)


def with_rows(study: Study, tasks: Iterable[Task], listed: pd.DataFrame | None) -> Iterator[tuple[Task, pd.DataFrame]]:
    """Each task with the points it needs, drawn when its turn comes."""
    for task in tasks:
        rows: Callable[..., pd.DataFrame] = design.points if task.table == DESIGN else plan.units
        yield task, rows(study, task.start, task.stop, listed)


def run_study(study: Study, workers: int | None = None, *, listed: pd.DataFrame | None = None) -> pd.DataFrame:
    """The runs of a study as one DataFrame, in memory and with nothing written; the columns are those of `runs/`."""
    validation.require_valid(study, listed)
    tasks = [task for task in plan.tasks(study) if task.table == RUNS]
    parts: dict[int, pa.Table] = {}
    work, performed = with_rows(study, tasks, listed), partial(perform, study, identity.identity(study))
    with closing(executors.run_tasks(Place(workers=workers), performed, work)) as results:
        for result in results:
            if isinstance(result, Failed):
                raise result.error
            parts[result.index] = pq.read_table(pa.BufferReader(next(iter(result.files.values()))))
    return pa.concat_tables(parts[index] for index in sorted(parts)).unify_dictionaries().to_pandas()
