"""What is written into a folder that somebody else prepared, and ordinary trouble."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

import experiments
from experiments.cli import main
from experiments.errors import StudyError
from experiments.execution import sweep
from experiments.storage import confined, provenance, store
from tests.faults import ROOT
from tests.storage.test_hostile import (
    RUNS,
    STUDY,
    WORDS,
    answered,
    contents,
    linked_tables,
    record,
    table,
    with_pandas,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("impatient")]


# -- what is written --------------------------------------------------------------------------------------


def linked(name):
    """A folder of reports or plots that leads outside."""

    def craft(folder, outside):
        (outside / "empty").mkdir()
        (folder / name).symlink_to(outside / "empty")

    return craft


def lock_linked(folder, outside):
    (folder / ".lock").symlink_to(outside / "treasure.txt")


def lock_linked_to_nothing(folder, outside):
    (folder / ".lock").symlink_to(outside / "new.txt")


def lock_of_two_names(folder, outside):
    os.link(outside / "treasure.txt", folder / ".lock")


def lock_a_pipe(folder, outside):
    os.mkfifo(folder / ".lock")


def lock_a_folder(folder, outside):
    (folder / ".lock").mkdir()


def temporary_linked(folder, outside):
    """Under the name that a write of this very process would use."""
    (folder / RUNS).unlink()
    (folder / RUNS).with_name(f".part-000000.parquet.{os.getpid()}.tmp").symlink_to(outside / "treasure.txt")


WRITTEN = {
    "report": (("report", "study={folder}"), [linked("figures"), linked("analysis")]),
    "plot": (("plot", "study={folder}"), [linked("plots")]),
    "sweep": (
        ("sweep", *WORDS, "results={results}", "anew=true"),
        [lock_linked, lock_linked_to_nothing, lock_of_two_names, lock_a_pipe, lock_a_folder, linked_tables],
    ),
}


@pytest.mark.parametrize(("job", "craft"), [(job, craft) for job, (_, crafts) in WRITTEN.items() for craft in crafts])
def test_nothing_is_written_through_a_link(places, capsys, job, craft):
    folder, outside = places
    craft(folder, outside)
    before, there = contents(outside), contents(folder)
    code, said = answered(capsys, WRITTEN[job][0], folder=folder, results=folder.parent.parent)
    assert code == 2 and str(folder) in said
    assert contents(outside) == before and contents(folder) == there


def test_a_temporary_file_is_not_written_through_a_link(places, good, monkeypatch):
    monkeypatch.setattr("experiments.storage.confined.clear_temporary", lambda _: 0)  # else it would be gone before
    folder, outside = places
    temporary_linked(folder, outside)
    with store.opened(STUDY, folder, contents(good)) as opened:
        opened.keep(RUNS, (good / RUNS).read_bytes())
    assert (outside / "treasure.txt").read_text() == "precious"
    assert (folder / RUNS).read_bytes() == (good / RUNS).read_bytes()


@pytest.mark.parametrize("name", ["../treasure.txt", "runs/../../treasure.txt", "{outside}/treasure.txt", "."])
def test_a_name_that_leads_out_is_not_used_even_if_nobody_checked_it(places, name):
    folder, outside = places
    before = contents(outside)
    name = name.format(outside=outside)
    for touch in (confined.open_file, confined.remove, lambda *words: confined.write_file(*words, b"")):
        with pytest.raises(ValueError, match="is not the name of something below"):
            touch(folder, name)
    assert contents(outside) == before
    with confined.open_file(folder, RUNS) as file:
        assert file.read() == (folder / RUNS).read_bytes(), "control"


def test_a_link_of_the_users_own_to_the_folder_is_followed(places, tmp_path, capsys):
    """The control: whoever names a folder can see where it leads."""
    folder, _ = places
    (tmp_path / "elsewhere").symlink_to(folder.parent.parent)
    linked_folder = tmp_path / "elsewhere" / STUDY.name / STUDY.id
    assert answered(capsys, ("check", "study={folder}"), folder=linked_folder)[0] == 0
    code, said = answered(capsys, ("sweep", *WORDS, "results={results}"), results=tmp_path / "elsewhere")
    assert code == 0 and "verified" in said and (folder / "report.html").is_file()


def test_markup_in_what_may_be_free_text_reaches_the_page_as_text(places, capsys):
    folder, _ = places
    marked = "partnership sweep '<script>alert(1)</script>'"
    record(lambda content: content.update(command=marked, versions={"<b>x": "</td><i>"}))(folder, None)
    assert answered(capsys, ("report", "study={folder}"), folder=folder)[0] == 0
    page = (folder / "report.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "&lt;/td&gt;&lt;i&gt;" in page
    assert "<script" not in page and "<b>x" not in page


def test_metadata_for_other_programs_is_not_heeded(places, good):
    folder, _ = places
    table(with_pandas)(folder, None)
    assert experiments.load(folder).to_pandas().equals(experiments.load(good).to_pandas())


def test_a_study_whose_folder_is_a_link_is_read_and_not_written(places, good, capsys, tmp_path):
    folder, _ = places
    real = folder.rename(tmp_path / "real")
    folder.symlink_to(real, target_is_directory=True)
    before = contents(real)
    for words in (("report", f"study={folder}"), ("sweep", *WORDS, f"results={folder.parent.parent}")):
        assert main([str(word) for word in words]) == 2
        assert "is a symbolic link; name the folder that it leads to" in capsys.readouterr().err
    assert main(["check", f"study={folder}"]) == 0 and contents(real) == before


def test_what_could_not_be_read_back_is_not_written(tmp_path):
    with pytest.raises(StudyError, match="command is"):
        sweep.simulate(STUDY, tmp_path / "study", 1, sweep.Console(quiet=True), "partnership sweep 'question=a\nb'")
    for study in (replace(STUDY, name="a/b"), replace(STUDY, question="\x07")):
        with pytest.raises(StudyError, match=r"name: 'a/b'|study\.question is"):
            sweep.simulate(study, tmp_path / "study", 1, sweep.Console(quiet=True))
    assert list(tmp_path.iterdir()) == []
    assert provenance.record(STUDY)["study_id"] == STUDY.id, "control"


# -- ordinary trouble -------------------------------------------------------------------------------------


def started(results):
    line = [sys.executable, "-m", "experiments.cli", "sweep", *WORDS, f"results={results}", "workers=1"]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)


def test_of_four_that_start_at_once_none_harms_another(tmp_path, good):
    signal.alarm(300)
    running = [started(tmp_path) for _ in range(4)]
    said = [process.communicate()[0] for process in running]
    codes = [process.returncode for process in running]
    assert set(codes) <= {0, 2} and 0 in codes, said
    for code, one in zip(codes, said, strict=True):
        assert "Traceback" not in one and (code == 0 or "is being written by" in one), one
    folder = store.folder_of(STUDY, tmp_path)
    assert {name: text for name, text in contents(folder).items() if name in contents(good)} == contents(good)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_results_that_cannot_be_written_are_told(tmp_path, capsys):
    tmp_path.chmod(0o500)
    code, said = answered(capsys, ("sweep", *WORDS, "results={results}"), results=tmp_path / "results")
    assert code == 2 and "cannot write" in said
