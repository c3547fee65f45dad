"""A simulated questionnaire: what those at the table would answer about their partnership, from their states.

Six statements, after the six principles of the Partnership Assessment Tool (Hardy, Hudson & Waddington 2003), each
answered from 0 (not at all) to 1 (fully), and one score on the scale of the VicHealth Partnerships Analysis Tool: 35
items of 1 to 5 points, 35 to 175 in all. Nothing in the model acts on an answer, so perception and what the population
gains can part. How states become answers is an assumption: nobody has measured it, and all of it stands in this file.
"""

from __future__ import annotations

from sim.lanes import compiled, inlined, where

LEAST_SCORE, MOST_SCORE = 35.0, 175.0
"""Every item answered with the fewest points, and with the most (VicHealth)."""
BANDS = (85.0, 127.0)
"""Scores from which the second and the third of VicHealth's three bands begin."""


@inlined
def ownership(endorsed, owned):
    """Commitment and ownership are ensured: the partner has signed, and issues have owners. Assumption."""
    return (endorsed + owned) / 2.0


@inlined
def arrangements(structure, fit):
    """Arrangements are clear and robust: there is a structure, and it suits what it is for. Assumption."""
    return structure * fit


@inlined
def learning(structure, monitoring):
    """The partnership monitors, measures and learns: what its structure lets partners see of each other. Assumption."""
    return structure * monitoring


@inlined
def score(answers):
    """The sum of six answers as a score from 35 to 175, as if each VicHealth item were answered alike. Assumption."""
    return LEAST_SCORE + (MOST_SCORE - LEAST_SCORE) * (answers / 6.0)


@compiled
def ask(state, series, going):
    """Write what those at the table answer on average into a month of the series; 0 where nobody is there to ask.

    That partnership is needed is answered by commitment, that its purpose is clear by alignment with the shared aims,
    that there is trust by the effort expected of others.
    """
    parameters, partnership = state.parameters, state.partnership
    commitment, alignment, endorsed = 0.0, 0.0, 0.0
    for i in range(state.n):
        partner = state.partners[i]
        commitment += partner.seated * partner.commitment
        alignment += partner.seated * partner.alignment
        endorsed += partner.seated * partner.endorsed
    asked = going & (partnership.members > 0.0)
    members = where(asked, partnership.members, 1.0)
    series.pat_need = where(asked, commitment / members, 0.0)
    series.pat_purpose = where(asked, alignment / members, 0.0)
    series.pat_ownership = where(asked, ownership(endorsed / members, series.owned), 0.0)
    series.pat_trust = where(asked, partnership.trust, 0.0)
    series.pat_arrangements = where(asked, arrangements(partnership.structure, partnership.fit), 0.0)
    series.pat_learning = where(asked, learning(partnership.structure, parameters.monitoring), 0.0)
    answers = (
        series.pat_need + series.pat_purpose + series.pat_ownership
        + series.pat_trust + series.pat_arrangements + series.pat_learning
    )  # fmt: skip
    series.vichealth_score = where(asked, score(answers), 0.0)
