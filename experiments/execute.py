"""Where the work is done: tasks through any `concurrent.futures.Executor`, few in flight, results as they come.

Threads by default, since the engine lets other threads run; processes; or the workers of a Dask scheduler. Which of
them, and how many, changes no result. A task whose worker dies is tried again, alone; one that kills its worker
alone as well is given up, named, and the others go on.
"""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from experiments.files import StudyError

Task = TypeVar("Task")
Result = TypeVar("Result")

KINDS = ("local", "processes", "dask")
PATIENCE = 10
"""Seconds in which a scheduler must answer."""
RECOUNTED = 5
"""Seconds after which the workers of a scheduler are counted again: on a cluster they come as the queue lets them."""


@dataclass(frozen=True)
class Place:
    """Where to work: in threads of this process (`local`), in processes, or through `dask` at an address (or here)."""

    kind: str = "local"
    workers: int | None = None
    address: str | None = None

    @property
    def count(self) -> int:
        return self.workers or available_workers()


@dataclass(frozen=True)
class Failed(Generic[Task]):
    """A task that was given up, and why."""

    task: Task
    error: BaseException


def available_workers() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# executors


def threads(place: Place) -> Executor:
    return ThreadPoolExecutor(place.count)


def processes(place: Place) -> Executor:
    """Processes of their own, started afresh: a copy of this one would inherit threads that it does not have."""
    return ProcessPoolExecutor(place.count, mp_context=multiprocessing.get_context("spawn"), initializer=as_worker)


def as_worker() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def executors(place: Place) -> Iterator[tuple[Callable[[], Executor], Callable[[], int]]]:
    """A function that gives an executor, and after it broke a new one; and one that says how many workers there are."""
    if place.kind != "dask":
        yield lambda: threads(place) if place.kind == "local" else processes(place), lambda: place.count
        return
    with dask_client(place) as client:
        counted = place.workers is None and place.address is not None
        yield lambda: client.get_executor(pure=False), Census(client) if counted else lambda: place.count


class Census:
    """How many tasks the workers of a scheduler can do at once, asked again now and then; at least 1."""

    def __init__(self, client: Any) -> None:
        self.client, self.count, self.asked = client, 1, -math.inf

    def __call__(self) -> int:
        if time.monotonic() - self.asked >= RECOUNTED:
            self.count, self.asked = max(1, sum(self.client.nthreads().values())), time.monotonic()
        return self.count


def answers(place: Place) -> None:
    """Raise `StudyError` if the scheduler at the place's address does not answer, before anything is written."""
    if place.address is not None:
        with dask_client(place):
            pass


@contextmanager
def dask_client(place: Place) -> Iterator[Any]:
    """A client of the scheduler at an address, or of one of our own on this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise StudyError("executor=dask needs Dask: pip install 'partnership-dynamics[dask]'") from None
    for name in ("distributed", "tornado"):  # what they have to say is said by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if place.address is not None:
        try:
            client = Client(place.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise StudyError(f"no Dask scheduler answers at executor.address={place.address}: {reason}") from None
        cluster = None
    else:
        with deaf():
            cluster = LocalCluster(
                place.count, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            )
        client = Client(cluster, set_as_default=False)
    try:
        yield client
    except KeyboardInterrupt:
        raise  # at once: workers of our own follow us, others drop what nobody waits for
    except BaseException:
        _close(client, cluster)
        raise
    else:
        _close(client, cluster)


@contextmanager
def deaf() -> Iterator[None]:
    """Processes started meanwhile take no notice of Ctrl-C, which a terminal sends to all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _close(client: Any, cluster: Any) -> None:
    client.close()
    if cluster is not None:
        cluster.close()


# tasks


def run(
    place: Place, function: Callable[[Task], Result], tasks: Iterable[Task], window: int | None = None
) -> Generator[Result | Failed[Task], None, None]:
    """function(task) for each task, as they are finished, with at most `window` of them in flight or waiting.

    By default that is two for each worker.

    A task whose function raises, or that kills its worker, comes back as `Failed`. When left by an error or an
    interruption, what has not started is cancelled; after an interruption nothing is waited for.
    """
    with executors(place) as (start, count):
        flow = Flow(start, function, iter(tasks), (lambda: window) if window else lambda: 2 * count())
        try:
            yield from flow.results()
        except (KeyboardInterrupt, GeneratorExit):
            flow.stop(wait=False)
            raise
        except BaseException:
            flow.stop(wait=True)
            raise
        flow.stop(wait=True)


class Flow(Generic[Task, Result]):
    """Tasks on their way through an executor that may break."""

    def __init__(
        self,
        start: Callable[[], Executor],
        function: Callable[[Task], Result],
        tasks: Iterator[Task],
        window: Callable[[], int],
    ) -> None:
        self.start, self.function, self.tasks, self.window = start, function, tasks, window
        self.executor = start()
        self.pending: dict[Future[Result], Task] = {}
        self.suspects: deque[Task] = deque()
        """Tasks that were under way when a worker died: each is tried again with no other beside it."""
        self.alone = False

    def results(self) -> Iterator[Result | Failed[Task]]:
        while self._fill():
            done, _ = wait(self.pending, return_when=FIRST_COMPLETED)
            broken = []
            for future in done:
                task = self.pending.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    broken.append(task)
                elif error is not None and not isinstance(error, Exception):
                    raise error  # an interruption, not a failure
                else:
                    yield Failed(task, error) if error is not None else future.result()
            if broken:
                yield from self._recover(broken)

    def _fill(self) -> bool:
        """Submit what may be submitted, a suspect with nothing beside it; whether anything is under way."""
        self.alone = bool(self.suspects)
        if self.alone:
            self._submit(self.suspects.popleft())
            return True
        window = self.window()
        while len(self.pending) < window:
            task = next(self.tasks, None)
            if task is None:
                break
            self._submit(task)
        return bool(self.pending)

    def stop(self, wait: bool) -> None:
        """Cancel what has not started, and wait for the rest or do not."""
        for future in self.pending:
            future.cancel()
        self.executor.shutdown(wait=wait)

    def _submit(self, task: Task) -> None:
        try:
            future = self.executor.submit(self.function, task)
        except BrokenProcessPool as error:  # a worker died and nobody had noticed yet
            future = Future()
            future.set_exception(error)
        self.pending[future] = task

    def _recover(self, broken: list[Task]) -> Iterator[Result | Failed[Task]]:
        """After the death of a worker: keep what was finished, suspect the rest, and start anew."""
        wait(self.pending)
        for future, task in self.pending.items():
            if future.exception() is None:
                yield future.result()
            else:
                broken.append(task)
        self.pending.clear()
        self.stop(wait=True)
        self.executor = self.start()
        if self.alone:
            yield from (Failed(task, WorkerDiedError("its worker died each time it was tried")) for task in broken)
        else:
            self.suspects.extend(broken)


class WorkerDiedError(RuntimeError):
    """The process that did a task ended: killed, out of memory, or crashed."""
