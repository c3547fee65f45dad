"""The project as a package: what a wheel holds and finds, and what is loaded for a job."""

import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.faults import ROOT

pytestmark = pytest.mark.slow

SIM = {path.stem: path for path in (ROOT / "sim").glob("*.py")}
EXPERIMENTS = sorted((ROOT / "experiments").rglob("*.py"))


# -- the wheel --------------------------------------------------------------------------------------------


def build(source, kind, folder):
    """The file that hatchling builds from a source folder: a "wheel" or an "sdist"."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.iterdir()
    return built


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with what the wheel installs, far from the project."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(folder, *words):
    """What Python prints when it finds packages in a folder first."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"sim", "experiments"}
    assert not [name for name in names(wheel) if "test" in name or "reference" in name]


def test_the_wheel_holds_every_module(wheel):
    modules = {name for name in names(wheel) if name.endswith(".py")}
    assert modules == {str(path.relative_to(ROOT)) for path in [*SIM.values(), *EXPERIMENTS]}


def test_the_wheel_holds_the_style_of_pages(wheel):
    assert {"experiments/report/templates/style.css", "experiments/report/templates/study.html.j2"} <= set(names(wheel))


def test_the_wheel_holds_the_teaching_page_and_not_its_source(wheel, installed):
    page = "experiments/page/partnership.html"
    others = [name for name in names(wheel) if not name.endswith(".py")]
    assert [name for name in others if name.startswith("experiments/page/")] == [page]
    assert (installed / page).read_bytes() == (ROOT / page).read_bytes()
    said = python(installed, "-m", "experiments.cli", "teach", "open=false", "failure=overload")
    assert f"{(installed / page).as_uri()}#lesson=overload" in said


def test_an_installed_package_finds_its_own_configurations(installed):
    where = python(installed, "-c", "from experiments.config.folders import configs; print(configs())")
    assert Path(where) == installed / "sim" / "_configs"
    ours = {path.relative_to(ROOT / "configs"): path.read_bytes() for path in (ROOT / "configs").rglob("*.*")}
    theirs = {path.relative_to(where): path.read_bytes() for path in Path(where).rglob("*.*")}
    assert theirs == ours


def test_in_the_project_configurations_are_found_beside_the_packages():
    from experiments.config.folders import configs

    assert configs() == ROOT / "configs"


def test_an_installed_package_composes_a_study(installed):
    composed = python(installed, "-m", "experiments.cli", "sweep", "--cfg", "job", "experiment=quick_look")
    assert "name: quick_look" in composed.splitlines()


def test_the_command_is_installed():
    (command,) = distribution("partnership-dynamics").entry_points.select(group="console_scripts")
    assert (command.name, command.value) == ("partnership", "experiments.cli:script")
    assert callable(command.load())


def test_the_source_archive_builds_the_same_wheel(wheel, tmp_path):
    for folder in ("archive", "source", "wheel"):
        (tmp_path / folder).mkdir()
    with tarfile.open(build(ROOT, "sdist", tmp_path / "archive")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    assert names(build(source, "wheel", tmp_path / "wheel")) == names(wheel)


# -- what is loaded ----------------------------------------------------------------------------------------


def test_simulating_loads_nothing_it_does_not_need():
    """A worker starts in the time that numba takes, which loads scipy for its own ends where there is one."""
    heavy = "mesa pandas pyarrow matplotlib hydra networkx"
    text = f"import sys, sim.runs; print(*sorted(set('{heavy}'.split()) & set(sys.modules)))"
    assert python(ROOT, "-c", text) == ""
