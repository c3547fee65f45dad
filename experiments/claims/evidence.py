"""What a claim's stored runs say: the sides of its tests in each world, and the judgement of all tests together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from experiments.analysis import judging
from experiments.analysis.discovery import Region
from experiments.analysis.judging import DEPENDS, FAILS, HOLDS, UNDECIDED, Judged, Rule
from experiments.claims.claim import CONTESTABLE, IDENTITY, MAGNITUDE, Claim, Judging, Side, Test
from experiments.claims.question import stored_as
from experiments.errors import StudyError

SELDOM = 0.01
"""The share of worlds on the other side below which the rules nearly say what a claim says."""
PRECEDENCE = (FAILS, UNDECIDED, DEPENDS, HOLDS)
"""A claim comes out as the first of these that one of its tests does: it holds only where all of them do."""


@dataclass(frozen=True)
class Evidence:
    """A test in each world (index: point): `a`, `b` and `difference`, and for each side the settings it stands on."""

    test: Test
    pairs: pd.DataFrame
    settings: Mapping[str, pd.Series]


@dataclass(frozen=True)
class Judgement:
    """A claim judged: its `word`, and each test's evidence and judgement in the order of the claim.

    The word of an identity is `identity`: it is no judgement.
    """

    word: str
    evidence: tuple[Evidence, ...]
    judged: tuple[Judged, ...]

    @property
    def deciding(self) -> int:
        """Of the tests that come out as the claim does, the one that fewest worlds speak for."""
        there = [place for place, judged in enumerate(self.judged) if self.word in (judged.word, IDENTITY)]
        return min(there, key=lambda place: self.judged[place].support.share.value)


def judge(claim: Claim, runs: pd.DataFrame, design: pd.DataFrame, how: Judging, tests: int, seed: int) -> Judgement:
    """Judge a claim by its stored runs and points (`design`: index point, the factors as columns).

    `tests` is the number of tests of all claims of the ledger, for which intervals are corrected. Raises `StudyError`
    where an outcome is missing in all runs.
    """
    evidence = collect(claim, runs)
    judged = tuple(
        judging.judge(each.pairs["difference"], design, rule_of(each.test, how, tests), seed) for each in evidence
    )
    word = IDENTITY if claim.kind == IDENTITY else joint_judgement([each.word for each in judged])
    return Judgement(word, evidence, judged)


def kind_shown(judgement: Judgement) -> str:
    """The kind of claim that its worlds show: whether, and how often, a test comes out the other way in one."""
    kinds = [kind_of_test(each.test, judged) for each, judged in zip(judgement.evidence, judgement.judged, strict=True)]
    return next(kind for kind in (CONTESTABLE, MAGNITUDE, IDENTITY) if kind in kinds)


def kind_of_test(test: Test, judged: Judged) -> str:
    """The kind of one test, by the worlds on the other side of what it expects."""
    if test.expect in ("more", "less"):
        if not judged.opposed.count:
            return IDENTITY
        return MAGNITUDE if judged.opposed.share.value < SELDOM else CONTESTABLE
    return CONTESTABLE if judged.opposed.count and judged.support.count else IDENTITY


def rule_of(test: Test, how: Judging, tests: int) -> Rule:
    """The rule that judges a test, at the level that holds for all tests together."""
    return Rule(test.expect, test.region, how.rare, judging.each_level(how.level, tests))


def joint_judgement(words: Sequence[str]) -> str:
    """The judgement on a claim from those on its tests."""
    return next(word for word in PRECEDENCE if word in words)


def rejudged(
    judgement: Judgement, design: pd.DataFrame, how: Judging, tests: int, seed: int, region: float = 1.0
) -> str:
    """The judgement under other thresholds; `region` multiplies those of the tests."""
    words = []
    for piece in judgement.evidence:
        test = replace(piece.test, region=region * piece.test.region)
        known = design if test.general else design[[]]  # what holds sometimes cannot depend: no conditions are sought
        words.append(judging.judge(piece.pairs["difference"], known, rule_of(test, how, tests), seed).word)
    return joint_judgement(words)


def mattering(judgement: Judgement, design: pd.DataFrame, how: Judging, tests: int, seed: int) -> tuple[Region, ...]:
    """Where the deciding test matters: conditions that tell worlds that bear it out from all others.

    Found on one half of the worlds and counted on the other, like those of a judgement that depends. None where a claim
    is about some worlds, or has conditions already.
    """
    place = judgement.deciding
    if judgement.judged[place].conditions or not judgement.evidence[place].test.general:
        return ()
    test, known = judgement.evidence[place].test, judgement.evidence[place].pairs["difference"].dropna()
    met = judging.signs(known.to_numpy(), test.expect, test.region) == 1
    sides = np.where(met, 1, -1).astype(np.int8)
    regions = judging.separating(design.loc[known.index], sides, rule_of(test, how, tests), seed)
    return tuple(region for region in regions if region.arm != "against")


def attainable(evidence: Evidence) -> dict[str, float]:
    """The size of a test over all its worlds: the least difference, its 5, 50 and 95% quantiles, and the largest."""
    known = evidence.pairs["difference"].dropna().to_numpy()
    if not len(known):
        return {}
    names = ("least", "q05", "median", "q95", "most")
    return dict(zip(names, (float(x) for x in np.quantile(known, (0.0, 0.05, 0.5, 0.95, 1.0))), strict=True))


# -- sides ------------------------------------------------------------------------------------------------


def collect(claim: Claim, runs: pd.DataFrame) -> tuple[Evidence, ...]:
    """Both sides of every test in every world that counts."""
    counted = counting(claim, runs)
    return tuple(evidence(claim, test, runs, counted) for test in claim.tests)


def evidence(claim: Claim, test: Test, runs: pd.DataFrame, counted: pd.Index) -> Evidence:
    """One test. What is chosen beforehand is chosen in one half of a world's replicates and read in the other."""
    first, second = halves(runs) if test.beforehand else (runs, runs)
    sides, settings = {}, {}
    for name, side, outcome in (("a", test.a, test.outcome), ("b", test.b, test.against)):
        chosen_by, read = (outcomes(claim, side, table, outcome).reindex(counted) for table in (first, second))
        if read.isna().to_numpy().all() and len(counted):
            raise StudyError(f"claim={claim.name}: outcome '{outcome}' is missing in all runs of {', '.join(read)}")
        sides[name], settings[name] = settle(side, chosen_by, read)
    pairs = pd.DataFrame(sides)
    pairs["difference"] = pairs["a"] - pairs["b"]
    return Evidence(test, pairs, settings)


