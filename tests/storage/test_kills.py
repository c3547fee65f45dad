"""A short sample of `benchmarks.kills`, and what it must report if it were there."""

from __future__ import annotations

import pytest

from benchmarks import kills
from tests.faults import needs_dask

pytestmark = [pytest.mark.slow, needs_dask, pytest.mark.usefixtures("heeded")]

HALF_WRITTEN = (
    """
import time
from experiments.storage import confined
def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        time.sleep(0.4)
        file.write(content[len(content) // 2 :])
confined.write_bytes = write
"""
    + kills.PROGRAM
)
"""The command line with a store whose files are there before they are whole."""
LEAVES_A_CHILD = """
import subprocess, sys
quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], **quiet)
"""


def test_no_kill_changes_a_byte():
    tally = kills.kills(number=10, seconds=10, seed=1, studies=["short_chunks"])
    assert tally.faults == [] and tally.blows.total() >= 3


def test_a_store_that_writes_by_halves_is_reported():
    """Whether a kill meets a half-written file is a matter of chance: of a few tries, one does."""
    for seed in range(1, 4):
        tried = {"studies": ["short_chunks"], "kinds": ["local"], "program": HALF_WRITTEN}
        tally = kills.kills(number=6, seconds=15, seed=seed, **tried)
        if any("deviates" in fault for fault in tally.faults):
            return
    raise AssertionError(tally)


def test_a_process_that_is_left_over_or_hangs_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(kills, "DEADLINE", 1)
    monkeypatch.setattr(kills, "LINGER", 1)
    for program, fault in ((LEAVES_A_CHILD, "1 processes left over"), ("import time; time.sleep(60)", "a hang")):
        process = kills.started([], "local", tmp_path, program)
        assert fault in list(kills.faults_of(process, "worker", lambda: False))
    process = kills.started([], "local", tmp_path, "pass")
    assert list(kills.faults_of(process, "worker", lambda: False)) == [], "control"


ENDS = [
    (143, "SIGTERM", "", "partnership: terminated; ...\n", None),
    (0, "SIGTERM", "", "", None),
    (143, "SIGTERM", "", "", "no message"),
    (-15, "SIGTERM", "", "", "exit code -15"),
    (130, "SIGINT", "", "Traceback (most recent call last):\n", "a traceback"),
    (130, "SIGINT", "", "partnership: interrupted\nUserWarning: x\n", "more than one message"),
    (1, "worker", "Not made: runs/part-000001.parquet", "", None),
    (1, "worker", "", "", "exit code 1"),
    (2, "worker", "", "partnership: Dask cannot start 2 workers on this machine: x\n", None),
    (2, "worker", "", "partnership: another message\n", "exit code 2"),
    (-9, "SIGKILL", "", "", None),
    (3, "SIGKILL", "", "", "exit code 3"),
]


@pytest.mark.parametrize(("code", "blow", "output", "complaint", "fault"), ENDS)
def test_an_end_that_is_not_as_it_should_be_is_reported(code, blow, output, complaint, fault):
    found = list(kills.verdict(code, blow, (output, complaint), finished=False))
    assert (fault is None and found == []) or any(each.startswith(fault) for each in found)
