"""Schedulers and workers of Dask that are not there, never answer, freeze, die or leave: one message, nothing lost."""

from __future__ import annotations

import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from experiments.cli import main
from experiments.errors import StudyError
from experiments.execution import dask_workers
from experiments.storage import store
from tests.faults import LONG, ROOT, message_of, same, same_when_resumed, start, under_way

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")

IMPATIENT = """
from experiments.execution import dask_workers, executors
dask_workers.ABSENCE, dask_workers.SILENCE = 4, 12
dask_workers.RECOUNTED = executors.GLANCE = 0.5
from experiments.cli import script
script()
"""
"""The command line, which waits for seconds where it would wait for minutes."""


# -- what answers is no scheduler -------------------------------------------------------------------------


@contextmanager
def listening(greeting):
    """The address of a real socket that does this to whoever connects."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                    kept.append(connection)
                    greeting(connection)
                except OSError:  # the test is over, or whoever connected has left
                    if server.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    for connection in kept:
        connection.close()


ANY_PORT = "127.0.0.1:0"


def silence(_):
    pass


def drip(connection):
    for _ in range(100):
        connection.sendall(b"\1")
        time.sleep(0.05)


def saying(content):
    return lambda connection: connection.sendall(content)


RUBBISH = {
    "a web server": b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(100),
    "zeros": bytes(1000),
    "ones": b"\xff" * 1000,
    "no frames": struct.pack("<4Q", 16, 1, 8, 0),
    "text": b"SSH-2.0-OpenSSH_9.6\r\n",
}
GIGABYTES = struct.pack("<2Q", 2**33, 2**30)
"""What Dask takes for the announcement of so many bytes, of which none come."""


def refused(address, capsys, folder):
    """The one message with which the command line answers to an address, and nothing is written."""
    started = time.monotonic()
    code = main(["sweep", *LONG, f"results={folder}", "executor=dask", f"executor.address={address}"])
    said = capsys.readouterr()
    assert code == 2 and said.out == "" and said.err.count("\n") == 1
    assert time.monotonic() - started < 20, "a deadline against hangs, far above the second it is to take"
    assert not folder.exists()
    start_of_message = f"partnership: no Dask scheduler answers at executor.address={address}: "
    assert said.err.startswith(start_of_message)
    return said.err.removeprefix(start_of_message)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(dask_workers, "PATIENCE", 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_is_no_scheduler(content, capsys, tmp_path):
    with listening(saying(content)) as address:
        assert "does not answer as a Dask scheduler does" in refused(address, capsys, tmp_path / "results")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("greeting", [silence, drip, saying(GIGABYTES)], ids=["silent", "slow", "promising"])
def test_a_port_that_never_answers_is_given_up_in_time(greeting, capsys, tmp_path):
    with listening(greeting) as address:
        reason = refused(address, capsys, tmp_path / "results")
    assert "nothing came back within 1 seconds" in reason or "does not answer as a Dask scheduler does" in reason


@pytest.mark.usefixtures("impatient")
def test_a_port_that_closes_at_once_is_no_scheduler(capsys, tmp_path):
    with listening(lambda connection: connection.close()) as address:
        reason = refused(address, capsys, tmp_path / "results")
    assert "nothing came back within 1 seconds" in reason or "does not answer as a Dask scheduler does" in reason


@pytest.mark.usefixtures("impatient")
def test_addresses_that_lead_nowhere_are_told_apart(capsys, tmp_path):
    folder = tmp_path / "results"
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert "connection refused" in refused(f"tcp://127.0.0.1:{free}", capsys, folder)
    assert "connection refused" in refused(f"127.0.0.1:{free}", capsys, folder)
    unknown = refused("tcp://no.such.host.invalid:8786", capsys, folder)
    assert re.search(r"(?i)not known|no address|name resolution", unknown)
    assert "certificates" in refused(f"tls://127.0.0.1:{free}", capsys, folder)
    assert "cannot use ucx://" in refused(f"ucx://127.0.0.1:{free}", capsys, folder)
    assert "ports go from 1 to 65535" in refused("tcp://127.0.0.1:99999", capsys, folder)


def test_an_open_port_that_is_silent_costs_as_long_as_is_promised(tmp_path):
    with listening(silence) as address:
        process = start(
            [*LONG, "executor=dask", f"executor.address={address}"], tmp_path / "results", stderr=subprocess.PIPE
        )
        assert "nothing came back within 10 seconds" in message_of(process, within=40)
    assert process.returncode == 2 and not (tmp_path / "results").exists()


# -- workers on this machine that cannot start ------------------------------------------------------------


def test_workers_on_this_machine_that_would_lack_open_files_are_refused_before_anything_is_written(tmp_path):
    few = 40

    def limited():
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))

    process = start([*LONG, "executor=dask"], tmp_path / "results", stderr=subprocess.PIPE, preexec_fn=limited)
    assert f"only {few} are allowed here" in message_of(process)
    assert process.returncode == 2 and not (tmp_path / "results").exists()


SOCKETLESS = """
import socket

class Socketless(socket.socket):
    def bind(self, *_):
        raise OSError(99, "Cannot assign requested address")

