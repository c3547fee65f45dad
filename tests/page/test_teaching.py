"""The lessons: every command of docs/teaching.md is run, and says what the page says it does."""

from __future__ import annotations

import contextlib
import io
import re
import shlex

import pytest

from experiments.cli import main
from tests.faults import ROOT

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")


def commands(page):
    """Each command of the page's consoles, with the lines that it is said to print."""
    found = []
    for box in re.findall(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        for line in box.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


LESSONS = commands(PAGE)
PYTHON = re.search(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def lacking(said, lines):
    """Lines that are not in what was said, wherever that was wrapped."""
    said = " ".join(said.split())
    return [line for line in lines if " ".join(line.split()) not in said]


def test_there_are_three_lessons_of_an_hour():
    lessons = re.split(r"^## Lesson ", PAGE, flags=re.MULTILINE)[1:]
    assert len(lessons) == 3
    for lesson in lessons:
        assert sum(map(int, re.findall(r"^\| (\d+) \|", lesson, re.MULTILINE))) == 60
        assert len(commands(lesson.split("\n## ")[0])) >= 3
    assert len(LESSONS) >= 12 and all(lines for _, lines in LESSONS)


@pytest.mark.parametrize(("command", "lines"), LESSONS, ids=[command for command, _ in LESSONS])
def test_a_command_says_what_the_page_says(command, lines, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(command)
    assert program == "partnership" and main(words) == 0
    assert lacking(capsys.readouterr().out, lines) == []


def test_a_line_that_is_not_said_is_noticed():
    assert lacking("one line\n  and another", ["line and", "another one"]) == ["another one"]


def test_the_python_of_the_page_prints_what_it_says():
    assert PYTHON is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(PYTHON[1], {})
    assert printed.getvalue().split() == PYTHON[2].split() != []
