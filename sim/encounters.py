"""Phase 6 of the month, Meet: partners see what others give, and hear them speak of the shared aims."""

from __future__ import annotations

from sim import draws, rules
from sim.draws import block, halves, triangular, uniform
from sim.lanes import compiled, inlined, integer_part, maximum, real, some, where


@inlined
def another(u, i, n_partners):
    """One of the other partners than i, each as likely."""
    j = integer_part(u * (n_partners - 1.0))
    return where(j >= i, j + 1, j)


@compiled
def call(state, month):
    """What chance decides of each encounter: two who may be met, which of them, and errors of perception.

    Drawn ahead of the encounters, in a loop of its own, since a block of random numbers is a long chain of steps:
    so several are under way at once.
    """
    parameters = state.parameters
    for i in range(state.n):
        for e in range(state.meetings):
            encounter = state.encounters[i * state.meetings + e]
            first, halved, error, error_back = block(state.seed, state.world, month, i, draws.ENCOUNTER + e)
            board, second = halves(halved)
            encounter.first, encounter.second, encounter.board = uniform(first), second, board
            encounter.error = parameters.noise * triangular(error)
            encounter.error_back = parameters.noise * triangular(error_back)


@compiled
def choose(state):
    """Whom each caller meets, and its trust in them: anyone at the board, else the better of two drawn."""
    parameters, partnership = state.parameters, state.partnership
    at_board = parameters.board_effect * partnership.structure
    for i in range(state.n):
        for e in range(state.meetings):
            encounter = state.encounters[i * state.meetings + e]
            first = another(encounter.first, i, parameters.n_partners)
            second = another(encounter.second, i, parameters.n_partners)
            trust, trust_second = state.trust[i, first], state.trust[i, second]
            first_appeal, second_appeal = trust, trust_second
            if some(parameters.task_seeking > 0.0):
                issue = integer_part(partnership.worst_issue)
                first_appeal = rules.appeal(first_appeal, state.agenda[first, issue], parameters.task_seeking)
                second_appeal = rules.appeal(second_appeal, state.agenda[second, issue], parameters.task_seeking)
            rather = (second_appeal > first_appeal) & (encounter.board >= at_board)
            encounter.other = real(where(rather, second, first))
            encounter.trust = where(rather, trust_second, trust)


@compiled
def meet(state, month, going):
    """Encounters: both see what the other gives, both talk; all of it judged from trust and alignment as they stood."""
    parameters, partnership = state.parameters, state.partnership
    structure = partnership.structure
    visibility = rules.visibility(structure, partnership.fit, parameters.transparency, parameters.visibility_effect)
    call(state, month)
    choose(state)
    for i in range(state.n):
        partner = state.partners[i]
        partner.given = rules.given(partner.effort, partner.cost_shift)
        partner.conviction = rules.conviction(partner.alignment, parameters.talk_base)
    for i in range(state.n):
        me = state.partners[i]
        heard = 0.0
        for e in range(state.meetings):
            encounter = state.encounters[i * state.meetings + e]
            j, trust = integer_part(encounter.other), encounter.trust
            other, trust_back = state.partners[j], state.trust[j, i]
            held = going & (me.seated > 0.0) & (other.seated > 0.0) & (e < parameters.meetings)
            change = rules.trust_change(
                trust, rules.seen(other.given, encounter.error), structure, visibility,
                parameters.trust_rate, parameters.loss_aversion, parameters.crowding,
            )  # fmt: skip
            change_back = rules.trust_change(
                trust_back, rules.seen(me.given, encounter.error_back), structure, visibility,
                parameters.trust_rate, parameters.loss_aversion, parameters.crowding,
            )  # fmt: skip
            encounter.change, encounter.change_back = where(held, change, 0.0), where(held, change_back, 0.0)
            encounter.heard_back = where(held, rules.heard(trust_back, me.conviction), 0.0)
            heard += where(held, rules.heard(trust, other.conviction), 0.0)
        me.heard, me.heard_back = heard, 0.0
    settle(state)
    change_alignment(state, going)


@compiled
def settle(state):
    """Commit what encounters changed: changes of trust add up, and so does what the called heard.

    Ties are then held within [0, 1], which they hardly ever leave; one that ends outside was outside after its last
    change.
    """
    outside = False
    for i in range(state.n):
        moved = 0.0
        for e in range(state.meetings):
            encounter = state.encounters[i * state.meetings + e]
            j = integer_part(encounter.other)
            there = state.trust[i, j] + encounter.change
            back = state.trust[j, i] + encounter.change_back
            state.trust[i, j] = there
            state.trust[j, i] = back
            moved += encounter.change
            state.partners[j].trust_sum += encounter.change_back
            state.partners[j].heard_back += encounter.heard_back
            outside = outside | (there < 0.0) | (there > 1.0) | (back < 0.0) | (back > 1.0)
        state.partners[i].trust_sum += moved
    if some(outside):
        for i in range(state.n):
            for e in range(state.meetings):
                j = integer_part(state.encounters[i * state.meetings + e].other)
                hold(state, i, j)
                hold(state, j, i)


@inlined
def hold(state, i, j):
    """Keep a tie within [0, 1]."""
    before = state.trust[i, j]
    after = rules.clip(before)
    state.trust[i, j] = after
    state.partners[i].trust_sum += after - before


@compiled
def measure_distance(state):
    """How far each partner's own agenda is from this month's shared aims."""
    for i in range(state.n):
        state.partners[i].distance = 0.0
    for k in range(state.n_issues):
        issue = state.issues[k]
        aim = rules.aim(issue.mean_agenda, issue.need, state.partnership.purpose, state.parameters.evidence_use)
        for i in range(state.n):
            agenda = state.agenda[i, k]
            state.partners[i].distance += maximum(agenda - aim, aim - agenda) / 2.0


@compiled
def change_alignment(state, going):
    """Commit what partners understood of each other's talk this month, and what they forgot."""
    parameters, partnership = state.parameters, state.partnership
    hours_share = partnership.purpose_hours / partnership.total
    talk = rules.talk(hours_share, partnership.structure, partnership.purpose_rate, parameters.forum_effect)
    if some(parameters.goal_conflict > 0.0):
        measure_distance(state)
    for i in range(state.n):
        partner = state.partners[i]
        openness = rules.openness(partner.distance, parameters.goal_conflict)
        heard = partner.heard + partner.heard_back
        alignment = rules.aligned(partner.alignment, talk, heard, partner.voice, openness, parameters.purpose_decay)
        partner.alignment = where(going, alignment, partner.alignment)
        partner.trust = rules.ratio(partner.trust_sum, partner.others, 0.0)
