"""A study on disk: written so that a file is there whole or not at all, read so that damage is noticed.

    results/<name>/<study id>/
        design.parquet              the worlds, one row each: world, then one column per factor
        runs/part-00000.parquet     the runs: world, arm, variant, then every outcome; missing values are null
        trajectories.parquet        world, arm, month, then every monthly series
        provenance.json             the resolved study, versions, and the command that repeats it
        manifest.json               size and hash of each file above; written last, so that it marks a finished study
        summary.json, figures/, report.html     what `experiments.report` makes of the files above

pyarrow and pandas are imported where they are used: the command line needs `StudyError`, and must answer at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.study import RESULTS_VERSION, Contrast, Design, Study

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DESIGN = "design.parquet"
RUNS = "runs"
TRAJECTORIES = "trajectories.parquet"
PROVENANCE = "provenance.json"
MANIFEST = "manifest.json"


class StudyError(ValueError):
    """A study that cannot be run, written or read; the message is meant for the person who asked."""


@dataclass(frozen=True)
class Finished:
    """A finished study: its folder, what was asked, its record of origin, and the hash of every file."""

    folder: Path
    study: Study
    provenance: dict[str, Any]
    files: dict[str, dict[str, Any]]

    @property
    def run_files(self) -> list[str]:
        return sorted(name for name in self.files if name.startswith(f"{RUNS}/"))


def folder_of(study: Study, results: Path) -> Path:
    """Where a study lies under the folder of results."""
    return results / study.name / study.id


def part_name(index: int) -> str:
    """The file of one chunk of runs."""
    return f"{RUNS}/part-{index:05d}.parquet"


# writing


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a power cut, meets the old file or the new one and nothing between."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        _forget(temporary)
        raise StudyError(f"cannot write {path}: {error.strerror}") from error
    except BaseException:
        _forget(temporary)
        raise


def _forget(path: Path) -> None:
    with suppress(OSError):  # the folder cannot be written, which is being reported already
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; only POSIX systems can open a folder for that."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys, so that equal content gives equal bytes."""
    write_bytes(path, (json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n").encode())


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet with page checksums; floating-point columns are split by byte, to pack them better."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        write_page_checksum=True,
        use_dictionary=[name for name in table.column_names if name not in floats],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    )
    write_bytes(path, sink.getvalue().to_pybytes())


def start_over(folder: Path) -> None:
    """Clear the parts of a study that was begun and not finished; a finished one is never touched."""
    if (folder / MANIFEST).exists():
        raise StudyError(f"{folder} holds a finished study, which is never overwritten; move it away to run it again")
    try:
        if (folder / RUNS).is_dir():
            shutil.rmtree(folder / RUNS)
        for name in (DESIGN, TRAJECTORIES, PROVENANCE):
            (folder / name).unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(f"cannot write {folder}: {error.strerror}") from error


def seal(folder: Path, study: Study, files: Sequence[str]) -> None:
    """Mark a study as finished: size and hash of each of its files, and a hash of that list itself."""
    entries = {name: _entry(folder / name) for name in files}
    content = {"study": study.id, "results_version": RESULTS_VERSION, "files": entries}
    write_json(folder / MANIFEST, {**content, "blake2b": _hash_of_json(content)})


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "blake2b": hashlib.blake2b(content, digest_size=32).hexdigest()}


def _hash_of_json(content: Any) -> str:
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=32).hexdigest()


# reading


def is_finished(folder: Path) -> bool:
    """Whether the folder holds a study that was sealed (not whether it is undamaged: see `verify`)."""
    return (folder / MANIFEST).is_file()


