"""`partnership calibrate`: seek the worlds in which the model shows what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from experiments.commands.validate import common
from experiments.config.arguments import integer
from experiments.errors import ConfigError, among

EFFORT = {"particles": (20, 10**5), "prior_draws": (40, 10**6), "populations": (1, 50), "most": (40, 10**6)}
"""The least and the most of each measure of effort that a calibration takes."""
PLANTINGS = (20, 10**5)
"""The fewest plantings whose ranks say something, and the most."""


def calibrate(given: Mapping[str, str]) -> int:
    """Seek the worlds in which the model shows the calibration patterns of a scenario, or of all."""
    from experiments.calibration.pattern import rivals

    values = common(given)
    if "without" in given:
        values["without"] = among(given["without"], (name.removeprefix("no ") for name in rivals()), "without")
    effort = {name: integer(name, given[name], *bounds) for name, bounds in EFFORT.items() if name in given}
    plantings = integer("plantings", given["plantings"], *PLANTINGS) if "plantings" in given else 0
    if plantings and (vain := [name for name in (*effort, "without", "leave_out") if name in given]):
        raise ConfigError(f"{vain[0]}={given[vain[0]]} would have no effect: plantings have an effort of their own")
    from experiments.calibration.calibrate import Asked, target
    from experiments.calibration.leave_one_out import EVERY, run_leave_one_out
    from experiments.calibration.plantings import run_plantings
    from experiments.calibration.posterior import run_calibration
    from experiments.calibration.smc import Plan

    plan = Plan(**effort)
    if plan.particles >= plan.prior_draws:
        raise ConfigError(f"particles={plan.particles} must be fewer than prior_draws={plan.prior_draws}")
    asked = Asked(plan=plan, **values)
    if "leave_out" in given:
        known = (EVERY, *(pattern.name for pattern in target(asked)))
        asked = replace(asked, leave_out=among(given["leave_out"], known, "leave_out"))
    job = run_leave_one_out if asked.leave_out else run_calibration
    if plantings:
        job = partial(run_plantings, plantings=plantings)
    for line in job(asked):
        print(line)
    return 0
