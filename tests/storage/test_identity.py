"""A study is of one model: what decides its numbers is recorded, and never mixed or passed over in silence.

The other models here are copies of this package with a source edited, run as programs of their own.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import experiments
from experiments.cli import main
from experiments.config.to_study import compose
from experiments.errors import OtherModelError
from experiments.execution import sweep
from experiments.execution.place import Shard
from experiments.storage import identity, manifest, provenance, store
from experiments.storage.files import as_json
from experiments.storage.identity import Identity
from experiments.storage.layout import MANIFEST, PROVENANCE
from experiments.storage.reading import open_study
from experiments.study import plan
from experiments.study.tables import TABLES, part_name
from sim import sources
from tests.faults import ROOT

pytestmark = pytest.mark.slow

WORDS = [
    "name=one", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=100", "parameters.months=4",
    "parameters.n_partners=3", "arms=[structure_first,purpose_first]",
]  # fmt: skip
STUDY = compose(WORDS)
COMMAND = "partnership sweep " + " ".join(WORDS)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tables(folder):
    """The files that a manifest lists, and itself."""
    return {name: text for name, text in contents(folder).items() if name.split("/")[0] in (*TABLES, *LISTS)}


LISTS = (PROVENANCE, MANIFEST)


def made(study, folder, **how):
    assert sweep.simulate(study, folder, 2, sweep.Console(quiet=True), COMMAND, **how) == []
    return folder


def said_by(capsys, *words):
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


# -- what an identity is made of --------------------------------------------------------------------------


def imports(package, name):
    """The modules of its own package that a module imports, at its top or inside functions: "study/plan"."""
    named = set()
    for node in ast.walk(ast.parse((ROOT / package / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = {one.partition(".")[2].replace(".", "/") for one in named}
    return {path for path in paths if (ROOT / package / f"{path}.py").is_file()}


def closure(package, *names):
    found, left = set(), set(names)
    while left:
        name = left.pop()
        found.add(name)
        left |= imports(package, name) - found
    return found


def test_every_module_that_a_run_imports_is_in_its_identity():
    assert set(sources.DECISIVE) == closure("sim", "runs", "failures") - {"errors"}, "it decides no number"
    assert "model" not in sources.DECISIVE, "control: there are modules that decide nothing"


def test_so_is_every_module_that_decides_which_runs_are_made():
    decisive = closure("experiments", "execution/worker", "study/design", "study/plan") - {"errors"}
    carriers = {"study/definition", "study/tables", "storage/strict_json", "storage/layout", "storage/files"}
    refusals = {f"study/{name}" for name in ("kinds", "names", "feasible", "inactive")}
    assert set(identity.RUNS_CHOSEN.names) == decisive - carriers - refusals, (
        "carriers hold what is asked and how bytes are stored, which the id and the digests cover; refusals refuse a "
        "study or leave it as it is"
    )


def test_an_identity_names_the_sources_and_only_the_libraries_that_draw():
    found = identity.identity(STUDY)
    assert {"sim/rules.py", "sim/failures.py", "experiments/study/design.py"} <= set(found.sources)
    assert set(found.libraries) == {"numpy", "numba", "scipy"}
    for sampler, also in (("grid", set()), ("random", set()), ("sobol", {"scipy"}), ("morris", {"SALib"})):
        study = replace(STUDY, design=replace(STUDY.design, sampler=sampler))
        assert set(identity.identity(study).libraries) == {"numpy", "numba", *also}


def test_it_stands_in_the_record_and_in_the_manifest_and_not_in_the_id(finished):
    found = identity.identity(STUDY)
    record, header = open_study(finished).provenance, manifest.read_manifest(finished).header
    assert header.identity == found == identity.identity_from(record, "record")
    assert STUDY.id == finished.name == "7b47fa0c028f", "the id hangs on what is asked, not on what made it"


def test_how_lines_end_does_not_matter_and_anything_else_does(tmp_path):
    path = tmp_path / "rules.py"
    found = []
    for text in (b"a = 1\n", b"a = 1\r\n", b"a = 1 \n"):
        path.write_bytes(text)
        found.append(sources.digests(tmp_path, ["rules"])[f"{tmp_path.name}/rules.py"])
    assert found[0] == found[1] != found[2]


def test_what_was_loaded_counts_and_not_what_the_file_says_since(package):
    held = sources.Sources("loads", package, ("rules",))
    before = dict(held.loaded())
    (package / "rules.py").write_text("factor = 2\n")
    assert held.loaded() == before
    assert sources.Sources("loads", package, ("rules",))._first != before, "control: the file did change"


def test_a_file_edited_while_the_package_was_being_loaded_is_told(package):
    held = sources.Sources("loads", package, ("rules",))
    (package / "rules.py").write_text("factor = 2\n")
    with pytest.raises(sources.SourceChangedError, match=r"loads/rules.py was edited while"):
        held.loaded()


def test_differences_name_versions_first_then_files_with_both_values():
    one = Identity(1, {"sim/rules.py": "aa", "sim/draws.py": "bb"}, {"numpy": "2.0"})
    assert identity.differences(one, one) == ""
    other = Identity(1, {"sim/rules.py": "cc", "sim/draws.py": "bb"}, {"numpy": "2.1"})
    assert identity.differences(one, other) == "numpy (2.0 there, 2.1 here), sim/rules.py (aa there, cc here)"
    many = Identity(2, {"sim/a.py": "aa", "sim/rules.py": "cc"}, {})
    assert identity.differences(one, many).endswith(" and 2 more")


# -- a copy of the package whose rule was changed ---------------------------------------------------------

BEFORE = "return (load_per_seat * structure + load_per_talk * talk_share) * growth"
AFTER = "return (load_per_seat * structure + load_per_talk * talk_share) * growth / 2.0"


def copied(folder, edit):
    """A copy of the package, with its rules edited."""
    for part in ("sim", "experiments", "configs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    rules = folder / "sim" / "rules.py"
    text = edit(rules.read_text())
    rules.write_text(text)
    return folder


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The package with another rule: meetings weigh half."""
    return copied(tmp_path_factory.mktemp("other"), lambda text: text.replace(BEFORE, AFTER))


