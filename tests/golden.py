"""The golden baseline: the outcomes of 50 fixed runs, to the last bit, in `tests/golden.csv`.

`make golden` (or `python -m tests.golden`) renews it after an intended change of the model; the diff shows which
outcomes moved, and is to be reviewed, explained in the changelog, and committed with a new `RESULTS_VERSION`.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from sim.outcomes import OUTCOME_NAMES
from sim.params import BY_NAME, DEFAULT_BOX, SETUPS, as_array, resolve
from sim.runs import simulate

BASELINE = Path(__file__).with_name("golden.csv")
SEED = 20

LEVERS = (
    {},
    {"umbrella": 1, "pooled_share": 0.4, "mandated": 1},
    {"cycle_months": 12, "learning_prob": 0.8, "n_issues": 6},
    {"review_month": 24, "review_floor": 0.2, "example_weight": 0.5},
    {"months": 120, "meetings": 3},
)  # fmt: skip


def cases() -> list[tuple[str, dict[str, float]]]:
    """Setup and values of each run: every arm and lever in turn, in worlds from the default box."""
    rng, chosen = np.random.default_rng(SEED), []
    for index in range(50):
        values = {name: low + float(rng.random()) * (high - low) for name, (low, high) in DEFAULT_BOX.items()}
        values |= {name: float(round(values[name])) for name in values if BY_NAME[name].integer}
        chosen.append((list(SETUPS)[index % len(SETUPS)], values | LEVERS[index // 10]))
    return chosen


def outcomes(width: int) -> np.ndarray:
    """Outcomes of all runs (50, outcomes)."""
    points = np.array([as_array(resolve(values, setup)) for setup, values in cases()])
    return simulate(points, np.arange(len(points)), SEED, width=width).outcomes


def load() -> np.ndarray:
    """The baseline (50, outcomes)."""
    with BASELINE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[name]) for name in OUTCOME_NAMES] for row in rows])


def renew() -> None:
    """Write the baseline anew, each number with all its digits."""
    with BASELINE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", "setup", *OUTCOME_NAMES])
        for run, ((setup, _), row) in enumerate(zip(cases(), outcomes(1), strict=True)):
            writer.writerow([run, setup, *map(repr, row.tolist())])


if __name__ == "__main__":
    renew()
