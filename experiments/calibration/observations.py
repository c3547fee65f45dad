"""Which observation would tell two models apart: the outcome of a scenario that they predict most differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from experiments import wording
from experiments.calibration.readings import Numbers, Worlds, play
from experiments.config.scenarios import load_scenario
from sim.outcomes import OUTCOME_NAMES

OBSERVABLE = (
    "effort", "burden", "structure", "purpose", "trust", "commitment", "endorsed", "owned", "cost_shift_mean",
    "participation", "participation_small", "overloaded", "members", "gini_effort", "vichealth_score", "added_value",
    "gap_change",
)  # fmt: skip
"""Outcomes that somebody could observe in real places, some of them only with a comparison."""


@dataclass(frozen=True)
class Observation:
    """What two models predict of an outcome's mean over the localities of a scenario, and how far that is apart.

    `ks_distance`: the largest gap between the two cumulative distributions over runs, 0 to 1.
    """

    scenario: str
    outcome: str
    whole: float
    rival: float
    ks_distance: float

    def text(self) -> str:
        """The observation in a sentence."""
        whole, rival = (f"{round(mean, 2) + 0.0:.2f}" for mean in (self.whole, self.rival))
        return (
            f"The observation that would tell most: {wording.plain(self.outcome)} at the end of {self.scenario}, "
            f"{whole} on average in the whole model and {rival} in the rival (Kolmogorov-Smirnov distance "
            f"{self.ks_distance:.2f})."
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as data."""
        return asdict(self)


def outcome_means(
    scenarios: Sequence[str], worlds: Worlds, changes: Mapping[str, float], seed: int
) -> dict[tuple[str, str], Numbers]:
    """The mean over localities of every observable outcome of every scenario, for each world (worlds,)."""
    means = {}
    for name in scenarios:
        outcomes = play(load_scenario(name), worlds, changes, seed).outcomes
        for outcome in OBSERVABLE:
            values = outcomes[:, :, OUTCOME_NAMES.index(outcome)]
            known = ~np.isnan(values)
            total = np.where(known, values, 0.0).sum(axis=1)
            means[name, outcome] = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
    return means


def farthest(whole: Mapping[tuple[str, str], Numbers], rival: Mapping[tuple[str, str], Numbers]) -> Observation:
    """The outcome and scenario in which a rival's predictions differ most from those of the whole model."""
    candidates = []
    for (scenario, outcome), values in whole.items():
        ours, theirs = values[~np.isnan(values)], rival[scenario, outcome][~np.isnan(rival[scenario, outcome])]
        if len(ours) and len(theirs):
            distance = float(stats.ks_2samp(ours, theirs).statistic)
            candidates.append(Observation(scenario, outcome, float(ours.mean()), float(theirs.mean()), distance))
    return max(candidates, key=lambda observation: observation.ks_distance)
