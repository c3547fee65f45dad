"""An input tried out: the command is called where the input's steps have been taken, and what is wrong comes back.

What must hold of every command: an exit code of 0, 1 or 2; no exception and no traceback; with code 2 one line that
begins `partnership: `, and nothing written or changed; never anything changed outside the working folder; an answer in
time; nothing left behind in this process; and no word that is accepted and does nothing.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import matplotlib
from hydra.core.global_hydra import GlobalHydra

from experiments import cli
from tests import effects
from tests.effects import Noted
from tests.grammar import Input
from tests.steps import named

DEADLINE = 20.0
"""Seconds in which every command must answer."""
IDLE = 0.02
"""Seconds of processor time in a second by which a command that works is told from one that waits."""
WRITERS = ("sweep", "demo", "claims", "detectors", "validate", "calibrate", "report", "merge", "plot", "neutrality")
SECRET = "an-environment-that-nobody-asked-for"
LONGEST = 2000
"""Letters of a message that somebody will still read."""
INTERNAL = re.compile(
    r"NoneType|object at 0x|<class '|DictConfig|ListConfig|\$VALUE|full_key|LexerNoViable|recursion depth|codec can't|"
    r"Errno|numpy\.|np\.float|could not broadcast|unexpected keyword|takes \d+ positional|not in struct"
)
"""What a message for people does not say."""


@dataclass(frozen=True)
class Fault:
    """Something that must not be: its kind, a `signature` that the same faults share, and what was seen."""

    kind: str
    signature: str
    seen: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.seen}"


@dataclass
class Ended:
    """How a command ended: exit code or exception, what it printed, and how long it took."""

    code: int | None = None
    error: BaseException | None = None
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    left: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


class Deadline(BaseException):
    """Raised in a command that takes too long; no `except Exception` stops it."""


# -- the place --------------------------------------------------------------------------------------------


@contextmanager
def place() -> Iterator[Path]:
    """A working folder with a neighbour that must stay as it is, and a home; they are removed afterwards."""
    base = Path(tempfile.mkdtemp(prefix="trial-"))
    for name in ("work", "home", "outside/deep"):
        (base / name).mkdir(parents=True)
    (base / "outside" / "precious.txt").write_text("noise\n0.1\n0.2\n")
    (base / "outside" / "secret.yaml").write_text("# @package _global_\nname: secret\n")
    before = Path.cwd()
    os.chdir(base / "work")
    try:
        yield base
    finally:
        os.chdir(before)
        shutil.rmtree(base)


def snapshot(base: Path) -> dict[str, str]:
    """What lies in a folder: the kind of everything, links with their targets, files with a hash."""
    return {str(path.relative_to(base)): described(path) for path in sorted(walk(base))}


def walk(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path))


def described(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link to {path.readlink()}"
    if stat.S_ISREG(mode):
        with path.open("rb") as file:
            return f"file {hashlib.file_digest(file, 'md5').hexdigest()}"
    return f"of kind {stat.S_IFMT(mode):o}"


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What is new, gone or altered."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


# -- carrying it out --------------------------------------------------------------------------------------


def ended(tried: Input, base: Path, deadline: float) -> Ended:
    """The command of an input carried out in the working folder."""
    words = [named(word) for word in tried.words]
    return apart(words, tried, base, deadline) if tried.apart else within(words, tried, deadline)


def apart(words: Sequence[str], tried: Input, base: Path, deadline: float) -> Ended:
    """A command in a process of its own; words that no process can be given are left out."""
    cache = os.environ.get("PARTNERSHIP_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    environment = {**os.environ, "HOME": str(base / "home"), "PARTNERSHIP_SECRET": SECRET, "PYTHONPATH": str(root()),
                   "XDG_CACHE_HOME": cache, "MPLCONFIGDIR": matplotlib.get_configdir(),
                   **dict(tried.environment)}  # fmt: skip
    command = [sys.executable, "-m", "experiments.cli", *(word for word in words if "\x00" not in word)]
    started = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=2 * deadline, check=False)
    except subprocess.TimeoutExpired:
        return Ended(late=["a process of its own"], seconds=2 * deadline)
    out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Ended(done.returncode, None, out, err, time.monotonic() - started)


def root() -> Path:
    return Path(cli.__file__).parents[1]


def within(words: list[str], tried: Input, deadline: float) -> Ended:
    """A command in this process, with what it leaves behind in it."""
    job, result = (words or [""])[0], Ended()
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", how) for how in ("strict", "backslashreplace"))
    started, here = time.monotonic(), Path.cwd()
    with patch.dict(os.environ, {"HOME": str(here.parent / "home"), "PARTNERSHIP_SECRET": SECRET}):
        before = state()
        with patch.object(sys, "stdout", out), patch.object(sys, "stderr", err):
            try:
                with alarm(deadline, result.late), effects.noting(job, carried_out=True, thorough=tried.thorough):
                    result.code = cli.main(list(words))
            except Noted:
                result.code = 0
            except (
                Exception,
                SystemExit,
                KeyboardInterrupt,
                Deadline,
            ) as error:  # whatever leaves is what is looked for
                result.error = error
        result.left = [name for name, value in state().items() if value != before[name]]
        restore(here)
    result.seconds = time.monotonic() - started
    result.out, result.err = (text_in(stream) for stream in (out, err))
    return result


def text_in(stream: io.TextIOWrapper) -> str:
    if stream.closed:
        return ""
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]


@contextmanager
def alarm(seconds: float, late: list[str]) -> Iterator[None]:
    """Raise `Deadline` in this thread after so many seconds, and again every second; `late` keeps where that was.

    On a busy machine a command that still works has as many seconds of processor time; one that waits does not.
    """
    began = worked = time.process_time()

    def ring(_: int, frame: FrameType | None) -> None:
        nonlocal worked
        before, worked = worked, time.process_time()
        if worked - began > seconds or worked - before < IDLE:
            late.append(place_of(traceback.extract_stack(frame)))
            raise Deadline(f"{seconds:g} s")

    handler = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def state() -> dict[str, Any]:
    """What a command must leave in this process as it was."""
    return {
        "the environment": dict(os.environ), "the working folder": str(Path.cwd()),
        "sys.argv": list(sys.argv),
        "the search path": list(sys.path), "the handler of SIGINT": signal.getsignal(signal.SIGINT),
        "the handler of SIGTERM": signal.getsignal(signal.SIGTERM), "Hydra": GlobalHydra.instance().is_initialized(),
    }  # fmt: skip


def restore(here: Path) -> None:
    """Undo what a command may have left behind, so that the next one starts as it did."""
    os.chdir(here)
    GlobalHydra.instance().clear()
    for handler in list(logging.root.handlers):
        if type(handler).__module__ == "logging":
            logging.root.removeHandler(handler)
            handler.close()


# -- judging ----------------------------------------------------------------------------------------------


def faults_of(tried: Input, deadline: float = DEADLINE) -> list[Fault]:
    """Try an input out; returns everything that is wrong with what came of it."""
    with place() as base:
        for step in tried.steps:
            step.take(base / "work")
        before = snapshot(base)
        result = ended(tried, base, deadline)
        changed = changes(before, snapshot(base))
    return [*in_answer(result), *in_words(result), *in_files(tried, result, changed), *ignored(tried, result)]


def in_answer(result: Ended) -> Iterator[Fault]:
    """Faults of the way in which a command ended."""
    if result.late:
        yield Fault("hang", f"hang at {result.late[0]}", f"no answer in time; it was at {result.late[0]}")
    elif result.error is not None:
        name = type(result.error).__name__
        yield Fault(
            "exception", f"{name} at {where(result.error)}", f"{name}: {result.error!s:.300} at {where(result.error)}"
        )
    elif result.code not in (0, 1, 2):
        yield Fault("code", f"code {result.code}", f"exit code {result.code}")
    for name in result.left:
        yield Fault("left", name, f"{name} is not as it was")


def where(error: BaseException) -> str:
    return place_of(traceback.extract_tb(error.__traceback__))


def place_of(frames: Sequence[traceback.FrameSummary]) -> str:
    """The innermost line of the project in a stack, and what it led to elsewhere."""
    own = [frame for frame in frames if re.search(r"/(experiments|sim)(/\w+)?/\w+\.py$", frame.filename)]
    ends = [*own[-1:], *(frames[-1:] if not own or frames[-1] is not own[-1] else ())]
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in ends)


def in_words(result: Ended) -> Iterator[Fault]:
    """Faults of what a command said."""
    said = result.out + result.err
    if "Traceback (most recent call last)" in said:
        last = said.strip().splitlines()[-1]
        yield Fault("traceback", f"traceback {shape(last)}", last)
    if "Warning: " in result.err:
        yield Fault("warning", f"warning {shape(result.err)}", result.err.strip()[:300])
    if result.code == 2:
        yield from in_message(result.err, result.out)


def in_message(err: str, out: str) -> Iterator[Fault]:
    """Faults of the message of a command that was refused."""
    err = "".join(line for line in err.splitlines(keepends=True) if not line.startswith("partnership: note: "))
    line = err.removesuffix("\n")
    if re.search(r"(?im)^usage:", err + out):
        yield Fault("usage", "usage", f"{err[:100]!r}...")
    elif not err.endswith("\n") or not line.startswith("partnership: ") or len(line.splitlines()) != 1:
        yield Fault("message", f"message of {len(line.splitlines())} lines: {shape(line)}", repr(err[:400]))
    elif not line.isprintable():
        yield Fault("unprintable", "a message with letters that cannot be printed", repr(err[:400]))
    if len(line) > LONGEST:
        yield Fault("long", f"long: {shape(line)}", f"{len(line)} letters: {line[:200]}")
    if match := INTERNAL.search(line):
        yield Fault("unclear", f"unclear: {match[0]}", line[:400])
    if SECRET in err + out:
        yield Fault("secret", "secret", "the message tells a variable of the environment")


def shape(text: str) -> str:
    """A message without what differs from input to input."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|=\S+|\d+", "_", text[:200])
    return " ".join(plain.split()[:8])


