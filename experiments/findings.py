"""All that a report says, computed from the stored tables of a finished study."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments import store
from experiments.analysis import contrasts, discovery
from experiments.analysis.contrasts import PairedResult
from experiments.design import NO_VARIANT
from experiments.store import Finished
from experiments.study import Contrast, Study

MONTHLY = ["world", "arm", "month", "outcome", "alone_outcome", "structure", "purpose", "trust", "commitment"]
"""The columns of the trajectories that figures are drawn from."""
DIGITS = 9
"""Significant digits of the numbers in `summary.json`: beyond them, sums may differ between processors."""


@dataclass(frozen=True)
class Findings:
    """Tables and results of a study.

    `runs` has world, arm, variant and the contrast's outcome; `pairs` both arms' outcome by world; `arms` one row an
    arm; `variants` the contrast as it stands and under each variant, over the same worlds (empty without variants);
    `trajectories` is None where none were kept.
    """

    study: Study
    provenance: dict[str, Any]
    runs: pd.DataFrame
    design: pd.DataFrame
    trajectories: pd.DataFrame | None
    pairs: pd.DataFrame
    result: PairedResult
    arms: pd.DataFrame
    variants: dict[str, PairedResult]
    discovery: discovery.Discovery

    @property
    def contrast(self) -> Contrast:
        return self.study.contrast

    @property
    def winners(self) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """1, 0 or -1 for each row of `pairs`: arm a better, no practical difference (or missing), arm b better."""
        return contrasts.verdicts(self.pairs["difference"].to_numpy(), self.contrast.region)


def read(finished: Finished) -> Findings:
    """Read a study's tables, each verified, and compute what there is to say about them."""
    study, contrast = finished.study, finished.study.contrast
    runs = store.read_table(finished, finished.run_files, ["world", "arm", "variant", contrast.outcome])
    design = store.read_table(finished, [store.DESIGN]).set_index("world")
    kept = store.TRAJECTORIES in finished.files
    pairs = contrasts.pair(runs, contrast)
    complete = pairs.dropna(subset="difference")
    verdict = contrasts.verdicts(complete["difference"].to_numpy(), contrast.region)
    return Findings(
        study=study,
        provenance=finished.provenance,
        runs=runs,
        design=design,
        trajectories=store.read_table(finished, [store.TRAJECTORIES], MONTHLY) if kept else None,
        pairs=pairs,
        result=contrasts.compare(pairs, contrast.region, study.seed),
        arms=contrasts.by_arm(runs, study.arms, contrast.outcome, study.seed),
        variants=by_variant(runs, study),
        discovery=discovery.discover(design.loc[complete.index], verdict, (contrast.a, contrast.b), study.seed),
    )


def by_variant(runs: pd.DataFrame, study: Study) -> dict[str, PairedResult]:
    """The contrast as it stands (under `none`) and under each variant, in the worlds that all of them met."""
    if not study.variants or not study.variant_points:
        return {}
    shared = runs[runs["world"] < study.variant_points]
    names = (NO_VARIANT, *sorted(study.variants))
    return {
        name: contrasts.compare(contrasts.pair(shared, study.contrast, name), study.contrast.region, study.seed)
        for name in names
    }


def summary(findings: Findings, verdict: dict[str, Any]) -> dict[str, Any]:
    """What `summary.json` holds: the verdict in words, then the numbers behind it, and the box they were drawn from."""
    study = findings.study
    content: dict[str, Any] = {
        "study": {"name": study.name, "id": study.id, "question": study.question, "seed": study.seed},
        "verdict": verdict,
        "worlds": len(findings.design),
        "runs": len(findings.runs),
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
    found: dict[str, Any] = rounded(content)
    return found


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
