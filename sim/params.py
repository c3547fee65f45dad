"""Every parameter of the model, once: default, range, unit, meaning, source, and whose it is.

No constant hides in a rule. A *lever* is ours to set when a partnership is set up; an *uncertainty*
belongs to the world; *design* is what the experimenter fixes; *measure* only decides how a run is read.
`box` is the range a parameter takes in the default box of worlds: everything that nobody has measured is in it, and
what is not has a reason (`outside`). `channel` names the stock a strength
belongs to: at 0 that effect of structure, or of purpose, is switched off, so ablation is a value and not
a second model. Source keys (HImP, HWB, NHSPlan, KingsFund, PCG) are explained in docs/evidence.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from sim.errors import PartnershipError, nearest
from sim.values import number_of, shown


class Parameter(NamedTuple):
    """One row of the table.

    `box` is its range in the default box of worlds; where it has none, `outside` says why not. `least` is the smallest value above 0, for a
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
    outside: str = ""

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


SECTORS, MOST_ISSUES, ENTRIES = 8, 12, 4
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
        Parameter(
            f"sector_{s}_{name}", default, low, high, unit, kind, meaning.format(s), source, outside="composition"
        )
        for name, default, low, high, unit, kind, meaning, source in rows
    )


def entry_of(s: int) -> tuple[Parameter, ...]:
    """One entry of a schedule of setup: the emphasis until a month, from the end of the entry before."""
    return (
        Parameter(f"schedule_{s}_until", 0, 0, 600, "months", "lever", f"month until which entry {s} of a schedule holds; 0 for no such entry", outside="the arms"),
        Parameter(f"schedule_{s}_emphasis", 0.5, 0, 1, "share", "lever", f"share of setup given to structure under entry {s}", outside="the arms"),
    )  # fmt: skip


def need_of(k: int) -> Parameter:
    """The weight of one issue in what the population needs; where all are 0, need falls from issue to issue."""
    meaning = f"weight of issue {k} in what the population needs; all 0 for need falling evenly"
    return Parameter(f"need_{k}", 0, 0, 1000, "need", "design", meaning, least=LEAST_NEED, outside="composition")


P = Parameter

