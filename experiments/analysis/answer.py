"""The answer to the question of a study, step by step: is partnership worth it, is setup, in which order, when, why.

All of it is read from the first worlds of a study (`headline.EXPLORED`), each met once. The difference between
the two arms of the contrast is that in its outcome, unless it is said to be that of a month.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis import contrasts
from experiments.analysis.contrasts import Count, Estimate, PairedResult
from experiments.analysis.headline import Findings, first_parts, rounded
from experiments.study.definition import NO_VARIANT, Contrast, Study
from experiments.study.stored import StoredStudy

NEEDED = ("added_value", "collapse_month", "structure_peak", "purpose_peak", "added_value_worse_off_mean",
          "added_value_others_mean", "gap_change_mean")  # fmt: skip
TOOK = 0.5
"""A treatment took where the stock it builds first stood above this in some month."""
END = 0.2
"""Share of worlds at either end of a parameter's range."""
FATES = ("collapsed", "harm", "no difference", "gain")
"""What may become of a partnership: nearly all effort gone by the end; else worse than, like or better than alone."""


@dataclass(frozen=True)
class Fate:
    """What became of the worlds under one arm: how many of each of `FATES`, in their order."""

    arm: str
    counts: tuple[Count, ...]


@dataclass(frozen=True)
class Against:
    """An arm with a setup against `neither` in the same worlds: over the months, and in the last one."""

    arm: str
    result: PairedResult
    last: PairedResult


@dataclass(frozen=True)
class Ends:
    """The contrast where one parameter is low and where it is high: wins of a less wins of b, as shares of worlds."""

    factor: str
    low: PairedResult
    high: PairedResult
    together: float  # standardised coefficient beside all other parameters, on ranks
    tried: int  # parameters that were looked at, of which this is one

    @property
    def swing(self) -> float:
        """How far the lead of a moves from the low end to the high one."""
        return lead(self.high) - lead(self.low)

    @property
    def moves(self) -> bool:
        """Whether the lead moves further than chance would move it along any of the parameters that were tried."""
        error = np.sqrt(lead_variance(self.low) + lead_variance(self.high))
        return bool(abs(self.swing) > stats.norm.ppf(1 - (1 - contrasts.LEVEL) / 2 / self.tried) * error)

    @property
    def turns(self) -> bool:
        """Whether one arm leads at the low end and the other at the high one, each beyond doubt."""
        return leading(self.low) * leading(self.high) < 0


@dataclass(frozen=True)
class Horizon:
    """The contrast after so many months: in its own outcome (over the months), and in that of the last month."""

    months: int
    over: PairedResult
    last: PairedResult


@dataclass(frozen=True)
class Group:
    """What one arm gives the two groups over acting alone, and how often the gap between them widens and narrows."""

    arm: str
    worse_off: Estimate
    others: Estimate
    widens: Count
    narrows: Count


@dataclass(frozen=True)
class Answer:
    """Everything the answer is made of; parts that a study cannot give are empty."""

    worlds: int
    fates: tuple[Fate, ...]
    setup: tuple[Against, ...]  # each arm with a setup against `neither`
    orders: dict[str, PairedResult]  # the contrast: in all worlds, living ones, and those where both treatments took
    horizons: tuple[Horizon, ...]
    monthly: pd.DataFrame | None  # by month: share of worlds won by a and by b, and the mean difference with its band
    ends: tuple[Ends, ...]  # parameters, those that move the lead most first
    explained: float  # adjusted share of the variance of the difference's rank that all parameters explain together
    groups: tuple[Group, ...]


def lead(result: PairedResult) -> float:
    """Share of worlds that a won, less the share that b won."""
    return result.wins.share.value - result.losses.share.value


def lead_variance(result: PairedResult) -> float:
    """Variance of the lead over other draws of as many worlds."""
    wins, losses = result.wins.share.value, result.losses.share.value
    return (wins + losses - (wins - losses) ** 2) / result.wins.of


def leading(result: PairedResult) -> int:
    """1 where a wins more often, -1 where b does, 0 where other worlds from the same box might say otherwise."""
    share = None if result.decided is None else result.decided.share
    return 0 if share is None else int(share.low > 0.5) - int(share.high < 0.5)


def read_answer(finished: StoredStudy, findings: Findings) -> Answer | None:
    """The answer of a finished study; None where worlds are met several times, or there is nothing to tell apart."""
    study, contrast = findings.study, findings.contrast
    if study.design.replicates_at_most > 1 or not contrast.outcome.startswith("added_value"):
        return None
    columns = ["point", "arm", "variant", *dict.fromkeys((contrast.outcome, *NEEDED))]
    runs = finished.read(first_parts(study, len(findings.design)), columns)
    return answer_of(runs[runs["point"].isin(findings.pairs.index)], findings)