def open_study(path: str | Path) -> Finished:
    """A finished study by its folder; `StudyError` if it is not there, not finished, or its records are damaged."""
    folder = Path(path)
    if not folder.is_dir():
        raise StudyError(f"there is no folder {folder}; a study lies in results/<name>/<study id>")
    if not is_finished(folder):
        begun = (folder / DESIGN).exists() or (folder / RUNS).exists()
        reason = (
            "holds a study that was not finished; run its command again"
            if begun
            else "holds no study (no manifest.json)"
        )
        raise StudyError(f"{folder} {reason}")
    files, identity, version = _read_manifest(folder)
    _verify_file(folder, PROVENANCE, files)
    provenance = json.loads((folder / PROVENANCE).read_bytes())
    try:
        study = study_from(provenance["study"])
    except (KeyError, TypeError):
        raise StudyError(
            f"{folder}: its provenance does not describe a study as this software (results version {RESULTS_VERSION}) "
            f"knows it; it was written under results version {version}"
        ) from None
    if version == RESULTS_VERSION and study.id != identity:
        raise StudyError(f"{folder}: its manifest is of study {identity}, its provenance of study {study.id}")
    return Finished(folder, study, provenance, files)


def _read_manifest(folder: Path) -> tuple[dict[str, dict[str, Any]], str, int]:
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        expected = content.pop("blake2b")
        files, identity, version = content["files"], content["study"], content["results_version"]
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise StudyError(f"{folder / MANIFEST} is damaged, or not the manifest of a study") from None
    if _hash_of_json(content) != expected:
        raise StudyError(f"{folder / MANIFEST} is damaged: its content does not match its own hash")
    return files, identity, version


def _verify_file(folder: Path, name: str, files: dict[str, dict[str, Any]]) -> None:
    advice = "move the folder away and run the study again"
    try:
        found = _entry(folder / name)
    except FileNotFoundError:
        raise StudyError(f"{folder}: {name} is missing; {advice}") from None
    except OSError as error:
        raise StudyError(f"{folder}: {name} cannot be read: {error.strerror}") from error
    if name not in files or found != files[name]:
        raise StudyError(f"{folder}: {name} is damaged (its content is not what the manifest recorded); {advice}")


def verify(finished: Finished) -> None:
    """Read every file of a study and compare it with the manifest; `StudyError` names the first that differs."""
    for name in finished.files:
        _verify_file(finished.folder, name, finished.files)


def read_table(finished: Finished, names: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Some files of a study as one DataFrame, each verified first; null becomes NaN, repeated text categorical."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for name in names:
        _verify_file(finished.folder, name, finished.files)
        try:
            missing = set(columns or ()) - set(pq.read_schema(finished.folder / name).names)
            if missing:
                raise StudyError(f"{finished.folder}: {name} has no column {', '.join(sorted(missing))}")
            tables.append(pq.read_table(finished.folder / name, columns=columns, page_checksum_verification=True))
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{finished.folder}: {name} cannot be read: {error}") from error
    return pa.concat_tables(tables).unify_dictionaries().to_pandas()


def load(path: str | Path, table: str = "runs", columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A stored table of a finished study: `runs` (one row a run), `design` (a world) or `trajectories` (a month).

    `columns` chooses some; the files read are verified against the manifest. Raises `StudyError` with a clear message.
    """
    finished = open_study(path)
    files = {"runs": finished.run_files, "design": [DESIGN], "trajectories": [TRAJECTORIES]}
    if table not in files:
        raise StudyError(f"there is no table '{table}'; there is {', '.join(files)}")
    if not set(files[table]) <= set(finished.files):
        raise StudyError(f"{finished.folder}: this study kept no {table}")
    return read_table(finished, files[table], columns)


def study_from(content: dict[str, Any]) -> Study:
    """The study that `Study.as_dict` described, for instance in `provenance.json`."""
    design = content["design"]
    factors = {name: (low, high) for name, (low, high) in design["factors"].items()}
    return Study(
        **{
            **content,
            "design": Design(design["sampler"], design["points"], factors),
            "arms": tuple(content["arms"]),
            "contrast": Contrast(**content["contrast"]),
        }
    )
