"""Where the work is done: tasks through any `concurrent.futures.Executor`, few in flight, results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def available_workers() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def threads(workers: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """An executor of `workers` threads (by default one a processor): the engine lets other threads run meanwhile.

    When left by an error or an interruption, what has not started is cancelled.
    """
    executor = ThreadPoolExecutor(workers or available_workers())
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def in_order(
    executor: Executor, function: Callable[[Task], Result], tasks: Iterable[Task], window: int
) -> Iterator[Result]:
    """function(task) for each task, in the order of the tasks, with at most `window` of them in flight or waiting."""
    pending: deque[Future[Result]] = deque()
    for task in tasks:
        if len(pending) >= window:
            yield pending.popleft().result()
        pending.append(executor.submit(function, task))
    while pending:
        yield pending.popleft().result()
