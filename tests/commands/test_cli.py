"""The command line: what it says, and what it says to whoever mistypes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import JOBS, main
from tests.faults import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every test in an empty folder of its own, so that what is written can be seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written():
    return sorted(str(path) for path in Path().rglob("*"))


def test_alone_it_explains_itself(capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert all(job in said for job in JOBS) and "experiment=structure_vs_purpose" in said
    assert written() == []


def test_help_loads_nothing_heavy():
    code = "import sys; from experiments.cli import main; main([]); print([m for m in sys.modules if '.' not in m])"
    heavy = {"numpy", "numba", "mesa", "matplotlib", "hydra", "pandas"}

    def loaded(text):
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        return heavy & set(re.findall(r"'(\w+)'", done.stdout))

    assert loaded(code) == set()
    assert loaded(code.replace("main([]);", "main([]); import pandas;")) == {"numpy", "pandas"}, "control"


@pytest.mark.parametrize("job", [name for name, job in JOBS.items() if job.takes is not None])
def test_a_job_tells_what_it_takes_and_takes_no_more(job, capsys):
    assert main([job, "--help"]) == 0
    explained = re.findall(r"^  ([\w.]+)=", capsys.readouterr().out, re.M)
    assert main([job, "nonsense=1"]) == 2
    taken = re.findall(r"\b([\w.]+)=", capsys.readouterr().err.partition("takes ")[2])
    assert explained == taken != []
    assert written() == []


MISTAKES = {
    # words of the command line: what the message says
    "swep experiment=quick_look": "did you mean 'sweep'",
    "sweep --confg-dir x": "did you mean '--config-dir'",
    "sweep experiment=quick_lok": "did you mean 'quick_look'",
    "sweep scenario=defalt": "did you mean 'default'",
    "run setup=structure_fist": "did you mean 'structure_first'",
    "sweep sed=3": "did you mean 'seed'",
    "sweep parameters.nois=0.2": "did you mean 'noise'",
    "sweep noise=0.2": "did you mean 'parameters.noise'",
    "sweep +parameters.nois=0.2": "did you mean 'noise'",
    "sweep +colour=red": "there is no 'colour'",
    "sweep parameters.noise=5": "a number from 0 to 2; the nearest is 2",
    "sweep parameters.noise=-0.1": "the nearest is 0",
    "sweep parameters.noise=inf": "a number from 0 to 2",
    "sweep parameters.noise=nan": "a number from 0 to 2",
    "sweep parameters.noise=loud": "a number from 0 to 2",
    "sweep parameters.months=1.5": "a whole number from 1 to 1200",
    "sweep parameters.umbrella=5": "true or false",
    "sweep seed=-1": "a whole number from 0",
    "sweep seed=many": "seed",
    "sweep workers=0": "a whole number from 1",
    "sweep design.points=0": "design.points",
    "sweep design.sampler=sobool": "latin_hypercube",
    "sweep design.box=nonsense": "design.box",
    "sweep design.factors.nois=[0,1]": "did you mean 'noise'",
    "sweep design.factors.noise=[0,9]": "noise",
    "sweep design.factors.noise=[1,0]": "noise",
    "sweep arms=[structure_fist,alone]": "did you mean 'structure_first'",
    "sweep contrast.a=balance": "did you mean 'balanced'",
    "sweep contrast.outcome=added_valu": "did you mean 'added_value'",
    "sweep contrast.region=-1": "contrast.region",
    "sweep variants.odd={nois:0}": "did you mean 'noise'",
    "sweep name=../elsewhere": "name",
    "sweep experiment=../../secret": "choose by name",
    "sweep seed": "key=value",
    "sweep seed=[": "not understood",
    "report": "study=FOLDER",
    "report study=nowhere": "nowhere",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_gets_one_message_and_exit_code_2_and_nothing_is_written(words, capsys):
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert MISTAKES[words] in captured.err
    assert captured.err.startswith("partnership: ") and captured.err.count("\n") == 1
    assert "Traceback" not in captured.err and captured.out == ""
    assert written() == []


def test_a_file_that_is_not_yaml_is_named_with_its_line(tmp_path, capsys):
    broken = tmp_path / "mine" / "experiment"
    broken.mkdir(parents=True)
    (broken / "broken.yaml").write_text("# @package _global_\nname: [1, 2\nseed: 3\n")
    assert main(["sweep", "--config-dir", "mine", "experiment=broken"]) == 2
    said = capsys.readouterr().err
    assert "broken.yaml, line 3" in said and said.count("\n") == 1


def test_a_fault_of_ours_shows_its_traceback(monkeypatch):
    """The control to all of the above: not every error is swallowed."""
    monkeypatch.setattr("experiments.commands.run.run", lambda cfg, words: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["run"])


def test_the_script_itself_says_so_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", "sweep", "parameters.noise=5"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and done.stdout == ""


def test_a_reader_that_has_heard_enough_ends_it_quietly():
    line = [sys.executable, "-m", "experiments.cli", "help"]
    whole = subprocess.run(line, cwd=ROOT, capture_output=True, check=True)
    assert whole.stdout, "control: there is something to hear"
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0, "the exit code is that of the job"


def test_run_tells_one_partnership(capsys):
    assert main(["run", "setup=purpose_first", "seed=7", "parameters.months=24"]) == 0
    said = capsys.readouterr().out
    assert "purpose_first, seed 7, world 0: added value" in said and said.splitlines()[0].startswith("month")
    assert written() == []


def test_run_tells_how_a_partnership_failed(capsys):
    assert main(["run", "setup=structure_only", "parameters.load_per_seat=0.3"]) == 0
    told = r"It failed as overload, from month \d+: share of partners overloaded [01]\.\d\d, burden"
    assert re.search(told, capsys.readouterr().out)
    assert main(["run", "scenario=healthy"]) == 0
    assert "None of the known ways to fail" in capsys.readouterr().out
    assert main(["run", "parameters.months=19"]) == 0
    assert "fail" not in capsys.readouterr().out, "too short to tell"


def test_hydra_habits(capsys):
    assert main(["sweep", "--cfg", "job", "experiment=quick_look"]) == 0
    assert "name: quick_look" in capsys.readouterr().out
    assert main(["sweep", "--cfg", "job", "-p", "parameters"]) == 0
    assert "free_riding: 0.4" in capsys.readouterr().out
    assert main(["sweep", "--help"]) == 0
    assert "structure_vs_purpose" in capsys.readouterr().out
    assert written() == []


def test_several_studies_at_once_and_files_of_ones_own(tmp_path, capsys):
    mine = tmp_path / "mine" / "experiment"
    mine.mkdir(parents=True)
    (mine / "tiny.yaml").write_text(
        "# @package _global_\nname: tiny\ndesign: {points: 8}\nparameters: {months: 6}\n", encoding="utf-8"
    )
    assert main(["sweep", "-m", "--config-dir", "mine", "experiment=tiny", "seed=1,2"]) == 0
    assert len(list((tmp_path / "results" / "tiny").iterdir())) == 2
    assert [path for path in written() if not path.startswith(("mine", "results"))] == []
    assert "Report:" in capsys.readouterr().out
