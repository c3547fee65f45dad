"""Shards of a study, run apart, put together: `partnership merge study=FOLDER`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from experiments import manifest, plan, store
from experiments.store import StudyError
from experiments.study import Study


def run(folder: Path) -> int:
    """Merge `FOLDER-shard-k-of-n` into FOLDER and report it; returns 0, or 1 if parts are missing (and named).

    Every file is verified before it is taken over. Shards are left as they are.
    """
    shards = sorted(path for path in folder.parent.glob(f"{folder.name}-shard-*") if path.is_dir())
    if not shards:
        raise StudyError(f"there are no shards {folder}-shard-k-of-n; partnership sweep ... shard=k/n makes them")
    study, record = origin(shards)
    if study.id != folder.name:
        raise StudyError(f"{shards[0]} holds a shard of study {study.id}, not of {folder.name}")
    names = [store.PROVENANCE, *(name for task in plan.tasks(study) for name in task.files)]
    with store.opened(study, folder, names) as opened:
        if store.PROVENANCE not in opened.files:
            opened.keep(store.PROVENANCE, store.as_record(record))
        for shard in shards:
            take(shard, opened, names)
        missing = [name for name in names if name not in opened.files]
        if missing:
            told(folder, shards, missing)
            return 1
        opened.seal()
    print(f"Merged {len(shards)} shards into {folder}")
    from experiments import report

    return report.rebuild(folder)


def origin(shards: list[Path]) -> tuple[Study, dict[str, Any]]:
    """The study that the shards are of, and its record of origin, from the first that has it undamaged."""
    faults = []
    for shard in shards:
        try:
            record = store.read_provenance(shard, manifest.read(shard))
            return store.described(shard, record), record
        except StudyError as error:
            faults.append(str(error))
    raise StudyError(faults[0])


def take(shard: Path, opened: store.Open, names: list[str]) -> None:
    """Take over what a shard has, is sound, and is not there yet."""
    found = manifest.read(shard)
    if found.header is not None and found.header["study"] != opened.study.id:
        raise StudyError(f"{shard} holds a shard of study {found.header['study']}, not of {opened.study.id}")
    wanted = {name: found.files[name] for name in names if name in found.files and name not in opened.files}
    damaged = store.faults(shard, wanted)
    for fault in damaged:
        print(f"{shard}: {fault}; left out")
    for name in wanted:
        if not any(fault.startswith(f"{name} ") for fault in damaged):
            opened.keep(name, (shard / name).read_bytes())


def told(folder: Path, shards: list[Path], missing: list[str]) -> None:
    """Say which parts are missing, and which shards have not been run at all."""
    print(f"{len(missing)} parts are missing: {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}")
    numbers = [found for path in shards if (found := re.search(r"-shard-(\d+)-of-(\d+)$", path.name))]
    of = {found[2] for found in numbers}
    if len(of) == 1:
        there = {int(found[1]) for found in numbers}
        absent = [f"{k}/{count}" for count in map(int, of) for k in range(1, count + 1) if k not in there]
        if absent:
            print(f"Not run yet: shard={', shard='.join(absent)}")
    print(f"Run them, or the study's command without shard=, which makes what is missing in {folder}")
