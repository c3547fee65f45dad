"""The project as a package: what a wheel holds and finds, and which module may import which."""

import ast
import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SIM = {path.stem: path for path in (PROJECT / "sim").glob("*.py")}
EXPERIMENTS = sorted((PROJECT / "experiments").rglob("*.py"))


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
    return build(PROJECT, "wheel", tmp_path_factory.mktemp("wheel"))


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
    assert modules == {str(path.relative_to(PROJECT)) for path in [*SIM.values(), *EXPERIMENTS]}


def test_the_wheel_holds_the_style_of_the_report(wheel):
    assert "experiments/report.css" in names(wheel)


def test_the_wheel_holds_the_teaching_page_and_not_its_source(wheel, installed):
    page = "experiments/page/partnership.html"
    others = [name for name in names(wheel) if not name.endswith(".py")]
    assert [name for name in others if name.startswith("experiments/page/")] == [page]
    assert (installed / page).read_bytes() == (PROJECT / page).read_bytes()
    said = python(installed, "-m", "experiments.cli", "teach", "open=false", "failure=overload")
    assert f"{(installed / page).as_uri()}#lesson=overload" in said


def test_an_installed_package_finds_its_own_configurations(installed):
    where = python(installed, "-c", "from experiments.folders import configs; print(configs())")
    assert Path(where) == installed / "sim" / "_configs"
    ours = {path.relative_to(PROJECT / "configs"): path.read_bytes() for path in (PROJECT / "configs").rglob("*.*")}
    theirs = {path.relative_to(where): path.read_bytes() for path in Path(where).rglob("*.*")}
    assert theirs == ours


def test_in_the_project_configurations_are_found_beside_the_packages():
    from experiments.folders import configs

    assert configs() == PROJECT / "configs"


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
    with tarfile.open(build(PROJECT, "sdist", tmp_path / "archive")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    assert names(build(source, "wheel", tmp_path / "wheel")) == names(wheel)


# -- which module may import which ------------------------------------------------------------------------

ORDER = (
    ("values",),
    ("params", "cache", "lanes", "sources"),
    ("places", "draws", "limits"),
    ("tables",),
    ("rules",),
    ("state",),
    ("outcomes", "shocks"),
    ("engine",),
    ("runs", "why"),
    ("record", "model"),
    ("failures",),
)
"""The modules of the model, each above those it may import."""

LEVEL = {name: level for level, row in enumerate(ORDER) for name in row}


def imported(text):
    """Full names of the modules that a text imports, at its top or inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports are written in full here"
            inside = node.module in ("sim", "experiments")
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if inside else {node.module}
    return found


def foreign(text):
    """Packages that a text imports which come neither with Python nor with the project's own folder."""
    tops = {name.split(".")[0] for name in imported(text)}
    return tops - set(sys.stdlib_module_names) - {"sim"}


def upward(name, text):
    """Modules of the model that stand no lower than this one, and that it imports all the same."""
    used = {module.split(".")[1] for module in imported(text) if module.startswith("sim.")}
    return {other for other in used if LEVEL.get(other, len(ORDER)) >= LEVEL[name]}


def test_every_module_of_the_model_has_its_place_in_the_order():
    assert set(SIM) - {"__init__"} == set(LEVEL)


@pytest.mark.parametrize("name", LEVEL)
def test_imports_run_one_way(name):
    assert upward(name, SIM[name].read_text()) == set()


@pytest.mark.parametrize("name", SIM)
def test_the_model_needs_numbers_and_a_compiler_only(name):
    """Mesa stands in one file, so that workers need not load it; tables, pictures and configurations in none."""
    allowed = {"numpy", "numba", "llvmlite"} | ({"mesa"} if name == "model" else set())
    assert foreign(SIM[name].read_text()) <= allowed


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_experiments_take_nothing_from_tests(path):
    assert "tests" not in {name.split(".")[0] for name in imported(path.read_text())}


@pytest.mark.parametrize(
    ("text", "outside", "above"),
    [
        ("from sim import engine", set(), {"engine"}),
        ("def late():\n    import sim.runs", set(), {"runs"}),
        ("from sim.rules import clip", set(), {"rules"}),
        ("from sim.lanes import where\nimport math", set(), set()),
        ("import pandas as pd", {"pandas"}, set()),
        ("from hydra.core import x", {"hydra"}, set()),
        ("from experiments import load", {"experiments"}, set()),
    ],
)
def test_a_wrong_import_would_be_seen(text, outside, above):
    assert foreign(text) == outside
    assert upward("rules", text) == above


def test_simulating_loads_nothing_it_does_not_need():
    """A worker starts in the time that numba takes, which loads scipy for its own ends where there is one."""
    heavy = "mesa pandas pyarrow matplotlib hydra networkx"
    text = f"import sys, sim.runs; print(*sorted(set('{heavy}'.split()) & set(sys.modules)))"
    assert python(PROJECT, "-c", text) == ""
