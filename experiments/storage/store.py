"""A study on disk: written so that nothing is lost or half there, read so that damage is noticed.

results/<name>/<study id>/
    provenance.json             the resolved study, what made it, and the command that repeats it
    design/part-000000.parquet  the points: point, then one column per factor
    runs/part-000000.parquet    the runs: run, point, world, arm, variant, every outcome, error; missing is null
    trajectories/part-...       run, point, world, arm, month, then every monthly series
    stops/part-...              where replicates are adaptive: at each point how many, why no more, and the interval
    manifest.jsonl              a line for each file above, with its size and hash (see `experiments.storage.manifest`)
    summary.json, analysis/, figures/, report.html    what `experiments.report.rebuild` makes of the files above

A folder may come from anywhere: only regular files with these names are opened, and nothing that they say is believed
before it has been checked (`experiments.storage.confined`, `strict`, `shape`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import OtherModelError, StudyError
from experiments.storage import confined, identity, manifest, origin, shape, strict_json
from experiments.storage.files import as_json, entry, locked
from experiments.storage.identity import Identity
from experiments.storage.layout import MANIFEST, PAGE, PROVENANCE, SUMMARY
from experiments.storage.manifest import Manifest
from experiments.storage.records import study_from
from experiments.study.definition import Study

if TYPE_CHECKING:
    pass

ANEW = "anew=true makes it anew in place, name=OTHER or results=OTHER keeps both"

notices = logging.getLogger("partnership")
"""What a reader should know and need not act on; unless a program decides otherwise, a line on standard error."""


def folder_of(study: Study, results: Path) -> Path:
    """Where a study lies under the folder of results."""
    return results / study.name / study.id


@dataclass
class Open:
    """A study that is being written, its lock held.

    `files` are those found sound or written since; `faults` say in words what was found otherwise on opening.
    """

    folder: Path
    study: Study
    identity: Identity
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _manifest: FileIO | None = None

    def keep(self, name: str, content: bytes) -> None:
        """Store a file, then its line in the manifest."""
        recorded = entry(content)
        if self.files.get(name) == recorded:
            return
        confined.write_file(self.folder, name, content)
        if self._manifest is None:
            manifest.write_manifest(self.folder, self.study, self.identity, self.files, finished=False)
            self._manifest = (self.folder / MANIFEST).open("ab", buffering=0)
        manifest.append(self._manifest, name, recorded)
        self.files[name] = recorded

    def seal(self) -> None:
        """Mark the study as finished."""
        self.close()
        manifest.write_manifest(self.folder, self.study, self.identity, self.files, finished=True)

    def close(self) -> None:
        """Close the manifest; nothing is lost by it."""
        if self._manifest is not None:
            self._manifest.close()
            self._manifest = None


@contextmanager
def opened(
    study: Study, folder: Path, names: Iterable[str], made_by: Identity | None = None, *, anew: bool = False
) -> Iterator[Open]:
    """The folder of a study for writing: made if need be, locked, and every file of it that is listed verified.

    `names` are the files the study consists of. What is missing, torn or altered is left out of `files`, to be made
    again, and told in `faults`. Nothing that is sound is touched, unless it is all to be made `anew`. `made_by` is the
    identity of what makes the files, if that is not this process.

    Raises `StudyError` for the folder of another study, of another model, or with files among its tables that are not
    of the study; for one that cannot be written or is being written; and for a study that could not be read back.
    """
    require_readable(study)
    known = list(names)
    with ExitStack() as stack:
        stack.enter_context(locked(folder))
        store = Open(folder, study, made_by or identity.identity(study))
        stack.callback(store.close)
        stored = _ours(store, manifest.read_manifest(folder), anew)
        refuse_strangers(folder, {*known, *confined.temporary(folder), *(stored.files if anew else ())})
        left = confined.clear_temporary(folder)
        if left:
            store.faults.append(f"{left} unfinished temporary files removed")
        if anew:
            discard(store, stored, known)
        else:
            take_stock(store, stored, known)
        yield store


def require_readable(study: Study) -> None:
    """Raise `StudyError` for a study that could be written but not read back: with a line break in its name, say."""
    shape.check_size(study)
    try:
        content = as_json(study.as_dict())
    except ValueError:
        raise StudyError(
            f"study {study.name} holds a number that is infinite or none, which cannot be stored"
        ) from None
    if study_from(strict_json.parsed(content)) != study:
        raise StudyError(f"study {study.name} holds values that JSON does not keep")


def _ours(store: Open, stored: Manifest, anew: bool) -> Manifest:
    """What a manifest says that is to be believed, if the folder is of this study; nothing if nothing can tell."""
    folder, study = store.folder, store.study
    if stored.foreign:
        raise StudyError(f"{folder / MANIFEST} is not the manifest of a study; move it away")
    if stored.header is not None and stored.header.identity is None and not anew:
        raise StudyError(f"{origin.old_format(folder, stored.header.format)}: {ANEW}")
    held, made_by = origin.origin_of(folder, stored) or (None, None)
    if made_by is not None and held != study.id_under(made_by.results_version):
        raise StudyError(f"{folder} holds study {held}, not {study.id}; move it away")
    if anew:
        return stored
    if made_by is None:
        return Manifest(damaged=stored.damaged)
    apart = identity.differences(made_by, store.identity)
    if apart and store.identity != identity.identity(study):
        raise OtherModelError(f"{folder} was made by another model than what is to be added: {apart}; move it away")
    if apart:
        raise OtherModelError(f"{folder} was {identity.OTHER}: {apart}; {ANEW}")
    return stored


def refuse_strangers(folder: Path, known: set[str]) -> None:
    """Raise `StudyError` if anything else stands among the tables: who reads all parts would take it for one."""
    strange = confined.strangers(folder, known)
    if strange:
        more = f", nor are {len(strange) - 1} more files" if len(strange) > 1 else ""
        raise StudyError(f"{folder / strange[0]} does not belong to this study{more}; move it away")


def take_stock(store: Open, stored: Manifest, names: Sequence[str]) -> None:
    """Verify what is listed of a study: what is sound goes to `files`, of the rest `faults` say what is wrong."""
    store.faults += [f"line {number} of the manifest is damaged" for number in stored.damaged]
    for name in names:
        if name in stored.files:
            fault = origin.fault_of(store.folder, name, stored.files[name], shape.bytes_at_most(store.study, name))
            if name == PROVENANCE and not fault:
                fault = origin.record_fault(store.folder, stored, store.study, store.identity)
            if fault:
                store.faults.append(f"{name} {fault}")
            else:
                store.files[name] = stored.files[name]
        elif stored.finished or os.path.lexists(store.folder / name):
            store.faults.append(f"{name} is not in the manifest")


def discard(store: Open, stored: Manifest, names: Sequence[str]) -> None:
    """Begin a study anew: nothing that was listed is believed, and it is removed with the report made of it.

    What this study has no use for goes first: an interruption then leaves the manifest of the other model, and after it
    files that are unlisted and made again.
    """
    for name in set(stored.files) - set(names):
        confined.remove(store.folder, name)
    manifest.write_manifest(store.folder, store.study, store.identity, {}, finished=False)
    for name in (PAGE, SUMMARY, *stored.files):
        confined.remove(store.folder, name)


def is_finished(folder: Path) -> bool:
    """Whether the folder holds a study that was sealed (not whether it is undamaged: see `verify`)."""
    return manifest.read_manifest(folder).finished
