"""A finished study, read so that damage is noticed: every file is verified before anything in it is believed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import StudyError
from experiments.storage import confined, identity, origin, shape
from experiments.storage.confined import FileFaultError
from experiments.storage.identity import Identity
from experiments.storage.layout import MANIFEST, PROVENANCE
from experiments.study.definition import Study
from experiments.study.tables import RUNS, TABLES, part_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

notices = logging.getLogger("partnership")
"""What a reader should know and need not act on; unless a program decides otherwise, a line on standard error."""


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

    def read(self, names: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Some files of a study as one DataFrame, each verified first; null becomes NaN, repeated text categorical."""
        import pyarrow as pa

        whole = pa.concat_tables(self.read_part(name, columns) for name in names).unify_dictionaries()
        return whole.to_pandas(self_destruct=True)  # each column given up once it is copied: never are all there twice

    def read_part(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """One file of a study as an Arrow table, verified first; `StudyError` if it is not what the study must have."""
        import pyarrow as pa

        study = self.study
        content = origin.verified(self.folder, name, self.files, shape.bytes_at_most(study, name))
        kind = shape.table_of(name)
        missing = set(columns or ()) - set(shape.columns(study, kind))
        if missing:
            raise StudyError(f"{self.folder}: {name} has no column {', '.join(sorted(missing))}")
        wanted = None if columns is None else list(dict.fromkeys([*columns, *shape.labelled(kind)]))
        with _unpacking(self.folder, name):
            table = _unpacked(study, name, pa.BufferReader(content), wanted)
        return table if columns is None else table.select(list(dict.fromkeys(columns)))

    def count_rows(self, name: str) -> int:
        """How many rows a part has, as its file says, if the study can have so many."""
        import pyarrow.parquet as pq

        with _unpacking(self.folder, name):
            try:
                with confined.open_file(self.folder, name) as file:
                    parts = pq.ParquetFile(file)
                    shape.check_schema(self.study, name, parts.metadata.num_rows, parts.schema_arrow)
                    return int(parts.metadata.num_rows)
            except FileFaultError as fault:
                raise StudyError(f"{name} {fault}") from None

    def verify(self) -> None:
        """Read every file of a study and compare it with the manifest; `StudyError` names the first that differs."""
        for name in self.files:
            origin.verified(self.folder, name, self.files, shape.bytes_at_most(self.study, name))


def open_study(path: str | Path) -> Finished:
    """The finished study in a folder; `StudyError` if there is none, it is unfinished, or its record is damaged.

    That another model made it, or that files among its tables are not its own, is said in a line (see `notices`).
    """
    folder = Path(path)
    manifest = origin.require_manifest(folder)
    if manifest.damaged or manifest.header is None:
        line = (manifest.damaged or [1])[0]
        raise StudyError(f"{folder / MANIFEST} is damaged in line {line}; the command that began the study mends it")
    if not manifest.finished:
        raise StudyError(f"the study in {folder} was not finished; the command that began it resumes it")
    record = origin.read_provenance(folder, manifest)
    study, made_by = origin.described(folder, record), identity.identity_from(record, PROVENANCE)
    if (record["study_id"], made_by) != (manifest.header.study, manifest.header.identity):
        raise StudyError(
            f"{folder}: its manifest is of study {manifest.header.study}, its provenance of {record['study_id']}, or "
            "of "
            "another model; the command that made the study mends it"
        )
    origin.require_complete(folder, study, manifest, made_by)
    for remark in origin.remarks(folder, study, made_by, manifest):
        notices.warning("%s", remark)
    return Finished(folder, study, record, manifest.files, made_by)


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
        return sum(self.finished.count_rows(name) for name in self.files)

    def __getitem__(self, columns: str | list[str]) -> Any:
        if isinstance(columns, str):
            return self.to_pandas([columns])[columns]
        return self.to_pandas(list(columns))

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The table, or some columns of it, as a DataFrame."""
        return self.finished.read(self.files, columns)

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """The same, a DataFrame for each file."""
        for name in self.files:
            yield self.finished.read_part(name, columns).to_pandas()


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
