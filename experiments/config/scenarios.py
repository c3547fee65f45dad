"""A scenario: the partnerships of one kind, what differs between their places, and so many localities drawn of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from experiments.config import yaml_files
from experiments.config.composition import composed
from experiments.config.folders import configs
from experiments.config.schema import parameters_of
from experiments.errors import ConfigError, among, brief
from sim.errors import nearest
from sim.params import BY_NAME, COUNTS, NAMES

FEWEST_LOCALITIES = 2
"""Localities without which nothing differs between places."""


@dataclass(frozen=True)
class Kind:
    """The partnerships of one kind. `parameters` holds every parameter, and `stated` which of them its file states.

    `sectors` name its sectors in their order; `half_widths` say how far places differ from the kind's own value.
    """

    name: str
    about: str
    sources: tuple[str, ...]
    sectors: tuple[str, ...]
    n_localities: int
    parameters: Mapping[str, float]
    stated: frozenset[str]
    half_widths: Mapping[str, float]

    def sector(self, name: str) -> NDArray[np.bool_]:
        """(partners,) which partners belong to the named sector; `ConfigError` if there is none such."""
        number = self.sectors.index(among(name, self.sectors, f"sector of {self.name}"))
        sizes = [int(self.parameters[count]) for count in COUNTS]
        belongs: NDArray[np.bool_] = np.repeat(np.arange(len(COUNTS)), sizes) == number
        return belongs


def between(half_widths: Mapping[str, float], parameters: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """The range of each parameter that differs between places: its value either way, cut where its own range ends."""
    ranges = {}
    for name, half in half_widths.items():
        what = f"scenario.between.{name}={brief(half)}"
        if name not in BY_NAME:
            raise ConfigError(f"{what}: there is no parameter '{name}'{nearest(name, NAMES)}")
        row = BY_NAME[name]
        if (
            row.integer
            or isinstance(half, bool)
            or not isinstance(half, int | float)
            or not 0 < half <= row.high - row.low
        ):
            raise ConfigError(
                f"{what}: takes a number above 0, up to {row.high - row.low:g}, of what is no whole number"
            )
        ranges[name] = (max(row.low, parameters[name] - half), min(row.high, parameters[name] + half))
    return ranges


def names() -> list[str]:
    """Every scenario but the default world."""
    return sorted(path.stem for path in (configs() / "scenario").glob("*.yaml") if path.stem != "default")


@cache
def load_scenario(name: str) -> Kind:
    """The scenario of that name, composed once. Raises `ConfigError` if there is none, or it cannot be used."""
    among(name, names(), "scenario")
    plain = composed([f"scenario={name}"]).plain
    about = plain["scenario"]
    parameters = parameters_of(plain)
    between(about["between"], parameters)
    return Kind(
        name=name,
        about=about["about"],
        sources=tuple(about["sources"]),
        sectors=tuple(about["sectors"]),
        n_localities=about["n_localities"] or FEWEST_LOCALITIES,
        parameters=parameters,
        stated=frozenset(stated(name)),
        half_widths=about["between"],
    )


def stated(name: str) -> set[str]:
    """The parameters that a scenario's own file states, or one that it builds on."""
    content = yaml_files.read_yaml(configs() / "scenario" / f"{name}.yaml").content
    bases = [base for base in content.get("defaults", []) if isinstance(base, str) and base != "_self_"]
    return set(content.get("parameters") or {}).union(*map(stated, bases))


def localities(kind: Kind, world: Mapping[str, float], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (localities, parameters) of a kind in a world, given numbers (localities, half-widths) from [0, 1].

    `world` gives parameters that the scenario does not state itself. Each locality stands by its number within the
    range between places.
    """
    parameters = dict(kind.parameters) | {name: x for name, x in world.items() if name not in kind.stated}
    points = np.tile(np.array([parameters[name] for name in NAMES]), (len(unit), 1))
    for place, (name, (low, high)) in enumerate(between(kind.half_widths, parameters).items()):
        points[:, NAMES.index(name)] = low + unit[:, place] * (high - low)
    return points
