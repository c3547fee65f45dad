"""The month, as named phases.

Phases follow one another in the order of `step`; each reads the state as the phase before left it, then commits.
The text is that of a single run. Compiled at width L it advances L runs in the lanes of vectors (`sim.lanes`);
at width 1, or interpreted, it is the plain engine. The bits are the same. `going` holds in the lanes whose
partnership is not over; in the others everyone acts alone and the states stand still.
"""

from __future__ import annotations

from sim import draws, rules
from sim.draws import draw
from sim.encounters import meet
from sim.lanes import compiled, inlined, integer_part, maximum, minimum, real, some, sqrt, where
from sim.launch import launch, results_alone
from sim.membership import attend
from sim.params import ENTRIES
from sim.questionnaire import ask
from sim.shocks import disturb, reform
from sim.state import take_stock

# -- 2 convene, 3 contribute ------------------------------------------------------------------------------


@inlined
def planned_emphasis(state):
    """Where this month's setup goes: by the calendar, once ready, by a schedule, or to what lags."""
    parameters, partnership = state.parameters, state.partnership
    age, structure, purpose = partnership.age, partnership.structure, partnership.purpose
    gated = parameters.gate > 0.0
    ready = gated & rules.is_ready(structure, purpose, partnership.early, parameters.gate)
    partnership.turned = where(ready, 1.0, partnership.turned)
    dated = rules.dated_emphasis(age, parameters.setup_months, partnership.early, partnership.late)
    building = where(gated, where(partnership.turned > 0.0, partnership.late, partnership.early), dated)
    emphasis = where(age < parameters.setup_months, building, partnership.upkeep)
    scheduled = state.schedule[0].until > 0.0
    if some(scheduled):
        entry = partnership.upkeep
        for s in range(ENTRIES - 1, -1, -1):
            entry = where(age < state.schedule[s].until, state.schedule[s].emphasis, entry)
        emphasis = where(scheduled, entry, emphasis)
    responsive = rules.responsive_emphasis(structure, purpose, parameters.responsiveness)
    return where(parameters.responsiveness > 0.0, responsive, emphasis)


@compiled
def convene(state):
    """Settle this month's setup and return the load it and the structure put on each seat."""
    parameters, partnership = state.parameters, state.partnership
    building = partnership.age < parameters.setup_months
    partnership.setup_share = where(building, parameters.setup_share, parameters.upkeep_share)
    partnership.emphasis = planned_emphasis(state)
    talk_share = where(partnership.setup_share > 0.0, 1.0 - partnership.emphasis, 0.0)
    return rules.seat_load(
        partnership.structure, talk_share, partnership.seats,
        parameters.load_per_seat, parameters.load_per_talk, parameters.load_growth, parameters.reference_seats,
    )  # fmt: skip


@inlined
def weighed(state, i):
    """What a partner weighs when it decides how much to give: oversight, temptation, and what inclines it."""
    parameters, partnership, partner = state.parameters, state.partnership, state.partners[i]
    oversight = rules.oversight(
        partner.accountability, partner.endorsed, partnership.structure, partnership.fit,
        parameters.endorsement_weight, parameters.monitoring,
    )  # fmt: skip
    temptation = rules.temptation(oversight, partner.trust, parameters.free_riding, parameters.temptation_trust)
    return oversight, temptation, rules.inclination(partner.commitment, temptation, parameters.effort_threshold)