PARAMETERS: tuple[Parameter, ...] = (
    # the world and its partners
    P("n_partners", 12, 2, 500, "partners", "uncertainty", "partner organisations at the table", "HImP", box=(5, 40)),
    P("n_issues", 4, 1, 12, "issues", "design", "issues the partnership is for", outside="design"),
    P("months", 60, 1, 1200, "months", "design", "how long the partnership is followed", "HWB", outside="design: horizons are compared"),
    P("small_share", 0.33, 0, 1, "share", "uncertainty", "share of partners that are small (voluntary sector)", "HImP", box=(0, 0.6)),
    P("small_capacity", 0.3, 0.05, 2, "capacity", "uncertainty", "mean capacity of a small partner; a large one's is 1", box=(0.1, 0.6)),
    P("smallest_capacity", 0.05, 0.001, 1, "capacity", "uncertainty", "capacity that every partner has at least", outside="keeps quotients in range"),
    P("partnerships", 1, 1, 1000, "partnerships", "uncertainty", "partnerships each partner is in, among which its capacity is shared", "NHSPlan", outside="composition"),
    P("capacity_spread", 0.6, 0, 1, "share", "uncertainty", "half-width of capacity around its sector's mean", box=(0, 1)),
    P("agenda_diversity", 0.6, 0, 1, "share", "uncertainty", "how far own priorities depart from need", "Vangen & Huxham", box=(0, 1)),
    P("agenda_bias", 0.7, 0, 1, "share", "uncertainty", "how far those departures are common to all partners", box=(0, 1)),
    P("commitment", 0.5, 0, 1, "level", "uncertainty", "mean commitment at launch", "HImP", box=(0.25, 0.75)),
    P("commitment_spread", 0.3, 0, 1, "level", "uncertainty", "half-width of commitment at launch", box=(0.1, 0.5)),
    P("accountability", 0.3, 0, 1, "level", "uncertainty", "mean accountability of a partner for the partnership's results", "HWB", box=(0.05, 0.9)),
    P("accountability_spread", 0.3, 0, 1, "level", "uncertainty", "half-width of accountability", box=(0.1, 0.5)),
    P("initial_trust", 0.45, 0, 1, "level", "uncertainty", "effort a partner expects of another at launch", box=(0.15, 0.75)),
    # the setup: where the effort of building goes, and when
    P("early_emphasis", 0.5, 0, 1, "share", "lever", "share of setup given to structure in the first half of setup", "KingsFund", outside="the arms"),
    P("late_emphasis", 0.5, 0, 1, "share", "lever", "share of setup given to structure in the second half of setup", "KingsFund", outside="the arms"),
    P("upkeep_emphasis", 0.5, 0, 1, "share", "lever", "share of upkeep given to structure after setup", outside="the arms"),
    P("setup_share", 0.4, 0, 1, "share", "lever", "share of free hours spent on setup while it lasts", box=(0.1, 0.7)),
    P("setup_months", 24, 0, 600, "months", "lever", "how long setup lasts", box=(6, 48)),
    P("upkeep_share", 0.1, 0, 1, "share", "lever", "share of free hours spent on upkeep after setup", box=(0, 0.3)),
    P("gate", 0, 0, 1, "level", "lever", "level of what the early emphasis builds at which the late one begins; 0 for half of setup", outside="a variant: ready, not dated"),
    P("responsiveness", 0, 0, 100, "1/level", "lever", "how sharply setup turns to whichever of structure and purpose lags; 0 for by plan", "Corbin et al. 2016", outside="the arms"),
    P("outside_share", 0, 0, 1, "share", "lever", "setup paid for from outside, as share of all capacity", "HImP; HWB", box=(0, 0.08)),
    P("outside_months", 24, 0, 600, "months", "lever", "how long setup is paid for from outside", box=(6, 48)),
    P("outside_emphasis", 0.5, 0, 1, "share", "lever", "share of what is paid for from outside that goes to structure", "HImP; HWB", box=(0, 1)),
    P("initial_structure", 0, 0, 1, "level", "uncertainty", "structure that stands at launch", "PCG", outside="0 in a new partnership; a scenario has a history"),
    P("initial_purpose", 0, 0, 1, "level", "uncertainty", "alignment of every partner at launch", "PCG", outside="0 in a new partnership; a scenario has a history"),
    P("initial_owned", 0, 0, 1, "share", "uncertainty", "share of issues that somebody owns at launch", "PCG", outside="0 in a new partnership; a scenario has a history"),
    P("alone", 0, 0, 1, "switch", "lever", "no partnership: every partner acts alone from the start", "KingsFund", outside="the arms"),
    # convene
    P("load_per_seat", 0.05, 0, 2, "capacity a month", "lever", "meeting load that a full structure puts on a seat", "NHSPlan", box=(0, 0.08), channel="structure"),
    P("load_per_talk", 0.02, 0, 2, "capacity a month", "lever", "meeting load of a month of setup spent on purpose", "Huxham & Vangen", box=(0, 0.08), channel="purpose"),
    P("load_growth", 0.5, 0, 1, "share", "uncertainty", "part of the load on a seat that grows with the number of seats", "Huxham & Vangen", box=(0, 1)),
    P("reference_seats", 12, 1, 500, "seats", "uncertainty", "number of seats at which the load is as stated", outside="a unit"),
    P("umbrella", 0, 0, 1, "switch", "lever", "all small partners share one seat", "HImP", outside="a lever of scenarios and claims"),
    P("umbrella_fidelity", 0.6, 0, 1, "share", "uncertainty", "voice that survives an umbrella with one member", "HImP", outside="acts only under an umbrella"),
    P("exit_level", 0.2, 0, 1, "level", "uncertainty", "commitment below which a partner may leave the table", "HImP", box=(0.05, 0.35)),
    P("exit_prob", 0.05, 0, 1, "1/month", "uncertainty", "chance that it does", "HImP", box=(0, 0.1)),
    P("return_prob", 0.1, 0, 1, "1/month", "uncertainty", "chance that one that left comes back while more is gained together than alone", box=(0, 0.2)),
    # contribute
    P("decisiveness", 8, 0, 50, "1/level", "uncertainty", "slope of effort in commitment", box=(3, 12)),
    P("effort_threshold", 0.45, 0, 1, "level", "uncertainty", "commitment at which half the capacity is given", box=(0.35, 0.6)),
    P("free_riding", 0.4, 0, 2, "level", "uncertainty", "temptation of a partner nobody oversees", "Sigmund et al. 2010", box=(0, 0.8)),
    P("temptation_trust", 0.5, 0, 1, "share", "uncertainty", "part of temptation that grows with others' expected effort", box=(0, 1)),
    P("endorsement_weight", 0.5, 0, 1, "share", "uncertainty", "part of accountability that only a signature makes effective", "HImP", box=(0, 1)),
    P("monitoring", 0.8, 0, 1, "level", "lever", "oversight that full, fitting structure gives", "HWB", box=(0, 1), channel="structure"),
    P("compulsion", 0.35, 0, 2, "level", "uncertainty", "effort that oversight compels", "HWB", box=(0, 0.6)),
    P("tickbox_quality", 0.4, 0, 1, "share", "uncertainty", "worth of compelled effort beside willing effort", "KingsFund", box=(0.1, 0.9)),
    P("shifting", 0.3, 0, 1, "share", "uncertainty", "share of its burden an unseen, unaligned partner pushes onto others", "NHSPlan", box=(0, 0.5)),
    P("shifting_loss", 0.5, 0, 1, "share", "uncertainty", "capacity lost by those onto whom burden is pushed", box=(0, 1)),
    P("shifting_alignment", 1, 0, 1, "strength", "uncertainty", "how far alignment restrains cost shifting", "NHSPlan", box=(0, 1), channel="purpose"),
    P("pooling_restraint", 1, 0, 1, "strength", "uncertainty", "how far pooled budgets with purpose restrain cost shifting", "NHSPlan", box=(0, 1), channel="purpose"),
    P("own_work_effect", 1, 0, 1, "strength", "uncertainty", "how far capacity that is not given goes on working on its owner's agenda", outside="a variant: own work off"),
    P("displacement", 0.75, 0, 1, "share", "uncertainty", "how far what is given is taken from own work first", box=(0.5, 1)),
    # deliver
    P("authority", 0.1, 0, 1, "share", "lever", "share of joint work that full, fitting structure disposes of", "HWB", box=(0, 0.5), channel="structure"),
    P("pooled_share", 0.03, 0, 1, "share", "lever", "share of work that is pooled and follows the aims", "KingsFund", box=(0, 0.4)),
    P("allocation_effect", 1, 0, 1, "strength", "uncertainty", "how far alignment turns work from own agenda to the aims", "KingsFund", box=(0, 1), channel="purpose"),
    P("evidence_use", 0.7, 0, 1, "share", "uncertainty", "how far purpose turns the aims from agendas to need", "HImP", box=(0, 1), channel="purpose"),
    P("coordination_floor", 0.4, 0, 1, "share", "uncertainty", "worth of work that nobody coordinates", "Huxham & Vangen", box=(0.1, 0.8)),
    P("coordination_effect", 1, 0, 1, "strength", "uncertainty", "how far fitting structure coordinates work", "Provan & Milward 1995", box=(0, 1), channel="structure"),
    P("relational_effect", 1, 0, 1, "strength", "uncertainty", "how far shared purpose with trust coordinates work", "Gittell 2002", box=(0, 1), channel="purpose"),
    P("ownership_effect", 1, 0, 1, "strength", "uncertainty", "how far a committed owner coordinates work on an issue", "KingsFund", box=(0, 1)),
    P("complementarity", 0.5, 0, 1, "share", "uncertainty", "how far results need breadth of participation", "Corbin et al. 2016", box=(0, 1)),
    P("saturation", 2, 0, 100, "1", "uncertainty", "diminishing return of work on an issue", box=(0, 4)),
    P("outcome_delay", 12, 1, 1200, "months", "uncertainty", "delay from results to what the population gains", "KingsFund", box=(3, 36)),
    P("own_effort", 0.5, 0, 1, "share", "uncertainty", "effort of a partner that acts alone", box=(0.2, 0.8)),
    P("worse_off_share", 0.3, 0.01, 0.99, "share", "uncertainty", "share of the population that is worse off", "KingsFund", box=(0.1, 0.5)),
    P("inverse_care", 0.3, 0, 1, "share", "uncertainty", "how far the worse off miss their share of work", "Tudor Hart 1971", box=(0, 0.6)),
    P("equity_use", 0.5, 0, 1, "strength", "uncertainty", "how far purpose turns work to the worse off", "KingsFund", box=(0, 1), channel="purpose"),
    # build
    P("structure_months", 9, 1, 1200, "months to half", "uncertainty", "months until half of structure stands, when a fifth of all capacity builds it", box=(2, 20)),
    P("structure_decay", 0.005, 0, 1, "1/month", "uncertainty", "structure lost a month without upkeep", box=(0, 0.03)),
    P("fit_floor", 0.4, 0, 1, "level", "uncertainty", "fit of structure built without any purpose", "HImP", box=(0, 1)),
    P("fit_strength", 1, 0, 1, "strength", "uncertainty", "how far the fit of what is built depends on purpose", "HImP", box=(0, 1), channel="purpose"),
    P("adaptability", 0.05, 0, 1, "1/month", "uncertainty", "how fast work on structure mends its fit", "KingsFund", box=(0, 0.2)),
    P("assignment", 0.5, 0, 1, "1/month", "uncertainty", "chance that structure names an owner for an issue", "KingsFund", box=(0, 1), channel="structure"),
    P("assignment_reach", 4, 0, 100, "1/share", "uncertainty", "structure hours (as multiple of their share) that assignment needs", box=(1, 10)),
    P("volunteering", 0.15, 0, 1, "1/month", "uncertainty", "chance that an aligned, committed partner takes an issue on", "HWB", box=(0, 0.3), channel="purpose"),
    # meet
    P("meetings", 2, 0, 12, "meetings a month", "lever", "encounters each partner calls a month", box=(1, 5)),
    P("board_effect", 1, 0, 1, "strength", "uncertainty", "how far structure decides who meets whom", box=(0, 1), channel="structure"),
    P("task_seeking", 0, 0, 10, "level", "lever", "how far informal encounters seek partners for the issue worst served", "KingsFund", box=(0, 2)),
    P("transparency", 0.3, 0, 1, "share", "lever", "part of what others do that is seen without structure", "HImP", box=(0, 0.8)),
    P("visibility_effect", 1, 0, 1, "strength", "uncertainty", "how far fitting structure shows what others do", "HImP", box=(0, 1), channel="structure"),
    P("noise", 0.35, 0, 2, "level", "uncertainty", "half-width of the error in seeing what another gave", box=(0, 0.6)),
    P("trust_rate", 0.2, 0, 1, "1/encounter", "uncertainty", "how fast trust follows what is seen", "George et al.", box=(0.05, 0.5)),
    P("loss_aversion", 1.5, 0, 10, "1", "uncertainty", "weight of a disappointment against a pleasant surprise", box=(1, 3)),
    P("crowding", 0, -1, 1, "strength", "uncertainty", "how far structure damps (or, below 0, helps) gains of trust", "Malhotra & Lumineau 2011; Cao & Lumineau 2015", box=(-0.5, 0.5), channel="structure"),
    P("purpose_months", 7, 0.5, 1200, "months to half", "uncertainty", "months until purpose is half, when a fifth of all capacity talks", box=(2, 20)),
    P("forum_effect", 1, 0, 10, "strength", "uncertainty", "how far structure gives talk a forum", "Ansell & Gash", box=(0, 3), channel="structure"),
    P("talk_base", 0.3, 0, 1, "share", "uncertainty", "worth of talk with a partner that is not aligned itself", box=(0.1, 0.6)),
    P("goal_conflict", 0.5, 0, 1, "strength", "uncertainty", "how far talk fails with a partner whose agenda is far from the aims", "Vangen & Huxham", box=(0, 1)),
    P("purpose_decay", 0.015, 0, 1, "1/month", "uncertainty", "alignment forgotten a month", box=(0, 0.03)),
    # reflect
    P("commitment_rate", 0.07, 0, 1, "1/month", "uncertainty", "how fast commitment moves", box=(0.02, 0.15)),
    P("results_weight", 0.6, 0, 10, "weight", "uncertainty", "pull of results against expectation", "Ansell & Gash", box=(0, 1)),
    P("reciprocity_weight", 0.5, 0, 10, "weight", "uncertainty", "pull of others' expected effort", "George et al.", box=(0, 1)),
    P("ownership_weight", 0.3, 0, 10, "weight", "uncertainty", "pull of shared aims in which one has a voice", "HImP", box=(0, 1), channel="purpose"),
    P("burden_weight", 0.5, 0, 10, "weight", "uncertainty", "push of hours lost to meetings", "Huxham & Vangen", box=(0, 1)),
    P("example_weight", 0, 0, 10, "weight", "lever", "pull of the leading partner's effort", "KingsFund", outside="a lever of scenarios and claims"),
    P("expected_ratio", 1, 0, 10, "1", "uncertainty", "results hoped for, as multiple of acting alone", box=(0.3, 1.5)),
    P("patience", 24, 1, 1200, "months", "uncertainty", "age at which half of that is expected", "KingsFund", box=(6, 48)),
    P("endorsement_threshold", 0.5, 0, 1, "level", "uncertainty", "commitment at which a partner signs", "HImP", box=(0.3, 0.7)),
    P("something_to_sign", 0.2, 0, 1, "level", "uncertainty", "structure that must stand before anyone can sign", "HImP", box=(0.05, 0.5)),
    P("signing_effect", 1, 0, 1, "strength", "uncertainty", "how far signing waits for structure", "HImP", box=(0, 1), channel="structure"),
    P("mandated", 0, 0, 1, "switch", "lever", "all sign at once, whatever their commitment", "HImP", outside="a lever of scenarios and claims"),
    P("review_month", 0, 0, 1200, "months", "lever", "month of a review that may axe the partnership; 0 for none", "KingsFund", outside="a lever of scenarios and claims"),
    P("review_floor", 0.15, 0, 1, "level", "lever", "outcome below which a review axes the partnership", "KingsFund", outside="acts only at a review"),
    # disturb
    P("turnover_prob", 0.025, 0, 1, "1/month", "uncertainty", "chance that a partner's people change", "PCG", box=(0, 0.05)),
    P("turnover_loss", 0.5, 0, 1, "share", "uncertainty", "share of what was won that turnover loses", "PCG", box=(0.2, 0.8)),
    P("fresh_start", 0, 0, 1, "share", "uncertainty", "share of lost commitment that turnover restores", box=(0, 1)),
    P("reorganisation_prob", 0.01, 0, 1, "1/month", "uncertainty", "chance of a reorganisation", "PCG", box=(0, 0.05)),
    P("reorganisation_month", 0, 0, 1200, "months", "lever", "month of a reorganisation that is sure to come; 0 for none", "PCG", outside="an event under study"),
    P("reorganisation_loss", 0.5, 0, 1, "share", "uncertainty", "share of structure that a reorganisation loses", "Fulop et al. 2002", box=(0.2, 0.8)),
    P("reorganisation_trust", 0.5, 0, 1, "share", "uncertainty", "part of that loss that falls on trust", "PCG", box=(0, 1)),
    P("distraction", 0.15, 0, 1, "share", "uncertainty", "share of everyone's capacity that a reorganisation takes at first", "Fulop et al. 2002", box=(0, 0.3)),
    P("distraction_months", 18, 1, 600, "months", "uncertainty", "months until it takes none any more", "Fulop et al. 2002", box=(6, 36)),
    P("cycle_months", 0, 0, 1200, "months", "lever", "months from one relaunch to the next; 0 for never", "HWB", outside="a lever of scenarios and claims"),
    P("relaunch_keeps", 0.4, 0, 1, "share", "uncertainty", "structure that survives a relaunch", "HWB", outside="acts only at a relaunch"),
    P("relaunch_alignment", 0.5, 0, 1, "share", "uncertainty", "alignment that survives a relaunch", "HWB", outside="acts only at a relaunch"),
    P("relaunch_fatigue", 0.15, 0, 1, "share", "uncertainty", "commitment lost at a relaunch", "HWB", outside="acts only at a relaunch"),
    P("learning_prob", 0, 0, 1, "chance", "lever", "chance that a relaunch learns from the cycles before it", "HWB", outside="acts only at a relaunch"),
    # measure
    P("participation_threshold", 0.25, 0, 1, "share", "measure", "effort above which a partner takes part", outside="decides how a run is read"),
    P("overload_burden", 0.7, 0, 1, "share", "measure", "burden above which a partner is overloaded", "NHSPlan", outside="decides how a run is read"),
    P("collapse_effort", 0.1, 0, 1, "share", "measure", "mean effort below which a partnership has collapsed", outside="decides how a run is read"),
    # the composition: sectors and needs of its own (the engine reads both as tables, so each keeps its columns together)
    *(row for s in range(1, SECTORS + 1) for row in of_sector(s)),
    *(need_of(k) for k in range(1, MOST_ISSUES + 1)),
    *(row for s in range(1, ENTRIES + 1) for row in entry_of(s)),
)  # fmt: skip

