"""The points a study asks for, any of them at once: drawn, counted out, or listed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.errors import StudyError
from experiments.study import samplers
from experiments.study.definition import Design, Study
from sim import params

COUNTED = ("grid", "one_at_a_time", "list")
"""Designs whose points have an order of their own, in which a study cut short would be lopsided."""
BOOTSTRAP = "bootstrap"
"""The design whose points are rows of a list, drawn with replacement."""
LISTED = ("list", BOOTSTRAP)
DESIGNS = (*samplers.SAMPLERS, *COUNTED, BOOTSTRAP)


def factor_names(design: Design) -> list[str]:
    """The parameters that vary, in the order of the parameter table, so that equal studies have the same points."""
    return [name for name in params.NAMES if name in design.factors]


def choice_names(design: Design) -> list[str]:
    """What varies by name, in order."""
    return sorted(design.choices)


def points(study: Study, start: int = 0, stop: int | None = None, listed: pd.DataFrame | None = None) -> pd.DataFrame:
    """The points that are visited from the `start`-th to before the `stop`-th, one row each.

    Columns are `point` (its number), then one per factor, then one per choice (text). The index is the place in the
    order of visiting. A design that takes its points from a list needs it as `listed`; `StudyError` if it is not there,
    or another.
    """
    design = study.design
    stop = design.points if stop is None else stop
    places = np.arange(start, stop, dtype=np.int64)
    number = numbers(design, places)
    if design.sampler in LISTED:
        columns = _from_list(study, start, stop, number, listed)
    elif design.sampler in COUNTED:
        columns = _counted(study, number)
    else:
        names = [*factor_names(design), *choice_names(design)]
        unit = samplers.unit(design.sampler, len(names), design.points, study.seed, start, stop)
        columns = {name: _value(design, name, unit[:, column]) for column, name in enumerate(names)}
    return pd.DataFrame({"point": number, **columns}, index=places)


def points_apart(design: Design, point: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which points were drawn independently of one another: all, but of a sample of points that go together.

    Of Saltelli's samples the first and the last point are, of Morris's trajectories the first; only these tell how
    often something holds in the box.
    """
    together = samplers.points_per_sample(design.sampler, len(design.factors) + len(design.choices))
    place = point % together
    return np.asarray((place == 0) | ((place == together - 1) & (design.sampler == "saltelli")))


def numbers(design: Design, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of the points at some places of the order of visiting."""
    return visited(design.points, places) if design.sampler in COUNTED else places


def visited(count: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers at some places of the order of visiting: steps of about the golden section, round and round.

    Every number is met once, and the first few are spread over all.
    """
    step = max(1, round(count * (math.sqrt(5) - 1) / 2))
    while math.gcd(step, count) > 1:
        step += 1
    return places * step % count


def _value(design: Design, name: str, unit: NDArray[np.float64]) -> NDArray[np.generic]:
    """What a coordinate in [0, 1] stands for. Whole numbers, levels and choices are equally likely."""
    if name in design.choices:
        return np.array(sorted(design.choices[name]))[_pick(unit, len(design.choices[name]))]
    if name in design.levels:
        return _typed(name, np.array(design.levels[name])[_pick(unit, len(design.levels[name]))])
    return _typed(name, samplers.evenly(name, *design.factors[name], unit))


def _pick(unit: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.minimum((unit * count).astype(np.int64), count - 1)


def _typed(name: str, values: NDArray[np.float64]) -> NDArray[np.generic]:
    return values.astype(np.int64) if params.BY_NAME[name].integer else values


def _levels(design: Design) -> dict[str, tuple[float | str, ...]]:
    """What each factor and each choice of a counted design may be."""
    levels: dict[str, tuple[float | str, ...]] = {name: design.levels[name] for name in factor_names(design)}
    return levels | {name: tuple(sorted(design.choices[name])) for name in choice_names(design)}


def _counted(study: Study, number: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    """Points of a grid, the last factor changing fastest, or of one factor at a time.

    One at a time: point 0 is the study as it stands (choices: the first by name), the others change one factor to
    one of its levels.
    """
    levels, columns = _levels(study.design), {}
    if study.design.sampler == "grid":
        below = math.prod(map(len, levels.values()))
        for name, values in levels.items():
            below //= len(values)
            columns[name] = np.array(values)[number // below % len(values)]
    else:
        before = 1
        for name, values in levels.items():
            base = study.parameters[name] if name in study.design.factors else values[0]
            others = [value for value in values if value != base]
            here = (number >= before) & (number < before + len(others))
            columns[name] = np.array([base, *others])[np.where(here, number - before + 1, 0)]
            before += len(others)
    return {name: _typed(name, column) if name in params.BY_NAME else column for name, column in columns.items()}


def count_points(design: Design, parameters: Mapping[str, float]) -> int:
    """How many points a grid has, or one factor at a time."""
    levels = _levels(design)
    if design.sampler == "grid":
        return math.prod(map(len, levels.values()))
    bases = {name: parameters.get(name, values[0]) for name, values in levels.items()}
    return 1 + sum(value != bases[name] for name, values in levels.items() for value in values)


def _from_list(
    study: Study, start: int, stop: int, number: NDArray[np.int64], listed: pd.DataFrame | None
) -> dict[str, NDArray[np.generic]]:
    """The columns of points that are rows of a list: those of their numbers, or drawn with replacement."""
    design = study.design
    listed = list_of(study, listed)
    if design.sampler == BOOTSTRAP:
        unit = samplers.unit("random", 1, design.points, study.seed, start, stop)
        number = _pick(unit[:, 0], len(listed))
    rows = listed.iloc[number]
    return {name: _typed(name, rows[name].to_numpy()) for name in factor_names(design)} | {
        name: rows[name].to_numpy() for name in choice_names(design)
    }


def list_of(study: Study, listed: pd.DataFrame | None) -> pd.DataFrame:
    """The list that a study takes its points from; `StudyError` if it is not there, or another."""
    if listed is None:
        asked = "its box as design.box=NAME" if study.design.sampler == BOOTSTRAP else "it as design.list=FILE"
        raise StudyError(f"this study takes its points from a list, which is not there; give {asked}")
    if digest(listed) != study.design.digest:
        raise StudyError("the list of points is not the one this study was made with")
    return listed


def digest(listed: pd.DataFrame) -> str:
    """What a list of points is known by: its columns in any order, its rows in theirs."""
    names = sorted(listed.columns)
    content = "\n".join(names).encode() + pd.util.hash_pandas_object(listed[names], index=False).to_numpy().tobytes()
    return hashlib.blake2b(content, digest_size=32).hexdigest()[:16]


# parameters


def parameters_of(study: Study, rows: pd.DataFrame) -> NDArray[np.float64]:
    """The parameters at some points (rows, parameters), before any arm or variant."""
    table = np.tile(params.as_array(study.parameters), (len(rows), 1))
    for name in factor_names(study.design):
        table[:, params.NAMES.index(name)] = rows[name].to_numpy()
    for name in choice_names(study.design):
        for chosen, values in study.design.choices[name].items():
            here = rows[name].to_numpy() == chosen
            for parameter, value in values.items():
                table[here, params.NAMES.index(parameter)] = value
    return table


def override(block: NDArray[np.float64], values: Mapping[str, float]) -> None:
    """Set parameters of all rows of a block (rows, parameters), in place."""
    for name, value in values.items():
        block[:, params.NAMES.index(name)] = value
