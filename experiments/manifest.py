"""The list of a study's files: a line for each as it is finished, each line with a hash of its own.

    {"format": 2, "study": <id>, "results_version": <version>, "check": ...}     the first line
    {"file": "runs/part-000000.parquet", "bytes": ..., "blake2b": ..., "check": ...}     one for each file
    {"finished": <number of files>, "check": ...}     the last line of a finished study

Lines are only ever appended while a study runs; a line that was torn, or altered later, is noticed and its file is made
again. When the study is finished the list is written anew, sorted, so that equal studies have equal manifests.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from experiments.files import StudyError, write_bytes
from experiments.study import RESULTS_VERSION, Study

MANIFEST = "manifest.jsonl"
FORMAT = 2
"""Raised when folders of studies are laid out otherwise."""


@dataclass
class Manifest:
    """What the lines of a manifest say: whose it is, an entry for each file, whether it is finished, what is damaged.

    `damaged` lines are numbered from 1; `header` is None where the first line cannot be read.
    """

    header: dict[str, Any] | None = None
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    finished: bool = False
    damaged: list[int] = field(default_factory=list)


def as_line(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, sort_keys=True)
    return (json.dumps({**content, "check": _check(text)}, sort_keys=True) + "\n").encode()


def _check(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _content(line: bytes) -> dict[str, Any] | None:
    """What a line says, or None if it is not exactly as it was written."""
    try:
        content = json.loads(line)
        content.pop("check")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return content if as_line(content) == line else None


def read(folder: Path) -> Manifest:
    """The manifest of a study; one that is missing reads as empty."""
    found = Manifest()
    try:
        lines = (folder / MANIFEST).read_bytes().splitlines(keepends=True)
    except (FileNotFoundError, NotADirectoryError):
        return found
    except OSError as error:
        raise StudyError(f"cannot read {folder / MANIFEST}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        content = _content(line)
        if content is None:
            found.damaged.append(number)
        elif "file" in content:
            found.files[content.pop("file")] = content
        elif "finished" in content:
            found.finished = content["finished"] == len(found.files)
        else:
            found.header = content
    if found.damaged or found.header is None:
        found.finished = False
    return found


def header(study: Study) -> dict[str, Any]:
    return {"format": FORMAT, "study": study.id, "results_version": RESULTS_VERSION}


def write(folder: Path, study: Study, files: Mapping[str, Mapping[str, Any]], *, finished: bool) -> None:
    """Write the whole manifest, sorted."""
    lines = [as_line(header(study)), *(as_line({"file": name, **files[name]}) for name in sorted(files))]
    if finished:
        lines.append(as_line({"finished": len(files)}))
    write_bytes(folder / MANIFEST, b"".join(lines))


def append(manifest: FileIO, name: str, entry: Mapping[str, Any]) -> None:
    """Add the line of a file that is safely on disk."""
    try:
        left = memoryview(as_line({"file": name, **entry}))
        while left:  # where there is little room, less may be written than was asked for
            left = left[manifest.write(left) :]
        os.fsync(manifest.fileno())
    except OSError as error:
        raise StudyError(f"cannot write {manifest.name}: {error.strerror}") from error
