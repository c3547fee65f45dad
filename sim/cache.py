"""Compiled entry points that are kept on disk between sessions, and never outlive the source they came from.

Numba watches only the file an entry point stands in; ours draw on every module here, so the folder of the cache
is named after a hash of them all. A cache that cannot be read (a truncated file, say) is thrown away and made anew.

Compiled code is executed, and reading it back unpickles objects. So it is kept where nobody else can write: in folders
of the user's own, private when we make them, and a folder that others could have filled is refused.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

from sim.errors import PartnershipError

PRIVATE = 0o700
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class CacheError(PartnershipError, RuntimeError):
    """A folder of compiled code that somebody else could have filled; the message says what to do."""


def folder() -> Path:
    """Where compiled code is kept: a folder per version of the source, of numba and of Python."""
    base = os.environ.get("PARTNERSHIP_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.blake2b(f"{numba.__version__} {sys.version}".encode(), digest_size=8)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return Path(base) / "partnership-dynamics" / digest.hexdigest()


def usable(path: Path) -> bool:
    """Whether compiled code can be kept in a folder, which is made if need be, and private if it is.

    Raises `CacheError` where files can be kept, but the folder or the one it stands in is a symbolic link, belongs to
    another user, or can be written by others. On Windows, where a profile is private, none of that is looked at.
    """
    try:
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        for level in (path.parent, path):
            level.mkdir(mode=PRIVATE, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError:
        return False
    for level in (path.parent, path):
        fault = exposed(level)
        if fault:
            raise CacheError(
                f"the folder of compiled code {level} {fault}, so that it could hold code of somebody else's; remove "
                "it, or set PARTNERSHIP_CACHE to a folder of your own"
            )
    return True


def exposed(path: Path) -> str:
    """Why others could have put files into a folder, in words, or nothing."""
    if os.name == "nt":
        return ""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if status.st_uid != os.geteuid():
        return f"belongs to another user (number {status.st_uid})"
    if status.st_mode & OTHERS_MAY_WRITE:
        return f"can be written by others (mode {stat.S_IMODE(status.st_mode):o})"
    return ""


def kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile an entry point, keep the machine code on disk, and survive a damaged or unwritable cache.

    The text itself is its `__wrapped__`, for whoever compiles it for another machine. Raises `CacheError` where the
    folder of compiled code is not private.
    """
    if numba.config.DISABLE_JIT:
        return function
    if not usable(folder()):  # numba would then keep it beside the source, and not notice when a rule changes
        return numba.njit(error_model="numpy", nogil=True)(function)  # type: ignore[no-any-return]
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder())
    try:
        dispatcher = numba.njit(error_model="numpy", nogil=True, cache=True)(function)
    finally:
        numba.config.CACHE_DIR = before

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        try:
            return dispatcher(*args)
        except (pickle.UnpicklingError, EOFError, ValueError, KeyError, AttributeError, ImportError):
            # The compiled code raises nothing, so this came from reading the cache.
            for file in folder().rglob("*.nb[ic]"):
                file.unlink(missing_ok=True)
            return dispatcher(*args)

    return call
