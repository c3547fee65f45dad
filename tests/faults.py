"""What the tests of faults share: two studies, the command line as a process, and what must hold afterwards."""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from experiments.config.to_study import compose
from experiments.execution import sweep
from experiments.execution.place import Place
from experiments.storage import manifest, store
from experiments.storage.layout import DERIVED
from experiments.storage.verification import examine

ROOT = Path(__file__).parents[1]
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
needs_dask = pytest.mark.skipif(
    not importlib.util.find_spec("distributed"), reason="Dask is not installed (it is in the extra dev)"
)
DASK = pytest.param("dask", marks=needs_dask)


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


def undisturbed(words, results, workers):
    """A study and the folder in which it was finished with nothing in its way."""
    study = compose(words)
    folder = store.folder_of(study, results)
    finish(study, folder, Place(workers=workers))
    return study, folder


def command(study):
    return "partnership sweep " + " ".join(f"'{word}'" for word in (SMALL if study.name == "small" else LONG))


def start(words, results, *, program=("-m", "experiments.cli"), environment=None, **changes):
    """The command line as a process of its own, in a group of its own as a terminal would have it."""
    line = [sys.executable, *program, "sweep", *words, f"results={results}", "workers=2"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(
        line, text=True, start_new_session=True, cwd=ROOT, env={**os.environ, **(environment or {})},
        **(streams | changes),
    )  # fmt: skip


def message_of(process, within=120):
    """The one line that a process says on a stderr of its own; nothing else may stand there."""
    complaint = process.communicate(timeout=within)[1]
    assert complaint.startswith("partnership: ") and complaint.count("\n") == 1, complaint
    return complaint


def chunks_in(folder):
    return len([name for name in manifest.read_manifest(folder).files if name.startswith("runs/")])


def under_way(process, folder, chunks=1, patience=60):
    """Wait until some chunks are stored and others not."""
    until = time.monotonic() + patience
    while chunks_in(folder) < chunks:
        assert process.poll() is None and time.monotonic() < until, process.communicate()[0]
        time.sleep(0.02)
    assert chunks_in(folder) < 8, "it should have been caught in the midst of its work"


def busiest(process):
    """The child of a process that has worked most: a worker, and no helper of multiprocessing."""
    return max(psutil.Process(process.pid).children(recursive=True), key=lambda child: sum(child.cpu_times()[:2]))


def gone(processes, within):
    _, alive = psutil.wait_procs(processes, timeout=within)
    return not alive


def same_when_resumed(study, folder, undisturbed):
    assert not store.is_finished(folder) and chunks_in(folder) >= 1, "control: it was caught in the midst of its work"
    assert "parts are there, verified" in finish(study, folder)
    same(folder, undisturbed)


def same(folder, undisturbed):
    assert tables(folder) == contents(undisturbed)
    assert examine(folder) == []
