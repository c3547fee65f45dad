"""Every parameter of the model, once: default, range, unit, meaning, source, and whose it is.

No constant hides in a rule. A *lever* is ours to set when a partnership is set up; an *uncertainty*
belongs to the world; *design* is what the experimenter fixes; *measure* only decides how a run is read.
`box` is the range an uncertainty takes in the default box of worlds. `channel` names the stock a strength
belongs to: at 0 that effect of structure, or of purpose, is switched off, so ablation is a value and not
a second model. Source keys (HImP, HWB, NHSPlan, KingsFund, PCG) are explained in docs/evidence.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from sim.errors import PartnershipError, nearest
from sim.values import number_of, shown


class Parameter(NamedTuple):
    """One row of the table.

    `box` is the range of an uncertainty in the default box of worlds. `least` is the smallest value above 0, for a
    parameter whose low end of 0 stands for something else than a small value.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    kind: str
    meaning: str
    source: str = "assumption"
    box: tuple[float, float] | None = None
    channel: str = ""
    least: float = 0.0

    @property
    def integer(self) -> bool:
        """Whether values are integers; a switch is 0 or 1."""
        return self.unit in ("partners", "issues", "months", "meetings a month", "partnerships", "switch")

    @property
    def allowed(self) -> str:
        """What the parameter takes, in words."""
        if self.unit == "switch":
            return "true or false"
        zero, low = ("0, or ", self.least) if self.least else ("", self.low)
        return f"{zero}a {'whole number' if self.integer else 'number'} from {low:g} to {self.high:g}"

    def holds(self, number: float) -> bool:
        """Whether a number lies in the range of the parameter; NaN does not."""
        return self.low <= number <= self.high and not 0.0 < number < self.least

    def nearest(self, number: float) -> float:
        """The end of the range that is nearest to a number outside it."""
        if 0.0 < number < self.least:
            return self.least if 2.0 * number >= self.least else 0.0
        return self.low if number < self.low else self.high


class ParameterError(PartnershipError, ValueError):
    """A parameter that does not exist, or a value outside its range; the message says what is allowed."""


SECTORS, MOST_ISSUES = 8, 12
LEAST_NEED = 0.001
"""Needs of which one is vanishingly small beside another would leave the range of floating-point numbers."""


def of_sector(s: int) -> tuple[Parameter, ...]:
    """What is said of one sector; all of it idles while its count is 0, and without any sectors there are two."""
    rows = (
        ("count", 0, 0, 500, "partners", "design", "partners of sector {}", "HImP"),
        ("capacity", 1, 0.05, 50, "capacity", "uncertainty", "mean capacity of a partner of sector {}; a large partner's is 1", "HImP"),
        ("accountability", 0, -1, 1, "level", "uncertainty", "how far accountability in sector {} departs from the world's mean", "HWB"),
        ("commitment", 0, -1, 1, "level", "uncertainty", "how far commitment at launch in sector {} departs from the world's mean", "HImP"),
        ("partnerships", 0, 0, 1000, "partnerships", "uncertainty", "partnerships each partner of sector {} is in; 0 for as many as everyone", "KingsFund"),
        ("small", 0, 0, 1, "switch", "design", "partners of sector {} are small: an umbrella covers them", "HImP"),
    )  # fmt: skip
    return tuple(
        Parameter(f"sector_{s}_{name}", default, low, high, unit, kind, meaning.format(s), source)
        for name, default, low, high, unit, kind, meaning, source in rows
    )


def need_of(k: int) -> Parameter:
    """The weight of one issue in what the population needs; where all are 0, need falls from issue to issue."""
    meaning = f"weight of issue {k} in what the population needs; all 0 for need falling evenly"
    return Parameter(f"need_{k}", 0, 0, 1000, "need", "design", meaning, least=LEAST_NEED)


P = Parameter

