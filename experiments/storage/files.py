"""Files that are there whole or not at all, whatever happens, and a lock that dies with its holder.

pyarrow is imported where it is used, so that the command line answers at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import StudyError

if TYPE_CHECKING:
    import pyarrow as pa

LOCK = ".lock"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a power cut, meets the old file or the new one and nothing between."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as file:  # made by us: what stood there could have been a link to another file
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
    write_bytes(path, as_json(content))


def as_json(content: Any) -> bytes:
    """JSON with sorted keys, as it is stored."""
    return (json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def as_parquet(table: pa.Table) -> bytes:
    """A table as Parquet with page checksums, packed by what its columns are like: numbers that count, or measure.

    Least and largest values are kept of the first only, by which rows are looked for; of the others they would take
    three times as long as all the rest of the writing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    encodings = {}
    for field in table.schema:
        if pa.types.is_floating(field.type):
            encodings[field.name] = "BYTE_STREAM_SPLIT"
        elif field.type in (pa.int32(), pa.int64()):
            encodings[field.name] = "DELTA_BINARY_PACKED"
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        write_page_checksum=True,
        use_dictionary=[name for name in table.column_names if name not in encodings],
        column_encoding=encodings,
        write_statistics=[name for name, kind in encodings.items() if kind != "BYTE_STREAM_SPLIT"],
    )
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def entry(content: bytes) -> dict[str, Any]:
    """What a manifest records of a file."""
    return {"bytes": len(content), "blake2b": hash_of(content)}


def hash_of(content: bytes) -> str:
    """The BLAKE2b hash of some bytes, in hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=32).hexdigest()


def require_no_link(folder: Path) -> None:
    """Raise `StudyError` for a study's folder that is a link: what is written there would land elsewhere."""
    if folder.is_symlink():
        raise StudyError(f"{folder} is a symbolic link; name the folder that it leads to")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a study's folder, which is made if need be; `StudyError` if another process holds it.

    The system frees it when its holder dies, however that happens, so a lock file left behind blocks nobody.
    """
    from filelock import FileLock, Timeout

    require_no_link(folder)
    path = folder / LOCK
    lock = FileLock(path, mode=0o644)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(path) and not _is_own(path.lstat()):
            raise StudyError(f"{path} is a link, or no regular file; move it away")
        lock.acquire(timeout=0)
        path.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
    except Timeout:
        raise StudyError(f"{folder} is being written by {_holder(path)}; wait for it, or stop it") from None
    except OSError as error:
        raise StudyError(f"cannot write {folder}: {error.strerror}") from error
    try:
        yield
    finally:
        _forget(path)
        lock.release()


def _is_own(status: os.stat_result) -> bool:
    """Whether a lock file is one of ours: a link, or a second name of another file, could lead elsewhere."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink <= 1


def _holder(path: Path) -> str:
    """Who holds a lock, from what it wrote in the lock file; it may be about to."""
    with suppress(OSError):
        name = path.read_bytes()[:200].decode(errors="replace")
        return "".join(filter(str.isprintable, name)) or "another process"
    return "another process"
