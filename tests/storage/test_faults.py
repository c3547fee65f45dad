"""Real faults, each with what it must not change: the bytes of the finished study."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from experiments.commands.check import check
from experiments.commands.merge import merge
from experiments.commands.sweep import sweep_study
from experiments.errors import StudyError
from experiments.execution.place import Place, Shard
from experiments.storage import manifest, store
from experiments.storage.manifest import MANIFEST
from experiments.storage.verification import examine
from experiments.study.tables import TRAJECTORIES, part_name
from tests.faults import (
    DASK,
    LONG,
    SMALL,
    busiest,
    command,
    contents,
    finish,
    gone,
    message_of,
    needs_dask,
    same,
    same_when_resumed,
    start,
    tables,
    under_way,
)

pytestmark = pytest.mark.slow

STOPS = [
    pytest.param(signal.SIGINT, "interrupted", 130, id="SIGINT"),
    pytest.param(signal.SIGTERM, "terminated", 143, id="SIGTERM"),
    pytest.param(signal.SIGHUP, "hung up", 129, id="SIGHUP"),
]
"""Signals that ask for an end, what is said then, and the exit code."""

# who does the work changes nothing


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_number_of_workers_changes_no_byte(small, tmp_path, workers):
    study, undisturbed = small
    finish(study, tmp_path / "study", Place("local", workers))
    assert contents(tmp_path / "study") == contents(undisturbed)
    other = replace(study, seed=2)
    finish(other, tmp_path / "other")
    assert contents(tmp_path / "other") != contents(undisturbed), "control: another seed gives other bytes"


@needs_dask
@pytest.mark.parametrize("workers", [1, 3])
def test_dask_changes_no_byte(small, tmp_path, workers):
    study, undisturbed = small
    finish(study, tmp_path / "study", Place("dask", workers))
    assert contents(tmp_path / "study") == contents(undisturbed)


@needs_dask
def test_a_scheduler_elsewhere_changes_no_byte(small, tmp_path):
    import distributed

    study, undisturbed = small
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as elsewhere:
        finish(study, tmp_path / "study", Place("dask", address=elsewhere.scheduler_address))
    assert contents(tmp_path / "study") == contents(undisturbed)


def test_shards_merge_to_the_same_bytes(small, tmp_path, capsys):
    study, undisturbed = small
    folder = store.folder_of(study, tmp_path)
    shards = [Shard(number, 3) for number in (1, 2, 3)]
    for shard in shards[:2]:
        assert sweep_study(study, tmp_path, 2, command=command(study), shard=shard) == 0
    assert merge({"study": str(folder)}) == 1
    said = capsys.readouterr().out
    assert "parts are missing" in said and "Not run yet: shard=3/3" in said
    assert sweep_study(study, tmp_path, 2, command=command(study), shard=shards[2]) == 0
    part = next((shards[0].folder(folder) / "runs").iterdir())
    good = part.read_bytes()
    part.write_bytes(good[:-1])
    assert merge({"study": str(folder)}) == 0, "its sound copy was taken over before"
    assert "left out" not in capsys.readouterr().out
    assert tables(folder) == contents(undisturbed)
    shutil.rmtree(folder)
    assert merge({"study": str(folder)}) == 1
    assert f"{part.name} is damaged" in capsys.readouterr().out


# damage to what is stored


def damaged(content, rng):
    """The same bytes with one bit turned."""
    place = int(rng.integers(len(content)))
    return content[:place] + bytes([content[place] ^ (1 << int(rng.integers(8)))]) + content[place + 1 :]


def test_a_bit_flipped_in_any_of_50_places_is_found_told_and_mended(small, tmp_path):
    study, undisturbed = small
    folder = tmp_path / "study"
    shutil.copytree(undisturbed, folder)
    good, rng = contents(undisturbed), np.random.default_rng(1)
    names = sorted(good)
    for flip in range(50):
        path = folder / names[flip % len(names)]
        path.write_bytes(damaged(path.read_bytes(), rng))
        assert examine(folder) != [], path.name
        said = finish(study, folder)
        assert "Found damaged: " in said and contents(folder) == good, path.name
    assert examine(folder) == []
    assert "Found damaged" not in finish(study, folder), "control: an undamaged study is left alone"


def truncate(folder):
    path = folder / part_name(3)
    path.write_bytes(path.read_bytes()[:-1000])


def delete(folder):
    (folder / part_name(0, TRAJECTORIES)).unlink()


def junk(folder):
    (folder / "runs" / f".part-000001.parquet.{os.getpid()}.tmp").write_bytes(b"PAR1 half")


def tear(folder):
    path = folder / MANIFEST
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes().splitlines(keepends=True)[-1]) - 30])


def swap(folder):
    one, other = (folder / part_name(index) for index in (1, 2))
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)


def lose_manifest(folder):
    (folder / MANIFEST).unlink()


@pytest.mark.parametrize("damage", [truncate, delete, junk, tear, swap, lose_manifest])
def test_damage_is_found_told_and_mended(small, tmp_path, capsys, damage):
    study, undisturbed = small
    folder = tmp_path / "study"
    shutil.copytree(undisturbed, folder)
    damage(folder)
    before = contents(folder)
    if damage is not lose_manifest:
        assert check({"study": str(folder)}) == 1
        assert "remakes what is missing or damaged" in capsys.readouterr().out
    assert contents(folder) == before, "checking writes nothing"
    assert "Found damaged: " in finish(study, folder)
    assert contents(folder) == contents(undisturbed)
    assert check({"study": str(folder)}) == 0


# what happens to processes


@needs_dask
def test_a_killed_worker_costs_nothing(long, tmp_path):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start([*LONG, "executor=dask"], tmp_path)
    under_way(process, folder)
    worker = busiest(process)
    worker.kill()
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0 and gone([worker], 5), said
    same(folder, undisturbed)


@needs_dask
def test_a_worker_killed_while_its_result_is_on_its_way_costs_nothing(long, tmp_path):
    """The parent stops listening, the worker finishes and fills its pipe, and dies before anybody reads it."""
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start([*LONG, "executor=dask"], tmp_path)
    under_way(process, folder)
    worker = busiest(process)
    process.send_signal(signal.SIGSTOP)
    until = time.monotonic() + 60
    while worker.cpu_percent(0.5) > 5:
        assert time.monotonic() < until, "control: it has come to the end of its tasks"
    worker.kill()
    process.send_signal(signal.SIGCONT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0 and gone([worker], 5), said
    same(folder, undisturbed)


@pytest.mark.parametrize("kind", ["local", DASK])
def test_a_killed_study_leaves_no_worker_and_resumes(long, tmp_path, kind):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start([*LONG, f"executor={kind}"], tmp_path)
    under_way(process, folder)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert kind == "local" or len(workers) >= 2, "control: there are workers that could be left over"
    process.kill()
    process.communicate(timeout=10)
    assert gone(workers, 5)
    same_when_resumed(study, folder, undisturbed)


@pytest.mark.parametrize(("number", "word", "code"), STOPS)
@pytest.mark.parametrize("kind", ["local", DASK])
def test_asked_to_stop_it_does_so_at_once_keeps_what_is_finished_and_resumes(
    long, tmp_path, kind, number, word, code, heeded
):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start([*LONG, f"executor={kind}"], tmp_path, stderr=subprocess.PIPE)
    under_way(process, folder)
    workers = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    os.killpg(process.pid, number)
    assert f"partnership: {word}; finished work is kept" in message_of(process, 30)
    assert time.monotonic() - started < 10
    assert process.returncode == code
    assert gone(workers, 5) and not list(folder.rglob("*.tmp"))
    same_when_resumed(study, folder, undisturbed)


def test_under_nohup_it_goes_on_when_its_terminal_is_hung_up(long, tmp_path, heeded):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start(LONG, tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    under_way(process, folder)
    os.killpg(process.pid, signal.SIGHUP)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    same(folder, undisturbed)


def test_a_full_disk_is_told_and_what_was_stored_before_stays(small, tmp_path):
    study, undisturbed = small
    sizes = sorted(len(content) for name, content in contents(undisturbed).items() if name.startswith("runs/"))
    limit = (sizes[0] + sizes[-1]) // 2  # some parts can be stored, others not
    process = start(
        [*(word for word in SMALL if not word.startswith("trajectory_points")), "trajectory_points=0"],
        tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 2
    assert "partnership: cannot write" in said and "File too large" in said and "Traceback" not in said
    study = replace(study, trajectory_points=0)
    folder = store.folder_of(study, tmp_path)
    assert not list(folder.rglob("*.tmp")) and not store.is_finished(folder)
    finish(study, folder)
    assert examine(folder) == []
    runs = {name: content for name, content in contents(folder).items() if name.startswith("runs/")}
    assert runs == {name: content for name, content in contents(undisturbed).items() if name.startswith("runs/")}


def test_a_line_torn_by_a_full_disk_costs_the_file_it_was_to_tell_of_and_no_other(small, tmp_path):
    study, undisturbed = small
    folder, names = tmp_path / "study", sorted(manifest.read_manifest(undisturbed).files)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store.opened(study, folder, names) as opened:
        for name in names[:3]:
            opened.keep(name, (undisturbed / name).read_bytes())
        room = (folder / MANIFEST).stat().st_size + 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, unlimited[1]))
        try:
            with pytest.raises(StudyError, match=r"cannot write .*manifest.jsonl: File too large"):
                opened.keep(names[3], b"x")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert manifest.read_manifest(folder).damaged and len(manifest.read_manifest(folder).files) == 3
    assert "of the manifest is damaged" in finish(study, folder)
    assert contents(folder) == contents(undisturbed)


def test_two_at_once_do_not_harm_one_another(long, tmp_path):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    first = start(LONG, tmp_path)
    under_way(first, folder)
    first.kill()
    first.communicate()
    both = [start(LONG, tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], said
    refused = said[[process.returncode for process in both].index(2)]
    assert "is being written by process" in refused and "Traceback" not in refused
    same(folder, undisturbed)


@needs_dask
def test_a_truncated_cache_of_compiled_code_is_made_anew_by_two_processes_at_once(small, tmp_path):
    from sim.cache import folder as cache

    study, undisturbed = small
    there = cache()
    if not list(there.rglob("*.nbc")):
        pytest.skip("nothing compiled is kept on this machine")
    mine = tmp_path / "cache" / "partnership-dynamics" / there.name
    shutil.copytree(there, mine)
    for file in mine.rglob("*.nbc"):
        file.write_bytes(file.read_bytes()[:1000])
    before = {file: file.stat().st_size for file in mine.rglob("*.nbc")}
    environment = {"PARTNERSHIP_CACHE": str(tmp_path / "cache")}
    process = start([*SMALL, "executor=dask"], tmp_path, environment=environment)
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 0, said
    after = {file: file.stat().st_size for file in mine.rglob("*.nbc")}
    assert max(after.values()) > 1000 >= max(before.values()), "control: the damaged files were met, and replaced"
    same(store.folder_of(study, tmp_path), undisturbed)