PARAMETERS: tuple[Parameter, ...] = (
    # the world and its partners
    P("n_partners", 12, 2, 500, "partners", "uncertainty", "partner organisations at the table", "HImP", (5, 40)),
    P("n_issues", 4, 1, 12, "issues", "design", "issues the partnership is for"),
    P("months", 60, 1, 1200, "months", "design", "how long the partnership is followed", "HWB"),
    P("small_share", 0.33, 0, 1, "share", "uncertainty", "share of partners that are small (voluntary sector)", "HImP", (0, 0.6)),
    P("small_capacity", 0.3, 0.05, 2, "capacity", "uncertainty", "mean capacity of a small partner; a large one's is 1"),
    P("smallest_capacity", 0.05, 0.001, 1, "capacity", "uncertainty", "capacity that every partner has at least"),
    P("partnerships", 1, 1, 1000, "partnerships", "uncertainty", "partnerships each partner is in, among which its capacity is shared", "NHSPlan"),
    P("capacity_spread", 0.6, 0, 1, "share", "uncertainty", "half-width of capacity around its sector's mean", box=(0, 1)),
    P("agenda_diversity", 0.6, 0, 1, "share", "uncertainty", "how far own priorities depart from need", "Vangen & Huxham", (0, 1)),
    P("agenda_bias", 0.7, 0, 1, "share", "uncertainty", "how far those departures are common to all partners", "assumption", (0, 1)),
    P("commitment", 0.5, 0, 1, "level", "uncertainty", "mean commitment at launch", "HImP", (0.25, 0.75)),
    P("commitment_spread", 0.3, 0, 1, "level", "uncertainty", "half-width of commitment at launch"),
    P("accountability", 0.3, 0, 1, "level", "uncertainty", "mean accountability of a partner for the partnership's results", "HWB", (0.05, 0.9)),
    P("accountability_spread", 0.3, 0, 1, "level", "uncertainty", "half-width of accountability"),
    P("initial_trust", 0.45, 0, 1, "level", "uncertainty", "effort a partner expects of another at launch", "assumption", (0.15, 0.75)),
    # the setup: where the effort of building goes, and when
    P("early_emphasis", 0.5, 0, 1, "share", "lever", "share of setup given to structure in the first half of setup", "KingsFund"),
    P("late_emphasis", 0.5, 0, 1, "share", "lever", "share of setup given to structure in the second half of setup", "KingsFund"),
    P("upkeep_emphasis", 0.5, 0, 1, "share", "lever", "share of upkeep given to structure after setup"),
    P("setup_share", 0.4, 0, 1, "share", "lever", "share of free hours spent on setup while it lasts", "assumption", (0.1, 0.7)),
    P("setup_months", 24, 0, 600, "months", "lever", "how long setup lasts", "assumption", (6, 48)),
    P("upkeep_share", 0.1, 0, 1, "share", "lever", "share of free hours spent on upkeep after setup"),
    P("alone", 0, 0, 1, "switch", "lever", "no partnership: every partner acts alone from the start", "KingsFund"),
    # convene
    P("load_per_seat", 0.12, 0, 2, "capacity a month", "lever", "meeting load that a full structure puts on a seat", "NHSPlan", (0, 0.3), "structure"),
    P("load_per_talk", 0.02, 0, 2, "capacity a month", "lever", "meeting load of a month of setup spent on purpose", "Huxham & Vangen", (0, 0.1), "purpose"),
    P("reference_seats", 12, 1, 500, "seats", "uncertainty", "number of seats at which the load is as stated"),
    P("umbrella", 0, 0, 1, "switch", "lever", "all small partners share one seat", "HImP"),
    P("umbrella_fidelity", 0.6, 0, 1, "share", "uncertainty", "voice that survives an umbrella with one member", "HImP"),
    # contribute
    P("decisiveness", 8, 0, 50, "1/level", "uncertainty", "slope of effort in commitment", "assumption", (3, 12)),
    P("effort_threshold", 0.45, 0, 1, "level", "uncertainty", "commitment at which half the capacity is given", "assumption", (0.35, 0.6)),
    P("free_riding", 0.3, 0, 2, "level", "uncertainty", "temptation of a partner nobody oversees", "Sigmund et al. 2010", (0, 0.8)),
    P("temptation_trust", 0.5, 0, 1, "share", "uncertainty", "part of temptation that grows with others' expected effort", "assumption", (0, 1)),
    P("endorsement_weight", 0.5, 0, 1, "share", "uncertainty", "part of accountability that only a signature makes effective", "HImP"),
    P("monitoring", 0.8, 0, 1, "level", "lever", "oversight that full, fitting structure gives", "HWB", (0, 1), "structure"),
    P("compulsion", 0.35, 0, 2, "level", "uncertainty", "effort that oversight compels", "HWB", (0, 0.6)),
    P("tickbox_quality", 0.4, 0, 1, "share", "uncertainty", "worth of compelled effort beside willing effort", "KingsFund", (0.1, 0.9)),
    P("shifting", 0.3, 0, 1, "share", "uncertainty", "share of its burden an unseen, unaligned partner pushes onto others", "NHSPlan", (0, 0.5)),
    P("shifting_loss", 0.5, 0, 1, "share", "uncertainty", "capacity lost by those onto whom burden is pushed", "assumption", (0, 1)),
    P("shifting_alignment", 1, 0, 1, "strength", "uncertainty", "how far alignment restrains cost shifting", "NHSPlan", channel="purpose"),
    P("pooling_restraint", 1, 0, 1, "strength", "uncertainty", "how far pooled budgets with purpose restrain cost shifting", "NHSPlan", channel="purpose"),
    # deliver
    P("pooled_share", 0.03, 0, 1, "share", "lever", "share of work that is pooled and follows the aims", "KingsFund"),
    P("allocation_effect", 1, 0, 1, "strength", "uncertainty", "how far alignment turns work from own agenda to the aims", "KingsFund", channel="purpose"),
    P("evidence_use", 0.7, 0, 1, "share", "uncertainty", "how far purpose turns the aims from agendas to need", "HImP", (0, 1), "purpose"),
    P("coordination_floor", 0.4, 0, 1, "share", "uncertainty", "worth of work that nobody coordinates", "Huxham & Vangen", (0.1, 0.8)),
    P("coordination_effect", 1, 0, 1, "strength", "uncertainty", "how far fitting structure coordinates work", "Provan & Milward 1995", channel="structure"),
    P("ownership_effect", 1, 0, 1, "strength", "uncertainty", "how far a committed owner coordinates work on an issue", "KingsFund"),
    P("complementarity", 0.5, 0, 1, "share", "uncertainty", "how far results need breadth of participation", "Corbin et al. 2016", (0, 1)),
    P("saturation", 2, 0, 100, "1", "uncertainty", "diminishing return of work on an issue", "assumption", (0, 4)),
    P("outcome_delay", 12, 1, 1200, "months", "uncertainty", "delay from results to what the population gains", "KingsFund", (3, 36)),
    P("own_effort", 0.5, 0, 1, "share", "uncertainty", "effort of a partner that acts alone", "assumption", (0.2, 0.8)),
    # build
    P("structure_rate", 0.5, 0, 1, "1/month", "uncertainty", "structure built by a month of all partners' hours", "assumption", (0.1, 1)),
    P("structure_decay", 0.005, 0, 1, "1/month", "uncertainty", "structure lost a month without upkeep", "assumption", (0, 0.03)),
    P("fit_floor", 0.4, 0, 1, "level", "uncertainty", "fit of structure built without any purpose", "HImP", (0, 1)),
    P("fit_strength", 1, 0, 1, "strength", "uncertainty", "how far the fit of what is built depends on purpose", "HImP", channel="purpose"),
    P("adaptability", 0.05, 0, 1, "1/month", "uncertainty", "how fast work on structure mends its fit", "KingsFund", (0, 0.2)),
    P("assignment", 0.5, 0, 1, "1/month", "uncertainty", "chance that structure names an owner for an issue", "KingsFund", (0, 1), "structure"),
    P("assignment_reach", 4, 0, 100, "1/share", "uncertainty", "structure hours (as multiple of their share) that assignment needs"),
    P("volunteering", 0.15, 0, 1, "1/month", "uncertainty", "chance that an aligned, committed partner takes an issue on", "HWB", (0, 0.3), "purpose"),
    # meet
    P("meetings", 2, 0, 12, "meetings a month", "lever", "encounters each partner calls a month"),
    P("board_effect", 1, 0, 1, "strength", "uncertainty", "how far structure decides who meets whom", channel="structure"),
    P("task_seeking", 0, 0, 10, "level", "lever", "how far informal encounters seek partners for the issue worst served", "KingsFund", (0, 2)),
    P("transparency", 0.3, 0, 1, "share", "lever", "part of what others do that is seen without structure", "HImP", (0, 0.8)),
    P("visibility_effect", 1, 0, 1, "strength", "uncertainty", "how far fitting structure shows what others do", "HImP", channel="structure"),
    P("noise", 0.35, 0, 2, "level", "uncertainty", "half-width of the error in seeing what another gave", "assumption", (0, 0.6)),
    P("trust_rate", 0.2, 0, 1, "1/encounter", "uncertainty", "how fast trust follows what is seen", "George et al.", (0.05, 0.5)),
    P("loss_aversion", 1.5, 0, 10, "1", "uncertainty", "weight of a disappointment against a pleasant surprise", "assumption", (1, 3)),
    P("crowding", 0, -1, 1, "strength", "uncertainty", "how far structure damps (or, below 0, helps) gains of trust", "Malhotra & Lumineau 2011; Cao & Lumineau 2015", (-0.5, 0.5), "structure"),
    P("purpose_rate", 0.7, 0, 10, "1/encounter", "uncertainty", "alignment gained by talk when all hours go to it", "assumption", (0.08, 1.2)),
    P("forum_effect", 1, 0, 10, "strength", "uncertainty", "how far structure gives talk a forum", "Ansell & Gash", (0, 3), "structure"),
    P("talk_base", 0.3, 0, 1, "share", "uncertainty", "worth of talk with a partner that is not aligned itself"),
    P("purpose_decay", 0.015, 0, 1, "1/month", "uncertainty", "alignment forgotten a month", "assumption", (0, 0.05)),
    # reflect
    P("commitment_rate", 0.07, 0, 1, "1/month", "uncertainty", "how fast commitment moves", "assumption", (0.02, 0.15)),
    P("results_weight", 0.6, 0, 10, "weight", "uncertainty", "pull of results against expectation", "Ansell & Gash", (0, 1)),
    P("reciprocity_weight", 0.5, 0, 10, "weight", "uncertainty", "pull of others' expected effort", "George et al.", (0, 1)),
    P("ownership_weight", 0.3, 0, 10, "weight", "uncertainty", "pull of shared aims in which one has a voice", "HImP", (0, 1), "purpose"),
    P("burden_weight", 0.5, 0, 10, "weight", "uncertainty", "push of hours lost to meetings", "Huxham & Vangen", (0, 1)),
    P("example_weight", 0, 0, 10, "weight", "lever", "pull of the leading partner's effort", "KingsFund"),
    P("expected_ratio", 0.9, 0, 10, "1", "uncertainty", "results hoped for, as multiple of acting alone", "assumption", (0.3, 1.5)),
    P("patience", 24, 1, 1200, "months", "uncertainty", "age at which half of that is expected", "KingsFund", (6, 48)),
    P("endorsement_threshold", 0.5, 0, 1, "level", "uncertainty", "commitment at which a partner signs", "HImP"),
    P("something_to_sign", 0.2, 0, 1, "level", "uncertainty", "structure that must stand before anyone can sign", "HImP"),
    P("signing_effect", 1, 0, 1, "strength", "uncertainty", "how far signing waits for structure", "HImP", channel="structure"),
    P("mandated", 0, 0, 1, "switch", "lever", "all sign at once, whatever their commitment", "HImP"),
    P("review_month", 0, 0, 1200, "months", "lever", "month of a review that may axe the partnership; 0 for none", "KingsFund"),
    P("review_floor", 0.15, 0, 1, "level", "lever", "outcome below which a review axes the partnership", "KingsFund"),
    # disturb
    P("turnover_prob", 0.025, 0, 1, "1/month", "uncertainty", "chance that a partner's people change", "PCG", (0, 0.08)),
    P("turnover_loss", 0.5, 0, 1, "share", "uncertainty", "share of what was won that turnover loses", "PCG", (0.2, 0.9)),
    P("fresh_start", 0, 0, 1, "share", "uncertainty", "share of lost commitment that turnover restores", "assumption", (0, 1)),
    P("reorganisation_prob", 0.01, 0, 1, "1/month", "uncertainty", "chance of a reorganisation", "PCG", (0, 0.06)),
    P("reorganisation_loss", 0.5, 0, 1, "share", "uncertainty", "share of structure that a reorganisation loses", "Fulop et al. 2002", (0.1, 0.9)),
    P("reorganisation_trust", 0.5, 0, 1, "share", "uncertainty", "part of that loss that falls on trust", "PCG"),
    P("cycle_months", 0, 0, 1200, "months", "lever", "months from one relaunch to the next; 0 for never", "HWB"),
    P("relaunch_keeps", 0.4, 0, 1, "share", "uncertainty", "structure that survives a relaunch", "HWB"),
    P("relaunch_alignment", 0.5, 0, 1, "share", "uncertainty", "alignment that survives a relaunch", "HWB"),
    P("relaunch_fatigue", 0.15, 0, 1, "share", "uncertainty", "commitment lost at a relaunch", "HWB"),
    P("learning_prob", 0, 0, 1, "chance", "lever", "chance that a relaunch learns from the cycles before it", "HWB"),
    # measure
    P("participation_threshold", 0.25, 0, 1, "share", "measure", "effort above which a partner takes part"),
    P("overload_burden", 0.7, 0, 1, "share", "measure", "burden above which a partner is overloaded", "NHSPlan"),
    P("collapse_effort", 0.1, 0, 1, "share", "measure", "mean effort below which a partnership has collapsed"),
    # the composition: sectors and needs of its own (the engine reads both as tables, so each keeps its columns together)
    *(row for s in range(1, SECTORS + 1) for row in of_sector(s)),
    *(need_of(k) for k in range(1, MOST_ISSUES + 1)),
)  # fmt: skip

