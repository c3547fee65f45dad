"""What a study says while it runs: a bar on a terminal, and elsewhere a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

LINES = 5
"""Lines in all, where there is no terminal."""


def plain_console() -> Console:
    """A console that prints text as it stands: nothing in a path or a message is taken for markup or an emoji."""
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


@dataclass
class Meter:
    """Tasks and runs done so far."""

    tasks: int
    done: int = 0
    runs: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Runs a second, so far."""
        return self.runs / max(time.monotonic() - self.started, 1e-9)

    @property
    def left(self) -> float:
        """Seconds to go, at the pace so far."""
        return (time.monotonic() - self.started) / max(self.done, 1) * (self.tasks - self.done)

    def __str__(self) -> str:
        return f"{self.runs:,} runs, {self.rate:,.0f} a second"


class Advance:
    """Counts what is done, and shows it."""

    def __init__(self, meter: Meter, console: Console, bar: Progress | None) -> None:
        self.meter, self.console, self.bar = meter, console, bar
        self.row = bar.add_task("", total=meter.tasks, said="") if bar else None

    def __call__(self, runs: int) -> None:
        meter = self.meter
        meter.done, meter.runs = meter.done + 1, meter.runs + runs
        if self.bar is not None and self.row is not None:
            self.bar.update(self.row, advance=1, said=str(meter))
        elif meter.done * LINES // meter.tasks > (meter.done - 1) * LINES // meter.tasks:
            self.console.print(f"{meter.done} of {meter.tasks} parts: {meter}, about {meter.left:.0f} s left")


@contextmanager
def progress(console: Console, tasks: int) -> Iterator[Advance]:
    """What to call after each of so many tasks with the runs it made."""
    meter = Meter(tasks)
    if not console.is_terminal:
        yield Advance(meter, console, None)
        return
    columns = (BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TextColumn("parts, {task.fields[said]}, left"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        yield Advance(meter, console, bar)
