"""Replicates as needed: the rule is honest under repeated looking, and what it decides is recorded."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import experiments
from experiments.commands.sweep import sweep_study
from experiments.config.to_study import compose
from experiments.execution import stopping
from experiments.execution.stopping import FEWEST_REPLICATES, Tally, half_width
from experiments.storage import store
from experiments.study import plan
from experiments.study.definition import Adaptive
from experiments.study.tables import RUNS

STUDIES, LOOKS = 4000, 600
WORDS = [
    "name=adaptive", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=30", "parameters.months=12",
    "parameters.n_partners=5", "arms=[structure_first,purpose_first,alone]", "design.adaptive.precision=0.004",
    "design.adaptive.batch=8", "design.adaptive.maximum=80", "contrast.region=0.002",
]  # fmt: skip

DRAWS = {
    "normal": lambda rng, shape: rng.normal(0, 1, shape),
    "two humps": lambda rng, shape: rng.choice([-1.0, 1.0], shape) + rng.normal(0, 0.2, shape),
    "one in five far off": lambda rng, shape: np.where(rng.random(shape) < 0.2, 4.0, -1.0) + rng.normal(0, 0.3, shape),
}


def missed(values, half):
    """The share of studies in which the interval misses the mean, 0, at some look from `FEWEST` on."""
    count = np.arange(1, values.shape[1] + 1)
    mean = np.cumsum(values, axis=1) / count
    squares = np.cumsum(values * values, axis=1)
    spread = np.sqrt(np.maximum(squares - count * mean * mean, 0) / np.maximum(count - 1, 1))
    return np.mean(np.any((np.abs(mean) > half(count, spread))[:, FEWEST_REPLICATES - 1 :], axis=1))


@pytest.mark.parametrize("kind", DRAWS)
def test_the_mean_is_covered_at_all_looks_together(kind):
    """At most 5 % of studies may ever miss; with 4,000 of them, chance adds up to 1 % (3 standard errors)."""
    values = DRAWS[kind](np.random.default_rng(1), (STUDIES, LOOKS))
    assert missed(values, lambda count, spread: half_width(count, spread, 0.95)) <= 0.06
    fixed = stats.t.ppf(0.975, np.maximum(np.arange(LOOKS), 1))
    naive = missed(values, lambda count, spread: fixed * spread / np.sqrt(count))
    assert naive > 0.2, "control: an ordinary interval, looked at after every replicate, misses far more often"


def test_rare_events_are_beyond_it():
    """What it does not promise: an event in one world of a hundred is not foreseen from sixteen without it."""
    rng = np.random.default_rng(1)
    values = np.where(rng.random((STUDIES, 200)) < 0.01, 99.0, -1.0) + rng.normal(0, 0.1, (STUDIES, 200))
    assert missed(values, lambda count, spread: half_width(count, spread, 0.95)) > 0.5


def test_half_widths_solve_the_mixture():
    """At its edge, the mixture's ratio of likelihoods is 1 / (1 - level): checked by integrating it numerically."""
    count, spread, level = 40, 1.7, 0.9
    edge = half_width(np.array(count), np.array(spread), level) / spread * np.sqrt(count)  # Student's t there
    effect = np.linspace(-8, 8, 160_001)
    scale = 1 / np.sqrt(stopping.TUNED_TO)  # the effect's prior, in standard deviations of one value
    density = stats.nct.pdf(edge, count - 1, effect[::40] * np.sqrt(count))
    prior = stats.norm.pdf(effect[::40], 0, scale)
    ratio = np.trapezoid(density * prior, effect[::40]) / stats.t.pdf(edge, count - 1)
    assert ratio == pytest.approx(1 / (1 - level), rel=0.02)
    assert np.isinf(half_width(np.array([1, 2, 5]), np.ones(3), 0.95)).all()