del P

BY_NAME: dict[str, Parameter] = {row.name: row for row in PARAMETERS}
NAMES: tuple[str, ...] = tuple(BY_NAME)
DEFAULTS: dict[str, float] = {row.name: float(row.default) for row in PARAMETERS}
DEFAULT_BOX: dict[str, tuple[float, float]] = {row.name: row.box for row in PARAMETERS if row.box is not None}

COUNTS: tuple[str, ...] = tuple(f"sector_{s}_count" for s in range(1, SECTORS + 1))
NEEDS: tuple[str, ...] = tuple(f"need_{k}" for k in range(1, MOST_ISSUES + 1))
COMPOSITION: tuple[str, ...] = ("partnerships", *(name for name in NAMES if name.startswith(("sector_", "need_"))))
"""What only a composed world sets. At their defaults a world has its two sectors and evenly falling need."""
OF_TWO_SECTORS = ("n_partners", "small_share", "small_capacity")
"""What sectors decide where there are any."""

SETUPS: dict[str, dict[str, float]] = {
    "structure_first": {"early_emphasis": 1.0, "late_emphasis": 0.0, "upkeep_emphasis": 0.5},
    "purpose_first": {"early_emphasis": 0.0, "late_emphasis": 1.0, "upkeep_emphasis": 0.5},
    "balanced": {"early_emphasis": 0.5, "late_emphasis": 0.5, "upkeep_emphasis": 0.5},
    "structure_only": {"early_emphasis": 1.0, "late_emphasis": 1.0, "upkeep_emphasis": 1.0},
    "purpose_only": {"early_emphasis": 0.0, "late_emphasis": 0.0, "upkeep_emphasis": 0.0},
    "neither": {"setup_share": 0.0, "upkeep_share": 0.0},
    "alone": {"alone": 1.0},
}
"""The arms. Arms with a setup spend the same share of effort on it over the same months, and differ only in
where it goes; `neither` meets and works without any, `alone` is no partnership at all."""


