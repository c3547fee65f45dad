"""The jobs that look at stored studies: check, merge, replay, compare; and bad input to them, which changes nothing."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import experiments
from experiments.cli import main
from experiments.config.to_study import compose
from experiments.execution import sweep
from experiments.execution.place import Shard
from experiments.execution.sweep import Console
from experiments.storage import store
from experiments.storage.files import as_parquet
from experiments.storage.layout import MANIFEST
from experiments.storage.reading import open_study
from experiments.study.tables import part_name

pytestmark = pytest.mark.slow

WORDS = [
    "name=jobs", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=40", "design.replicates=2",
    "design.factors.town={choices:{small:{n_partners:4},large:{n_partners:7}}}", "parameters.months=10",
    "arms=[structure_first,purpose_first,alone]", "variants.no_load={load_per_seat:0.0}", "variant_points=20",
]  # fmt: skip


def made(study, results):
    folder = store.folder_of(study, results)
    assert sweep.simulate(study, folder, 2, Console(quiet=True)) == []
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return made(compose(WORDS), tmp_path_factory.mktemp("results"))


def contents(folder):
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def ask(capsys, *words):
    """Run a job of the command line; its exit code, what it said, and what it complained of."""
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


# replay


def some_runs(folder):
    """A run of each kind: first and last, an arm without a partnership, a variant, a second replicate."""
    runs = experiments.load(folder).to_pandas()
    kinds = runs.groupby(["arm", "variant"], observed=True)["run"]
    return sorted({*kinds.min(), *kinds.max()})


def test_any_stored_run_is_replayed_to_the_last_bit(finished, capsys):
    for number in some_runs(finished):
        code, said, _ = ask(capsys, "replay", f"study={finished}", f"run={number}")
        assert code == 0 and "outcomes equal the stored row, bit for bit" in said, number
        assert said.splitlines()[1].startswith("month") and re.search(r"^ +10 ", said, re.MULTILINE)


def test_the_line_of_python_that_replay_gives_is_the_run(finished, capsys):
    number = some_runs(finished)[-1]
    _, said, _ = ask(capsys, "replay", f"study={finished}", f"run={number}")
    line = re.search(r"from sim.model: (Partnership\(.*\))", said)[1]
    scope = {}
    exec(f"from sim.model import Partnership\nmodel = {line}\nwhile model.running: model.step()", scope)
    row = experiments.load(finished).to_pandas().set_index("run").loc[number]
    assert scope["model"].outcomes()["outcome_mean"] == row["outcome_mean"]


def test_a_stored_row_that_is_another_is_noticed(finished, tmp_path, capsys):
    """The control: a wrong row that the manifest vouches for, as if the software had changed since."""
    study = open_study(finished).study
    folder = tmp_path / "altered"
    shutil.copytree(finished, folder)
    name = part_name(0)
    table = pq.read_table(folder / name)
    values = table["effort"].to_numpy().copy()
    values[0] += 2**-50
    column = table.column_names.index("effort")
    table = table.set_column(column, table.schema.field(column), [values])
    names = sorted(open_study(finished).files)
    with store.opened(study, folder, names) as opened:
        opened.keep(name, as_parquet(table))
        opened.seal()
    number = table["run"][0].as_py()
    code, said, _ = ask(capsys, "replay", f"study={folder}", f"run={number}")
    assert code == 1 and "effort: stored" in said and "1 of " in said
    code, said, _ = ask(capsys, "compare", f"a={finished}", f"b={folder}")
    assert code == 1 and f"run {number} of a, {number} of b" in said


# compare


def test_a_study_equals_itself_however_it_was_made(finished, tmp_path, capsys):
    again = made(compose(WORDS), tmp_path)
    code, said, _ = ask(capsys, "compare", f"a={finished}", f"b={again}")
    assert code == 0 and re.search(r"All [\d,]+ cells are equal, bit for bit", said)
    cells = 40 * 2 * 3 + 20 * 2 * 2
    assert re.search(rf"^effort +{cells} +{cells} ", said, re.MULTILINE)


def test_two_studies_are_laid_side_by_side_where_they_meet(finished, tmp_path, capsys):
    words = [word for word in WORDS if not word.startswith("design.replicates=")]
    other = made(compose([*words, "parameters.trust_rate=0.3"]), tmp_path)
    code, said, _ = ask(capsys, "compare", f"a={finished}", f"b={other}")
    assert code == 1
    assert "parameters.trust_rate: 0.2 in a, 0.3 in b" in said and "40 points have other parameters" in said
    assert re.search(r"^outcome +160 ", said, re.MULTILINE), "one world of each point, three arms and two variants"
    assert "160 runs are in a only, 0 in b only" in said
    row = re.search(r"^alone_outcome +160 +160 .* 0 *$", said, re.MULTILINE)
    assert row, "acting alone, trust changes nothing"


# check and merge


def test_an_undamaged_study_checks_and_a_stranger_is_named(finished, tmp_path, capsys):
    folder = tmp_path / "study"
    shutil.copytree(finished, folder)
    code, said, _ = ask(capsys, "check", f"study={folder}")
    assert code == 0 and "as they were written" in said
    (folder / "notes.txt").write_text("mine")
    assert ask(capsys, "check", f"study={folder}")[0] == 0
    (folder / "runs" / "part-999999.parquet").write_bytes((folder / part_name(0)).read_bytes())
    code, said, _ = ask(capsys, "check", f"study={folder}")
    assert code == 1 and "part-999999.parquet does not belong to this study" in said


def test_shards_of_another_study_are_not_merged(tmp_path, capsys):
    study, other = compose(WORDS), replace(compose(WORDS), seed=9)
    folder = store.folder_of(study, tmp_path)
    for one, number in ((study, 1), (other, 2)):
        shard = Shard(number, 2)
        assert sweep.simulate(one, shard.folder(folder), 2, Console(quiet=True), shard=shard) == []
    before = contents(tmp_path)
    code, _, complaint = ask(capsys, "merge", f"study={folder}")
    assert code == 2 and f"a shard of study {other.id}, not of {study.id}" in complaint
    assert {path: content for path, content in contents(tmp_path).items() if path in before} == before


# bad input


MISTAKES = {
    "check": "check takes study=FOLDER",
    "check study=nowhere": "no folder nowhere",
    "check study=.": "holds no study",
    "merge study=results/x/abc": "there are no shards",
    "replay study={finished}": "replay takes study=FOLDER run=N",
    "replay study={finished} run=-1": "run=-1 is out of range; it takes a whole number from 0",
    "replay study={finished} run=99999999": "holds no run 99999999",
    "replay study=nowhere run=1": "no folder nowhere",
    "compare a={finished}": "compare takes a=FOLDER b=FOLDER",
    "compare a={finished} b=nowhere": "no folder nowhere",
    "report study=.": "holds no study",
    "sweep design.sampler=list": "go together",
    "sweep design.list=points.csv": "go together",
    "sweep design.sampler=list design.list=nowhere.csv": "no such file",
    "sweep design.sampler=list design.list=points.txt": "a .csv or a .parquet file",
    "sweep design.sampler=grid": "are the most",
    "sweep design.sampler=grid design.levels=1": "design.levels=1 is out of range",
    "sweep design.worlds=mine": "design.worlds=mine",
    "sweep design.replicates=0": "design.replicates=0 is out of range",
    "sweep design.adaptive.precision=-1": "design.adaptive.precision=-1.0 is out of range",
    "sweep design.adaptive.precision=0.1 design.adaptive.batch=900": "from 2 to 400",
    "sweep design.factors.noise={{levels:[0.1]}}": "takes two or more",
    "sweep design.factors.town={{choices:{{a:{{nois:1}}}}}}": "did you mean 'noise'",
    "sweep design.factors.noise={{levels:[0,loud]}}": "noise='loud' is not a number",
    "sweep design.factors.noise={{levels:[0,9]}}": "noise=9 is out of range",
    "sweep design.factors.noise={{levels:[0.1,0.1]}}": "appears twice",
    "sweep design.factors.nois={{levels:[0,0.1]}}": "did you mean 'noise'",
    "sweep design.factors.town={{choices:[a,b]}}": "choices have names, as in",
    "sweep design.factors.town={{choices:{{}}}}": "choices have names, as in",
    "sweep design.factors.town={{choices:{{a:{{}}}},more:1}}": "choices have names, as in",
    "sweep design.factors.scenario=default": "scenarios are listed by name",
    "sweep design.factors.scenario=[]": "scenarios are listed by name",
    "sweep design.factors.arm=[alone]": "every arm meets every point",
    "sweep design.factors.scenario=[defalt]": "did you mean 'default'",
    "sweep shard=4/3": "k/n",
    "sweep shard=one": "k/n",
    "sweep executor=dsk": "did you mean 'dask'",
    "sweep executor=processes": "executor=processes is unknown; choose from dask, local",
    "sweep executor=../x": "choose by name",
    "sweep executor=dask executor.address=nonsense": "is like tcp://host:8786",
    "sweep executor=dask executor.address=tcp://x": "is like tcp://host:8786",
    "sweep executor=dask executor.address=smoke://x:1": "is like tcp://host:8786",
    "sweep executor.address=tcp://x:1": "only executor=dask has an address",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_gets_one_message_and_changes_nothing(words, finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = contents(finished)
    code, said, complaint = ask(capsys, *words.format(finished=finished).split())
    assert code == 2 and said == ""
    assert MISTAKES[words] in complaint and complaint.startswith("partnership: ") and complaint.count("\n") == 1
    assert list(tmp_path.rglob("*")) == [] and contents(finished) == before


def test_a_foreign_folder_where_the_study_would_lie_is_told_and_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = store.folder_of(compose(WORDS), Path("results"))
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("of something else\n")
    before = contents(tmp_path)
    code, _, complaint = ask(capsys, "sweep", *WORDS)
    assert code == 2 and "not the manifest of a study" in complaint
    assert contents(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("results").write_text("a file, where a folder should be")
    code, _, complaint = ask(capsys, "sweep", *WORDS)
    assert code == 2 and "cannot write results/jobs" in complaint


def test_an_unreachable_scheduler_leaves_what_is_there(tmp_path, monkeypatch, capsys):
    pytest.importorskip("distributed", reason="Dask is not installed (it is in the extra dev)")
    monkeypatch.setattr("experiments.execution.dask_workers.PATIENCE", 1)
    folder = made(compose(WORDS), tmp_path)
    (folder / part_name(0)).unlink()
    before = contents(folder)
    code, _, complaint = ask(
        capsys, "sweep", *WORDS, f"results={tmp_path}", "executor=dask", "executor.address=tcp://127.0.0.1:9"
    )
    assert code == 2 and "no Dask scheduler answers at executor.address=tcp://127.0.0.1:9" in complaint
    assert contents(folder) == before
    nothing_yet = tmp_path / "elsewhere"
    address = "executor.address=tcp://127.0.0.1:9"
    code, said, complaint = ask(capsys, "sweep", *WORDS, f"results={nothing_yet}", "executor=dask", address)
    assert code == 2 and said == "" and complaint.count("\n") == 1
    assert not nothing_yet.exists(), "of a study that was not there, nothing is written either"
