"""JSON of unknown origin, read strictly: no field is believed before its type and range have been checked.

Each function returns the value it was given, or raises `StudyError`, which names the field, its value and what it
takes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from experiments.errors import StudyError

T = TypeVar("T")

MOST_CHARACTERS = 20_000
"""Characters of a text at most."""
INTEGER_LIMIT = 2**63
CHARACTERS_SHOWN = 60


def parsed(content: bytes) -> Any:
    """What some bytes say as JSON; ValueError if they are none, or none that we would write."""
    try:
        return json.loads(content, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def fault(where: str, value: Any, takes: str) -> StudyError:
    """What to raise for a field: its name, its value in short, and what it takes."""
    text = ascii(value) if isinstance(value, (str, int, float, bool, type(None))) else type(value).__name__
    return StudyError(
        f"{where} is {text if len(text) <= CHARACTERS_SHOWN else text[:CHARACTERS_SHOWN] + '...'}; it takes {takes}"
    )


def fields(value: Any, where: str, needed: Sequence[str], also: Sequence[str] = ()) -> dict[str, Any]:
    """An object with exactly these fields; those of `also` may be missing."""
    if not isinstance(value, dict):
        raise fault(where, value, f"an object with {', '.join(needed)}")
    for name in needed:
        if name not in value:
            raise StudyError(f"{where} lacks '{name}'")
    for name in value:
        if name not in needed and name not in also:
            raise StudyError(f"{where} has a field {ascii(name)[: CHARACTERS_SHOWN + 2]}, which is unknown")
    return value


def text(value: Any, where: str, *, lines: bool = False) -> str:
    """Printable text; with `lines`, of several lines if need be."""
    if isinstance(value, str) and len(value) <= MOST_CHARACTERS:
        line = value.replace("\n", "").replace("\t", "") if lines else value
        if line.isprintable():
            return value
    raise fault(where, value, f"printable text of at most {MOST_CHARACTERS:,} characters")


def matching(value: Any, where: str, pattern: str, takes: str) -> str:
    """Text that matches a pattern from end to end."""
    if isinstance(value, str) and len(value) <= MOST_CHARACTERS and re.fullmatch(pattern, value):
        return value
    raise fault(where, value, takes)


def integer_at(value: Any, where: str, low: int = 0, high: int = INTEGER_LIMIT - 1) -> int:
    """A whole number from `low` to `high`."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise fault(where, value, f"a whole number from {low} to {high}")


def number(value: Any, where: str) -> float:
    """A finite number, as it stands: a whole one stays whole."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < INTEGER_LIMIT:
        return value
    raise fault(where, value, "a number")


def truth(value: Any, where: str) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise fault(where, value, "true or false")


def mapping(value: Any, where: str, of: Callable[[Any, str], T], *, paths: bool = False) -> dict[str, T]:
    """An object whose names are printable, and hold a slash only if they are `paths`; each value is what `of` takes."""
    if not isinstance(value, dict):
        raise fault(where, value, "an object")
    for name in value:
        text(name, f"a name in {where}")
        if not name or (not paths and ("/" in name or "\\" in name)):
            raise fault(f"a name in {where}", name, "printable text without a slash")
    return {name: of(value_there, f"{where}.{name}") for name, value_there in value.items()}


def sequence(value: Any, where: str, of: Callable[[Any, str], T], count: int | None = None) -> tuple[T, ...]:
    """A list of values that are each what `of` takes; of `count` values, if that is given."""
    if not isinstance(value, (list, tuple)) or (count is not None and len(value) != count):
        raise fault(where, value, "a list" if count is None else f"a list of {count}")
    return tuple(of(value_there, f"{where}[{index}]") for index, value_there in enumerate(value))


def numbers(value: Any, where: str) -> dict[str, float]:
    """An object of numbers by name."""
    return mapping(value, where, number)


def texts(value: Any, where: str) -> dict[str, str]:
    """An object of texts by the names of files or of software."""
    return mapping(value, where, text, paths=True)
