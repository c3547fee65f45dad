"""The jobs of the command line that hold the model against the record: `partnership validate` and `calibrate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.arguments import choice, integer
from experiments.config import folder_named
from experiments.errors import ConfigError
from experiments.scenario import names

MOST_RUNS, MOST_SEED, MOST_WORKERS = 10**5, 2**63 - 2, 10**4
EFFORT = {"particles": (20, 10**5), "prior_draws": (40, 10**6), "populations": (1, 50), "most": (40, 10**6)}
"""The least and the most of each measure of effort that a calibration takes."""


def validate(given: Mapping[str, str]) -> int:
    """Hold the model against the patterns of a scenario, or of all."""
    values = common(given)
    if "runs" in given:
        values["runs"] = integer("runs", given["runs"], 2, MOST_RUNS)
    from experiments.facts.pattern import patterns
    from experiments.facts.validate import Asked, run

    asked = Asked(**values)
    if asked.scenario != "all" and not patterns(asked.scenario):
        raise ConfigError(f"scenario={asked.scenario}: no pattern was observed of it; try scenario=all")
    for line in run(asked):
        print(line)
    return 0


def calibrate(given: Mapping[str, str]) -> int:
    """Seek the worlds in which the model shows the calibration patterns of a scenario, or of all."""
    from experiments.facts.pattern import rivals

    values = common(given)
    if "without" in given:
        values["without"] = choice("without", given["without"], [name.removeprefix("no ") for name in rivals()])
    effort = {name: integer(name, given[name], *bounds) for name, bounds in EFFORT.items() if name in given}
    from experiments.facts.calibrate import Asked
    from experiments.facts.posterior import run
    from experiments.facts.smc import Plan

    plan = Plan(**effort)
    if plan.particles >= plan.prior_draws:
        raise ConfigError(f"particles={plan.particles} must be fewer than prior_draws={plan.prior_draws}")
    for line in run(Asked(plan=plan, **values)):
        print(line)
    return 0


def common(given: Mapping[str, str]) -> dict[str, Any]:
    """The values that both jobs take: scenario, seed, results and workers, each checked."""
    values: dict[str, Any] = {}
    if "scenario" in given:
        values["scenario"] = choice("scenario", given["scenario"], ("all", *names()))
    if "results" in given:
        values["results"] = str(folder_named(given["results"], "results"))
    for name, low, high in (("seed", 0, MOST_SEED), ("workers", 1, MOST_WORKERS)):
        if name in given:
            values[name] = integer(name, given[name], low, high)
    return values
