"""The command line as a program of its own: its streams and signals, the files it may open, and how it ends."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from experiments.terminal import signals, streams

FILES = 4096
"""Files that this program would like to have open at once: enough for Dask's workers on a large machine."""
GONE = "the working folder no longer exists; change to another and try again"
"""What is said where the folder in which the command was given was deleted."""


def as_program(main: Callable[[], int]) -> NoReturn:
    """Call `main` and end the process with the exit code that it returns, or 1 in place of 0 if output was lost."""
    outlets = streams.install()
    signals.Heed().install()
    allow_files()
    try:
        code = main()
    except KeyboardInterrupt as stop:  # between two lines of `main` that handle another error
        code = stopped(stop)
    signals.release()
    code = finished(code, outlets)
    if code >= 128:  # at once: all that is finished is on disk, and nothing is to be waited for
        end_workers()
        os._exit(code)
    sys.exit(code)


class Notices(logging.Handler):
    """Prints what a reader should know and need not act on, a line each, beside what a job prints."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a note on stderr."""
        print(f"partnership: note: {record.getMessage()}", file=sys.stderr)


def print_notices() -> None:
    """Have notices of this package printed from now on."""
    logger = logging.getLogger("partnership")
    if not any(isinstance(handler, Notices) for handler in logger.handlers):
        logger.addHandler(Notices())
        logger.propagate = False


def stopped(stop: KeyboardInterrupt) -> int:
    """Say that a signal ended the job; returns the exit code that says so too."""
    print(signals.message(stop), file=sys.stderr)
    return signals.code_of(stop)


def finished(code: int, outlets: list[streams.Outlet]) -> int:
    """Write what is left to be written, and say if some of it was lost; returns the exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    lost = [outlet.lost for outlet in outlets if outlet.lost is not None]
    if not lost:
        return code
    print(f"partnership: some output could not be written: {lost[0].strerror}", file=sys.stderr, flush=True)
    return code or 1


def end_workers() -> None:
    """Kill the processes that work for this one. They would follow it, but with a traceback if just being started."""
    if "multiprocessing" in sys.modules:
        for worker in sys.modules["multiprocessing"].active_children():
            worker.kill()


def allow_files() -> None:
    """Open as many files as the system lets us, where it would by default let us open few."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if resource.RLIM_INFINITY != soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def of_system(error: BaseException) -> str | None:
    """What the operating system refused, in one message; None for any other error."""
    if isinstance(error, MemoryError):
        return f"there is not enough memory{f': {error}' if str(error) else ''}"
    if not isinstance(error, OSError):
        return None
    if isinstance(error, FileNotFoundError) and error.filename is None and not working_folder_exists():
        return GONE
    place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{place}{error.strerror or error}"


def working_folder_exists() -> bool:
    """Whether the working folder is still there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True
