"""The main job: simulate what a study asks and is not there yet, keep it, and report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from experiments import execute, provenance, store
from experiments.design import Batch, batch, sample
from experiments.study import Study
from sim.outcomes import OUTCOME_NAMES, SERIES_NAMES
from sim.runs import simulate as simulate_runs

RUNS_PER_CHUNK = 14_000
"""Runs of the study's arms in one chunk, and so in one file, of a large study."""
CHUNKS_AT_LEAST = 8
"""Smaller studies are cut finer, so that every processor has work; never finer than `WORLDS_AT_LEAST`."""
WORLDS_AT_LEAST = 64


def run(study: Study, results: Path, workers: int | None = None, *, command: str | None = None) -> int:
    """Run a study into `results/<name>/<study id>/` and report it; returns the exit code 0.

    A study that is finished already is verified and only its report is rebuilt. `workers` threads simulate (by
    default one a processor); their number changes no byte. `command` is what repeats the study, for its record of
    origin. Raises `StudyError` when the study cannot be run or written, or when what is stored is damaged.
    """
    from experiments import report  # draws figures, which need not be loaded before the runs are made

    console = Console(highlight=False, soft_wrap=True)
    folder = store.folder_of(study, results)
    if store.is_finished(folder):
        store.verify(store.open_study(folder))
        console.print(f"Study {study.id} is finished and every file of it verified; rebuilding its report only.")
    else:
        simulate(study, folder, workers, console, command)
    return report.rebuild(folder)


def simulate(study: Study, folder: Path, workers: int | None, console: Console, command: str | None = None) -> None:
    """Simulate a study and write its tables, its record of origin and, last, the manifest that marks it finished."""
    design = sample(study)
    if len(design) < 2:
        raise store.StudyError(f"design.points={study.design.points}: a comparison needs at least 2 worlds")
    chunks = cut(len(design), len(study.arms))
    started = time.perf_counter()
    store.start_over(folder)
    store.write_table(folder / store.DESIGN, pa.Table.from_pandas(design, preserve_index=False))
    files = [store.DESIGN]
    console.print(f"Study {study.id}: {count_runs(study):,} runs in {len(design):,} worlds, into {folder}")
    with execute.threads(workers) as executor, progress(console, len(chunks)) as advance:
        window = (workers or execute.available_workers()) + 1
        tables = execute.in_order(executor, partial(run_chunk, study), (design.iloc[rows] for rows in chunks), window)
        for index, table in enumerate(tables):
            files.append(store.part_name(index))
            store.write_table(folder / files[-1], table)
            advance()
    if study.trajectory_points:
        store.write_table(folder / store.TRAJECTORIES, trajectories(study, design.iloc[: study.trajectory_points]))
        files.append(store.TRAJECTORIES)
    store.write_json(folder / store.PROVENANCE, provenance.record(study, command))
    files.append(store.PROVENANCE)
    store.seal(folder, study, files)
    console.print(f"Simulated and stored in {time.perf_counter() - started:.1f} s.")


def run_study(study: Study, workers: int | None = None) -> pd.DataFrame:
    """The runs of a study as one DataFrame, in memory and with nothing written: world, arm, variant, every outcome."""
    design = sample(study)
    chunks = [design.iloc[rows] for rows in cut(len(design), len(study.arms))]
    with execute.threads(workers) as executor:
        tables = list(execute.in_order(executor, partial(run_chunk, study), chunks, len(chunks)))
    return pa.concat_tables(tables).to_pandas()


def cut(worlds: int, arms: int) -> list[slice]:
    """The worlds of each chunk; it depends on the study alone, so that the same study gives the same files."""
    size = min(max(1, RUNS_PER_CHUNK // arms), max(WORLDS_AT_LEAST, -(-worlds // CHUNKS_AT_LEAST)))
    return [slice(start, min(start + size, worlds)) for start in range(0, worlds, size)]


def count_runs(study: Study) -> int:
    """Runs of a study whose outcomes are kept."""
    return study.design.points * len(study.arms) + 2 * study.variant_points * len(study.variants)


def run_chunk(study: Study, design: pd.DataFrame) -> pa.Table:
    """Simulate some worlds of a study under every arm and variant; the columns are those of `runs/`."""
    runs = batch(study, design)
    outcomes = simulate_runs(runs.points, runs.world, study.seed).outcomes
    columns = [*_labels(runs), *(pa.array(outcomes[:, k], from_pandas=True) for k in range(len(OUTCOME_NAMES)))]
    return pa.table(columns, names=["world", "arm", "variant", *OUTCOME_NAMES])


def trajectories(study: Study, design: pd.DataFrame) -> pa.Table:
    """Some worlds month by month under every arm: world, arm, month (from 1), then every series."""
    runs = batch(study, design)
    main = runs.variant == 0
    points, worlds = runs.points[main], runs.world[main]
    series = simulate_runs(points, worlds, study.seed, trajectories=True).trajectories
    if series is None:
        raise store.StudyError("the engine kept no trajectories")
    months = series.shape[1]
    table = {
        "world": pa.array(np.repeat(worlds, months)),
        "arm": _text(np.repeat(runs.arm[main], months), runs.arms),
        "month": pa.array(np.tile(np.arange(1, months + 1, dtype=np.int32), len(points))),
    }
    flat = series.reshape(-1, len(SERIES_NAMES))
    return pa.table({**table, **{name: pa.array(flat[:, k], from_pandas=True) for k, name in enumerate(SERIES_NAMES)}})


def _labels(runs: Batch) -> list[pa.Array]:
    return [pa.array(runs.world), _text(runs.arm, runs.arms), _text(runs.variant, runs.variants)]


def _text(codes: np.ndarray, names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(names, pa.string()))


@contextmanager
def progress(console: Console, chunks: int) -> Iterator[Callable[[], None]]:
    """A function to call after each chunk: it moves a bar on a terminal, and prints a line now and then elsewhere."""
    if console.is_terminal:
        columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TextColumn("chunks"))
        with Progress(*columns, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task("", total=chunks)
            yield lambda: bar.advance(task)
        return
    done = 0

    def line() -> None:
        nonlocal done
        done += 1
        if done * 5 // chunks > (done - 1) * 5 // chunks:
            console.print(f"simulated {done} of {chunks} chunks")

    yield line
