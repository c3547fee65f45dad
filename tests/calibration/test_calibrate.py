"""Sequential ABC: it finds known posteriors, covers planted parameters, resumes, and says what it cannot tell."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import yaml
from scipy import stats

from experiments.calibration import smc
from experiments.calibration.calibrate import chosen, correlated
from experiments.calibration.smc import Plan
from experiments.cli import main
from experiments.config.boxes import COORDINATES, of_box, stated_in
from experiments.config.scenarios import load_scenario
from experiments.config.to_study import compose
from experiments.errors import ConfigError
from sim.outcomes import OUTCOME_NAMES
from sim.params import DEFAULT_BOX, DEFAULTS, as_array, resolve
from sim.runs import simulate

SMALL = Plan(particles=150, batch=150, prior_draws=1000, populations=5, most=3000)


def posterior(plan, distances, coordinates, moved, seed=1):
    prior = smc.prior_points(plan, coordinates, seed)
    start = smc.first(plan, prior, distances(prior, 0, np.inf))
    return [start, *smc.later(plan, start, moved, distances, seed)]


# -- a posterior that is known ------------------------------------------------------------------------------


def near(centre):
    """The distance of a point's first coordinate from a centre: its posterior is even, within the tolerance."""
    return lambda points, first, within: np.abs(points[:, 0] - centre)


def test_populations_close_in_on_what_was_observed():
    population = posterior(SMALL, near(0.3), 3, [0, 1])
    assert [one.tolerance for one in population] == sorted((one.tolerance for one in population), reverse=True)
    last = population[-1]
    assert last.tolerance < population[0].tolerance / 5
    assert np.abs(last.points[:, 0] - 0.3).max() <= last.tolerance
    assert last.weights.sum() == pytest.approx(1.0)


def pooled(centre, coordinates, moved, seeds=12):
    """The last populations of several searches together: points, weights, and each point's tolerance."""
    last = [posterior(SMALL, near(centre), coordinates, moved, seed)[-1] for seed in range(seeds)]
    tolerance = np.concatenate([np.full(len(one.points), one.tolerance) for one in last])
    return (
        np.concatenate([one.points for one in last]),
        np.concatenate([one.weights for one in last]) / seeds,
        tolerance,
    )


def test_what_is_not_told_keeps_its_prior_whether_it_is_moved_or_not():
    """Coordinates 1 (moved) and 2 (drawn anew) decide nothing. Tolerance: some 1,000 particles' worth, four errors."""
    points, weights, _ = pooled(0.3, 3, [0, 1])
    for place in (1, 2):
        spread = np.sqrt(weights @ (points[:, place] - 0.5) ** 2)
        assert weights @ points[:, place] == pytest.approx(0.5, abs=0.04)
        assert spread == pytest.approx(np.sqrt(1 / 12), abs=0.02)
    assert np.sqrt(weights @ (points[:, 0] - 0.5) ** 2) < 0.25, "control: what is told does not keep it"


def test_weights_make_up_for_where_proposals_come_from():
    """At the edge of the prior fewer proposals arrive; the posterior is even from 0 to the tolerance all the same."""
    points, weights, tolerance = pooled(0.0, 2, [0, 1])
    share = points[:, 0] / tolerance
    assert weights @ share == pytest.approx(0.5, abs=0.035)
    assert share.mean() > 0.5 + 0.035, "control: without weights they stand off from the edge"


def test_the_same_seed_gives_the_same_particles_and_another_gives_others():
    one, two, other = (posterior(SMALL, near(0.6), 2, [0, 1], seed)[-1].points for seed in (1, 1, 2))
    assert np.array_equal(one, two) and not np.array_equal(one[:100], other[:100])


def test_a_population_that_would_cost_too_much_ends_the_search():
    plan = Plan(particles=50, batch=50, prior_draws=400, populations=40, most=600)
    population = posterior(plan, lambda points, first, within: np.abs(points - 0.5).max(axis=1), 6, list(range(6)))
    assert 1 < len(population) < 40 and len(population[-1].points) == 50


