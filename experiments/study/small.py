"""A study made by one call, for a first look in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.errors import StudyError
from experiments.study.definition import Contrast, Design, Study
from experiments.study.inactive import by_the_arms, dormant
from experiments.study.validation import require_valid
from sim import params
from sim.values import number_of, shown

QUESTION = "Does a partnership that builds structure first end up better or worse than one that builds purpose first?"


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
