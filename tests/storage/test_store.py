"""Files that are there whole or not at all, and damage that is noticed."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments import load
from experiments.errors import StudyError
from experiments.execution import sweep
from experiments.storage import files, manifest, provenance, store
from experiments.storage.files import as_parquet, write_bytes
from experiments.storage.layout import MANIFEST, PROVENANCE
from experiments.storage.reading import open_study
from experiments.storage.records import study_from
from experiments.study.definition import Adaptive
from experiments.study.small import small_study
from experiments.study.tables import DESIGN, part_name
from sim.outcomes import OUTCOME_NAMES

STUDY = small_study(120, n_partners=2, months=2)
NAMES = [PROVENANCE, part_name(0, DESIGN), part_name(0), part_name(1)]
ROWS = 120 * 8


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of every file of the study, by name."""
    folder = tmp_path_factory.mktemp("made")
    assert sweep.simulate(STUDY, folder, 1, sweep.Console(quiet=True)) == []
    return {name: (folder / name).read_bytes() for name in NAMES}


def runs(worlds=300):
    values = np.linspace(0, 1, worlds)
    return pa.table(
        {
            "run": pa.array(np.arange(worlds, dtype=np.int64)),
            "arm": pa.DictionaryArray.from_arrays(np.zeros(worlds, dtype=np.int8), ["structure_first"]),
            "added_value": pa.array(values),
            "gain_month": pa.array(np.where(values > 0.5, 7.0, np.nan), from_pandas=True),
        }
    )


def begun(folder, content, parts=4, study=STUDY):
    """Write some files of a study, without sealing it."""
    with store.opened(study, folder, NAMES) as opened:
        for name in NAMES[:parts]:
            opened.keep(name, content[name])
    return folder


@pytest.fixture
def finished(tmp_path, content):
    """A sealed study of two parts."""
    folder = begun(store.folder_of(STUDY, tmp_path), content)
    with store.opened(STUDY, folder, NAMES) as opened:
        opened.seal()
    return folder


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def reopened(folder, study=STUDY):
    with store.opened(study, folder, NAMES) as opened:
        return sorted(opened.files), opened.faults


def test_what_is_written_is_read_back_and_only_when_asked_for(finished):
    view = load(finished)
    assert len(view) == ROWS and view.columns == ["run", "point", "world", "arm", "variant", *OUTCOME_NAMES, "error"]
    table = view.to_pandas()
    assert isinstance(table, pd.DataFrame) and table["arm"].dtype == "category"
    parts = [pq.read_table(finished / name).to_pandas() for name in NAMES[2:]]
    assert np.array_equal(view["added_value"], np.concatenate([part["added_value"] for part in parts]))
    assert np.array_equal(view["gain_month"], np.concatenate([part["gain_month"] for part in parts]), equal_nan=True)
    assert list(view[["added_value", "arm"]].columns) == ["added_value", "arm"]
    assert [len(part) for part in view.parts(["arm"])] == [64 * 8, 56 * 8]
    assert open_study(finished).study == STUDY


def test_a_view_reads_no_file_before_it_is_asked_to(finished):
    view = load(finished)
    (finished / part_name(1)).write_bytes(b"")
    assert len(next(view.parts())) == 64 * 8
    with pytest.raises(StudyError, match=r"part-000001.parquet is damaged"):
        view["arm"]


def test_missing_values_are_null_and_pages_carry_checksums(tmp_path):
    path = tmp_path / "part.parquet"
    path.write_bytes(as_parquet(runs()))
    assert pq.read_table(path)["gain_month"].null_count == 150
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"CRC|checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_others_read_the_parts_as_they_lie(finished):
    duckdb = pytest.importorskip("duckdb")
    query = f"select count(*), max(added_value) from '{finished}/runs/*.parquet' where arm = 'structure_first'"
    table = load(finished)[["arm", "added_value"]]
    assert duckdb.sql(query).fetchall() == [(120, table.loc[table["arm"] == "structure_first", "added_value"].max())]


def test_equal_tables_give_equal_bytes():
    assert as_parquet(runs()) == as_parquet(runs()) != as_parquet(runs(299))


def test_an_undamaged_study_verifies_and_is_left_as_it_is(finished):
    open_study(finished).verify()
    before = everything(finished)
    assert reopened(finished) == (sorted(NAMES), [])
    assert everything(finished) == before


