"""Single worlds that show a claim or speak against it: the nearest to the default world, and how to replay them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis import judging
from experiments.claims.claim import Claim
from experiments.claims.evidence import Evidence, rows_of
from experiments.study.definition import Study

NAMED = 3
"""Parameters in which an example differs most from the default world, and which are told."""


@dataclass(frozen=True)
class Example:
    """A world: both sides of a test in it, how far it lies from the default world, and the commands that replay it.

    Each of `settings` is replayed by the command at its place in `commands`.

    `distance` is the root of the mean squared distance over all factors, each in widths of its range. `apart` are the
    factors that differ most: name, value here, value in the default world.
    """

    point: int
    world: int
    distance: float
    a: float
    b: float
    difference: float
    apart: tuple[tuple[str, float, float], ...]
    settings: tuple[str, ...]
    commands: tuple[str, ...]


def nearest(
    claim: Claim, evidence: Evidence, runs: pd.DataFrame, design: pd.DataFrame, study: Study, folder: Path, way: int
) -> Example | None:
    """The world nearest to the default one that speaks for a test (`way` 1) or against it (-1); None if none does."""
    known = evidence.pairs.dropna(subset="difference")
    sign = judging.signs(known["difference"].to_numpy(), evidence.test.expect, evidence.test.region)
    rows = known[sign == way]
    if not len(rows):
        return None
    apart = distances(design.loc[rows.index], study)
    far = np.sqrt(np.mean(np.square(apart), axis=1)) if apart.shape[1] else np.zeros(len(rows))
    place = int(np.argmin(far))
    point = rows.index[place]
    most = np.argsort(-np.abs(apart[place]), kind="stable")[:NAMED]
    names = [str(design.columns[column]) for column in most]
    world, settings, commands = replays(claim, evidence, runs, int(point), folder)
    return Example(
        point=int(point),
        world=world,
        distance=float(far[place]),
        a=float(rows["a"].iloc[place]),
        b=float(rows["b"].iloc[place]),
        difference=float(rows["difference"].iloc[place]),
        apart=tuple((name, float(design.loc[point, name]), float(study.parameters[name])) for name in names),
        settings=settings,
        commands=commands,
    )


def distances(design: pd.DataFrame, study: Study) -> NDArray[np.float64]:
    """How far each world (row) lies from the default one in each factor (column), in widths of the factor's range."""
    low, high = np.array([study.design.factors[name] for name in design.columns], dtype=float).reshape(-1, 2).T
    centre = np.array([study.parameters[name] for name in design.columns])
    return np.asarray((design.to_numpy(dtype=float) - centre) / (high - low))


def replays(
    claim: Claim, evidence: Evidence, runs: pd.DataFrame, point: int, folder: Path
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """The world, the settings that a test stands on there, and the commands that replay them in one replicate."""
    here = runs[runs["point"] == point]
    worlds = np.sort(here["world"].unique())
    world = int(worlds[len(worlds) // 2] if evidence.test.beforehand else worlds[0])
    every = [name for side in ("a", "b") for name in str(evidence.settings[side][point]).split(" + ")]
    names, numbers = tuple(dict.fromkeys(every)), []
    for name in names:
        rows = rows_of(claim, name, here)
        numbers.append(int(rows.loc[rows["world"] == world, "run"].iloc[0]))
    return (
        world,
        names,
        tuple(f"partnership replay study={shlex.quote(str(folder))} run={number}" for number in numbers),
    )
