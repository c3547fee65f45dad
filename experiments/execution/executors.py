"""Where the work is done: tasks handed to workers, few in flight, results as they come.

Threads by default, since the engine lets other threads run; or the workers of a Dask scheduler. Which of them, and how
many, changes no result. A task that raises, or whose worker dies each time, is given up and named; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from experiments.execution import dask_workers
from experiments.execution.place import Place

Task = TypeVar("Task")
Result = TypeVar("Result")

GLANCE = 5
"""Seconds without a result after which the workers are looked at."""


@dataclass(frozen=True)
class Failed(Generic[Task]):
    """A task that was given up, and why."""

    task: Task
    error: BaseException


class Workers(Protocol):
    """What does the work: whose it is, and how many tasks it does at once."""

    name: str

    def submit(self, function: Callable[[Any], Any], task: Any) -> Future[Any]:
        """function(task), begun when a worker is free."""

    def count(self) -> int:
        """At least 1; `StudyError` if there is nobody to do anything, now and for too long."""


@dataclass
class Threads:
    """Threads of this process."""

    executor: Executor
    number: int
    name: str = "this process"

    def submit(self, function: Callable[[Any], Any], task: Any) -> Future[Any]:
        """function(task), by one of the threads."""
        return self.executor.submit(function, task)

    def count(self) -> int:
        """How many threads work."""
        return self.number


@contextmanager
def threads(number: int) -> Iterator[Threads]:
    """So many threads. When left by an error or an interruption, no task is begun any more, and none waited for."""
    executor = ThreadPoolExecutor(number)
    try:
        yield Threads(executor, number)
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def require_usable(place: Place) -> None:
    """Raise `StudyError` if nothing can be done in a place, before anything is written."""
    if place.address is not None:
        dask_workers.check_scheduler(place.address)
    elif place.kind == "dask":
        dask_workers.check_machine(place.count)


@contextmanager
def workers_of(place: Place, say: Callable[[str], None]) -> Iterator[Workers]:
    """The workers of a place, let go at the end."""
    if place.kind == "local":
        with threads(place.count) as here:
            yield here
    elif place.address is None:
        with dask_workers.on_this_machine(place.count, say) as started:
            yield started
    else:
        with dask_workers.scheduler_at(place.address, place.workers, say) as there:
            yield there


def quiet(_: str) -> None:
    """Say nothing."""


def run_tasks(
    place: Place,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    window: int | None = None,
    say: Callable[[str], None] = quiet,
) -> Generator[Result | Failed[Task], None, None]:
    """function(task) for each task, as they are finished, with at most `window` of them in flight or waiting.

    By default that is two for each worker. A task whose function raises, or that kills its worker, comes back as
    `Failed`; one whose worker died is tried once more, alone, when all others are done. `say` is called with a line
    when workers are waited for. Raises `StudyError` when a scheduler does not answer, or is lost, or its workers are.
    When left by an error or an interruption, what has not started is dropped and nothing is waited for.
    """
    suspects: list[Task] = []
    with workers_of(place, say) as workers:
        for result in _done(workers, function, iter(tasks), window):
            if isinstance(result, Failed) and isinstance(result.error, dask_workers.WorkerDiedError):
                suspects.append(result.task)  # it may only have been beside the one that kills its worker
            else:
                yield result
        yield from _done(workers, function, iter(suspects), 1)


def _done(
    workers: Workers, function: Callable[[Task], Result], remaining: Iterator[Task], window: int | None
) -> Iterator[Result | Failed[Task]]:
    """function(task) for each task, as they are finished."""
    pending: dict[Future[Result], Task] = {}
    while True:
        most = 2 * workers.count()
        while len(pending) < (window or most) and (task := next(remaining, None)) is not None:
            pending[workers.submit(function, task)] = task
        if not pending:
            return
        for future in wait(pending, GLANCE, FIRST_COMPLETED).done:
            failed = _failed(workers, pending.pop(future), future)
            yield future.result() if failed is None else failed


def _failed(workers: Workers, task: Task, future: Future[Result]) -> Failed[Task] | None:
    """The failure of a task, if it failed; `StudyError` if it was dropped, as all are when their scheduler is lost."""
    error = future.exception()
    if error is None:
        return None
    if isinstance(error, (CancelledError, asyncio.CancelledError)):
        raise dask_workers.lost(workers.name) from None
    if not isinstance(error, Exception):
        raise error  # an interruption, not a failure
    return Failed(task, dask_workers.plain(error))
