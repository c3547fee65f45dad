"""Files that are there whole or not at all, and damage that is noticed."""

import fcntl
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments import files, load, manifest, store
from experiments.design import small_study
from experiments.store import StudyError
from experiments.study import Adaptive, study_from

STUDY = small_study(600)
NAMES = [store.PROVENANCE, store.part_name(0), store.part_name(1)]


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


def begun(folder, study=STUDY, parts=2):
    """Write a study of some parts, without sealing it."""
    with store.opened(study, folder, NAMES) as opened:
        opened.keep(store.PROVENANCE, store.as_record({"study": study.as_dict()}))
        for index in range(parts):
            opened.keep(store.part_name(index), store.as_parquet(runs()))
    return folder


@pytest.fixture
def finished(tmp_path):
    """A sealed study of two parts."""
    folder = begun(store.folder_of(STUDY, tmp_path))
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
    assert len(view) == 600 and view.columns == ["run", "arm", "added_value", "gain_month"]
    table = view.to_pandas()
    assert isinstance(table, pd.DataFrame) and table["arm"].dtype == "category"
    assert table["gain_month"].isna().sum() == 300
    assert np.array_equal(view["added_value"], np.tile(np.linspace(0, 1, 300), 2))
    assert list(view[["added_value", "arm"]].columns) == ["added_value", "arm"]
    assert [len(part) for part in view.parts(["arm"])] == [300, 300]
    assert store.open_study(finished).study == STUDY


def test_a_view_reads_no_file_before_it_is_asked_to(finished):
    view = load(finished)
    (finished / store.part_name(1)).write_bytes(b"")
    assert len(next(view.parts())) == 300
    with pytest.raises(StudyError, match=r"part-000001.parquet is damaged"):
        view["arm"]


def test_missing_values_are_null_and_pages_carry_checksums(finished):
    path = finished / store.part_name(0)
    assert pq.read_table(path)["gain_month"].null_count == 150
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"CRC|checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_others_read_the_parts_as_they_lie(finished):
    duckdb = pytest.importorskip("duckdb")
    query = f"select count(*), max(added_value) from '{finished}/runs/*.parquet' where arm = 'structure_first'"
    assert duckdb.sql(query).fetchall() == [(600, 1.0)]


def test_equal_tables_give_equal_bytes():
    assert store.as_parquet(runs()) == store.as_parquet(runs()) != store.as_parquet(runs(299))


def test_an_undamaged_study_verifies_and_is_left_as_it_is(finished):
    store.verify(store.open_study(finished))
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
        store.verify(store.open_study(finished))
    if name != store.MANIFEST:
        assert reopened(finished)[0] == sorted({*NAMES} - {name})
    else:
        assert len(reopened(finished)[0]) < 3


def test_every_one_of_many_bit_flips_in_the_manifest_is_noticed(finished):
    path = finished / store.MANIFEST
    good = path.read_bytes()
    for place in np.linspace(0, len(good) - 1, 60).astype(int):
        path.write_bytes(good[:place] + bytes([good[place] ^ 2]) + good[place + 1 :])
        with pytest.raises(StudyError, match="is damaged"):
            store.open_study(finished)
    path.write_bytes(good)
    store.open_study(finished)


def test_a_torn_line_costs_its_file_and_no_other(tmp_path):
    folder = begun(tmp_path / "study")
    path = folder / store.MANIFEST
    path.write_bytes(path.read_bytes()[:-20])
    kept, faults = reopened(folder)
    assert kept == NAMES[:2]
    assert faults == ["line 4 of the manifest is damaged", "runs/part-000001.parquet is not in the manifest"]
    with store.opened(STUDY, folder, NAMES) as opened:
        opened.keep(NAMES[2], store.as_parquet(runs()))
    assert manifest.read(folder).damaged == [] and reopened(folder) == (sorted(NAMES), [])


