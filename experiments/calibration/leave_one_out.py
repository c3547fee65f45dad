"""Calibration without one pattern, each in turn: does what is left of the record predict the pattern left out?

`partnership calibrate scenario=NAME leave_out=all`, or one pattern by name. Written to
`results/calibrate/<scenario>/leave_one_out.csv`, and each calibration to a folder of its own.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path

from experiments.calibration.calibrate import Asked, calibrate, target
from experiments.calibration.measure import Verdict
from experiments.calibration.pattern import Pattern
from experiments.calibration.posterior import predicted
from experiments.storage.files import write_bytes

EVERY = "all"
"""Asks for every calibration pattern to be left out in turn."""


@dataclass(frozen=True)
class LeftOut:
    """A pattern that calibration did not see: as worlds of the posterior show it, and worlds of the prior."""

    pattern: Pattern
    tolerance: float
    after: Verdict
    before: Verdict


def run_leave_one_out(asked: Asked) -> list[str]:
    """Calibrate without each pattern that is asked for, write, and return what there is to say in a terminal."""
    patterns = [each for each in target(replace(asked, leave_out="")) if asked.leave_out in (EVERY, each.name)]
    rows = [left_out(replace(asked, leave_out=each.name), each) for each in patterns]
    path = Path(asked.results) / "calibrate" / asked.scenario / "leave_one_out.csv"
    write_bytes(path, left_out_csv(rows))
    return [
        *map(left_out_line, rows),
        f"{sum(row.after.met for row in rows)} of {len(rows)} are met unseen.",
        f"Table: {path}",
    ]


def left_out(asked: Asked, pattern: Pattern) -> LeftOut:
    """Calibrate without a pattern, and judge it on what is left."""
    calibration = calibrate(asked)
    after, before = predicted(calibration, [pattern])
    return LeftOut(pattern, calibration.posterior.tolerance, after[pattern.name], before[pattern.name])


def left_out_line(row: LeftOut) -> str:
    """A pattern left out, in a terminal."""
    said = "met" if row.after.met else "NOT met"
    return (
        f"{row.pattern.name}: {said} by worlds calibrated without it, {row.after.value:.2f} "
        f"({row.after.low:.2f} to {row.after.high:.2f}); the prior {row.before.value:.2f} "
        f"({row.before.low:.2f} to {row.before.high:.2f})"
    )


def left_out_csv(rows: list[LeftOut]) -> bytes:
    """One row for each pattern left out."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    numbers = ("met", "value", "low", "high")
    writer.writerow(("pattern", "tolerance", *numbers, *(f"prior_{name}" for name in numbers)))
    for row in rows:
        after, before = (
            (int(verdict.met), *(f"{x:.6g}" for x in (verdict.value, verdict.low, verdict.high)))
            for verdict in (row.after, row.before)
        )
        writer.writerow((row.pattern.name, f"{row.tolerance:.6g}", *after, *before))
    return sink.getvalue().encode()
