"""Every byte of a study against what was recorded of it: `partnership check study=FOLDER`."""

from __future__ import annotations

from pathlib import Path

from experiments import manifest, plan, store
from experiments.files import LOCK
from experiments.manifest import MANIFEST
from experiments.store import StudyError

REPORT = ("analysis", "summary.json", "report.html", "figures")
"""What is made anew from the tables, and is in no manifest."""


def run(folder: Path) -> int:
    """Say what is wrong with a study, and how to mend it; returns 0 if nothing is, else 1. Nothing is written."""
    faults = examine(folder)
    for fault in faults:
        print(f"{folder}: {fault}")
    if faults:
        print(f"{len(faults)} faults. The command that made the study makes again what is missing or damaged.")
        return 1
    files = manifest.read(folder).files
    print(f"{len(files)} files, {sum(entry['bytes'] for entry in files.values()):,} bytes: as they were written.")
    return 0


def examine(folder: Path) -> list[str]:
    """All that is wrong with a study, in words. Raises `StudyError` where there is none at all."""
    if not folder.is_dir():
        raise StudyError(f"there is no folder {folder}")
    found = manifest.read(folder)
    if not found.files and not found.damaged and found.header is None:
        raise StudyError(f"{folder} holds no study: it has no {MANIFEST}")
    faults = [f"line {number} of {MANIFEST} is damaged" for number in found.damaged]
    faults += store.faults(folder, found.files)
    known = {MANIFEST, LOCK, *found.files}
    try:
        study = store.described(folder, store.read_provenance(folder, found))
        names = {store.PROVENANCE, *(name for task in plan.tasks(study) for name in task.files)}
        faults += [f"{name} is not there yet" for name in sorted(names - set(found.files))]
        faults += [f"{name} belongs to no study like this" for name in sorted(set(found.files) - names)]
        if found.header is None or found.header["study"] != study.id:
            faults.append(f"{MANIFEST} is not that of study {study.id}")
    except StudyError as error:
        faults.append(str(error).removeprefix(f"{folder}: "))
    if not found.finished and not faults:
        faults.append("the study was not finished")
    strangers = [path for path in sorted(folder.rglob("*")) if path.is_file() and is_strange(path, folder, known)]
    return faults + [f"{path.relative_to(folder)} is not of this study" for path in strangers]


def is_strange(path: Path, folder: Path, known: set[str]) -> bool:
    """Whether a file is where only files of the manifest belong: a reader of all parts would take it for one."""
    name = path.relative_to(folder).as_posix()
    return name not in known and (name.split("/")[0] in store.TABLES or name.endswith(".tmp"))
