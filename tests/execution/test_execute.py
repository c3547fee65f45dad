"""Tasks through executors: few in flight, results as they come, and a worker's death that costs only its task."""

import os
import signal
import threading
import time
from contextlib import closing

import pytest

from experiments.execution import executors
from experiments.execution.dask_workers import Cluster, WorkerDiedError
from experiments.execution.executors import Failed
from experiments.execution.place import Place, available_workers

pytestmark = pytest.mark.slow

THREADS, DASK = Place("local", 3), Place("dask", 2)


def double(number):
    return 2 * number


def deadly(number):
    """Kills its worker whenever it is given 3; kills it the first time it is given a path."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if isinstance(number, str) and not os.path.exists(number):  # noqa: PTH110
        open(number, "w").close()  # noqa: PTH123
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def child_of(_):
    """The process that did the task, which takes a while, as work does: else one worker could do them all."""
    time.sleep(0.05)
    return os.getpid()


@pytest.fixture
def dask():
    pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")


def test_every_task_is_done_once():
    assert sorted(executors.run_tasks(THREADS, double, range(20))) == list(range(0, 40, 2))


@pytest.mark.usefixtures("dask")
def test_dask_does_the_same():
    assert sorted(executors.run_tasks(DASK, double, range(20))) == list(range(0, 40, 2))


@pytest.mark.usefixtures("dask")
def test_dask_starts_as_many_workers_as_it_is_asked_for():
    processors = available_workers()
    for workers in {1, processors + 1}:
        found = set(executors.run_tasks(Place("dask", workers), child_of, range(20 * workers)))
        assert len(found) == workers and os.getpid() not in found


def test_results_come_as_they_are_finished_with_a_bounded_number_in_flight():
    lock, gate = threading.Lock(), threading.Event()
    in_flight = most = 0

    def task(number):
        if number == 0:
            gate.wait(20)  # the first is the last
        return number

    def tasks():
        nonlocal in_flight, most
        for number in range(20):
            with lock:
                in_flight += 1
                most = max(most, in_flight)
            yield number

    found = []
    for number in executors.run_tasks(THREADS, task, tasks(), window=4):
        with lock:
            in_flight -= 1
        found.append(number)
        if len(found) == 19:
            gate.set()
    assert sorted(found) == list(range(20)) and found[-1] == 0
    assert most <= 4


def test_a_task_that_raises_is_handed_back_and_the_others_are_done():
    found = list(executors.run_tasks(THREADS, lambda number: 1 // number, range(5)))
    (failed,) = [one for one in found if isinstance(one, Failed)]
    assert failed.task == 0 and isinstance(failed.error, ZeroDivisionError)
    assert len(found) == 5


def test_whoever_stops_listening_stops_the_rest():
    done = []

    def task(number):
        done.append(number)
        return number

    with closing(executors.run_tasks(Place("local", 1), task, range(10_000), window=4)) as results:
        next(results)
    assert len(done) <= 1 + 4, "no more than were in flight"


def test_an_interruption_in_a_worker_is_no_failure():
    def task(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(executors.run_tasks(THREADS, task, range(5)))


@pytest.mark.usefixtures("dask")
def test_a_poison_task_is_named_and_all_others_finish():
    found = list(executors.run_tasks(DASK, deadly, range(6)))
    (failed,) = [one for one in found if isinstance(one, Failed)]
    assert failed.task == 3 and isinstance(failed.error, WorkerDiedError)
    assert sorted(one for one in found if not isinstance(one, Failed)) == [0, 1, 2, 4, 5]


@pytest.mark.usefixtures("dask")
def test_a_result_that_came_before_its_worker_died_is_a_result(monkeypatch):
    from distributed import Future

    monkeypatch.setattr(Future, "status", property(lambda _: "lost"))  # as a task is called whose worker has died
    assert sorted(executors.run_tasks(DASK, double, range(6))) == list(range(0, 12, 2))

    def by_dasks_own(cluster, function, task):
        return cluster.client.get_executor(pure=False).submit(function, task)

    monkeypatch.setattr(Cluster, "submit", by_dasks_own)
    undone = list(executors.run_tasks(DASK, double, range(6)))
    assert all(isinstance(one, Failed) and isinstance(one.error, TypeError) for one in undone), "control: it loses them"


@pytest.mark.usefixtures("dask")
def test_a_worker_that_dies_once_costs_nothing(tmp_path):
    once = str(tmp_path / "died")
    found = list(executors.run_tasks(DASK, deadly, [0, 1, once, 2]))
    assert sorted(map(str, found)) == sorted(["0", "1", once, "2"])
    assert os.path.exists(once), "control: it did die"  # noqa: PTH110