def answer_of(runs: pd.DataFrame, findings: Findings) -> Answer:
    """The answer from the runs of a study, with the columns of `NEEDED`."""
    study, contrast = findings.study, findings.contrast
    plain = runs[runs["variant"] == NO_VARIANT]
    arms = {arm: plain[plain["arm"] == arm].set_index("point").sort_index() for arm in study.arms}
    pairs = findings.pairs[findings.pairs.index.isin(plain["point"].unique())]
    ends, explained = ends_of(findings, pairs)
    return Answer(
        worlds=len(pairs),
        fates=tuple(fate(arm, table, contrast) for arm, table in arms.items() if arm != "alone"),
        setup=setups_against_neither(arms, contrast, study.seed),
        orders=orders(arms, pairs, contrast, study.seed),
        horizons=horizons(runs, findings),
        monthly=None if findings.trajectories is None else by_month(findings.trajectories, contrast),
        ends=ends,
        explained=explained,
        groups=tuple(group(arm, table, contrast, study.seed) for arm, table in arms.items() if arm != "alone"),
    )


def fate(arm: str, runs: pd.DataFrame, contrast: Contrast) -> Fate:
    """What became of each world under an arm."""
    collapsed = runs["collapse_month"].notna().to_numpy()
    gained = contrasts.verdicts(runs[contrast.outcome].to_numpy(), contrast.region)
    kinds = (collapsed, ~collapsed & (gained == -1), ~collapsed & (gained == 0), ~collapsed & (gained == 1))
    return Fate(arm, tuple(map(contrasts.count, kinds)))


def setups_against_neither(arms: dict[str, pd.DataFrame], contrast: Contrast, seed: int) -> tuple[Against, ...]:
    """Each arm with a setup against meeting and working without one."""
    if "neither" not in arms:
        return ()
    return tuple(
        Against(
            arm, *(between(table, arms["neither"], contrast, seed, out) for out in (contrast.outcome, "added_value"))
        )
        for arm, table in arms.items()
        if arm not in ("neither", "alone")
    )


def between(first: pd.DataFrame, second: pd.DataFrame, contrast: Contrast, seed: int, outcome: str) -> PairedResult:
    """Two arms in the same worlds, by an outcome."""
    pairs = pd.DataFrame({"a": first[outcome], "b": second[outcome]})
    return contrasts.compare(pairs.assign(difference=pairs["a"] - pairs["b"]), contrast.region, seed)


def orders(
    arms: dict[str, pd.DataFrame], pairs: pd.DataFrame, contrast: Contrast, seed: int
) -> dict[str, PairedResult]:
    """The contrast in all worlds, in those that live under either arm, and in those where both treatments took."""
    a, b = arms[contrast.a], arms[contrast.b]
    living = a["collapse_month"].isna() | b["collapse_month"].isna()
    peaks = {"structure_first": "structure_peak", "purpose_first": "purpose_peak"}
    groups = {"all worlds": pairs, "living worlds": pairs[living.reindex(pairs.index).to_numpy(bool)]}
    if contrast.a in peaks and contrast.b in peaks:
        took = (a[peaks[contrast.a]] > TOOK) & (b[peaks[contrast.b]] > TOOK)
        groups["both setups took"] = pairs[took.reindex(pairs.index).to_numpy(bool)]
    return {
        name: contrasts.compare(group, contrast.region, seed)
        for name, group in groups.items()
        if group["difference"].notna().sum() >= contrasts.FEW
    }


def is_horizon(study: Study, variant: str) -> bool:
    """Whether a variant changes nothing but how long a partnership is followed."""
    return set(study.variants.get(variant, {})) == {"months"}


def horizons(runs: pd.DataFrame, findings: Findings) -> tuple[Horizon, ...]:
    """The contrast at each length of time the study looked at: its own, and those of variants that change only it."""
    study, contrast = findings.study, findings.contrast
    variants = {name: int(values["months"]) for name, values in study.variants.items() if is_horizon(study, name)}
    if not variants or not study.variant_points:
        return ()
    shared = runs[runs["point"].isin(runs.loc[runs["variant"].isin(list(variants)), "point"].unique())]
    last = Contrast(contrast.a, contrast.b, "added_value", contrast.region)

    def result(asked: Contrast, name: str) -> PairedResult:
        return contrasts.compare(contrasts.pair(shared, asked, name), asked.region, study.seed)

    lengths = {NO_VARIANT: int(study.parameters["months"]), **variants}
    return tuple(
        Horizon(months, result(contrast, name), result(last, name))
        for name, months in sorted(lengths.items(), key=lambda item: item[1])
    )


