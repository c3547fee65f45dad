"""Fifty fixed runs come out as they did when the baseline was last reviewed, to the last bit."""

import os
import subprocess
import sys

import numpy as np
import pytest

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
    """Runs that gain, runs that collapse, runs that were axed, runs that were relaunched."""
    columns = dict(zip(golden.OUTCOME_NAMES, golden.load().T, strict=True))
    for outcome in ("gain_month", "collapse_month", "cycle_5"):
        assert 0 < np.isfinite(columns[outcome]).sum() < 50, outcome
    assert 0 < columns["axed"].sum() < 50
