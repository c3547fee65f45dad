"""Fourteen ways in which partnerships fail, each a condition on what can be seen of a run, month by month.

A detector reads recent means (over `window` months) from the monthly series of a run, and for most modes also from
those of a *counterfactual*: the same world with one thing changed. It says whether the partnership has failed in this
way by its end, since when, and by which clues. Nothing is simulated twice: a run is read as it was played, and a
counterfactual is played only for runs that their own clues have made suspects. Sources are explained in
docs/evidence.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from sim import draws
from sim.cache import kept
from sim.clues import Clue, Finding, above, all_hold, aside, below, since, window_of
from sim.draws import draw
from sim.limits import Limits
from sim.outcomes import OUTCOME_NAMES
from sim.params import SETUPS
from sim.record import Record, changed, least, play, recent, slope

Counterfactuals = Mapping[str, Record]
Own = Callable[[Record, Limits], "tuple[Clue, ...]"]
Beside = Callable[[Record, Counterfactuals, Limits], "tuple[Clue, ...]"]
Changes = Mapping[str, Mapping[str, float]]


class Mode(NamedTuple):
    """A failure mode: its own clues, and those found beside its counterfactuals.

    A mode that is an `event` has happened once its clues have held in any month; any other must last to the end.
    """

    name: str
    own: Own
    beside: Beside | None = None
    counterfactuals: Changes = MappingProxyType({})
    event: bool = False


# -- the detectors ----------------------------------------------------------------------------------------

ARMS: Changes = {name: values for name, values in SETUPS.items() if name not in ("neither", "alone")}
"""The setups that a partnership might have had instead."""


def flat(record: Record, limits: Limits) -> Clue:
    """Outcome that neither rises nor falls."""
    value = slope(record.monthly("outcome"), window_of(limits))
    return Clue("slope of outcome", value, np.abs(value) < limits["flat"])


def beside_alone(record: Record, limits: Limits) -> Clue:
    """Outcome that has stayed below acting alone."""
    window = window_of(limits)
    outcome, alone = record.monthly("outcome"), record.monthly("alone_outcome")
    holds = least(alone - outcome, window) > 0.0
    return Clue("outcome", recent(outcome, window), holds, recent(alone, window), "acting alone")


def best(counterfactuals: Counterfactuals, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Recent outcome under the setup that ends best, and that setup's name, run by run."""
    names = [name.replace("_", " ") for name in counterfactuals]
    recents = np.stack(
        [recent(counterfactual.monthly("outcome"), window_of(limits)) for counterfactual in counterfactuals.values()]
    )
    chosen = np.argmax(recents[:, :, -1], axis=0)
    return np.take_along_axis(recents, chosen[None, :, None], axis=0)[0], np.array(names)[chosen]


