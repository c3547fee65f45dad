"""Sensitivity: functions with known answers, chance that is told apart, and studies that cannot tell.

Ishigami's function is the usual check (Ishigami and Homma 1990); its shares of variance are known in closed form.
"""

import numpy as np
import pytest

from experiments.analysis import sensitivity
from experiments.errors import StudyError
from experiments.study import samplers

NAMES = ("x1", "x2", "x3")
A, B = 7.0, 0.1
V1 = (1 + B * np.pi**4 / 5) ** 2 / 2
V2 = A**2 / 8
V13 = B**2 * np.pi**8 * 8 / 225
TOTAL = V1 + V2 + V13
FIRST = {"x1": V1 / TOTAL, "x2": V2 / TOTAL, "x3": 0.0}
WHOLE = {"x1": (V1 + V13) / TOTAL, "x2": V2 / TOTAL, "x3": V13 / TOTAL}


def ishigami(unit):
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def points(sampler, samples, factors=3):
    count = samples * samplers.points_per_sample(sampler, factors)
    return samplers.unit(sampler, factors, count, 1, 0, count)


def off(found, truth, kind):
    """The largest distance from the truth, and whether every interval holds it."""
    gaps = [abs(getattr(share, kind).value - truth[share.factor]) for share in found.shares]
    holds = [getattr(share, kind).low <= truth[share.factor] <= getattr(share, kind).high for share in found.shares]
    return max(gaps), all(holds)


def test_the_shares_of_ishigamis_function():
    unit = points("saltelli", 4096)
    sobol = sensitivity.sobol_indices(ishigami(unit), NAMES, 1, 0.0)
    for truth, kind in ((FIRST, "first"), (WHOLE, "total")):
        gap, held = off(sobol, truth, kind)
        assert gap < 0.02 and held
    assert [share.factor for share in sobol.shares] == ["x1", "x2", "x3"]
    shuffled = sensitivity.sobol_indices(np.random.default_rng(1).permutation(ishigami(unit)), NAMES, 1, 0.0)
    assert off(shuffled, WHOLE, "total")[0] > 0.3, "control: values at the wrong points give other shares"


def test_luck_in_every_value_is_taken_out_of_the_shares():
    unit, noise = points("saltelli", 4096), TOTAL / 2
    values = ishigami(unit) + np.random.default_rng(2).normal(0, np.sqrt(noise), len(unit))
    sobol = sensitivity.sobol_indices(values, NAMES, 1, noise)
    assert off(sobol, WHOLE, "total")[0] < 0.05 and off(sobol, FIRST, "first")[0] < 0.05
    assert sobol.noise == pytest.approx(1 / 3, abs=0.02)
    raw = sensitivity.sobol_indices(values, NAMES, 1, None)
    assert off(raw, WHOLE, "total")[0] > 0.15, "control: left in, chance swells every total"


def test_elementary_effects_of_a_sum_are_its_coefficients():
    unit = points("morris", 20)
    morris = sensitivity.elementary_effects(unit, unit @ [3.0, -2.0, 0.0], NAMES, 1, 0.0)
    assert [effect.factor for effect in morris.effects] == ["x1", "x2", "x3"]
    assert [effect.mean for effect in morris.effects] == pytest.approx([3, -2, 0], abs=1e-12)
    assert [effect.size.value for effect in morris.effects] == pytest.approx([3, 2, 0], abs=1e-12)
    assert max(effect.spread for effect in morris.effects) < 1e-9


def test_elementary_effects_show_an_interaction_as_spread():
    unit = points("morris", 200)
    found = {
        effect.factor: effect
        for effect in sensitivity.elementary_effects(unit, unit[:, 0] * unit[:, 1], NAMES, 1, 0.0).effects
    }
    assert found["x1"].spread > 0.2 and found["x2"].spread > 0.2
    assert found["x1"].mean == pytest.approx(0.5, abs=0.08)
    assert found["x3"].size.value == 0.0 == found["x3"].spread


def test_the_floor_is_what_luck_gives_a_parameter_without_effect():
    unit, noise = points("morris", 400), 0.04
    values = np.random.default_rng(3).normal(0, np.sqrt(noise), len(unit))
    morris = sensitivity.elementary_effects(unit, values, NAMES, 1, noise)
    assert [effect.size.value for effect in morris.effects] == pytest.approx([morris.floor] * 3, rel=0.15)
    assert (
        sensitivity.elementary_effects(unit, values + 3 * unit[:, 0], NAMES, 1, noise).effects[0].size.value
        > 5 * morris.floor
    )


def test_the_same_values_give_the_same_intervals_whatever_the_seed_of_numpy():
    unit = points("saltelli", 64)
    found = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002 - SALib falls back on it for a seed of 0
        found.append(sensitivity.sobol_indices(ishigami(unit), NAMES, 0, 0.0))
    assert found[0] == found[1]


def test_samples_that_lack_a_value_are_left_out_whole():
    unit = points("saltelli", 512)
    values = ishigami(unit)
    values[[3, 4, 700]] = np.nan
    sobol = sensitivity.sobol_indices(values, NAMES, 1, 0.0)
    assert (sobol.samples, sobol.missing) == (510, 2)
    kept = np.delete(np.arange(len(values)), np.r_[0:5, 700:705])
    assert sobol == sensitivity.Sobol(*[*vars(sensitivity.sobol_indices(values[kept], NAMES, 1, 0.0)).values()][:2], 2,
                                      sobol.variance, sobol.noise)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values[: 63 * 5], "63 samples are too few"),
        (lambda values: 0 * values + 0.3, "the same at every point"),
        (lambda values: np.where(np.arange(len(values)) % 20 == 0, np.nan, values), "samples have it at every point"),
    ],
)
def test_what_cannot_be_told_is_told(change, said):
    values = ishigami(points("saltelli", 128))
    with pytest.raises(StudyError, match=said):
        sensitivity.sobol_indices(change(values), NAMES, 1, 0.0)
