"""What becomes of the contrast when a mechanism is changed: the change itself, world by world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis.contrasts import LEVEL, Count, Estimate, PairedResult, count, pair, verdicts
from experiments.study.definition import NO_VARIANT, Study


@dataclass(frozen=True)
class Change:
    """A mechanism changed: the contrast with it (`result`), and how far that is from the contrast as it stands.

    `shift` is the mean, over the same worlds, of the paired difference with the change less the one without; its
    interval holds for all mechanisms of the study together (Bonferroni). `turned` counts worlds that end otherwise:
    another arm wins, or one does where none did, or none where one did.
    """

    name: str
    result: PairedResult
    shift: Estimate
    turned: Count


def changes(runs: pd.DataFrame, study: Study, results: dict[str, PairedResult]) -> tuple[Change, ...]:
    """Every variant of a study, the one that moves the contrast most first. `results` are those of each variant."""
    base = pair(runs, study.contrast)["difference"]
    names = [name for name in results if name != NO_VARIANT]
    ablations = []
    for name in names:
        changed = pair(runs, study.contrast, name)["difference"]
        both = pd.DataFrame({"base": base, "changed": changed}).dropna()
        before, after = (verdicts(both[side].to_numpy(), study.contrast.region) for side in ("base", "changed"))
        moved = (both["changed"] - both["base"]).to_numpy()
        ablations.append(Change(name, results[name], joint_interval(moved, len(names)), count(before != after)))
    return tuple(sorted(ablations, key=lambda ablation: (-abs(ablation.shift.value), ablation.name)))


def joint_interval(moved: NDArray[np.float64], of: int) -> Estimate:
    """A mean with a t interval that holds for `of` such means together."""
    value = float(np.mean(moved))
    if np.ptp(moved) == 0:
        return Estimate(value, value, value)
    half = float(stats.t.ppf(1 - (1 - LEVEL) / 2 / of, len(moved) - 1) * stats.sem(moved))
    return Estimate(value, value - half, value + half)
