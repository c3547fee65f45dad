"""Studies that are killed again and again at random moments, resumed, and compared with what nothing disturbed.

    python -m benchmarks.kills                                  1,000 kills, in half an hour at most
    python -m benchmarks.kills number=60 seconds=300 seed=7     fewer, or others

A study is started as the command line would start it, in threads or with Dask's workers, and after a random time it is
killed (SIGKILL), terminated (SIGTERM) or interrupted (SIGINT), or one of its workers is killed. The same command is
given until the study is finished, then another study begins. After each kill every file that is there must be as it is
in the undisturbed study. Reported are deviations, hangs, processes left over, tracebacks, and exit codes or messages
that are not what they should be; the exit code is 1 if there were any. The seed decides what is done and when; how far
a study had come by then is up to the machine.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from experiments.config.to_study import compose
from experiments.storage import store
from experiments.storage.files import LOCK
from experiments.storage.manifest import MANIFEST

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys, types
report = sys.modules["experiments.report.rebuild"] = types.ModuleType("report")
report.rebuild = lambda folder: 0
from experiments.cli import script
script()
"""
"""The command line without the report, which takes longer than all the rest and is made of what is finished."""

COMMON = ["design.box=none", "design.factors.noise=[0,0.6]", "arms=[structure_first,purpose_first]"]
STUDIES = {
    "long_chunks": [*COMMON, "name=long_chunks", "design.points=2000", "parameters.months=1200"],
    "short_chunks": [*COMMON, "name=short_chunks", "design.points=12000", "trajectory_points=500"],
    "adaptive": [*COMMON, "name=adaptive", "design.points=300", "design.adaptive.precision=0.02"],
}
"""Studies of some seconds, cut into chunks that take longer or shorter."""

KINDS = ("local", "local", "dask")
"""Executors, of which one is drawn for each study."""
LANES = 2
"""Studies that are under way at once."""
STARTING = 2.0
"""Seconds within which a blow falls on a program that starts, from the moment in which it heeds signals."""
WORKING = {"local": 2.0, "dask": 5.0}
"""Seconds within which a blow falls on a study, from the moment in which its folder is opened."""
WHILE_WORKING = 0.75
"""The share of blows that fall on a study that is open, and not on a program that starts."""
DEADLINE = 120
"""Seconds after which a process that should end has hung."""
LINGER = 10
"""Seconds in which the processes of one that was killed must be gone."""
BLOWS = ("SIGKILL", "SIGTERM", "SIGINT", "worker")
CODES = {"SIGKILL": -signal.SIGKILL, "SIGTERM": 128 + signal.SIGTERM, "SIGINT": 128 + signal.SIGINT}


@dataclass
class Tally:
    """What was done, and what went wrong."""

    blows: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    faults: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.blows + other.blows, self.finished + other.finished, self.faults + other.faults)


@dataclass(frozen=True)
class Undisturbed:
    """A study that was finished with nothing in its way: its words, its folder below the results, its files."""

    words: Sequence[str]
    place: Path
    files: dict[str, bytes]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def started(words: Sequence[str], kind: str, results: Path, program: str) -> subprocess.Popen[str]:
    """The command line on a study, in a session of its own."""
    line = [sys.executable, "-c", program, "sweep", *words, f"executor={kind}", f"results={results}", "workers=2"]
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT,
    )  # fmt: skip


def undisturbed(words: Sequence[str], folder: Path, program: str = PROGRAM) -> Undisturbed:
    """Finish a study with nothing in its way."""
    process = started(words, "local", folder, program)
    said, complaint = process.communicate(timeout=DEADLINE)
    if process.returncode or complaint:
        raise RuntimeError(f"undisturbed, it ended with {process.returncode}: {said}{complaint}")
    study = compose(list(words))
    here = store.folder_of(study, folder)
    return Undisturbed(words, here.relative_to(folder), contents(here))


# -- one process ------------------------------------------------------------------------------------------


