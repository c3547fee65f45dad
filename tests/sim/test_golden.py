"""Fifty fixed runs come out as they did when the baseline was last reviewed, to the last bit."""

import os
import subprocess
import sys

import numpy as np
import pytest

from sim.params import NAMES, PLANS, SETUPS
from tests import golden

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [1, 8])
def test_outcomes_are_those_of_the_baseline(width):
    np.testing.assert_array_equal(golden.outcomes(width), golden.load())


NARROW = """
import numpy as np
from tests import golden
codegen = golden.simulate.__globals__["numba"].core.registry.cpu_target.target_context.codegen()
assert "avx" not in str(codegen.magic_tuple())
np.testing.assert_array_equal(golden.outcomes(8), golden.load())
"""


def test_a_machine_without_wide_vectors_gives_the_same_bits():
    """The oldest 64-bit processor there is: two numbers to a vector, and nothing gathers."""
    plain = os.environ | {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"}
    subprocess.run([sys.executable, "-c", NARROW], env=plain, check=True)


def test_the_smallest_change_would_be_noticed():
    baseline = golden.load()
    changed = baseline.copy()
    changed[7, 0] = np.nextafter(changed[7, 0], 1.0)
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(changed, baseline)


def test_baseline_covers_what_can_happen():
    """Runs that gain, that collapse, that were axed, or relaunched; that partners left, and in which none did."""
    columns = dict(zip(golden.OUTCOME_NAMES, golden.load().T, strict=True))
    for outcome in ("gain_month", "collapse_month", "cycle_5"):
        assert 0 < np.isfinite(columns[outcome]).sum() < 50, outcome
    assert 0 < columns["axed"].sum() < 50
    left = (columns["members"] > 0.0) & (columns["members"] < 1.0)
    assert 0 < left.sum() < 50


def test_baseline_turns_every_lever_on():
    """Gates, schedules, responsive setups, support from outside, umbrellas, mandates, reviews, cycles, histories."""
    setups, points = zip(*((setup, golden.point(setup, values)) for setup, values in golden.cases()), strict=True)
    assert set(setups) == {*SETUPS, golden.BY_SCHEDULE}
    on = (np.array(points) > 0.0).sum(axis=0)
    levers = (
        *PLANS, "outside_share", "umbrella", "mandated", "review_month", "cycle_months", "learning_prob",
        "initial_structure", "initial_purpose", "initial_owned",
    )  # fmt: skip
    assert all(on[NAMES.index(name)] > 0 for name in levers)
    assert all(on[NAMES.index(name)] < 50 for name in levers if name != "outside_share")
