"""Folders of studies that came from somebody who means harm, or were crafted by accident: one message, and no more.

Each is met by every job. Nothing outside it may be read, written or waited for, nothing that it claims may cost more
than what it holds, and no job may answer it with a traceback.
"""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import experiments
from experiments.cli import main
from experiments.config.to_study import compose
from experiments.errors import StudyError
from experiments.storage import files, manifest
from experiments.storage.files import as_parquet
from experiments.storage.layout import MANIFEST, PROVENANCE
from experiments.study.tables import DESIGN, TABLES, part_name

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("impatient")]

WORDS = [
    "name=hostile", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=80", "parameters.months=4",
    "parameters.n_partners=3", "arms=[structure_first,purpose_first]", "trajectory_points=20",
]  # fmt: skip
STUDY = compose(WORDS)
RUNS = part_name(0)
PATIENCE = 30
"""Seconds for one job on one folder: far more than any takes, far less than what they are tempted into."""


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- crafting ---------------------------------------------------------------------------------------------


def entries(folder):
    """The manifest's lines, as content."""
    lines = [json.loads(line) for line in (folder / MANIFEST).read_bytes().splitlines()]
    return [{name: value for name, value in line.items() if name != "check"} for line in lines]


def rewrite(folder, lines):
    (folder / MANIFEST).write_bytes(b"".join(map(manifest.as_line, lines)))


def vouched(folder, name, content):
    """Write a file, and have the manifest vouch for it."""
    (folder / name).write_bytes(content)
    lines = [line if line.get("file") != name else {"file": name, **files.entry(content)} for line in entries(folder)]
    rewrite(folder, lines)


def replaced(path, make):
    path.unlink()
    make(path)


def line_changed(number, **changes):
    def craft(folder, outside):
        lines = entries(folder)
        lines[number] |= changes
        rewrite(folder, lines)

    return craft


def file_named(name):
    """A file listed under the name of one outside: always one of this test's own, should it be written or removed."""

    def craft(folder, outside):
        line_changed(2, file=name(folder, outside))(folder, outside)

    return craft


def manifest_of(content):
    return lambda folder, outside: (folder / MANIFEST).write_bytes(content)


def record(change):
    """A record of origin changed in a copy, for which the manifest vouches."""

    def craft(folder, outside):
        content = json.loads((folder / PROVENANCE).read_bytes())
        change(content)
        vouched(folder, PROVENANCE, json.dumps(content).encode())

    return craft


def field(path, value):
    """One field of the record set to a value; to `...` to leave it out."""

    def change(content):
        *above, last = path.split(".")
        for name in above:
            content = content[name]
        if value is ...:
            del content[last]
        else:
            content[last] = value

    return record(change)


def raw_record(content):
    return lambda folder, outside: vouched(folder, PROVENANCE, content)


def table(change, name=RUNS):
    """A stored table changed, for which the manifest vouches."""

    def craft(folder, outside):
        vouched(folder, name, as_parquet(change(pq.read_table(folder / name))))

    return craft


def column(name, values):
    def change(old):
        place = old.column_names.index(name)
        return old.set_column(place, name, values(old[name]))

    return table(change)


def irregular(name, make):
    return lambda folder, outside: replaced(folder / name, lambda path: make(path, outside))


def to_treasure(path, outside):
    path.symlink_to(outside / "treasure.txt")


def to_same(path, outside):
    path.symlink_to(outside / path.parent.name / path.name if path.parent.name in TABLES else outside / path.name)


def pipe(path, outside):
    os.mkfifo(path)


def sparse(path, outside):
    with path.open("wb") as file:
        file.truncate(2**40)


def folder_instead(path, outside):
    path.mkdir()


def linked_tables(folder, outside):
    shutil.rmtree(folder / "runs")
    (folder / "runs").symlink_to(outside / "runs")


def first(value):
    """The column with another first value."""
    return lambda old: pa.array([value, *old.to_pylist()[1:]], old.type)


def bad_text(old):
    """Labels whose text is none."""
    raw = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(old), dtype=np.int8)), raw)


def with_pandas(old):
    return old.replace_schema_metadata({b"pandas": b'{"index_columns": ["gone"], "columns": [{"x": 1}]}'})


