"""Files that are there whole or not at all, and damage that is noticed."""

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments import load, store
from experiments.design import small_study
from experiments.store import StudyError


def runs(worlds=300):
    values = np.linspace(0, 1, worlds)
    return pa.table(
        {
            "world": pa.array(np.arange(worlds, dtype=np.int32)),
            "arm": pa.DictionaryArray.from_arrays(np.zeros(worlds, dtype=np.int8), ["structure_first"]),
            "added_value": pa.array(values),
            "gain_month": pa.array(np.where(values > 0.5, 7.0, np.nan), from_pandas=True),
        }
    )


@pytest.fixture
def finished(tmp_path):
    """A sealed study of two parts."""
    study = small_study(600)
    folder = store.folder_of(study, tmp_path)
    store.start_over(folder)
    names = [store.part_name(0), store.part_name(1), store.PROVENANCE]
    for name in names[:2]:
        store.write_table(folder / name, runs())
    store.write_json(folder / store.PROVENANCE, {"study": study.as_dict()})
    store.seal(folder, study, names)
    return folder


def test_what_is_written_is_read_back(finished):
    table = load(finished)
    assert len(table) == 600
    assert table["arm"].dtype == "category"
    assert table["gain_month"].isna().sum() == 300
    assert np.array_equal(table["added_value"], np.tile(np.linspace(0, 1, 300), 2))
    assert list(load(finished, columns=["added_value"]).columns) == ["added_value"]
    assert store.open_study(finished).study == small_study(600)


def test_missing_values_are_null_and_pages_carry_checksums(finished):
    path = finished / store.part_name(0)
    assert pq.read_table(path)["gain_month"].null_count == 150
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"CRC|checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_equal_tables_give_equal_bytes(tmp_path):
    store.write_table(tmp_path / "a", runs())
    store.write_table(tmp_path / "b", runs())
    store.write_table(tmp_path / "c", runs(299))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_an_undamaged_study_verifies(finished):
    store.verify(store.open_study(finished))


@pytest.mark.parametrize("name", ["runs/part-00001.parquet", "provenance.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["bit", "truncated", "emptied"])
def test_damage_is_noticed(finished, name, damage):
    path = finished / name
    content = bytearray(path.read_bytes())
    if damage == "bit":
        content[len(content) // 2] ^= 4
    path.write_bytes({"bit": content, "truncated": content[: len(content) // 2], "emptied": b""}[damage])
    with pytest.raises(StudyError, match="is damaged"):
        store.verify(store.open_study(finished))


def test_a_missing_file_is_noticed(finished):
    (finished / store.part_name(1)).unlink()
    with pytest.raises(StudyError, match=r"part-00001.parquet is missing"):
        load(finished)


def test_every_one_of_many_bit_flips_in_the_manifest_is_noticed(finished):
    path = finished / store.MANIFEST
    good = path.read_bytes()
    content = json.loads(good)
    for place in np.linspace(0, len(good) - 1, 60).astype(int):
        path.write_bytes(good[:place] + bytes([good[place] ^ 2]) + good[place + 1 :])
        try:
            store.verify(store.open_study(finished))
        except StudyError:
            continue
        assert json.loads(path.read_bytes()) == content  # a flip in white space changes nothing that is said


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
        store.start_over(tmp_path / "file" / "study")
    with pytest.raises(StudyError, match="cannot write"):
        store.write_bytes(tmp_path / "file" / "study" / "x", b"")


def test_a_finished_study_is_never_started_over(finished):
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    with pytest.raises(StudyError, match="never overwritten"):
        store.start_over(finished)
    assert before == {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}


def test_an_unfinished_study_is_started_over_and_what_is_not_ours_is_kept(finished):
    (finished / store.MANIFEST).unlink()
    (finished / "notes.txt").write_text("mine")
    store.start_over(finished)
    assert [path.name for path in finished.iterdir()] == ["notes.txt"]


def test_missing_unfinished_and_foreign_folders_are_told_apart(finished, tmp_path):
    with pytest.raises(StudyError, match="there is no folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(StudyError, match="holds no study"):
        load(tmp_path)
    (tmp_path / store.MANIFEST).write_text('["of a web page"]')
    with pytest.raises(StudyError, match="not the manifest of a study"):
        load(tmp_path)
    (finished / store.MANIFEST).unlink()
    with pytest.raises(StudyError, match="was not finished"):
        load(finished)


def test_tables_and_columns_that_do_not_exist_are_named(finished):
    with pytest.raises(StudyError, match="no table 'rnus'; there is runs"):
        load(finished, "rnus")
    with pytest.raises(StudyError, match="kept no trajectories"):
        load(finished, "trajectories")
    with pytest.raises(StudyError, match="has no column effrot"):
        load(finished, columns=["effrot"])


def test_the_manifest_of_another_study_is_noticed(finished):
    other = replace(small_study(600), seed=99)
    store.write_json(finished / store.PROVENANCE, {"study": other.as_dict()})
    store.seal(finished, small_study(600), [store.PROVENANCE])
    with pytest.raises(StudyError, match="its provenance of study"):
        store.open_study(finished)


def test_a_study_of_another_version_is_told(finished):
    record = json.loads((finished / store.PROVENANCE).read_text())
    del record["study"]["arms"]
    store.write_json(finished / store.PROVENANCE, record)
    store.seal(finished, small_study(600), [store.PROVENANCE])
    with pytest.raises(StudyError, match="does not describe a study as this software"):
        store.open_study(finished)


def test_a_study_survives_json():
    study = replace(small_study(7), variants={"no_load": {"load_per_seat": 0.0}}, variant_points=3)
    again = store.study_from(json.loads(json.dumps(study.as_dict())))
    assert again == study
    assert again.id == study.id


def test_load_gives_a_frame(finished):
    assert isinstance(load(str(finished)), pd.DataFrame)
