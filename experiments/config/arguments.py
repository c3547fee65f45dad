"""The words of a job that takes no configuration, read as the table of jobs says: `name=value`, each once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from experiments.errors import ConfigError, brief
from sim.errors import nearest


def arguments(job: str, takes: Mapping[str, str], needs: Sequence[str], words: Sequence[str]) -> dict[str, str]:
    """The values by name. `takes` has an entry such as "study=FOLDER" for each name; a name in capitals stands for any.

    Raises `ConfigError` for a word that the job does not take, one given twice or without a value, and one missing.
    """
    names = [entry.partition("=")[0] for entry in takes]
    form = " ".join(entry if name in needs else f"[{entry}]" for name, entry in zip(names, takes, strict=True))
    named: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(f"{brief(word)}: a value is given as key=value; partnership {job} takes {form}")
        if not any(fits(name, known) for known in names):
            hint = nearest(name, [known for known in names if not known.isupper()])
            raise ConfigError(f"{brief(word)}: partnership {job} takes {form}{hint}")
        if name in named:
            raise ConfigError(f"{brief(word)}: {name} is given twice; give it once")
        if not value.strip() or "\0" in value:
            raise ConfigError(f"{brief(word)}: {name} has no value; partnership {job} takes {form}")
        named[name] = value
    missing = [name for name in needs if name not in named]
    if missing:
        raise ConfigError(f"{', '.join(missing)} is missing: partnership {job} takes {form}")
    return named


def fits(name: str, known: str) -> bool:
    """Whether a name is the known one, or of its form: `limits.window` of `limits.NAME`."""
    stem, _, last = known.rpartition(".")
    return name == known or (last.isupper() and name.startswith(f"{stem}.") and len(name) > len(stem) + 1)


def integer(name: str, text: str, low: int, high: int) -> int:
    """A whole number within bounds, or a `ConfigError`."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and low <= int(text) <= high):
        raise ConfigError(f"{name}={brief(text)} is out of range; it takes a whole number from {low} to {high}")
    return int(text)


def number(name: str, text: str, *, zero: bool = False, least: float = 0.0) -> float:
    """A number above 0 (or from 0, or from `least`), or a `ConfigError`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 or (zero and value == 0)) or math.isinf(value) or value < least:
        allowed = f"from {least:g} up" if zero or least else "above 0"
        raise ConfigError(f"{name}={brief(text)} is out of range; it takes a number {allowed}")
    return value