def by_month(trajectories: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """Month by month (index): share of worlds in which a, and in which b, stands higher; mean difference and band.

    The band holds the mean with 95 % confidence in each month by itself.
    """
    sides = [
        trajectories[trajectories["arm"] == arm].pivot(index="month", columns="point", values="outcome")
        for arm in (contrast.a, contrast.b)
    ]
    difference = (sides[0] - sides[1]).to_numpy()
    half = stats.t.ppf((1 + contrasts.LEVEL) / 2, difference.shape[1] - 1) * stats.sem(difference, axis=1)
    mean = difference.mean(axis=1)
    verdict = contrasts.verdicts(difference, contrast.region)
    columns = {"a": (verdict == 1).mean(axis=1), "b": (verdict == -1).mean(axis=1)}
    return pd.DataFrame({**columns, "mean": mean, "low": mean - half, "high": mean + half}, index=sides[0].index)


def ends_of(findings: Findings, pairs: pd.DataFrame) -> tuple[tuple[Ends, ...], float]:
    """What the sign hangs on: the contrast at both ends of every parameter's range, one at a time and all together."""
    factors = [name for name in findings.study.design.factors if findings.design[name].nunique() > 1]
    known = pairs.dropna(subset="difference")
    known = known[known.index.isin(findings.design.index)]
    if len(known) < contrasts.FEW / END or not factors:
        return (), 0.0
    table = findings.design.loc[known.index, factors]
    coefficients, explained = together(table.to_numpy(float), known["difference"].to_numpy())
    rows = []
    for name, coefficient in zip(factors, coefficients, strict=True):
        order = np.argsort(table[name].to_numpy(), kind="stable")
        size = int(len(order) * END)
        low, high = (
            contrasts.compare(known.iloc[np.sort(part)], findings.contrast.region, findings.study.seed)
            for part in (order[:size], order[-size:])
        )
        rows.append(Ends(name, low, high, float(coefficient), len(factors)))
    return tuple(sorted(rows, key=lambda row: -abs(row.swing))), explained


def together(values: NDArray[np.float64], difference: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Standardised regression coefficients on ranks, and the adjusted share of variance they explain, all together.

    Adjusted, since ninety parameters explain half of the ranks of two hundred worlds by chance; at least 0.
    """
    ranks = np.column_stack([stats.rankdata(column) for column in values.T])
    scaled = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    target = stats.rankdata(difference)
    spread = target.std()
    if spread == 0:
        return np.zeros(values.shape[1]), 0.0
    target = (target - target.mean()) / spread
    coefficients, *_ = np.linalg.lstsq(scaled, target, rcond=None)
    worlds, parameters = values.shape
    if worlds <= parameters + 1:
        return coefficients, 0.0
    unexplained = np.mean((target - scaled @ coefficients) ** 2) * (worlds - 1) / (worlds - parameters - 1)
    return coefficients, max(0.0, float(1.0 - unexplained))


def group(arm: str, runs: pd.DataFrame, contrast: Contrast, seed: int) -> Group:
    """What an arm gives the worse off and the others."""
    worse_off, others = (
        contrasts.mean(runs[f"added_value_{name}_mean"].to_numpy(), seed) for name in ("worse_off", "others")
    )
    gap = contrasts.verdicts(runs["gap_change_mean"].to_numpy(), contrast.region)
    return Group(arm, worse_off, others, contrasts.count(gap == 1), contrasts.count(gap == -1))


def answer_summary(answer: Answer | None) -> dict[str, Any]:
    """What `summary.json` holds of the answer, under `answer`; nothing where there is none."""
    if answer is None:
        return {}
    months = {} if answer.monthly is None else answer.monthly.to_dict("index")
    ends = {
        row.factor: {
            "low": [row.low.wins.share.value, row.low.losses.share.value],
            "high": [row.high.wins.share.value, row.high.losses.share.value],
            "moves": row.moves,
            "turns": row.turns,
            "together": row.together,
        }
        for row in answer.ends
    }
    return {"answer": rounded({**asdict(replace(answer, monthly=None, ends=())), "monthly": months, "ends": ends})}