IRREGULAR = {
    f"{name} {kind}": irregular(name, make)
    for name in (MANIFEST, PROVENANCE, RUNS)
    for kind, make in {"linked to a secret": to_treasure, "linked to its like": to_same, "a pipe": pipe,
                       "a folder": folder_instead, "a terabyte": sparse}.items()
}  # fmt: skip
MANIFESTS = {
    "nested": manifest_of(b"[" * 10**6),
    "one long line": manifest_of(b'{"check": "' + b"x" * 10**6),
    "absolute": file_named(lambda folder, outside: str(outside / "treasure.txt")),
    "above": file_named(lambda folder, outside: os.path.relpath(outside / "treasure.txt", folder)),
    "a pipe": file_named(lambda folder, outside: str(outside / "pipe")),
    "below": line_changed(2, file="runs/../../x/part-000000.parquet"),
    "not a part": line_changed(2, file="runs/part-1.parquet"),
    "beyond the plan": line_changed(2, file="runs/part-000099.parquet"),
    "size of text": line_changed(3, bytes="many"),
    "size of a terabyte": line_changed(3, bytes=2**40),
    "no size": line_changed(3, bytes=-1),
    "hash of another kind": line_changed(3, blake2b=["0" * 64]),
    "id of another kind": line_changed(0, study=7),
    "sources of another kind": line_changed(0, sources=["sim/rules.py"]),
    "source with an escape": line_changed(0, sources={"sim/\x1b[2Jrules.py": "00"}),
    "another version of the results": line_changed(0, results_version=99),
}
RECORDS = {
    "points without an end": field("study.design.points", 10**12),
    "as many points as are allowed": field("study.design.points", 2**32 - 1),
    "points of another kind": field("study.design.points", "80"),
    "replicates without an end": field("study.design.replicates", 10**9),
    "adaptive without an end": field(
        "study.design.adaptive", {"precision": 0.1, "batch": 2, "maximum": 10**7, "level": 0.9}
    ),
    "name that leads elsewhere": field("study.name", "../../outside"),
    "question of another kind": field("study.question", ["why"]),
    "question that clears the screen": field("study.question", "\x1b[2J"),
    "no arms": field("study.arms", ...),
    "arms of another kind": field("study.arms", {"a": 1}),
    "unknown arm": field("study.arms", ["structure_first", "purpose_first", "x"]),
    "no design": field("study.design", None),
    "unknown sampler": field("study.design.sampler", "os.system"),
    "unknown parameter": field("study.parameters.nois", 0.5),
    "parameter out of range": field("study.parameters.noise", 1e308),
    "parameter too long": field("study.parameters.noise", 10**400),
    "parameter that is none": field("study.parameters.noise", None),
    "range of one": field("study.design.factors.noise", [0]),
    "factor that is not known": field("study.design.factors.nois", [0, 1]),
    "variant with a path": field("study.variants", {"../x": {}}),
    "limits without most": field("study.limits", {"window": 20}),
    "unknown field": field("study.more", 1),
    "no study": field("study", ...),
    "seed with markup": field("seed", "<script>alert(1)</script>"),
    "id with markup": field("study_id", "<script>alert(1)</script>"),
    "version with markup": field("results_version", "<script>alert(1)</script>"),
    "no versions": field("versions", ...),
    "versions of another kind": field("versions", [1]),
    "no command": field("command", ...),
    "another command": field("command", "rm -rf /"),
    "command of two lines": field("command", "partnership sweep\nrm -rf /"),
    "command with an escape": field("command", "partnership sweep \x1b]0;x\x07"),
    "no number": raw_record(b'{"seed": NaN}'),
    "nested": raw_record(b'{"a":' * 10**5),
    "a list": raw_record(b"[]"),
    "no JSON": raw_record(b"\xff\xfe"),
    "number of a million digits": raw_record(b'{"seed": ' + b"1" * 10**6 + b"}"),
}
TABLE_CRAFTS = {
    "no Parquet": lambda folder, outside: vouched(folder, RUNS, b"PAR1" + b"\0" * 1000 + b"PAR1"),
    "empty": lambda folder, outside: vouched(folder, RUNS, b""),
    "cut short": lambda folder, outside: vouched(folder, RUNS, (folder / RUNS).read_bytes()[:-20]),
    "of another place": lambda folder, outside: vouched(folder, RUNS, (folder / part_name(1)).read_bytes()),
    "of another table": lambda folder, outside: vouched(folder, RUNS, (folder / part_name(0, DESIGN)).read_bytes()),
    "one row more": table(lambda old: pa.concat_tables([old, old.slice(0, 1)])),
    "of millions of rows": table(lambda old: old.take(pa.array(np.zeros(3_000_000, dtype=np.int32)))),
    "column more": table(lambda old: old.append_column("more", old["run"])),
    "column less": table(lambda old: old.drop_columns(["effort"])),
    "outcomes of text": column("effort", lambda old: pa.array(["x"] * len(old))),
    "runs of fractions": column("run", lambda old: old.cast(pa.float64())),
    "endless outcome": column("added_value_mean", first(float("inf"))),
    "vast outcome": column("added_value_mean", first(1e300)),
    "run without number": column("run", first(None)),
    "run twice": column("run", first(1)),
    "point far off": column("point", first(2**40)),
    "point below": column("point", first(-1)),
    "unknown arm": column("arm", lambda old: pa.array(["x"] * len(old)).dictionary_encode()),
    "arm that is no text": column("arm", bad_text),
    "arm missing": column("arm", lambda old: pa.array([None] * len(old), pa.string())),
    "arms exchanged": column("arm", lambda old: pa.array(old.to_pylist()[::-1])),
}
CRAFTED = {
    **IRREGULAR,
    **{f"manifest: {name}": craft for name, craft in MANIFESTS.items()},
    **{f"record: {name}": craft for name, craft in RECORDS.items()},
    **{f"table: {name}": craft for name, craft in TABLE_CRAFTS.items()},
    "tables linked": linked_tables,
}
READING = {
    "report": ("report", "study={folder}"),
    "check": ("check", "study={folder}"),
    "replay": ("replay", "study={folder}", "run=1"),
    "compare": ("compare", "a={folder}", "b={good}"),
    "compare with": ("compare", "a={good}", "b={folder}"),
    "contrast": ("contrast", "study={folder}"),
    "plot": ("plot", "study={folder}"),
    "power": ("power", "study={folder}"),
}


