"""Why a partner did what it did: the terms that moved its effort and its commitment, and sentences made of them.

The account of a month is worked out afterwards, by the terms the engine went by, from the arrays as the month found
and left them. It comes to the engine's effort and commitment, to the last bit.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import rules
from sim.cache import kept
from sim.engine import pulled, weighed
from sim.lanes import Lanes, compiled, integer_part
from sim.membership import attend
from sim.shocks import disturb, reorganised
from sim.state import PARTNER, PARTNERSHIP, Memory, take_stock, view
from sim.tables import row, table

ONE = Lanes(1)

# -- terms ------------------------------------------------------------------------------------------------


class EffortTerms(NamedTuple):
    """What a partner weighed when it decided how much to give.

    `effort` is `rules.effort(commitment - temptation - threshold, compulsion, decisiveness)`.
    """

    commitment: float  # after the month's shocks
    oversight: float
    trust: float  # effort it expected of the others, on average
    temptation: float  # to leave the work to them; less where overseen, more among givers
    threshold: float
    compulsion: float  # the parameter times oversight
    decisiveness: float
    effort: float  # share of its capacity that it gave
    seated: float  # 1 at the table, 0 where it had left it

    def since(self, before: EffortTerms) -> dict[str, float]:
        """What moved effort since another month, term by term: above 0 what speaks for giving more."""
        return {
            "commitment": self.commitment - before.commitment,
            "temptation": before.temptation - self.temptation,
            "compulsion": self.compulsion - before.compulsion,
        }


class CommitmentTerms(NamedTuple):
    """What pulled at a partner's commitment in a month.

    `after` is `disturbed + rate * (results + reciprocity + ownership - burden + example)`, held within [0, 1].
    """

    before: float  # as the month began
    disturbed: float  # after the month's shocks
    results: float
    reciprocity: float
    ownership: float
    burden: float
    example: float
    rate: float  # commitment_rate
    after: float

    @property
    def moves(self) -> dict[str, float]:
        """What moved commitment, term by term; they add up to the whole move, unless [0, 1] cut it short."""
        pulls = {
            "results": self.results,
            "reciprocity": self.reciprocity,
            "ownership": self.ownership,
            "burden": -self.burden,
            "example": self.example,
        }
        pulled = {name: self.rate * pull + 0.0 for name, pull in pulls.items()}  # never -0
        return {"shocks": self.disturbed - self.before, **pulled}


class Why(NamedTuple):
    """A partner's account of a month; `str` makes sentences of it. No terms where it acted alone."""

    partner: int  # its index
    month: int  # 1 for the first
    effort: EffortTerms | None
    effort_before: EffortTerms | None  # those of the month before, if there was one
    commitment: CommitmentTerms | None

    def __str__(self) -> str:
        if self.effort is None or self.commitment is None:
            return f"Partner {self.partner} acted alone in month {self.month}; its commitment stood still."
        effort, commitment = self.effort, self.commitment
        path = f"Its commitment went from {commitment.before:.3f} to {commitment.after:.3f}"
        moves = moves_as_text(commitment.moves)
        if not effort.seated:
            away = f"Partner {self.partner} was not at the table in month {self.month}, and worked for itself"
            return f"{away}. {path}: {moves}."
        sentence = (
            f"Partner {self.partner} gave {effort.effort:.2f} of its capacity in month {self.month}: "
            f"commitment {effort.commitment:.2f} and compulsion {effort.compulsion:.2f} against "
            f"temptation {effort.temptation:.2f} and a threshold of {effort.threshold:.2f}. "
        )
        if self.effort_before is not None:
            since = moves_as_text(effort.since(self.effort_before))
            sentence += f"The month before it gave {self.effort_before.effort:.2f}; since then {since}. "
        return f"{sentence}{path}: {moves}."


def moves_as_text(moves: dict[str, float]) -> str:
    """Moves as text, without those too small to show; "nothing moved" where none is left."""
    shown = (f"{name} {move:+.3f}" for name, move in moves.items() if abs(move) >= 0.0005)
    return ", ".join(shown) or "nothing moved"


# -- the account of a month -------------------------------------------------------------------------------


