"""Renew what the documents say: calibration, rivals, validation, forecasts, failure modes in the wide box, plantings.

    python -m docs.record FOLDER [particles=300 prior_draws=10000 populations=6]

Each step needs what the steps before it made. Populations that are in FOLDER already are not made again.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from docs.kept import RECORD
from experiments.calibration.forecast import forecasts
from experiments.calibration.pattern import rivals
from experiments.cli import main as partnership
from experiments.config.folders import configs

LESS = ("particles=100", "prior_draws=3000", "populations=5")
"""The effort of each calibration that leaves a pattern out."""
PLANTINGS = ("scenario=hwb_2015", "plantings=200")


class StepError(RuntimeError):
    """A step that ended with a mistake."""


def step(*words: str) -> None:
    """One job of the command line."""
    print(f"partnership {' '.join(words)}", flush=True)
    if partnership(list(words)) != 0:
        raise StepError(" ".join(words))


def calibrated(folder: Path, without: str) -> Path:
    """The folder of a finished calibration on all patterns, by the part that its model lacks."""
    for path in sorted(folder.glob("*/summary.json")):
        summary = json.loads(path.read_bytes())
        if summary["without"] == without and not summary["leave_out"]:
            return path.parent
    raise StepError(f"there is no calibration without '{without}' in {folder}")


def copy(source: Path, target: Path) -> None:
    """Keep what a step left."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def calibrations(folder: Path, results: str, effort: list[str]) -> None:
    """The whole model and every rival, with equal effort."""
    box = configs() / "box"
    step("calibrate", "scenario=all", *effort, results)
    whole = calibrated(folder / "calibrate" / "all", "")
    copy(whole / "posterior.csv", box / "calibrated.csv")
    copy(whole / "calibrated.yaml", configs() / "scenario" / "calibrated.yaml")
    copy(whole / "summary.json", RECORD / "calibration.json")
    for rival in rivals():
        part = rival.removeprefix("no ")
        step("calibrate", "scenario=all", f"without={part}", *effort, results)
        posterior = calibrated(folder / "calibrate" / "all", part) / "posterior.csv"
        copy(posterior, box / "rivals" / f"{rival.replace(' ', '_')}.csv")


def judgements(folder: Path, results: str) -> None:
    """What is read from the calibrated worlds: validation and forecasts; then patterns left out, and plantings."""
    step("validate", "order=true", results)
    copy(folder / "validate" / "all" / "table.csv", RECORD / "patterns.csv")
    copy(folder / "validate" / "all" / "summary.json", RECORD / "validation.json")
    copy(folder / "validate" / "all" / "order.csv", RECORD / "order.csv")
    for name in forecasts():
        step("forecast", f"forecast={name}", results)
        (made,) = (folder / "forecast" / name).glob("*/forecast.csv")
        copy(made, RECORD / f"{name}.csv")
        copy(made.with_name("summary.json"), RECORD / f"{name}.json")
    step("detectors", results)
    copy(folder / "demo" / "detectors" / "transfer.csv", RECORD / "transfer.csv")
    step("calibrate", "scenario=all", "leave_out=all", *LESS, results)
    copy(folder / "calibrate" / "all" / "leave_one_out.csv", RECORD / "leave_one_out.csv")
    step("calibrate", *PLANTINGS, results)
    planted = folder / "calibrate" / "hwb_2015" / "plantings"
    copy(planted / "summary.json", RECORD / "plantings.json")
    copy(planted / "ranks.png", RECORD / "ranks.png")


def main(words: list[str]) -> int:
    """Every step, in order; returns the exit code."""
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    folder, results = Path(words[0]), f"results={words[0]}"
    calibrations(folder, results, words[1:])
    judgements(folder, results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
