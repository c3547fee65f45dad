"""Thresholds of the failure detectors (`sim.failures`), once: default, range and meaning.

They decide only how a run is read, never how it goes. Kept apart from the detectors, because a configuration is
checked against them before anything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.errors import nearest
from sim.params import ParameterError
from sim.values import number_of, shown


class Limit(NamedTuple):
    """One threshold: default, range, and what it decides."""

    name: str
    default: float
    low: float
    high: float
    meaning: str

    @property
    def integer(self) -> bool:
        """Whether it counts months or cycles."""
        return isinstance(self.default, int)


L = Limit

LIMITS: tuple[Limit, ...] = (
    L("window", 20, 2, 600, "months that a recent mean covers"),
    L("flat", 0.002, 0, 1, "slope of outcome a month, up or down, below which it is flat"),
    L("margin", 0.01, 0, 1, "difference in outcome up to which two runs of a world are alike"),
    L("talking_shop_structure", 0.6, 0, 1, "structure above which there is much of it"),
    L("talking_shop_purpose", 0.3, 0, 1, "purpose below which there is little of it"),
    L("talking_shop_outcome", 0.5, 0, 1, "share of the best setup's outcome that is not reached"),
    L("good_intentions_purpose", 0.5, 0, 1, "purpose above which there is much of it"),
    L("good_intentions_structure", 0.3, 0, 1, "structure below which there is little of it"),
    L("inertia_burden", 0.3, 0, 1, "burden above which meetings eat the work"),
    L("free_riding_gini", 0.3, 0, 1, "Gini coefficient of effort above which it is uneven"),
    L("free_riding_laggards", 1 / 3, 0, 1, "share of partners under half of the top one, from which they are many"),
    L("orphaned_issues_owned", 0.5, 0, 1, "share of issues owned below which most are orphaned"),
    L("paper_endorsement_endorsed", 0.8, 0, 1, "share of partners signed up from which all but all are"),
    L("paper_endorsement_commitment", 0.35, 0, 1, "commitment below which a signature is paper"),
    L("cost_shifting_shift", 0.2, 0, 1, "cost shifting above which it is rife"),
    L("cost_shifting_trust", 0.2, 0, 1, "trust lost to it, from which it has done its harm"),
    L("pool_without_purpose_pooled", 0.3, 0, 1, "share of work pooled above which budgets are pooled"),
    L("pool_without_purpose_purpose", 0.3, 0, 1, "purpose below which a pool is without it"),
    L("overload_partners", 0.5, 0, 1, "share of partners that lose most hours to meetings, above which it is the rule"),
    L("tokenism_commitment", 0.05, 0, 1, "commitment of small partners lost to a shared seat, from which it is token"),
    L("reorganisation_reset_months", 18, 1, 600, "months that a reorganisation is given to heal"),
    L("reorganisation_reset_trust", 0.9, 0, 1, "share of undisturbed trust that it should be back at by then"),
    L("insanity_loop_cycles", 3, 2, 10, "cycles of one setup that make a loop"),
)  # fmt: skip

del L

LIMIT_NAMES = tuple(limit.name for limit in LIMITS)
DEFAULT_LIMITS: dict[str, float] = {limit.name: limit.default for limit in LIMITS}

Limits = Mapping[str, float]
"""Thresholds by name."""


def check_limit(name: str, value: Any) -> float:
    """The value of one threshold as a float, or a `ParameterError` that says what is allowed."""
    if name not in LIMIT_NAMES:
        raise ParameterError(f"there is no limit {shown(name)}{nearest(name, LIMIT_NAMES)}")
    limit = LIMITS[LIMIT_NAMES.index(name)]
    kind = "whole number" if limit.integer else "number"
    allowed = f"{name} takes a {kind} from {limit.low:g} to {limit.high:g} ({limit.meaning})"
    number = number_of(value)
    if number is None:
        raise ParameterError(f"{name}={shown(value)} is not a number; {allowed}")
    if not limit.low <= number <= limit.high or (limit.integer and not isinstance(number, int)):
        raise ParameterError(f"{name}={shown(value)} is out of range; {allowed}")
    return float(number) + 0.0  # without the sign of -0.0


def limits_of(values: Mapping[str, Any] | None = None) -> dict[str, float]:
    """All thresholds by name: the defaults, then `values`."""
    return {**DEFAULT_LIMITS, **{name: check_limit(name, value) for name, value in (values or {}).items()}}