def environment(package):
    return {**os.environ, "PYTHONPATH": str(package), "PARTNERSHIP_CACHE": str(package / "cache")}


def ask(package, *words):
    """A job of the command line of a copy; its exit code and what it said on both streams."""
    line = [sys.executable, "-m", "experiments.cli", *map(str, words)]
    done = subprocess.run(
        line, cwd=package, env=environment(package), capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout, done.stderr


def test_an_edited_rule_is_never_answered_with_the_old_numbers(finished, study, other):
    results, before = study.parent.parent, contents(study)
    sweep_ = ("sweep", *WORDS, f"results={results}")
    code, said, complaint = ask(other, *sweep_)
    digest = identity.identity(STUDY).sources["sim/rules.py"]
    assert code == 2 and said == "" and complaint.count("\n") == 1
    assert complaint.startswith(
        f"partnership: {study} was made by a different model from the one installed: sim/rules.py ("
    )
    assert f"({digest} there, " in complaint and " here); anew=true" in complaint and "name=OTHER" in complaint
    assert contents(study) == before
    code, said, complaint = ask(other, *sweep_, "anew=true")
    assert code == 0, complaint
    assert experiments.load(study)["effort"].tolist() != experiments.load(finished)["effort"].tolist()
    assert "anew" not in open_study(study).provenance["command"]
    code, said, _ = ask(other, *sweep_)
    assert code == 0 and "finished and every file of it verified" in said, "control: by the same model it is resumed"
    with pytest.raises(OtherModelError, match=r"sim/rules.py \(.* there, .* here\)"):
        made(STUDY, study)


def test_an_interrupted_study_is_not_finished_by_another_model(study, commented):
    names = plan.tasks(STUDY)
    with store.opened(STUDY, study.parent / "begun", [name for task in names for name in task.files]) as opened:
        opened.keep(part_name(0), (study / part_name(0)).read_bytes())
    shutil.rmtree(study)
    (study.parent / "begun").rename(study)
    before = contents(study)
    code, said, complaint = ask(commented, "sweep", *WORDS, f"results={study.parent.parent}")
    assert code == 2 and said == "" and "sim/rules.py (" in complaint and complaint.count("\n") == 1
    assert contents(study) == before
    made(STUDY, study)


def test_readers_say_in_one_line_that_another_model_made_a_study(study, commented):
    code, said, complaint = ask(commented, "check", f"study={study}")
    assert code == 0 and complaint == ""
    told, last = said.splitlines()
    assert (
        "was made by a different model from the one installed: sim/rules.py (" in told
        and "as they were written" in last
    )
    code, said, complaint = ask(commented, "report", f"study={study}")
    assert code == 0 and complaint.count("\n") == 1 and "sim/rules.py (" in complaint
    page = (study / "report.html").read_text().split('id="provenance"')[1]
    assert "a different model from the one installed, which wrote this report: sim/rules.py (" in page
    for job, more in (("contrast", ()), ("replay", ("run=999999",))):
        _, _, complaint = ask(commented, job, f"study={study}", *more)
        assert "sim/rules.py (" in complaint.splitlines()[0]


def test_of_a_study_of_this_model_nothing_is_said(study, capsys, caplog):
    for job in ("check", "report"):
        code, said, complaint = said_by(capsys, job, f"study={study}")
        assert code == 0 and "another model" not in said + complaint
    assert caplog.records == []
    assert "another model" not in (study / "report.html").read_text()


# -- the same, with studies that say of themselves that another model made them ---------------------------


def another():
    """An identity like this one's, but for a rule and a library."""
    ours = identity.identity(STUDY)
    return Identity(
        ours.results_version, {**ours.sources, "sim/rules.py": "0" * 16}, {**ours.libraries, "numpy": "1.0"}
    )


def of_another_model(folder, target):
    """A study, or shard, as another model would have left it."""
    record = (
        {**open_study(folder).provenance, **another().as_dict()} if manifest.read_manifest(folder).finished else None
    )
    record = record or {**provenance.record(STUDY, COMMAND), **another().as_dict()}
    names = sorted({*manifest.read_manifest(folder).files})
    with store.opened(STUDY, target, names, another()) as opened:
        for name in names:
            opened.keep(name, as_json(record) if name == PROVENANCE else (folder / name).read_bytes())
        if manifest.read_manifest(folder).finished:
            opened.seal()
    return target


def test_load_says_it_once_and_reads_all_the_same(finished, tmp_path, caplog):
    folder = of_another_model(finished, tmp_path / "study")
    view = experiments.load(folder)
    (record,) = caplog.records
    assert (
        "numpy (1.0 there, " in record.getMessage() and "sim/rules.py (0000000000000000 there, " in record.getMessage()
    )
    assert np.array_equal(view["effort"], experiments.load(finished)["effort"])


def test_compare_lists_sources_and_versions_that_differ(finished, tmp_path, capsys):
    folder = of_another_model(finished, tmp_path / "study")
    code, said, _ = said_by(capsys, "compare", f"a={finished}", f"b={folder}")
    assert code == 0 and "sources.sim/rules.py: " in said and "0000000000000000 in b" in said
    _, said, _ = said_by(capsys, "compare", f"a={finished}", f"b={finished}")
    assert "sources." not in said, "control"


def test_replay_says_it_and_compares(finished, tmp_path, capsys, caplog):
    folder = of_another_model(finished, tmp_path / "study")
    code, said, _ = said_by(capsys, "replay", f"study={folder}", "run=7")
    assert code == 0 and "equal the stored row" in said
    assert ["sim/rules.py (" in record.getMessage() for record in caplog.records] == [True]


def sharded(results, count=2, **how):
    folder = store.folder_of(STUDY, results)
    for number in range(1, count + 1):
        shard = Shard(number, count)
        made(STUDY, shard.folder(folder), shard=shard, **how)
    return folder, [Shard(number, count).folder(folder) for number in range(1, count + 1)]


def test_shards_of_two_models_are_not_merged(tmp_path, capsys):
    folder, (_, second) = sharded(tmp_path)
    second.rename(tmp_path / "second")
    of_another_model(tmp_path / "second", second)
    before = contents(folder.parent)
    code, said, complaint = said_by(capsys, "merge", f"study={folder}")
    assert code == 2 and said == "" and complaint.count("\n") == 1
    assert f"{second} was made by another model than the other shards: numpy (1.0 there" in complaint
    assert contents(folder.parent) == before


def test_shards_of_another_model_are_not_merged_into_a_folder_of_this_one(finished, tmp_path, capsys):
    folder, shards = sharded(tmp_path)
    for number, shard in enumerate(shards):
        shard.rename(tmp_path / str(number))
        of_another_model(tmp_path / str(number), shard)
    shutil.copytree(finished, folder)
    code, said, complaint = said_by(capsys, "merge", f"study={folder}")
    assert code == 2 and said == "" and f"{folder} was made by another model than what is to be added" in complaint
    assert tables(folder) == tables(finished)
    shutil.rmtree(folder)
    assert said_by(capsys, "merge", f"study={folder}")[0] == 0, "control: apart from that they fit together"
    assert open_study(folder).identity == another()
