"""The page that ships: up to date with all it is made from, whole, small, and opened by `partnership teach`."""

from __future__ import annotations

import json
import re
import shutil
import webbrowser

import pytest

from experiments.cli import main
from experiments.commands import teach
from experiments.failures.demonstration import load_demonstration, sentences
from experiments.failures.performance import perform
from experiments.page import build, bundle, data
from sim.params import DEFAULTS, NAMES, PARAMETERS, SETUPS

LIMIT = 2_000_000


@pytest.fixture(scope="module")
def page():
    return build.PAGE.read_text(encoding="utf-8")


# -- up to date ---------------------------------------------------------------------------------------------


def test_engine_and_data_are_made_from_what_there_is_now(page):
    assert build.data_of(page)["made_from"] == build.digest(), "run `make page`, and commit the page"


def test_script_and_style_are_those_of_the_source(page):
    assert page == bundle.assemble(build.SOURCE, build.data_of(page), build.engine_of(page)), "run `make page`"


def test_a_changed_source_is_noticed(page, monkeypatch, tmp_path):
    """The control, for a rule, a configuration and a line of script."""
    for path in build.sources():
        copy = tmp_path / path.relative_to(build.REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    source = tmp_path / "src"
    shutil.copytree(build.SOURCE, source)
    monkeypatch.setattr(build, "REPOSITORY", tmp_path)
    assert build.digest() == build.data_of(page)["made_from"]
    for name in ("sim/rules.py", "configs/failure/overload.yaml", "docs/evidence.md"):
        before = build.digest()
        (tmp_path / name).write_text((tmp_path / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert build.digest() != before
    (source / "main.js").write_text((source / "main.js").read_text(encoding="utf-8") + "// more\n", encoding="utf-8")
    assert bundle.assemble(source, build.data_of(page), build.engine_of(page)) != page


def test_nothing_that_decides_the_data_is_left_out():
    named = {path.relative_to(build.REPOSITORY).as_posix() for path in build.sources()}
    assert {"sim/rules.py", "sim/failures.py", "configs/setup/alone.yaml", "experiments/page/wasm.py"} <= named
    assert all(f"configs/failure/{name}.yaml" in named for name in sentences())


# -- what it holds ------------------------------------------------------------------------------------------


def test_the_page_is_one_small_file_that_asks_nobody_for_anything(page):
    assert len(page.encode()) < LIMIT
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"\bimport\b[^\n]*https?:|\bfetch\(|XMLHttpRequest|WebSocket|@import|url\(", page)


def test_tables_and_settings_are_those_of_the_model(page):
    held = build.data_of(page)
    assert {name: held[name] for name in data.tables()} == json.loads(json.dumps(data.tables()))
    assert held["setups"] == json.loads(json.dumps(data.setups())) and held["scenarios"] == data.scenarios()
    assert [row["name"] for row in held["parameters"]] == list(NAMES)
    assert {row["default"] for row in held["parameters"]} == {row.default for row in PARAMETERS}


@pytest.mark.parametrize("name", ["talking_shop", "axed_too_soon"])
def test_a_lesson_is_what_the_demonstration_comes_to(page, name):
    assert build.data_of(page)["failures"][name] == json.loads(
        json.dumps(data.lesson(perform(load_demonstration(name))))
    )


@pytest.mark.slow
def test_every_lesson_sets_out_from_its_world_and_has_all_its_parts(page):
    held = build.data_of(page)
    assert list(held["failures"]) == list(sentences())
    for name, lesson in held["failures"].items():
        shown = load_demonstration(name)
        assert {**DEFAULTS, **SETUPS[lesson["setup"]], **lesson["parameters"]} == shown.parameters
        assert 0 <= lesson["answer"] < len(lesson["predict"]["choices"])
        assert lesson["detector"]["since"] and lesson["detector"]["readings"] and lesson["discuss"]
        assert set(lesson["sources"]) <= set(held["sources"])
        since, clues = lesson["detector"]["since"], lesson["detector"]["clues"]
        assert all(clue["holds"][since - 1] for clue in clues)  # the month in which the failure stood
        assert not all(clue["holds"][since - 2] for clue in clues) or since == 1  # and not the month before
        assert all(len(clue["holds"]) == shown.parameters["months"] for clue in clues)


def test_every_source_that_is_cited_is_explained():
    explained = data.sources()
    cited = {key.strip() for row in PARAMETERS for key in row.source.split(";")}
    assert cited <= set(explained)
    assert all(len(text) > 20 for text in explained.values())


def test_the_word_of_a_setup_is_that_of_its_file():
    said = "Structure in the first half of setup, purpose in the second; upkeep is shared."
    assert data.about("structure_first") == said
    assert all(data.about(name) and "partnership run" not in data.about(name) for name in SETUPS)


def test_a_block_that_is_not_there_is_an_error(page):
    with pytest.raises(ValueError, match="no block 'nonsense'"):
        build.held(page, "nonsense")


# -- partnership teach --------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    links = []
    monkeypatch.setattr(webbrowser, "open", lambda link: links.append(link) or True)
    return links


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        ([], ""),
        (["failure=talking_shop"], "#lesson=talking_shop"),
        (["scenario=healthy", "seed=7"], "#scenario=healthy&seed=7"),
        (["setup=purpose_only", "open=true"], "#setup=purpose_only"),
    ],
)
def test_teach_opens_the_page_as_asked(words, fragment, opened, capsys):
    assert main(["teach", *words]) == 0
    assert opened == [build.PAGE.as_uri() + fragment]
    assert opened[0] in capsys.readouterr().out


def test_teach_says_where_the_page_is_and_opens_nothing_if_told_so(opened, capsys):
    assert main(["teach", "open=false"]) == 0
    assert not opened and str(build.PAGE) in capsys.readouterr().out


def test_teach_says_so_where_no_browser_can_be_started(monkeypatch, capsys):
    monkeypatch.setattr(webbrowser, "open", lambda link: False)
    assert main(["teach"]) == 0
    assert "No browser could be started" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["failure=talking_shp"], "did you mean 'talking_shop'"),
        (["scenario=../../etc"], "is unknown"),
        (["setup=both"], "choose from alone, balanced"),
        (["seed=-1"], "it takes a whole number from 0 to"),
        (["seed=9223372036854775808"], "it takes a whole number from 0 to"),
        (["open=maybe"], "choose from true, false"),
        (["sed=1"], "did you mean 'seed'"),
        (["talking_shop"], "partnership teach takes [failure=NAME]"),
        (["seed=1", "seed=2"], "given twice"),
        (["failure=overload", "setup=alone"], "give failure, or scenario and setup"),
    ],
)
def test_teach_refuses_what_cannot_be_meant(words, message, opened, capsys):
    assert main(["teach", *words]) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said and len(said.splitlines()) == 1
    assert not opened


def test_teach_names_links_as_the_page_does():
    """What `link_to` writes, the page's script reads: its settings take these fields."""
    script = (build.SOURCE / "setting.js").read_text(encoding="utf-8")
    known = re.search(r"known = \[(.*?)\]", script)
    assert known is not None
    assert {*teach.CHOICES.values(), "seed"} <= set(re.findall(r'"(\w+)"', known[1]))
