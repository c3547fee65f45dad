"""Runs that the tests of failure modes search, played once."""

import pytest

from sim import failures
from sim.record import play


@pytest.fixture(scope="session")
def runs():
    """Runs from the default box, under all setups, with levers in use."""
    from tests.sim.test_failures import box_runs

    points, worlds = box_runs(210)
    return play(points, worlds, 9)


@pytest.fixture(scope="session")
def found(runs):
    """What every detector says of them."""
    from tests.sim.test_failures import L

    return failures.examine(runs, L)
