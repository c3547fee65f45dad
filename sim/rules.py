"""The theory: one small pure function per rule, each a sentence, a source, and a few lines.

Every rule works on plain numbers and on vectors of runs alike (see `sim.lanes`), and uses only + - * /, square
roots and comparisons, which IEEE 754 fixes to the last bit. Sources are explained in docs/evidence.md; a rule
without one says "assumption". Levels and shares are in [0, 1] unless a docstring says otherwise; parameters carry
the names and meanings of `sim.params`.
"""

from __future__ import annotations

from sim.lanes import inlined, maximum, minimum, sqrt, where
from sim.shapes import clip, quantise, ratio, s_curve, saturate

# -- launch ----------------------------------------------------------------------------------------------


@inlined
def shared_capacity(capacity, partnerships, smallest_capacity):
    """Capacity left for one of several partnerships: an equal part of it (NHSPlan; KingsFund: one partner in 200)."""
    return maximum(smallest_capacity, capacity / partnerships)


# -- disturb ----------------------------------------------------------------------------------------------


@inlined
def above_start_lost(level, start, loss):
    """A level after losing the share `loss` of what it stands above its start (PCG: changes undo what was won)."""
    return level - loss * maximum(level - start, 0.0)


@inlined
def distracted(months_since, distraction, distraction_months):
    """Share of everyone's capacity that a reorganisation takes, falling to 0 (Fulop et al. 2002: 18 months)."""
    return distraction * maximum(0.0, 1.0 - months_since / distraction_months)


# -- convene ----------------------------------------------------------------------------------------------


@inlined
def dated_emphasis(age, setup_months, early, late):
    """Share of setup that goes to structure, by the calendar: early, then late (KingsFund: which first?).

    In the middle month of an odd number the mean of early and late.
    """
    twice = 2.0 * age + 1.0
    return where(twice < setup_months, early, where(twice == setup_months, (early + late) / 2.0, late))


@inlined
def is_ready(structure, purpose, early, gate):
    """Whether what the early emphasis builds stands high enough to turn to the late one. Assumption."""
    return early * structure + (1.0 - early) * purpose >= gate


@inlined
def responsive_emphasis(structure, purpose, responsiveness):
    """Share of setup that goes to structure where it goes to what lags (Corbin et al. 2016: balance). Assumption."""
    return s_curve(responsiveness * (purpose - structure))


@inlined
def outside_hours(age, total, outside_share, outside_months):
    """Hours of setup that someone else pays for, while it lasts (HImP: a duty; HWB: statutory boards)."""
    return where(age < outside_months, outside_share * total, 0.0)


@inlined
def seat_load(structure, talk_share, seats, load_per_seat, load_per_talk, load_growth, reference_seats):
    """Hours a seat must spend in meetings: more boards, more talk and more seats cost more (NHSPlan; Huxham & Vangen).

    In units of capacity, the same for large and small, so it weighs most on small partners.
    """
    growth = 1.0 - load_growth + load_growth * seats / reference_seats
    return (load_per_seat * structure + load_per_talk * talk_share) * growth


@inlined
def leaves(commitment, mandated, exit_level):
    """Whether a partner would rather leave the table (HImP: users and carers take far less part; KingsFund)."""
    return (commitment < exit_level) & (mandated == 0.0)


@inlined
def returns(outcome, alone_outcome):
    """Whether one that left would rather be back: while more is gained together than alone. Assumption."""
    return outcome > alone_outcome


@inlined
def umbrella_voice(fidelity, sharing):
    """Voice left to each of those who share one umbrella seat (HImP: represented through umbrella bodies)."""
    return fidelity / sqrt(sharing)


# -- contribute -------------------------------------------------------------------------------------------


@inlined
def oversight(accountability, endorsed, structure, fit, endorsement_weight, monitoring):
    """How far a partner must answer for what it gives, to itself or to the partnership (HWB: accountability)."""
    own = accountability * (1.0 - endorsement_weight + endorsement_weight * endorsed)
    return 1.0 - (1.0 - own) * (1.0 - monitoring * structure * fit)