def test_no_two_proposals_share_luck():
    firsts, made = [], []

    def distances(points, first, within):
        firsts.append(first)
        made.append(len(points))
        return np.abs(points[:, 0] - 0.5)

    posterior(SMALL, distances, 2, [0])
    spans = sorted(zip(firsts, made, strict=True))
    assert all(a + n <= b for (a, n), (b, _) in itertools.pairwise(spans))


# -- planted parameters -------------------------------------------------------------------------------------

PLANTED = ("commitment", "structure_months", "free_riding")
SUMS = [OUTCOME_NAMES.index(name) for name in ("commitment", "structure", "effort_mean", "owned_mean")]
LOCALITIES, PLANTINGS = 12, 40


def summaries(points, first, seed=9):
    """What is observed of so many localities: four means, of a small and short partnership."""
    tables = []
    for unit in points:
        values = {name: DEFAULT_BOX[name][0] + u * (DEFAULT_BOX[name][1] - DEFAULT_BOX[name][0])
                  for name, u in zip(PLANTED, unit, strict=True)}  # fmt: skip
        tables.append(as_array(resolve({"n_partners": 6, "months": 18, "setup_months": 12, **values}, "balanced")))
    numbers = first * LOCALITIES + np.arange(len(points) * LOCALITIES)
    outcomes = simulate(np.repeat(np.array(tables), LOCALITIES, axis=0), numbers, seed).outcomes[:, SUMS]
    return outcomes.reshape(len(points), LOCALITIES, len(SUMS)).mean(axis=1)


def ranks_of_planted():
    """Where planted parameters lie in their posteriors (plantings, parameters): shares of weight below them."""
    plan = Plan(particles=60, batch=60, prior_draws=400, populations=3, most=1200)
    truths = np.random.default_rng(3).random((PLANTINGS, len(PLANTED)))
    prior = smc.prior_points(plan, len(PLANTED), 2)
    seen = summaries(prior, 0)
    scale, found = seen.std(axis=0), []
    for number, truth in enumerate(truths):
        observed = summaries(truth[None], 10**6 + number)[0]
        start = smc.first(plan, prior, np.sqrt((((seen - observed) / scale) ** 2).sum(axis=1)))
        populations = list(smc.later(
            plan, start, [0, 1, 2],
            lambda at, first, _, o=observed: np.sqrt((((summaries(at, first) - o) / scale) ** 2).sum(axis=1)), 2,
        ))  # fmt: skip
        last = populations[-1] if populations else start
        found.append([last.weights[last.points[:, k] < truth[k]].sum() for k in range(len(PLANTED))])
    return np.array(found)


@pytest.mark.slow
def test_planted_parameters_lie_in_the_90_percent_region_at_about_the_nominal_rate():
    """Simulation-based calibration, small (Talts et al. 2018): 120 intervals in all.

    Tolerance: the three intervals of a planting hang together, so plantings, not intervals, are counted: with 40 of
    them at rate 0.9, the share of intervals has a standard error of at most sqrt(0.9 * 0.1 / 40) = 0.047; allowed are
    three of those below. ABC widens intervals, so rates above are no fault. Control: half as wide, they fall short.
    """
    ranks = ranks_of_planted()
    allowed = 0.9 - 3 * np.sqrt(0.9 * 0.1 / PLANTINGS)
    assert ((ranks > 0.05) & (ranks < 0.95)).mean() >= allowed
    assert ((ranks > 0.275) & (ranks < 0.725)).mean() < allowed, "control"
    assert stats.kstest(ranks.mean(axis=1), stats.norm(0.5, ranks.mean(axis=1).std()).cdf).pvalue > 0.001


# -- what the patterns tell ---------------------------------------------------------------------------------


def test_parameters_that_matter_are_moved_and_others_are_not():
    import pandas as pd

    points = np.random.default_rng(1).random((600, len(COORDINATES)))
    place = COORDINATES.index("commitment")
    values = pd.DataFrame({"told": points[:, place] ** 2, "constant": np.ones(600)})
    correlations = correlated(points, values)
    assert correlations.loc["commitment", "told"] == pytest.approx(1.0)
    assert (correlations["constant"] == 0.0).all()
    assert "commitment" in chosen(correlations) and len(chosen(correlations)) <= 12


