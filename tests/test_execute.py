"""Tasks through executors: few in flight, results as they come, and a worker's death that costs only its task."""

import os
import signal
import threading
import time
from contextlib import closing

import pytest

from experiments import execute
from experiments.execute import Failed, Place
from experiments.files import StudyError

THREADS, PROCESSES = Place("local", 3), Place("processes", 2)


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


def slow(seconds):
    time.sleep(seconds)
    return seconds


@pytest.mark.parametrize("place", [THREADS, PROCESSES])
def test_every_task_is_done_once(place):
    assert sorted(execute.run(place, double, range(20))) == list(range(0, 40, 2))


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
    for number in execute.run(THREADS, task, tasks(), window=4):
        with lock:
            in_flight -= 1
        found.append(number)
        if len(found) == 19:
            gate.set()
    assert sorted(found) == list(range(20)) and found[-1] == 0
    assert most <= 4


def test_a_task_that_raises_is_handed_back_and_the_others_are_done():
    found = list(execute.run(THREADS, lambda number: 1 // number, range(5)))
    (failed,) = [one for one in found if isinstance(one, Failed)]
    assert failed.task == 0 and isinstance(failed.error, ZeroDivisionError)
    assert len(found) == 5


def test_whoever_stops_listening_stops_the_rest():
    done = []

    def task(number):
        done.append(number)
        time.sleep(0.001)
        return number

    with closing(execute.run(Place("local", 1), task, range(10_000), window=4)) as results:
        next(results)
    time.sleep(0.05)
    assert len(done) < 50


def test_an_interruption_in_a_worker_is_no_failure():
    def task(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(execute.run(THREADS, task, range(5)))


def test_a_poison_task_is_named_and_all_others_finish():
    found = list(execute.run(PROCESSES, deadly, range(12)))
    (failed,) = [one for one in found if isinstance(one, Failed)]
    assert failed.task == 3 and isinstance(failed.error, execute.WorkerDiedError)
    assert sorted(one for one in found if not isinstance(one, Failed)) == [n for n in range(12) if n != 3]


def test_a_worker_that_dies_once_costs_nothing(tmp_path):
    once = str(tmp_path / "died")
    found = list(execute.run(PROCESSES, deadly, [0, 1, once, 2]))
    assert sorted(map(str, found)) == sorted(["0", "1", once, "2"])
    assert os.path.exists(once), "control: it did die"  # noqa: PTH110


def test_dask_does_the_same():
    pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")
    assert sorted(execute.run(Place("dask", 2), double, range(20))) == list(range(0, 40, 2))


def test_under_dask_too_a_poison_task_is_named_and_all_others_finish():
    pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")
    found = list(execute.run(Place("dask", 2), deadly, range(6)))
    (failed,) = [one for one in found if isinstance(one, Failed)]
    assert failed.task == 3 and "deadly" in str(failed.error)
    assert sorted(one for one in found if not isinstance(one, Failed)) == [0, 1, 2, 4, 5]


class Cluster:
    """A client of a scheduler whose workers come one after another."""

    threads = 1

    def nthreads(self):
        return {f"tcp://worker:{number}": 4 for number in range(self.threads)}


def test_the_window_grows_with_the_workers_of_a_cluster(monkeypatch):
    cluster = Cluster()
    count = execute.Census(cluster)
    assert count() == 4
    cluster.threads = 3
    assert count() == 4, "control: not asked again at once"
    monkeypatch.setattr(execute, "RECOUNTED", 0)
    assert count() == 12
    cluster.threads = 0
    assert count() == 1, "none has come yet: something must be waiting for the first"


def test_an_unreachable_scheduler_is_told_within_its_time(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")
    monkeypatch.setattr(execute, "PATIENCE", 1)
    started = time.monotonic()
    with pytest.raises(StudyError, match=r"no Dask scheduler answers at executor.address=tcp://127.0.0.1:9"):
        list(execute.run(Place("dask", 2, "tcp://127.0.0.1:9"), double, range(2)))
    with pytest.raises(StudyError, match=r"no Dask scheduler answers at executor.address=nonsense://x"):
        list(execute.run(Place("dask", 2, "nonsense://x"), double, range(2)))
    assert time.monotonic() - started < 10
