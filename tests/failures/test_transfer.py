"""How failure modes transfer to the wide box: base rates, remedies and syndromes there, and what is said of it."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from experiments.failures import transfer, transfer_report
from experiments.failures.demonstration import EFFECTS, load_demonstration
from experiments.failures.transfer import ARMS, box_worlds, effect, overlap, syndromes, treated
from sim.failures import MODE_NAMES
from sim.params import NAMES
from tests.faults import ROOT


def test_what_a_remedy_does_is_counted_beyond_the_margin_either_way():
    found = effect(np.array([0.2, 0.005, -0.005, -0.3]), np.array([True, False, False, False]), 0.01, 1)
    assert (found.helps.count, found.nothing.count, found.harms.count, found.still_fails.count) == (1, 2, 1, 1)


def test_modes_that_mostly_fire_together_are_one_syndrome_through_one_another_too():
    runs = np.arange(100)
    fires = dict.fromkeys(MODE_NAMES, runs < 0)
    fires |= {"inertia": runs < 60, "overload": (runs >= 10) & (runs < 70), "antagony": (runs >= 20) & (runs < 80)}
    assert overlap(fires["inertia"], fires["overload"]) == 50 / 70
    assert syndromes(fires) == [("inertia", "overload", "antagony")]
    assert overlap(fires["inertia"], fires["antagony"]) == 0.5, "joined by what they share with overload"
    assert syndromes({"inertia": runs < 50, "overload": runs >= 50}) == [], "control: modes that exclude each other"
    assert overlap(runs < 0, runs < 0) == 0.0


def test_worlds_of_the_box_are_the_same_under_every_arm():
    record = box_worlds(1, 5)
    assert record.runs == 5 * len(ARMS)
    noise = record.points[:, NAMES.index("noise")].reshape(len(ARMS), 5)
    assert (noise == noise[0]).all() and len(np.unique(noise)) == 5
    assert np.array_equal(record.worlds, np.tile(np.arange(5), len(ARMS)))


@pytest.mark.slow
def test_a_remedy_is_tried_in_those_very_worlds():
    demonstration, record = load_demonstration("antagony"), box_worlds(1, 60)
    loss = record.monthly("outcome")[:, -1] < record.monthly("alone_outcome")[:, -1] - 0.02
    found = treated(demonstration, record, loss)
    assert found.helps.of == min(int(loss.sum()), transfer.MOST_TREATED)
    assert found.helps.share.value == 1.0, "to act alone ends every loss"
    gain = record.monthly("outcome")[:, -1] > record.monthly("alone_outcome")[:, -1] + 0.02
    assert treated(demonstration, record, gain).harms.share.value == 1.0, "control: where there was a gain it harms"
    assert treated(demonstration, record, loss & (np.arange(record.runs) < 0)) is None


@pytest.mark.parametrize("name", MODE_NAMES)
def test_what_a_demonstration_says_of_the_wide_box_is_what_was_measured(name):
    with (ROOT / "docs/record/transfer.csv").open(encoding="utf-8", newline="") as file:
        row = {row["mode"]: row for row in csv.DictReader(file)}[name]
    shown = load_demonstration(name).in_box
    if not row["box_helps"]:
        assert shown == {} and row["transfers"] == "too few runs"
    else:
        assert shown == pytest.approx({word: float(row[f"box_{word}"]) for word in EFFECTS}, abs=0.0051)
        assert sum(shown.values()) == pytest.approx(1.0, abs=0.011)


@pytest.mark.slow
def test_the_table_that_is_kept_is_what_the_command_gives():
    """Base rates of modes that need no counterfactual, in the same worlds as `partnership detectors` plays."""
    from sim.failures import BY_MODE, detect
    from sim.limits import DEFAULT_LIMITS

    with (ROOT / "docs/record/transfer.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["mode"]: row for row in csv.DictReader(file)}
    record = box_worlds(1, 1000)
    for name in ("inertia", "overload", "antagony"):
        rate = detect(BY_MODE[name], record, DEFAULT_LIMITS).fires.mean()
        assert float(rows[name]["base_rate"]) == pytest.approx(rate, abs=5e-5), name


def test_a_tautology_is_said_to_be_one():
    assert transfer.BY_DEFINITION == ("antagony",)
    assert dict(load_demonstration("antagony").remedy.parameters) == {"alone": 1.0}
    assert not any(load_demonstration(name).remedy.parameters.get("alone") for name in MODE_NAMES if name != "antagony")
    assert transfer_report.EFFECTS == EFFECTS
