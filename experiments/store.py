"""A study on disk: written so that nothing is lost or half there, read so that damage is noticed.

results/<name>/<study id>/
    provenance.json             the resolved study, what made it, and the command that repeats it
    design/part-000000.parquet  the points: point, then one column per factor
    runs/part-000000.parquet    the runs: run, point, world, arm, variant, every outcome, error; missing is null
    trajectories/part-...       run, point, world, arm, month, then every monthly series
    stops/part-...              where replicates are adaptive: at each point how many, why no more, and the interval
    manifest.jsonl              a line for each file above, with its size and hash (see `experiments.manifest`)
    summary.json, analysis/, figures/, report.html    what `experiments.report` makes of the files above

A folder may come from anywhere: only regular files with these names are opened, and nothing that they say is believed
before it has been checked (`experiments.confined`, `strict`, `shape`).
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

from experiments import confined, identity, manifest, origin, shape, strict
from experiments.confined import FileFaultError
from experiments.files import StudyError, as_json, as_parquet, entry, locked, write_bytes, write_json
from experiments.identity import Identity, OtherModelError
from experiments.layout import (
    DESIGN,
    MANIFEST,
    PAGE,
    PROVENANCE,
    RUNS,
    STOPS,
    SUMMARY,
    TABLES,
    TRAJECTORIES,
    part_name,
    part_of,
)  # fmt: skip
from experiments.manifest import Manifest
from experiments.study import Study, study_from

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "DESIGN", "MANIFEST", "PROVENANCE", "RUNS", "STOPS", "TABLES", "TRAJECTORIES", "Finished", "Open", "StudyError",
    "View", "as_parquet", "folder_of", "is_finished", "load", "open_study", "part_name", "read_table", "verify",
    "write_bytes", "write_json",
]  # fmt: skip

ANEW = "anew=true makes it anew in place, name=OTHER or results=OTHER keeps both"

notices = logging.getLogger("partnership")
"""What a reader should know and need not act on; unless a program decides otherwise, a line on standard error."""


def folder_of(study: Study, results: Path) -> Path:
    """Where a study lies under the folder of results."""
    return results / study.name / study.id


# writing


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
        found = entry(content)
        if self.files.get(name) == found:
            return
        confined.write(self.folder, name, content)
        if self._manifest is None:
            manifest.write(self.folder, self.study, self.identity, self.files, finished=False)
            self._manifest = (self.folder / MANIFEST).open("ab", buffering=0)
        manifest.append(self._manifest, name, found)
        self.files[name] = found

    def seal(self) -> None:
        """Mark the study as finished."""
        self.close()
        manifest.write(self.folder, self.study, self.identity, self.files, finished=True)

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
        found = _ours(store, manifest.read(folder), anew)
        refuse_strangers(folder, {*known, *confined.temporary(folder), *(found.files if anew else ())})
        left = confined.clear_temporary(folder)
        if left:
            store.faults.append(f"{left} unfinished temporary files removed")
        if anew:
            discard(store, found, known)
        else:
            take_stock(store, found, known)
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
    if study_from(strict.parsed(content)) != study:
        raise StudyError(f"study {study.name} holds values that JSON does not keep")


def _ours(store: Open, found: Manifest, anew: bool) -> Manifest:
    """What a manifest says that is to be believed, if the folder is of this study; nothing if nothing can tell."""
    folder, study = store.folder, store.study
    if found.foreign:
        raise StudyError(f"{folder / MANIFEST} is not the manifest of a study; move it away")
    if found.header is not None and found.header.identity is None and not anew:
        raise StudyError(f"{origin.old_format(folder, found.header.format)}: {ANEW}")
    held, made_by = origin.origin_of(folder, found) or (None, None)
    if made_by is not None and held != study.id_under(made_by.results_version):
        raise StudyError(f"{folder} holds study {held}, not {study.id}; move it away")
    if anew:
        return found
    if made_by is None:
        return Manifest(damaged=found.damaged)
    apart = identity.differences(made_by, store.identity)
    if apart and store.identity != identity.identity(study):
        raise OtherModelError(f"{folder} was made by another model than what is to be added: {apart}; move it away")
    if apart:
        raise OtherModelError(f"{folder} was {identity.OTHER}: {apart}; {ANEW}")
    return found


def refuse_strangers(folder: Path, known: set[str]) -> None:
    """Raise `StudyError` if anything else stands among the tables: who reads all parts would take it for one."""
    strange = confined.strangers(folder, known)
    if strange:
        more = f", nor are {len(strange) - 1} more files" if len(strange) > 1 else ""
        raise StudyError(f"{folder / strange[0]} is not of this study{more}; move it away")


def take_stock(store: Open, found: Manifest, names: Sequence[str]) -> None:
    """Verify what is listed of a study: what is sound goes to `files`, of the rest `faults` say what is wrong."""
    store.faults += [f"line {number} of the manifest is damaged" for number in found.damaged]
    for name in names:
        if name in found.files:
            fault = origin.fault_of(store.folder, name, found.files[name], shape.bytes_at_most(store.study, name))
            if name == PROVENANCE and not fault:
                fault = origin.record_fault(store.folder, found, store.study, store.identity)
            if fault:
                store.faults.append(f"{name} {fault}")
            else:
                store.files[name] = found.files[name]
        elif found.finished or os.path.lexists(store.folder / name):
            store.faults.append(f"{name} is not in the manifest")


def discard(store: Open, found: Manifest, names: Sequence[str]) -> None:
    """Begin a study anew: nothing that was listed is believed, and it is removed with the report made of it.

    What this study has no use for goes first: an interruption then leaves the manifest of the other model, and after it
    files that are unlisted and made again.
    """
    for name in set(found.files) - set(names):
        confined.remove(store.folder, name)
    manifest.write(store.folder, store.study, store.identity, {}, finished=False)
    for name in (PAGE, SUMMARY, *found.files):
        confined.remove(store.folder, name)


# reading


@dataclass(frozen=True)
class Finished:
    """A finished study: its folder, what was asked, its record of origin, what made it, and the hash of every file."""

    folder: Path
    study: Study
    provenance: dict[str, Any]
    files: dict[str, dict[str, Any]]
    identity: Identity

    def parts(self, table: str) -> list[str]:
        """The files of a table, in the order of its rows; none if the study has no such table."""
        places = {part: name for name in self.files if (part := part_of(name)) is not None and part[0] == table}
        return [places[part] for part in sorted(places)]


def is_finished(folder: Path) -> bool:
    """Whether the folder holds a study that was sealed (not whether it is undamaged: see `verify`)."""
    return manifest.read(folder).finished


def open_study(path: str | Path) -> Finished:
    """The finished study in a folder; `StudyError` if there is none, it is unfinished, or its record is damaged.

    That another model made it, or that files among its tables are not its own, is said in a line (see `notices`).
    """
    folder = Path(path)
    found = origin.listed(folder)
    if found.damaged or found.header is None:
        line = (found.damaged or [1])[0]
        raise StudyError(f"{folder / MANIFEST} is damaged in line {line}; the command that began the study mends it")
    if not found.finished:
        raise StudyError(f"the study in {folder} was not finished; the command that began it resumes it")
    record = origin.read_provenance(folder, found)
    study, made_by = origin.described(folder, record), identity.identity_from(record, PROVENANCE)
    if (record["study_id"], made_by) != (found.header.study, found.header.identity):
        raise StudyError(
            f"{folder}: its manifest is of study {found.header.study}, its provenance of {record['study_id']}, or of "
            "another model; the command that made the study mends it"
        )
    origin.require_complete(folder, study, found, made_by)
    for remark in origin.remarks(folder, study, made_by, found):
        notices.warning("%s", remark)
    return Finished(folder, study, record, found.files, made_by)


def verify(finished: Finished) -> None:
    """Read every file of a study and compare it with the manifest; `StudyError` names the first that differs."""
    for name in finished.files:
        origin.verified(finished.folder, name, finished.files, shape.bytes_at_most(finished.study, name))


def read_part(finished: Finished, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """One file of a study as an Arrow table, verified first; `StudyError` if it is not what the study must have."""
    import pyarrow as pa

    study = finished.study
    content = origin.verified(finished.folder, name, finished.files, shape.bytes_at_most(study, name))
    kind = shape.table_of(name)
    missing = set(columns or ()) - set(shape.columns(study, kind))
    if missing:
        raise StudyError(f"{finished.folder}: {name} has no column {', '.join(sorted(missing))}")
    wanted = None if columns is None else list(dict.fromkeys([*columns, *shape.labelled(kind)]))
    with _unpacking(finished.folder, name):
        table = _unpacked(study, name, pa.BufferReader(content), wanted)
    return table if columns is None else table.select(list(dict.fromkeys(columns)))


def _unpacked(study: Study, name: str, source: Any, columns: list[str] | None) -> pa.Table:
    """Some columns of a Parquet file, after what it claims to hold has been compared with what it must."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        shape.check_schema(study, name, file.metadata.num_rows, file.schema_arrow)
        rows = file.read(columns=columns).replace_schema_metadata(None)
    rows.validate(full=True)
    shape.check_values(study, name, rows)
    return rows


