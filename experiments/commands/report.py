"""`partnership report`: rebuild the report of a study from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def report(given: Mapping[str, str]) -> int:
    """Rebuild the report of a study."""
    from experiments.report.rebuild import rebuild  # draws figures, which help can do without

    return rebuild(Path(given["study"]))