@compiled
def contribute(state, going, load):
    """Each partner decides how much to give and what to push onto others; meetings take their part of the hours.

    Hours are in units of capacity as it is without a reorganisation that distracts; `focus` is what one leaves of it.
    """
    parameters, partnership = state.parameters, state.partnership
    focus = partnership.focus
    pooled = rules.pooled(parameters.pooled_share, partnership.structure, partnership.fit, parameters.authority)
    shifted = 0.0
    for i in range(state.n):
        partner = state.partners[i]
        partner.shifted = partner.cost_shift * partner.shift_weight
        shifted += partner.shifted
    structure_hours, purpose_hours = 0.0, 0.0
    for i in range(state.n):
        partner = state.partners[i]
        oversight, _, inclination = weighed(state, i)
        willing = partner.seated * rules.effort(inclination, 0.0, parameters.decisiveness)
        effort = partner.seated * rules.effort(inclination, parameters.compulsion * oversight, parameters.decisiveness)
        onto = partner.seated * (parameters.shifting_loss * partner.capacity * (shifted - partner.shifted))
        left = maximum(partner.capacity - maximum(onto, 0.0), 0.0)
        seat_load = load * partner.seat_share
        burden = where(seat_load > 0.0, minimum(1.0, rules.ratio(seat_load, effort * left * focus, 1.0)), 0.0)
        free = left * rules.worth(willing, effort, parameters.tickbox_quality) * (1.0 - burden)
        setup = partnership.setup_share * free
        structure_hours += setup * partnership.emphasis
        purpose_hours += setup * (1.0 - partnership.emphasis)
        cost_shift = partner.seated * rules.cost_shift(
            oversight, partner.alignment, partnership.purpose, parameters.shifting,
            parameters.shifting_alignment, pooled, parameters.pooling_restraint,
        )  # fmt: skip
        partner.work = free - setup
        partner.own_work = left * rules.own_work(
            effort, parameters.own_effort, parameters.displacement, parameters.own_work_effect
        )
        partner.burden = where(going, burden, partner.burden)
        partner.effort = where(going, effort, partner.effort)
        partner.cost_shift = where(going, cost_shift, partner.cost_shift)
    outside = rules.outside_hours(
        partnership.age, partnership.total, parameters.outside_share, parameters.outside_months
    )
    partnership.structure_hours = structure_hours * focus + outside * parameters.outside_emphasis
    partnership.purpose_hours = purpose_hours * focus + outside * (1.0 - parameters.outside_emphasis)


# -- 4 deliver --------------------------------------------------------------------------------------------


@compiled
def deliver(state, going):
    """Work on issues becomes results, and results, with a delay, what the population gains.

    Returns the issue worst served this month, for those who seek partners by task next month.
    """
    parameters, partnership = state.parameters, state.partnership
    structure, fit, purpose = partnership.structure, partnership.fit, partnership.purpose
    pooled = rules.pooled(parameters.pooled_share, structure, fit, parameters.authority)
    reach = rules.reach(purpose, parameters.inverse_care, parameters.equity_use)
    results, gap, worst, worst_issue = 0.0, 0.0, 0.0, 0.0
    for k in range(state.n_issues):
        issue = state.issues[k]
        owned = issue.owner >= 0.0
        commitment = state.partners[integer_part(maximum(issue.owner, 0.0))].commitment
        ownership = where(owned, parameters.ownership_effect * commitment, 0.0)
        coordination = rules.coordination(
            ownership, structure, fit, purpose, partnership.trust,
            parameters.coordination_floor, parameters.coordination_effect, parameters.relational_effect,
        )  # fmt: skip
        aim = rules.aim(issue.mean_agenda, issue.need, purpose, parameters.evidence_use)
        work_sum, root_sum = 0.0, 0.0
        for i in range(state.n):
            partner = state.partners[i]
            agenda = state.agenda[i, k]
            joint = partner.work * rules.allocation(
                agenda, aim, partner.alignment, pooled, parameters.allocation_effect
            )
            work = rules.useful(joint, partner.own_work * agenda, coordination, parameters.coordination_floor)
            work_sum += work
            root_sum += sqrt(work)
        work = rules.issue_work(
            work_sum, root_sum, issue.need, partnership.total, partnership.root_total, parameters.complementarity
        )
        served, behind = rules.served(
            work * partnership.focus, reach, parameters.saturation, parameters.worse_off_share
        )
        results += issue.need * served
        gap += issue.need * behind
        if k == 0:
            worst = served
        else:
            worst_issue = where(served < worst, k, worst_issue)
            worst = minimum(worst, served)
    partnership.results = where(going, results, partnership.alone_results)
    partnership.gap_now = where(going, gap, partnership.alone_gap_now)
    return worst_issue


