"""The worlds and runs of a study: known answers of the samplers, and what overrides what."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from SALib.analyze import sobol as salib_analysis
from SALib.sample import morris as salib_morris
from SALib.sample import sobol as salib_sobol
from scipy.stats import qmc

from experiments.config.to_study import compose
from experiments.errors import StudyError
from experiments.study import design, samplers
from experiments.study.definition import Adaptive, Contrast
from experiments.study.design import points
from experiments.study.plan import batch, placed, units
from experiments.study.small import small_study
from sim import params
from tests.strategies import sample


def with_design(**changes):
    study = small_study(40)
    return replace(study, design=replace(study.design, **changes))


def strata(values, low, high, count):
    return np.floor((values - low) / (high - low) * count).astype(int)


def test_a_latin_hypercube_meets_each_stratum_once():
    worlds = sample(with_design(factors={"commitment": (0.25, 0.75), "noise": (0.0, 0.6)}))
    for name, (low, high) in {"commitment": (0.25, 0.75), "noise": (0.0, 0.6)}.items():
        assert sorted(strata(worlds[name], low, high, 40)) == list(range(40))


def test_random_worlds_do_not_meet_each_stratum_once():
    worlds = sample(with_design(sampler="random", factors={"commitment": (0.25, 0.75)}))
    assert worlds["commitment"].between(0.25, 0.75).all()
    assert sorted(strata(worlds["commitment"], 0.25, 0.75, 40)) != list(range(40))


def test_whole_numbers_are_whole_and_equally_likely():
    worlds = sample(with_design(points=300, factors={"setup_months": (6.0, 8.0)}))
    assert worlds["setup_months"].dtype == np.int64
    assert worlds["setup_months"].value_counts().to_dict() == {6: 100, 7: 100, 8: 100}


def test_the_seed_decides_the_worlds():
    study = small_study(40)
    assert sample(study).equals(sample(study))
    assert not sample(study).equals(sample(replace(study, seed=2)))


def test_the_order_in_which_factors_are_named_does_not_matter():
    study = small_study(40)
    turned = replace(study, design=replace(study.design, factors=dict(reversed(study.design.factors.items()))))
    assert turned.id == study.id
    assert sample(turned).equals(sample(study))


def test_worlds_without_factors_are_alike():
    assert list(sample(with_design(factors={})).columns) == ["point"]


def column(runs, name):
    return runs.parameters[:, params.NAMES.index(name)]


def test_a_factor_overrides_the_study_an_arm_the_factor_and_a_variant_all():
    study = replace(
        small_study(5, arms=("structure_first", "purpose_first", "neither")),
        variants={"no_setup": {"setup_share": 0.0, "early_emphasis": 0.25}},
        variant_points=2,
    )
    worlds = sample(study)
    runs = batch(study, placed(worlds, 0))
    assert len(runs.world) == 5 * 3 + 2 * 2
    main = runs.variant == 0
    first = main & (runs.arm == 0)
    assert np.array_equal(column(runs, "setup_share")[first], worlds["setup_share"])
    assert np.array_equal(column(runs, "n_partners")[first], worlds["n_partners"])
    assert set(column(runs, "early_emphasis")[first]) == {1.0}
    assert set(column(runs, "setup_share")[main & (runs.arm == 2)]) == {0.0}
    assert set(column(runs, "early_emphasis")[~main]) == {0.25}
    assert sorted(runs.world[~main]) == [0, 0, 1, 1]
    assert np.array_equal(column(runs, "months"), np.full(len(runs.world), study.parameters["months"]))


def test_a_world_meets_the_same_runs_whatever_else_is_in_the_batch():
    study = small_study(6)
    worlds = sample(study)
    alone, together = batch(study, placed(worlds.iloc[4:5], 0)), batch(study, placed(worlds, 0))
    assert np.array_equal(alone.parameters, together.parameters[together.world == 4])
    assert np.array_equal(alone.run, together.run[together.world == 4])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (with_design(sampler="latin_hypercub"), "did you mean 'latin_hypercube'"),
        (replace(small_study(9), seed=-1), "seed=-1 is out of range"),
        (with_design(points=0), "design.points=0 must be 1 or more"),
        (with_design(factors={"comitment": (0.0, 1.0)}), "did you mean 'commitment'"),
        (with_design(factors={"commitment": (0.5, 0.4)}), "must end above its start"),
        (with_design(factors={"commitment": (0.5, 1.4)}), "commitment=1.4 is out of range"),
        (with_design(factors={"n_partners": (2.5, 4.0)}), "not whole"),
        (
            replace(small_study(9), contrast=Contrast("structure_first", "purpose_first", "added_valu", 0.01)),
            "added_value",
        ),
        (
            replace(small_study(9), contrast=Contrast("structure_first", "structure_first", "added_value", 0.01)),
            "a contrast needs two arms",
        ),
        (
            replace(small_study(9), contrast=Contrast("structure_first", "purpose_first", "effort", -1.0)),
            "a number from 0 up",
        ),
        (replace(small_study(9), arms=("structure_first", "neither")), "contrast.b=purpose_first is unknown"),
        (replace(small_study(9), arms=("structure_first", "purpose_frist")), "did you mean 'purpose_first'"),
        (replace(small_study(9), variant_points=10), "variant_points=10 is more than the 9 points of the design"),
        (replace(small_study(9), variants={"as_it_stands": {}}), "the name of the study itself"),
        (replace(small_study(9), variants={"no_load": {}, "no load": {}}), "look the same"),
        (replace(small_study(9), variants={"none": {}}), "'none' is not a valid name"),
        (replace(small_study(9), variants={"x": {"noise": -1.0}}), "noise=-1.0 is out of range"),
        (replace(small_study(9), parameters={}), "lacks 'n_partners'"),
        (with_design(sampler="saltelli", points=41, factors={"noise": (0.0, 1.0)}), "comes in 3 points a sample"),
        (with_design(replicates=0), "from 1 to 2**32"),
        (with_design(adaptive=Adaptive(0.0, 8, 80)), "precision above 0"),
        (with_design(levels={"noise": (0.5, 0.1)}), "must be of a factor, differ, and rise"),
        (with_design(choices={"noise": {"a": {}}}), "'noise' is not a valid name"),
        (with_design(choices={"town": {"a": {"noise": 9.0}}}), "noise=9.0 is out of range"),
    ],
)
def test_a_study_that_cannot_be_run_says_what_is_allowed(changed, said):
    with pytest.raises(StudyError) as error:
        sample(changed)
    assert said in str(error.value)


# samplers, against the libraries they come from


@pytest.mark.parametrize("sampler", samplers.SAMPLERS)
def test_every_sampler_fills_the_unit_cube(sampler):
    unit = samplers.unit(sampler, 2, 60, 3, 0, 60)
    assert unit.shape == (60, 2)
    assert 0 <= unit.min() < 0.1 and 0.9 < unit.max() <= 1


def known(sampler, factors, samples, seed):
    """The same points from the library itself, all at once."""
    if sampler == "random":
        return np.random.default_rng(seed).random((samples, factors))
    if sampler == "latin_hypercube":
        return qmc.LatinHypercube(d=factors, rng=np.random.default_rng(seed)).random(samples)
    if sampler == "sobol":
        return qmc.Sobol(d=factors, scramble=True, rng=np.random.default_rng(seed)).random(samples)
    problem = {"num_vars": factors, "names": list("abcdefg")[:factors], "bounds": [[0.0, 1.0]] * factors}
    if sampler == "saltelli":
        return salib_sobol.sample(problem, samples, calc_second_order=False, seed=np.random.default_rng(seed))
    return salib_morris.sample(problem, samples, num_levels=4, seed=np.random.default_rng(seed))


@pytest.mark.parametrize("sampler", samplers.SAMPLERS)
def test_points_are_those_of_the_library(sampler):
    expected = known(sampler, 5, 64, 11)
    assert np.array_equal(samplers.unit(sampler, 5, len(expected), 11, 0, len(expected)), expected)
    assert not np.array_equal(samplers.unit(sampler, 5, len(expected), 12, 0, len(expected)), expected)


@pytest.mark.parametrize("sampler", samplers.SAMPLERS)
def test_points_can_be_had_in_any_pieces_across_blocks(sampler, monkeypatch):
    monkeypatch.setattr(samplers, "BLOCK", 64)
    samplers._block.cache_clear()
    count = 150 * samplers.points_per_sample(sampler, 3)
    whole = samplers.unit(sampler, 3, count, 5, 0, count)
    edges = [0, 1, 63, 64, 65, 140, count]
    pieces = [samplers.unit(sampler, 3, count, 5, a, b) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert len(np.unique(whole, axis=0)) > 0.9 * len(whole) or sampler == "morris"
    if sampler in ("sobol", "saltelli"):  # one sequence throughout
        expected = known(sampler, 3, 256, 5)[:count]
        assert np.array_equal(whole, expected)
    samplers._block.cache_clear()


def test_a_design_that_is_a_power_of_two_is_balanced_in_every_block_of_a_sobol_sequence():
    unit = samplers.unit("sobol", 4, 256, 1, 0, 256)
    for factor in range(4):
        assert sorted(strata(unit[:, factor], 0, 1, 256)) == list(range(256))


def test_morris_trajectories_change_one_factor_at_a_time():
    unit = samplers.unit("morris", 4, 50, 1, 0, 50).reshape(10, 5, 4)
    steps = np.diff(unit, axis=1)
    assert ((steps != 0).sum(axis=2) == 1).all() and (np.abs(steps).sum(axis=1) > 0).all()
    assert np.allclose(np.abs(steps[steps != 0]), 2 / 3)


def test_analysis_of_a_saltelli_design_gives_the_indices_of_ishigami():
    """Known answer: Ishigami's function has first-order indices 0.314, 0.442 and 0."""
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}
    unit = samplers.unit("saltelli", 3, 2048 * 5, 1, 0, 2048 * 5)
    x = (unit * 2 - 1) * np.pi
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = salib_analysis.analyze(problem, y, calc_second_order=False, seed=1)
    assert np.allclose(found["S1"], [0.3139, 0.4424, 0.0], atol=0.02)
    shuffled = salib_analysis.analyze(problem, np.random.default_rng(1).permutation(y), calc_second_order=False, seed=1)
    assert not np.allclose(shuffled["S1"], [0.3139, 0.4424, 0.0], atol=0.1), "control: the order of points matters"


