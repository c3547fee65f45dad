"""Imports run one way: from a room to those below it, and among the modules of a room in no circle."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.faults import ROOT

ROOMS = (
    "errors", "terminal", "study", "config", "storage", "execution", "analysis", "wording", "figures", "report",
    "failures", "calibration", "claims", "neutrality", "page", "commands", "cli",
)  # fmt: skip
"""From the one that imports none of the others to the one that may import them all."""

APART = {
    "analysis": {"storage", "config", "execution"},
    "figures": {"storage", "config", "execution"},
    "calibration": {"failures", "claims"},
    "claims": {"failures", "calibration"},
}
"""Rooms that stand below another, or beside it, and import nothing of it all the same."""

MODEL = (
    ("errors",),
    ("values",),
    ("params", "cache", "lanes", "sources"),
    ("places", "draws", "limits", "shapes"),
    ("tables",),
    ("rules",),
    ("state",),
    ("outcomes", "membership", "shocks", "encounters", "questionnaire"),
    ("launch",),
    ("engine",),
    ("runs", "why"),
    ("record", "model"),
    ("clues",),
    ("failures",),
)
"""The modules of the model, each above those it may import."""


def imports(text):
    """The modules that a text imports, at its top or inside functions: `experiments.study.plan`, `numpy`."""
    named = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports are written in full here"
            inside = node.module.split(".")[0] in ("sim", "experiments")
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            named |= {name if inside and is_module(name) else node.module for name in names}
    return named


def is_module(name):
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def modules(folder):
    """Every module below a folder, by its dotted name, with what it imports."""
    paths = [path for path in sorted((ROOT / folder).rglob("*.py")) if path.name != "__init__.py"]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return {name: imports(path.read_text(encoding="utf-8")) for name, path in zip(names, paths, strict=True)}


def room(name):
    return name.split(".")[1]


def ours(named):
    return {name for name in named if name.startswith("experiments.")}


EXPERIMENTS, SIM = modules("experiments"), modules("sim")


# -- rooms ------------------------------------------------------------------------------------------------


def upward(rooms):
    """Imports from a room to one that stands above it."""
    rank = {name: place for place, name in enumerate(rooms)}
    return [
        f"{name} imports {other}"
        for name, named in EXPERIMENTS.items()
        for other in ours(named)
        if rank[room(other)] > rank[room(name)]
    ]


def test_every_room_has_its_place():
    assert {room(name) for name in EXPERIMENTS} == set(ROOMS)


def test_no_room_imports_one_above_it():
    assert upward(ROOMS) == []
    assert upward(ROOMS[::-1]), "control: upside down, most do"


@pytest.mark.parametrize("name", APART)
def test_rooms_that_are_kept_apart_are(name):
    for module, named in EXPERIMENTS.items():
        if room(module) == name:
            assert not {room(other) for other in ours(named)} & APART[name], module


@pytest.mark.parametrize("found", [SIM, EXPERIMENTS], ids=["sim", "experiments"])
def test_no_modules_import_each_other_in_a_circle(found):
    tuple(TopologicalSorter(found).static_order())
    first, last = next(iter(found)), list(found)[-1]
    with pytest.raises(CycleError):  # control
        tuple(TopologicalSorter(found | {first: {last}, last: {first}}).static_order())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiments_take_nothing_from_tests(name):
    assert "tests" not in {other.split(".")[0] for other in EXPERIMENTS[name]}


# -- the model --------------------------------------------------------------------------------------------

LEVEL = {name: level for level, row in enumerate(MODEL) for name in row}


def foreign(named):
    """Packages that come neither with Python nor with the model itself."""
    return {name.split(".")[0] for name in named} - set(sys.stdlib_module_names) - {"sim"}


def not_below(name, named):
    """Modules of the model that stand no lower than this one, of those it imports."""
    used = {module.split(".")[1] for module in named if module.startswith("sim.")}
    return {other for other in used if LEVEL.get(other, len(MODEL)) >= LEVEL[name]}


def test_every_module_of_the_model_has_its_place():
    assert {room(name) for name in SIM} == set(LEVEL)


@pytest.mark.parametrize("name", SIM)
def test_imports_of_the_model_run_one_way(name):
    assert not_below(room(name), SIM[name]) == set()


@pytest.mark.parametrize("name", SIM)
def test_the_model_needs_numbers_and_a_compiler_only(name):
    """Mesa stands in one file, so that workers need not load it; tables, pictures and configurations in none."""
    allowed = {"numpy", "numba", "llvmlite"} | ({"mesa"} if name == "sim.model" else set())
    assert foreign(SIM[name]) <= allowed


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
    assert foreign(imports(text)) == outside
    assert not_below("rules", imports(text)) == above
