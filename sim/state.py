"""What exists: the state of a partnership, its partners and its issues.

Structure lives in the partnership and survives turnover; purpose lives in the partners and survives
reorganisations. All numbers are float64, indices included; a missing owner is -1. Shapes are given for `lanes`
runs side by side; the code sees one run (`sim.tables`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim import rules
from sim.lanes import Lanes, inlined, lane, where
from sim.params import ENTRIES, MOST_ISSUES, NAMES, SECTORS
from sim.places import integers
from sim.tables import Schema, aligned_zeros, in_lane, matrix, row, table


class Reading(NamedTuple):
    """A monthly series or an outcome: its name, unit and meaning."""

    name: str
    unit: str
    meaning: str


R = Reading

SERIES: tuple[Reading, ...] = (
    R("results", "level", "this month's results"),
    R("outcome", "level", "what the population has gained"),
    R("alone_outcome", "level", "what it would have gained had every partner acted alone"),
    R("expectation", "level", "what partners expect by now"),
    R("emphasis", "share", "share of setup that goes to structure"),
    R("structure", "level", "boards, agreements, named owners"),
    R("fit", "level", "how well the structure suits what it is for"),
    R("purpose", "level", "capacity-weighted mean alignment with the shared aims of those at the table"),
    R("trust", "level", "mean effort that partners expect of each other"),
    R("commitment", "level", "mean commitment of partners"),
    R("effort", "share", "mean share of capacity given"),
    R("burden", "share", "mean share of hours lost to meetings"),
    R("cost_shift", "share", "mean share of burden pushed onto others"),
    R("endorsed", "share", "share of partners that have signed"),
    R("owned", "share", "share of issues that somebody owns"),
    R("participation", "share", "share of partners that take part"),
    R("participation_large", "share", "share of large partners that take part"),
    R("participation_small", "share", "share of small partners that take part"),
    R("overloaded", "share", "share of partners that lose most hours to meetings"),
    R("laggards", "share", "share of partners that give less than half of what the most giving one gives"),
    R("commitment_small", "level", "mean commitment of small partners; 0 where there are none"),
    R("members", "share", "share of partners at the table"),
    R("gap", "level", "outcome of the better off less that of the worse off"),
    R("alone_gap", "level", "what that gap would have been had every partner acted alone"),
    R("pat_need", "level", "answer of those at the table: partnership is needed; 0 where nobody is there"),
    R("pat_purpose", "level", "their answer: its purpose is clear"),
    R("pat_ownership", "level", "their answer: commitment and ownership are ensured"),
    R("pat_trust", "level", "their answer: there is trust"),
    R("pat_arrangements", "level", "their answer: its arrangements are clear and robust"),
    R("pat_learning", "level", "their answer: it monitors, measures and learns"),
    R("vichealth_score", "points", "their six answers on the VicHealth scale, 35 to 175; 0 where nobody is there"),
)

del R

SERIES_NAMES = tuple(series.name for series in SERIES)

PARAMETER = Schema(*NAMES)
SERIES_SCHEMA = Schema(*SERIES_NAMES)

SECTOR = Schema("count", "capacity", "accountability", "commitment", "partnerships", "small")
NEED = Schema("weight")
FIRST_SECTOR, FIRST_NEED = NAMES.index("sector_1_count"), NAMES.index("need_1")
AFTER_SECTORS, AFTER_NEEDS = FIRST_SECTOR + SECTORS * len(SECTOR), FIRST_NEED + MOST_ISSUES
ENTRY = Schema("until", "emphasis")
FIRST_ENTRY = NAMES.index("schedule_1_until")
AFTER_ENTRIES = FIRST_ENTRY + ENTRIES * len(ENTRY)
"""Where sectors, needs and the entries of a schedule stand among the parameters."""

PARTNER = Schema(
    "present",  # 1, or 0 for a row beyond the run's partners
    "small",  # 1 for a small partner
    "seated",  # 1 at the table; 0 for one that has left it
    "others",  # how many others are at the table
    "capacity",  # >= smallest_capacity
    "accountability",
    "start_commitment",
    "commitment",
    "alignment",
    "trust_sum",  # of its trust in all others at the table
    "trust",  # the mean of it
    "effort",
    "cost_shift",
    "shift_weight",  # its capacity for each unit of the others'
    "shifted",  # what it pushed onto others last month, for each unit of their capacity
    "burden",
    "work",  # effective hours on issues this month
    "own_work",  # hours on its own agenda, beside the partnership
    "distance",  # of its agenda from the shared aims: half the sum of differences in size
    "heard",  # weight of what it heard this month in encounters it called
    "heard_back",  # and in those that others called
    "given",  # effort less cost shifting
    "conviction",  # how well it speaks of the shared aims
    "voice",
    "seat_share",  # part of a seat's load it carries
    "endorsed",  # 0 or 1
    "effort_sum",  # over the months so far
)

PARTNERSHIP = Schema(
    "n_small", "total", "root_total", "start_trust", "structure_rate", "purpose_rate",  # fixed for a world
    "members", "core", "leader", "seats",  # of those at the table: how many, their capacity
    "months_since", "focus",  # the last reorganisation, and what it leaves of everyone's capacity
    "alone_results", "alone_gap_now", "alone_outcome", "alone_gap",
    "structure", "fit", "purpose", "trust", "outcome", "gap", "gap_now", "age", "ended", "axed",
    "early", "late", "upkeep",  # emphases: the setup now in force
    "turned",  # 1 once it has turned from the early to the late emphasis, where that waits for a gate
    "emphasis", "setup_share", "structure_hours", "purpose_hours", "results", "expectation", "worst_issue",
    "cycle_outcome", "cycle_expectation", "cycle_age", "cycles",
    "before_mean", "before_early", "before_late", "before_upkeep",
)  # fmt: skip

ISSUE = Schema("need", "common", "mean_agenda", "natural_owner", "owner", "alone_work")

ENCOUNTER = Schema(
    "first", "second", "board", "error", "error_back", "other", "trust", "change", "change_back", "heard_back"
)


class Memory(NamedTuple):
    """The arrays behind a state: made once, used for any number of runs. Last axis: lanes."""

    parameters: np.ndarray  # (parameters, lanes)
    partnership: np.ndarray  # (columns, lanes)
    partners: np.ndarray  # (n, columns, lanes)
    issues: np.ndarray  # (n_issues, columns, lanes)
    agenda: np.ndarray  # (n, n_issues, lanes), each row a simplex
    trust: np.ndarray  # (n, n or n + 1, lanes) in [0, 1], multiples of 2**-32; the diagonal and what is beyond stay 0
    encounters: np.ndarray  # (n * meetings, columns, lanes)
    series: np.ndarray  # (months, series, lanes)
    summary: np.ndarray  # (outcomes, 1, lanes)
    worlds: np.ndarray  # (lanes,) int64


class State(NamedTuple):
    """A run, or many side by side, as rows and tables on the arrays of a `Memory`."""

    parameters: Any
    sectors: Any  # a table on the parameters of sectors
    needs: Any  # a table on those of needs
    schedule: Any  # and one on those of the entries of a schedule
    partnership: Any
    partners: Any
    issues: Any
    agenda: Any
    trust: Any
    encounters: Any
    series: Any
    seed: int
    world: Any
    n: int  # rows of `partners`; a run with fewer partners leaves the last ones out
    n_issues: int
    meetings: int
    months: int


COLUMNS = tuple(len(schema) for schema in (PARAMETER, PARTNERSHIP, PARTNER, ISSUE, ENCOUNTER, SERIES_SCHEMA))


def shapes(n: int, n_issues: int, meetings: int, months: int, n_outcomes: int) -> tuple[tuple[int, int], ...]:
    """Rows and columns of the arrays of a `Memory`, in its order, but for its worlds: a number for each lane."""
    parameter, partnership, partner, issue, encounter, series = COLUMNS
    return (
        (parameter, 1),
        (partnership, 1),
        (n, partner),
        (n_issues, issue),
        (n, n_issues),
        (n, n | 1),  # an odd width of rows, or a column would crowd one part of the cache
        (max(1, n * meetings), encounter),
        (months, series),
        (n_outcomes, 1),
    )


def allocate(n: int, n_issues: int, meetings: int, months: int, n_outcomes: int, width: int) -> Memory:
    """Arrays for runs of up to these sizes."""
    parameters, partnership, *tables = (
        aligned_zeros(rows, columns, width) for rows, columns in shapes(n, n_issues, meetings, months, n_outcomes)
    )
    return Memory._make([parameters[:, 0], partnership[:, 0], *tables, np.zeros(width, dtype=np.int64)])


@inlined
def view(lanes: Lanes, memory: Memory, seed: int, n: int, n_issues: int, meetings: int, months: int) -> State:
    """See the arrays as a state."""
    return State(
        row(lanes, PARAMETER, memory.parameters),
        table(lanes, SECTOR, memory.parameters[FIRST_SECTOR:AFTER_SECTORS]),
        table(lanes, NEED, memory.parameters[FIRST_NEED:AFTER_NEEDS]),
        table(lanes, ENTRY, memory.parameters[FIRST_ENTRY:AFTER_ENTRIES]),
        row(lanes, PARTNERSHIP, memory.partnership),
        table(lanes, PARTNER, memory.partners),
        table(lanes, ISSUE, memory.issues),
        matrix(lanes, memory.agenda),
        matrix(lanes, memory.trust),
        table(lanes, ENCOUNTER, memory.encounters),
        table(lanes, SERIES_SCHEMA, memory.series),
        seed,
        integers(lanes, memory.worlds),
        n,
        n_issues,
        meetings,
        months,
    )


@inlined
def one_run(state: State, index: int) -> State:
    """The run in one lane, alone: for rare events, which most lanes are spared."""
    return State(
        in_lane(state.parameters, index),
        in_lane(state.sectors, index),
        in_lane(state.needs, index),
        in_lane(state.schedule, index),
        in_lane(state.partnership, index),
        in_lane(state.partners, index),
        in_lane(state.issues, index),
        in_lane(state.agenda, index),
        in_lane(state.trust, index),
        in_lane(state.encounters, index),
        in_lane(state.series, index),
        state.seed,
        lane(state.world, index),
        state.n,
        state.n_issues,
        state.meetings,
        state.months,
    )


@inlined
def take_stock(state, going):
    """Purpose and trust of the partnership: means over those at the table, of alignment by capacity and of trust."""
    partnership = state.partnership
    weighted, trust = 0.0, 0.0
    for i in range(state.n):
        partner = state.partners[i]
        weighted += partner.seated * partner.capacity * partner.alignment
        trust += partner.seated * partner.trust
    purpose = rules.ratio(weighted, partnership.core, 0.0)
    partnership.purpose = where(going, purpose, partnership.purpose)
    partnership.trust = where(going, rules.ratio(trust, partnership.members, 0.0), partnership.trust)
