"""`partnership validate`: compare the model with what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.config.arguments import integer
from experiments.config.scenarios import names
from experiments.config.to_study import folder_named
from experiments.errors import ConfigError, among

MOST_RUNS, MOST_SEED, MOST_WORKERS = 10**5, 2**63 - 2, 10**4


def validate(given: Mapping[str, str]) -> int:
    """Hold the model against the patterns of a scenario, or of all."""
    values = common(given)
    if "order" in given:
        values["order"] = among(given["order"], ("true", "false"), "order") == "true"
    if "runs" in given:
        values["runs"] = integer("runs", given["runs"], 2, MOST_RUNS)
    from experiments.calibration.comparison import run_validation
    from experiments.calibration.pattern import load_patterns
    from experiments.calibration.validate import Asked

    asked = Asked(**values)
    if asked.scenario != "all" and not load_patterns(asked.scenario):
        raise ConfigError(f"scenario={asked.scenario}: no pattern was observed of it; try scenario=all")
    for line in run_validation(asked):
        print(line)
    return 0


def common(given: Mapping[str, str]) -> dict[str, Any]:
    """The values that both jobs take: scenario, seed, results and workers, each checked."""
    values: dict[str, Any] = {}
    if "scenario" in given:
        values["scenario"] = among(given["scenario"], ("all", *names()), "scenario")
    if "results" in given:
        values["results"] = str(folder_named(given["results"], "results"))
    for name, low, high in (("seed", 0, MOST_SEED), ("workers", 1, MOST_WORKERS)):
        if name in given:
            values[name] = integer(name, given[name], low, high)
    return values
