"""Compiled entry points that are kept on disk between sessions, and never outlive the source they came from.

Numba watches only the file an entry point stands in; ours draw on every module here, so the folder of the cache
is named after a hash of them all. A cache that cannot be read (a truncated file, say) is thrown away and made anew.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def folder() -> Path:
    """Where compiled code is kept: a folder per version of the source, of numba and of Python."""
    base = os.environ.get("PARTNERSHIP_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.blake2b(f"{numba.__version__} {sys.version}".encode(), digest_size=8)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return Path(base) / "partnership-dynamics" / digest.hexdigest()


def writable(path: Path) -> bool:
    """Whether files can be kept in a folder, which is made if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:
        return False


def kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile an entry point, keep the machine code on disk, and survive a damaged or unwritable cache.

    The text itself is its `__wrapped__`, for whoever compiles it for another machine.
    """
    if numba.config.DISABLE_JIT:
        return function
    if not writable(folder()):  # numba would then keep it beside the source, and not notice when a rule changes
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
