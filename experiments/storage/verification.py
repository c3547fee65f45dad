"""Every byte of a study compared with what its manifest and provenance record."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from experiments.errors import StudyError
from experiments.storage import confined, origin
from experiments.storage.layout import MANIFEST, PROVENANCE
from experiments.storage.manifest import Manifest
from experiments.study import plan
from experiments.study.definition import Study

MISSING_NAMED = 100
"""Files that are not there, as far as they are named; of others the number is said."""


def other_model(folder: Path, manifest: Manifest) -> list[str]:
    """That a different model from the one installed made a study, if so; left out where damage hides it."""
    try:
        study = origin.described(folder, origin.read_provenance(folder, manifest))
    except StudyError:  # a fault, which `examine` names
        return []
    held = origin.origin_of(folder, manifest)
    return origin.other_model(folder, study, held[1]) if held is not None else []


def examine(folder: Path) -> list[str]:
    """All that is wrong with a study, in words. Raises `StudyError` where there is none at all."""
    manifest = origin.require_manifest(folder)
    faults = [f"line {number} of {MANIFEST} is damaged" for number in manifest.damaged]
    study = None
    try:
        study = origin.described(folder, origin.read_provenance(folder, manifest))
    except StudyError as error:
        faults.append(str(error).removeprefix(f"{folder}: "))
    tables = {name: entry for name, entry in manifest.files.items() if study is not None or name != PROVENANCE}
    faults += origin.faults(folder, tables, study)
    faults += against_plan(study, manifest) if study is not None else ()
    if not manifest.finished and not faults:
        faults.append("the study was not finished")
    known = {*manifest.files}
    strange = [*confined.strangers(folder, known), *confined.temporary(folder)]
    return faults + [f"{name} does not belong to this study" for name in dict.fromkeys(strange)]


def against_plan(study: Study, manifest: Manifest) -> Iterator[str]:
    """What a manifest lacks of a study's files, what it lists besides, and whether it is that of another."""
    others = [name for name in manifest.files if name != PROVENANCE and plan.task_of(study, name) is None]
    lacking = plan.count_files(study) + 1 - (len(manifest.files) - len(others))
    planned = (name for task in plan.tasks(study) for name in task.files if name not in manifest.files)
    for name in islice(planned, min(lacking, MISSING_NAMED)):
        yield f"{name} is not there yet"
    if lacking > MISSING_NAMED:
        yield f"{lacking - MISSING_NAMED:,} more files are not there yet"
    for name in others:
        yield f"{name} belongs to no study like this"
    header = manifest.header
    if header is None or header.study != study.id_under(header.identity.results_version if header.identity else 0):
        yield f"{MANIFEST} is not that of study {study.id}"
