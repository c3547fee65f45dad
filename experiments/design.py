"""Which runs a study asks for: worlds drawn from its box, then every arm and variant in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from experiments.store import StudyError
from experiments.study import Contrast, Design, Study
from sim import params
from sim.outcomes import OUTCOME_NAMES

QUESTION = "Does a partnership that builds structure first end up better or worse than one that builds purpose first?"

NO_VARIANT = "none"
"""The variant of a run in which nothing is switched off."""

Sampler = Callable[[Design, int], NDArray[np.float64]]
"""(design, seed) -> worlds in the unit cube (n, factors), each in [0, 1), equal for equal arguments."""


def latin_hypercube(design: Design, seed: int) -> NDArray[np.float64]:
    """Each factor's range is cut into as many strata as there are worlds, and each stratum is met once."""
    if not design.factors:
        return np.empty((design.points, 0))
    sampler = qmc.LatinHypercube(d=len(design.factors), rng=np.random.default_rng(seed))
    return np.asarray(sampler.random(design.points))


def random(design: Design, seed: int) -> NDArray[np.float64]:
    """Worlds drawn independently of one another."""
    return np.random.default_rng(seed).random((design.points, len(design.factors)))


SAMPLERS: dict[str, Sampler] = {"latin_hypercube": latin_hypercube, "random": random}


def factor_names(design: Design) -> list[str]:
    """The factors in the order of the parameter table, so that two equal studies draw the same worlds."""
    return [name for name in params.NAMES if name in design.factors]


def sample(study: Study) -> pd.DataFrame:
    """The worlds of a study, one row each: `world` (int32, from 0), then one column per factor.

    A whole-number parameter takes each whole number of its range with the same probability.
    Raises `StudyError` when the study cannot be run; the message says what is allowed.
    """
    check(study)
    unit = SAMPLERS[study.design.sampler](study.design, study.seed)
    columns: dict[str, NDArray[np.generic]] = {"world": np.arange(len(unit), dtype=np.int32)}
    for column, name in enumerate(factor_names(study.design)):
        low, high = study.design.factors[name]
        if params.BY_NAME[name].whole:
            columns[name] = np.minimum(low + np.floor(unit[:, column] * (high - low + 1)), high).astype(np.int64)
        else:
            columns[name] = low + unit[:, column] * (high - low)
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Batch:
    """Runs to simulate: `points` (runs, parameters), and for each run its world, arm and variant.

    `arm` and `variant` are positions in `arms` and `variants`.
    """

    points: NDArray[np.float64]
    world: NDArray[np.int32]
    arm: NDArray[np.int8]
    variant: NDArray[np.int8]
    arms: tuple[str, ...]
    variants: tuple[str, ...]


def batch(study: Study, design: pd.DataFrame) -> Batch:
    """The runs of some worlds of a study (rows of its `sample`): each arm, then each variant of the contrast's arms.

    A factor's value overrides `study.parameters`, an arm overrides both, a variant overrides all three.
    """
    variants = (NO_VARIANT, *sorted(study.variants))
    world = design["world"].to_numpy()
    parameters = np.tile(params.as_array(study.parameters), (len(design), 1))
    for name in factor_names(study.design):
        parameters[:, params.NAMES.index(name)] = design[name].to_numpy()
    varied = world < study.variant_points
    points, worlds, arms, codes = [], [], [], []
    for code, variant in enumerate(variants):
        changes = study.variants.get(variant, {})
        kept = varied if code else np.ones(len(world), dtype=bool)
        for arm in (study.contrast.a, study.contrast.b) if code else study.arms:
            block = parameters[kept]
            _override(block, params.setup_values(arm))
            _override(block, changes)
            points.append(block)
            worlds.append(world[kept])
            arms.append(np.full(len(block), study.arms.index(arm), dtype=np.int8))
            codes.append(np.full(len(block), code, dtype=np.int8))
    return Batch(
        np.concatenate(points),
        np.concatenate(worlds),
        np.concatenate(arms),
        np.concatenate(codes),
        study.arms,
        variants,
    )


def _override(block: NDArray[np.float64], values: Mapping[str, float]) -> None:
    for name, value in values.items():
        block[:, params.NAMES.index(name)] = value


def small_study(points: int = 200, *, seed: int = 1, arms: tuple[str, ...] | None = None, **values: float) -> Study:
    """The question of the headline study, asked of a few worlds of the default box.

    `values` are parameters by name; one that is fixed so is no longer drawn. `arms` are all by default.
    """
    resolved = params.resolve(values)
    factors = {
        name: (float(low), float(high)) for name, (low, high) in params.DEFAULT_BOX.items() if name not in values
    }
    return Study(
        name="small",
        question=QUESTION,
        seed=seed,
        parameters=resolved,
        design=Design("latin_hypercube", points, factors),
        arms=arms or tuple(params.SETUPS),
        contrast=Contrast("structure_first", "purpose_first", "added_value_mean", 0.01),
    )


def check(study: Study) -> None:
    """Raise `StudyError`, naming the value and what is allowed, if a study cannot be run as it stands."""
    design = study.design
    _among("sampler", design.sampler, tuple(SAMPLERS))
    _among("contrast.outcome", study.contrast.outcome, OUTCOME_NAMES)
    for arm in study.arms:
        _among("arm", arm, tuple(params.SETUPS))
    for arm in (study.contrast.a, study.contrast.b):
        _among("arm of the contrast", arm, study.arms)
    if len(set(study.arms)) < len(study.arms) or study.contrast.a == study.contrast.b:
        raise StudyError(f"an arm is named twice in {list(study.arms)} or in the contrast; each must differ")
    if not study.contrast.region >= 0:
        raise StudyError(f"contrast.region={study.contrast.region} must be 0 or more")
    if not 0 <= study.seed < 2**63:
        raise StudyError(f"seed={study.seed} must be a whole number from 0 to 2**63 - 1")
    if design.points < 1:
        raise StudyError(f"design.points={design.points} must be 1 or more")
    for name, points in (("variant_points", study.variant_points), ("trajectory_points", study.trajectory_points)):
        if not 0 <= points <= design.points:
            raise StudyError(f"{name}={points} must be from 0 to design.points, which is {design.points}")
    if NO_VARIANT in study.variants:
        raise StudyError(f"a variant may not be called '{NO_VARIANT}': that is the name for the study itself")
    _check_values(study)


def _check_values(study: Study) -> None:
    try:
        for name in params.NAMES:
            if name not in study.parameters:
                raise StudyError(f"study.parameters lacks '{name}'; sim.params.resolve() gives all of them")
        for values in (study.parameters, *study.variants.values()):
            for name, value in values.items():
                params.check(name, value)
        for name, (low, high) in study.design.factors.items():
            if params.check(name, low) >= params.check(name, high):
                raise StudyError(f"factor {name}: its range ({low:g}, {high:g}) must end above its start")
    except params.ParameterError as error:
        raise StudyError(str(error)) from None


def _among(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise StudyError(f"there is no {what} '{name}'{params.nearest(name, known)}; there is {', '.join(known)}")