@inlined
def temptation(oversight, trust, free_riding, temptation_trust):
    """Pull to let others do the work, stronger unseen and among givers (Sigmund et al. 2010)."""
    return free_riding * (1.0 - oversight) * (1.0 - temptation_trust + temptation_trust * trust)


@inlined
def inclination(commitment, temptation, effort_threshold):
    """What speaks for giving, less what speaks against; in [-3, 1]. Assumption."""
    return commitment - temptation - effort_threshold


@inlined
def effort(inclination, compelled, decisiveness):
    """Share of capacity given; `compelled` is `compulsion * oversight`, or 0 for what is given willingly (HWB)."""
    return s_curve(decisiveness * (inclination + compelled))


@inlined
def worth(willing, effort, tickbox_quality):
    """What effort is worth: what is compelled beyond what is willing is box-ticking (KingsFund)."""
    return willing + tickbox_quality * (effort - willing)


@inlined
def cost_shift(oversight, alignment, purpose, shifting, shifting_alignment, pooled_share, pooling_restraint):
    """Share of its burden a partner pushes onto others, unless seen, aligned or pooled (NHSPlan)."""
    restraint = (1.0 - shifting_alignment * alignment) * (1.0 - pooling_restraint * pooled_share * purpose)
    return shifting * (1.0 - oversight) * restraint


@inlined
def own_work(effort, own_effort, displacement, own_work_effect):
    """Share of capacity at work on the own agenda, beside what is given to the partnership.

    Of what a partner would do alone, part goes on with the capacity it keeps; `displacement` 1 means that what it
    gives is taken from its own work first (additionality and deadweight, as evaluations have them). Assumption.
    """
    kept = own_effort * (1.0 - effort)
    return own_work_effect * (kept - displacement * (kept - maximum(own_effort - effort, 0.0)))


# -- deliver ----------------------------------------------------------------------------------------------


@inlined
def pooled(pooled_share, structure, fit, authority):
    """Share of joint work that is pooled: at least what a board with authority disposes of (HWB: executive power)."""
    return maximum(pooled_share, authority * structure * fit)


@inlined
def aim(mean_agenda, need, purpose, evidence_use):
    """Weight of an issue in the shared aims: the mean agenda, which purpose turns to need (HImP: needs assessment)."""
    return mean_agenda + evidence_use * purpose * (need - mean_agenda)


@inlined
def allocation(agenda, aim, alignment, pooled_share, allocation_effect):
    """Share of a partner's work that goes to an issue: own agenda, shared aims, and the pool (KingsFund)."""
    turned = allocation_effect * alignment
    own = (1.0 - turned) * agenda + turned * aim
    return (1.0 - pooled_share) * own + pooled_share * aim


@inlined
def issue_work(work, root_work, need, total, root_total, complementarity):
    """Work on an issue as share of full effort on need: its amount and its breadth (Corbin et al. 2016).

    `work` and `root_work` are sums over partners of work and of its square root, `total` and `root_total` those of
    capacity. Constant elasticity of substitution with exponent 1/2.
    """
    amount = work / (total * need)
    breadth = root_work * root_work / (need * (root_total * root_total))
    return (1.0 - complementarity) * amount + complementarity * breadth


@inlined
def coordination(ownership, structure, fit, purpose, trust, coordination_floor, coordination_effect, relational_effect):
    """Part of the work not duplicated: an owner, fitting structure, or relations coordinate it.

    KingsFund (clear responsibility), Provan & Milward 1995; Provan & Kenis 2008 (a central body), Gittell 2002 (shared
    goals, shared knowledge and mutual respect: relational coordination).
    """
    formal = (1.0 - ownership) * (1.0 - coordination_effect * structure * fit)
    uncoordinated = formal * (1.0 - relational_effect * purpose * trust)
    return coordination_floor + (1.0 - coordination_floor) * (1.0 - uncoordinated)


