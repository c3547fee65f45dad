"""The errors of studies and of what was asked, and how a message quotes a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.errors import PartnershipError, nearest

LETTERS_SHOWN = 60


class StudyError(PartnershipError, ValueError):
    """A study that cannot be run, written or read."""


class OtherModelError(StudyError):
    """What one model made is not what another would: they must not be mixed."""


class ConfigError(PartnershipError, ValueError):
    """What was asked cannot be used; the message names the value, what is allowed and the nearest name.

    Where it is about one key, the message begins with that key, so that the place where it was given can be added.
    """


def brief(value: Any) -> str:
    """A value as a message quotes it: as it is written, on one line, cut short where it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python writes out no integer of over 4,300 digits
        return "a number of over 4,300 digits"
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= LETTERS_SHOWN else f"{text[: LETTERS_SHOWN - 4]} ..."


def unknown(what: str, value: Any, known: Iterable[str]) -> str:
    """The message about a value that is none of those there are: it names the nearest, then all."""
    names = tuple(known)
    choices = f"; choose from {', '.join(names)}" if names else ""
    return f"{what}={brief(value)} is unknown{nearest(value, names)}{choices}"


def among(value: str, known: Iterable[str], what: str, kind: type[PartnershipError] = ConfigError) -> str:
    """`value`, if it is known; else an error of that kind, with the nearest and all there are."""
    names = tuple(known)
    if value not in names:
        raise kind(unknown(what, value, names))
    return value
