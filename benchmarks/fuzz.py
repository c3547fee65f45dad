"""Thousands of drawn inputs against the command line: `make fuzz`, or `python -m benchmarks.fuzz inputs=10000 seed=1`.

    inputs=10000     how many
    seed=1           which; the same seed gives the same inputs
    seconds=1200     stop after so many seconds
    processes=1      how many at a time
    first=0          the number of the first, as in first=837 inputs=1, which repeats one

Every fault is shown as it is seen for the first time, with the smallest input that still shows it as lines of a shell;
faults of the same kind at the same place are counted. The exit code is 1 if there is any.

Inputs are tried out in processes that are watched. If one dies or stops answering altogether, that is a fault of the
input it was at, and another process goes on with the next input.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

DEFAULTS = {"inputs": 10_000, "seed": 1, "seconds": 10**9, "processes": 1, "first": 0}
PATIENCE = 300
"""Seconds of silence after which a process is taken to be stuck where no signal reaches it."""
MEMORY = 8 * 2**30
"""Bytes of address space that a process may take, so that an input that asks for too much fails alone."""


class Seen(NamedTuple):
    """What a process reports of an input: that it begins (no kind yet), or a fault and the input that shows it."""

    number: int
    kind: str = ""
    signature: str = ""
    text: str = ""


def explore(pipe: Connection, seed: int, numbers: range, scratch: str) -> None:
    """Try inputs out in folders under `scratch` and send what is seen; runs in a process of its own."""
    tempfile.tempdir = scratch
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    from tests import grammar, steps, trial

    shown: set[str] = set()
    steps.studies()
    try:
        for number in numbers:
            pipe.send(Seen(number))
            tried = grammar.draw(seed, number)
            for fault in trial.faults_of(tried):
                smallest = "" if fault.signature in shown else str(trial.minimised(tried, fault))
                shown.add(fault.signature)
                pipe.send(Seen(number, fault.kind, fault.signature, f"{fault}\n{smallest}"))
    except Exception:
        pipe.send(Seen(number, "harness", f"harness {number}", traceback.format_exc()))
    finally:
        pipe.close()


class Explorer:
    """A process that tries out some of the inputs, begun anew behind an input that ended it."""

    def __init__(self, seed: int, numbers: range, scratch: str) -> None:
        self.seed, self.numbers, self.scratch = seed, numbers, scratch
        self.at = numbers.start - numbers.step
        self.begin()

    def begin(self) -> None:
        left = range(self.at + self.numbers.step, self.numbers.stop, self.numbers.step)
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=explore, args=(theirs, self.seed, left, self.scratch))
        self.process.start()
        theirs.close()
        self.heard = time.monotonic()

    @property
    def done(self) -> bool:
        return self.at + self.numbers.step >= self.numbers.stop

    def receive(self) -> Iterator[Seen]:
        """What has been sent since; a process that has died is a fault, and another one takes its place."""
        try:
            while self.pipe.poll():
                seen: Seen = self.pipe.recv()
                self.at, self.heard = seen.number, time.monotonic()
                yield seen
        except EOFError:
            self.process.join()
            if self.process.exitcode:
                yield Seen(
                    self.at, "died", f"died {self.process.exitcode}", f"the process ended: {self.process.exitcode}"
                )
            self.again()
        if time.monotonic() - self.heard > PATIENCE:
            self.process.kill()
            self.process.join()
            yield Seen(self.at, "stuck", f"stuck {self.at}", f"no answer in {PATIENCE} s, and no signal was heard")
            self.again()

    def again(self) -> None:
        self.pipe.close()
        if not self.done:
            self.begin()

    def stop(self) -> None:
        if self.process.is_alive():
            self.process.terminate()
        self.process.join()


def words_of(said: list[str]) -> dict[str, int]:
    """The words of this command, checked."""
    asked = dict(DEFAULTS)
    for word in said:
        name, _, value = word.partition("=")
        if name not in DEFAULTS or not value.isdecimal():
            sys.exit(f"{word}: takes {', '.join(f'{name}=NUMBER' for name in DEFAULTS)}")
        asked[name] = int(value)
    return asked


def explored(asked: dict[str, int]) -> tuple[int, Counter[str]]:
    """Try out what is asked for, show each fault once; returns how many inputs, and how often each fault was seen."""
    first, processes = asked["first"], max(1, asked["processes"])
    counts: Counter[str] = Counter()
    begun, started, last_said = 0, time.monotonic(), time.monotonic()
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        explorers = [
            Explorer(asked["seed"], range(first + k, first + asked["inputs"], processes), scratch)
            for k in range(processes)
        ]
        for explorer in explorers:
            stack.callback(explorer.stop)
        while (
            busy := [explorer for explorer in explorers if not explorer.pipe.closed]
        ) and time.monotonic() - started < asked["seconds"]:
            wait([one.pipe for one in busy], timeout=1.0)
            for seen in (seen for one in busy for seen in one.receive()):
                begun += not seen.kind
                if seen.kind:
                    show(seen, counts)
            if time.monotonic() - last_said > 60:
                last_said = time.monotonic()
                print(f"... {begun} inputs in {last_said - started:.0f} s, {len(counts)} faults", flush=True)
    return begun, counts


def show(seen: Seen, counts: Counter[str]) -> None:
    """Print a fault that is seen for the first time, and count it."""
    counts[seen.signature] += 1
    if counts[seen.signature] == 1:
        fault, _, lines = seen.text.partition("\n")
        print(f"\n[input {seen.number}] {fault}", *(f"    {line}" for line in lines.splitlines()), sep="\n", flush=True)


def main(said: list[str]) -> int:
    asked = words_of(said)
    started = time.monotonic()
    begun, counts = explored(asked)
    print(f"\n{begun} inputs in {time.monotonic() - started:.0f} s: {len(counts)} faults, seen {counts.total()} times")
    for signature, count in counts.most_common():
        print(f"{count:6d}  {signature}")
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
