"""`partnership sweep`: run a study, or what is missing of it, and report it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.config.composition import Composition, Prepared
from experiments.config.to_study import results_in, study_and_list
from experiments.execution.place import Place, Shard, place_of, shard_of
from experiments.study.definition import Study

if TYPE_CHECKING:
    import pandas as pd


def sweep(asked: Composition, command: Sequence[str]) -> Prepared:
    """What runs the study that was asked for."""
    study, listed = study_and_list(asked)
    place, shard, results = place_of(asked.plain), shard_of(asked.plain), results_in(asked.plain)
    work = partial(sweep_study, study, results, command=shlex.join(command), place=place, shard=shard)
    return partial(work, listed=listed, anew=asked.plain["anew"])


def sweep_study(
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
    from experiments.execution.progress import plain_console
    from experiments.execution.sweep import simulate
    from experiments.storage import store

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
    from experiments.report.rebuild import rebuild  # draws figures, which need not be loaded before the runs are made

    code = rebuild(folder)
    console.print(f"\nNext: open {folder / 'report.html'}, or in Python: experiments.load({str(folder)!r})")
    return code
