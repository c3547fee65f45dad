"""Real faults, each with what it must not change: the bytes of the finished study."""

from __future__ import annotations

import importlib.util
import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from experiments import check, manifest, merge, store, sweep
from experiments.config import compose
from experiments.execute import Place
from experiments.layout import DERIVED
from experiments.manifest import MANIFEST

SMALL = [
    "name=small", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=512", "trajectory_points=10",
    "arms=[structure_first,purpose_first,alone]", "parameters.n_partners=4", "parameters.months=6",
    "variants.no_load={load_per_seat:0.0}", "variant_points=100",
]  # fmt: skip
LONG = [
    "name=long", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=4000",
    "arms=[structure_first,purpose_first]", "parameters.months=1200",
]  # fmt: skip
"""Some seconds of work in eight chunks: long enough to be in the midst of."""
DASK = pytest.param("dask", marks=pytest.mark.skipif(
    not importlib.util.find_spec("distributed"), reason="Dask is not installed (extra dev)"
))  # fmt: skip


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tables(folder):
    """The files that a manifest lists, and itself."""
    return {name: content for name, content in contents(folder).items() if name.split("/")[0] not in DERIVED}


def finish(study, folder, place=None):
    """Run or resume a study without its report; returns what was said."""
    said = io.StringIO()
    console = sweep.Console(file=said, soft_wrap=True, highlight=False)
    assert sweep.simulate(study, folder, None, console, command(study), place=place or Place(workers=2)) == []
    return said.getvalue()


def command(study):
    return "partnership sweep " + " ".join(f"'{word}'" for word in (SMALL if study.name == "small" else LONG))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small study, finished undisturbed by one worker."""
    study = compose(SMALL)
    folder = store.folder_of(study, tmp_path_factory.mktemp("undisturbed"))
    finish(study, folder, Place(workers=1))
    return study, folder


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    study = compose(LONG)
    folder = store.folder_of(study, tmp_path_factory.mktemp("undisturbed"))
    finish(study, folder)
    return study, folder


# who does the work changes nothing


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("kind", ["local", "processes"])
def test_executors_and_workers_change_no_byte(small, tmp_path, kind, workers):
    study, undisturbed = small
    finish(study, tmp_path / "study", Place(kind, workers))
    assert contents(tmp_path / "study") == contents(undisturbed)
    other = replace(study, seed=2)
    finish(other, tmp_path / "other")
    assert contents(tmp_path / "other") != contents(undisturbed), "control: another seed gives other bytes"


def test_dask_changes_no_byte(small, tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")
    study, undisturbed = small
    finish(study, tmp_path / "study", Place("dask", 2))
    assert contents(tmp_path / "study") == contents(undisturbed)


def test_a_scheduler_elsewhere_changes_no_byte(small, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")
    study, undisturbed = small
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as elsewhere:
        finish(study, tmp_path / "study", Place("dask", address=elsewhere.scheduler_address))
    assert contents(tmp_path / "study") == contents(undisturbed)


def test_shards_merge_to_the_same_bytes(small, tmp_path, capsys):
    study, undisturbed = small
    folder = store.folder_of(study, tmp_path)
    shards = [sweep.Shard(number, 3) for number in (1, 2, 3)]
    for shard in shards[:2]:
        assert sweep.run(study, tmp_path, 2, command=command(study), shard=shard) == 0
    assert merge.run(folder) == 1
    said = capsys.readouterr().out
    assert "parts are missing" in said and "Not run yet: shard=3/3" in said
    assert sweep.run(study, tmp_path, 2, command=command(study), shard=shards[2]) == 0
    part = next((shards[0].folder(folder) / "runs").iterdir())
    good = part.read_bytes()
    part.write_bytes(good[:-1])
    assert merge.run(folder) == 0, "its sound copy was taken over before"
    assert "left out" not in capsys.readouterr().out
    assert tables(folder) == contents(undisturbed)
    shutil.rmtree(folder)
    assert merge.run(folder) == 1
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
        assert check.examine(folder) != [], path.name
        said = finish(study, folder)
        assert "Found damaged: " in said and contents(folder) == good, path.name
    assert check.examine(folder) == []
    assert "Found damaged" not in finish(study, folder), "control: an undamaged study is left alone"


def truncate(folder):
    path = folder / store.part_name(3)
    path.write_bytes(path.read_bytes()[:-1000])


def delete(folder):
    (folder / store.part_name(0, store.TRAJECTORIES)).unlink()


def junk(folder):
    (folder / "runs" / f".part-000001.parquet.{os.getpid()}.tmp").write_bytes(b"PAR1 half")


def tear(folder):
    path = folder / MANIFEST
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes().splitlines(keepends=True)[-1]) - 30])


def swap(folder):
    one, other = (folder / store.part_name(index) for index in (1, 2))
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
        assert check.run(folder) == 1
        assert "makes again what is missing or damaged" in capsys.readouterr().out
    assert contents(folder) == before, "checking writes nothing"
    assert "Found damaged: " in finish(study, folder)
    assert contents(folder) == contents(undisturbed)
    assert check.run(folder) == 0


# what happens to processes


@pytest.fixture(autouse=True)
def heeded():
    """Children heed SIGINT, as in a terminal; what a script starts in the background would inherit to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def start(words, results, **changes):
    """The command line as a process of its own, in a group of its own as a terminal would have it."""
    line = [sys.executable, "-m", "experiments.cli", "sweep", *words, f"results={results}", "workers=2"]
    environment = {**os.environ, **changes.pop("environment", {})}
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        cwd=Path(__file__).parents[1], env=environment, **changes,
    )  # fmt: skip


