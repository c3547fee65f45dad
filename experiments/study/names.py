"""Names that users give: they become names of folders and of columns, and text in figures and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from experiments.errors import StudyError
from sim.values import shown

LONGEST = 80
ALLOWED = re.compile(rf"[A-Za-z0-9_-][A-Za-z0-9_. -]{{0,{LONGEST - 1}}}")


def check_name(key: str, name: Any) -> str:
    """`name`, if it can be a name under this key of a study; else a `StudyError` that says what can."""
    if isinstance(name, str) and ALLOWED.fullmatch(name) and not name.endswith(" ") and re.search("[A-Za-z0-9]", name):
        return name
    raise StudyError(
        f"{key}: {shown(name)} is not a valid name: a name has 1 to {LONGEST} letters (a to z, A to Z), digits, "
        "spaces, "
        "or any of _ - . and has at least one letter or digit; it does not start with a space or a dot, nor end with "
        "a space"
    )


def check_names(key: str, names: Iterable[Any]) -> None:
    """Raise `StudyError` for a name that is not valid, or for two that are alike where _ reads as a space."""
    seen: dict[str, str] = {}
    for name in names:
        alike = check_name(key, name).replace("_", " ")
        if alike in seen:
            raise StudyError(f"{key}: {shown(name)} and {shown(seen[alike])} look the same; give one another name")
        seen[alike] = name
