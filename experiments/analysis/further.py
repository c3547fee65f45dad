"""What a study's design allows to be said beyond who wins, from its stored tables; or why it cannot be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis import (
    ablation,
    boundary,
    boxes,
    curves,
    divergence,
    power,
    sensitivity,
    shares,
    tree,
    variance,
)
from experiments.analysis.boundary import Boundary, Interaction
from experiments.analysis.headline import DIGITS, Findings, rounded
from experiments.analysis.sensitivity import Morris, Sobol
from experiments.errors import StudyError
from experiments.study import design as designs
from experiments.study import samplers
from experiments.study.definition import NO_VARIANT, Study
from experiments.study.stored import StoredStudy
from experiments.study.tables import DESIGN, RUNS
from sim.outcomes import OUTCOME_NAMES

T = TypeVar("T")

DIFFERENCE = "difference"
"""What an outcome is reported of: either arm of the contrast, or the difference between them."""
MOST_RUNS = 6_000_000
"""Runs of the two arms up to which all outcomes are read at once."""
LOOKED_AT = 8
"""Factors, the most influential ones, whose pairs are searched for interactions."""


@dataclass(frozen=True)
class Insight:
    """Each part is None, or empty, where the design does not allow it; `skipped` says why, where a reader would ask.

    `drivers` are the indices of the contrast's outcome by target (either arm, or the difference), `indices` those of
    every outcome as a table: target, outcome, factor, then numbers; or a `reason` where there are none. `stochastic`
    is the share of stochastic variance by target and outcome.
    """

    power: power.Power | None = None
    divergence: divergence.Divergence | None = None
    changes: tuple[ablation.Change, ...] = ()
    boxes: tuple[boxes.Box, ...] = ()
    tree: tree.Tree | None = None
    boundary: Boundary | None = None
    interactions: tuple[Interaction, ...] = ()
    shares: shares.Shares | None = None
    drivers: Mapping[str, Sobol | Morris] = field(default_factory=dict)
    indices: pd.DataFrame | None = None
    curves: tuple[curves.Curve, ...] = ()
    stochastic: Mapping[tuple[str, str], variance.StochasticShare] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)


def read_insight(finished: StoredStudy, findings: Findings) -> Insight:
    """All that the tables of a study allow to be said beyond its findings."""
    study, skipped = finished.study, {}

    def tell(what: str, compute: Callable[[], T], otherwise: T) -> T:
        try:
            return compute()
        except StudyError as error:
            skipped[what] = str(error)
            return otherwise

    values = tell("every outcome", lambda: run_values(finished), None) if asks_of_runs(study) else None
    insight = Insight(
        power=tell("power", lambda: power.plan(findings.pairs, findings.contrast.region), None),
        divergence=tell("the month of divergence", lambda: diverged(findings), None),
        changes=ablation.changes(findings.runs, study, findings.variants) if findings.variants else (),
        skipped=skipped,
    )
    if values is not None:
        insight = with_every_outcome(insight, finished, values, skipped)
    return with_regions(insight, findings, tell)


def with_regions(insight: Insight, findings: Findings, tell: Callable[..., Any]) -> Insight:
    """Where each arm wins, beyond the conditions of the findings; nothing where those found too few worlds."""
    discovery, contrast, seed = findings.discovery.effects, findings.contrast, findings.study.seed
    if not discovery:
        return insight
    rows = findings.pairs.index.isin(findings.design.index) & findings.pairs["difference"].notna().to_numpy()
    worlds = findings.design.loc[findings.pairs.index[rows]]
    verdict = findings.winners[rows]
    spans = {name: findings.study.design.factors[name] for name in worlds.columns}
    names = [region.factor for region in discovery]
    if len(names) >= 2:
        pair, spans_of_pair = (names[0], names[1]), (spans[names[0]], spans[names[1]])
        insight = replace(
            insight,
            boundary=tell("the boundary", lambda: boundary.boundary(worlds, verdict, pair, spans_of_pair, seed), None),
            interactions=boundary.interactions(worlds, verdict, names[:LOOKED_AT]),
        )
    return replace(
        insight,
        boxes=boxes.find(worlds, verdict, (contrast.a, contrast.b), seed),
        tree=tell("a tree", lambda: tree.grow(worlds, verdict, seed), None),
        shares=shares.of_boxes(worlds, verdict, spans),
    )


def diverged(findings: Findings) -> divergence.Divergence | None:
    """The month at which the contrast's paths part; None where no months were kept, or the outcome has no series."""
    if findings.trajectories is None:
        return None
    series = divergence.series_of(findings.contrast, list(findings.trajectories.columns))
    if series is None:
        return None
    apart = divergence.paths(findings.trajectories, findings.contrast, series)
    return divergence.divergence(apart, findings.contrast.region, series, findings.study.seed)


# runs, outcome by outcome


def again(study: Study) -> bool:
    """Whether points may be met more than once."""
    return study.design.replicates_at_most > 1


def asks_of_runs(study: Study) -> bool:
    """Whether there is more to say of single runs than the contrast does."""
    return again(study) or study.design.sampler in (*sensitivity.SAMPLES, "one_at_a_time")