def chunks_in(folder):
    return len([name for name in manifest.read(folder).files if name.startswith("runs/")])


def under_way(process, folder, chunks=1, patience=60):
    """Wait until some chunks are stored and others not."""
    until = time.monotonic() + patience
    while chunks_in(folder) < chunks:
        assert process.poll() is None and time.monotonic() < until, process.communicate()[0]
        time.sleep(0.02)
    assert chunks_in(folder) < 8, "it should have been caught in the midst of its work"


def gone(processes, within):
    _, alive = psutil.wait_procs(processes, timeout=within)
    return not alive


def same_when_resumed(study, folder, undisturbed):
    assert not store.is_finished(folder) and chunks_in(folder) >= 1, "control: it was caught in the midst of its work"
    assert "parts are there, verified" in finish(study, folder)
    same(folder, undisturbed)


def same(folder, undisturbed):
    assert tables(folder) == contents(undisturbed)
    assert check.examine(folder) == []


@pytest.mark.parametrize("kind", ["processes", DASK])
def test_a_killed_worker_costs_nothing(long, tmp_path, kind):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start([*LONG, f"executor={kind}"], tmp_path)
    under_way(process, folder)
    worker = max(psutil.Process(process.pid).children(recursive=True), key=lambda child: sum(child.cpu_times()[:2]))
    worker.kill()
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0 and gone([worker], 5), said
    same(folder, undisturbed)


@pytest.mark.parametrize("kind", ["local", "processes", DASK])
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


@pytest.mark.parametrize("kind", ["local", "processes", DASK])
def test_interrupted_it_stops_at_once_keeps_what_is_finished_and_resumes(long, tmp_path, kind):
    study, undisturbed = long
    folder = store.folder_of(study, tmp_path)
    process = start([*LONG, f"executor={kind}"], tmp_path)
    under_way(process, folder)
    workers = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[0]
    assert time.monotonic() - started < 2, said
    assert process.returncode == 130
    assert "interrupted; what is finished is kept" in said and "Traceback" not in said
    assert gone(workers, 5)
    same_when_resumed(study, folder, undisturbed)


def test_a_full_disk_is_told_and_what_was_stored_before_stays(small, tmp_path):
    study, undisturbed = small
    sizes = sorted(len(content) for name, content in contents(undisturbed).items() if name.startswith("runs/"))
    limit = (sizes[0] + sizes[-1]) // 2  # some parts can be stored, others not
    process = start(
        [*SMALL, "trajectory_points=0"],
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
    assert check.examine(folder) == []
    runs = {name: content for name, content in contents(folder).items() if name.startswith("runs/")}
    assert runs == {name: content for name, content in contents(undisturbed).items() if name.startswith("runs/")}


def test_a_line_torn_by_a_full_disk_costs_the_file_it_was_to_tell_of_and_no_other(small, tmp_path):
    study, undisturbed = small
    folder, names = tmp_path / "study", sorted(manifest.read(undisturbed).files)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store.opened(study, folder, names) as opened:
        for name in names[:3]:
            opened.keep(name, (undisturbed / name).read_bytes())
        room = (folder / MANIFEST).stat().st_size + 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, unlimited[1]))
        try:
            with pytest.raises(store.StudyError, match=r"cannot write .*manifest.jsonl: File too large"):
                opened.keep(names[3], b"x")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert manifest.read(folder).damaged and len(manifest.read(folder).files) == 3
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
    process = start([*SMALL, "executor=processes"], tmp_path, environment=environment)
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 0, said
    after = {file: file.stat().st_size for file in mine.rglob("*.nbc")}
    assert max(after.values()) > 1000 >= max(before.values()), "control: the damaged files were met, and replaced"
    same(store.folder_of(study, tmp_path), undisturbed)
