"""Demonstrations that several modules here look at, performed once."""

import pytest

from experiments.failures.demonstration import load_demonstration
from experiments.failures.performance import perform
from sim.failures import MODE_NAMES


@pytest.fixture(scope="session")
def performances():
    """Every demonstration, in fewer runs."""
    from tests.failures.test_demo import RUNS

    return {name: perform(load_demonstration(name, [f"runs={RUNS}"])) for name in MODE_NAMES}
