"""What the command line writes to: whatever becomes of it, the work goes on, and what was lost is said at the end.

An output may be closed, full, read by nobody any more, or in an encoding that lacks a character.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
import unicodedata
from typing import TextIO

PLAIN = {
    "−": "-", "–": "-", "—": "-", "±": "+/-", "×": "x", "·": ".", "…": "...", "→": "->", "←": "<-", "≤": "<=",
    "≥": ">=", "≈": "~", "‘": "'", "’": "'", "“": '"', "”": '"',
    "━": "-", "╸": "-", "╺": "-", "↓": "v", "○": "o", "◐": "~", "●": "*", "≡": "=",
}  # fmt: skip
"""What stands for a character where the encoding has none."""
SUBSTITUTE = "partnership-plain"
"""The name under which `plainly` is known to codecs."""


def plain(character: str) -> str:
    """A character in ASCII: its substitute, its letter without accents, or a question mark."""
    if character in PLAIN:
        return PLAIN[character]
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def plainly(error: UnicodeError) -> tuple[str, int]:
    """The handler of codecs for text that an encoding cannot say: plain characters in its place."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain, error.object[error.start : error.end])), error.end


class Outlet(io.FileIO):
    """A file descriptor to write to that never fails: after the first fault, which it keeps, it takes no more."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.terminal = self.isatty()
        self.fault: OSError | None = None

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """Write some of the data, waiting where the other end takes nothing at the moment; returns how much is done."""
        size = memoryview(data).nbytes
        if self.fault is not None:
            return size
        try:
            while (written := super().write(data)) is None:
                select.select([], [self], [])
        except OSError as fault:
            self.fault = fault
            return size
        return written

    @property
    def lost(self) -> OSError | None:
        """The fault that cost output; None also where the reader, or the terminal, has left."""
        if self.fault is None or self.fault.errno == errno.EPIPE or (self.fault.errno == errno.EIO and self.terminal):
            return None
        return self.fault


def hold_open() -> None:
    """Give each closed standard stream the null device: or the next file to be opened would take its place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one


def robust(stream: TextIO | None, descriptor: int) -> tuple[TextIO, Outlet | None]:
    """A standard stream that never fails, and where its bytes go; a Windows console stays, which has its own way."""
    codecs.register_error(SUBSTITUTE, plainly)
    if os.name == "nt" and isinstance(stream, io.TextIOWrapper) and stream.isatty():
        stream.reconfigure(errors=SUBSTITUTE)
        return stream, None
    encoding = stream.encoding if stream is not None else "utf-8"
    outlet = Outlet(descriptor)
    buffered = descriptor != 2 and not outlet.terminal
    writer = io.BufferedWriter(outlet)  # type: ignore[type-var]
    return io.TextIOWrapper(writer, encoding, SUBSTITUTE, line_buffering=not buffered), outlet


def install() -> list[Outlet]:
    """Make the output and the messages of this process robust; returns where they go, to be asked what was lost."""
    hold_open()
    sys.stdout, out = robust(sys.stdout, 1)
    sys.stderr, messages = robust(sys.stderr, 2)
    return [outlet for outlet in (out, messages) if outlet is not None]
