"""Any two settings compared: arms, variants of arms, or points of the design that differ in what is named.

A setting is written `arm`, `arm/variant`, `arm@factor=value`, or all of it: `structure_first/no_load@scenario=healthy`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from experiments.errors import StudyError
from experiments.study.definition import NO_VARIANT, Study
from experiments.study.design import choice_names, factor_names
from experiments.study.stored import StoredStudy
from experiments.study.tables import DESIGN, RUNS
from sim.errors import nearest
from sim.outcomes import OUTCOME_NAMES

SETTING = "a setting is written arm, arm/variant or arm@factor=value, as in structure_first/no_load@scenario=healthy"


@dataclass(frozen=True)
class Setting:
    """One side of a contrast: an arm, a variant of it, and what factors or choices of the design are to be."""

    arm: str
    variant: str = NO_VARIANT
    where: Mapping[str, float | str] = field(default_factory=dict)

    def __str__(self) -> str:
        variant = "" if self.variant == NO_VARIANT else f"/{self.variant}"
        where = ",".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
                         for name, value in self.where.items())  # fmt: skip
        return f"{self.arm}{variant}{'@' if where else ''}{where}"


def setting(text: str, study: Study) -> Setting:
    """The setting that a text names, if the study has it; else a `StudyError` with the nearest and all there are."""
    side, at, changes_text = text.partition("@")
    arm, slash, variant = side.partition("/")
    _among("arm", arm, study.arms)
    if slash:
        _among("variant", variant, (NO_VARIANT, *sorted(study.variants)))
    if variant not in ("", NO_VARIANT) and arm not in (study.contrast.a, study.contrast.b):
        raise StudyError(
            f"{text}: variants were run under {study.contrast.a} and {study.contrast.b} only, not under {arm}"
        )
    where: dict[str, float | str] = {}
    for change in changes_text.split(",") if at else ():
        name, equals, value = change.partition("=")
        if not equals:
            raise StudyError(f"{text}: {SETTING}")
        where[name] = _level(study, name, value)
    return Setting(arm, variant or NO_VARIANT, where)


def _level(study: Study, name: str, value: str) -> float | str:
    design = study.design
    _among("factor or choice", name, (*factor_names(design), *choice_names(design)))
    if name in design.choices:
        _among(f"{name}", value, tuple(sorted(design.choices[name])))
        return value
    try:
        return float(value)
    except ValueError:
        raise StudyError(f"{name}={value} is not a number") from None


def _among(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        listed = ", ".join(known) or "none in this study"
        raise StudyError(f"there is no {what} '{name}'{nearest(name, list(known))}; there is {listed}")


def outcome(name: str) -> str:
    """The name of an outcome, if there is such; else a `StudyError` with the nearest one."""
    if name not in OUTCOME_NAMES:
        near = nearest(name, OUTCOME_NAMES)
        raise StudyError(f"there is no outcome '{name}'{near}; there are {', '.join(OUTCOME_NAMES)}")
    return name


def paired(finished: StoredStudy, a: Setting, b: Setting, name: str) -> pd.DataFrame:
    """One outcome under two settings, in a table as `contrasts.pair` gives it: columns a, b and difference.

    Settings that differ in arm or variant alone meet at the points of the design, over replicates their mean. Settings
    that differ in what their points have meet where all else is alike, in the same shared worlds, which are then the
    units. Raises `StudyError` where they never meet.
    """
    if a == b:
        raise StudyError(f"both settings are {a}; a contrast needs two")
    columns = ["point", "world", "arm", "variant", outcome(name)]
    runs = finished.read(finished.parts(RUNS), columns)
    by = ["point"] if a.where == b.where else _elsewhere(finished.study, a, b)
    if a.where or b.where:
        design = finished.read(finished.parts(DESIGN))
        runs = runs.merge(design, on="point")
    sides = {side: _mean(_rows(runs, spec), by, name) for side, spec in (("a", a), ("b", b))}
    both = pd.concat(sides, axis=1, join="inner")
    if not len(both):
        raise StudyError(f"{a} and {b} never meet: no point of one is like a point of the other in all else")
    pairs = both if by == ["point"] else both.groupby(level="world").mean()
    pairs = pairs.sort_index()
    pairs["difference"] = pairs["a"] - pairs["b"]
    return pairs


def _elsewhere(study: Study, a: Setting, b: Setting) -> list[str]:
    """The columns in which points of both settings must be alike: the world, and all that neither names."""
    if not study.design.shared_worlds:
        raise StudyError(
            f"{a} and {b} were run in different worlds, so they are not paired; design.worlds=shared gives all points "
            "the same"
        )
    if set(a.where) != set(b.where):
        raise StudyError(f"{a} and {b}: both must name the same factors")
    named = [*factor_names(study.design), *choice_names(study.design)]
    return ["world", *(name for name in named if name not in a.where)]


def _rows(runs: pd.DataFrame, side: Setting) -> pd.DataFrame:
    kept = (runs["arm"] == side.arm) & (runs["variant"] == side.variant)
    for name, value in side.where.items():
        kept &= runs[name] == value
    if not kept.any():
        raise StudyError(f"no run of this study is {side}")
    return runs[kept]


def _mean(rows: pd.DataFrame, by: list[str], name: str) -> pd.Series:
    return rows.groupby(by, observed=True)[name].mean()
