"""The workers of a Dask scheduler: reached in time or refused with one message, and watched while they work."""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing.resource_tracker
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from experiments.errors import StudyError

PATIENCE = 10
"""Seconds in which a scheduler must answer at first."""
SILENCE = 60
"""Seconds after which a scheduler that has stopped answering is given up."""
ABSENCE = 300
"""Seconds that a study waits for new workers after all of its workers have left."""
START = 60
"""Seconds in which the workers of our own on this machine must have started."""
RECOUNTED = 5
"""Seconds after which the workers are counted again: on a cluster they come as the queue lets them."""
HANDLES, HANDLES_PER_WORKER = 40, 12
"""Files, pipes and sockets that this process keeps open for workers of its own; measured were 21, and 10 a worker."""
LOUDEST = logging.CRITICAL + 1
QUIET = ("distributed", "tornado", "asyncio")
"""Loggers that would add lines of their own to our one message."""
TIDY = "ignore:resource_tracker:UserWarning"
"""The warning of multiprocessing's tracker of resources that it removes what a killed process left behind."""
RESUMES = "finished work is kept; run the same command again to continue"


# reaching a scheduler


def check_scheduler(address: str) -> None:
    """Raise `StudyError` unless a Dask scheduler answers at `address` within about `PATIENCE` seconds."""
    _library()
    try:
        server = _within(PATIENCE + 1, lambda: _server_at(address, time.monotonic() + PATIENCE))
    except TimeoutError:
        raise _unanswered(address, f"nothing came back within {PATIENCE} seconds") from None
    except (OSError, ValueError) as error:
        raise _unanswered(address, str(error)) from None
    if server != "Scheduler":
        raise _unanswered(address, f"what listens there is a Dask {server}")


def _server_at(address: str, until: float) -> str:
    """What kind of Dask server listens at an address; an error says why none does."""
    from distributed.comm.registry import get_backend
    from distributed.security import Security

    scheme, _, place = address.rpartition("://")
    try:
        get_backend(scheme or "tcp").get_connector()
    except (ValueError, TypeError, ImportError):
        raise ValueError(f"Dask as it is installed here cannot use {scheme}://") from None
    security = Security().get_connection_args("client")
    if scheme in ("tls", "wss") and security.get("ssl_context") is None:
        raise ValueError(f"{scheme}:// needs certificates, and Dask's configuration (distributed.comm.tls) names none")
    host, _, port = place.rstrip("/").rpartition(":")
    if not 0 < int(port) < 2**16:
        raise ValueError(f"there is no port {port}; ports go from 1 to {2**16 - 1}")
    _connect(host.strip("[]"), int(port), until)
    try:
        return asyncio.run(asyncio.wait_for(_identity(address, security), until - time.monotonic()))
    except TimeoutError:
        raise
    except Exception as error:  # an answer that is no answer can be anything to Dask: even memory may seem to run out
        raise ValueError(f"what listens there does not answer as a Dask scheduler does ({_reason(error)})") from None


def _connect(host: str, port: int, until: float) -> None:
    """Connect once, trying again while nothing listens: the scheduler may have been started a moment ago."""
    while True:
        try:
            socket.create_connection((host, port), max(0.1, until - time.monotonic())).close()
            return
        except ConnectionRefusedError as error:
            if time.monotonic() > until:
                raise ValueError("connection refused") from error
        time.sleep(0.2)


async def _identity(address: str, security: dict[str, Any]) -> str:
    from distributed.core import rpc

    async with rpc(address, connection_args=security) as server:
        return str((await server.identity())["type"])


def _within(seconds: float, ask: Callable[[], str]) -> str:
    """What `ask` returns or raises; `TimeoutError` if neither happens in time, and then nobody waits for it."""
    answer: Future[str] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer.result(seconds)


def _unanswered(address: str, reason: str) -> StudyError:
    return StudyError(f"no Dask scheduler answers at executor.address={address}: {reason}")


