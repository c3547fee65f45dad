"""`partnership calibrate`: seek the worlds in which the model shows what was observed."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.commands.validate import common
from experiments.config.arguments import integer
from experiments.errors import ConfigError, among

EFFORT = {"particles": (20, 10**5), "prior_draws": (40, 10**6), "populations": (1, 50), "most": (40, 10**6)}
"""The least and the most of each measure of effort that a calibration takes."""


def calibrate(given: Mapping[str, str]) -> int:
    """Seek the worlds in which the model shows the calibration patterns of a scenario, or of all."""
    from experiments.calibration.pattern import rivals

    values = common(given)
    if "without" in given:
        values["without"] = among(given["without"], (name.removeprefix("no ") for name in rivals()), "without")
    effort = {name: integer(name, given[name], *bounds) for name, bounds in EFFORT.items() if name in given}
    from experiments.calibration.calibrate import Asked
    from experiments.calibration.posterior import run_calibration
    from experiments.calibration.smc import Plan

    plan = Plan(**effort)
    if plan.particles >= plan.prior_draws:
        raise ConfigError(f"particles={plan.particles} must be fewer than prior_draws={plan.prior_draws}")
    for line in run_calibration(Asked(plan=plan, **values)):
        print(line)
    return 0