# designs that count their points, or are given them


COUNTED = [
    "design.box=none", "design.factors.noise={levels:[0,0.2,0.4]}", "design.factors.umbrella={levels:[0,1]}",
    "design.factors.setup_months=[6,48]", "design.factors.town={choices:{small:{n_partners:5},large:{n_partners:30}}}",
]  # fmt: skip


def test_a_grid_meets_every_combination_once_and_cut_short_is_balanced():
    study = compose([*COUNTED, "design.sampler=grid", "design.levels=4"])
    table = sample(study)
    assert study.design.points == len(table) == 3 * 2 * 4 * 2
    names = ["noise", "umbrella", "setup_months", "town"]
    assert len(table.drop_duplicates(names)) == 48
    assert set(table["setup_months"]) == {6, 20, 34, 48} and sorted(table["point"]) == list(range(48))
    for name in names:
        for part in (table[:24], table[24:]):
            counts = part[name].value_counts()
            assert counts.max() - counts.min() <= 0.25 * 24, name
    assert table.sort_values("point")["setup_months"][:24].nunique() == 2, "control: in the order of numbers it is not"


def test_one_at_a_time_changes_one_factor_from_the_study_itself():
    study = compose([*COUNTED, "design.sampler=one_at_a_time", "parameters.noise=0.1"])
    table = sample(study).sort_values("point")
    base = table.iloc[0]
    assert (base["noise"], base["umbrella"], base["setup_months"]) == (0.1, 0, study.parameters["setup_months"])
    changed = (
        table[["noise", "umbrella", "setup_months", "town"]] != base[["noise", "umbrella", "setup_months", "town"]]
    )
    assert changed.sum(axis=1).tolist() == [0] + [1] * (len(table) - 1)
    assert changed.sum().tolist() == [3, 1, 3, 1]


