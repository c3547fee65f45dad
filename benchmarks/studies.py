"""How large studies fare: memory, bookkeeping, resuming, and Dask beside threads.

    python -m benchmarks.studies            all of it, in some minutes
    python -m benchmarks.studies memory     one of memory, bookkeeping, executors

Each study is run in a process of its own, so that its peak memory is its own. Worlds are those of the default box;
where only the number of runs matters they last 12 months, elsewhere 60.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from experiments.config.to_study import compose
from experiments.execution import sweep, worker
from experiments.execution.place import Place
from experiments.report import rebuild
from experiments.storage import store
from experiments.study import plan, tables
from experiments.study.definition import Study

ARMS = 7
WORKERS = 2
RUNS = 1_000_000
"""Runs of the study that executors are compared on, in each of so many turns."""
TURNS = 3


def study_of(runs: int, months: int) -> Study:
    """A study of so many runs under all arms."""
    return compose([f"design.points={-(-runs // ARMS)}", f"parameters.months={months}", f"name=runs_{runs}"])


def measured(runs: int, months: int, kind: str, folder: str, what: str) -> dict[str, float]:
    """One step of a study (`simulate`, also when there is nothing left to do, or `report`): seconds, peak megabytes."""
    study = study_of(runs, months)
    quiet = Console(quiet=True)
    warm_up(study)
    started = time.perf_counter()
    if what == "report":
        rebuild.rebuild(store.folder_of(study, Path(folder)), say=lambda _: None)
    else:
        sweep.simulate(study, store.folder_of(study, Path(folder)), None, quiet, place=Place(kind, WORKERS))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def warm_up(study: Study) -> None:
    """Compile, or load what is compiled."""
    first = plan.batch(study, plan.units(study, 0, 2))
    worker.simulate_runs(first.parameters, first.world, study.seed)


def apart(*arguments: object) -> dict[str, float]:
    """The same in a process of its own."""
    line = [sys.executable, "-m", "benchmarks.studies", "one", *map(str, arguments)]
    return dict(json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout.splitlines()[-1]))


def memory() -> None:
    """Peak memory and time of 1 and 5 million runs, of resuming what is finished, and of their reports."""
    for runs in (1_000_000, 5_000_000):
        with tempfile.TemporaryDirectory() as folder:
            for what, name in (("simulate", "runs"), ("resume", "nothing left to do"), ("report", "report")):
                found = apart(runs, 12, "local", folder, what)
                cost = f"{found['seconds']:7.1f} s, peak {found['megabytes']:6.0f} MB"
                print(f"{runs:>9,} runs, {name:18s} {cost}", flush=True)
            size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
            print(f"{runs:>9,} runs take {size / 1e6:.0f} MB on disk, {size / runs:.0f} bytes each", flush=True)


def bookkeeping() -> None:
    """Time of one chunk in a single thread: the runs, and everything else that is done for them."""
    study = study_of(100_000, 60)
    tasks = [task for task in plan.tasks(study) if task.table == tables.RUNS]
    engine = worker.simulate_runs
    warm_up(study)
    spent = dict.fromkeys(("points", "runs", "table and compression", "disk and manifest"), 0.0)
    with tempfile.TemporaryDirectory() as folder, store.opened(study, Path(folder), []) as opened:
        for one in tasks:
            clock = [time.perf_counter()]
            rows = plan.units(study, one.start, one.stop)
            clock.append(time.perf_counter())
            runs = plan.batch(study, rows)
            found = engine(runs.parameters, runs.world, study.seed)
            clock.append(time.perf_counter())
            worker.simulate_runs = lambda *_, found=found: found
            done = worker.work(study, one, rows)
            clock.append(time.perf_counter())
            opened.keep(one.files[0], done.files[one.files[0]])
            clock.append(time.perf_counter())
            for name, (before, after) in zip(spent, pairwise(clock), strict=True):
                spent[name] += after - before
    worker.simulate_runs = engine
    for name, seconds in spent.items():
        print(f"{name:24s} {seconds:6.2f} s, {100 * seconds / spent['runs']:5.1f} % of the runs")


def executors() -> None:
    """Many runs of 60 months through each executor, taking turns: moments differ on a shared machine."""
    rates: dict[str, list[float]] = {"local": [], "dask": []}
    for _ in range(TURNS):
        for kind, rate in rates.items():
            with tempfile.TemporaryDirectory() as folder:
                rate.append(RUNS / apart(RUNS, 60, kind, folder, "simulate")["seconds"])
            print(f"{kind:10s} {rate[-1]:9,.0f} runs a second", flush=True)
    ratios = sorted(dask / threads for dask, threads in zip(rates["dask"], rates["local"], strict=True))
    print(f"Dask reaches {', '.join(f'{ratio:.2f}' for ratio in ratios)} of the threads")


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        runs, months, kind, folder, what = sys.argv[2:]
        print(json.dumps(measured(int(runs), int(months), kind, folder, what)))
    else:
        for name in sys.argv[1:] or ["memory", "bookkeeping", "executors"]:
            {"memory": memory, "bookkeeping": bookkeeping, "executors": executors}[name]()