@kept
def shock(lanes, memory, seed, n, n_issues, meetings, months, month):
    """Play the shocks of a month, and who leaves or comes back, and no more."""
    state = view(lanes, memory, seed, n, n_issues, meetings, months)
    going = state.partnership.ended == 0.0
    disturb(state, month, reorganised(state, month), going)
    attend(state, month, going)
    take_stock(state, going)


@compiled
def fill_effort_terms(state, index, terms):
    """Fill `terms` with what a partner weighs, as in Contribute; in the order of `EffortTerms`."""
    parameters, partner = state.parameters, state.partners[index]
    oversight, temptation, inclination = weighed(state, index)
    compulsion = parameters.compulsion * oversight
    terms[0], terms[1], terms[2], terms[3] = partner.commitment, oversight, partner.trust, temptation
    terms[4], terms[5], terms[6] = parameters.effort_threshold, compulsion, parameters.decisiveness
    terms[7] = partner.seated * rules.effort(inclination, compulsion, parameters.decisiveness)
    terms[8] = partner.seated


@compiled
def fill_commitment_terms(state, index, before, disturbed, terms):
    """Fill `terms` with what pulled at a partner's commitment, as in Reflect; in the order of `CommitmentTerms`.

    The state is that at the end of the month; `before` and `disturbed` are its commitment as the month began, and
    after the month's shocks.
    """
    partnership, rate = state.partnership, state.parameters.commitment_rate
    leader_effort = state.partners[integer_part(partnership.leader)].effort
    pulls = pulled(state, index, disturbed, partnership.expectation, leader_effort)
    terms[0], terms[1] = before, disturbed
    terms[2], terms[3], terms[4], terms[5], terms[6] = pulls
    terms[7] = rate
    terms[8] = rules.committed(disturbed, pulls, rate)


@kept
def weigh(lanes, memory, seed, n, n_issues, meetings, months, index, terms):
    """`fill_effort_terms` on the arrays of a run."""
    fill_effort_terms(view(lanes, memory, seed, n, n_issues, meetings, months), index, terms)


@kept
def pull(lanes, memory, seed, n, n_issues, meetings, months, index, before, disturbed, terms):
    """`fill_commitment_terms` on the arrays of a run."""
    state = view(lanes, memory, seed, n, n_issues, meetings, months)
    fill_commitment_terms(state, index, before, disturbed, terms)


def copied(memory: Memory) -> Memory:
    """The same arrays again, to be kept or played with."""
    return Memory(*(array.copy() for array in memory))


class Month(NamedTuple):
    """A month that was played, for partners to account for."""

    number: int  # 0 for the first
    run: tuple[int, int, int, int]  # seed, partners, issues, meetings
    at_start: Memory  # the arrays as the month began

    @property
    def together(self) -> bool:
        """Whether there was a partnership."""
        return row(ONE, PARTNERSHIP, self.at_start.partnership).ended == 0.0

    def disturbed(self) -> Memory:
        """The arrays as partners decided by them: after the month's shocks, which are played again."""
        memory = copied(self.at_start)
        shock(ONE, memory, *self.run, 1, self.number)
        return memory


def commitment_of(memory: Memory, index: int) -> float:
    """A partner's commitment."""
    return table(ONE, PARTNER, memory.partners)[index].commitment


def effort_terms(month: Month, index: int) -> EffortTerms:
    """What a partner weighed."""
    terms = np.zeros(len(EffortTerms._fields))
    weigh(ONE, month.disturbed(), *month.run, 1, index, terms)
    return EffortTerms(*terms.tolist())


def commitment_terms(month: Month, left: Memory, index: int) -> CommitmentTerms:
    """What pulled at a partner's commitment; `left` holds the arrays at the end of the month."""
    before, disturbed = commitment_of(month.at_start, index), commitment_of(month.disturbed(), index)
    terms = np.zeros(len(CommitmentTerms._fields))
    pull(ONE, left, *month.run, 1, index, before, disturbed, terms)
    return CommitmentTerms(*terms.tolist())


def explain(index: int, month: Month, before: Month | None, left: Memory) -> Why:
    """A partner's account of a month, given the month before, if any, and the arrays as the month left them."""
    if not month.together:
        return Why(index, month.number + 1, None, None, None)
    effort_before = effort_terms(before, index) if before is not None else None
    return Why(index, month.number + 1, effort_terms(month, index), effort_before, commitment_terms(month, left, index))