def _reason(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _library() -> Any:
    """Dask's module, its log kept quiet; `StudyError` if it is not installed."""
    try:
        import distributed
    except ImportError:
        raise StudyError("executor=dask needs Dask: pip install 'partnership-dynamics[dask]'") from None
    for name in [*QUIET, *logging.root.manager.loggerDict]:
        if name.split(".")[0] in QUIET:
            logging.getLogger(name).setLevel(LOUDEST)
    return distributed


# workers


class Cluster:
    """The workers of a scheduler: `submit` hands them a task, `count` says how many they can do at once.

    `count` raises `StudyError` when the scheduler is silent or lost, or when all workers have left and none has come
    for `ABSENCE` seconds. For its first worker a study waits as long as the queue takes, and says so.
    """

    def __init__(self, client: Any, name: str, most: int | None, say: Callable[[str], None]) -> None:
        self.client, self.name, self.most, self.say = client, name, most, say
        self.threads = 0
        self.asked = -math.inf
        self.left: float | None = None
        """When the last worker was seen to have left."""
        self.waiting = False

    def submit(self, function: Callable[[Any], Any], task: Any) -> Future[Any]:
        """function(task), by one of the workers.

        Not by Dask's own executor: it looks at the state of a task after its result has come, and takes the result for
        an error if the worker has died in between.
        """
        there, here = self.client.submit(function, task, pure=False), Future[Any]()

        async def pass_on() -> None:
            try:
                here.set_result(await there)
            except BaseException as error:
                here.set_exception(error)

        self.client.loop.add_callback(pass_on)
        return here

    def count(self) -> int:
        """How many tasks can be done at once, asked again every `RECOUNTED` seconds; at least 1."""
        if time.monotonic() - self.asked >= RECOUNTED:
            threads, self.asked = self._threads(), time.monotonic()
            self._notice(threads)
        return max(1, min(self.threads, self.most or self.threads))

    def _threads(self) -> int:
        try:
            return sum(self.client.sync(self.client.scheduler.ncores, callback_timeout=SILENCE).values())
        except TimeoutError:
            raise StudyError(f"{self.name} has not answered for {SILENCE} seconds; {RESUMES}") from None
        except OSError:
            raise lost(self.name) from None

    def _notice(self, threads: int) -> None:
        """Say when workers are awaited, and give up when all have left for too long."""
        came_before, self.threads = self.threads > 0, threads
        now = time.monotonic()
        if threads:
            self.left, self.waiting = None, False
        elif came_before:
            self.left = now
            self.say(f"All workers of {self.name} have left; waiting up to {ABSENCE} s for others.")
        elif self.left is not None and now - self.left >= ABSENCE:
            raise StudyError(f"all workers of {self.name} have left, and none came for {ABSENCE} seconds; {RESUMES}")
        elif self.left is None and not self.waiting:
            self.waiting = True
            self.say(f"Waiting for the first worker of {self.name}; Ctrl-C ends it.")


class WorkerDiedError(RuntimeError):
    """The process that did a task ended each time: killed, out of memory, or crashed."""


def plain(error: Exception) -> Exception:
    """An error of a task, without what Dask adds where a worker died."""
    if type(error).__name__ == "KilledWorker":
        return WorkerDiedError("its worker died each time it was tried")
    return error


def lost(name: str) -> StudyError:
    """What to raise when tasks come back undone, since their scheduler is gone."""
    return StudyError(f"the connection to {name} was lost; {RESUMES}")


@contextmanager
def scheduler_at(address: str, most: int | None, say: Callable[[str], None]) -> Iterator[Cluster]:
    """The workers of the scheduler at an address, at most `most` tasks at once; `StudyError` if it does not answer."""
    check_scheduler(address)
    try:
        client = _library().Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise _unanswered(address, _reason(error)) from None
    with closed_after(client):
        yield Cluster(client, f"the Dask scheduler at {address}", most, say)


@contextmanager
def on_this_machine(workers: int, say: Callable[[str], None]) -> Iterator[Cluster]:
    """So many workers, each a process of one thread, with a scheduler in this process."""
    check_machine(workers)
    library = _library()
    try:
        with deaf():
            cluster = library.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",  # of its own: with none, a second study would warn of a port in use
                scheduler_kwargs={"dashboard": False},
                silence_logs=LOUDEST,
                death_timeout=START,
            )
            client = library.Client(cluster, set_as_default=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise StudyError(f"Dask cannot start {workers} workers on this machine: {_reason(_root(error))}") from None
    with closed_after(client, cluster):
        yield Cluster(client, "the Dask scheduler on this machine", workers, say)
        with suppress(TimeoutError):  # Dask cannot close while a worker that has died is being started anew
            client.wait_for_workers(workers, timeout=START)


def check_machine(workers: int) -> None:
    """Raise `StudyError` where Dask is missing, or so few files may be open that the workers could not be started."""
    _library()
    needed = HANDLES + HANDLES_PER_WORKER * workers
    if sys.platform != "win32":
        import resource

        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if resource.RLIM_INFINITY != allowed < needed:
            raise StudyError(
                f"Dask needs {needed} open files for {workers} workers, and only {allowed} are allowed here; "
                f"raise the limit (ulimit -n {needed}), or use executor=local"
            )


def _root(error: BaseException) -> BaseException:
    """What an error came from at first."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return error


@contextmanager
def closed_after(*parts: Any) -> Iterator[None]:
    """Close a client, then its cluster; not after an interruption, when workers of our own follow us by themselves.

    They do so too where closing fails, which changes no result and must not hide what went wrong before.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        _close(parts)
        raise
    else:
        _close(parts)


def _close(parts: tuple[Any, ...]) -> None:
    for part in parts:
        with suppress(Exception):
            part.close()


@contextmanager
def deaf() -> Iterator[None]:
    """Threads and processes started meanwhile never see Ctrl-C, which a terminal sends to all; we see it afterwards.

    They inherit which signals are blocked. The tracker of resources must run before: starting it unblocks them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    start_tracker()
    with blocked(signal.SIGINT):
        yield


@contextmanager
def blocked(number: signal.Signals) -> Iterator[None]:
    """Block a signal for this thread, and for good in the threads and processes that are started meanwhile."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_tracker() -> None:
    """Start the process that tidies up after us however we end, and have it do so without a warning on our stderr.

    It ignores Ctrl-C and being terminated, but not the end of its terminal, which would leave us without it.
    """
    sys.warnoptions.append(TIDY)  # what it is started with
    try:
        with blocked(signal.SIGHUP):
            multiprocessing.resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(TIDY)