del P

BY_NAME: dict[str, Parameter] = {row.name: row for row in PARAMETERS}
NAMES: tuple[str, ...] = tuple(BY_NAME)
DEFAULTS: dict[str, float] = {row.name: float(row.default) for row in PARAMETERS}
DEFAULT_BOX: dict[str, tuple[float, float]] = {row.name: row.box for row in PARAMETERS if row.box is not None}

COUNTS: tuple[str, ...] = tuple(f"sector_{s}_count" for s in range(1, SECTORS + 1))
PLANS = ("responsiveness", "gate", "schedule_1_until")
"""What, above 0, decides where setup goes in place of the calendar; at most one of them does."""
UNTIL: tuple[str, ...] = tuple(f"schedule_{s}_until" for s in range(1, ENTRIES + 1))
NEEDS: tuple[str, ...] = tuple(f"need_{k}" for k in range(1, MOST_ISSUES + 1))
COMPOSITION: tuple[str, ...] = ("partnerships", *(name for name in NAMES if name.startswith(("sector_", "need_"))))
"""What only a composed world sets. At their defaults a world has its two sectors and evenly falling need."""
OF_TWO_SECTORS = ("n_partners", "small_share", "small_capacity")
"""What sectors decide where there are any."""


def by_plan(early: float, late: float, upkeep: float) -> dict[str, float]:
    """An arm whose emphases are set beforehand."""
    plan = {"early_emphasis": early, "late_emphasis": late, "upkeep_emphasis": upkeep}
    return plan | {"responsiveness": 0.0, "schedule_1_until": 0.0}