def test_a_choice_sets_its_parameters_before_the_arm_does():
    study = compose([*COUNTED, "design.sampler=grid", "design.factors.lot={choices:{a:{setup_share:0.3},b:{}}}"])
    rows = units(study, 0, study.design.points)
    runs = batch(study, rows)
    first, neither = runs.arm == 0, runs.arm == study.arms.index("neither")
    assert set(column(runs, "setup_share")[neither]) == {0.0}
    assert np.array_equal(column(runs, "n_partners")[first], np.where(rows["town"] == "small", 5, 30))
    assert np.array_equal(column(runs, "setup_share")[first] == 0.3, rows["lot"] == "a")


def test_factors_may_be_given_all_at_once():
    at_once = compose(["design.box=none", "design.factors={noise: [0, 1], crowding: [0, 0.5]}"])
    assert at_once == compose(["design.box=none", "design.factors.noise=[0,1]", "design.factors.crowding=[0,0.5]"])
    assert set(at_once.design.factors) == {"noise", "crowding"}


def test_a_scenario_is_a_choice_by_name():
    study = compose(["design.box=none", "design.sampler=grid", "design.factors.scenario=[default]"
                     , "design.factors.noise=[0,1]"])  # fmt: skip
    assert list(study.design.choices["scenario"]) == ["default"]
    with pytest.raises(ValueError, match=r"design.factors.scenario=defalt is unknown .did you mean 'default'"):
        compose(["design.box=none", "design.factors.scenario=[defalt]"])


def test_the_order_of_visiting_meets_every_number_once():
    for count in (1, 2, 7, 12, 1000, 4096, 10**9):
        places = np.arange(min(count, 5000))
        found = design.visited(count, places)
        assert len(set(found.tolist())) == len(places) and found.min() >= 0 and found.max() < count


def test_blocks_do_not_change_what_a_study_of_one_block_meets():
    study = small_study(300)
    assert np.array_equal(points(study, 100, 200), sample(study)[100:200])
