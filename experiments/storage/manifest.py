"""The list of a study's files: a line for each as it is finished, each line with a hash of its own.

    {"format": 3, "study": <id>, "results_version": ..., "sources": ..., "libraries": ..., "check": ...}     the first
    {"file": "runs/part-000000.parquet", "bytes": ..., "blake2b": ..., "check": ...}     one for each file
    {"finished": <number of files>, "check": ...}     the last line of a finished study

Lines are only ever appended while a study runs; a line that was torn, or altered later, is noticed and its file is made
again. When the study is finished the list is written anew, sorted, so that equal studies have equal manifests.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from experiments.errors import StudyError
from experiments.storage import confined, strict_json
from experiments.storage.confined import FileFaultError
from experiments.storage.identity import FIELDS, Identity, identity_from
from experiments.storage.layout import MANIFEST, is_listed
from experiments.study.definition import Study

FORMAT = 3
"""Raised when folders of studies are laid out otherwise."""
MOST_BYTES = 2**26
"""Bytes of a manifest at most: some 300,000 files, and so some thousand million runs."""
LONGEST_LINE = 2**14
START = b'{"check": "'
"""How every line begins, since its fields are sorted."""


@dataclass(frozen=True)
class Header:
    """The first line: in which format a study is laid out, which study it is, and what made it.

    `identity` is None in formats that did not tell.
    """

    format: int
    study: str
    identity: Identity | None


@dataclass
class Manifest:
    """What the lines of a manifest say: whose it is, an entry for each file, whether it is finished, what is damaged.

    `damaged` lines are numbered from 1; `header` is None where the first line cannot be read. It is `foreign` where
    nothing in it looks like a line of ours.
    """

    header: Header | None = None
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    finished: bool = False
    damaged: list[int] = field(default_factory=list)
    foreign: bool = False


def as_line(content: Mapping[str, Any]) -> bytes:
    """A line of a manifest, with its check."""
    text = json.dumps(content, sort_keys=True)
    return (json.dumps({**content, "check": _check(text)}, sort_keys=True) + "\n").encode()


def _check(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _content(line: bytes) -> dict[str, Any] | None:
    """What a line says, or None if it is not exactly as it was written."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        content = strict_json.parsed(line)
        content.pop("check")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return content if as_line(content) == line else None


def _header(content: dict[str, Any]) -> Header | None:
    """What a first line says; None if that cannot be one."""
    try:
        format_ = strict_json.integer_at(content.get("format"), "format")
        study = strict_json.matching(content.get("study"), "study", "[0-9a-f]{12}", "an id")
        if format_ != FORMAT:
            return Header(format_, study, None)
        strict_json.fields(content, MANIFEST, ("format", "study", *FIELDS))
        return Header(format_, study, identity_from(content, MANIFEST))
    except StudyError:
        return None


def _is_entry(content: dict[str, Any]) -> bool:
    """Whether a line can be that of a file of a study."""
    name, size, digest = content.get("file"), content.get("bytes"), content.get("blake2b")
    return (
        set(content) == {"file", "bytes", "blake2b"}
        and isinstance(name, str) and is_listed(name)
        and type(size) is int and size >= 0
        and isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) is not None
    )  # fmt: skip


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a study; one that is missing reads as empty. Raises `StudyError` for one that cannot be read."""
    manifest = Manifest()
    if not os.path.lexists(folder / MANIFEST):
        return manifest
    try:
        lines = confined.read_file(folder, MANIFEST, MOST_BYTES).splitlines(keepends=True)
    except FileFaultError as fault:
        raise StudyError(f"{folder}: {MANIFEST} {fault}") from None
    for number, line in enumerate(lines, 1):
        content = _content(line) or {}
        if _is_entry(content):
            manifest.files[content.pop("file")] = content
        elif set(content) == {"finished"}:
            manifest.finished = content["finished"] == len(manifest.files)
        elif number == 1 and (header := _header(content)) is not None:
            manifest.header = header
        else:
            manifest.damaged.append(number)
    if manifest.damaged or manifest.header is None:
        manifest.finished = False
    manifest.foreign = len(manifest.damaged) == len(lines) > 0 and not _resembles(lines[0])
    return manifest


def _resembles(line: bytes) -> bool:
    """Whether a damaged line can have been one of ours: it begins like one but for a byte, or was torn while it did."""
    if len(line) < len(START):
        return START.startswith(line)
    return sum(map(int.__ne__, line, START)) <= 1


def header(study: Study, identity: Identity) -> dict[str, Any]:
    """The first line of a manifest."""
    return {"format": FORMAT, "study": study.id_under(identity.results_version), **identity.as_dict()}


def write_manifest(
    folder: Path, study: Study, identity: Identity, files: Mapping[str, Mapping[str, Any]], *, finished: bool
) -> None:
    """Write the whole manifest, sorted."""
    lines = [as_line(header(study, identity)), *(as_line({"file": name, **files[name]}) for name in sorted(files))]
    if finished:
        lines.append(as_line({"finished": len(files)}))
    confined.write_file(folder, MANIFEST, b"".join(lines))


def append(manifest: FileIO, name: str, entry: Mapping[str, Any]) -> None:
    """Add the line of a file that is safely on disk."""
    try:
        left = memoryview(as_line({"file": name, **entry}))
        while left:  # where there is little room, less may be written than was asked for
            left = left[manifest.write(left) :]
        os.fsync(manifest.fileno())
    except OSError as error:
        raise StudyError(f"cannot write {manifest.name}: {error.strerror}") from error