@compiled
def gain(state):
    """What the population gains, with and without the partnership, catches up with results."""
    partnership, delay = state.partnership, state.parameters.outcome_delay
    partnership.outcome = rules.delayed(partnership.outcome, partnership.results, delay)
    partnership.gap = rules.delayed(partnership.gap, partnership.gap_now, delay)
    partnership.alone_outcome = rules.delayed(partnership.alone_outcome, partnership.alone_results, delay)
    partnership.alone_gap = rules.delayed(partnership.alone_gap, partnership.alone_gap_now, delay)


# -- 5 build ----------------------------------------------------------------------------------------------


@compiled
def build(state, month, going):
    """Hours of setup become structure that fits more or less; issues find owners, from above or from below."""
    parameters, partnership = state.parameters, state.partnership
    structure = partnership.structure
    hours_share = partnership.structure_hours / partnership.total
    built = rules.structure_built(structure, hours_share, partnership.structure_rate)
    kept = structure - parameters.structure_decay * structure
    quality = rules.build_quality(partnership.purpose, parameters.fit_floor, parameters.fit_strength)
    fit = rules.blended_fit(partnership.fit, kept, built, quality)
    fit = rules.mended_fit(fit, quality, hours_share, parameters.upkeep_share, parameters.adaptability)
    chance = rules.assignment_chance(structure, hours_share, parameters.assignment, parameters.assignment_reach)
    for k in range(state.n_issues):
        issue = state.issues[k]
        orphaned = (issue.owner < 0.0) & going
        if some(orphaned):
            u = draw(state.seed, state.world, month, k, draws.OWNERSHIP)
            asked = integer_part(u[1] * parameters.n_partners)
            partner = state.partners[asked]
            chance_below = rules.volunteering_chance(partner.alignment, partner.commitment, parameters.volunteering)
            volunteers = (u[2] < chance_below) & (partner.seated > 0.0)
            unasked = where(volunteers, real(asked), issue.owner)
            owner = where(u[0] < chance, issue.natural_owner, unasked)
            issue.owner = where(orphaned, owner, issue.owner)
    partnership.structure = where(going, kept + built, structure)
    partnership.fit = where(going, fit, partnership.fit)


# -- 7 reflect --------------------------------------------------------------------------------------------


@inlined
def pulled(state, i, commitment, expectation, leader_effort):
    """What pulls at a partner's commitment, term by term."""
    parameters, partnership, partner = state.parameters, state.partnership, state.partners[i]
    return rules.commitment_pulls(
        commitment, partnership.outcome, expectation, partner.trust, partner.voice,
        partner.alignment, partner.burden, leader_effort,
        parameters.results_weight, parameters.reciprocity_weight, parameters.ownership_weight,
        parameters.burden_weight, parameters.example_weight,
    )  # fmt: skip


@compiled
def reflect(state, going):
    """Partners weigh results against expectation and effort against company; they sign, or drift away."""
    parameters, partnership = state.parameters, state.partnership
    age = partnership.age
    expectation = rules.expectation(partnership.alone_results, age, parameters.expected_ratio, parameters.patience)
    leader_effort = state.partners[integer_part(partnership.leader)].effort
    for i in range(state.n):
        partner = state.partners[i]
        pulls = pulled(state, i, partner.commitment, expectation, leader_effort)
        commitment = rules.committed(partner.commitment, pulls, parameters.commitment_rate)
        signs = (parameters.mandated > 0.0) | rules.signs(
            commitment, partnership.structure,
            parameters.endorsement_threshold, parameters.something_to_sign, parameters.signing_effect,
        )  # fmt: skip
        partner.endorsed = where(signs & going & (partner.seated > 0.0), 1.0, partner.endorsed)
        partner.commitment = where(going, commitment, partner.commitment)
        partner.effort_sum += where(going, partner.effort, parameters.own_effort)
    partnership.expectation = where(going, expectation, 0.0)
    partnership.cycle_outcome += partnership.outcome
    partnership.cycle_expectation += expectation
    partnership.cycle_age += 1.0
    partnership.age = where(going, age + 1.0, age)


