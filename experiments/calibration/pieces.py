"""Many patterns in many worlds, in pieces that workers take: the numbers do not depend on how they are cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

import numpy as np

from experiments.calibration.measure import Measured, measure
from experiments.calibration.pattern import Pattern
from experiments.calibration.readings import Played, Worlds, play
from experiments.config.scenarios import Kind, load_scenario

Made = TypeVar("Made")


def measure_all(
    patterns: Sequence[Pattern],
    worlds: Worlds,
    seed: int,
    *,
    changes: Mapping[str, float] | None = None,
    runs: Sequence[int] | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> dict[str, Measured]:
    """Every pattern in a run of its scenario in each world; a simulation that several ask for is played once."""
    kinds = kinds or kinds_of(patterns)
    plays: dict[tuple[str, tuple[tuple[str, float], ...], bool], Played] = {}
    measured = {}
    for pattern in patterns:
        asked = []
        for under in pattern.changes:
            key = (pattern.scenario, tuple(sorted(under.items())), pattern.months_wanted)
            if key not in plays:
                plays[key] = play(
                    kinds[pattern.scenario], worlds, {**under, **(changes or {})}, seed, runs, pattern.months_wanted
                )
            asked.append(plays[key])
        measured[pattern.name] = measure(pattern, asked)
    return measured


def kinds_of(patterns: Sequence[Pattern]) -> dict[str, Kind]:
    """The scenario of each pattern, by name."""
    return {name: load_scenario(name) for name in sorted({pattern.scenario for pattern in patterns})}


def in_pieces(
    patterns: Sequence[Pattern],
    worlds: Worlds,
    seed: int,
    executor: Executor,
    size: int,
    *,
    changes: Mapping[str, float] | None = None,
    first: int = 0,
    kinds: Mapping[str, Kind] | None = None,
) -> dict[str, Measured]:
    """The same with the worlds handed out `size` at a time; the numbers do not depend on it, nor on the workers."""
    kinds = kinds or kinds_of(patterns)
    task = partial(measure_all, patterns, seed=seed, changes=changes, kinds=kinds)
    pieces = handed_out(executor, task, worlds, size, first)
    return {
        pattern.name: Measured(
            np.concatenate([piece[pattern.name].value for piece in pieces]),
            np.concatenate([piece[pattern.name].distance for piece in pieces]),
        )
        for pattern in patterns
    }


def handed_out(executor: Executor, task: Callable[..., Made], worlds: Worlds, size: int, first: int) -> list[Made]:
    """What a task makes of worlds in pieces, in their order; it takes worlds and `runs`, the first of all `first`."""
    waiting = []
    for start in range(0, len(worlds), size):
        piece = worlds[start : start + size]
        waiting.append(executor.submit(task, piece, runs=range(first + start, first + start + len(piece))))
    return [future.result() for future in waiting]
