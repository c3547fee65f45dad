"""The points a study asks for, any of them at once: drawn, counted out, or listed; and whether it can be run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.errors import StudyError
from experiments.study import feasible, samplers
from experiments.study.definition import Contrast, Design, Study
from experiments.study.inactive import by_the_arms, dormant
from experiments.study.kinds import check_kinds
from experiments.study.names import check_name, check_names
from sim import params
from sim.errors import nearest
from sim.outcomes import OUTCOME_NAMES
from sim.values import number_of, shown

QUESTION = "Does a partnership that builds structure first end up better or worse than one that builds purpose first?"

NO_VARIANT = "none"
"""The variant of a run in which nothing is switched off."""

OF_THE_STUDY = (NO_VARIANT, "as it stands")
"""What tables and figures call the study itself, and so no variant."""

COUNTED = ("grid", "one_at_a_time", "list")
"""Designs whose points have an order of their own, in which a study cut short would be lopsided."""
BOOTSTRAP = "bootstrap"
"""The design whose points are rows of a list, drawn with replacement."""
LISTED = ("list", BOOTSTRAP)
DESIGNS = (*samplers.SAMPLERS, *COUNTED, BOOTSTRAP)

ROWS_AT_ONCE = 2**14


def factor_names(design: Design) -> list[str]:
    """The parameters that vary, in the order of the parameter table, so that equal studies have the same points."""
    return [name for name in params.NAMES if name in design.factors]


def choice_names(design: Design) -> list[str]:
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


def sample(study: Study) -> pd.DataFrame:
    """All points of a study, checked. Raises `StudyError` when the study cannot be run, saying what is allowed."""
    require_valid(study)
    return points(study)


def _value(design: Design, name: str, unit: NDArray[np.float64]) -> NDArray[np.generic]:
    """What a coordinate in [0, 1] stands for. Whole numbers, levels and choices are equally likely."""
    if name in design.choices:
        return np.array(sorted(design.choices[name]))[_pick(unit, len(design.choices[name]))]
    if name in design.levels:
        return _typed(name, np.array(design.levels[name])[_pick(unit, len(design.levels[name]))])
    low, high = design.factors[name]
    if params.BY_NAME[name].integer:
        return np.minimum(low + np.floor(unit * (high - low + 1)), high).astype(np.int64)
    return low + unit * (high - low)


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


# studies


def small_study(points: int = 200, *, seed: int = 1, arms: Sequence[str] | None = None, **values: float) -> Study:
    """The question of the headline study, asked of a few worlds of the default box.

    `values` are parameters by name; one that is fixed so is no longer drawn. `arms` are all by default. Raises
    `ParameterError` for a value that a parameter does not take, and `StudyError` for anything else that cannot be run.
    """
    resolved = params.resolve(values)
    factors = {
        name: (float(low), float(high)) for name, (low, high) in params.DEFAULT_BOX.items() if name not in values
    }
    study = Study(
        name="small",
        question=QUESTION,
        seed=_whole("seed", seed),
        parameters=resolved,
        design=Design("latin_hypercube", _whole("points", points), factors),
        arms=tuple(params.SETUPS) if arms is None else _arms(arms),
        contrast=Contrast("structure_first", "purpose_first", "added_value_mean", 0.01),
    )
    require_valid(study)
    for name, value in values.items():
        reason = by_the_arms(study.arms, name) or dormant(name, study.parameters)
        if reason and study.parameters[name] != params.DEFAULTS[name]:
            raise StudyError(f"{name}={shown(value)} would have no effect: {reason}")
    return study


def _whole(what: str, value: Any) -> int:
    number = number_of(value)
    if not isinstance(number, int):
        raise StudyError(f"{what}={shown(value)} is not a whole number")
    return number


def _arms(arms: Any) -> tuple[str, ...]:
    if not isinstance(arms, list | tuple):
        raise StudyError(f"arms={shown(arms)} is not a list of names; there is {', '.join(params.SETUPS)}")
    return tuple(arms)


def require_valid(study: Study, listed: pd.DataFrame | None = None) -> None:
    """Raise `StudyError`, naming the value and what is allowed, if a study cannot be run as it stands.

    None of the runs of a study that passes fails for its parameters. The points of a design that takes them from a list
    are looked at if that is given as `listed`.
    """
    check_kinds(study)
    design = study.design
    _among("sampler", design.sampler, DESIGNS)
    _among("contrast.outcome", study.contrast.outcome, OUTCOME_NAMES)
    _check_names(study)
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
    _check_values(study)
    _check_design(study)
    if design.sampler not in LISTED:
        feasible.check_cases(study)
    elif listed is not None:
        _check_listed(study, listed)


def _check_names(study: Study) -> None:
    """That whatever users name can stand in a folder's name, a column, and a figure."""
    check_name("a study", study.name)
    check_names("a variant", study.variants)
    for variant in study.variants:
        if variant.replace("_", " ") in OF_THE_STUDY:
            raise StudyError(f"a variant may not be called '{variant}': that is the name for the study itself")
    check_names("a choice", study.design.choices)
    for choice, named in study.design.choices.items():
        check_names(f"an option of {choice}", named)


