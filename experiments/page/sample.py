"""Runs that the page plays again to show that its engine is this one: what they came to here, to the last bit.

Outcomes are kept as they are: a float written out and read back is the same float. Monthly series are kept as a
digest (FNV-1a over their 32-bit words), which `src/check.js` works out from its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from experiments.failures.demonstration import Demonstration
from sim.params import DEFAULTS, SETUPS, as_array
from sim.runs import simulate

SEED, WORLD = 8, 15
"""Those of the runs under each setup; lessons have their own."""

START, PRIME = 0x811C9DC5, 0x01000193
"""Of FNV-1a, 32 bits."""


def cases(demonstrations: Iterable[Demonstration]) -> list[dict[str, Any]]:
    """A run under every setup, and the world of every failure mode with and without its remedy."""
    return [case(parameters, seed, world) for parameters, seed, world in settings(demonstrations)]


def settings(demonstrations: Iterable[Demonstration]) -> Iterator[tuple[Mapping[str, float], int, int]]:
    """Parameters, seed and world of runs to try."""
    for setup in SETUPS.values():
        yield {**DEFAULTS, **setup}, SEED, WORLD
    for place, shown in enumerate(demonstrations):
        yield shown.parameters, shown.seed, place
        yield {**shown.parameters, **shown.remedy.parameters}, shown.seed, place


def case(parameters: Mapping[str, float], seed: int, world: int) -> dict[str, Any]:
    """One run: what to set, and what it came to. Parameters are those that depart from their defaults."""
    runs = simulate(as_array(parameters)[None], np.array([world]), seed, trajectories=True)
    assert runs.trajectories is not None
    return {
        "parameters": {name: value for name, value in parameters.items() if value != DEFAULTS[name]},
        "seed": seed,
        "world": world,
        "outcomes": [None if value != value else value for value in runs.outcomes[0].tolist()],
        "series": digest(runs.trajectories[0]),
    }


def digest(numbers: np.ndarray) -> int:
    """FNV-1a, 32 bits, of an array's 32-bit words, lowest first."""
    value = START
    for word in np.ascontiguousarray(numbers, dtype="<f8").view("<u4").ravel().tolist():
        value = ((value ^ word) * PRIME) & 0xFFFFFFFF
    return value
