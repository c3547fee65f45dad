"""Simulation-based calibration: even ranks for a sampler that is right, uneven ones for one that is not."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from experiments.calibration import sbc
from experiments.calibration.sbc import DRAWS, Ranks, plant, ranks_of
from experiments.calibration.smc import Plan, Population
from experiments.cli import main
from experiments.config.boxes import COORDINATES

SMALL = Plan(particles=200, batch=200, prior_draws=2000, populations=4, most=20_000)


def toy(patterns, points, seed, first, executor=None):
    """A model of one number, which is its first parameter with a little noise that its run addresses."""
    noise = np.random.Generator(np.random.Philox(key=[seed, first])).normal(0.0, 0.1, len(points))
    return pd.DataFrame({"toy": points[:, 0] + noise})


def planted(plantings=120):
    with ThreadPoolExecutor(2) as executor:
        return plant([], plantings, 3, executor, SMALL)


def test_ranks_of_planted_parameters_are_even_and_the_region_covers_them(monkeypatch):
    """120 plantings: each share of a region has a standard error of .03 to .05; four of them are allowed."""
    monkeypatch.setattr(sbc, "pattern_values", toy)
    ranks = planted()
    assert list(ranks.table) == [COORDINATES[0]], "only what matters is moved"
    assert ranks.evenness()[COORDINATES[0]] > 0.001
    assert abs(ranks.coverage(0.9)[COORDINATES[0]] - 0.9) < 0.11
    assert abs(ranks.coverage(0.5)[COORDINATES[0]] - 0.5) < 0.18


def test_a_sampler_that_is_too_sure_is_noticed(monkeypatch):
    """Control: a posterior drawn in towards its mean leaves planted values outside its regions."""
    monkeypatch.setattr(sbc, "pattern_values", toy)

    def too_sure(posterior, truth, places):
        mean = posterior.weights @ posterior.points
        drawn_in = Population(1, 0.0, mean + 0.3 * (posterior.points - mean), posterior.weights, posterior.distances, 1)
        return ranks_of(drawn_in, truth, places)

    monkeypatch.setattr(sbc, "ranks_of", too_sure)
    ranks = planted()
    assert ranks.coverage(0.9)[COORDINATES[0]] < 0.75 and ranks.evenness()[COORDINATES[0]] < 1e-4


def test_a_rank_counts_the_draws_below_by_weight():
    points = np.array([[0.1], [0.2], [0.9]])
    posterior = Population(1, 0.0, points, np.array([0.5, 0.25, 0.25]), np.zeros(3), 1)
    assert ranks_of(posterior, np.array([0.15]), [0]) == [50]
    assert ranks_of(posterior, np.array([0.95]), [0]) == [DRAWS] and ranks_of(posterior, np.array([0.0]), [0]) == [0]


def test_coverage_of_known_ranks():
    ranks = Ranks(pd.DataFrame({"noise": np.arange(100)}), [], 1)
    assert ranks.coverage(0.9) == {"noise": 0.9} and ranks.coverage(0.5) == {"noise": 0.5}
    assert ranks.evenness()["noise"] == 1.0


@pytest.mark.slow
def test_plantings_are_the_same_whatever_the_workers(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sbc, "EFFORT", Plan(particles=30, batch=60, prior_draws=100, populations=2, most=600))
    monkeypatch.setattr(plant, "__defaults__", (sbc.EFFORT,))
    words = ["calibrate", "scenario=hwb_2015", "plantings=20"]
    for workers in (1, 2):
        assert main([*words, f"workers={workers}", f"results={tmp_path / str(workers)}"]) == 0
    folders = [tmp_path / str(workers) / "calibrate" / "hwb_2015" / "plantings" for workers in (1, 2)]
    assert (folders[0] / "ranks.csv").read_bytes() == (folders[1] / "ranks.csv").read_bytes()
    summary = json.loads((folders[0] / "summary.json").read_text(encoding="utf-8"))
    assert summary["plantings"] == 20 and (folders[0] / "ranks.png").exists()
    assert "On average" in capsys.readouterr().out
    assert main([*words, "particles=50"]) == 2
