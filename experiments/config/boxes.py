"""Worlds as patterns meet them: of the wide prior box, of lists that calibration left, or of one scenario's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.config.folders import configs
from experiments.config.scenarios import load_scenario
from experiments.errors import ConfigError, among
from sim.params import DEFAULT_BOX, NAMES

COORDINATES: tuple[str, ...] = tuple(name for name in NAMES if name in DEFAULT_BOX)
"""What is uncertain of a world, in the order of the parameter table."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

World = dict[str, float]


def world_from(unit: NDArray[np.float64]) -> World:
    """The world at a point of the unit cube (coordinates,): evenly within the default box."""
    from experiments.study.samplers import evenly  # loads numpy and scipy, which help and composing can do without

    return {name: float(evenly(name, *DEFAULT_BOX[name], u)) for name, u in zip(COORDINATES, unit, strict=True)}


def stored(name: str) -> list[World]:
    """The worlds of a list in `configs/box/`, one a row. Raises `ConfigError` if there is none of that name."""
    among(name, lists(), "design.box")
    return listed_in(path_of(name))


def listed_in(path: Path) -> list[World]:
    """The worlds of a file, one a row."""
    import pandas as pd

    table = pd.read_csv(path)
    return [{str(key): float(value) for key, value in row.items()} for row in table.to_dict("records")]


def lists() -> list[str]:
    """The boxes that are lists of worlds."""
    return sorted(path.stem for path in (configs() / "box").glob("*.csv"))


def path_of(name: str) -> Path:
    """The file of a list of worlds."""
    return configs() / "box" / f"{name}.csv"


def stated_in(name: str) -> World:
    """The world that a scenario's file states."""
    kind = load_scenario(name)
    return {parameter: kind.parameters[parameter] for parameter in COORDINATES if parameter in kind.stated}


def of_box(name: str, runs: int, seed: int) -> list[World]:
    """So many worlds of a box: the wide box (`default`), or the default world over and over (`none`), or a list's.

    Lists in `configs/box/rivals/` are worlds of models that lack a part, as in `rivals/no_trust`; no study draws them.
    """
    import numpy as np

    if name == "none":
        return [{}] * runs
    rng = np.random.Generator(np.random.Philox(key=[seed, 2**32]))
    if name == "default":
        return [world_from(unit) for unit in rng.random((runs, len(COORDINATES)))]
    if not path_of(name).exists():
        raise ConfigError(f"{path_of(name)} is missing: it is the list of worlds that partnership calibrate leaves")
    rows = listed_in(path_of(name))
    return [rows[row] for row in rng.integers(0, len(rows), runs)]
