"""Phase 1 of the month, Disturb: what happens to a partnership from outside.

Each of these is rare in any one run, so they are played run by run, not in lanes.
"""

from __future__ import annotations

from sim import draws, rules
from sim.draws import draw, pick
from sim.lanes import compiled, inlined, lane, maximum, some, where, width_of
from sim.state import one_run


@inlined
def turn_over(run, month, i):
    """A partner's people change: what they had understood, trusted and taken on is partly lost (PCG)."""
    loss = run.parameters.turnover_loss
    partner = run.partners[i]
    partner.alignment = partner.alignment - loss * partner.alignment
    recovered = run.parameters.fresh_start * maximum(partner.start_commitment - partner.commitment, 0.0)
    lowered = rules.above_start_lost(partner.commitment, partner.start_commitment, loss)
    partner.commitment = lowered + recovered
    moved = 0.0
    for j in range(run.n):
        if j != i and run.partners[j].present > 0.0:
            moved += run.partners[j].seated * shake(run, i, j, loss)
            keep_trust(run, j, partner.seated * shake(run, j, i, loss))
    keep_trust(run, i, moved)
    for k in range(run.n_issues):
        if run.issues[k].owner == i:
            u = pick(draw(run.seed, run.world, month, i, draws.ORPHANING + k // 4), k % 4)
            if u < loss:
                run.issues[k].owner = -1.0


@inlined
def shake(run, i, j, loss):
    """The trust of i in j loses a share of what it stands above its start; returns by how much it moved."""
    before = run.trust[i, j]
    after = rules.quantise(rules.above_start_lost(before, run.partnership.start_trust, loss))
    run.trust[i, j] = after
    return after - before


@inlined
def keep_trust(run, i, moved):
    """Keep the sum and the mean of a partner's trust true, after its ties to the table moved by so much in all."""
    partner = run.partners[i]
    partner.trust_sum = partner.trust_sum + moved
    partner.trust = rules.ratio(partner.trust_sum, partner.others, 0.0)


@compiled
def reorganise(run, month):
    """A reorganisation from above takes of structure, owners and trust, not of purpose (PCG; Fulop et al. 2002)."""
    loss = run.parameters.reorganisation_loss
    partnership = run.partnership
    partnership.structure = partnership.structure - loss * partnership.structure
    for k in range(run.n_issues):
        if pick(draw(run.seed, run.world, month, 0, draws.LOST_OWNERS + k // 4), k % 4) < loss:
            run.issues[k].owner = -1.0
    trust_loss = run.parameters.reorganisation_trust * loss
    for i in range(run.n):
        if run.partners[i].present > 0.0:
            moved = 0.0
            for j in range(run.n):
                if j != i and run.partners[j].present > 0.0:
                    moved += run.partners[j].seated * shake(run, i, j, trust_loss)
            keep_trust(run, i, moved)


@compiled
def choose_setup(run, month):
    """At a relaunch: learn from the cycles before, or repeat the same setup (HWB: the insanity of repetition)."""
    partnership = run.partnership
    mean = partnership.cycle_outcome / partnership.cycle_age
    expected = partnership.cycle_expectation / partnership.cycle_age
    early, late, upkeep = partnership.early, partnership.late, partnership.upkeep
    learns = draw(run.seed, run.world, month, 0, draws.RELAUNCH)[0] < run.parameters.learning_prob
    if learns and partnership.cycles == 0.0 and mean < expected:
        partnership.early, partnership.late, partnership.upkeep = 1.0 - early, 1.0 - late, 1.0 - upkeep
    if learns and partnership.cycles > 0.0 and partnership.before_mean > mean:
        partnership.early, partnership.late = partnership.before_early, partnership.before_late
        partnership.upkeep = partnership.before_upkeep
    partnership.before_mean = mean
    partnership.before_early, partnership.before_late, partnership.before_upkeep = early, late, upkeep
    partnership.cycles = partnership.cycles + 1.0
    partnership.cycle_outcome, partnership.cycle_expectation, partnership.cycle_age = 0.0, 0.0, 0.0


@compiled
def relaunch(run, month):
    """A new form of partnership replaces the old: most structure, all owners and signatures are gone (HWB)."""
    parameters, partnership = run.parameters, run.partnership
    choose_setup(run, month)
    partnership.structure = partnership.structure * parameters.relaunch_keeps
    partnership.fit, partnership.age, partnership.turned = parameters.fit_floor, 0.0, 0.0
    for k in range(run.n_issues):
        run.issues[k].owner = -1.0
    for i in range(run.n):
        partner = run.partners[i]
        partner.endorsed = 0.0
        partner.alignment = partner.alignment * parameters.relaunch_alignment
        partner.commitment = partner.commitment * (1.0 - parameters.relaunch_fatigue)


@inlined
def turns_over(state, four, i, going):
    """Whether a partner's people change; `four` is the block of draws it shares with three others."""
    return (pick(four, i % 4) < state.parameters.turnover_prob) & going & (state.partners[i].present > 0.0)


@inlined
def reorganised(state, month):
    """Whether a reorganisation comes from above: by chance, or since it is due this month."""
    u = draw(state.seed, state.world, month, 0, draws.REORGANISATION)
    due = state.parameters.reorganisation_month == month + 1.0
    return (u[0] < state.parameters.reorganisation_prob) | due


@compiled
def reform(state, month):
    """Whether a reorganisation comes; it distracts everyone, with or without a partnership (Fulop et al. 2002)."""
    parameters, partnership = state.parameters, state.partnership
    from_above = reorganised(state, month)
    months_since = where(from_above, 0.0, partnership.months_since + 1.0)
    distracted = rules.distracted(months_since, parameters.distraction, parameters.distraction_months)
    partnership.months_since, partnership.focus = months_since, 1.0 - distracted
    return from_above


@inlined
def relaunched(state, going):
    """Whether a cycle is over, and a new form of partnership replaces the old."""
    cycle_months = state.parameters.cycle_months
    return going & (cycle_months > 0.0) & (state.partnership.cycle_age == cycle_months)


@compiled
def disturb(state, month, from_above, going):
    """Turnover, reorganisation, relaunch: rare in any one run, so each is played run by run."""
    width = width_of(state.parameters.months)
    for block in range((state.n + 3) // 4):
        four = draw(state.seed, state.world, month, block, draws.TURNOVER)
        for i in range(4 * block, min(4 * block + 4, state.n)):
            left = turns_over(state, four, i, going)
            if some(left):
                for index in range(width):
                    if lane(left, index):
                        turn_over(one_run(state, index), month, i)
    from_above, anew = from_above & going, relaunched(state, going)
    if some(from_above | anew):
        for index in range(width):
            if lane(from_above, index):
                reorganise(one_run(state, index), month)
            if lane(anew, index):
                relaunch(one_run(state, index), month)


@compiled
def happenings(state, month, marks):
    """Mark in `marks` (n + 2,) which of the month's shocks come: turnover of each partner, reorganisation, relaunch."""
    going = state.partnership.ended == 0.0
    for i in range(state.n):
        four = draw(state.seed, state.world, month, i // 4, draws.TURNOVER)
        marks[i] = where(turns_over(state, four, i, going), 1.0, 0.0)
    marks[state.n] = where(reorganised(state, month) & going, 1.0, 0.0)
    marks[state.n + 1] = where(relaunched(state, going), 1.0, 0.0)
