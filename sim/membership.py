"""Who is at the table: partners leave, come back, and what that changes for those who sit there.

One that is out works for itself only: it has no seat and no load, holds no encounter, is not asked, and owns nothing.
Leaving and coming back are rare in any one run, so each is played run by run, not in lanes.
"""

from __future__ import annotations

from sim import draws, rules
from sim.draws import draw, pick
from sim.lanes import compiled, inlined, lane, maximum, some, where, width_of
from sim.state import one_run


@compiled
def seat(state):
    """Seats, voice, parts of a seat's load (with or without an umbrella for small partners), and weight on others."""
    parameters, partnership = state.parameters, state.partnership
    members, core, small = 0.0, 0.0, 0.0
    leader, most = 0.0, 0.0
    for i in range(state.n):
        partner = state.partners[i]
        capacity = partner.seated * partner.capacity
        members += partner.seated
        core += capacity
        small += partner.seated * partner.small
        leader = where(capacity > most, i, leader)
        most = maximum(capacity, most)
    partnership.members, partnership.core, partnership.leader = members, core, leader
    shared = (parameters.umbrella > 0.0) & (small > 0.0)
    sharing = maximum(small, 1.0)
    partnership.seats = where(shared, members - small + 1.0, members)
    for i in range(state.n):
        partner = state.partners[i]
        under = shared & (partner.small > 0.0) & (partner.seated > 0.0)
        partner.others = members - partner.seated
        partner.voice = where(under, rules.umbrella_voice(parameters.umbrella_fidelity, sharing), 1.0)
        partner.seat_share = partner.seated * where(under, 1.0 / sharing, 1.0)
        partner.shift_weight = partner.seated * rules.ratio(partner.capacity, core - partner.capacity, 0.0)


@compiled
def name_owners(state):
    """Whom a board would name for each issue: of those at the table the largest in capacity times agenda share."""
    for k in range(state.n_issues):
        owner, most = -1.0, 0.0
        for i in range(state.n):
            weight = state.partners[i].seated * state.partners[i].capacity * state.agenda[i, k]
            owner = where(weight > most, i, owner)
            most = maximum(weight, most)
        state.issues[k].natural_owner = owner


@inlined
def known(run, i, sign):
    """Count what the others expect of a partner in their mean trust (sign 1), or no longer (sign -1)."""
    for j in range(run.n):
        if j != i and run.partners[j].present > 0.0:
            run.partners[j].trust_sum = run.partners[j].trust_sum + sign * run.trust[j, i]


@compiled
def rearrange(run):
    """Settle again what hangs on who is at the table."""
    seat(run)
    name_owners(run)
    for i in range(run.n):
        if run.partners[i].present > 0.0:
            run.partners[i].trust = rules.ratio(run.partners[i].trust_sum, run.partners[i].others, 0.0)


@compiled
def leave(run, i):
    """A partner leaves: its signature goes, what it owned has no owner, and nobody counts on its effort any more."""
    partner = run.partners[i]
    partner.seated, partner.endorsed = 0.0, 0.0
    partner.effort, partner.cost_shift, partner.burden = 0.0, 0.0, 0.0
    for k in range(run.n_issues):
        if run.issues[k].owner == i:
            run.issues[k].owner = -1.0
    known(run, i, -1.0)


@compiled
def come_back(run, i):
    """A partner takes its seat again, and finds the trust it left behind."""
    run.partners[i].seated = 1.0
    known(run, i, 1.0)


@compiled
def attend(state, month, going):
    """Partners leave the table, or come back to it; each decides by the state as the phase found it."""
    parameters, partnership = state.parameters, state.partnership
    if some(parameters.exit_prob > 0.0):
        back = rules.returns(partnership.outcome, partnership.alone_outcome) & going
        moved = partnership.members < 0.0
        for block in range((state.n + 3) // 4):
            four = draw(state.seed, state.world, month, block, draws.ATTENDANCE)
            for i in range(4 * block, min(4 * block + 4, state.n)):
                partner, u = state.partners[i], pick(four, i % 4)
                unwilling = rules.leaves(partner.commitment, parameters.mandated, parameters.exit_level)
                leaving = unwilling & going & (partner.seated > 0.0) & (u < parameters.exit_prob)
                absent = (partner.seated == 0.0) & (partner.present > 0.0)
                coming = back & absent & (u < parameters.return_prob)
                if some(leaving | coming):
                    moved = moved | leaving | coming
                    for index in range(width_of(parameters.months)):
                        if lane(leaving, index):
                            leave(one_run(state, index), i)
                        if lane(coming, index):
                            come_back(one_run(state, index), i)
        if some(moved):
            for index in range(width_of(parameters.months)):
                if lane(moved, index):
                    rearrange(one_run(state, index))