def settle(side: Side, chosen_by: pd.DataFrame, read: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The value of a side in each world, and the settings it stands on, in words: `this`, or `this + that`."""
    if not side.best:
        total = sum((read[name] for name in side.settings), start=pd.Series(0.0, read.index))
        return total, pd.Series(" + ".join(side.settings), read.index)
    place = np.argmax(chosen_by.fillna(-np.inf).to_numpy(), axis=1) if len(read) else np.zeros(0, int)
    value = read.to_numpy()[np.arange(len(read)), place]
    return pd.Series(value, read.index), pd.Series(np.array(side.settings)[place], read.index)


def outcomes(claim: Claim, side: Side, runs: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """An outcome by world (index) and setting of a side (column), over replicates its mean."""
    return pd.DataFrame({name: outcome_of(claim, name, runs, outcome) for name in side.settings})


def outcome_of(claim: Claim, setting: str, runs: pd.DataFrame, outcome: str) -> pd.Series:
    """An outcome in one setting by point, over replicates its mean."""
    if outcome not in runs.columns:
        raise StudyError(f"claim={claim.name}: there is no outcome '{outcome}' in the runs")
    rows = rows_of(claim, setting, runs)
    if not len(rows):
        raise StudyError(f"claim={claim.name}: there is no run of setting '{setting}'")
    return rows.groupby("point")[outcome].mean().sort_index()


def rows_of(claim: Claim, setting: str, runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of one setting."""
    arm, variant = stored_as(claim, setting)
    return runs[(runs["arm"] == arm) & (runs["variant"] == variant)]


def counting(claim: Claim, runs: pd.DataFrame) -> pd.Index:
    """The worlds that count: all of them, or those in which the claim's conditions hold."""
    points = pd.Index(np.sort(runs["point"].unique()), name="point")
    for condition in claim.where:
        points = points[
            (outcome_of(claim, condition.setting, runs, condition.outcome).reindex(points) > condition.above).to_numpy()
        ]
    return points


def halves(runs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first and the second half of each point's replicates, by the number of their worlds."""
    rank = runs.groupby(["point", "arm", "variant"], observed=True)["world"].rank(method="first")
    first = rank <= rank.max() / 2
    return runs[first], runs[~first]