@contextmanager
def _unpacking(folder: Path, name: str) -> Iterator[None]:
    """One message for whatever is wrong inside a Parquet file."""
    import pyarrow as pa

    try:
        yield
    except StudyError as error:
        raise StudyError(f"{folder}: {error}") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise StudyError(f"{folder}: {name} cannot be read: {reason}") from error


def count_rows(finished: Finished, name: str) -> int:
    """How many rows a part has, as its file says, if the study can have so many."""
    import pyarrow.parquet as pq

    with _unpacking(finished.folder, name):
        try:
            with confined.open_file(finished.folder, name) as file:
                parts = pq.ParquetFile(file)
                shape.check_schema(finished.study, name, parts.metadata.num_rows, parts.schema_arrow)
                return int(parts.metadata.num_rows)
        except FileFaultError as fault:
            raise StudyError(f"{name} {fault}") from None


def read_table(finished: Finished, names: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Some files of a study as one DataFrame, each verified first; null becomes NaN, repeated text categorical."""
    import pyarrow as pa

    whole = pa.concat_tables(read_part(finished, name, columns) for name in names).unify_dictionaries()
    return whole.to_pandas(self_destruct=True)  # each column given up once it is copied: never are all there twice


@dataclass(frozen=True)
class View:
    """A stored table that is read when it is asked for, and of it only the columns that are asked for.

    view["added_value"] is a Series, view[["arm", "added_value"]] a DataFrame, `view.to_pandas()` all of it;
    `view.parts(columns)` gives one DataFrame after another, for tables that do not fit into memory. Every file is
    verified as it is read.
    """

    finished: Finished
    files: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in their order."""
        return list(shape.columns(self.finished.study, shape.table_of(self.files[0])))

    def __len__(self) -> int:
        return sum(count_rows(self.finished, name) for name in self.files)

    def __getitem__(self, columns: str | list[str]) -> Any:
        if isinstance(columns, str):
            return self.to_pandas([columns])[columns]
        return self.to_pandas(list(columns))

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The table, or some columns of it, as a DataFrame."""
        return read_table(self.finished, self.files, columns)

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """The same, a DataFrame for each file."""
        for name in self.files:
            yield read_part(self.finished, name, columns).to_pandas()


def load(path: str | Path, table: str = RUNS) -> View:
    """A stored table of a finished study: `runs`, `design`, `trajectories`, or `stops` of adaptive replicates.

    Nothing is read before it is asked for; see `View`. Raises `StudyError` with a clear message.
    """
    finished = open_study(path)
    if table not in TABLES:
        raise StudyError(f"there is no table '{table}'; there is {', '.join(TABLES)}")
    files = finished.parts(table)
    if not files:
        raise StudyError(f"{finished.folder}: this study kept no {table}")
    return View(finished, tuple(files))