def talking_shop(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Boards stand, nobody agreed what for, and little comes of it (HImP; KingsFund; PCG)."""
    return (
        above(record, "structure", limits["talking_shop_structure"], limits),
        below(record, "purpose", limits["talking_shop_purpose"], limits),
    )


def beside_best_setup(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """Far less came of it than the same partners would have achieved with the setup that suits them best."""
    outcome = recent(record.monthly("outcome"), window_of(limits))
    better, name = best(counterfactuals, limits)
    return (Clue("outcome", outcome, outcome < limits["talking_shop_outcome"] * better, better, name),)


def good_intentions(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Everyone agrees on the aims, nothing stands to carry them out, and outcome does not move (HWB)."""
    return (
        above(record, "purpose", limits["good_intentions_purpose"], limits),
        below(record, "structure", limits["good_intentions_structure"], limits),
        flat(record, limits),
    )


def beside_balanced(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """Less came of it than of building structure and purpose side by side."""
    outcome = recent(record.monthly("outcome"), window_of(limits))
    balanced = recent(counterfactuals["balanced"].monthly("outcome"), window_of(limits))
    return (Clue("outcome", outcome, outcome < balanced - limits["margin"], balanced, "balanced"),)


def inertia(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Meetings eat the hours, and outcome stands still below that of acting alone (Huxham & Vangen)."""
    return (
        flat(record, limits),
        beside_alone(record, limits),
        above(record, "burden", limits["inertia_burden"], limits),
    )


def free_riding(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """A few carry the work, while many give less than half as much (Sigmund et al. 2010)."""
    gini = np.repeat(record.outcome("gini_effort")[:, None], record.months, axis=1)
    laggards = recent(record.monthly("laggards"), window_of(limits))
    return (
        Clue("Gini of effort", gini, gini > limits["free_riding_gini"]),
        Clue("share of laggards", laggards, laggards >= limits["free_riding_laggards"]),
    )


def orphaned_issues(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Most issues have nobody who answers for them (KingsFund)."""
    return (
        below(record, "owned", limits["orphaned_issues_owned"], limits, "share of issues owned"),
        aside(record, "structure", limits),
    )


def paper_endorsement(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """All but all have signed, and few mean it (HImP)."""
    endorsed = least(record.monthly("endorsed"), window_of(limits))
    return (
        Clue("share signed up", endorsed, endorsed >= limits["paper_endorsement_endorsed"]),
        below(record, "commitment", limits["paper_endorsement_commitment"], limits),
    )


def cost_shifting(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Partners push their burdens onto each other ... (NHSPlan)"""
    return (above(record, "cost_shift", limits["cost_shifting_shift"], limits, "cost shifting"),)


def beside_unshifting(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """... and trust pays for it."""
    trust = recent(record.monthly("trust"), window_of(limits))
    unshifting = recent(counterfactuals["unshifting"].monthly("trust"), window_of(limits))
    holds = unshifting - trust >= limits["cost_shifting_trust"]
    return (Clue("trust", trust, holds, unshifting, "without cost shifting"),)


def pool_without_purpose(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Budgets are pooled without shared aims ... (KingsFund)"""
    pooled = np.repeat(record.parameter("pooled_share")[:, None], record.months, axis=1)
    return (
        Clue("pooled share", pooled, pooled > limits["pool_without_purpose_pooled"]),
        below(record, "purpose", limits["pool_without_purpose_purpose"], limits),
    )


def beside_unpooled(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """... and nothing is gained by it that would matter."""
    outcome = recent(record.monthly("outcome"), window_of(limits))
    unpooled = recent(counterfactuals["unpooled"].monthly("outcome"), window_of(limits))
    return (Clue("outcome", outcome, outcome <= unpooled + limits["margin"], unpooled, "without pooling"),)


def overload(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Most partners lose most of their hours to meetings (NHSPlan)."""
    return (
        above(record, "overloaded", limits["overload_partners"], limits, "share of partners overloaded"),
        aside(record, "burden", limits),
    )


def tokenism(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Small partners share one seat ... (HImP)"""
    shared = record.parameter("umbrella") > 0.0
    return (Clue("small partners share one seat", None, np.repeat(shared[:, None], record.months, axis=1)),)


def beside_own_seats(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """... and their commitment pays for it."""
    commitment = recent(record.monthly("commitment_small"), window_of(limits))
    seated = recent(counterfactuals["own_seats"].monthly("commitment_small"), window_of(limits))
    holds = seated - commitment >= limits["tokenism_commitment"]
    return (Clue("commitment of small partners", commitment, holds, seated, "with seats of their own"),)


def reorganisation_reset(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Months by which a reorganisation should have healed (PCG; Fulop et al. 2002)."""
    shocks = np.zeros((record.runs, record.months))
    reorganisations(record.seed, record.worlds, record.parameter("reorganisation_prob"), shocks)
    month = record.parameter("reorganisation_month")
    due = np.flatnonzero((month > 0.0) & (month <= record.months))
    shocks[due, month[due].astype(np.int64) - 1] = 1.0
    healing = min(int(limits["reorganisation_reset_months"]), record.months)
    healed = np.zeros((record.runs, record.months))
    healed[:, healing:] = shocks[:, : record.months - healing]
    return (Clue(f"reorganised {healing} months before", None, healed > 0.0),)


@kept
def reorganisations(seed, worlds, prob, marked):  # type: ignore[no-untyped-def]
    """Mark the months in which each run is reorganised: the draw that the month itself takes (`sim.shocks`)."""
    for run in range(marked.shape[0]):
        for month in range(marked.shape[1]):
            u = draw(seed, worlds[run], month, 0, draws.REORGANISATION)  # type: ignore[no-untyped-call]
            if u[0] < prob[run]:
                marked[run, month] = 1.0


def beside_undisturbed(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """Trust is not back at what it would have been."""
    trust, undisturbed = record.monthly("trust"), counterfactuals["undisturbed"].monthly("trust")
    holds = trust < limits["reorganisation_reset_trust"] * undisturbed
    return (Clue("trust", trust, holds, undisturbed, "without reorganisations"),)


def axed_too_soon(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """A review ends the partnership ... (KingsFund)"""
    axed = np.zeros((record.runs, record.months), dtype=bool)
    ended = np.flatnonzero(record.outcome("axed") > 0.0)
    axed[ended, record.last[ended]] = True
    floor = np.repeat(record.parameter("review_floor")[:, None], record.months, axis=1)
    return (
        Clue("outcome at the review", record.monthly("outcome"), axed),
        Clue("asked for", floor, np.ones(floor.shape, dtype=bool)),
    )


def beside_unreviewed(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """... that would have come to more than acting alone."""
    shape = (record.runs, record.months)
    outcome = np.broadcast_to(counterfactuals["unreviewed"].monthly("outcome")[:, -1:], shape)
    alone = np.broadcast_to(counterfactuals["unreviewed"].monthly("alone_outcome")[:, -1:], shape)
    return (Clue("outcome it would have ended with", outcome, outcome > alone, alone, "acting alone"),)


def insanity_loop(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Relaunched again and again with one setup, which failed each time (HWB)."""
    outcome, alone = record.monthly("outcome"), record.monthly("alone_outcome")
    emphasis, cycle_months = record.monthly("emphasis"), record.parameter("cycle_months").astype(np.int64)
    loops = np.zeros((record.runs, record.months))
    for length in np.unique(cycle_months[(cycle_months > 0) & (cycle_months <= record.months)]):
        runs = np.flatnonzero(cycle_months == length)
        worse, before = np.zeros(len(runs)), None
        for stop in range(length, record.months + 1, length):
            span = slice(stop - length, stop)
            setup = emphasis[runs, span]
            failed = outcome[runs, span].mean(axis=1) < alone[runs, span].mean(axis=1)
            same = np.ones(len(runs), bool) if before is None else np.all(setup == before, axis=1)
            worse = np.where(failed, np.where(same, worse, 0) + 1, 0)
            before = setup
            loops[runs, stop - 1 : stop - 1 + length] = worse[:, None]
    return (Clue("cycles of one setup below acting alone", loops, loops >= limits["insanity_loop_cycles"]),)


def beside_other_setups(record: Record, counterfactuals: Counterfactuals, limits: Limits) -> tuple[Clue, ...]:
    """Another setup would have done better."""
    outcome = recent(record.monthly("outcome"), window_of(limits))
    better, name = best(counterfactuals, limits)
    return (Clue("outcome", outcome, outcome < better - limits["margin"], better, name),)


def antagony(record: Record, limits: Limits) -> tuple[Clue, ...]:
    """Working together comes to less than working apart (Corbin & Mittelmark)."""
    return (beside_alone(record, limits), aside(record, "effort", limits), aside(record, "burden", limits))


MODES: tuple[Mode, ...] = (
    Mode("talking_shop", talking_shop, beside_best_setup, ARMS),
    Mode("good_intentions", good_intentions, beside_balanced, {"balanced": SETUPS["balanced"]}),
    Mode("inertia", inertia),
    Mode("free_riding", free_riding),
    Mode("orphaned_issues", orphaned_issues),
    Mode("paper_endorsement", paper_endorsement),
    Mode("cost_shifting", cost_shifting, beside_unshifting, {"unshifting": {"shifting": 0.0}}),
    Mode("pool_without_purpose", pool_without_purpose, beside_unpooled, {"unpooled": {"pooled_share": 0.0}}),
    Mode("overload", overload),
    Mode("tokenism", tokenism, beside_own_seats, {"own_seats": {"umbrella": 0.0}}),
    Mode("reorganisation_reset", reorganisation_reset, beside_undisturbed,
         {"undisturbed": {"reorganisation_prob": 0.0, "reorganisation_month": 0.0}}, event=True),
    Mode("axed_too_soon", axed_too_soon, beside_unreviewed, {"unreviewed": {"review_month": 0.0}}, event=True),
    Mode("insanity_loop", insanity_loop, beside_other_setups, ARMS),
    Mode("antagony", antagony),
)  # fmt: skip

MODE_NAMES = tuple(mode.name for mode in MODES)
BY_MODE = {mode.name: mode for mode in MODES}

FLAGS = tuple(column for name in MODE_NAMES for column in (name, f"{name}_month"))
"""Outcomes of a run that was searched: for each mode 1 if it failed so, else 0, and the month since when."""

BLOCK = 1024
"""Runs whose months are held in memory together, where only outcomes are wanted."""


# -- detection --------------------------------------------------------------------------------------------


def detect(mode: Mode, record: Record, limits: Limits) -> Finding:
    """Search runs for one failure mode; counterfactuals are played for those that their own clues make suspects."""
    last, clues = record.last, mode.own(record, limits)
    since_month = since(all_hold(clues), last, mode.event)
    suspects = np.flatnonzero(~np.isnan(since_month))
    searched = np.full(record.runs, -1)
    if mode.beside is None:
        suspects = np.arange(record.runs)
    elif len(suspects):
        few = record.take(suspects)
        clues = mode.own(few, limits)
        counterfactuals = {
            name: play(changed(few.points, changes), few.worlds, few.seed)
            for name, changes in mode.counterfactuals.items()
        }
        clues += mode.beside(few, counterfactuals, limits)
        since_month[suspects] = since(all_hold(clues), few.last, mode.event)
    searched[suspects] = np.arange(len(suspects))
    shown_month = np.maximum(last[suspects], 0)
    if mode.event:
        shown_month = np.where(np.isnan(since_month[suspects]), shown_month, since_month[suspects] - 1).astype(np.int64)
    return Finding(since_month, searched, clues if len(suspects) else (), shown_month)


def examine(record: Record, limits: Limits) -> dict[str, Finding]:
    """Search runs for every failure mode."""
    return {mode.name: detect(mode, record, limits) for mode in MODES}


def outcomes_and_flags(points: np.ndarray, worlds: np.ndarray, seed: int, limits: Limits) -> np.ndarray:
    """Simulate and search runs (runs, outcomes then `FLAGS`); the outcomes are those of `sim.runs.simulate`."""
    table = np.full((len(points), len(OUTCOME_NAMES) + len(FLAGS)), np.nan)
    for start in range(0, len(points), BLOCK):
        rows = slice(start, start + BLOCK)
        record = play(points[rows], worlds[rows], seed)
        table[rows, : len(OUTCOME_NAMES)] = record.outcomes
        for place, finding in enumerate(examine(record, limits).values()):
            column = len(OUTCOME_NAMES) + 2 * place
            table[rows, column], table[rows, column + 1] = finding.fires, finding.since
    return table