def answered(capsys, words, **names):
    """The exit code of a job and all it said; whatever went wrong, in a single line without a control character."""
    code = main([word.format(**names) for word in words])
    said, complaint = capsys.readouterr()
    assert code in (0, 1, 2) and (code == 2) == complaint.startswith("partnership: ")
    messages = [line for line in complaint.splitlines() if not line.startswith("partnership: note: ")]
    assert len(messages) <= 1 and "\x1b" not in said + complaint and "precious" not in said + complaint
    return code, said + complaint


@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_hostile_folder_gets_one_message_from_whoever_reads_it(places, good, capsys, crafted):
    folder, outside = places
    before = contents(outside)
    CRAFTED[crafted](folder, outside)
    there = sorted(path.name for path in folder.rglob("*"))
    for job, words in READING.items():
        code, said = answered(capsys, words, folder=folder, good=good)
        if job == "check":  # it reads bytes: what the manifest vouches for is as it was written
            assert code != 0 or crafted.startswith("table: "), (job, said)
        else:
            assert code == 2 and str(folder) in said, (job, said)
            assert crafted != "table: of millions of rows" or "holds 3,000,000 rows, where the study has" in said
        assert sorted(path.name for path in folder.rglob("*")) == there, f"{job} writes nothing"
    with pytest.raises(StudyError):
        experiments.load(folder).to_pandas()
    assert contents(outside) == before


def test_the_folder_that_is_spoilt_is_sound_before(places, good, capsys):
    """The control: each of these jobs has an answer to it."""
    folder, _ = places
    for words in READING.values():
        assert answered(capsys, words, folder=folder, good=good)[0] == 0, words
    assert len(experiments.load(folder).to_pandas()) == 160


@pytest.mark.parametrize("crafted", CRAFTED)
def test_resuming_in_a_hostile_folder_mends_it_or_gets_one_message(places, good, capsys, monkeypatch, crafted):
    monkeypatch.setattr("experiments.report.rebuild.rebuild", lambda path: 0)
    folder, outside = places
    before = contents(outside)
    CRAFTED[crafted](folder, outside)
    code, _ = answered(capsys, ("sweep", *WORDS, "results={results}"), results=folder.parent.parent)
    if code == 0 and not crafted.startswith("table: "):  # what the manifest vouches for, `anew=true` makes again
        assert contents(folder) == contents(good), "whatever was believed was sound"
    assert code in (0, 2) and contents(outside) == before
    assert not any(path.is_symlink() for path in folder.rglob("*")) or code == 2


@pytest.mark.parametrize("crafted", CRAFTED)
def test_making_a_study_anew_removes_nothing_but_what_is_the_studys(places, good, capsys, monkeypatch, crafted):
    monkeypatch.setattr("experiments.report.rebuild.rebuild", lambda path: 0)
    folder, outside = places
    before = contents(outside)
    CRAFTED[crafted](folder, outside)
    words = ("sweep", *WORDS, "results={results}", "anew=true")
    code, _ = answered(capsys, words, results=folder.parent.parent)
    assert code == 2 or contents(folder) == contents(good)
    assert contents(outside) == before


@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_hostile_shard_is_merged_only_in_so_far_as_it_is_sound(places, good, capsys, monkeypatch, crafted):
    monkeypatch.setattr("experiments.report.rebuild.rebuild", lambda path: 0)
    folder, outside = places
    CRAFTED[crafted](folder, outside)
    folder.rename(folder.with_name(f"{folder.name}-shard-1-of-1"))
    before = contents(outside)
    code, said = answered(capsys, ("merge", "study={folder}"), folder=folder)
    if code == 0 and not crafted.startswith("table: "):  # what the manifest vouches for is taken over as it was written
        assert contents(folder) == contents(good), said
    assert contents(outside) == before