@inlined
def useful(joint, own, coordination, coordination_floor):
    """Work of a partner on an issue that duplicates nobody's: what is coordinated, its own at the floor. Assumption."""
    return coordination * joint + coordination_floor * own


@inlined
def reach(purpose, inverse_care, equity_use):
    """Part of their share of work that the worse off get: less, but for purpose (Tudor Hart 1971; KingsFund)."""
    return 1.0 - inverse_care * (1.0 - equity_use * purpose)


@inlined
def served(work, reach, saturation, worse_off_share):
    """How far work on an issue serves the need of all, and by how much it serves the others better than the worse off.

    Each group's need saturates by itself (Tudor Hart 1971: inverse care).
    """
    worse_off = saturate(work * reach, saturation)
    others = saturate(work * ((1.0 - worse_off_share * reach) / (1.0 - worse_off_share)), saturation)
    return others + worse_off_share * (worse_off - others), others - worse_off


@inlined
def delayed(outcome, results, outcome_delay):
    """What the population has gained follows results with a delay (KingsFund: partnerships need time)."""
    return outcome + (results - outcome) / outcome_delay


# -- build ------------------------------------------------------------------------------------------------


@inlined
def structure_rate(structure_months):
    """Structure a month of all hours builds, where a fifth of them builds half in so many months. Assumption.

    3.4657 is ln 2 / 0.2, from dS/dt = rate * 0.2 * (1 - S).
    """
    return 3.465735902799726 / structure_months


@inlined
def purpose_rate(purpose_months):
    """Alignment that talk gives in a month of all hours, where a fifth of them gives half in so many months.

    Under reference conditions: trust .45, four encounters a month (two called), talk_base .3, no structure. 4.0732 is
    (ln 2 + ln((.3 + .35) / .3)) / (0.2 * 4 * .45), from da/dt = rate * 0.2 * 4 * .45 * (.3 + .7 * a) * (1 - a).
    Assumption.
    """
    return 4.073158524426186 / purpose_months


@inlined
def structure_built(structure, hours_share, structure_rate):
    """Structure added by this month's hours on it, less the more there is. Assumption."""
    return minimum(1.0, structure_rate * hours_share) * (1.0 - structure)


@inlined
def initial_fit(purpose, fit_floor):
    """Fit of the structure that a partnership with a history starts from: as its purpose was. Assumption."""
    return fit_floor + (1.0 - fit_floor) * purpose


@inlined
def build_quality(purpose, fit_floor, fit_strength):
    """How well what is built now suits its end; without purpose it fits badly (HImP: structures without process;
    Bryson, Crosby & Stone 2006)."""
    return 1.0 - fit_strength * (1.0 - (fit_floor + (1.0 - fit_floor) * purpose))


@inlined
def blended_fit(fit, kept, built, quality):
    """Fit of the whole: the mean of the old and the new, weighted by how much there is of each. Assumption."""
    return ratio(kept * fit + built * quality, kept + built, fit)


@inlined
def mended_fit(fit, quality, hours_share, upkeep_share, adaptability):
    """Bad fit can be mended, slowly, by work on structure (KingsFund: bespoke beats one-size-fits-all)."""
    worked = minimum(1.0, ratio(hours_share, upkeep_share, where(hours_share > 0.0, 1.0, 0.0)))
    return fit + adaptability * worked * (quality - fit)


@inlined
def assignment_chance(structure, hours_share, assignment, assignment_reach):
    """Chance that a board names an owner for an unowned issue this month (KingsFund: clear responsibility)."""
    return assignment * structure * minimum(1.0, assignment_reach * hours_share)


@inlined
def volunteering_chance(alignment, commitment, volunteering):
    """Chance that a partner takes an unowned issue on unasked (HWB: ownership from the bottom up)."""
    return volunteering * alignment * commitment


# -- meet -------------------------------------------------------------------------------------------------