socket.socket = Socketless
from experiments.cli import script
script()
"""


def test_workers_on_this_machine_that_find_no_socket_are_told(tmp_path):
    process = start([*LONG, "executor=dask"], tmp_path, program=("-c", SOCKETLESS), stderr=subprocess.PIPE)
    assert "Dask cannot start 2 workers on this machine: [Errno 99] Cannot assign requested" in message_of(process)
    assert process.returncode == 2


# -- schedulers and workers that come and go --------------------------------------------------------------


@pytest.fixture
def scheduler(tmp_path):
    """A real scheduler in a process of its own, and a function that starts workers of it; all killed at the end."""
    described, processes = tmp_path / "scheduler.json", []

    def launch(kind, *words):
        line = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words, "--no-dashboard"]
        processes.append(subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return processes[-1]

    process = launch("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(described))
    until = time.monotonic() + 30
    while not described.exists() or not described.read_text():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    process.address = json.loads(described.read_text())["address"]
    options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    process.worker = lambda: launch("worker", process.address, *options)
    yield process
    for process in processes:
        process.kill()
        process.wait()


def sweep_through(scheduler, results):
    """The long study through a scheduler, its workers started when it says that it waits for the first of them."""
    words = [*LONG, "executor=dask", f"executor.address={scheduler.address}"]
    process = start(words, results, program=("-c", IMPATIENT), stderr=subprocess.PIPE)
    said = ""
    while "Waiting for the first worker of the Dask scheduler at" not in said:
        line = process.stdout.readline()
        assert line, process.communicate()
        said += line
    assert "Ctrl-C ends it" in said
    return process, [scheduler.worker(), scheduler.worker()]


def test_workers_that_come_late_are_waited_for_and_those_that_die_replaced(long, scheduler, tmp_path):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path / "results")
    process, workers = sweep_through(scheduler, tmp_path / "results")
    under_way(process, folder)
    for worker in workers:
        worker.kill()
    said = process.stdout.readline()
    while "All workers of the Dask scheduler at" not in said:
        said = process.stdout.readline()
        assert said, process.communicate()
    scheduler.worker()
    said, complaint = process.communicate(timeout=120)
    assert process.returncode == 0 and complaint == "", said
    same(folder, undisturbed)


def kill(scheduler, _):
    scheduler.kill()
    return "was lost"


def freeze(scheduler, _):
    scheduler.send_signal(signal.SIGSTOP)
    return "has not answered for 12 seconds"


def leave(_, workers):
    for worker in workers:
        worker.kill()
    return "have left, and none came for 4 seconds"


@pytest.mark.parametrize("fault", [kill, freeze, leave])
def test_a_cluster_that_is_lost_is_one_message_and_the_same_command_goes_on(long, scheduler, tmp_path, fault):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path / "results")
    process, workers = sweep_through(scheduler, tmp_path / "results")
    under_way(process, folder)
    reason = fault(scheduler, workers)
    complaint = message_of(process)
    assert process.returncode == 2
    assert reason in complaint and "finished work is kept" in complaint and scheduler.address in complaint
    same_when_resumed(study, folder, undisturbed)


TRACKER = """
import os, signal, sys, time
from multiprocessing import resource_tracker
from experiments.execution.dask_workers import start_tracker
start_tracker() if sys.argv[1] == "ours" else resource_tracker.ensure_running()
tracker = resource_tracker._resource_tracker._pid
os.kill(tracker, signal.SIGHUP)
time.sleep(0.5)
gone, _ = os.waitpid(tracker, os.WNOHANG)
print("gone" if gone else "there")
"""


@pytest.mark.parametrize(("how", "told"), [("ours", "there"), ("as Python starts it", "gone")])
def test_what_tidies_up_outlives_its_terminal(how, told):
    """The second is the control: a process group that is hung up loses Python's own tracker of resources."""
    printed = subprocess.check_output([sys.executable, "-c", TRACKER, how], cwd=ROOT, text=True, timeout=60)
    assert printed == f"{told}\n"


def test_the_address_of_a_worker_is_told_apart_from_that_of_a_scheduler():
    with distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp", dashboard_address=ANY_PORT) as here:
        (worker,) = here.workers.values()
        dask_workers.check_scheduler(here.scheduler_address)
        with pytest.raises(StudyError, match="what listens there is a Dask Worker"):
            dask_workers.check_scheduler(worker.address)


class Client:
    """A client of a scheduler whose workers come and go."""

    threads = 4

    def __init__(self):
        self.scheduler = self

    def get_executor(self, **_):
        return None

    def ncores(self):
        return {"tcp://worker:1": self.threads} if self.threads else {}

    def sync(self, function, **_):
        return function()


def test_the_window_grows_with_the_workers_of_a_cluster(monkeypatch):
    client, said = Client(), []
    workers = dask_workers.Cluster(client, "a scheduler", None, said.append)
    assert workers.count() == 4
    client.threads = 12
    assert workers.count() == 4, "control: not asked again at once"
    monkeypatch.setattr(dask_workers, "RECOUNTED", 0)
    assert workers.count() == 12
    client.threads = 0
    assert workers.count() == 1 and workers.count() == 1
    assert len(said) == 1 and "All workers of a scheduler have left" in said[0]
    client.threads = 8
    assert workers.count() == 8 and dask_workers.Cluster(client, "a scheduler", 2, said.append).count() == 2


def test_the_log_of_dask_is_quiet():
    import logging

    dask_workers.check_machine(1)
    for name in ("distributed", "distributed.client", "distributed.scheduler", "tornado.application", "asyncio"):
        assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL), name
    assert logging.getLogger("partnership").isEnabledFor(logging.CRITICAL), "control: other logs speak"
