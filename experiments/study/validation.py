"""Whether a study can be run, looked at in one place: whoever makes one, in Python or in a configuration, asks here."""

from __future__ import annotations

import pandas as pd

from experiments.errors import StudyError, among, brief
from experiments.study import feasible, samplers
from experiments.study.definition import AS_IT_STANDS, NO_VARIANT, Study
from experiments.study.design import (
    BOOTSTRAP,
    DESIGNS,
    LISTED,
    choice_names,
    count_points,
    factor_names,
    list_of,
    parameters_of,
)
from experiments.study.kinds import check_kinds
from experiments.study.names import check_name, check_names
from sim import params
from sim.outcomes import OUTCOME_NAMES

ARMS_AT_LEAST = 2
ROWS_AT_ONCE = 2**14
OF_THE_STUDY = (NO_VARIANT, AS_IT_STANDS)
"""What tables and figures call the study itself, and so no variant."""


def require_valid(study: Study, listed: pd.DataFrame | None = None) -> None:
    """Raise `StudyError`, naming the value and what is allowed, if a study cannot be run as it stands.

    None of the runs of a study that passes fails for its parameters. The points of a design that takes them from a list
    are looked at if that is given as `listed`.
    """
    check_kinds(study)
    design = study.design
    among(design.sampler, DESIGNS, "design.sampler", StudyError)
    among(study.contrast.outcome, OUTCOME_NAMES, "contrast.outcome", StudyError)
    _check_names(study)
    _check_arms(study)
    if not 0 <= study.seed < 2**63:
        raise StudyError(f"seed={study.seed} is out of range; it takes a whole number from 0 to {2**63 - 1}")
    _check_values(study)
    _check_design(study)
    if design.sampler not in LISTED:
        feasible.check_cases(study)
    elif listed is not None:
        _check_listed(study, listed)


def _check_arms(study: Study) -> None:
    """That there are arms to compare, each once, and two of them in the contrast."""
    for arm in study.arms:
        among(arm, tuple(params.SETUPS), "arms", StudyError)
    if len(set(study.arms)) < len(study.arms):
        raise StudyError(f"arms={brief(list(study.arms))}: an arm is named twice")
    contrast = study.contrast
    if len(study.arms) < ARMS_AT_LEAST:
        raise StudyError(f"arms={list(study.arms)}: a study compares two or more of {', '.join(params.SETUPS)}")
    among(contrast.a, study.arms, "contrast.a", StudyError)
    among(contrast.b, study.arms, "contrast.b", StudyError)
    if contrast.a == contrast.b:
        raise StudyError(f"contrast.a and contrast.b are both {contrast.a}; a contrast needs two arms")
    if not contrast.region >= 0:
        raise StudyError(f"contrast.region={contrast.region} is out of range; it takes a number from 0 up")


def _check_names(study: Study) -> None:
    """That whatever users name can stand in a folder's name, a column, and a figure."""
    check_name("name", study.name)
    check_names("variants", study.variants)
    for variant in study.variants:
        if variant.replace("_", " ") in OF_THE_STUDY:
            raise StudyError(f"variants: '{variant}' is not a valid name: it is the name of the study itself")
    check_names("design.choices", study.design.choices)
    for choice, named in study.design.choices.items():
        check_names(f"design.choices.{choice}", named)


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
            among(option, tuple(design.choices[name]), f"the list, column {name}", StudyError)
    for first in range(0, len(listed), ROWS_AT_ONCE):
        rows = listed.iloc[first : first + ROWS_AT_ONCE]
        feasible.check_rows(study, parameters_of(study, rows), first + 1)


def _check_design(study: Study) -> None:
    design = study.design
    if design.points < 1:
        raise StudyError(f"design.points={design.points} must be 1 or more")
    for name, points in (("variant_points", study.variant_points), ("trajectory_points", study.trajectory_points)):
        if points < 0:
            raise StudyError(f"{name}={points} is out of range; it takes a whole number from 0 up")
        if points > design.points:
            raise StudyError(
                f"{name}={points} is more than the {design.points:,} points of the design; "
                f"give {name}={design.points} (or less) as well, or more design.points"
            )
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
            raise StudyError(f"design.choices: '{name}' is not a valid name, or it has no options")
