"""Worlds as patterns meet them: drawn from the wide prior box, or from the posterior that calibration left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.schema import ConfigError, among, configs
from sim.params import BY_NAME, DEFAULT_BOX, NAMES

COORDINATES: tuple[str, ...] = tuple(name for name in NAMES if name in DEFAULT_BOX)
"""What is uncertain of a world, in the order of the parameter table."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

World = dict[str, float]


def world(unit: NDArray[np.float64]) -> World:
    """The world at a point of the unit cube (coordinates,): evenly within the default box."""
    found = {}
    for name, u in zip(COORDINATES, unit.tolist(), strict=True):
        low, high = DEFAULT_BOX[name]
        whole = BY_NAME[name].whole
        found[name] = float(min(low + int(u * (high - low + 1)), high)) if whole else low + u * (high - low)
    return found


def stored(name: str) -> list[World]:
    """The worlds of a list in `configs/box/`, one a row. Raises `ConfigError` if there is none of that name."""
    import pandas as pd

    among(name, lists(), "design.box")
    table = pd.read_csv(path_of(name))
    return [{str(key): float(value) for key, value in row.items()} for row in table.to_dict("records")]


def lists() -> list[str]:
    """The boxes that are lists of worlds."""
    return sorted(path.stem for path in (configs() / "box").glob("*.csv"))


def path_of(name: str) -> Path:
    return configs() / "box" / f"{name}.csv"


def of_box(name: str, runs: int, seed: int) -> list[World]:
    """So many worlds of a box: the default world over and over (`none`), the wide box (`default`), or a list's."""
    import numpy as np

    if name == "none":
        return [{}] * runs
    rng = np.random.Generator(np.random.Philox(key=[seed, 2**32]))
    if name == "default":
        return [world(unit) for unit in rng.random((runs, len(COORDINATES)))]
    if name not in lists():
        raise ConfigError(
            f"box={name}: there is none such; there are default, none{''.join(', ' + x for x in lists())}"
        )
    rows = stored(name)
    return [rows[row] for row in rng.integers(0, len(rows), runs)]