def in_files(tried: Input, result: Ended, changed: Sequence[str]) -> Iterator[Fault]:
    """Faults of what a command wrote."""
    if "outside/canary" in changed:
        yield Fault("canary", "canary", "something in a file was carried out")
    asked_for = any(named(word).lstrip("+").startswith("results=") for word in tried.words)
    elsewhere = [path for path in changed if not path.startswith("work/") and path != "outside/canary"]
    touched = [path for path in elsewhere if not asked_for or path.startswith(("outside/precious", "outside/secret"))]
    if touched:
        yield Fault("outside", "outside", f"changed outside the working folder: {', '.join(touched[:5])}")
    job = tried.words[0] if tried.words else "help"
    if changed and result.code == 2:
        yield Fault(
            "written", f"{job} wrote {shape(changed[-1])}", f"refused, and yet written: {', '.join(changed[:5])}"
        )
    elif changed and job not in WRITERS:
        yield Fault("written", f"{job} wrote", f"{job} never writes, and yet wrote: {', '.join(changed[:5])}")


def ignored(tried: Input, result: Ended) -> Iterator[Fault]:
    """The word that the input compares, where the command is accepted with it and comes to the same without it."""
    words, word = [named(word) for word in tried.words], tried.compared
    if result.code != 0 or tried.apart or word not in effects.comparable(words):
        return
    at = words.index(word, 1)
    with place() as base:
        for step in tried.steps:
            step.take(base / "work")
        with_it, without = (effects.effect_of(asked)[0] for asked in (words, [*words[:at], *words[at + 1 :]]))
    if effects.is_ignored(word, with_it, without):
        key = effects.key_in(word)
        yield Fault("ignored", f"{words[0]} ignores {key}", f"{words[0]} accepts {word[:200]}, which changes nothing")


# -- making it smaller ------------------------------------------------------------------------------------


def minimised(tried: Input, fault: Fault, deadline: float = DEADLINE, seconds: float = 10.0) -> Input:
    """The input without the words and steps that its fault can do without, as far as `seconds` allow."""
    if fault.kind == "hang":
        deadline = min(deadline, 3.0)
    until = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for candidate in shorter(tried):
            if time.monotonic() > until:
                return tried
            if any(other.signature == fault.signature for other in faults_of(candidate, deadline)):
                tried, smaller = candidate, True
                break
    return tried


def shorter(tried: Input) -> Iterator[Input]:
    """The input with one thing left out."""
    for at in range(len(tried.steps) - 1, -1, -1):
        yield replace(tried, steps=tried.steps[:at] + tried.steps[at + 1 :])
    for at in range(len(tried.words) - 1, 0, -1):
        yield replace(tried, words=tried.words[:at] + tried.words[at + 1 :])
    if tried.environment:
        yield replace(tried, environment=(), apart=False)
