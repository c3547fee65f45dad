"""Signals that ask the command line to stop: each as careful as Ctrl-C, with a message and an exit code of its own."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

STOPPED = {
    signal_name: word
    for signal_name, word in {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}.items()
    if hasattr(signal, signal_name)
}
"""The signals that stop a job, where the system has them, with the word for it."""


class Stopped(KeyboardInterrupt):
    """A signal asked for an end: what a `finally` must do is done, and no more."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def code_of(stop: KeyboardInterrupt) -> int:
    """The exit code: 130 interrupted, 143 terminated, 129 hung up."""
    return 128 + (stop.number if isinstance(stop, Stopped) else signal.SIGINT)


def message(stop: KeyboardInterrupt) -> str:
    """What is said at the end."""
    word = STOPPED[signal.Signals(code_of(stop) - 128).name]
    return f"partnership: {word}; finished work is kept; run the same command again to continue"


class Heed:
    """Raises `Stopped` at the first signal; ends the process at the next, or where the first was lost."""

    def __init__(self) -> None:
        self.stop: Stopped | None = None

    def install(self) -> None:
        """Heed every signal that is not ignored already, as under nohup."""
        for name in STOPPED:
            number = getattr(signal, name)
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                signal.signal(number, self)
        sys.unraisablehook = self.unraisable

    def __call__(self, number: int, _: FrameType | None) -> None:
        if self.stop is not None:
            self.end(self.stop)
        self.stop = Stopped(number)
        raise self.stop

    def unraisable(self, lost: Any) -> None:
        """Python has dropped an error, as it does in a callback: if it is ours, nobody else will end the process."""
        if isinstance(lost.exc_value, Stopped):
            self.end(lost.exc_value)
        sys.__unraisablehook__(lost)

    def end(self, stop: Stopped) -> None:
        """End at once: all that is finished is on disk."""
        with suppress(OSError):  # nobody may be listening any more
            os.write(2, f"{message(stop)}\n".encode())
        os._exit(code_of(stop))


def release() -> None:
    """Give signals their usual effect: the work is done, and there is nothing more to be careful with."""
    for name in STOPPED:
        number = getattr(signal, name)
        if isinstance(signal.getsignal(number), Heed):
            signal.signal(number, signal.SIG_DFL)
