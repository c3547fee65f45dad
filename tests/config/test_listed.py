"""Lists of points: taken as they are, whatever holds them, and each fault answered with its row and column."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.commands.compare import compared
from experiments.commands.merge import merge
from experiments.commands.replay import replayed
from experiments.commands.sweep import sweep_study
from experiments.config.composition import composed
from experiments.config.point_list import read_list
from experiments.config.to_study import study_and_list
from experiments.errors import ConfigError, StudyError
from experiments.execution.place import Shard
from experiments.storage import store
from experiments.storage.reading import load
from experiments.study import samplers, validation
from experiments.study.definition import Design
from experiments.study.design import digest, points
from experiments.study.small import small_study
from tests.strategies import sample

pytestmark = pytest.mark.slow

CHOICES = {"town": {"small": {"n_partners": 5.0}, "large": {"n_partners": 30.0}, "1": {}}}
TABLE = pd.DataFrame({"umbrella": [0, 1, 1], "noise": [0.1, 0.2, 0.3], "setup_months": [6, 7, 48]})


def read(path, **choices):
    return read_list(path, Design("list", 0, {}, {}, choices))


def written(folder, content, name="points.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path, said, **choices):
    with pytest.raises(ConfigError, match=said) as fault:
        read(path, **choices)
    assert str(fault.value).startswith(f"design.list={path}")
    assert "\n" not in str(fault.value)


# -- what is taken ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_list_is_taken_as_it_is(tmp_path, kind):
    table = TABLE[["umbrella", "noise"]].assign(town=["small", "large", "small"])
    path = tmp_path / f"points.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    choice = "design.factors.town={choices:{small:{n_partners:5},large:{n_partners:30}}}"
    study, listed = study_and_list(composed(["design.sampler=list", f"design.list={path}", choice]))
    found = points(study, listed=listed).sort_values("point").reset_index(drop=True)
    pd.testing.assert_frame_equal(found[["umbrella", "noise", "town"]], table, check_dtype=False)
    assert study.design.factors == {"umbrella": (0.0, 1.0), "noise": (0.1, 0.3)}
    with pytest.raises(StudyError, match="not the one this study was made with"):
        points(study, listed=listed.assign(noise=0.5))
    with pytest.raises(StudyError, match=r"give it as design.list=FILE"):
        points(study)


SAME = {
    "a byte order mark": b"\xef\xbb\xbfumbrella,noise,setup_months\n0,0.1,6\n1,0.2,7\n1,0.3,48\n",
    "Windows lines": b"umbrella,noise,setup_months\r\n0,0.1,6\r\n1,0.2,7\r\n1,0.3,48\r\n",
    "old Macintosh lines": b"umbrella,noise,setup_months\r0,0.1,6\r1,0.2,7\r1,0.3,48",
    "spaces and empty lines": b"\numbrella , noise, setup_months\n0, 0.1 ,6\n\n1,.2,7\n1,3e-1,48\n\n",
    "words and points": b"umbrella,noise,setup_months\nfalse,0.1,6.0\nTrue,+0.2,7\n1.0,0.3,4.8e1\n",
    "quotes": b'"umbrella","noise","setup_months"\n"0","0.1","6"\n1,"0.2",7\n1,0.3,"48"\n',
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME.keys())
def test_the_same_list_written_otherwise_is_the_same_list(tmp_path, content):
    data_frame = read(written(tmp_path, content))
    pd.testing.assert_frame_equal(data_frame, TABLE.astype(float))
    assert digest(data_frame) == digest(read(written(tmp_path, TABLE.to_csv(index=False), "again.csv")))


@pytest.mark.parametrize(
    "table",
    [
        TABLE.set_index("noise"),
        TABLE.set_index(["umbrella", "noise"]),
        TABLE.astype({"umbrella": bool, "noise": "float64", "setup_months": "int16"}),
        TABLE.set_index(pd.Index(["a", "b", "c"])),
        TABLE.astype({"umbrella": "category"}),
    ],
    ids=["index", "two in the index", "types", "unnamed index", "category"],
)
def test_a_parquet_file_is_read_with_its_named_index(tmp_path, table):
    table.to_parquet(tmp_path / "points.parquet")
    data_frame = read(tmp_path / "points.parquet")
    assert set(data_frame) == set(TABLE)
    pd.testing.assert_frame_equal(data_frame[list(TABLE)], TABLE.astype(float))


def test_an_index_that_counts_is_a_column_if_it_has_a_name(tmp_path):
    """pandas stores such an index as its start and step: a reader of columns alone would lose it in silence."""
    path = tmp_path / "points.parquet"
    TABLE[["noise"]].set_index(pd.RangeIndex(6, 12, 2, name="setup_months")).to_parquet(path)
    assert read(path)["setup_months"].tolist() == [6.0, 8.0, 10.0]
    TABLE[["noise"]].set_index(pd.RangeIndex(6, 12, 2, name="months_of_setup")).to_parquet(path)
    refused(path, "there is no parameter 'months_of_setup'")


def test_numbers_may_be_the_names_of_options(tmp_path):
    path = written(tmp_path, "town,noise\n1,0.1\n1,0.2\n")
    assert read(path, **CHOICES)["town"].tolist() == ["1", "1"]
    pd.DataFrame({"town": [1, 1], "noise": [0.1, 0.2]}).to_parquet(tmp_path / "points.parquet")
    assert read(tmp_path / "points.parquet", **CHOICES)["town"].tolist() == ["1", "1"]
    refused(
        written(tmp_path, "town,noise\nsmal,0.1\n1,0.2\n"),
        r"row 1, column town: there is no 'smal' .did you mean 'small'",
        **CHOICES,
    )
    refused(written(tmp_path, "noise\n0.1\n0.2\n"), "there is no column town, which design.factors names", **CHOICES)


# -- what is refused --------------------------------------------------------------------------------------------

HEADING = "noise,umbrella\n"
BAD_LISTS = {
    "noise\n0.1\nloud\n": "row 2, column noise: noise='loud' is not a number",
    "noise\n0.1\n9\n": "row 2, column noise: noise=9 is out of range",
    "noise\n0.1\nnan\n": "row 2, column noise: noise=nan is out of range",
    "noise\n0.1\n1_0\n": "row 2, column noise: noise='1_0' is not a number",
    "noise\n0.1\ntrue\n": "row 2, column noise: noise='true' is not a number",
    "need_1\n0.1\n1e-9\n": "row 2, column need_1: need_1=1e-9 is out of range",
    "nois\n0.1\n0.2\n": "did you mean 'noise'",
    "n_partners\n4\n4.5\n": "row 2, column n_partners: n_partners=4.5 is not whole",
    "noise\n0.1\n": "1 points; a comparison needs at least 2",
    HEADING: "0 points; a comparison needs at least 2",
    "months,noise\n6,0.1\n7,0.2\n": "the same in every world",
    HEADING + "0.1,\n0.2,1\n": "row 1, column umbrella: there is no value",
    HEADING + "0.1\n0.2,1\n": "row 1, column umbrella: there is no value",
    HEADING + "0.1,1\n0.2,1,0\n": "line 3 holds 3 values, and the heading 2 columns",
    "noise\n0.1,5\n0.2,5\n": "line 2 holds 2 values, and the heading 1 columns; .* a decimal point",
    HEADING + '"0,1",1\n"0,2",1\n': "row 1, column noise: noise='0,1' is not a number; .* point, not a comma",
    "noise;umbrella\n0.1;1\n0.2;0\n": "separated by semicolons; save it with commas",
    "noise\tumbrella\n0.1\t1\n0.2\t0\n": "separated by tabs",
    "": "is empty",
    "\n \n": "is empty",
    b"\xef\xbb\xbf": "is empty",
    "noise,noise\n0.1,0.2\n0.2,0.3\n": "the column 'noise' appears twice",
    "noise,\n0.1,\n0.2,\n": "column 2 of 2 has no name",
    "noise,arm\n0.1,alone\n0.2,alone\n": r"column arm: every arm meets every point",
    "noise,scenario\n0.1,default\n0.2,default\n": r"design\.factors\.scenario=",
    '"noise\n0.1\n0.2\n': "the heading cannot be read",
    'noise\n0.1\n"0.2\n': "cannot be read as CSV: a quotation mark is not closed",
    "noise,umbrella\n0.1,1\n".encode("utf-16"): "is text in UTF-16; save it as CSV in UTF-8",
    "noise,umbrella\n0.1,1\n".encode("utf-16-le"): "line 1 holds a NUL byte",
    HEADING.encode() + b"0.1,1\n0.\x002,1\n": "line 3 holds a NUL byte",
    HEADING.encode() + b"0.1,1\nl\xe4rm,1\n": "line 3 is not text in UTF-8",
    bytes(range(1, 256)) * 20: "is not text in UTF-8",
    "n" * 200_000 + "\n0.1\n0.2\n": "heading cannot be read: field larger than field limit",
    ",".join(f"x{n}" for n in range(10**6)) + "\n": "there is no parameter 'x0'",
    ",".join(["noise"] * 10**6) + "\n": "the column 'noise' appears twice",
}


@pytest.mark.parametrize("content", BAD_LISTS, ids=lambda content: repr(content[:30]))
def test_a_bad_list_is_answered_with_its_row_and_column(tmp_path, content):
    refused(written(tmp_path, content), BAD_LISTS[content])


def test_the_first_row_is_never_taken_for_a_heading_or_an_index(tmp_path):
    """Control: pandas alone takes the first of two values under one name for a label, and drops it in silence."""
    path = written(tmp_path, "noise\n0.1,0.5\n0.2,0.6\n")
    assert pd.read_csv(path)["noise"].tolist() == [0.5, 0.6]
    refused(path, "line 2 holds 2 values")


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "socket", "nothing", "dangling", "loop", "long", "nul"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path, monkeypatch, kind, suffix):
    path = tmp_path / f"points{suffix}"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        monkeypatch.chdir(tmp_path)  # the address of a socket is short
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    elif kind in ("dangling", "loop"):
        path.symlink_to(path if kind == "loop" else tmp_path / "nowhere")
    path = {"long": tmp_path / f"{'x' * 300}{suffix}", "nul": tmp_path / f"a\0b{suffix}"}.get(kind, path)
    with pytest.raises(ConfigError, match=r"is a (folder|named pipe|device|socket)|no such file|cannot be read"):
        read(path)


def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path):
    refused(written(tmp_path, "noise\n0.1\n0.2\n", "points.txt"), "is a .csv or a .parquet file")
    assert len(read(written(tmp_path, "noise\n0.1\n0.2\n", "POINTS.CSV"))) == 2


def arrow(names=("noise",), *columns):
    return pa.Table.from_arrays([pa.array(column) for column in columns], names=list(names))


BAD_TABLES = {
    "booleans": (arrow(["noise"], [True, False]), "column noise is of type bool; a list holds numbers"),
    "text": (arrow(["noise"], ["0.1", "0.2"]), "column noise is of type string; a list holds numbers: noise takes"),
    "nulls": (arrow(["noise", "crowding"], [0.1, 0.2, 0.3], [0.1, None, 0.2]), "row 2, column crowding: there is no"),
    "nothing but nulls": (arrow(["noise"], [None, None]), "row 1, column noise: there is no value"),
    "twice": (arrow(["noise", "noise"], [0.1, 0.2], [0.1, 0.2]), "the column 'noise' appears twice"),
    "a list": (arrow(["noise"], [[0.1], [0.2]]), "column noise is of type list"),
    "a structure": (arrow(["noise"], [{"a": 0.1}, {"a": 0.2}]), "column noise is of type struct"),
    "dates": (arrow(["noise"], np.array(["2001-01-01"] * 2, "datetime64[s]")), "column noise is of type timestamp"),
    "not finite": (arrow(["noise"], [0.1, float("nan")]), "row 2, column noise: noise=nan is out of range"),
    "no name": (arrow([""], [0.1, 0.2]), "column 1 of 1 has no name"),
    "no parameter": (arrow(["nois"], [0.1, 0.2]), "did you mean 'noise'"),
    "no columns": (pd.DataFrame(index=["a", "b"]).pipe(pa.Table.from_pandas), "it has no columns"),
    "no rows": (arrow(["noise"], pa.array([], pa.float64())), "0 points"),
    "damaged": (arrow(["noise"], [0.1, 0.2]).replace_schema_metadata({"pandas": "{"}), "pandas wrote of its index"),
    "many": (arrow([f"x{n}" for n in range(3000)], *([[0.1]] * 3000)), "there is no parameter 'x0'"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_parquet_file_is_answered_with_its_row_and_column(tmp_path, name):
    table, said = BAD_TABLES[name]
    pq.write_table(table, tmp_path / "points.parquet")
    refused(tmp_path / "points.parquet", said)


def test_a_damaged_parquet_file_is_answered_with_one_message(tmp_path):
    path = tmp_path / "points.parquet"
    TABLE.to_parquet(path)
    content = path.read_bytes()
    for damaged in (b"", b"PAR1", content[: len(content) // 2], b"noise\n0.1\n0.2\n", content[:-40] + bytes(40)):
        path.write_bytes(damaged)
        refused(path, "cannot be read as Parquet")


def test_a_point_that_cannot_be_run_is_found_before_a_study_starts(tmp_path):
    listed = read(written(tmp_path, "need_1,need_2,need_3,need_4\n1,1,1,1\n0,0,0,0\n0,1,1,1\n"))
    factors = dict.fromkeys(listed, (0.0, 1.0))
    study = replace(small_study(3), design=Design("list", 3, factors, digest=digest(listed)))
    with pytest.raises(StudyError, match=r"row 3 of the list cannot be run: need_1=0, and others are above"):
        sweep_study(study, tmp_path / "results", listed=listed)
    assert not (tmp_path / "results").exists()
    sound = listed[:2]
    with pytest.raises(StudyError, match=r"row 1 of the list cannot be run under the variant v: need_2=0"):
        validation.require_valid(
            replace(
                study, variants={"v": {"need_2": 0.0}}, design=replace(study.design, points=2, digest=digest(sound))
            ),
            sound,
        )
    validation.require_valid(replace(study, design=replace(study.design, points=2, digest=digest(sound))), sound)


# -- points drawn from a list -----------------------------------------------------------------------------------

WORLDS = pd.DataFrame({"noise": np.linspace(0.0, 0.6, 50), "setup_months": np.arange(50) % 7 + 6.0})


def drawn_from(listed, count, seed=1, **changes):
    factors = {name: (float(listed[name].min()), float(listed[name].max())) for name in listed}
    made = Design("bootstrap", count, factors, digest=digest(listed), **changes)
    return replace(small_study(9, seed=seed, months=3, n_partners=3), name="drawn", design=made)


def test_points_are_rows_of_the_list_each_as_likely_and_drawn_with_replacement():
    study = drawn_from(WORLDS, 20_000)
    found = points(study, listed=WORLDS)
    assert found["point"].tolist() == list(range(20_000))
    pairs = set(map(tuple, WORLDS.to_numpy()))
    assert set(map(tuple, found[["noise", "setup_months"]].to_numpy(float))) == pairs
    counts = found["noise"].value_counts()
    assert abs(counts - 400).max() < 6 * 20  # six standard deviations of a binomial count
    assert counts.nunique() > 1, "control: they are drawn, and not dealt out"


def test_the_seed_decides_which_rows_are_drawn_and_the_number_of_points_does_not():
    study = drawn_from(WORLDS, 300)
    assert points(study, listed=WORLDS).equals(points(study, listed=WORLDS))
    assert not points(study, listed=WORLDS)["noise"].equals(points(drawn_from(WORLDS, 300, 2), listed=WORLDS)["noise"])
    longer = points(drawn_from(WORLDS, 400), listed=WORLDS)
    assert longer[:300].equals(points(study, listed=WORLDS))


def test_a_design_of_any_size_is_drawn_in_blocks(monkeypatch):
    """A billion points cost no more than those that are asked for."""
    study = drawn_from(WORLDS, 10**9)
    last = points(study, 10**9 - 3, 10**9, WORLDS)
    assert last.index.tolist() == [10**9 - 3, 10**9 - 2, 10**9 - 1]
    assert last["noise"].isin(WORLDS["noise"]).all()
    monkeypatch.setattr(samplers, "BLOCK", 64)
    samplers._block.cache_clear()
    whole = points(drawn_from(WORLDS, 300), listed=WORLDS)
    pieces = [points(drawn_from(WORLDS, 300), a, b, WORLDS) for a, b in ((0, 1), (1, 64), (64, 200), (200, 300))]
    samplers._block.cache_clear()
    pd.testing.assert_frame_equal(pd.concat(pieces), whole)


def test_a_study_drawn_from_a_list_needs_that_list(tmp_path):
    study = drawn_from(WORLDS, 30)
    assert sample(replace(small_study(30))).shape[0] == 30
    with pytest.raises(StudyError, match=r"give its box as design.box=NAME"):
        points(study)
    with pytest.raises(StudyError, match=r"give its box as design.box=NAME"):
        sweep_study(study, tmp_path / "results")
    assert not (tmp_path / "results").exists()
    with pytest.raises(StudyError, match="not the one this study was made with"):
        validation.require_valid(study, WORLDS * 0.5 + 5)
    with pytest.raises(StudyError, match=re.escape("has no column noise")):
        validation.require_valid(study, WORLDS[["setup_months"]])


def test_a_study_drawn_from_a_list_is_sharded_resumed_replayed_and_compared(tmp_path, capsys):
    study = drawn_from(WORLDS, 150)
    folder = store.folder_of(study, tmp_path / "whole")
    assert sweep_study(study, tmp_path / "whole", workers=1, listed=WORLDS) == 0
    whole = {path.name: path.read_bytes() for path in folder.rglob("part-*")}
    for number in (1, 2, 3):
        assert sweep_study(study, tmp_path / "parts", 1, shard=Shard(number, 3), listed=WORLDS) == 0
    merged = store.folder_of(study, tmp_path / "parts")
    assert merge({"study": str(merged)}) == 0
    assert {path.name: path.read_bytes() for path in merged.rglob("part-*")} == whole
    last = sorted((folder / "runs").iterdir())[-1]
    last.unlink()
    assert sweep_study(study, tmp_path / "whole", workers=2, listed=WORLDS) == 0
    assert {path.name: path.read_bytes() for path in folder.rglob("part-*")} == whole
    assert replayed(folder, int(load(folder)["run"].iloc[-1])) == 0
    assert compared(folder, merged) == 0
    assert "drawn from this study" in capsys.readouterr().out
    assert "drawn from a list of worlds, with replacement" in (folder / "report.html").read_text(encoding="utf-8")
    other = replace(study, seed=2)
    assert sweep_study(other, tmp_path / "whole", workers=1, listed=WORLDS) == 0
    assert compared(folder, store.folder_of(other, tmp_path / "whole")) == 1
    said = capsys.readouterr().out
    assert re.search(r"\d+ points have other parameters in a than in b", said), "control: another seed, other worlds"
