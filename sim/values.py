"""Values as people give them: read as numbers, and shown in a message."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

LETTERS_SHOWN = 60
"""A message stays on one line, whatever was given."""


def number_of(value: Any) -> int | float | None:
    """The number that `value` is or that its text spells; None where it is no number, as a boolean is not.

    A whole number comes back as an `int`, exact however large: 12, 12.0, "12" and "12.0" are the same. What is too
    large for a `float` and is not given as whole is infinite. Text may have spaces around the number, but is ASCII and
    has no `_` in it.
    """
    if isinstance(value, str):
        return _spelt(value) if value.isascii() and "_" not in value else None
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        return None
    return int(value) if isinstance(value, int | np.integer) else _measured(value)


def _measured(value: Any) -> int | float:
    """The number that a `float`, a decimal or a fraction is."""
    try:
        number = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except ValueError:  # a decimal that signals NaN
        return math.nan
    return int(value) if math.isfinite(number) and int(value) == value else number


def _spelt(text: str) -> int | float | None:
    """The number that a text spells, if it does."""
    try:
        return int(text)
    except ValueError:  # not whole, or of more digits than Python reads
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def shown(value: Any) -> str:
    """A value as a message shows it: numbers plainly, anything else as Python writes it, on one line and cut short."""
    if isinstance(value, int) and value.bit_length() > 4 * LETTERS_SHOWN:
        return f"a whole number of {value.bit_length()} bits"
    plain = isinstance(value, bool | np.bool_) or number_of(value) is not None
    text = " ".join((str(value) if plain else repr(value)).split())
    return text if len(text) <= LETTERS_SHOWN else f"{text[: LETTERS_SHOWN - 4]} ..."