# -- the job ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_calibration_of_one_scenario_is_kept_and_goes_on_where_it_stopped(tmp_path, capsys):
    words = ["calibrate", "scenario=hwb_2015", "particles=30", "prior_draws=100", "populations=2", "most=2000"]
    assert main([*words, f"results={tmp_path / 'one'}"]) == 0
    (folder,) = (tmp_path / "one" / "calibrate" / "hwb_2015").iterdir()
    record = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert record["checked"]["of"] == 3 and record["checked"]["held_out"] == 0
    assert set(record["parameters"]) == set(COORDINATES)
    assert all(
        low <= row["low"] <= row["high"] <= high
        for row in record["parameters"].values()
        for low, high in [row["prior"]]
    )
    scenario = yaml.safe_load((folder / "calibrated.yaml").read_text(encoding="utf-8"))
    assert list(scenario["parameters"]) == list(COORDINATES) and scenario["scenario"]["sources"] == ["HWB"]
    assert all(low <= scenario["parameters"][name] <= high for name, (low, high) in DEFAULT_BOX.items())
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "What the patterns can and cannot identify" in page and "hwb unclear aims" in page
    kept = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "population-2.csv").unlink()
    (folder / "summary.json").unlink()
    assert main([*words, f"results={tmp_path / 'one'}", "workers=1"]) == 0
    assert kept == {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "prior.csv").write_text("distance\n1\n", encoding="utf-8")
    capsys.readouterr()
    assert main([*words, f"results={tmp_path / 'one'}"]) == 2
    assert "delete it, and it is made again" in capsys.readouterr().err


@pytest.mark.slow
def test_a_rival_is_calibrated_on_the_same_patterns_as_a_model_of_its_own(tmp_path):
    words = ["calibrate", "scenario=hwb_2015", "particles=20", "prior_draws=60", "populations=1", f"results={tmp_path}"]
    assert main(words) == 0
    (whole,) = (tmp_path / "calibrate" / "hwb_2015").iterdir()
    assert main([*words, "without=overhead"]) == 0
    (rival,) = {*(tmp_path / "calibrate" / "hwb_2015").iterdir()} - {whole}
    one, other = (np.loadtxt(folder / "prior.csv", delimiter=",", skiprows=1) for folder in (whole, rival))
    assert one.shape == other.shape and not np.array_equal(one, other), "overhead makes a difference"
    page = (rival / "index.html").read_text(encoding="utf-8")
    assert "The model without overhead calibrated" in page and "without=overhead seed=1 particles=20" in page
    assert (whole / "calibrated.yaml").exists() and not (rival / "calibrated.yaml").exists()


def test_the_calibrated_world_states_all_that_was_uncertain_and_leaves_no_range():
    kind = load_scenario("calibrated")
    assert kind.stated == set(stated_in("calibrated")) == set(COORDINATES)
    assert all(low <= kind.parameters[name] <= high for name, (low, high) in DEFAULT_BOX.items())
    assert kind.parameters["initial_trust"] != DEFAULTS["initial_trust"]
    study = compose(["scenario=calibrated", "design.points=3"])
    assert study.parameters == kind.parameters and not study.design.factors


def test_the_calibrated_box_serves_a_study():
    study = compose(["experiment=structure_vs_purpose_calibrated", "design.points=4", "variant_points=0",
                     "trajectory_points=0"])  # fmt: skip
    assert (
        study.design.sampler == "bootstrap"
        and study.design.points == 4
        and set(study.design.factors) == set(COORDINATES)
    )
    assert all(set(one) == set(COORDINATES) for one in of_box("calibrated", 3, 1))
    with pytest.raises(ConfigError, match="taken as they stand"):
        compose(["design.box=calibrated", "scenario=hwb_2015"])
    with pytest.raises(ConfigError, match=r"leave design\.sampler"):
        compose(["design.box=calibrated", "design.sampler=grid"])
    with pytest.raises(ConfigError, match="did you mean 'calibrated'"):
        compose(["design.box=calibratd"])