def _check_listed(study: Study, listed: pd.DataFrame) -> None:
    """That a list is that of the design, and each of its points can be run."""
    design = study.design
    lacking = [name for name in (*factor_names(design), *choice_names(design)) if name not in listed]
    if lacking:
        raise StudyError(f"the list of points has no column {lacking[0]}")
    list_of(study, listed)
    if design.sampler != BOOTSTRAP and len(listed) != design.points:
        raise StudyError(f"design.points={design.points}: the list has {len(listed)}")
    for name in choice_names(design):
        for option in listed[name].unique():
            _among(f"option of {name}", option, tuple(design.choices[name]))
    for first in range(0, len(listed), ROWS_AT_ONCE):
        rows = listed.iloc[first : first + ROWS_AT_ONCE]
        feasible.check_rows(study, parameters_of(study, rows), first + 1)


def _check_design(study: Study) -> None:
    design = study.design
    if design.points < 1:
        raise StudyError(f"design.points={design.points} must be 1 or more")
    for name, points in (("variant_points", study.variant_points), ("trajectory_points", study.trajectory_points)):
        if not 0 <= points <= design.points:
            raise StudyError(f"{name}={points} must be from 0 to design.points, which is {design.points}")
    together = samplers.points_per_sample(design.sampler, len(design.factors) + len(design.choices))
    if design.points % together:
        raise StudyError(
            f"design.points={design.points}: a {design.sampler} design comes in {together} points a sample"
        )
    if design.sampler in ("grid", "one_at_a_time"):
        if set(design.levels) != set(design.factors):
            raise StudyError(f"a {design.sampler} design takes levels of every factor")
        if design.points != count_points(design, study.parameters):
            raise StudyError(f"design.points={design.points}: there are {count_points(design, study.parameters)}")
    if design.replicates < 1 or design.points * design.replicates_at_most >= 2**32:
        raise StudyError(
            f"{design.points} points in {design.replicates_at_most} worlds each: from 1 to 2**32 - 1 in all"
        )
    adaptive = design.adaptive
    if adaptive and not (adaptive.precision > 0 and 2 <= adaptive.batch <= adaptive.maximum and 0 < adaptive.level < 1):
        raise StudyError(f"{adaptive}: precision above 0, a batch of 2 or more, up to the maximum, level from 0 to 1")


def _check_values(study: Study) -> None:
    design = study.design
    chosen = [values for named in design.choices.values() for values in named.values()]
    try:
        for name in params.NAMES:
            if name not in study.parameters:
                raise StudyError(f"study.parameters lacks '{name}'; sim.params.resolve() gives all of them")
        for values in (study.parameters, *study.variants.values(), *chosen):
            for name, value in values.items():
                params.parameter_value(name, value)
        for name, (low, high) in design.factors.items():
            if params.parameter_value(name, low) >= params.parameter_value(name, high) and design.sampler not in LISTED:
                raise StudyError(f"factor {name}: its range ({low:g}, {high:g}) must end above its start")
            least = params.BY_NAME[name].least
            if 0 <= low < least and name not in design.levels and design.sampler not in LISTED:
                raise StudyError(
                    f"factor {name}: its range ({low:g}, {high:g}) holds numbers between 0 and {least:g}, "
                    f"which it does not take; start it at {least:g}"
                )
        for name, levels in design.levels.items():
            if name not in design.factors or [params.parameter_value(name, level) for level in levels] != sorted(
                set(levels)
            ):
                raise StudyError(f"levels of {name}: {levels} must be of a factor, differ, and rise")
    except params.ParameterError as error:
        raise StudyError(str(error)) from None
    for name, named in design.choices.items():
        if not named or name in params.BY_NAME or name in ("point", "run", "world", "arm", "variant"):
            raise StudyError(f"a choice may not be called '{name}', nor be between nothing")


def _among(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise StudyError(f"there is no {what} '{name}'{nearest(name, known)}; there is {', '.join(known)}")
