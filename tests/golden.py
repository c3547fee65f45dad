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

SCHEDULE = {
    "schedule_1_until": 6, "schedule_1_emphasis": 0.9, "schedule_2_until": 15, "schedule_2_emphasis": 0.2,
    "schedule_3_until": 30, "schedule_3_emphasis": 0.6,
}  # fmt: skip
BY_SCHEDULE = "schedule"
"""What stands in the place of an arm where setup goes by a schedule, which every arm with a setup overrides."""

LEVERS = (
    {"exit_level": 0.35, "exit_prob": 0.1, "return_prob": 0.2},
    {"umbrella": 1, "pooled_share": 0.4, "mandated": 1, "outside_share": 0.1, "outside_months": 18},
    {"cycle_months": 12, "learning_prob": 0.8, "n_issues": 6, "gate": 0.2},
    {"review_month": 24, "review_floor": 0.3, "example_weight": 0.5, "initial_structure": 0.4, "initial_purpose": 0.2,
     "initial_owned": 0.5},
    {"months": 120, "meetings": 3, **SCHEDULE},
)  # fmt: skip


def cases() -> list[tuple[str, dict[str, float]]]:
    """Setup and values of each run: every arm and lever in turn, in worlds from the default box."""
    rng, chosen = np.random.default_rng(SEED), []
    for index in range(50):
        values = {name: low + float(rng.random()) * (high - low) for name, (low, high) in DEFAULT_BOX.items()}
        values |= {name: float(round(values[name])) for name in values if BY_NAME[name].integer}
        lever, arm = LEVERS[index // 10], list(SETUPS)[index % len(SETUPS)]
        chosen.append((BY_SCHEDULE if "schedule_1_until" in lever and index % 2 else arm, values | lever))
    return chosen


def point(setup: str, values: dict[str, float]) -> np.ndarray:
    """All parameters (parameters,) of a run. A schedule is in force where no arm sets another."""
    if setup == BY_SCHEDULE:
        return as_array(resolve(values))
    return as_array(resolve({name: value for name, value in values.items() if name not in SCHEDULE}, setup))


def outcomes(width: int) -> np.ndarray:
    """Outcomes of all runs (50, outcomes)."""
    points = np.array([point(setup, values) for setup, values in cases()])
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
