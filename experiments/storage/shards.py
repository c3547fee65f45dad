"""Shards of a study, run apart, put together."""

from __future__ import annotations

from glob import escape
from pathlib import Path
from typing import Any

from experiments.errors import OtherModelError, StudyError
from experiments.storage import identity, layout, manifest, origin, shape, store
from experiments.storage.confined import FileFaultError
from experiments.storage.files import as_json
from experiments.storage.identity import Identity
from experiments.study import plan
from experiments.study.definition import Study


def shards_of(folder: Path) -> list[Path]:
    """The shards beside a study's folder, by name. Raises `StudyError` if there are none."""
    shards = sorted(path for path in folder.parent.glob(f"{escape(folder.name)}-shard-*") if path.is_dir())
    if not shards:
        raise StudyError(f"there are no shards {folder}-shard-k-of-n; partnership sweep ... shard=k/n makes them")
    return shards


def merge_shards(folder: Path, shards: list[Path]) -> list[str]:
    """Put shards together in a study's folder; returns the names of the files that are missing. None: it is finished.

    Every file is verified before it is copied. Shards stay as they are. Raises `StudyError` for shards of another
    study, and where two shards, or a shard and the folder, were made by different models.
    """
    study, made_by, record = described(shards)
    if record["study_id"] != folder.name:
        raise StudyError(f"{shards[0]} holds a shard of study {record['study_id']}, not of {folder.name}")
    for shard in shards:
        require_same(shard, record["study_id"], made_by)
    names = [layout.PROVENANCE, *(name for task in plan.tasks(study) for name in task.files)]
    with store.opened(study, folder, names, made_by) as opened:
        if layout.PROVENANCE not in opened.files:
            opened.keep(layout.PROVENANCE, as_json(record))
        for shard in shards:
            take(shard, opened)
        missing = [name for name in names if name not in opened.files]
        if not missing:
            opened.seal()
    return missing


def described(shards: list[Path]) -> tuple[Study, Identity, dict[str, Any]]:
    """The study that shards are of, what made it, and its record of origin, from the first that has it undamaged."""
    faults = []
    for shard in shards:
        try:
            record = origin.read_provenance(shard, manifest.read_manifest(shard))
            return origin.described(shard, record), identity.identity_from(record, layout.PROVENANCE), record
        except StudyError as error:
            faults.append(str(error))
    raise StudyError(faults[0])


def require_same(shard: Path, study: str, made_by: Identity) -> None:
    """Raise `StudyError` if a shard is of another study than the one with this id, or was made by another model."""
    stored = manifest.read_manifest(shard)
    held = origin.origin_of(shard, stored)
    if stored.header is not None and stored.header.study != study:
        raise StudyError(f"{shard} holds a shard of study {stored.header.study}, not of {study}")
    if stored.header is not None and stored.header.identity is None:
        raise StudyError(f"{origin.old_format(shard, stored.header.format)}: {store.ANEW}")
    apart = identity.differences(held[1], made_by) if held is not None else ""
    if apart:
        raise OtherModelError(
            f"{shard} was made by another model than the other shards: {apart}; make it again with shard=k/n anew=true"
        )


def take(shard: Path, opened: store.Open) -> None:
    """Take over what a shard has, is sound, and is not there yet; nothing from a shard that cannot say what made it."""
    stored = manifest.read_manifest(shard)
    if origin.origin_of(shard, stored) is None:
        print(f"{shard}: nothing in it says which model made it; left out")
        return
    for name in sorted(set(stored.files) - set(opened.files)):
        if plan.task_of(opened.study, name) is None:
            continue
        try:
            content = origin.sound(shard, name, stored.files[name], shape.bytes_at_most(opened.study, name))
        except FileFaultError as fault:
            print(f"{shard}: {name} {fault}; left out")
        else:
            opened.keep(name, content)
