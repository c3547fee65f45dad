"""What a study's design allows to be said, from its tables: planted studies of every design, told and written."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from experiments.analysis import further, headline
from experiments.report import driver_figures, rebuild, region_figures, spread_figures
from experiments.report.methods import limits
from experiments.report.verdict import judge
from experiments.storage.reading import open_study
from experiments.study.definition import Design
from experiments.study.design import count_points, points_apart
from experiments.study.small import small_study
from experiments.study.tables import DESIGN
from tests.report.test_report import COLUMN, depends, stored, study_of

pytestmark = pytest.mark.slow

FACTORS = {"load_per_seat": (0.0, 0.3), "noise": (0.0, 0.6), "commitment": (0.25, 0.75)}


def slope(points):
    """Structure first gains with the load of a seat, and with nothing else."""
    return 0.4 * (points[:, COLUMN["load_per_seat"]] - 0.15)


def study(sampler, samples, **changes):
    """A study of three factors with a design of its own."""
    together = {"saltelli": 5, "morris": 4}.get(sampler, 1)
    design = Design(sampler, samples * together, FACTORS, **changes)
    if sampler == "one_at_a_time":
        levels = {name: (low, (low + high) / 2, high) for name, (low, high) in FACTORS.items()}
        design = replace(design, levels=levels)
        design = replace(design, points=count_points(design, small_study(2).parameters))
    arms = ("structure_first", "purpose_first")
    return replace(small_study(100, arms=arms), name="planted", design=design, variants={}, variant_points=0)


def described(asked, tmp_path, monkeypatch, effect=slope):
    folder = stored(asked, tmp_path, monkeypatch, effect)
    finished = open_study(folder)
    return folder, further.read_insight(finished, headline.read_findings(finished))


def names_of(folder, found):
    """The figures that what was found gives."""
    return {
        picture.name for picture in driver_figures.driver_pictures(headline.read_findings(open_study(folder)), found)
    }


def test_a_saltelli_study_tells_what_drives_every_outcome(tmp_path, monkeypatch):
    folder, found = described(study("saltelli", 128, replicates=2), tmp_path, monkeypatch)
    first = found.drivers["difference"].shares[0]
    assert first.factor == "load_per_seat" and first.total.value == pytest.approx(1, abs=0.1)
    assert all(abs(share.total.value) < 0.05 for share in found.drivers["difference"].shares[1:])
    table = found.indices
    assert set(table["outcome"]) >= {"added_value_mean", "structure", "cycle_1"}
    assert (table.loc[table["outcome"] == "cycle_1", "reason"] != "").all()
    assert found.stochastic["difference", "added_value_mean"].share.value < 0.01
    assert found.stochastic["structure_first", "added_value_mean"].share.value > 0.5
    assert found.skipped == {}
    rebuild.rebuild(folder, say=lambda _: None)
    rows = list(csv.DictReader(io.StringIO((folder / "analysis" / "sensitivity.csv").read_text())))
    assert {row["target"] for row in rows} == {"structure_first", "purpose_first", "difference"}
    page = (folder / "report.html").read_text()
    assert 'id="sobol"' in page and 'id="stochastic"' in page and 'id="matrix"' in page and 'id="morris"' not in page
    drivers = json.loads((folder / "analysis" / "insight.json").read_text())["drivers"]
    assert drivers["difference"]["shares"][0]["factor"] == "load_per_seat"


def test_a_morris_study_tells_which_parameters_move_anything(tmp_path, monkeypatch):
    folder, found = described(study("morris", 40, replicates=2, shared_worlds=True), tmp_path, monkeypatch)
    effects = {effect.factor: effect for effect in found.drivers["difference"].effects}
    assert effects["load_per_seat"].size.value == pytest.approx(0.4 * 0.3, rel=0.01)
    assert effects["noise"].size.value < 1e-12
    assert {"morris", "matrix"} <= names_of(folder, found)


def test_a_one_at_a_time_study_has_curves_and_swings(tmp_path, monkeypatch):
    folder, found = described(study("one_at_a_time", 1, replicates=12, shared_worlds=True), tmp_path, monkeypatch)
    curve = found.curves[0]
    assert curve.factor == "load_per_seat" and curve.swing.value == pytest.approx(0.12, abs=1e-9)
    assert curve.table["level"].tolist() == sorted(curve.table["level"]) and len(curve.table) >= 3
    assert all(abs(curve.swing.value) < 1e-12 for curve in found.curves[1:])
    assert {"tornado", "curves"} <= names_of(folder, found)
    assert further.tables(found)["curves"].startswith(b"factor,base,level,mean,low,high\n")


@pytest.mark.parametrize(
    ("asked", "what", "why"),
    [
        (study("saltelli", 20), "what drives added_value_mean, difference", "20 samples are too few"),
        (study("morris", 5), "what drives added_value_mean, difference", "5 samples are too few"),
        (study("one_at_a_time", 1, replicates=3), "curves", "3 replicates a point are too few"),
    ],
)
def test_a_study_too_small_for_its_method_says_so_in_its_report(asked, what, why, tmp_path, monkeypatch):
    folder, found = described(asked, tmp_path, monkeypatch)
    assert why in found.skipped[what]
    assert f"This study cannot tell {what}: {found.skipped[what]}." in limits(asked.design, found.skipped)
    assert not {"sobol", "morris", "matrix", "curves"} & names_of(folder, found)


def test_an_ablation_tells_what_moves_the_contrast_and_what_does_not(tmp_path, monkeypatch):
    variants = {"no_load": {"load_per_seat": 0.0}} | {f"idle_{n}": {"noise": n / 20} for n in range(7)}
    folder, found = described(study_of(400, variants=variants, variant_points=400), tmp_path, monkeypatch, depends)
    assert found.changes[0].name == "no_load"
    assert found.changes[0].shift.low > 0 and found.changes[0].turned.share.value == pytest.approx(0.6, abs=0.02)
    assert all(change.shift.low == 0 == change.shift.high and change.turned.count == 0 for change in found.changes[1:])
    finished = open_study(folder)
    (sentence,) = judge(headline.read_findings(finished)).mechanisms
    assert sentence.startswith("The answer is the same with idle 0 (40 to 20)") and "no load (100 to 0)" in sentence


def test_shares_of_worlds_count_only_points_that_are_independent(tmp_path, monkeypatch):
    """Of 128 samples of 5 points, 256 points are independent; the rest repeat most of their coordinates."""
    finished = open_study(stored(study("saltelli", 128), tmp_path, monkeypatch, slope))
    assert headline.read_findings(finished).result.worlds == 256
    assert points_apart(study("morris", 10).design, np.arange(8)).tolist() == [True, False, False, False] * 2
    assert points_apart(small_study(8).design, np.arange(8)).all()
    design = finished.read(finished.parts(DESIGN)).set_index("point")[list(FACTORS)]
    kept = design[points_apart(finished.study.design, design.index.to_numpy())]
    assert len(np.unique(kept.to_numpy(), axis=0)) == 256
    assert len(np.unique(design["noise"])) < len(design), "control: the others share values"


def test_regions_of_a_planted_answer_are_told(tmp_path, monkeypatch):
    folder, found = described(study_of(3000), tmp_path, monkeypatch, depends)
    assert [side.factor for box in found.boxes for side in box.sides] == ["load_per_seat", "load_per_seat"]
    assert found.boxes[0].density.share.value > 0.95 and found.boxes[0].coverage.share.value > 0.85
    assert found.tree.leaves[0].conditions[0].factor == "load_per_seat"
    low, high = found.shares.halves[0]
    assert low.conditions[0].factor == "load_per_seat" and low.won.share.value - high.won.share.value > 0.6
    assert "load_per_seat" in (found.boundary.across, found.boundary.up)
    assert found.divergence is not None and found.power.gain > 5
    finished = open_study(folder)
    findings = headline.read_findings(finished)
    makers = (region_figures.region_pictures, spread_figures.spread_pictures)
    drawn = {picture.name for maker in makers for picture in maker(findings, found)}
    assert drawn >= {"boundary", "shares", "boxes", "leaves", "divergence", "dots", "rainclouds", "ridges"}
