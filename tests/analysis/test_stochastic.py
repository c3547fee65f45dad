"""The share of variance that is stochastic variance: planted shares are found, and their intervals cover them."""

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import variance
from experiments.errors import StudyError


def runs(rng, parameters, chance, points=300, replicates=4):
    """Runs whose points differ by `parameters`, and whose worlds at one point differ by `chance` (deviations)."""
    value = rng.normal(0, parameters, (points, 1)) + rng.normal(0, chance, (points, replicates))
    return pd.DataFrame({"point": np.repeat(np.arange(points), replicates), "value": value.ravel()})


def shared(rng, *spread, **size):
    return variance.stochastic_share(variance.spread(runs(rng, *spread, **size), "value"), 1)


@pytest.mark.parametrize(("parameters", "chance", "share"), [(1, 1, 0.5), (3, 1, 0.1), (0, 1, 1.0), (1, 0, 0.0)])
def test_a_planted_share_is_found(parameters, chance, share):
    found = shared(np.random.default_rng(1), parameters, chance, points=2000)
    assert found.share.value == pytest.approx(share, abs=0.03)
    assert found.replicates == 4 and found.points == 2000


@pytest.mark.slow
def test_intervals_cover_the_planted_share():
    rng, held, narrow, studies = np.random.default_rng(2), 0, 0, 200
    for _ in range(studies):
        found = shared(rng, 1, 1, points=150).share
        held += found.low <= 0.5 <= found.high
        narrow += abs(found.value - 0.5) <= (found.high - found.low) / 6
    assert 0.90 <= held / studies <= 0.98
    assert narrow / studies < 0.75, "control: a third of the width does not cover it"


def test_naive_variance_of_means_would_take_luck_for_parameters():
    """Two replicates, no effect of parameters: the means of points differ all the same, and that is stochastic too."""
    found = shared(np.random.default_rng(3), 0, 1, points=2000, replicates=2)
    assert found.share.value > 0.95
    table = variance.spread(runs(np.random.default_rng(3), 0, 1, points=2000, replicates=2), "value")
    assert table["var"].mean() / (table["var"].mean() + table["mean"].var()) < 0.7, "control: the naive share"


def test_what_cannot_be_told_is_told():
    with pytest.raises(StudyError, match="0 points were met more than once"):
        shared(np.random.default_rng(4), 1, 1, replicates=1)
    with pytest.raises(StudyError, match="the same in every run"):
        shared(np.random.default_rng(5), 0, 0)


def test_points_of_which_hardly_one_ever_varies_still_have_an_interval():
    """Many a resample then holds no point that varies, and says nothing of chance."""
    table = pd.DataFrame({"count": 4, "mean": 0.0, "var": np.r_[1.0, np.zeros(29)]})
    found = variance.stochastic_share(table, seed=1).share
    assert 0 <= found.low <= found.value <= found.high <= 1
