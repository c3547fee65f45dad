"""That no run of a study can fail: how many partners sectors count, and needs, are looked at before anything is run.

All else that a run may object to is the range of one parameter. These depend on several: the partners of all sectors
together, and the needs of all issues. Points that are drawn or counted out are looked at by what each parameter may be;
points of a list one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from experiments.errors import StudyError
from experiments.study.definition import Design, Study
from sim.params import (
    BY_NAME,
    COUNTS,
    NAMES,
    NEEDS,
    PLANS,
    SETUPS,
    UNTIL,
    ParameterError,
    count_partners,
    require_one_plan,
)
from sim.runs import check_points

MOST_CASES = 100_000
COMPOSING = (*COUNTS, *NEEDS, "n_issues")
"""What decides how a world is composed. No arm sets any of it."""

Values = Mapping[str, Sequence[float]]
"""What each parameter that composes a world may be. Of a range of numbers that are not whole, its two ends."""


def check_cases(study: Study) -> None:
    """Raise `StudyError` if a world that the design may draw, or counts out, cannot be run."""
    check_plans(study)
    composing = {
        name: [{key: x for key, x in named[option].items() if key in COMPOSING} for option in sorted(named)]
        for name, named in sorted(study.design.choices.items())
    }
    choices = {name: sets for name, sets in composing.items() if any(sets)}
    variants = [{}, *study.variants.values()]
    if prod(map(len, choices.values())) * len(variants) > MOST_CASES:
        raise StudyError(
            f"choices that set sectors or needs combine in more than {MOST_CASES:,} ways with the variants"
        )
    for case in cases(study, choices):
        for variant in variants:
            check_case({**case, **{name: (x,) for name, x in variant.items() if name in COMPOSING}})


def cases(study: Study, choices: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[Values]:
    """What the parameters may be, independently of one another, for each way in which the choices combine."""
    design = study.design
    base = {name: (study.parameters[name],) for name in COMPOSING}
    varied = {name: may_be(design, name) for name in COMPOSING if name in design.factors}
    if design.sampler != "one_at_a_time":
        for chosen in product(*choices.values()):
            yield {**base, **varied, **fixed(chosen)}
        return
    first = [sets[0] for sets in choices.values()]
    for name, values in varied.items():
        yield {**base, name: values, **fixed(first)}
    for place, sets in enumerate(choices.values()):
        for other in sets:
            yield {**base, **fixed([*first[:place], other, *first[place + 1 :]])}
    yield {**base, **fixed(first)}


def fixed(chosen: Sequence[Mapping[str, float]]) -> Values:
    """What options of several choices set; a later one overrides."""
    return {name: (x,) for values in chosen for name, x in values.items()}


def may_be(design: Design, name: str) -> Sequence[float]:
    """What a factor may be: its levels, the whole numbers of its range, or the ends of its range."""
    if name in design.levels:
        return design.levels[name]
    low, high = design.factors[name]
    return range(int(low), int(high) + 1) if BY_NAME[name].integer else (low, high)


def check_case(values: Values) -> None:
    """Raise `StudyError` if some combination of what the parameters may be is a world that cannot be run."""
    allowed = BY_NAME["n_partners"]
    sums = totals([values[name] for name in COUNTS])
    wrong = [count for count in sums if count and not allowed.holds(count)]
    if wrong:
        raise StudyError(f"the sectors may count {wrong[0]} partners in all; n_partners takes {allowed.allowed}")
    needs = [values[name] for name in NEEDS[: int(max(values["n_issues"]))]]
    none = [place for place, weights in enumerate(needs, 1) if min(weights) == 0.0]
    some = [place for place, weights in enumerate(needs, 1) if max(weights) > 0.0]
    for a, b in ((a, b) for a in none for b in some if a != b):
        raise StudyError(
            f"need_{a} may be 0 where need_{b} is above 0; give each of {len(needs)} issues a need, or none"
        )


def check_plans(study: Study) -> None:
    """Raise `StudyError` where, under some arm or variant, two parameters may both decide where setup goes."""
    names = (*PLANS, *UNTIL, "learning_prob")
    drawn: dict[str, tuple[float, ...]] = {name: (study.parameters[name],) for name in names}
    drawn |= {name: study.design.factors[name] for name in names if name in study.design.factors}
    for options in study.design.choices.values():
        for name in names:
            drawn[name] = (*drawn[name], *(values[name] for values in options.values() if name in values))
    pair = (study.contrast.a, study.contrast.b)
    under: list[tuple[str, Mapping[str, float]]] = [(arm, {}) for arm in study.arms]
    under += [(arm, values) for values in study.variants.values() for arm in pair]
    for arm, variant in under:
        may = {**drawn, **{name: (x,) for name, x in {**SETUPS[arm], **variant}.items() if name in names}}
        try:
            require_one_plan({name: max(values) for name, values in may.items()})
        except ParameterError as error:
            raise StudyError(f"under {arm}, {error}") from None
        for before, after in pairwise(UNTIL):
            if max(may[after]) > 0.0 and min(may[after]) <= max(may[before]):
                raise StudyError(f"under {arm}, {after} may come to {min(may[after]):g}, before {before} ends")


def totals(counts: Sequence[Sequence[float]]) -> list[int]:
    """Every sum that counts may have, rising, when each is independently one of the numbers it may be."""
    sums = 1  # bit k stands for the sum k
    for some in counts:
        sums = _either(sums << int(count) for count in some)
    return [total for total in range(sums.bit_length()) if sums >> total & 1]


def _either(sets: Iterator[int]) -> int:
    union = 0
    for values in sets:
        union |= values
    return union


def check_rows(study: Study, points: NDArray[np.float64], first: int) -> None:
    """Raise `StudyError` for a point of a list that cannot be run as it is, or under a variant.

    `points` (points, parameters) are before any arm or variant; `first` is the number of the first row, from 1.
    """
    for variant, values in [("", {}), *study.variants.items()]:
        runs = points.copy()
        for name, value in values.items():
            runs[:, NAMES.index(name)] = value
        count_partners(runs)
        wrong = first_wrong(runs)
        if wrong is not None:
            under = f" under the variant {variant}" if variant else ""
            raise StudyError(f"row {first + wrong[0]} of the list cannot be run{under}: {wrong[1]}")


def first_wrong(points: NDArray[np.float64]) -> tuple[int, str] | None:
    """The first point that cannot be run, and why; None where all can be. Halving finds it."""
    try:
        check_points(points, np.zeros(len(points), dtype=np.int64), 0)
    except ParameterError as error:
        if len(points) == 1:
            return 0, str(error)
        half = len(points) // 2
        place = first_wrong(points[:half])
        if place is not None:
            return place
        row, reason = first_wrong(points[half:]) or (0, str(error))
        return half + row, reason
    return None
