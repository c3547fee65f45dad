"""`partnership check`: every byte of a study compared with what was recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from experiments.storage import origin
from experiments.storage.verification import examine, other_model

ADVICE = (
    "Move files that do not belong to this study elsewhere; the command that made the study remakes what is missing or "
    "damaged."
)


def check(given: Mapping[str, str]) -> int:
    """Say what is wrong with a study, and how to mend it; returns 0 if nothing is, else 1. Nothing is written.

    A study that another model made is as sound as any; that is said as well. Raises `StudyError` where there is no
    study.
    """
    folder = Path(given["study"])
    study, faults = origin.require_manifest(folder), examine(folder)
    for line in other_model(folder, study):
        print(line)
    for fault in faults:
        print(f"{folder}: {fault}")
    if faults:
        print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''}. {ADVICE}")
        return 1
    size = sum(entry["bytes"] for entry in study.files.values())
    print(f"{len(study.files)} files, {size:,} bytes: as they were written.")
    return 0