def targets(study: Study) -> tuple[str, str, str]:
    """What indices are computed for: both arms of the contrast, and their difference."""
    return study.contrast.a, study.contrast.b, DIFFERENCE


@dataclass(frozen=True)
class Values:
    """Every outcome under one target: `runs` indexed by point and world, `means` over the worlds of each point.

    A mean is NaN where any run of the point lacks the outcome.
    """

    runs: pd.DataFrame
    means: pd.DataFrame


def run_values(finished: StoredStudy) -> dict[str, Values]:
    """Every outcome of the runs of each arm of the contrast, and of their paired difference."""
    study = finished.study
    names = finished.parts(RUNS)
    runs = sum(map(finished.count_rows, names)) * 2 // len(study.arms)
    if runs > MOST_RUNS:
        raise StudyError(f"{runs:,} runs are too many to read at once; ask for single outcomes")
    arms, keys = targets(study)[:2], ["point", "world", "arm", "variant"]
    kept = []
    for name in names:
        part = finished.read_part(name, [*keys, *OUTCOME_NAMES]).to_pandas()
        rows = part["arm"].isin(arms) & (part["variant"] == NO_VARIANT)
        kept.append(part[rows].astype({"arm": str}).drop(columns="variant"))
    table = pd.concat(kept).set_index(["point", "world"]).sort_index(kind="stable")
    a, b = (table.loc[table["arm"] == arm, list(OUTCOME_NAMES)] for arm in arms)
    return {target: valued(cells) for target, cells in zip(targets(study), (a, b, a - b), strict=True)}


def valued(runs: pd.DataFrame) -> Values:
    """Runs with the mean of each point; NaN where a replicate lacks the outcome."""
    by_point = runs.groupby(level="point")
    whole = by_point.count().eq(by_point.size(), axis=0)
    return Values(runs, by_point.mean().where(whole))


def with_every_outcome(
    insight: Insight, finished: StoredStudy, values: Mapping[str, Values], skipped: dict[str, str]
) -> Insight:
    """What single runs show: stochastic variance, indices of sensitivity, curves; whatever the design has data for."""
    study = finished.study
    spreads = spreads_of(values) if again(study) else {}
    insight = replace(insight, stochastic=stochastic_shares(spreads, study))
    if study.design.sampler in sensitivity.SAMPLES:
        table, drivers = indices_of(values, spreads, study)
        missing = table[(table["reason"] != "") & (table["outcome"] == study.contrast.outcome)]
        for row in missing.itertuples():
            skipped[f"what drives {row.outcome}, {row.target}"] = row.reason
        insight = replace(insight, indices=table, drivers=drivers)
    if study.design.sampler == "one_at_a_time":
        try:
            insight = replace(insight, curves=curves_of(finished, values))
        except StudyError as error:
            skipped["curves"] = str(error)
    return insight


Spreads = Mapping[tuple[str, str], pd.DataFrame]
"""By target and outcome: how often each point was met, and the mean and variance there (see `variance.spread`)."""


def spreads_of(values: Mapping[str, Values]) -> Spreads:
    """The spread of every outcome within points, by target."""
    return {
        (target, outcome): variance.spread(value.runs[[outcome]], outcome)
        for target, value in values.items()
        for outcome in OUTCOME_NAMES
    }


def stochastic_shares(spreads: Spreads, study: Study) -> dict[tuple[str, str], variance.StochasticShare]:
    """The share of stochastic variance in every outcome but those that are missing or constant."""
    factors = len(study.design.factors) + len(study.design.choices)
    together = samplers.points_per_sample(study.design.sampler, factors)
    shares = {}
    for key, spread in spreads.items():
        try:
            shares[key] = variance.stochastic_share(spread, study.seed, together)
        except StudyError:
            continue
    return shares


def noise(spread: pd.DataFrame | None, study: Study) -> float | None:
    """The stochastic variance in the mean of a point; None where unknown, 0 where all points share their draws."""
    if study.design.shared_worlds:
        return 0.0
    if spread is None:
        return None
    met = spread[spread["count"] >= 2]
    return float((met["var"] / met["count"]).mean()) if len(met) else None


def indices_of(
    values: Mapping[str, Values], spreads: Spreads, study: Study
) -> tuple[pd.DataFrame, dict[str, Sobol | Morris]]:
    """The indices of every outcome and target, and those of the contrast's outcome by target.

    In the table a row for each factor, or one row with the reason why there are none.
    """
    names = [*designs.factor_names(study.design), *designs.choice_names(study.design)]
    count = study.design.points
    unit = samplers.unit(study.design.sampler, len(names), count, study.seed, 0, count)
    rows: list[dict[str, object]] = []
    drivers = {}
    for target in targets(study):
        for outcome in OUTCOME_NAMES:
            means = values[target].means[outcome].reindex(np.arange(count)).to_numpy(np.float64)
            blur = noise(spreads.get((target, outcome)), study)
            here = {"target": target, "outcome": outcome, "reason": ""}
            try:
                indices = index(study, unit, means, names, blur, outcome)
            except StudyError as error:
                rows.append({**here, "factor": "", "reason": str(error)})
                continue
            rows += [{**here, **numbers} for numbers in _rows(indices)]
            if outcome == study.contrast.outcome:
                drivers[target] = indices
    return pd.DataFrame(rows), drivers


