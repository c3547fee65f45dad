"""What would change a judgement: the same stored runs judged under other thresholds, in other worlds, or with more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from experiments import wording
from experiments.analysis import discovery, judging
from experiments.analysis.contrasts import Count
from experiments.analysis.discovery import Region
from experiments.analysis.judging import UNDECIDED, Judged
from experiments.claims.claim import Judging
from experiments.claims.evidence import Evidence, Judgement, rejudged, rule_of

REGIONS = (0.5, 2.0, 5.0)
"""Other regions of practical equivalence, as multiples of those declared."""
RARE = (0.5, 2.0)
"""Other rare shares, as multiples of that declared."""
FURTHER = (("region", 0.0), ("region", 10.0), ("region", 20.0), ("region", 50.0), ("rare", 0.2), ("rare", 0.1))
"""What else is tried where none of these changes anything, until one does."""
STEP = 1.05
MOST = 10**7
"""More worlds than this are not worth naming."""


@dataclass(frozen=True)
class Change:
    """Something that might be otherwise, and how the claim would then be judged.

    `kind` is region, rare or place; `value` what it would be, in words.
    """

    kind: str
    value: str
    word: str

    @property
    def what(self) -> str:
        """The change in words."""
        return said(self.kind, [self.value])


def said(kind: str, values: Sequence[str]) -> str:
    """Changes of one kind in words: `if differences up to 0.02 or 0.05 did not matter`."""
    either = " or ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)
    return {
        "region": f"if differences up to {either} did not matter",
        "rare": f"if rare meant fewer than {either} of 100 worlds",
        "place": f"in worlds where {either}",
    }[kind]


def changes(judgement: Judgement, design: pd.DataFrame, how: Judging, tests: int, seed: int) -> list[Change]:
    """Judgements under other regions, under other rare shares, and in the worlds in which conditions hold."""

    def otherwise(kind: str, factor: float) -> Change:
        if kind == "region":
            regions = dict.fromkeys(wording.amount(factor * evidence.test.region) for evidence in judgement.evidence)
            return Change(kind, wording.listing(list(regions)), rejudged(judgement, design, how, tests, seed, factor))
        other = replace(how, rare=factor * how.rare)
        return Change(kind, wording.amount(100 * other.rare), rejudged(judgement, design, other, tests, seed))

    listed = [otherwise("region", factor) for factor in REGIONS] + [otherwise("rare", factor) for factor in RARE]
    for kind, factor in FURTHER:
        if any(change.word != judgement.word for change in listed):
            break
        listed.append(otherwise(kind, factor))
    return listed + elsewhere(judgement, design, how, tests, seed)


def elsewhere(judgement: Judgement, design: pd.DataFrame, how: Judging, tests: int, seed: int) -> list[Change]:
    """The deciding test where each of its conditions holds, in worlds that had no part in finding it."""
    place = judgement.deciding
    word_there, rule = judgement.evidence[place], rule_of(judgement.evidence[place].test, how, tests)
    known = word_there.pairs["difference"].dropna()
    _, held_back = discovery.halves(len(known), seed)
    held = known.iloc[held_back]
    listed = []
    for region in judgement.judged[place].conditions:
        here = held[inside(region, design.loc[held.index])]
        word = judging.judge(here, design, rule, seed).word
        listed.append(Change("place", wording.conditions_text(region.conditions), word))
    return listed


def inside(region: Region, design: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether all conditions of a region hold in each world."""
    holds = np.ones(len(design), dtype=bool)
    for condition in region.conditions:
        holds &= condition.holds(design)
    return holds


def worlds_needed(judgement: Judgement, how: Judging, tests: int) -> int | None:
    """About how many worlds would decide what is undecided for want of them; None if that is not what is missing.

    An interval narrows with the root of the number of worlds, until the rare share is outside it.
    """
    level, needed = judging.each_level(how.level, tests), []
    for evidence, judged in zip(judgement.evidence, judgement.judged, strict=True):
        if judged.word != UNDECIDED or judged.reason != "unsure" or not judged.worlds:
            continue
        for share in (side.share for side in sides(evidence, judged) if side.share.low <= how.rare <= side.share.high):
            needed.append(clearing(share.value, how.rare, level, judged.worlds))
    return int(np.ceil(max(needed) / 100) * 100) if needed and max(needed) < MOST else None


def clearing(share: float, rare: float, level: float, worlds: float) -> float:
    """From how many worlds on the interval of a share leaves the rare share out; `MOST` if it takes as many."""
    if share == rare:
        return MOST
    z = float(stats.norm.ppf((1 + level) / 2))
    worlds = max(worlds, share * (1 - share) * (z / (share - rare)) ** 2)
    while worlds < MOST:
        interval = stats.binomtest(round(share * worlds), round(worlds)).proportion_ci(level, method="exact")
        if not interval.low <= rare <= interval.high:
            return worlds
        worlds *= STEP
    return MOST


def sides(evidence: Evidence, judged: Judged) -> tuple[Count, ...]:
    """The shares of worlds that a judgement hangs on."""
    return (judged.support, judged.opposed) if evidence.test.general else (judged.support,)
