"""The jobs of the command line that hold the model against the record: `partnership validate` and `calibrate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.scenario import names
from experiments.schema import ConfigError, among

MOST_RUNS, MOST_SEED = 10**5, 2**63 - 2


def validate(words: list[str]) -> int:
    """Hold the model against the patterns of a scenario, or of all."""
    given = options("validate", words, {"runs": (2, MOST_RUNS)})
    from experiments.facts.pattern import patterns
    from experiments.facts.validate import Asked, run

    asked = Asked(**given)
    if asked.scenario != "all" and not patterns(asked.scenario):
        raise ConfigError(f"scenario={asked.scenario}: no pattern was observed of it; try scenario=all")
    for line in run(asked):
        print(line)
    return 0


def calibrate(words: list[str]) -> int:
    """Seek the worlds in which the model shows the calibration patterns of a scenario, or of all."""
    from experiments.facts.pattern import rivals

    effort = {"particles": (20, 10**5), "prior_draws": (40, 10**6), "populations": (1, 50), "most": (40, 10**6)}
    given = options("calibrate", words, effort, {"without": [name.removeprefix("no ") for name in rivals()]})
    from experiments.facts.calibrate import Asked
    from experiments.facts.posterior import run
    from experiments.facts.smc import Plan

    plan = Plan(**{name: given.pop(name) for name in effort if name in given})
    if plan.particles >= plan.prior_draws:
        raise ConfigError(f"particles={plan.particles} must be fewer than prior_draws={plan.prior_draws}")
    for line in run(Asked(plan=plan, **given)):
        print(line)
    return 0


def options(
    job: str,
    words: Sequence[str],
    numbers: Mapping[str, tuple[int, int]],
    choices: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The words of a job as values, checked: scenario, seed, results and workers, besides what is its own."""
    known = {"scenario": ("all", *names()), **(choices or {})}
    ranges = {"seed": (0, MOST_SEED), "workers": (1, 10**4), **numbers}
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(f"{word}: partnership {job} takes key=value, as in scenario=himp_1999")
        among(name, (*known, "results", *ranges), f"{job}: key")
        if name in known:
            given[name] = among(value, known[name], name)
        elif name == "results":
            given[name] = value
        else:
            low, high = ranges[name]
            if not value.isdecimal() or not low <= int(value) <= high:
                raise ConfigError(f"{word} is out of range; {name} takes a whole number from {low} to {high}")
            given[name] = int(value)
    return given