def index(
    study: Study, unit: samplers.Cube, means: NDArray[np.float64], names: list[str], blur: float | None, outcome: str
) -> Sobol | Morris:
    """The indices that a design was drawn for, from its points in the unit cube and an outcome at each."""
    if study.design.sampler == "saltelli":
        often = sensitivity.INDEX_RESAMPLES if outcome == study.contrast.outcome else sensitivity.FEW_RESAMPLES
        return sensitivity.sobol_indices(means, names, study.seed, blur, often)
    return sensitivity.elementary_effects(unit, means, names, study.seed, blur)


def _rows(indices: Sobol | Morris) -> list[dict[str, object]]:
    if isinstance(indices, Sobol):
        return [
            {
                "factor": share.factor,
                "first": share.first.value,
                "first_low": share.first.low,
                "first_high": share.first.high,
                "total": share.total.value,
                "total_low": share.total.low,
                "total_high": share.total.high,
            }
            for share in indices.shares
        ]
    return [
        {"factor": effect.factor, "size": effect.size.value, "size_low": effect.size.low, "size_high": effect.size.high,
         "mean": effect.mean, "spread": effect.spread, "floor": indices.floor}
        for effect in indices.effects
    ]  # fmt: skip


def curves_of(finished: StoredStudy, values: Mapping[str, Values]) -> tuple[curves.Curve, ...]:
    """How the contrast moves along each factor, one at a time."""
    study = finished.study
    names = designs.factor_names(study.design)
    table = finished.read(finished.parts(DESIGN)).set_index("point").sort_index()[names]
    rows = values[DIFFERENCE].runs[study.contrast.outcome].rename("value").reset_index()
    return curves.curves(study, table, rows, study.seed)


# what is written beside the report


def insight_summary(insight: Insight) -> dict[str, object]:
    """The numbers of an insight, for `analysis/insight.json`; those of every outcome are in tables beside it."""
    parts: dict[str, object] = {
        "power": asdict(insight.power) if insight.power else None,
        "divergence": _divergence(insight.divergence) if insight.divergence else None,
        "changes": [asdict(change) for change in insight.changes],
        "boxes": [_box(box) for box in insight.boxes],
        "tree": asdict(insight.tree) if insight.tree else None,
        "boundary": _boundary(insight.boundary) if insight.boundary else None,
        "interactions": [asdict(interaction) for interaction in insight.interactions],
        "shares": asdict(insight.shares) if insight.shares else None,
        "drivers": {target: asdict(driver) for target, driver in insight.drivers.items()},
        "swings": {curve.factor: asdict(curve.swing) for curve in insight.curves},
        "skipped": dict(insight.skipped),
    }
    return {name: rounded(part) for name, part in parts.items() if part}


def _divergence(parted: divergence.Divergence) -> dict[str, object]:
    typical = asdict(parted.typical) if parted.typical else None
    return {
        "series": parted.series,
        "worlds": parted.worlds,
        "month": parted.month,
        "diverged": asdict(parted.diverged),
        "typical": typical,
    }


def _box(box: boxes.Box) -> dict[str, object]:
    """A box without the way there; an end it does not cut is null, since JSON knows no infinity."""
    ends = [{"factor": side.factor, **{end: value if np.isfinite(value := getattr(side, end)) else None for end in
             ("low", "high")}} for side in box.sides]  # fmt: skip
    return {"arm": box.arm, "sides": ends, "mass": box.mass, "density": asdict(box.density),
            "coverage": asdict(box.coverage), "elsewhere": asdict(box.elsewhere)}  # fmt: skip


def _boundary(surface: Boundary) -> dict[str, object]:
    known = {str(side): float(np.mean(surface.known == side)) for side in (1, 0, -1)}
    return {"across": surface.across, "up": surface.up, "worlds": surface.worlds, "known": known,
            "right": asdict(surface.right), "commonest": surface.commonest}  # fmt: skip


def tables(insight: Insight) -> dict[str, bytes]:
    """Tables that are too long for the report, as CSV by name: the sensitivity of every outcome, curves, chance."""
    frames = {}
    if insight.indices is not None:
        frames["sensitivity"] = insight.indices
    if insight.curves:
        parts = [curve.table.assign(factor=curve.factor, base=curve.base) for curve in insight.curves]
        frames["curves"] = pd.concat(parts)[["factor", "base", "level", "mean", "low", "high"]]
    if insight.stochastic:
        rows = [
            (*key, share.share.value, share.share.low, share.share.high, share.variance, share.points, share.replicates)
            for key, share in insight.stochastic.items()
        ]
        names = ["target", "outcome", "share", "low", "high", "variance", "points", "replicates"]
        frames["stochastic"] = pd.DataFrame(rows, columns=names)
    form = f"%.{DIGITS}g"
    return {name: frame.to_csv(index=False, float_format=form).encode() for name, frame in frames.items()}