def parameter_value(name: str, value: Any) -> float:
    """The value of one parameter as a float. A switch takes true and false as well as 1 and 0, and no other does.

    `ParameterError` where there is no such parameter, or it does not take the value; the message says what it takes.
    """
    if name not in BY_NAME:
        raise ParameterError(f"there is no parameter {shown(name)}{nearest(name, NAMES)}")
    row = BY_NAME[name]
    takes = f"{name} takes {row.allowed}"
    number = _switched(value) if row.unit == "switch" else number_of(value)
    if number is None:
        raise ParameterError(f"{name}={shown(value)} is not a number; {takes} ({row.meaning})")
    if not row.holds(number):
        hint = "" if row.unit == "switch" or number != number else f"; the nearest is {row.nearest(number):g}"
        raise ParameterError(f"{name}={shown(value)} is out of range; {takes}{hint} ({row.meaning})")
    if row.integer and not isinstance(number, int):
        raise ParameterError(f"{name}={shown(value)} is not whole; {takes} ({row.meaning})")
    return float(number) + 0.0  # -0.0 becomes 0.0: equal values would give studies of different identity


def _switched(value: Any) -> int | float | None:
    """The number of a switch: of true and false, as values or as words, too."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    words = {"true": 1, "false": 0}
    return words[value.lower()] if isinstance(value, str) and value.lower() in words else number_of(value)


def setup_values(setup: str) -> dict[str, float]:
    """The parameter values of a named arm; `ParameterError` names the arms when there is none such."""
    if not isinstance(setup, str) or setup not in SETUPS:
        raise ParameterError(
            f"there is no setup {shown(setup)}{nearest(setup, tuple(SETUPS))}; setups are {', '.join(SETUPS)}"
        )
    return SETUPS[setup]


def with_counts(values: Mapping[str, float], given: Mapping[str, Any] = MappingProxyType({})) -> dict[str, float]:
    """All parameters, with `n_partners` as the sectors count them, if there are sectors.

    `ParameterError` for a number in `given` that contradicts them, and for needs of which some are 0.
    """
    count = sum(values[name] for name in COUNTS)
    asked = parameter_value("n_partners", given["n_partners"]) if "n_partners" in given else count
    if count and asked != count:
        raise ParameterError(
            f"n_partners={asked:g} contradicts the sectors, which count {count:g} partners; leave n_partners out"
        )
    counted = dict(values, n_partners=parameter_value("n_partners", count)) if count else dict(values)
    needs = [values[name] for name in NEEDS[: int(values["n_issues"])]]
    if any(needs) and not all(needs):
        raise ParameterError(
            f"need_{needs.index(0.0) + 1}=0, and others are above; give each of {len(needs)} issues a need, or none"
        )
    return counted


def count_partners(points: np.ndarray) -> None:
    """Set `n_partners` of points (runs, parameters) in place to what their sectors count, where they have sectors."""
    count = points[:, [NAMES.index(name) for name in COUNTS]].sum(axis=1)
    points[:, NAMES.index("n_partners")] = np.where(count > 0.0, count, points[:, NAMES.index("n_partners")])


def resolve(values: Mapping[str, Any] | None = None, setup: str | None = None) -> dict[str, float]:
    """All parameters by name: the defaults, then `values`, then those of the named setup."""
    resolved = dict(DEFAULTS)
    for name, value in (values or {}).items():
        resolved[name] = parameter_value(name, value)
    if setup is not None:
        resolved.update(setup_values(setup))
    return with_counts(resolved, values or {})


def as_array(resolved: Mapping[str, float]) -> np.ndarray:
    """Resolved parameters as one float64 row (len(NAMES),), in the order of the table."""
    return np.array([resolved[name] for name in NAMES], dtype=np.float64)
