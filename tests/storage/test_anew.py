"""Studies made anew, and workers that have another model."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from experiments.errors import OtherModelError, StudyError
from experiments.execution import sweep, worker
from experiments.execution.place import Place, Shard
from experiments.storage import store
from experiments.storage.layout import MANIFEST
from experiments.study.tables import part_name
from tests.faults import ROOT
from tests.storage.test_identity import (
    COMMAND,
    STUDY,
    WORDS,
    another,
    contents,
    made,
    of_another_model,
    said_by,
    sharded,
    tables,
)

pytestmark = pytest.mark.slow


# -- anew -------------------------------------------------------------------------------------------------


def test_anew_where_nothing_was_is_a_first_run(finished, tmp_path):
    assert tables(made(STUDY, tmp_path / "study", anew=True)) == tables(finished)


def test_anew_believes_nothing_that_was_there(finished, tmp_path):
    """Not even a file that the manifest vouches for: here one with another's content."""
    folder = of_another_model(finished, tmp_path / "study")
    with store.opened(STUDY, folder, tables(finished), another()) as opened:
        opened.keep(part_name(0), (finished / part_name(1)).read_bytes())
        opened.seal()
    assert tables(made(STUDY, folder, anew=True)) == tables(finished)


def test_files_that_only_the_other_model_had_are_removed_and_the_users_are_not(finished, tmp_path):
    folder = of_another_model(finished, tmp_path / "study")
    with store.opened(STUDY, folder, [*tables(finished), "stops/part-000000.parquet"], another()) as opened:
        opened.keep("stops/part-000000.parquet", b"which it cut otherwise")
    (folder / "notes.txt").write_text("mine")
    (folder / "report.html").write_text("of the other model")
    made(STUDY, folder, anew=True)
    assert tables(folder) == tables(finished) and (folder / "notes.txt").exists()
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("chunks", [0, 1])
def test_anew_interrupted_leaves_a_folder_that_resumes(finished, tmp_path, monkeypatch, chunks):
    folder = of_another_model(finished, tmp_path / "study")
    real, calls = worker.simulate_runs, []

    def interrupted(*words, **keywords):
        calls.append(1)
        if len(calls) > chunks:
            raise KeyboardInterrupt
        return real(*words, **keywords)

    monkeypatch.setattr(worker, "simulate_runs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep.simulate(STUDY, folder, 1, sweep.Console(quiet=True), COMMAND, anew=True)
    assert not store.is_finished(folder)
    assert chunks < len(calls) <= chunks + 2, "control: it was interrupted in its midst, or while one more began"
    monkeypatch.setattr(worker, "simulate_runs", real)
    assert tables(made(STUDY, folder)) == tables(finished)


def test_anew_interrupted_before_its_first_file_leaves_one_that_resumes_too(finished, tmp_path, monkeypatch):
    folder = of_another_model(finished, tmp_path / "study")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.Open, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep.simulate(STUDY, folder, 1, sweep.Console(quiet=True), COMMAND, anew=True)
    monkeypatch.undo()
    assert tables(made(STUDY, folder)) == tables(finished)


def test_anew_makes_a_shard_anew_and_no_other(tmp_path):
    _, (first, _) = sharded(tmp_path / "good")
    _, (left, _) = sharded(tmp_path / "results")
    before = contents(left)
    shutil.rmtree(left)
    of_another_model(first, left)
    with pytest.raises(OtherModelError, match="anew=true"):
        made(STUDY, left, shard=Shard(1, 2))
    made(STUDY, left, shard=Shard(1, 2), anew=True)
    assert in_any_order(contents(left)) == in_any_order(before)


def in_any_order(files):
    """The files of a shard, whose manifest has its lines in the order in which tasks were done."""
    return {name: sorted(content.splitlines()) if name == MANIFEST else content for name, content in files.items()}


def test_the_word_is_known_to_the_command_line(tmp_path, capsys):
    assert said_by(capsys, "sweep", *WORDS, f"results={tmp_path}")[0] == 0
    code, said, _ = said_by(capsys, "sweep", *WORDS, f"results={tmp_path}", "anew=true")
    assert code == 0 and "200 runs at 100 points" in said
    assert "verified; nothing is left" in said_by(capsys, "sweep", *WORDS, f"results={tmp_path}")[1], "control"


# -- workers ----------------------------------------------------------------------------------------------


def test_a_worker_of_another_model_stops_the_study_with_one_message(tmp_path, monkeypatch, capsys):
    """In threads: as if this process had been sent work by a program of another model."""
    real = sweep.perform
    monkeypatch.setattr(sweep, "perform", lambda study, _, work: real(study, another(), work))
    code, said, complaint = said_by(capsys, "sweep", *WORDS, f"results={tmp_path}")
    assert code == 2 and complaint.count("\n") == 1 and "Not made" not in said
    assert f"the worker on {socket.gethostname()}, process {os.getpid()}, has another model: numpy (" in complaint
    monkeypatch.undo()
    assert said_by(capsys, "sweep", *WORDS, f"results={tmp_path}")[0] == 0, "control: what it left resumes"


@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="Dask is not installed (extra dev)")
@pytest.mark.parametrize("same", [False, True])
def test_a_dask_worker_with_an_edited_copy_of_the_package_stops_it(tmp_path, commented, finished, same):
    distributed = importlib.import_module("distributed")
    package = ROOT if same else commented
    with distributed.LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=None) as cluster:
        line = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-nanny",
                "--nthreads", "1", "--no-dashboard"]  # fmt: skip
        where = {**os.environ, "PYTHONPATH": str(package)}
        worker = subprocess.Popen(line, cwd=package, env=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 60
            while not cluster.scheduler_info["workers"]:
                assert worker.poll() is None and time.monotonic() < until, "the worker should have come"
                time.sleep(0.05)
            place = Place("dask", address=cluster.scheduler_address)
            if same:
                assert tables(made(STUDY, tmp_path / "study", place=place)) == tables(finished), "control"
                return
            message = rf"the worker on {socket.gethostname()}, process {worker.pid}, has another model: sim/rules.py \("
            with pytest.raises(StudyError, match=message):
                made(STUDY, tmp_path / "study", place=place)
            assert not list((tmp_path / "study").rglob("*.parquet"))
        finally:
            worker.terminate()
            worker.wait(30)
