"""What the folder of a study says of itself, and how far it can be believed: manifest, record of origin, files.

A file is what the manifest recorded of it, or it is not read. Who made a study stands in the first line of the manifest
and in `provenance.json`; neither is believed before its fields have been checked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.errors import StudyError
from experiments.storage import confined, identity, manifest, provenance, shape
from experiments.storage.confined import FileFaultError
from experiments.storage.files import entry
from experiments.storage.identity import Identity
from experiments.storage.layout import MANIFEST, PROVENANCE
from experiments.storage.manifest import Manifest
from experiments.storage.records import study_from
from experiments.study import plan, validation
from experiments.study.definition import Study

LIKELY = 2**28
"""Bytes of a file that is not known to be one of the study's."""

# the folder


def require_manifest(folder: Path) -> Manifest:
    """The manifest in a folder that must hold a study; `StudyError` if it holds none, or one of another format."""
    if not folder.is_dir():
        raise StudyError(f"there is no folder {folder}")
    stored = manifest.read_manifest(folder)
    if stored == Manifest():
        raise StudyError(f"{folder} holds no study: it has no {MANIFEST}")
    if stored.foreign:
        raise StudyError(f"{folder / MANIFEST} is not the manifest of a study")
    if stored.header is not None and stored.header.identity is None:
        hint = "the command that made it, with anew=true, makes it anew"
        raise StudyError(f"{old_format(folder, stored.header.format)}; {hint}")
    return stored


def old_format(folder: Path, number: int) -> str:
    """That a folder cannot be read, since studies were laid out otherwise."""
    return f"{folder} is laid out in format {number}, and this software reads format {manifest.FORMAT}"


def origin_of(folder: Path, stored: Manifest) -> tuple[str, Identity] | None:
    """The id of the study in a folder, and what made it; None if nothing there can be believed to say so.

    The first line of the manifest says so. Where that is damaged, `provenance.json` does, if a line vouches for it.
    """
    if stored.header is not None and stored.header.identity is not None:
        return stored.header.study, stored.header.identity
    if stored.header is not None or PROVENANCE not in stored.files:
        return None
    try:
        record = read_provenance(folder, stored)
    except StudyError:
        return None
    return record["study_id"], identity.identity_from(record, PROVENANCE)


def require_complete(folder: Path, study: Study, stored: Manifest, made_by: Identity) -> None:
    """Raise `StudyError` unless a finished study lists the files that it must have, and no other.

    Another model may have cut the study otherwise, and this one does not know how; then that is said.
    """
    others = [name for name in stored.files if name != PROVENANCE and plan.task_of(study, name) is None]
    count = plan.count_files(study) + 1
    if others or len(stored.files) != count:
        also = f", and {others[0]} is none of them" if others else ""
        also += "".join(f"; {line}" for line in other_model(folder, study, made_by))
        raise StudyError(f"{folder}: its manifest lists {len(stored.files):,} files; the study has {count:,}{also}")


def other_model(folder: Path, study: Study, made_by: Identity) -> list[str]:
    """A line that says so if another model than this process's made a study."""
    apart = identity.differences(made_by, identity.identity(study))
    return [f"{folder} was {identity.OTHER}: {apart}"] if apart else []


def remarks(folder: Path, study: Study, made_by: Identity, stored: Manifest) -> list[str]:
    """What whoever reads a study must know: that another model made it, or that it holds files not its own."""
    strange = confined.strangers(folder, {*stored.files, *confined.temporary(folder)})
    if not strange:
        return other_model(folder, study, made_by)
    more = f" and {len(strange) - 1} more files" if len(strange) > 1 else ""
    return [
        *other_model(folder, study, made_by),
        f"{folder}: {strange[0]}{more} does not belong to this study and was not read; move it away, or others will "
        "read it",
    ]


# the record of origin


def read_provenance(folder: Path, stored: Manifest) -> dict[str, Any]:
    """The record of origin of a study, verified, each field of the type and in the range that it must have."""
    content = verified(folder, PROVENANCE, stored.files, shape.RECORD_BYTES)
    try:
        return provenance.record_from(content)
    except StudyError as error:
        raise StudyError(f"{folder}: {PROVENANCE} cannot be trusted: {error}") from None


def described(folder: Path, record: dict[str, Any]) -> Study:
    """The study that a record of origin describes, if it can be run as it stands; else a `StudyError`."""
    try:
        study = study_from(record["study"])
        validation.require_valid(study)
        shape.check_size(study)
        if (record["study_id"], record["seed"]) != (study.id_under(record["results_version"]), study.seed):
            raise StudyError("its id or seed is that of another study")
    except StudyError as error:
        raise StudyError(
            f"{folder}: its provenance does not describe a study as this software knows it: {error}"
        ) from None
    return study


def record_fault(folder: Path, stored: Manifest, study: Study, made_by: Identity) -> str:
    """What is wrong with a record of origin that is as the manifest recorded it, or nothing."""
    try:
        record = read_provenance(folder, stored)
        held = described(folder, record), identity.identity_from(record, PROVENANCE)
    except StudyError:
        return "is not the record of a study"
    return "" if held == (study, made_by) else "is the record of another study"


# its files


def verified(folder: Path, name: str, files: dict[str, dict[str, Any]], most: int) -> bytes:
    """The content of a file that is as the manifest recorded it; else a `StudyError`."""
    try:
        if name not in files:
            raise FileFaultError("is not in the manifest")
        return sound(folder, name, files[name], most)
    except FileFaultError as fault:
        raise StudyError(f"{folder}: {name} {fault}; the command that made the study mends it") from None


def faults(folder: Path, files: dict[str, dict[str, Any]], study: Study | None) -> list[str]:
    """What is wrong with some files, in words; where the study is not known, files may be of any likely size."""
    sizes = {name: LIKELY if study is None else shape.bytes_at_most(study, name) for name in files}
    faults_by_name = ((name, fault_of(folder, name, entry, sizes[name])) for name, entry in files.items())
    return [f"{name} {fault}" for name, fault in faults_by_name if fault]


def fault_of(folder: Path, name: str, expected: dict[str, Any], most: int) -> str:
    """What is wrong with a file of at most `most` bytes, or nothing."""
    try:
        sound(folder, name, expected, most)
    except FileFaultError as fault:
        return str(fault)
    return ""


def sound(folder: Path, name: str, expected: dict[str, Any], most: int) -> bytes:
    """The content of a file, if it is what the manifest recorded; else a `FileFaultError`."""
    content = confined.read_file(folder, name, min(most, expected["bytes"]))
    if entry(content) != expected:
        raise FileFaultError("is damaged (its content is not what the manifest recorded)")
    return content
