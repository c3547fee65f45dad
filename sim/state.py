"""What exists: the state of a partnership, its partners and its issues, and how a world is drawn.

Structure lives in the partnership and survives turnover; purpose lives in the partners and survives
reorganisations. All numbers are float64, indices included; a missing owner is -1. Shapes are given for `lanes`
runs side by side; the code sees one run (`sim.tables`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim import draws, rules
from sim.draws import draw, pick
from sim.lanes import Lanes, compiled, inlined, integer_part, lane, maximum, real, some, sqrt, where
from sim.params import MOST_ISSUES, NAMES, SECTORS
from sim.tables import Schema, aligned_zeros, in_lane, integers, matrix, row, table


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
    R("purpose", "level", "capacity-weighted mean alignment with the shared aims"),
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
)

del R

SERIES_NAMES = tuple(series.name for series in SERIES)

PARAMETER = Schema(*NAMES)
SERIES_SCHEMA = Schema(*SERIES_NAMES)

SECTOR = Schema("count", "capacity", "accountability", "commitment", "partnerships", "small")
NEED = Schema("weight")
FIRST_SECTOR, FIRST_NEED = NAMES.index("sector_1_count"), NAMES.index("need_1")
AFTER_SECTORS, AFTER_NEEDS = FIRST_SECTOR + SECTORS * len(SECTOR), FIRST_NEED + MOST_ISSUES
"""Where sectors and needs stand among the parameters."""

PARTNER = Schema(
    "present",  # 1, or 0 for a row beyond the run's partners
    "small",  # 1 for a small partner
    "capacity",  # >= smallest_capacity
    "accountability",
    "start_commitment",
    "commitment",
    "alignment",
    "trust_sum",  # of its trust in all others
    "trust",  # the mean of it
    "effort",
    "cost_shift",
    "shift_weight",  # its capacity for each unit of the others'
    "shifted",  # what it pushed onto others last month, for each unit of their capacity
    "burden",
    "work",  # effective hours on issues this month
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
    "n_small", "total", "root_total", "leader", "seats", "start_trust",  # fixed for a world
    "alone_results", "alone_outcome",
    "structure", "fit", "purpose", "outcome", "age", "axed",
    "early", "late", "upkeep",  # emphases: the setup now in force
    "emphasis", "setup_share", "structure_hours", "purpose_hours", "results", "expectation", "worst_issue",
    "cycle_outcome", "cycle_expectation", "cycle_age", "cycles",
    "before_mean", "before_early", "before_late", "before_upkeep",
)  # fmt: skip

ISSUE = Schema("need", "common", "mean_agenda", "natural_owner", "owner")

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


# -- a world, drawn ---------------------------------------------------------------------------------------


@inlined
def sectors_counted(state):
    """Partners that sectors count; 0 in a world of the two sectors."""
    count = state.sectors[0].count
    for s in range(1, SECTORS):
        count = count + state.sectors[s].count
    return count


@compiled
def sector_of(state, i):
    """What partner i has of its sector: capacity, accountability, commitment, partnerships, and whether it is small.

    Sectors sit in the order of their numbers. All 0 for a partner that no sector counts.
    """
    capacity, accountability, commitment, partnerships, small = 0.0, 0.0, 0.0, 0.0, 0.0
    before = 0.0
    for s in range(SECTORS):
        sector = state.sectors[s]
        here = (i >= before) & (i < before + sector.count)
        before += sector.count
        capacity = where(here, sector.capacity, capacity)
        accountability = where(here, sector.accountability, accountability)
        commitment = where(here, sector.commitment, commitment)
        partnerships = where(here, sector.partnerships, partnerships)
        small = where(here, sector.small, small)
    return capacity, accountability, commitment, partnerships, small


@compiled
def set_needs(state):
    """What the population needs: the weights of its issues, or, where none is given, evenly falling from the first."""
    count = real(state.n_issues)
    given = 0.0
    for k in range(state.n_issues):
        given += state.needs[k].weight
    for k in range(state.n_issues):
        falling = (count - real(k)) / (count * (count + 1.0) / 2.0)
        state.issues[k].need = where(given > 0.0, rules.ratio(state.needs[k].weight, given, 0.0), falling)


@compiled
def draw_partners(state):
    """Who is at the table: capacity, accountability and commitment around the mean of their sector."""
    parameters, partnership = state.parameters, state.partnership
    composed = sectors_counted(state) > 0.0
    n_small = real(integer_part(parameters.small_share * parameters.n_partners + 0.5))
    small_sum, total, root_total = 0.0, 0.0, 0.0
    leader, most = 0.0, 0.0
    for i in range(state.n):
        partner = state.partners[i]
        present = where(i < parameters.n_partners, 1.0, 0.0)
        small = where(i >= parameters.n_partners - n_small, present, 0.0)
        mean = where(small > 0.0, parameters.small_capacity, 1.0)
        shared, accountability, commitment = parameters.partnerships, parameters.accountability, parameters.commitment
        if some(composed):
            sector = sector_of(state, i)
            small = where(composed, present * sector[4], small)
            mean = where(composed, sector[0], mean)
            shared = where(sector[3] > 0.0, sector[3], shared)
            accountability = where(composed, accountability + sector[1], accountability)
            commitment = where(composed, commitment + sector[2], commitment)
        u = draw(state.seed, state.world, 0, i, draws.CAPACITY_AND_ACCOUNTABILITY)
        v = draw(state.seed, state.world, 0, i, draws.COMMITMENT)
        capacity = rules.shared_capacity(
            mean * (1.0 + parameters.capacity_spread * (u[0] + u[1] - 1.0)), shared, parameters.smallest_capacity
        )
        capacity = where(present > 0.0, capacity, 0.0)
        partner.present, partner.small, partner.capacity = present, small, capacity
        partner.accountability = rules.clip(accountability + parameters.accountability_spread * (u[2] + u[3] - 1.0))
        commitment = rules.clip(commitment + parameters.commitment_spread * (v[0] + v[1] - 1.0))
        partner.start_commitment = commitment
        partner.commitment = commitment
        small_sum += small
        total += capacity
        root_total += sqrt(capacity)
        leader = where(capacity > most, i, leader)
        most = maximum(capacity, most)
    partnership.n_small, partnership.total, partnership.root_total = small_sum, total, root_total
    partnership.leader = leader


@compiled
def draw_agendas(state):
    """What each partner cares for: need, bent by its own priorities and by those common to all."""
    parameters, partnership = state.parameters, state.partnership
    diversity, bias = parameters.agenda_diversity, parameters.agenda_bias
    set_needs(state)
    common_sum = 0.0
    for block in range((state.n_issues + 3) // 4):
        four = draw(state.seed, state.world, 0, 0, draws.COMMON_AGENDA + block)
        for k in range(4 * block, min(4 * block + 4, state.n_issues)):
            u, issue = pick(four, k % 4), state.issues[k]
            issue.common = u * u
            common_sum += u * u
            issue.mean_agenda, issue.natural_owner, issue.owner = 0.0, 0.0, -1.0
    for i in range(state.n):
        own_sum = 0.0
        for block in range((state.n_issues + 3) // 4):
            four = draw(state.seed, state.world, 0, i, draws.AGENDA + block)
            for k in range(4 * block, min(4 * block + 4, state.n_issues)):
                u = pick(four, k % 4)
                state.agenda[i, k] = u * u
                own_sum += u * u
        for k in range(state.n_issues):
            issue = state.issues[k]
            bent = (1.0 - bias) * (state.agenda[i, k] / own_sum) + bias * (issue.common / common_sum)
            state.agenda[i, k] = (1.0 - diversity) * issue.need + diversity * bent
    for k in range(state.n_issues):
        issue = state.issues[k]
        weighted, most = 0.0, 0.0
        for i in range(state.n):
            weight = state.partners[i].capacity * state.agenda[i, k]
            weighted += weight
            issue.natural_owner = where(weight > most, i, issue.natural_owner)
            most = maximum(weight, most)
        issue.mean_agenda = weighted / partnership.total


@compiled
def results_alone(state):
    """What the same partners achieve without a partnership: own effort, own agenda, nobody coordinates."""
    parameters, partnership = state.parameters, state.partnership
    results = 0.0
    for k in range(state.n_issues):
        need = state.issues[k].need
        work_sum, root_sum = 0.0, 0.0
        for i in range(state.n):
            work = parameters.own_effort * state.partners[i].capacity * state.agenda[i, k]
            work_sum += work
            root_sum += sqrt(work)
        work = rules.issue_work(
            work_sum, root_sum, need, partnership.total, partnership.root_total, parameters.complementarity
        )
        results += need * rules.saturate(parameters.coordination_floor * work, parameters.saturation)
    partnership.alone_results = results


@compiled
def seat(state):
    """Seats, voice, parts of a seat's load (with or without an umbrella for small partners), and weight on others."""
    parameters, partnership = state.parameters, state.partnership
    n_small = partnership.n_small
    shared = (parameters.umbrella > 0.0) & (n_small > 0.0)
    sharing = maximum(n_small, 1.0)
    partnership.seats = where(shared, parameters.n_partners - n_small + 1.0, parameters.n_partners)
    for i in range(state.n):
        partner = state.partners[i]
        under = shared & (partner.small > 0.0)
        partner.voice = where(under, rules.umbrella_voice(parameters.umbrella_fidelity, sharing), 1.0)
        partner.seat_share = where(under, 1.0 / sharing, 1.0)
        partner.shift_weight = partner.capacity / (partnership.total - partner.capacity)


