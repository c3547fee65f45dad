"""Studies that several modules here read, made once; and places to spoil."""

import importlib
import os
import shutil
import signal
import sys

import pytest

from experiments.execution import sweep
from experiments.storage import store

# -- hostile folders --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    """The study that hostile folders are made from, finished once and never written to."""
    from tests.storage.test_hostile import STUDY, WORDS

    folder = store.folder_of(STUDY, tmp_path_factory.mktemp("good"))
    command = "partnership sweep " + " ".join(WORDS)
    assert sweep.simulate(STUDY, folder, 2, sweep.Console(quiet=True), command) == []
    return folder


@pytest.fixture
def impatient():
    """No job may hang: a pipe is waited for for ever."""
    from tests.storage.test_hostile import PATIENCE

    def ring(*_):
        raise TimeoutError(f"not answered within {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def places(tmp_path, good):
    """A copy of the study to be spoilt, and a folder beside it that is none of its business."""
    from tests.storage.test_hostile import STUDY

    folder, outside = store.folder_of(STUDY, tmp_path / "results"), tmp_path / "outside"
    shutil.copytree(good, folder)
    shutil.copytree(good, outside)
    (outside / "treasure.txt").write_text("precious")
    os.mkfifo(outside / "pipe")
    return folder, outside


# -- studies of one model, and copies of the package -------------------------------------------------------


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A study of this model, finished once and never written to."""
    from tests.storage.test_identity import STUDY, made

    return made(STUDY, store.folder_of(STUDY, tmp_path_factory.mktemp("results")))


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the finished study, to be changed."""
    from tests.storage.test_identity import STUDY

    folder = store.folder_of(STUDY, tmp_path / "results")
    shutil.copytree(finished, folder)
    return folder


@pytest.fixture(scope="session")
def commented(tmp_path_factory):
    """The package with a comment more: for what asks which model it is, and does not run it."""
    from tests.storage.test_identity import copied

    return copied(tmp_path_factory.mktemp("commented"), lambda text: text + "# a comment\n")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one module, `loads.rules`, that can be imported."""
    (tmp_path / "loads").mkdir()
    (tmp_path / "loads" / "__init__.py").touch()
    (tmp_path / "loads" / "rules.py").write_text("factor = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield tmp_path / "loads"
    for name in ("loads", "loads.rules"):
        sys.modules.pop(name, None)
