"""That the parts of a study made in Python are of the kinds they should be, before anything is done with them.

A study of numbers that JSON does not know, or that are equal and written otherwise, would have no identity.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.errors import StudyError
from experiments.study.definition import Adaptive, Contrast, Design, Study
from sim.limits import limits_of
from sim.params import ParameterError
from sim.values import shown

LARGEST = sys.float_info.max


def check_kinds(study: Study) -> None:
    """Raise `StudyError`, naming the part, if a part of a study is of another kind than it should be."""
    for part, kind in (("design", Design), ("contrast", Contrast)):
        if not isinstance(getattr(study, part), kind):
            raise StudyError(f"{part}={shown(getattr(study, part))} must be a {kind.__name__}")
    design, contrast = study.design, study.contrast
    _texts({"name": study.name, "question": study.question, "design.sampler": design.sampler})
    _texts({"design.digest": design.digest})
    _texts({f"contrast.{end}": getattr(contrast, end) for end in ("a", "b", "outcome")})
    _whole_numbers({name: getattr(study, name) for name in ("seed", "variant_points", "trajectory_points")})
    _whole_numbers({"design.points": design.points, "design.replicates": design.replicates})
    _numbers("contrast", {"region": contrast.region})
    if not isinstance(design.shared_worlds, bool):
        raise StudyError(f"design.shared_worlds={shown(design.shared_worlds)} must be True or False")
    _names("arms", study.arms)
    _numbers("parameters", study.parameters)
    for name, values in _mapping("variants", study.variants).items():
        _numbers(f"variants[{name!r}]", values)
    _check_design_kinds(design)
    _check_limits(study)


def _check_design_kinds(design: Design) -> None:
    for name, ends in _mapping("design.factors", design.factors).items():
        _several(f"the range of {name}", ends, 2, 2)
    for name, levels in _mapping("design.levels", design.levels).items():
        _several(f"the levels of {name}", levels, 1, math.inf)
    for name, named in _mapping("design.choices", design.choices).items():
        for option, values in _mapping(f"design.choices[{name!r}]", named).items():
            _numbers(f"design.choices[{name!r}][{option!r}]", values)
    adaptive = design.adaptive
    if adaptive is not None:
        if not isinstance(adaptive, Adaptive):
            raise StudyError(f"design.adaptive={shown(adaptive)} must be an Adaptive, or None")
        _whole_numbers({"design.adaptive.batch": adaptive.batch, "design.adaptive.maximum": adaptive.maximum})
        _numbers("design.adaptive", {"precision": adaptive.precision, "level": adaptive.level})


def _check_limits(study: Study) -> None:
    """That thresholds are all there, and in their ranges."""
    if study.limits is None:
        return
    _numbers("limits", study.limits)
    try:
        lacking = set(limits_of(study.limits)) - set(study.limits)
    except ParameterError as error:
        raise StudyError(f"limits: {error}") from None
    if lacking:
        raise StudyError(f"limits lacks '{min(lacking)}'; sim.limits.limits_of() gives all of them")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _mapping(what: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise StudyError(f"{what}={shown(value)} must be a mapping from names")
    for name in value:
        if not isinstance(name, str):
            raise StudyError(f"{what}: {shown(name)} must be text")
    return value


def _numbers(what: str, values: Any) -> None:
    for name, value in _mapping(what, values).items():
        if not _is_number(value):
            raise StudyError(f"{what}: {name}={shown(value)} must be an int or a float, and finite")


def _several(what: str, values: Any, least: int, most: float) -> None:
    known = isinstance(values, Sequence) and not isinstance(values, str) and least <= len(values) <= most
    if not known or not all(map(_is_number, values)):
        count = "two numbers" if most == 2 else "one or more numbers"
        raise StudyError(f"{what}: {shown(values)} must be {count}, each an int or a float, and finite")


def _whole_numbers(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise StudyError(f"{name}={shown(value)} must be a whole number, an int of Python")


def _texts(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if not isinstance(value, str):
            raise StudyError(f"{name}={shown(value)} must be text")


def _names(what: str, values: Any) -> None:
    if not isinstance(values, tuple | list) or not all(isinstance(value, str) for value in values):
        raise StudyError(f"{what}={shown(values)} must be names, one or more")
