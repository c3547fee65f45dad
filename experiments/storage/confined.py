"""Reading and writing below one folder that may come from anywhere, and touching nothing outside it.

The folder itself may be a symbolic link, since whoever names it can see where it leads. Below it no link is followed,
and nothing is opened but regular files: a pipe would make us wait for ever, a device give bytes without an end.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from experiments.errors import StudyError
from experiments.storage.files import require_no_link, write_bytes
from experiments.storage.layout import ANALYSIS, FIGURES, PLOTS
from experiments.study.tables import TABLES

_OPENING = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_TEMPORARY = re.compile(r"\..+\.[0-9]+\.tmp")
"""Names that `files.write_bytes` gives to what it has not finished."""


class FileFaultError(Exception):
    """Why a file is not read, in words that follow its name."""


def kind_of(mode: int) -> str:
    """What an entry of a folder is, by its mode, in words."""
    kinds = {stat.S_IFREG: "a regular file", stat.S_IFDIR: "a folder", stat.S_IFLNK: "a symbolic link",
             stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "a device")


def levels(name: str) -> list[str]:
    """The folders above a name, from the outermost; ValueError for one that could lead out: that is a fault of ours."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.name == "":
        raise ValueError(f"{name!r} is not the name of something below a folder")
    return [level.as_posix() for level in reversed(path.parents)][1:]


def open_file(folder: Path, name: str) -> BinaryIO:
    """A regular file below the folder, open for reading; `FileFaultError` says why it is not read."""
    above = levels(name)
    try:
        for level in above:
            if not stat.S_ISDIR(mode := (folder / level).lstat().st_mode):
                raise FileFaultError(f"is not read, since {level} is {kind_of(mode)}")
        path = folder / name
        if not stat.S_ISREG(mode := path.lstat().st_mode):
            raise FileFaultError(f"is {kind_of(mode)}, not a regular file")
        file = os.fdopen(os.open(path, _OPENING), "rb")
    except (FileNotFoundError, NotADirectoryError):
        raise FileFaultError("is missing") from None
    except OSError as error:
        raise FileFaultError(f"cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode := os.fstat(file.fileno()).st_mode):  # replaced since we looked
        file.close()
        raise FileFaultError(f"is {kind_of(mode)}, not a regular file")
    return file


def read_file(folder: Path, name: str, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes below the folder; else a `FileFaultError` says why not."""
    with open_file(folder, name) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            content = file.read(most + 1) if size <= most else b""
        except OSError as error:
            raise FileFaultError(f"cannot be read: {error.strerror}") from None
    if size > most or len(content) > most:
        raise FileFaultError(f"is damaged (it holds more than {most:,} bytes)")
    return content


def write_file(folder: Path, name: str, content: bytes) -> None:
    """Write a file below the folder, whole or not at all, into real folders only; else a `StudyError`."""
    require_no_link(folder)
    for level in levels(name):
        require_folder(folder, level)
    write_bytes(folder / name, content)


def require_folder(folder: Path, name: str) -> None:
    """Raise `StudyError` if what stands under a name below the folder is anything but a folder of its own."""
    try:
        mode = (folder / name).lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise StudyError(f"cannot write {folder / name}: {error.strerror}") from error
    if not stat.S_ISDIR(mode):
        raise StudyError(f"{folder / name} is {kind_of(mode)} where a folder belongs; move it away")


def entries(folder: Path, name: str) -> Iterator[tuple[str, int]]:
    """Everything below a folder of ours except folders: the name as seen from the study's folder, and the mode.

    No link is followed, to a folder neither. Nothing where there is no such folder; one that is not real is an entry.
    """
    try:
        mode = (folder / name).lstat().st_mode
        if not stat.S_ISDIR(mode):
            yield name, mode
            return
        inside = sorted(entry.name for entry in os.scandir(folder / name))
    except FileNotFoundError:
        return
    except OSError as error:
        raise StudyError(f"cannot read {folder / name}: {error.strerror}") from error
    for child in inside:
        yield from entries(folder, f"{name}/{child}")


def strangers(folder: Path, known: Iterator[str] | set[str]) -> list[str]:
    """What stands among the tables of a study and is not known: whoever reads `runs/*.parquet` would take it in."""
    names = set(known)
    return [name for table in TABLES for name, _ in entries(folder, table) if name not in names]


def temporary(folder: Path) -> list[str]:
    """What writes that were cut short have left, by name."""
    try:
        top = [entry.name for entry in os.scandir(folder)]
    except OSError as error:
        raise StudyError(f"cannot read {folder}: {error.strerror}") from error
    below = [name for place in (*TABLES, ANALYSIS, FIGURES, PLOTS) for name, _ in entries(folder, place)]
    return sorted(name for name in (*top, *below) if _TEMPORARY.fullmatch(name.rpartition("/")[2]))


def clear_temporary(folder: Path) -> int:
    """Remove what writes that were cut short have left; returns how many files."""
    left = temporary(folder)
    for name in left:
        remove(folder, name)
    return len(left)


def remove(folder: Path, name: str) -> None:
    """Remove a file below the folder if it is there; a link is removed, not what it leads to."""
    for level in levels(name):
        require_folder(folder, level)
    try:
        (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise StudyError(f"cannot remove {folder / name}: {error.strerror}") from error
