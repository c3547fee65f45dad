"""What a run is summed up by: state and monthly series become numbers."""

from __future__ import annotations

from sim import rules
from sim.lanes import compiled, maximum, minimum, where
from sim.state import SERIES, SERIES_NAMES, Reading
from sim.tables import Schema

__all__ = ["CYCLES", "OUTCOMES", "OUTCOME_NAMES", "OUTCOME_SCHEMA", "SERIES", "SERIES_NAMES", "summarise"]

R = Reading

CYCLES = 10
"""Cycles between relaunches whose mean outcome is reported one by one."""

OUTCOMES: tuple[Reading, ...] = (
    R("added_value_mean", "level", "mean over months of outcome less that of acting alone"),
    R("added_value", "level", "outcome less that of acting alone, at the end"),
    R("outcome_mean", "level", "mean outcome over months"),
    R("outcome", "level", "outcome at the end"),
    R("alone_outcome_mean", "level", "mean outcome of acting alone"),
    R("alone_outcome", "level", "outcome of acting alone, at the end"),
    R("effort_mean", "share", "mean effort over months"),
    R("effort", "share", "mean effort at the end"),
    R("burden_mean", "share", "mean burden over months"),
    R("burden", "share", "mean burden at the end"),
    R("efficiency", "1", "mean outcome per mean effort"),
    R("structure", "level", "structure at the end"),
    R("fit", "level", "fit at the end"),
    R("purpose", "level", "purpose at the end"),
    R("trust", "level", "trust at the end"),
    R("commitment", "level", "mean commitment at the end"),
    R("endorsed", "share", "share of partners that have signed at the end"),
    R("owned", "share", "share of issues owned at the end"),
    R("owned_mean", "share", "share of issues owned, mean over months"),
    R("cost_shift_mean", "share", "cost shifting, mean over months"),
    R("participation", "share", "share of partners that take part at the end"),
    R("participation_large", "share", "share of large partners that take part at the end"),
    R("participation_small", "share", "share of small partners that take part at the end"),
    R("overloaded", "share", "share of partners that lose most hours to meetings at the end"),
    R("laggards", "share", "share of partners that give less than half of what the most giving one gives, at the end"),
    R("members", "share", "share of partners at the table at the end"),
    R("structure_peak", "level", "highest structure of any month"),
    R("purpose_peak", "level", "highest purpose of any month"),
    R("outcome_worse_off", "level", "outcome of the worse off, at the end"),
    R("outcome_others", "level", "outcome of the others, at the end"),
    R("gap", "level", "outcome of the others less that of the worse off, at the end"),
    R("gap_change", "level", "that gap less what it would have been had everyone acted alone"),
    R("gap_change_mean", "level", "the same, mean over months"),
    R("added_value_worse_off_mean", "level", "added value for the worse off, mean over months"),
    R("added_value_others_mean", "level", "added value for the others, mean over months"),
    R("pat_need", "level", "answer of those at the table at the end: partnership is needed; missing if none are"),
    R("pat_purpose", "level", "their answer: its purpose is clear"),
    R("pat_ownership", "level", "their answer: commitment and ownership are ensured"),
    R("pat_trust", "level", "their answer: there is trust"),
    R("pat_arrangements", "level", "their answer: its arrangements are clear and robust"),
    R("pat_learning", "level", "their answer: it monitors, measures and learns"),
    R("vichealth_score", "points", "their six answers on the VicHealth scale, 35 to 175"),
    R("gini_effort", "1", "Gini coefficient of partners' mean effort"),
    R("gain_month", "months", "first month from which added value stays above 0; missing if it never does"),
    R("collapse_month", "months", "first month from which mean effort stays below collapse_effort; missing if never"),
    R("axed", "switch", "1 if a review ended the partnership"),
    *(
        R(f"cycle_{c}", "level", f"mean outcome of cycle {c} between relaunches; missing if there was none")
        for c in range(1, CYCLES + 1)
    ),
)
del R

OUTCOME_NAMES = tuple(row.name for row in OUTCOMES)
FIRST_CYCLE = OUTCOME_NAMES.index("cycle_1")
OUTCOME_SCHEMA = Schema(*OUTCOME_NAMES)


@compiled
def gini_effort(state):
    """Gini coefficient of what partners gave over the run: 0 all alike, towards 1 as few give all."""
    apart, given = 0.0, 0.0
    for i in range(state.n):
        first = state.partners[i]
        given += first.present * first.effort_sum
        for j in range(i):
            other = state.partners[j]
            gap = maximum(first.effort_sum, other.effort_sum) - minimum(first.effort_sum, other.effort_sum)
            apart += first.present * gap
    return rules.ratio(apart, state.parameters.n_partners * given, 0.0)


