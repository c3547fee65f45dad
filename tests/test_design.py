"""The worlds and runs of a study: known answers of the samplers, and what overrides what."""

from dataclasses import replace

import numpy as np
import pytest

from experiments import design
from experiments.design import batch, sample, small_study
from experiments.store import StudyError
from experiments.study import Contrast, Design
from sim import params


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
    assert list(sample(with_design(factors={})).columns) == ["world"]


def column(runs, name):
    return runs.points[:, params.NAMES.index(name)]


def test_a_factor_overrides_the_study_an_arm_the_factor_and_a_variant_all():
    study = replace(
        small_study(5, arms=("structure_first", "purpose_first", "neither")),
        variants={"no_setup": {"setup_share": 0.0, "early_emphasis": 0.25}},
        variant_points=2,
    )
    worlds = sample(study)
    runs = batch(study, worlds)
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
    alone, together = batch(study, worlds.iloc[4:5]), batch(study, worlds)
    assert np.array_equal(alone.points, together.points[together.world == 4])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (with_design(sampler="latin_hypercub"), "did you mean 'latin_hypercube'"),
        (replace(small_study(9), seed=-1), "seed=-1 must be"),
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
            "twice",
        ),
        (replace(small_study(9), contrast=Contrast("structure_first", "purpose_first", "effort", -1.0)), "0 or more"),
        (replace(small_study(9), arms=("structure_first", "neither")), "arm of the contrast 'purpose_first'"),
        (replace(small_study(9), arms=("structure_first", "purpose_frist")), "did you mean 'purpose_first'"),
        (replace(small_study(9), variant_points=10), "variant_points=10 must be from 0 to design.points"),
        (replace(small_study(9), variants={"none": {}}), "may not be called 'none'"),
        (replace(small_study(9), variants={"x": {"noise": -1.0}}), "noise=-1.0 is out of range"),
        (replace(small_study(9), parameters={}), "lacks 'n_partners'"),
    ],
)
def test_a_study_that_cannot_be_run_says_what_is_allowed(changed, said):
    with pytest.raises(StudyError) as error:
        sample(changed)
    assert said in str(error.value)


def test_every_sampler_fills_the_unit_cube_of_its_factors():
    for sampler in design.SAMPLERS.values():
        unit = sampler(Design("", 64, {"noise": (0.0, 1.0), "commitment": (0.0, 1.0)}), 3)
        assert unit.shape == (64, 2)
        assert 0 <= unit.min() < 0.1 and 0.9 < unit.max() < 1
