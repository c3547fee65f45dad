"""Which parameters an outcome, or the contrast, depends on: elementary effects (Morris) and shares of variance (Sobol).

Both come from SALib, from studies whose points were drawn for them. Chance is no parameter: where it differs between
points (each has worlds of its own) it blurs what is measured, and `noise` says by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.contrasts import LEVEL, Estimate
from experiments.errors import StudyError
from experiments.study.samplers import MORRIS_LEVELS, Cube

INDEX_RESAMPLES = 200
FEW_RESAMPLES = 50
"""Where every outcome is looked at: their intervals are good to a tenth of their width."""
SAMPLES = {"saltelli": 64, "morris": 10}
"""Samples below which indices say nothing: their intervals would reach over all that is possible."""
KEPT = 0.9
"""Samples that lack an outcome are left out, whole; below this share of samples, so is the outcome."""
FLAT = 1e-12


@dataclass(frozen=True)
class Share:
    """A parameter's share of the variance: by itself (`first`), and with all in which it has a part (`total`)."""

    factor: str
    first: Estimate
    total: Estimate


@dataclass(frozen=True)
class Sobol:
    """Shares of variance, largest total first.

    `noise` is the stochastic part of the variance between the means of points; it was taken out of the shares. None
    where points were met once in worlds of their own: totals then include stochastic variance.
    """

    shares: tuple[Share, ...]
    samples: int
    missing: int
    variance: float
    noise: float | None


@dataclass(frozen=True)
class Effect:
    """Elementary effects of a parameter over two thirds of its range, per whole range.

    `size` is the mean size (mu star), `mean` keeps the sign (mu), `spread` is how much they differ from place to place
    (sigma): through interactions, or curves.
    """

    factor: str
    size: Estimate
    mean: float
    spread: float


@dataclass(frozen=True)
class Morris:
    """Elementary effects, largest first. `floor` is the size that chance alone gives a parameter without effect."""

    effects: tuple[Effect, ...]
    samples: int
    missing: int
    floor: float | None


def sobol_indices(
    values: NDArray[np.float64], names: Sequence[str], seed: int, noise: float | None, resamples: int = INDEX_RESAMPLES
) -> Sobol:
    """First and total indices from values at Saltelli's points, in their order.

    `noise` is the stochastic variance in each value (0 where all points share theirs, None where unknown): it is in
    every total, through the difference of two points, and in the variance they are shares of, but in no first one.
    """
    from SALib.analyze import sobol as salib

    kept, missing = whole_samples(values, len(names) + 2, SAMPLES["saltelli"])
    variance = float(np.var(kept))
    # An odd seed: SALib takes 0 for none, and then is not repeatable.
    analysed = salib.analyze(problem(names), kept, calc_second_order=False, num_resamples=resamples, conf_level=LEVEL,
                          seed=2 * seed + 1)  # fmt: skip
    blur = min((noise or 0.0) / variance, 1 - FLAT)
    scale = 1 / (1 - blur)
    shares = [
        Share(
            name,
            _around(first * scale, first_half * scale),
            _around((total - blur) * scale, total_half * scale),
        )
        for name, first, first_half, total, total_half in zip(
            names, analysed["S1"], analysed["S1_conf"], analysed["ST"], analysed["ST_conf"], strict=True
        )
    ]
    ordered = tuple(sorted(shares, key=lambda share: (-share.total.value, share.factor)))
    return Sobol(ordered, len(kept) // (len(names) + 2), missing, variance, None if noise is None else blur)


def elementary_effects(
    unit: Cube, values: NDArray[np.float64], names: Sequence[str], seed: int, noise: float | None
) -> Morris:
    """Elementary effects from values at the points `unit` (in the unit cube) of Morris's trajectories, in their order.

    `noise` is the stochastic variance in each value, as in `sobol`.
    """
    from SALib.analyze import morris as salib

    together = len(names) + 1
    kept, missing = whole_samples(values, together, SAMPLES["morris"])
    rows = np.repeat(np.isfinite(values.reshape(-1, together)).all(axis=1), together)
    analysed = salib.analyze(problem(names), unit[rows], kept, num_resamples=INDEX_RESAMPLES, conf_level=LEVEL,
                          num_levels=MORRIS_LEVELS, seed=2 * seed + 1)  # fmt: skip
    effects = [
        Effect(name, _around(float(size), float(half)), float(mean), float(spread))
        for name, size, half, mean, spread in zip(
            names, analysed["mu_star"], analysed["mu_star_conf"], analysed["mu"], analysed["sigma"], strict=True
        )
    ]
    ordered = tuple(sorted(effects, key=lambda effect: (-effect.size.value, effect.factor)))
    step = MORRIS_LEVELS / (2 * (MORRIS_LEVELS - 1))
    # The mean size of the difference of two normal errors, over the step.
    floor = None if noise is None else float(np.sqrt(2 * noise) * np.sqrt(2 / np.pi) / step)
    return Morris(ordered, len(kept) // together, missing, floor)


def problem(names: Sequence[str]) -> dict[str, object]:
    """The parameters as SALib wants them: all in the unit cube."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def whole_samples(values: NDArray[np.float64], together: int, fewest: int) -> tuple[NDArray[np.float64], int]:
    """The values of the samples that are complete, and how many are not.

    Raises `StudyError` where samples are too few, too many lack the outcome, or it is the same everywhere.
    """
    samples = values.reshape(-1, together)
    complete = np.isfinite(samples).all(axis=1)
    if len(samples) < fewest:
        raise StudyError(f"{len(samples)} samples are too few for the method; it takes {fewest} or more")
    if complete.sum() < max(fewest, KEPT * len(samples)):
        raise StudyError(f"only {int(complete.sum()):,} of {len(samples):,} samples have it at every point")
    kept = np.asarray(samples[complete].ravel(), dtype=np.float64)
    if np.ptp(kept) < FLAT:
        raise StudyError("it is the same at every point, so no parameter moves it")
    return kept, int((~complete).sum())


def _around(value: float, half: float) -> Estimate:
    return Estimate(float(value), float(value - half), float(value + half))