@compiled
def summarise_groups(state, outcomes):
    """Fill in what the worse off and the others gained, from the gap between them."""
    share, last = state.parameters.worse_off_share, state.series[state.months - 1]
    outcomes.gap, outcomes.gap_change = last.gap, last.gap - last.alone_gap
    outcomes.outcome_worse_off = last.outcome - (1.0 - share) * last.gap
    outcomes.outcome_others = last.outcome + share * last.gap
    outcomes.added_value_worse_off_mean = outcomes.added_value_mean - (1.0 - share) * outcomes.gap_change_mean
    outcomes.added_value_others_mean = outcomes.added_value_mean + share * outcomes.gap_change_mean


@compiled
def summarise_answers(last, outcomes, missing):
    """Fill in what those at the table answer at the end (`sim.questionnaire`); missing where there is nobody to ask."""
    asked = last.members > 0.0
    outcomes.pat_need = where(asked, last.pat_need, missing)
    outcomes.pat_purpose = where(asked, last.pat_purpose, missing)
    outcomes.pat_ownership = where(asked, last.pat_ownership, missing)
    outcomes.pat_trust = where(asked, last.pat_trust, missing)
    outcomes.pat_arrangements = where(asked, last.pat_arrangements, missing)
    outcomes.pat_learning = where(asked, last.pat_learning, missing)
    outcomes.vichealth_score = where(asked, last.vichealth_score, missing)


@compiled
def summarise(state, outcomes, missing):
    """Fill a row of `OUTCOMES` from the series of the whole run and the state at its end.

    `missing` is written where an outcome does not exist: NaN, passed in because rules know only numbers.
    """
    months = state.parameters.months
    outcome_sum, alone_sum, effort_sum, burden_sum = 0.0, 0.0, 0.0, 0.0
    owned_sum, cost_shift_sum = 0.0, 0.0
    gap_sum, structure_peak, purpose_peak = 0.0, 0.0, 0.0
    gain_month, collapse_month = missing, missing
    for month in range(state.months):
        series = state.series[month]
        outcome_sum += series.outcome
        alone_sum += series.alone_outcome
        effort_sum += series.effort
        burden_sum += series.burden
        owned_sum += series.owned
        cost_shift_sum += series.cost_shift
        gap_sum += series.gap - series.alone_gap
        structure_peak = maximum(structure_peak, series.structure)
        purpose_peak = maximum(purpose_peak, series.purpose)
        first = where(gain_month == gain_month, gain_month, month + 1.0)
        gain_month = where(series.outcome > series.alone_outcome, first, missing)
        first = where(collapse_month == collapse_month, collapse_month, month + 1.0)
        collapse_month = where(series.effort < state.parameters.collapse_effort, first, missing)
    last = state.series[state.months - 1]
    outcomes.outcome_mean, outcomes.outcome = outcome_sum / months, last.outcome
    outcomes.alone_outcome_mean, outcomes.alone_outcome = alone_sum / months, last.alone_outcome
    outcomes.added_value_mean = outcomes.outcome_mean - outcomes.alone_outcome_mean
    outcomes.added_value = last.outcome - last.alone_outcome
    outcomes.effort_mean, outcomes.effort = effort_sum / months, last.effort
    outcomes.burden_mean, outcomes.burden = burden_sum / months, last.burden
    outcomes.efficiency = rules.ratio(outcome_sum, effort_sum, 0.0)
    outcomes.structure, outcomes.fit, outcomes.purpose = last.structure, last.fit, last.purpose
    outcomes.trust, outcomes.commitment = last.trust, last.commitment
    outcomes.endorsed, outcomes.owned, outcomes.owned_mean = last.endorsed, last.owned, owned_sum / months
    outcomes.cost_shift_mean = cost_shift_sum / months
    outcomes.participation = last.participation
    outcomes.participation_large, outcomes.participation_small = last.participation_large, last.participation_small
    outcomes.overloaded, outcomes.laggards = last.overloaded, last.laggards
    outcomes.members, outcomes.structure_peak, outcomes.purpose_peak = last.members, structure_peak, purpose_peak
    outcomes.gap_change_mean = gap_sum / months
    summarise_groups(state, outcomes)
    summarise_answers(last, outcomes, missing)
    outcomes.gini_effort = gini_effort(state)
    outcomes.gain_month, outcomes.collapse_month = gain_month, collapse_month
    outcomes.axed = state.partnership.axed


@compiled
def cycle_means(state, means, missing):
    """Fill in the mean outcome of each cycle between relaunches, for one run; `means` holds its outcomes, one a row."""
    for cycle in range(CYCLES):
        means[FIRST_CYCLE + cycle, 0] = missing
    length = int(state.parameters.cycle_months)
    if length > 0:
        for cycle in range(min(CYCLES, (state.months + length - 1) // length)):
            start, stop = cycle * length, min(state.months, (cycle + 1) * length)
            total = 0.0
            for month in range(start, stop):
                total += state.series[month].outcome
            means[FIRST_CYCLE + cycle, 0] = total / (stop - start)