@inlined
def visibility(structure, fit, transparency, visibility_effect):
    """How much of what others do is seen, with and without structure (HImP: transparency)."""
    return transparency + (1.0 - transparency) * (visibility_effect * structure * fit)


@inlined
def appeal(trust, agenda, task_seeking):
    """Whom one would rather meet: the trusted, and those who care for the worst-served issue (KingsFund: networks)."""
    return trust + task_seeking * agenda


@inlined
def given(effort, cost_shift):
    """What a partner gives, net of what it pushes onto others (NHSPlan)."""
    return effort - cost_shift


@inlined
def seen(given, error):
    """What another partner appears to give: what it gives, seen with a small error. Assumption."""
    return clip(given + error)


@inlined
def trust_change(trust, seen, structure, visibility, trust_rate, loss_aversion, crowding):
    """Trust moves to what is seen; disappointment counts more, structure may crowd gains out or in.

    Malhotra & Lumineau 2011 against Cao & Lumineau 2015: sweep the sign of `crowding`.
    """
    gap = seen - trust
    weight = where(gap < 0.0, loss_aversion, 1.0 - crowding * structure)
    return quantise(trust_rate * visibility * gap * weight)


@inlined
def conviction(alignment, talk_base):
    """How well a partner speaks of the shared aims: better if it means it. Assumption."""
    return talk_base + (1.0 - talk_base) * alignment


@inlined
def heard(trust, conviction):
    """Weight of what one partner says to another: well said, and trusted. Assumption."""
    return trust * conviction


@inlined
def talk(hours_share, structure, purpose_rate, forum_effect):
    """Alignment that a heard encounter can give: hours for purpose, with structure as its forum (Ansell & Gash)."""
    return purpose_rate * hours_share * (1.0 + forum_effect * structure)


@inlined
def openness(distance, goal_conflict):
    """How far a partner is open to the shared aims: less the further its own agenda is (Vangen & Huxham)."""
    return 1.0 - goal_conflict * distance


@inlined
def aligned(alignment, talk, heard, voice, openness, purpose_decay):
    """Alignment after a month: what is heard adds to it, forgetting takes from it. Assumption."""
    return clip(alignment + talk * heard * voice * openness * (1.0 - alignment) - purpose_decay * alignment)


# -- reflect ----------------------------------------------------------------------------------------------


@inlined
def expectation(alone_results, age, expected_ratio, patience):
    """What a partnership of this age is held against: what its members could have had without it (KingsFund)."""
    return expected_ratio * alone_results * age / (age + patience)


@inlined
def commitment_pulls(
    commitment, outcome, expectation, trust, voice, alignment, burden, leader_effort,
    results_weight, reciprocity_weight, ownership_weight, burden_weight, example_weight,
):  # fmt: skip
    """What moves commitment: results, reciprocity, ownership, burden, and the leader's example.

    Small wins (Ansell & Gash), others' expected effort (George et al.; Emerson, Nabatchi & Balogh 2012), shared aims in
    which one has a voice (HImP), hours lost to meetings (Huxham & Vangen), leading by example (KingsFund).
    """
    return (
        results_weight * (outcome - expectation),
        reciprocity_weight * (trust - commitment),
        ownership_weight * voice * alignment * (1.0 - commitment),
        burden_weight * burden * commitment,
        example_weight * (leader_effort - commitment),
    )


@inlined
def committed(commitment, pulls, commitment_rate):
    """Commitment after a month of those pulls (burden pushes). Assumption."""
    results, reciprocity, ownership, burden, example = pulls
    return clip(commitment + commitment_rate * (results + reciprocity + ownership - burden + example))


@inlined
def signs(commitment, structure, endorsement_threshold, something_to_sign, signing_effect):
    """A partner signs when it is committed and there is something to sign (HImP: endorsement)."""
    stands = 1.0 - signing_effect + signing_effect * structure
    return (commitment > endorsement_threshold) & (stands > something_to_sign)
