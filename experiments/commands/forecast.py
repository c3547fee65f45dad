"""`partnership forecast`: what calibrated worlds predict, written down before it can be known."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.commands.validate import MOST_RUNS, common
from experiments.config.arguments import integer

RUNS, FIRST_SEED = 200, 1
"""Worlds that a forecast is made from, and its seed, if not given."""


def forecast(given: Mapping[str, str]) -> int:
    """Predict the quantities of a forecast."""
    values = common({name: value for name, value in given.items() if name in ("seed", "results", "workers")})
    runs = integer("runs", given["runs"], 20, MOST_RUNS) if "runs" in given else RUNS
    from experiments.calibration.forecast import load_forecast
    from experiments.calibration.forecast_report import run_forecast

    asked = load_forecast(given["forecast"])
    seed, results = values.get("seed", FIRST_SEED), values.get("results", "results")
    for line in run_forecast(asked, runs, seed, results, values.get("workers")):
        print(line)
    return 0