@compiled
def review(state, month, going):
    """A review axes a partnership whose outcome is not there yet (KingsFund: axed too soon?)."""
    parameters, partnership = state.parameters, state.partnership
    fails = (parameters.review_month == month + 1.0) & (partnership.outcome < parameters.review_floor)
    partnership.axed = where(fails & going, 1.0, partnership.axed)
    partnership.ended = where(fails & going, 1.0, partnership.ended)


@compiled
def record(state, month, going):
    """Write the month into the series. A partnership that is over stands still, and everyone acts alone."""
    parameters, partnership = state.parameters, state.partnership
    trust, commitment, effort, burden, cost_shift = 0.0, 0.0, 0.0, 0.0, 0.0
    endorsed, part_large, part_small, overloaded = 0.0, 0.0, 0.0, 0.0
    most, laggards, commitment_small = 0.0, 0.0, 0.0
    n, n_small = parameters.n_partners, partnership.n_small
    for i in range(state.n):
        partner = state.partners[i]
        present = partner.present
        trust += present * partner.trust
        commitment += present * partner.commitment
        effort += present * partner.effort
        burden += present * partner.burden
        cost_shift += present * partner.cost_shift
        endorsed += present * partner.endorsed
        takes_part = where(partner.effort > parameters.participation_threshold, present, 0.0)
        part_small += takes_part * partner.small
        part_large += takes_part * (1.0 - partner.small)
        overloaded += where(partner.burden > parameters.overload_burden, present, 0.0)
        commitment_small += partner.small * partner.commitment
        most = maximum(most, present * partner.effort)
    for i in range(state.n):
        laggards += where(2.0 * state.partners[i].effort < most, state.partners[i].present, 0.0)
    owned = 0.0
    for k in range(state.n_issues):
        owned += where(state.issues[k].owner >= 0.0, 1.0, 0.0)
    series = state.series[month % state.months]
    series.results, series.outcome = partnership.results, partnership.outcome
    series.alone_outcome, series.expectation = partnership.alone_outcome, partnership.expectation
    series.emphasis = where(going, partnership.emphasis, 0.0)
    series.structure, series.fit, series.purpose = partnership.structure, partnership.fit, partnership.purpose
    series.trust, series.commitment, series.endorsed = trust / n, commitment / n, endorsed / n
    series.effort = where(going, effort / n, parameters.own_effort)
    series.burden, series.cost_shift = where(going, burden / n, 0.0), where(going, cost_shift / n, 0.0)
    series.owned = owned / state.n_issues
    series.participation = where(going, (part_large + part_small) / n, 0.0)
    series.participation_large = where(going, rules.ratio(part_large, n - n_small, 0.0), 0.0)
    series.participation_small = where(going, rules.ratio(part_small, n_small, 0.0), 0.0)
    series.overloaded, series.laggards = where(going, overloaded / n, 0.0), where(going, laggards / n, 0.0)
    series.commitment_small = rules.ratio(commitment_small, n_small, 0.0)
    series.members = where(going, partnership.members / n, 0.0)
    series.gap, series.alone_gap = partnership.gap, partnership.alone_gap
    ask(state, series, going)


# -- the month, and a run of months -------------------------------------------------------------------------


@compiled
def step(state, month):
    """One month of the partnership, in the order of its phases."""
    partnership = state.partnership
    going = partnership.ended == 0.0
    from_above = reform(state, month)
    results_alone(state)
    if some(going):
        disturb(state, month, from_above, going)
        attend(state, month, going)
        take_stock(state, going)
        load = convene(state)
        contribute(state, going, load)
        worst_issue = deliver(state, going)
        gain(state)
        build(state, month, going)
        meet(state, month, going)
        partnership.worst_issue = worst_issue
        take_stock(state, going)
        reflect(state, going)
        record(state, month, going)
        review(state, month, going)
    else:
        partnership.results, partnership.gap_now = partnership.alone_results, partnership.alone_gap_now
        gain(state)
        reflect(state, going)
        record(state, month, going)


@compiled
def run_months(state):
    """A whole run from launch to its last month."""
    launch(state)
    for month in range(state.months):
        step(state, month)