@pytest.mark.parametrize("name", ["runs/part-000001.parquet", "provenance.json", "manifest.jsonl"])
@pytest.mark.parametrize("damage", ["bit", "truncated", "emptied", "deleted"])
def test_damage_is_noticed_by_readers_and_left_out_when_resuming(finished, name, damage):
    path = finished / name
    content = bytearray(path.read_bytes())
    if damage == "bit":
        content[len(content) // 2] ^= 4
    path.write_bytes({"bit": content, "truncated": content[: len(content) // 2]}.get(damage, b""))
    if damage == "deleted":
        path.unlink()
    with pytest.raises(StudyError, match=r"is damaged|is missing|holds no study"):
        open_study(finished).verify()
    kept, faults = reopened(finished)
    assert faults and (name == MANIFEST or kept == sorted({*NAMES} - {name}))


def test_every_one_of_many_bit_flips_in_the_manifest_is_noticed(finished):
    path = finished / MANIFEST
    good = path.read_bytes()
    for place in np.linspace(0, len(good) - 1, 60).astype(int):
        path.write_bytes(good[:place] + bytes([good[place] ^ 2]) + good[place + 1 :])
        with pytest.raises(StudyError, match="is damaged"):
            open_study(finished)
    path.write_bytes(good)
    open_study(finished)


def test_a_torn_line_costs_its_file_and_no_other(tmp_path, content):
    folder = begun(tmp_path / "study", content)
    path = folder / MANIFEST
    path.write_bytes(path.read_bytes()[:-20])
    kept, faults = reopened(folder)
    assert kept == sorted(NAMES[:3])
    assert faults == ["line 5 of the manifest is damaged", "runs/part-000001.parquet is not in the manifest"]
    with store.opened(STUDY, folder, NAMES) as opened:
        opened.keep(NAMES[3], content[NAMES[3]])
    assert manifest.read_manifest(folder).damaged == [] and reopened(folder) == (sorted(NAMES), [])


def spoilt(folder, place):
    """Turn one bit of the manifest."""
    content = bytearray((folder / MANIFEST).read_bytes())
    content[place] ^= 1 << place % 8
    (folder / MANIFEST).write_bytes(content)


def mended(folder, content):
    """Whether the study can be written again over what is there, and is then as it was."""
    with store.opened(STUDY, folder, NAMES) as opened:
        for name in NAMES:
            opened.keep(name, content[name])
        opened.seal()
    return manifest.read_manifest(folder).finished and all(
        (folder / name).read_bytes() == content[name] for name in NAMES
    )


def test_a_first_line_damaged_anywhere_costs_nothing_where_the_record_of_origin_is_sound(finished, content):
    """Its bits, all of them in turn: which study it is, and what made it, `provenance.json` says as well."""
    good = (finished / MANIFEST).read_bytes()
    length = good.index(b"\n") + 1
    for place in range(0, length, 5):
        spoilt(finished, place)
        with pytest.raises(StudyError, match="is damaged in line 1"):
            open_study(finished)
        kept, faults = reopened(finished)
        assert kept == sorted(NAMES) or place == length - 1, place
        assert "line 1 of the manifest is damaged" in faults
        (finished / MANIFEST).write_bytes(good)
    spoilt(finished, 40)
    assert mended(finished, content) and (finished / MANIFEST).read_bytes() == good


@pytest.mark.parametrize("left", [1, 5, 200, -1])
def test_a_first_line_that_was_torn_is_mended(finished, content, left):
    first = (finished / MANIFEST).read_bytes().splitlines(keepends=True)[0]
    (finished / MANIFEST).write_bytes(first[:left])
    assert reopened(finished)[0] == []
    assert mended(finished, content)


@pytest.mark.parametrize("place", [0, 3, 100, 500])
def test_a_manifest_of_nothing_but_a_damaged_first_line_is_mended(tmp_path, content, place):
    """As a study leaves it that was stopped before its first file, on a disk that then lost a bit."""
    folder = begun(tmp_path / "study", content)
    first = (folder / MANIFEST).read_bytes().splitlines(keepends=True)[0]
    (folder / MANIFEST).write_bytes(first)
    spoilt(folder, place)
    assert reopened(folder)[0] == []
    assert mended(folder, content)


def test_where_nothing_says_what_a_study_is_nothing_of_it_is_believed(finished, content):
    spoilt(finished, 40)
    (finished / PROVENANCE).write_bytes(b"{}")
    assert reopened(finished)[0] == []
    assert mended(finished, content)


def test_where_only_the_record_of_origin_says_that_it_is_another_study_it_is_left_alone(finished):
    with_record(finished, provenance.record(replace(STUDY, seed=99)))
    spoilt(finished, 40)
    before = everything(finished)
    with pytest.raises(StudyError, match=r"holds study .*, not"):
        reopened(finished)
    assert everything(finished) == before


STRANGERS = ["runs/part-000099.parquet", "design/part-000000.csv", "runs/more/part-000000.parquet", "stops/x"]


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_among_the_tables_is_told_by_readers_and_refused_by_writers(finished, caplog, name):
    load(finished)
    assert caplog.records == [], "control: nothing is said of a study that is as it should be"
    (finished / name).parent.mkdir(exist_ok=True)
    (finished / name).write_bytes((finished / NAMES[2]).read_bytes())
    before = everything(finished)
    assert len(load(finished)["run"]) == ROWS
    (record,) = caplog.records
    assert name in record.getMessage() and "does not belong to this study" in record.getMessage()
    with pytest.raises(StudyError, match=f"{name} does not belong to this study; move it away"):
        reopened(finished)
    assert everything(finished) == before


def test_what_a_later_line_says_of_a_file_holds(tmp_path, content):
    folder = begun(tmp_path / "study", content, parts=3)
    with store.opened(STUDY, folder, NAMES) as opened:
        opened.keep(NAMES[2], as_parquet(runs(7)))
    assert reopened(folder) == (sorted(NAMES[:3]), [])


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StudyError, match=r"cannot write .*: No space left on device"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_no_other_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_told(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StudyError, match="cannot write"):
        reopened(tmp_path / "file" / "study")
    with pytest.raises(StudyError, match="cannot write"):
        write_bytes(tmp_path / "file" / "study" / "x", b"")


def test_a_sealed_study_says_the_same_however_it_came_about(finished, tmp_path, content):
    other = tmp_path / "other"
    with store.opened(STUDY, other, NAMES) as opened:
        opened.keep(NAMES[3], content[NAMES[3]])
    with store.opened(STUDY, other, NAMES) as opened:
        for name in NAMES[:3]:
            opened.keep(name, content[name])
        opened.seal()
    assert (other / MANIFEST).read_bytes() == (finished / MANIFEST).read_bytes()


def test_what_is_not_ours_is_kept_and_what_cut_off_writes_left_is_removed(tmp_path, content):
    folder = begun(tmp_path / "study", content)
    kept = [folder / "notes.txt", folder / ".notes.tmp", folder / "mine" / ".part.77.tmp"]
    (folder / "mine").mkdir()
    for path in kept:
        path.write_text("mine")
    (folder / "runs" / ".part-000001.parquet.77.tmp").write_bytes(b"half")
    assert reopened(folder)[1] == ["1 unfinished temporary files removed"]
    assert all(path.exists() for path in kept) and not list((folder / "runs").glob(".*"))


def test_one_writer_at_a_time_and_a_dead_one_blocks_nobody(tmp_path):
    folder = tmp_path / "study"
    with files.locked(folder):
        with pytest.raises(StudyError, match=rf"is being written by process {os.getpid()} on"), files.locked(folder):
            pass
        with files.locked(tmp_path / "another"):
            pass
    assert list(folder.iterdir()) == []
    code = (
        "import os; from pathlib import Path; from experiments.storage import files\n"
        f"with files.locked(Path({str(folder)!r})): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert (folder / files.LOCK).exists(), "control: the dead process did hold it"
    with files.locked(folder):
        pass
    assert list(folder.iterdir()) == []


def test_missing_unfinished_and_foreign_folders_are_told_apart(finished, tmp_path, content):
    with pytest.raises(StudyError, match="there is no folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(StudyError, match="holds no study"):
        load(tmp_path)
    (tmp_path / MANIFEST).write_text('["of a web page"]')
    for read in (load, reopened):
        with pytest.raises(StudyError, match="not the manifest of a study"):
            read(tmp_path)
    with pytest.raises(StudyError, match="was not finished"):
        load(begun(tmp_path / "begun", content))
    with pytest.raises(StudyError, match=f"holds study {STUDY.id}, not"):
        reopened(finished, replace(STUDY, seed=2))


def test_a_folder_of_an_older_format_is_told_and_what_to_do(finished):
    lines = (finished / MANIFEST).read_bytes().splitlines(keepends=True)
    lines[0] = manifest.as_line({"format": 2, "study": STUDY.id, "results_version": 1})
    (finished / MANIFEST).write_bytes(b"".join(lines))
    before = everything(finished)
    for read in (load, reopened):
        with pytest.raises(StudyError, match=r"laid out in format 2, .* format 3.* anew=true"):
            read(finished)
    assert everything(finished) == before


def test_tables_and_columns_that_do_not_exist_are_named(finished):
    with pytest.raises(StudyError, match="no table 'rnus'; there is runs"):
        load(finished, "rnus")
    with pytest.raises(StudyError, match="kept no trajectories"):
        load(finished, "trajectories")
    with pytest.raises(StudyError, match="has no column effrot"):
        load(finished)["effrot"]


def with_record(folder, record):
    """The finished study with another record of origin, for which the manifest vouches."""
    with store.opened(STUDY, folder, NAMES) as opened:
        opened.keep(PROVENANCE, files.as_json(record))
        opened.seal()


def test_the_manifest_of_another_study_is_noticed(finished):
    with_record(finished, provenance.record(replace(STUDY, seed=99)))
    with pytest.raises(StudyError, match="its provenance of"):
        open_study(finished)


def test_a_study_of_another_version_is_told(finished):
    record = provenance.record(STUDY)
    del record["study"]["arms"]
    with_record(finished, record)
    with pytest.raises(StudyError, match=r"does not describe a study as this software knows it: study lacks 'arms'"):
        open_study(finished)


def test_a_study_survives_json():
    study = replace(small_study(7), variants={"no_load": {"load_per_seat": 0.0}}, variant_points=3)
    town, rule = {"small": {"n_partners": 6.0}}, Adaptive(0.01, 8, 80)
    design = replace(study.design, levels={"noise": (0.0, 0.2)}, choices={"town": town}, adaptive=rule)
    for one in (study, replace(study, design=design)):
        again = study_from(json.loads(json.dumps(one.as_dict())))
        assert again == one and again.id == one.id