@compiled
def launch(state):
    """Draw the world and set the partnership to its first day."""
    parameters, partnership = state.parameters, state.partnership
    draw_partners(state)
    draw_agendas(state)
    results_alone(state)
    seat(state)
    start_trust = rules.quantise(parameters.initial_trust)
    partnership.start_trust = start_trust
    for i in range(state.n):
        partner = state.partners[i]
        trust_sum = 0.0
        for j in range(state.n):
            known = where(state.partners[j].present > 0.0, start_trust, 0.0) if i != j else 0.0
            state.trust[i, j] = known
            trust_sum += known
        partner.trust_sum, partner.trust = trust_sum, trust_sum / (parameters.n_partners - 1.0)
        partner.effort = parameters.initial_trust
        partner.alignment, partner.cost_shift, partner.burden, partner.endorsed = 0.0, 0.0, 0.0, 0.0
        partner.work, partner.heard, partner.heard_back, partner.effort_sum = 0.0, 0.0, 0.0, 0.0
    partnership.structure, partnership.fit, partnership.purpose = 0.0, parameters.fit_floor, 0.0
    partnership.outcome, partnership.alone_outcome, partnership.age = 0.0, 0.0, 0.0
    partnership.axed = parameters.alone
    partnership.early, partnership.late = parameters.early_emphasis, parameters.late_emphasis
    partnership.upkeep = parameters.upkeep_emphasis
    partnership.worst_issue, partnership.cycles = 0.0, 0.0
    partnership.cycle_outcome, partnership.cycle_expectation, partnership.cycle_age = 0.0, 0.0, 0.0


@inlined
def set_purpose(state, going):
    """Purpose of the partnership: the capacity-weighted mean alignment of its partners."""
    weighted = 0.0
    for i in range(state.n):
        weighted += state.partners[i].capacity * state.partners[i].alignment
    state.partnership.purpose = where(going, weighted / state.partnership.total, state.partnership.purpose)