def test_what_a_later_line_says_of_a_file_holds(tmp_path):
    folder = begun(tmp_path / "study", parts=1)
    with store.opened(STUDY, folder, NAMES) as opened:
        opened.keep(NAMES[1], store.as_parquet(runs(7)))
    assert reopened(folder) == (NAMES[:2], [])


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "file"
    store.write_bytes(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StudyError, match=r"cannot write .*: No space left on device"):
        store.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_no_other_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.write_bytes(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_told(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StudyError, match="cannot write"):
        reopened(tmp_path / "file" / "study")
    with pytest.raises(StudyError, match="cannot write"):
        store.write_bytes(tmp_path / "file" / "study" / "x", b"")


def test_a_sealed_study_says_the_same_however_it_came_about(finished, tmp_path):
    other = tmp_path / "other"
    with store.opened(STUDY, other, NAMES) as opened:
        opened.keep(NAMES[2], store.as_parquet(runs()))
    with store.opened(STUDY, other, NAMES) as opened:
        opened.keep(NAMES[1], store.as_parquet(runs()))
        opened.keep(store.PROVENANCE, store.as_record({"study": STUDY.as_dict()}))
        opened.seal()
    assert (other / store.MANIFEST).read_bytes() == (finished / store.MANIFEST).read_bytes()


def test_what_is_not_ours_is_kept_and_what_cut_off_writes_left_is_removed(tmp_path):
    folder = begun(tmp_path / "study")
    (folder / "notes.txt").write_text("mine")
    (folder / "runs" / ".part-000001.parquet.77.tmp").write_bytes(b"half")
    assert reopened(folder)[1] == ["1 unfinished temporary files removed"]
    assert (folder / "notes.txt").exists() and not list(folder.rglob("*.tmp"))


def test_a_holder_that_has_not_said_its_name_yet_is_waited_for(tmp_path):
    """Between taking the lock and writing its name, a holder is nobody for a moment."""
    with (tmp_path / files.LOCK).open("wb", buffering=0) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        naming = threading.Timer(0.1, lambda: held.write(b"process 7 on mars"))
        naming.start()
        with pytest.raises(StudyError, match="is being written by process 7 on mars"), files.locked(tmp_path):
            pass
        naming.join()


def test_one_writer_at_a_time_and_a_dead_one_blocks_nobody(tmp_path):
    folder = tmp_path / "study"
    with files.locked(folder):
        with pytest.raises(StudyError, match=rf"is being written by process {os.getpid()} on"), files.locked(folder):
            pass
        with files.locked(tmp_path / "another"):
            pass
    assert list(folder.iterdir()) == []
    code = (
        "import os; from pathlib import Path; from experiments import files\n"
        f"with files.locked(Path({str(folder)!r})): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert (folder / files.LOCK).exists(), "control: the dead process did hold it"
    with files.locked(folder):
        pass
    assert list(folder.iterdir()) == []


def test_missing_unfinished_and_foreign_folders_are_told_apart(finished, tmp_path):
    with pytest.raises(StudyError, match="there is no folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(StudyError, match="holds no study"):
        load(tmp_path)
    (tmp_path / store.MANIFEST).write_text('["of a web page"]')
    for read in (load, reopened):
        with pytest.raises(StudyError, match="not the manifest of a study"):
            read(tmp_path)
    with pytest.raises(StudyError, match="was not finished"):
        load(begun(tmp_path / "begun"))
    with pytest.raises(StudyError, match=f"holds study {STUDY.id}, not"):
        reopened(finished, replace(STUDY, seed=2))
    lines = (finished / store.MANIFEST).read_bytes().splitlines(keepends=True)
    lines[0] = manifest.as_line({**manifest.header(STUDY), "format": 1})
    (finished / store.MANIFEST).write_bytes(b"".join(lines))
    with pytest.raises(StudyError, match="laid out in format 1"):
        load(finished)


def test_tables_and_columns_that_do_not_exist_are_named(finished):
    with pytest.raises(StudyError, match="no table 'rnus'; there is runs"):
        load(finished, "rnus")
    with pytest.raises(StudyError, match="kept no trajectories"):
        load(finished, "trajectories")
    with pytest.raises(StudyError, match="has no column effrot"):
        load(finished)["effrot"]


def test_the_manifest_of_another_study_is_noticed(finished):
    with store.opened(STUDY, finished, NAMES) as opened:
        opened.keep(store.PROVENANCE, store.as_record({"study": replace(STUDY, seed=99).as_dict()}))
        opened.seal()
    with pytest.raises(StudyError, match="its provenance of"):
        store.open_study(finished)


def test_a_study_of_another_version_is_told(finished):
    record = {"study": STUDY.as_dict()}
    del record["study"]["arms"]
    with store.opened(STUDY, finished, NAMES) as opened:
        opened.keep(store.PROVENANCE, store.as_record(record))
        opened.seal()
    with pytest.raises(StudyError, match="does not describe a study as this software"):
        store.open_study(finished)


def test_a_study_survives_json():
    study = replace(small_study(7), variants={"no_load": {"load_per_seat": 0.0}}, variant_points=3)
    design = replace(
        study.design,
        levels={"noise": (0.0, 0.2)},
        choices={"town": {"small": {"n_partners": 6.0}}},
        adaptive=Adaptive(0.01, 8, 80),
    )
    for one in (study, replace(study, design=design)):
        again = study_from(json.loads(json.dumps(one.as_dict())))
        assert again == one and again.id == one.id
