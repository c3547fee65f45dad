"""All that a report says, computed from the stored tables of a finished study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis import contrasts, discovery
from experiments.analysis.contrasts import PairedResult
from experiments.errors import StudyError
from experiments.study import plan
from experiments.study.definition import NO_VARIANT, Contrast, Study
from experiments.study.design import factor_names, points_apart
from experiments.study.stored import StoredStudy
from experiments.study.tables import DESIGN, RUNS, TRAJECTORIES, part_name
from sim.failures import MODE_NAMES

MONTHLY = ["point", "arm", "month", "outcome", "alone_outcome", "structure", "purpose", "trust", "commitment"]
"""The columns of the trajectories that figures are drawn from."""
EXPLORED = 4
"""Parts of the design in which conditions for an arm to do better are sought: 65,536 worlds are plenty for that."""
DIGITS = 9
"""Significant digits of the numbers in `summary.json`: beyond them, sums may differ between processors."""


@dataclass(frozen=True)
class Findings:
    """Tables and results of a study.

    A world here is a point of the design. `runs` has world, arm, variant and the contrast's outcome (of `run_count`
    runs, over replicates their mean); `design` the first worlds (see `EXPLORED`); `pairs` both arms' outcome by world;
    `arms` one row an arm; `variants` the contrast as it stands and under each variant, over the same worlds (empty
    without variants);
    `trajectories` is None where none were kept, `flags` (which failure modes runs of the first worlds show) where none
    were looked for.
    """

    study: Study
    provenance: dict[str, Any]
    runs: pd.DataFrame
    run_count: int
    design: pd.DataFrame
    trajectories: pd.DataFrame | None
    pairs: pd.DataFrame
    result: PairedResult
    arms: pd.DataFrame
    variants: dict[str, PairedResult]
    discovery: discovery.Discovery
    flags: pd.DataFrame | None = None

    @property
    def contrast(self) -> Contrast:
        """The contrast of the study."""
        return self.study.contrast

    @property
    def winners(self) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """1, 0 or -1 for each row of `pairs`: arm a better, no practical difference (or missing), arm b better."""
        return contrasts.verdicts(self.pairs["difference"].to_numpy(), self.contrast.region)


def read_findings(finished: StoredStudy) -> Findings:
    """Read a study's tables, each verified, and compute what there is to say about them."""
    study, contrast = finished.study, finished.study.contrast
    runs, run_count = by_point(finished)
    points = finished.read(finished.parts(DESIGN)[:EXPLORED])
    design = points.set_index("point")[factor_names(study.design)]
    months = finished.parts(TRAJECTORIES)
    pairs = contrasts.pair(runs, contrast)
    refuse_constant(pairs, contrast)
    complete = pairs.dropna(subset="difference")
    explored = complete[complete.index.isin(design.index)]
    verdict = contrasts.verdicts(explored["difference"].to_numpy(), contrast.region)
    return Findings(
        study=study,
        provenance=dict(finished.provenance),
        runs=runs,
        run_count=run_count,
        design=design,
        trajectories=finished.read(months, MONTHLY) if months else None,
        pairs=pairs,
        result=contrasts.compare(pairs, contrast.region, study.seed),
        arms=contrasts.by_arm(runs, measured(runs, study), contrast.outcome, study.seed),
        variants=by_variant(runs, study),
        discovery=discovery.discover(design.loc[explored.index], verdict, (contrast.a, contrast.b), study.seed),
        flags=flags(finished),
    )


def refuse_constant(pairs: pd.DataFrame, contrast: Contrast) -> None:
    """Raise `StudyError` if the outcome is the same in every run of both arms: it cannot tell anything apart."""
    values = pairs[["a", "b"]].to_numpy()
    known = values[np.isfinite(values)]
    if len(known) > 1 and np.ptp(known) == 0:
        raise StudyError(
            f"outcome '{contrast.outcome}' is {known[0]:g} in every run of {contrast.a} and {contrast.b}, so there is "
            "nothing to compare; choose another with contrast.outcome"
        )


def measured(runs: pd.DataFrame, study: Study) -> tuple[str, ...]:
    """The arms that have the outcome at all (acting alone has no month of gain), and always those of the contrast."""
    known = runs.loc[runs["variant"] == NO_VARIANT].groupby("arm", observed=True)[study.contrast.outcome].count()
    return tuple(arm for arm in study.arms if known[arm] >= 2 or arm in (study.contrast.a, study.contrast.b))


