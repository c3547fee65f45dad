"""Partners' own accounts: why did I stop coming? From the terms that the model itself went by (`sim.why`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from experiments import wording
from sim.model import Partnership
from sim.why import CommitmentTerms, EffortTerms

ACCOUNTS = 3
"""Partners who tell."""

REASONS = {
    # what moved commitment: (when it raised it, when it lowered it)
    "results": ("results beyond what we expected", "results short of what we expected"),
    "reciprocity": ("others giving more than we would have", "others giving less than we would have"),
    "ownership": ("aims that had become ours too", "aims that were not ours"),
    "burden": ("meetings that cost nothing", "hours lost in meetings"),
    "example": ("the example of the leading partner", "the example of the leading partner"),
    "shocks": ("new people who began anew", "people who left, relaunches and reorganisations"),
}
SMALL = 0.005
"""Moves of commitment too small to tell."""


@dataclass(frozen=True)
class Account:
    """What became of a partner, from its first month to its last in the partnership."""

    partner: int
    sector: str
    months: int
    effort: tuple[float, float]
    commitment: tuple[float, float]
    moves: Mapping[str, float]  # what moved commitment, summed over the months
    first: EffortTerms
    last: EffortTerms

    def described(self) -> str:
        """The account in the partner's own words."""
        came, now = self.effort
        course = (
            "gave less and less" if now < came - 0.02 else "gave more" if now > came + 0.02 else "went on as we began"
        )
        lowered = [
            f"{REASONS[name][1]} ({wording.signed(move, 2)})" for name, move in ordered(self.moves) if move < -SMALL
        ]
        raised = [
            f"{REASONS[name][0]} ({wording.signed(move, 2)})" for name, move in ordered(self.moves) if move > SMALL
        ]
        sentences = [
            f"We are partner {self.partner}, a {self.sector} organisation, and {course}: {came:.2f} of our capacity in "
            f"month 1, {now:.2f} in month {self.months}.",
            f"Our commitment went from {self.commitment[0]:.2f} to {self.commitment[1]:.2f}.",
        ]
        if lowered:
            sentences.append(f"What lowered it: {', '.join(lowered)}.")
        if raised:
            sentences.append(f"What raised it: {', '.join(reversed(raised))}.")
        tempted = self.last.temptation - self.first.temptation
        compelled = self.last.compulsion - self.first.compulsion
        if abs(tempted) > SMALL:
            more = "more" if tempted > 0 else "less"
            sentences.append(f"Leaving the work to others had become {more} tempting ({wording.signed(tempted, 2)}).")
        if abs(compelled) > SMALL:
            more = "more" if compelled > 0 else "less"
            sentences.append(f"We were made to answer {more} than at first ({wording.signed(compelled, 2)}).")
        return " ".join(sentences)


def ordered(moves: Mapping[str, float]) -> list[tuple[str, float]]:
    """Moves from the most negative to the most positive."""
    return sorted(moves.items(), key=lambda item: item[1])


def accounts(parameters: Mapping[str, float], seed: int, world: int) -> list[Account]:
    """The accounts of the partners whose effort moved most between the first month and the last one together."""
    efforts = [[partner.effort for partner in model.partners] for model in months(parameters, seed, world)]
    if not efforts:
        return []
    moved = [abs(last - first) for first, last in zip(efforts[0], efforts[-1], strict=True)]
    chosen = sorted(range(len(moved)), key=lambda index: (-moved[index], index))[:ACCOUNTS]
    return follow(parameters, seed, world, chosen)


def months(parameters: Mapping[str, float], seed: int, world: int) -> Iterator[Partnership]:
    """The partnership after each month in which there was one."""
    model = Partnership(setup=None, rng=seed, world=world, **parameters)
    while model.running and model.going:
        model.step()
        yield model


def follow(parameters: Mapping[str, float], seed: int, world: int, chosen: list[int]) -> list[Account]:
    """What moved some partners, summed over all months."""
    moves: dict[int, dict[str, float]] = {index: {} for index in chosen}
    first: dict[int, tuple[EffortTerms, CommitmentTerms]] = {}
    last: dict[int, tuple[EffortTerms, CommitmentTerms]] = {}
    count, sectors = 0, {}
    for model in months(parameters, seed, world):
        count += 1
        for index in chosen:
            why = model.partners[index].why()
            assert why.effort is not None and why.commitment is not None
            first.setdefault(index, (why.effort, why.commitment))
            last[index] = (why.effort, why.commitment)
            sectors[index] = model.partners[index].sector
            for name, move in why.commitment.moves.items():
                moves[index][name] = moves[index].get(name, 0.0) + move
    return [
        Account(
            partner=index,
            sector=sectors[index],
            months=count,
            effort=(first[index][0].effort, last[index][0].effort),
            commitment=(first[index][1].before, last[index][1].after),
            moves=moves[index],
            first=first[index][0],
            last=last[index][0],
        )
        for index in chosen
    ]