def tally(values, precision=0.1, region=0.05, batch=8, maximum=400):
    """Look at rows of differences (replicates, points) until all points stop."""
    found = Tally(Adaptive(precision, batch, maximum), region, values.shape[1])
    while len(active := found.active()):
        first = found.looked * batch
        found.look(active, values[first : min(first + batch, maximum)][:, active])
    return found


def test_each_point_stops_for_its_own_reason():
    rng = np.random.default_rng(3)
    values = np.stack([rng.normal(0, 0.02, 400), rng.normal(1, 0.2, 400), rng.normal(0, 9, 400)], axis=1)
    stops = tally(values).stops()
    assert stops["stopped"] == ["equivalent", "precise", "maximum"]
    assert stops["replicates"][0] < stops["replicates"][1] < 400 == stops["replicates"][2]
    for point in range(3):
        seen = values[: stops["replicates"][point], point]
        assert stops["difference"][point] == pytest.approx(seen.mean(), abs=1e-12)
        assert stops["low"][point] < seen.mean() < stops["high"][point]


def test_no_point_stops_before_some_replicates_and_missing_ones_do_not_count():
    alike = np.zeros((400, 1))
    assert tally(alike).stops()["replicates"].tolist() == [FEWEST_REPLICATES]
    alike[:20] = np.nan
    found = tally(alike).stops()
    assert found["replicates"].tolist() == [56] and found["stopped"] == ["equivalent"]
    assert tally(np.full((400, 1), np.nan)).stops()["stopped"] == ["maximum"]


@pytest.fixture(scope="module")
def study():
    return compose(WORDS)


@pytest.fixture(scope="module")
def finished(study, tmp_path_factory):
    folder = store.folder_of(study, tmp_path_factory.mktemp("results"))
    assert sweep_study(study, folder.parents[1], workers=2) == 0
    return folder


@pytest.mark.slow
def test_the_stops_are_stored_and_are_those_of_the_runs(study, finished):
    runs, stops = experiments.load(finished).to_pandas(), experiments.load(finished, "stops").to_pandas()
    assert len(stops) == 30 and set(stops["stopped"]) >= {"precise"}
    sides = runs.pivot(index=["point", "world"], columns="arm", values="added_value_mean")
    difference = (sides["structure_first"] - sides["purpose_first"]).groupby("point")
    stops = stops.set_index("point").sort_index()
    assert np.array_equal(difference.size(), stops["replicates"])
    assert np.allclose(difference.mean(), stops["difference"], atol=1e-12)
    half = (stops["high"] - stops["low"]) / 2
    assert (half[stops["stopped"] == "precise"] <= 0.004).all()
    early = stops["replicates"] < 80
    assert early.any() and (stops.loc[~early, "replicates"] == 80).all()
    assert runs["run"].is_unique and len(runs) == 3 * stops["replicates"].sum()


def test_how_the_points_are_cut_and_who_works_change_no_run(study, finished, monkeypatch):
    first = experiments.load(finished).to_pandas().sort_values("run").reset_index(drop=True)
    monkeypatch.setattr(plan, "UNITS_AT_LEAST", 4)
    again = experiments.run_study(study, workers=2).sort_values("run").reset_index(drop=True)
    pd.testing.assert_frame_equal(again, first, check_categorical=False)
    assert len([task for task in plan.tasks(study) if task.table == RUNS]) > 1, "control: they were cut otherwise"


def test_an_adaptive_study_meets_the_worlds_of_a_fixed_one(study, finished):
    fixed = replace(study, design=replace(study.design, adaptive=None, replicates=80))
    whole = experiments.run_study(fixed).set_index("run")
    part = experiments.load(finished).to_pandas().set_index("run")
    assert set(part.index) < set(whole.index)
    pd.testing.assert_frame_equal(part.sort_index(), whole.loc[sorted(part.index)], check_categorical=False)


def test_the_report_of_an_adaptive_study_says_how_often_worlds_were_repeated(finished):
    page = (finished / "report.html").read_text()
    assert "a confidence sequence" in page and "8 times between looks" in page
