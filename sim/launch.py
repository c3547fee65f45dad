"""The first day: a world is drawn (partners, what each cares for, what people need), and a partnership set up."""

from __future__ import annotations

from sim import draws, rules
from sim.draws import draw, pick
from sim.lanes import compiled, inlined, integer_part, real, some, sqrt, where
from sim.membership import name_owners, seat
from sim.params import SECTORS
from sim.state import take_stock


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
        partner.present, partner.small, partner.capacity, partner.seated = present, small, capacity, present
        partner.accountability = rules.clip(accountability + parameters.accountability_spread * (u[2] + u[3] - 1.0))
        commitment = rules.clip(commitment + parameters.commitment_spread * (v[0] + v[1] - 1.0))
        partner.start_commitment = commitment
        partner.commitment = commitment
        small_sum += small
        total += capacity
        root_total += sqrt(capacity)
    partnership.n_small, partnership.total, partnership.root_total = small_sum, total, root_total


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
        weighted = 0.0
        for i in range(state.n):
            weighted += state.partners[i].capacity * state.agenda[i, k]
        issue.mean_agenda = weighted / partnership.total


@compiled
def work_alone(state):
    """What the same partners work on each issue without a partnership: own effort, own agenda, nobody coordinates."""
    parameters, partnership = state.parameters, state.partnership
    for k in range(state.n_issues):
        issue = state.issues[k]
        work_sum, root_sum = 0.0, 0.0
        for i in range(state.n):
            own = parameters.own_effort * state.partners[i].capacity * state.agenda[i, k]
            work = rules.useful(0.0, own, 0.0, parameters.coordination_floor)
            work_sum += work
            root_sum += sqrt(work)
        issue.alone_work = rules.issue_work(
            work_sum, root_sum, issue.need, partnership.total, partnership.root_total, parameters.complementarity
        )


@compiled
def results_alone(state):
    """What comes of that work this month, and by how much it serves the others better than the worse off."""
    parameters, partnership = state.parameters, state.partnership
    reach = rules.reach(0.0, parameters.inverse_care, parameters.equity_use)
    results, gap = 0.0, 0.0
    for k in range(state.n_issues):
        issue = state.issues[k]
        served, behind = rules.served(
            issue.alone_work * partnership.focus, reach, parameters.saturation, parameters.worse_off_share
        )
        results += issue.need * served
        gap += issue.need * behind
    partnership.alone_results, partnership.alone_gap_now = results, gap


@compiled
def inherit(state):
    """What stands at launch of a partnership with a history: structure that fits as purpose was, and owners."""
    parameters, partnership = state.parameters, state.partnership
    partnership.structure = parameters.initial_structure
    partnership.fit = rules.initial_fit(parameters.initial_purpose, parameters.fit_floor)
    owned = real(integer_part(parameters.initial_owned * real(state.n_issues) + 0.5))
    for k in range(state.n_issues):
        issue = state.issues[k]
        issue.owner = where(real(k) < owned, issue.natural_owner, -1.0)


@compiled
def launch(state):
    """Draw the world and set the partnership to its first day."""
    parameters, partnership = state.parameters, state.partnership
    draw_partners(state)
    draw_agendas(state)
    work_alone(state)
    seat(state)
    name_owners(state)
    inherit(state)
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
        partner.alignment = partner.present * parameters.initial_purpose
        partner.effort = parameters.initial_trust
        partner.cost_shift, partner.burden, partner.endorsed = 0.0, 0.0, 0.0
        partner.own_work, partner.distance = 0.0, 0.0
        partner.work, partner.heard, partner.heard_back, partner.effort_sum = 0.0, 0.0, 0.0, 0.0
    partnership.structure_rate = rules.structure_rate(parameters.structure_months)
    partnership.purpose_rate = rules.purpose_rate(parameters.purpose_months)
    partnership.outcome, partnership.alone_outcome, partnership.age = 0.0, 0.0, 0.0
    partnership.gap, partnership.alone_gap = 0.0, 0.0
    partnership.months_since, partnership.focus = parameters.distraction_months, 1.0
    results_alone(state)
    take_stock(state, partnership.age == 0.0)
    partnership.ended, partnership.axed = parameters.alone, 0.0
    partnership.early, partnership.late = parameters.early_emphasis, parameters.late_emphasis
    partnership.upkeep, partnership.turned = parameters.upkeep_emphasis, 0.0
    partnership.worst_issue, partnership.cycles = 0.0, 0.0
    partnership.cycle_outcome, partnership.cycle_expectation, partnership.cycle_age = 0.0, 0.0, 0.0
