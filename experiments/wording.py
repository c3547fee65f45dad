"""Names and numbers as a reader would say them."""

from __future__ import annotations

from experiments.analysis.contrasts import Estimate
from experiments.analysis.discovery import Condition
from experiments.study.definition import Design
from sim import params


def plain(name: str) -> str:
    """`structure_first` -> `structure first`, `n_partners` -> `number of partners`."""
    return f"number of {plain(name.removeprefix('n_'))}" if name.startswith("n_") else name.replace("_", " ")


WIDE = 10
"""A box in which so many parameters vary, or more, is called wide."""
SERIES = {
    "cost_shift": "cost shifting",
    "endorsed": "share signed up",
    "owned": "share of issues owned",
    "participation_large": "participation of large partners",
    "participation_small": "participation of small partners",
    "overloaded": "share of partners overloaded",
    "laggards": "share of laggards",
    "commitment_small": "commitment of small partners",
    "members": "share of partners at the table",
    "gap": "gap between the worse off and the others",
    "alone_gap": "that gap if all had acted alone",
    "pat_need": "answer: partnership is needed",
    "pat_purpose": "answer: its purpose is clear",
    "pat_ownership": "answer: commitment and ownership are ensured",
    "pat_trust": "answer: there is trust",
    "pat_arrangements": "answer: its arrangements are clear and robust",
    "pat_learning": "answer: it monitors, measures and learns",
    "vichealth_score": "VicHealth score",
}
"""Monthly series whose short names say too little to a reader."""


def series(name: str) -> str:
    """`owned` -> `share of issues owned`."""
    return SERIES.get(name, plain(name))


def worlds_of(design: Design) -> str:
    """Where the worlds of a study come from, in a sentence about their shares."""
    factors = len(design.factors) + len(design.choices)
    if not factors:
        return "alike except for chance"
    if design.sampler in ("grid", "one_at_a_time"):
        return f"at the levels of {factors} parameters that this study chose"
    if design.sampler == "list":
        return "of this study's list"
    if design.sampler == "bootstrap":
        return "drawn from this study's list"
    return f"drawn from a {'wide ' if factors >= WIDE else ''}box of {factors} unknown{'s' if factors > 1 else ''}"


def outcome(name: str) -> str:
    """For an axis: `added_value_mean` -> `mean added value`."""
    return f"mean {plain(name.removesuffix('_mean'))}" if name.endswith("_mean") else plain(name)


def gained(name: str) -> str:
    """In a sentence: `added_value_mean` -> `added value`."""
    return plain(name.removesuffix("_mean"))


def percent(share: float) -> str:
    """A share in whole per cent; `under 1%` where rounding would make it nothing, `over 99%` where all."""
    if 0 < share < 0.005:
        return "under 1%"
    if 0.995 <= share < 1:
        return "over 99%"
    return f"{100 * share:.0f}%"


def in_100(share: float) -> str:
    """A share as a count out of 100 worlds."""
    return percent(share).removesuffix("%")


def level(value: float, digits: int = 3) -> str:
    """A level or a difference of levels, with a real minus sign."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def signed(value: float, digits: int = 3) -> str:
    """Like `level`, with its sign always shown."""
    text = level(value, digits)
    return f"+{text}" if float(f"{value:.{digits}f}") > 0 else text


def amount(value: float) -> str:
    """A parameter's value to three significant digits."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def digits(estimate: Estimate) -> int:
    """Decimals in which an estimate is reported: three, or four where its interval is narrow."""
    return 3 if estimate.high - estimate.low >= 0.005 else 4


def interval(estimate: Estimate) -> str:
    """`+0.0041 to +0.0053`."""
    return f"{signed(estimate.low, digits(estimate))} to {signed(estimate.high, digits(estimate))}"


def estimated(estimate: Estimate) -> str:
    """`+0.0047 (95% interval +0.0041 to +0.0053)`."""
    return f"{signed(estimate.value, digits(estimate))} (95% interval {interval(estimate)})"


def share_range(share: Estimate) -> str:
    """A share with its interval: `26.9% (26.4 to 27.4)`."""
    return f"{100 * share.value:.1f}% ({100 * share.low:.1f} to {100 * share.high:.1f})"


def factor_label(name: str) -> str:
    """For an axis: the parameter's name and its unit, where it has one worth naming."""
    unit = params.BY_NAME[name].unit
    return plain(name) if unit in ("share", "level", "1", "strength", "weight", "chance") else f"{plain(name)} ({unit})"


def condition_text(condition: Condition) -> str:
    """`load per seat is at most 0.12`; whole numbers in the form a reader would check."""
    if params.BY_NAME[condition.factor].integer:
        return (
            f"{plain(condition.factor)} is {condition.threshold + 1:.0f} or more"
            if condition.above
            else (f"{plain(condition.factor)} is {condition.threshold:.0f} or fewer")
        )
    return f"{plain(condition.factor)} is {'above' if condition.above else 'at most'} {amount(condition.threshold)}"


def conditions_text(conditions: tuple[Condition, ...]) -> str:
    """Conditions joined by "and"."""
    return " and ".join(map(condition_text, conditions))


def meaning(name: str) -> str:
    """What a parameter means, from the table of parameters."""
    return params.BY_NAME[name].meaning


def listing(items: list[str]) -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
