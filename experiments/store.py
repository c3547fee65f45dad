"""A study on disk: written so that nothing is lost or half there, read so that damage is noticed.

results/<name>/<study id>/
    provenance.json             the resolved study, versions, and the command that repeats it
    design/part-000000.parquet  the points: point, then one column per factor
    runs/part-000000.parquet    the runs: run, point, world, arm, variant, every outcome, error; missing is null
    trajectories/part-...       run, point, world, arm, month, then every monthly series
    stops/part-...              where replicates are adaptive: at each point how many, why no more, and the interval
    manifest.jsonl              a line for each file above, with its size and hash (see `experiments.manifest`)
    summary.json, analysis/, figures/, report.html    what `experiments.report` makes of the files above
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import manifest
from experiments.files import (
    StudyError,
    as_json,
    as_parquet,
    clear_temporary,
    entry,
    locked,
    write_bytes,
    write_json,
)
from experiments.manifest import MANIFEST
from experiments.study import Study, study_from

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DESIGN = "design"
RUNS = "runs"
TRAJECTORIES = "trajectories"
STOPS = "stops"
TABLES = (RUNS, DESIGN, TRAJECTORIES, STOPS)
PROVENANCE = "provenance.json"

__all__ = [
    "DESIGN", "MANIFEST", "PROVENANCE", "RUNS", "STOPS", "TABLES", "TRAJECTORIES", "Finished", "Open", "StudyError",
    "View", "as_parquet", "folder_of", "is_finished", "load", "open_study", "part_name", "read_table", "verify",
    "write_bytes", "write_json",
]  # fmt: skip


def folder_of(study: Study, results: Path) -> Path:
    """Where a study lies under the folder of results."""
    return results / study.name / study.id


def part_name(index: int, table: str = RUNS) -> str:
    """The file of one part of a table."""
    return f"{table}/part-{index:06d}.parquet"


# writing


@dataclass
class Open:
    """A study that is being written, its lock held.

    `files` are those found sound or written since; `faults` say in words what was found otherwise on opening.
    """

    folder: Path
    study: Study
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _manifest: FileIO | None = None

    def keep(self, name: str, content: bytes) -> None:
        """Store a file, then its line in the manifest."""
        found = entry(content)
        if self.files.get(name) == found:
            return
        write_bytes(self.folder / name, content)
        if self._manifest is None:
            manifest.write(self.folder, self.study, self.files, finished=False)
            self._manifest = (self.folder / MANIFEST).open("ab", buffering=0)
        manifest.append(self._manifest, name, found)
        self.files[name] = found

    def seal(self) -> None:
        """Mark the study as finished."""
        self.close()
        manifest.write(self.folder, self.study, self.files, finished=True)

    def close(self) -> None:
        if self._manifest is not None:
            self._manifest.close()
            self._manifest = None


@contextmanager
def opened(study: Study, folder: Path, names: Iterable[str]) -> Iterator[Open]:
    """The folder of a study for writing: made if need be, locked, and every file of it that is listed verified.

    `names` are the files the study consists of. What is missing, torn or altered is left out of `files`, to be made
    again, and told in `faults`. Nothing that is sound is touched.
    """
    with ExitStack() as stack:
        stack.enter_context(locked(folder))
        found = _checked(folder, manifest.read(folder), study)
        store = Open(folder, study)
        stack.callback(store.close)
        left = clear_temporary(folder)
        if left:
            store.faults.append(f"{left} unfinished temporary files removed")
        store.faults += [f"line {number} of the manifest is damaged" for number in found.damaged]
        for name in names:
            if name in found.files:
                fault = _fault_of(folder, name, found.files[name])
                if fault:
                    store.faults.append(f"{name} {fault}")
                else:
                    store.files[name] = found.files[name]
            elif found.finished or (folder / name).exists():
                store.faults.append(f"{name} is not in the manifest")
        yield store


def _checked(folder: Path, found: manifest.Manifest, study: Study | None) -> manifest.Manifest:
    """A manifest, if it is one of ours and of this study."""
    if found.header is None:
        if not found.damaged or found.files:
            return found
        raise StudyError(f"{folder / MANIFEST} is damaged, or not the manifest of a study")
    written = found.header.get("format")
    if written != manifest.FORMAT:
        raise StudyError(f"{folder} is laid out in format {written}; this software reads format {manifest.FORMAT}")
    if study is not None and found.header["study"] != study.id:
        raise StudyError(f"{folder} holds study {found.header['study']}, not {study.id}; move it away")
    return found


def faults(folder: Path, files: dict[str, dict[str, Any]]) -> list[str]:
    """What is wrong with some files, in words."""
    found = ((name, _fault_of(folder, name, entry)) for name, entry in files.items())
    return [f"{name} {fault}" for name, fault in found if fault]


def _fault_of(folder: Path, name: str, expected: dict[str, Any]) -> str:
    """What is wrong with a file, or nothing."""
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if entry(content) == expected else "is damaged (its content is not what the manifest recorded)"


# reading


@dataclass(frozen=True)
class Finished:
    """A finished study: its folder, what was asked, its record of origin, and the hash of every file."""

    folder: Path
    study: Study
    provenance: dict[str, Any]
    files: dict[str, dict[str, Any]]

    def parts(self, table: str) -> list[str]:
        """The files of a table, in the order of its rows; none if the study has no such table."""
        return sorted(name for name in self.files if name.startswith(f"{table}/"))


def is_finished(folder: Path) -> bool:
    """Whether the folder holds a study that was sealed (not whether it is undamaged: see `verify`)."""
    return manifest.read(folder).finished


def open_study(path: str | Path) -> Finished:
    """The finished study in a folder; `StudyError` if there is none, it is unfinished, or its record is damaged."""
    folder = Path(path)
    if not folder.is_dir():
        raise StudyError(f"there is no folder {folder}")
    if not (folder / MANIFEST).is_file():
        raise StudyError(f"{folder} holds no study: it has no {MANIFEST}")
    found = _checked(folder, manifest.read(folder), None)
    if found.damaged or found.header is None:
        line = (found.damaged or [1])[0]
        raise StudyError(f"{folder / MANIFEST} is damaged in line {line}; the command that began the study mends it")
    if not found.finished:
        raise StudyError(f"the study in {folder} was not finished; the command that began it resumes it")
    record = read_provenance(folder, found)
    study = described(folder, record)
    if study.id != found.header["study"]:
        raise StudyError(f"{folder}: its manifest is of study {found.header['study']}, its provenance of {study.id}")
    return Finished(folder, study, record, found.files)


def read_provenance(folder: Path, found: manifest.Manifest) -> dict[str, Any]:
    """The record of origin of a study, verified."""
    _verify_file(folder, PROVENANCE, found.files)
    return dict(json.loads((folder / PROVENANCE).read_bytes()))


def described(folder: Path, record: dict[str, Any]) -> Study:
    """The study a record of origin describes."""
    try:
        return study_from(record["study"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StudyError(f"{folder}: its provenance does not describe a study as this software knows it") from None


def verify(finished: Finished) -> None:
    """Read every file of a study and compare it with the manifest; `StudyError` names the first that differs."""
    for name in finished.files:
        _verify_file(finished.folder, name, finished.files)


def _verify_file(folder: Path, name: str, files: dict[str, dict[str, Any]]) -> None:
    fault = _fault_of(folder, name, files[name]) if name in files else "is not in the manifest"
    if fault:
        raise StudyError(f"{folder}: {name} {fault}; the command that made the study mends it")


def read_part(finished: Finished, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """One file of a study as an Arrow table, verified first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _verify_file(finished.folder, name, finished.files)
    path = finished.folder / name
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            missing = set(columns or ()) - set(file.schema_arrow.names)
            if missing:
                raise StudyError(f"{finished.folder}: {name} has no column {', '.join(sorted(missing))}")
            return file.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise StudyError(f"{finished.folder}: {name} cannot be read: {error}") from error


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
        import pyarrow.parquet as pq

        return list(pq.read_schema(self.finished.folder / self.files[0]).names)

    def __len__(self) -> int:
        import pyarrow.parquet as pq

        return sum(pq.read_metadata(self.finished.folder / name).num_rows for name in self.files)

    def __getitem__(self, columns: str | list[str]) -> Any:
        if isinstance(columns, str):
            return self.to_pandas([columns])[columns]
        return self.to_pandas(list(columns))

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        return read_table(self.finished, self.files, columns)

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
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


def as_record(content: Any) -> bytes:
    """A record of origin as it is stored."""
    return as_json(content)
