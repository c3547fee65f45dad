"""The base of every error that this project raises on purpose."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class PartnershipError(Exception):
    """A mistake in what was given, or a fault of the system; the message is meant for the person who asked."""


def nearest(name: Any, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` when a known name is near, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6) if isinstance(name, str) else []
    return f" (did you mean '{close[0]}'?)" if close else ""