SETUPS: dict[str, dict[str, float]] = {
    "structure_first": by_plan(1.0, 0.0, 0.5),
    "purpose_first": by_plan(0.0, 1.0, 0.5),
    "balanced": by_plan(0.5, 0.5, 0.5),
    "responsive": {"responsiveness": 20.0, "gate": 0.0, "schedule_1_until": 0.0},
    "structure_only": by_plan(1.0, 1.0, 1.0),
    "purpose_only": by_plan(0.0, 0.0, 0.0),
    "neither": {"setup_share": 0.0, "upkeep_share": 0.0},
    "alone": {"alone": 1.0},
}
"""The arms. Those with a setup spend the same share of effort on it over the same months, and differ only in
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
    require_one_plan(counted)
    return counted


def require_one_plan(values: Mapping[str, float]) -> None:
    """Raise `ParameterError` where a schedule has gaps or goes back, or two parameters both decide the emphasis."""
    untils = [values[name] for name in UNTIL]
    used = [until for until in untils if until > 0.0]
    if untils[: len(used)] != used or any(after <= before for before, after in pairwise(used)):
        raise ParameterError(
            f"{', '.join(f'{name}={until:g}' for name, until in zip(UNTIL, untils, strict=True))}: entries of a "
            "schedule are used from the first on, and each ends after the one before; 0 for those not used"
        )
    deciding = [name for name in PLANS if values[name] > 0.0]
    if len(deciding) == 1 and used and values["learning_prob"] > 0.0:
        deciding.append("learning_prob")
    if len(deciding) > 1:
        first, second = deciding[:2]
        raise ParameterError(
            f"{first}={values[first]:g} contradicts {second}={values[second]:g}: both decide where setup goes; "
            f"leave one of them at 0"
        )


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
