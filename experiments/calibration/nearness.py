"""How far worlds are from what was observed: those out of reach are left before all of their scenarios are played."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial

import numpy as np

from experiments.calibration.pattern import Pattern
from experiments.calibration.pieces import handed_out, measure_all
from experiments.calibration.readings import Numbers, Worlds
from experiments.config.scenarios import Kind


def near(
    patterns: Sequence[Pattern],
    worlds: Worlds,
    seed: int,
    *,
    runs: Sequence[int],
    within: float,
    kinds: Mapping[str, Kind],
    changes: Mapping[str, float] | None = None,
) -> Numbers:
    """The mean distance of the patterns in each world (worlds,); infinite where it is not within the tolerance.

    Scenarios of few localities come first, and the others are played only in worlds that may still be within it: since
    no distance is below 0, the mean so far can only grow. What is within has the distance it has without this.
    """
    apart = np.zeros((len(patterns), len(worlds)))
    left = np.arange(len(worlds))
    for name in sorted(kinds, key=lambda name: (kinds[name].n_localities, -len(of_scenario(patterns, name)))):
        own = of_scenario(patterns, name)
        there = left.tolist()
        measured = measure_all(
            own, [worlds[at] for at in there], seed, changes=changes, runs=[runs[at] for at in there], kinds=kinds
        )
        for pattern in own:
            apart[patterns.index(pattern), left] = measured[pattern.name].distance
        left = left[mean_distance(apart[:, left]) <= within]
        if not len(left):
            break
    distances = np.full(len(worlds), np.inf)
    distances[left] = mean_distance(apart[:, left])
    return distances


def mean_distance(apart: Iterable[Numbers]) -> Numbers:
    """The mean over patterns of distances (patterns, worlds), added pattern by pattern: company changes none."""
    rows = list(apart)
    total = np.zeros_like(rows[0])
    for row in rows:
        total += row
    return total / len(rows)


def of_scenario(patterns: Sequence[Pattern], name: str) -> list[Pattern]:
    """The patterns of one scenario."""
    return [pattern for pattern in patterns if pattern.scenario == name]


def near_in_pieces(
    patterns: Sequence[Pattern],
    worlds: Worlds,
    seed: int,
    executor: Executor,
    size: int,
    *,
    first: int,
    within: float,
    kinds: Mapping[str, Kind],
    changes: Mapping[str, float] | None = None,
) -> Numbers:
    """The same with the worlds handed out `size` at a time."""
    task = partial(near, patterns, seed=seed, within=within, kinds=kinds, changes=changes)
    return np.concatenate(handed_out(executor, task, worlds, size, first))
