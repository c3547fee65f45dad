"""The main job: simulate what a study asks and is not there yet, keep it, and report."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from experiments import chunk, design, execute, identity, plan, provenance, store
from experiments.chunk import Done
from experiments.execute import Failed, Place
from experiments.files import as_json
from experiments.identity import Identity, OtherModelError
from experiments.plan import Task
from experiments.progress import plain_console, progress
from experiments.study import Study

FAULTS_SHOWN = 5


@dataclass(frozen=True)
class Shard:
    """One of `of` parts of a study that are run apart and merged later."""

    number: int
    of: int

    def folder(self, folder: Path) -> Path:
        return folder.with_name(f"{folder.name}-shard-{self.number}-of-{self.of}")

    def has(self, position: int) -> bool:
        return position % self.of == self.number - 1


def run(
    study: Study,
    results: Path,
    workers: int | None = None,
    *,
    command: str | None = None,
    place: Place | None = None,
    shard: Shard | None = None,
    listed: pd.DataFrame | None = None,
    anew: bool = False,
) -> int:
    """Run a study into `results/<name>/<study id>/` and report it; returns the exit code.

    What is there already is verified and kept, what is missing or damaged is made; where all is there, only the
    report is rebuilt. `place` says where the work is done (by default in `workers` threads, one a processor), which
    changes no byte. `command` is what repeats the study, for its record of origin; `listed` the points of a design
    that is a list. With `anew` nothing that is there is kept. The exit code is 1 where some part could not be made.
    Raises `StudyError` when the study cannot be run or written, and where another model began it.
    """
    console = plain_console()
    folder = store.folder_of(study, results)
    place = place or Place(workers=workers)
    if shard is not None:
        there = shard.folder(folder)
        failed = simulate(study, there, None, console, command, place=place, shard=shard, listed=listed, anew=anew)
        if not failed:
            console.print(f"When all {shard.of} shards are there: partnership merge study={folder}")
        return 1 if failed else 0
    if simulate(study, folder, None, console, command, place=place, listed=listed, anew=anew):
        return 1
    from experiments import report  # draws figures, which need not be loaded before the runs are made

    code = report.rebuild(folder)
    console.print(f"\nNext: open {folder / 'report.html'}, or in Python: experiments.load({str(folder)!r})")
    return code


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
    design.check(study, listed)
    if study.design.points < 2:
        raise store.StudyError(f"design.points={study.design.points}: a comparison needs at least 2 points")
    tasks = [task for position, task in enumerate(plan.tasks(study)) if shard is None or shard.has(position)]
    names = [store.PROVENANCE, *(name for task in tasks for name in task.files)]
    record = provenance.record(study, command)
    finished = store.is_finished(folder) and not anew
    place = place or Place(workers=workers)
    if not finished:
        if study.design.sampler in design.LISTED:
            design.list_of(study, listed)
        execute.check(place)
    with store.opened(study, folder, names, anew=anew) as opened:
        missing = [task for task in tasks if not set(task.files) <= set(opened.files)]
        told(study, opened, tasks, missing, finished, console)
        if not missing and finished and not opened.faults:
            return []
        if store.PROVENANCE not in opened.files:
            opened.keep(store.PROVENANCE, as_json(record))
        failed = make(study, opened, missing, console, place, listed)
        if failed:
            say_failed(failed, console)
        elif shard is None:
            opened.seal()
        return failed


def told(
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
    results = execute.run(place, performed, with_rows(study, tasks, listed), say=console.print)
    with progress(console, len(tasks)) as advance, closing(results):
        for result in results:
            if isinstance(result, Failed):
                if isinstance(result.error, OtherModelError):
                    raise result.error
                failed.append(Failed(result.task[0], result.error))
                advance(0, 0)
                continue
            for name, content in result.files.items():
                opened.keep(name, content)
            advance(result.runs, result.failed)
    console.print(f"Simulated and stored in {time.perf_counter() - started:.1f} s.")
    if advance.meter.failed:
        console.print(f"{advance.meter.failed:,} runs failed; each is a row whose column `error` says why.")
    return failed


def say_failed(failed: list[Failed[Task]], console: Console) -> None:
    """Name some of the tasks that failed, each with the first line of its reason."""
    for one in failed[:FAULTS_SHOWN]:
        reason = str(one.error).partition("\n")[0]
        console.print(f"Not made: {one.task}: {type(one.error).__name__}: {reason}")
    if len(failed) > FAULTS_SHOWN:
        console.print(f"... and {len(failed) - FAULTS_SHOWN} more.")
    console.print("All else is finished and kept; the same command tries again what is missing.")


def perform(study: Study, expected: Identity, work: tuple[Task, pd.DataFrame]) -> Done:
    """What is sent to a worker, with the identity of the model that it must have, or it raises `OtherModelError`."""
    identity.require_same(expected, study, f"on {socket.gethostname()}, process {os.getpid()},")
    return chunk.work(study, *work)


def with_rows(study: Study, tasks: Iterable[Task], listed: pd.DataFrame | None) -> Iterator[tuple[Task, pd.DataFrame]]:
    """Each task with the points it needs, drawn when its turn comes."""
    for task in tasks:
        rows: Callable[..., pd.DataFrame] = design.points if task.table == store.DESIGN else plan.units
        yield task, rows(study, task.start, task.stop, listed)


def run_study(study: Study, workers: int | None = None, *, listed: pd.DataFrame | None = None) -> pd.DataFrame:
    """The runs of a study as one DataFrame, in memory and with nothing written; the columns are those of `runs/`."""
    design.check(study, listed)
    tasks = [task for task in plan.tasks(study) if task.table == store.RUNS]
    parts: dict[int, pa.Table] = {}
    work, performed = with_rows(study, tasks, listed), partial(perform, study, identity.identity(study))
    with closing(execute.run(Place(workers=workers), performed, work)) as results:
        for result in results:
            if isinstance(result, Failed):
                raise result.error
            parts[result.index] = pq.read_table(pa.BufferReader(next(iter(result.files.values()))))
    return pa.concat_tables(parts[index] for index in sorted(parts)).unify_dictionaries().to_pandas()