def flags(finished: StoredStudy) -> pd.DataFrame | None:
    """Which failure modes runs of the study's arms show: point (called `world`), arm, then a column per mode.

    Of a large study, those of the first worlds only (see `EXPLORED`): all of them would not fit into memory.
    """
    study = finished.study
    if study.limits is None:
        return None
    points = finished.read(finished.parts(DESIGN)[:EXPLORED], ["point"])["point"]
    read = []
    for name in first_parts(study, len(points)):
        runs = finished.read([name], ["point", "arm", "variant", *MODE_NAMES])
        kept = (runs["variant"] == NO_VARIANT) & (runs["arm"] != "alone") & runs["point"].isin(points)
        read.append(runs[kept].drop(columns="variant").astype(dict.fromkeys(MODE_NAMES, np.float32)))
    return pd.concat(read, ignore_index=True)


def first_parts(study: Study, places: int) -> list[str]:
    """The files with the runs of the points that are visited first, in all their worlds."""
    count = study.design.points
    tasks = [task for task in plan.tasks(study) if task.table == RUNS]
    return [
        part_name(task.index)
        for task in tasks
        if task.start % count < places or task.start % count + task.stop - task.start > count
    ]


def by_point(finished: StoredStudy) -> tuple[pd.DataFrame, int]:
    """The contrast's outcome by point, arm and variant, over replicates its mean; and all runs.

    Of points that were drawn together only those that are independent of one another (`design.apart`).
    """
    columns = ["point", "arm", "variant", finished.study.contrast.outcome]
    names = finished.parts(RUNS)
    if finished.study.design.replicates_at_most == 1:
        runs = finished.read(names, columns)
        count = len(runs)
    else:
        parts = (finished.read_part(name, columns).to_pandas() for name in names)
        runs, count = over_replicates(finished.study, parts)
    alone = points_apart(finished.study.design, runs["point"].to_numpy())
    return (runs if alone.all() else runs[alone]), count


def over_replicates(study: Study, parts: Iterable[pd.DataFrame]) -> tuple[pd.DataFrame, int]:
    """Means over replicates, and how many runs there are, from one part after another: never are all in memory."""
    arms, variants, outcome = study.arms, (NO_VARIANT, *sorted(study.variants)), study.contrast.outcome
    shape = (study.design.points, len(arms), len(variants))
    total, known, met = np.zeros(shape), np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    for runs in parts:
        codes = [pd.Categorical(runs[kind], names).codes for kind, names in (("arm", arms), ("variant", variants))]
        cell, value = (runs["point"].to_numpy(), *codes), runs[outcome].to_numpy()
        np.add.at(met, cell, 1)
        np.add.at(known, cell, np.isfinite(value))
        np.add.at(total, cell, np.nan_to_num(value))
    point, arm, variant = np.nonzero(met)
    with np.errstate(invalid="ignore"):
        means = (total / known)[point, arm, variant]
    named = {"arm": pd.Categorical.from_codes(arm, arms), "variant": pd.Categorical.from_codes(variant, variants)}
    return pd.DataFrame({"point": point, **named, outcome: means}), int(met.sum())


def by_variant(runs: pd.DataFrame, study: Study) -> dict[str, PairedResult]:
    """The contrast as it stands (under `none`) and under each variant, in the worlds that all of them met.

    Those are the first in the order of visiting, not by number.
    """
    if not study.variants or not study.variant_points:
        return {}
    shared = runs[runs["point"].isin(runs.loc[runs["variant"] != NO_VARIANT, "point"].unique())]
    names = (NO_VARIANT, *sorted(study.variants))
    return {
        name: contrasts.compare(contrasts.pair(shared, study.contrast, name), study.contrast.region, study.seed)
        for name in names
    }


def findings_summary(findings: Findings, verdict: dict[str, Any]) -> dict[str, Any]:
    """What `summary.json` holds: the verdict in words, then the numbers behind it, and the box they were drawn from."""
    study = findings.study
    content: dict[str, Any] = {
        "study": {"name": study.name, "id": study.id, "question": study.question, "seed": study.seed},
        "verdict": verdict,
        "worlds": findings.study.design.points,
        "runs": findings.run_count,
        "box": {name: list(span) for name, span in study.design.factors.items()},
        "contrast": {**asdict(study.contrast), **asdict(findings.result)},
        "variants": {
            name: {"changes": dict(study.variants.get(name, {})), **asdict(result)}
            for name, result in findings.variants.items()
        },
        "arms": findings.arms.to_dict("index"),
        "discovery": asdict(findings.discovery),
        "results_version": findings.provenance["results_version"],
    }
    numbers: dict[str, Any] = rounded(content)
    return numbers


def rounded(content: Any) -> Any:
    """The same content with every number a plain one of `DIGITS` significant digits."""
    if isinstance(content, dict):
        return {str(key): rounded(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [rounded(value) for value in content]
    if isinstance(content, (bool, np.bool_)):
        return bool(content)
    if isinstance(content, (int, np.integer)):
        return int(content)
    if isinstance(content, (float, np.floating)):
        return float(f"{content:.{DIGITS}g}")
    return content