def wait_for(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, or the process has ended, or should have."""
    until = time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < until and not condition():
        time.sleep(0.01)


def heeds(process: subprocess.Popen[str]) -> bool:
    """Whether a process has its own way with SIGTERM."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), "0")
    return bool(int(caught, 16) & (1 << (signal.SIGTERM - 1)))


def holds(process: subprocess.Popen[str], here: Path) -> bool:
    """Whether a process holds the lock of a study."""
    try:
        return f"process {process.pid} " in (here / LOCK).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that work for a study: those that multiprocessing has started, but not its tracker."""
    processes = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if any("spawn_main" in word for word in child.cmdline()):
                processes.append(child)
        except psutil.NoSuchProcess:
            continue
    return processes


def strike(process: subprocess.Popen[str], blow: str, draw: random.Random) -> None:
    """Kill a process, ask it to end as a terminal would, or kill one of its workers."""
    if blow == "worker":
        try:
            draw.choice(workers_of(process) or [psutil.Process(process.pid)]).kill()
        except psutil.NoSuchProcess:
            return
    elif blow == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.Signals[blow])


def left_over(session: int) -> list[int]:
    """The processes of a session that are still there when they should be gone."""
    until = time.monotonic() + LINGER
    while found := [pid for pid in psutil.pids() if session_of(pid) == session]:
        if time.monotonic() > until:
            return found
        time.sleep(0.05)
    return []


def session_of(pid: int) -> int:
    try:
        return os.getsid(pid) if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else 0
    except (ProcessLookupError, psutil.NoSuchProcess):
        return 0


def ended(process: subprocess.Popen[str]) -> tuple[str, str] | None:
    """What a process has said when it ends, or None if it has hung; then it is killed with all that belongs to it."""
    try:
        return process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None


def verdict(code: int, blow: str, said: tuple[str, str], finished: bool) -> Iterator[str]:
    """What is wrong with how a process ended that was struck."""
    output, complaint = said
    lines = complaint.splitlines()
    if "Traceback" in complaint or "Exception" in complaint:
        yield f"a traceback: {complaint}"
    elif len(lines) > 1 or any(not line.startswith("partnership: ") for line in lines):
        yield f"more than one message: {complaint}"
    allowed = {0}
    if blow == "worker":
        allowed |= {1} if "Not made" in output else {2} if "Dask cannot start" in complaint else set()
        allowed |= {-signal.SIGKILL}  # it had no worker yet, and was killed itself
    else:
        allowed |= {CODES[blow]} | ({-signal.Signals[blow]} if finished else set())
        if code == CODES[blow] > 0 and not lines:
            yield "no message"
    if code not in allowed:
        yield f"exit code {code}: {output}{complaint}"


def faults_of(process: subprocess.Popen[str], blow: str, finished: Callable[[], bool]) -> Iterator[str]:
    """What is wrong with how a process ends that was struck, and with what it leaves behind, which is killed."""
    said = ended(process)
    if said is None:
        yield "a hang"
    else:
        yield from verdict(process.returncode, blow, said, finished())
    if left := left_over(process.pid):
        yield f"{len(left)} processes left over"
        for pid in left:
            psutil.Process(pid).kill()


# -- studies ----------------------------------------------------------------------------------------------


def deviations(here: Path, right: Undisturbed) -> Iterator[str]:
    """Files that are not what they are in the undisturbed study; those not yet there are none."""
    for name, content in contents(here).items():
        if name in (MANIFEST, LOCK) or name.endswith(".tmp"):
            continue
        if right.files.get(name) != content:
            yield f"{name} deviates"


def struck(right: Undisturbed, kind: str, results: Path, draw: random.Random, program: str) -> Tally:
    """Start or resume a study and strike it once, or its workers until it ends."""
    process, here, tally = started(right.words, kind, results, program), results / right.place, Tally()
    blow = draw.choice(BLOWS if kind == "dask" else BLOWS[:-1])
    wait_for(process, lambda: heeds(process))
    delay = STARTING
    if draw.random() < WHILE_WORKING:
        wait_for(process, lambda: holds(process, here))
        delay = WORKING[kind]
    while process.poll() is None and (blow == "worker" or not tally.blows):
        try:
            process.wait(draw.uniform(0, delay))
        except subprocess.TimeoutExpired:
            strike(process, blow, draw)
            tally.blows[blow] += 1
    wrong = list(faults_of(process, blow, lambda: store.is_finished(here)))
    finished = store.is_finished(here)
    wrong += deviations(here, right) if here.is_dir() else []
    if finished:
        tally.finished = 1
        wrong += ["the finished study deviates"] if contents(here) != right.files else []
    tally.faults = [f"{right.words[3]} executor={kind}, {blow}: {fault}" for fault in wrong]
    return tally


def lane(
    place: int, kills: int, seconds: float, seed: int, rights: Sequence[Undisturbed], kinds: Sequence[str], program: str
) -> Tally:
    """Studies one after another, struck so many times in all or until time is up."""
    tally, until, rounds = Tally(), time.monotonic() + seconds, 0
    while tally.blows.total() < kills and time.monotonic() < until:
        draw = random.Random(f"{seed}/{place}/{rounds}")
        right, kind = draw.choice(rights), draw.choice(kinds)
        rounds += 1
        with tempfile.TemporaryDirectory() as results:
            begun = tally.finished
            while tally.finished == begun and tally.blows.total() < kills and time.monotonic() < until:
                tally += struck(right, kind, Path(results), draw, program)
    return tally


def kills(
    number: int,
    seconds: float,
    seed: int,
    studies: Sequence[str] = tuple(STUDIES),
    kinds: Sequence[str] = KINDS,
    program: str = PROGRAM,
) -> Tally:
    """So many kills of some studies, or as many as there is time for, in `LANES` lanes."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(LANES) as pool:
        rights = [undisturbed(STUDIES[name], Path(folder) / name) for name in studies]
        shares = [number // LANES + (place < number % LANES) for place in range(LANES)]
        lanes = [
            pool.submit(lane, place, share, seconds, seed, rights, kinds, program) for place, share in enumerate(shares)
        ]
        return sum((each.result() for each in lanes), Tally())


def main(words: Sequence[str]) -> int:
    """Do what the words say; returns 1 if anything went wrong."""
    asked = {"number": 1000, "seconds": 1800, "seed": 1}
    for word in words:
        name, _, value = word.partition("=")
        if name not in asked or not value.isdecimal():
            print(f"{word}: give any of {', '.join(f'{key}=NUMBER' for key in asked)}", file=sys.stderr)
            return 2
        asked[name] = int(value)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # or what we start would ignore it where a script does
    began = time.monotonic()
    tally = kills(**asked)
    for fault in tally.faults:
        print(f"FAULT {fault}")
    done = ", ".join(f"{count} {blow}" for blow, count in sorted(tally.blows.items()))
    print(
        f"{tally.blows.total()} kills ({done}) in {time.monotonic() - began:.0f} s; {tally.finished} studies finished; "
        f"{len(tally.faults)} faults"
    )
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
