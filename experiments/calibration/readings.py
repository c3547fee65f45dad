"""Scenarios played, and what patterns read of their localities.

A run of a scenario is so many localities. Arrays are (runs, localities).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.config.scenarios import Kind, localities
from sim.outcomes import OUTCOME_NAMES, SERIES_NAMES
from sim.params import NAMES, count_partners
from sim.runs import simulate
from sim.state import PARTNER

Numbers = NDArray[np.float64]
Worlds = Sequence[Mapping[str, float]]
"""Parameters of the world, for each run of a scenario."""
ANSWERS = ("pat_", "vichealth_")
"""How series begin that are answers of those at the table: missing where nobody is there."""


@dataclass(frozen=True)
class Played:
    """Runs of a scenario: points (runs, localities, parameters), outcomes (runs, localities, outcomes), partners
    (runs, localities, partners, columns), and series (runs, localities, months, series) where they were kept."""

    kind: Kind
    points: Numbers
    outcomes: Numbers
    partners: Numbers
    series: Numbers | None = None


def play(
    kind: Kind,
    worlds: Worlds,
    changes: Mapping[str, float],
    seed: int,
    runs: Sequence[int] | None = None,
    months_wanted: bool = False,
) -> Played:
    """Simulate a run of a scenario in each world. Run r takes the same localities and chance whatever else is played.

    `changes` are set last. `runs` are the runs' numbers, from 0 if not given: they address where localities lie and
    what befalls them, so that runs may be played in any pieces.
    """
    count, spread = kind.n_localities, len(kind.half_widths)
    runs = range(len(worlds)) if runs is None else runs
    points = []
    for run, world in zip(runs, worlds, strict=True):
        unit = np.random.Generator(np.random.Philox(key=[seed, run])).random((count, spread))
        points.append(localities(kind, world, unit))
    table = np.concatenate(points)
    for name, value in changes.items():
        table[:, NAMES.index(name)] = value
    count_partners(table)
    numbers = np.repeat(np.asarray(runs) * count, count) + np.tile(np.arange(count), len(worlds))
    results = simulate(table, numbers, seed, partners=True, trajectories=months_wanted)
    assert results.partners is not None
    shape = (len(worlds), count)
    return Played(
        kind,
        table.reshape(*shape, -1),
        results.outcomes.reshape(*shape, -1),
        results.partners.reshape(*shape, *results.partners.shape[1:]),
        None if results.trajectories is None else results.trajectories.reshape(*shape, *results.trajectories.shape[1:]),
    )


def values_read(played: Played, reading: Mapping[str, Any]) -> Numbers:
    """What a pattern reads of each locality, less what it takes off, for each of `per`; NaN where it is missing."""
    values = one_reading(played, reading)
    if "less" in reading:
        values = values - one_reading(played, reading["less"])
    return np.asarray(values / reading.get("per", 1.0))


def one_reading(played: Played, reading: Mapping[str, Any]) -> Numbers:
    """An outcome, the mean of a series over some months, a parameter, or the mean or top of a sector."""
    if "outcome" in reading:
        return played.outcomes[:, :, OUTCOME_NAMES.index(reading["outcome"])]
    if "series" in reading:
        months = months_of(played, reading["series"])[:, :, reading["from"] - 1 : reading["to"]]
        return np.asarray(months.mean(axis=2))
    if "parameter" in reading:
        return played.points[:, :, NAMES.index(reading["parameter"])]
    of_partners = of_sector(played, reading["sector"], reading["reading"])
    values: Numbers = of_partners.max(axis=2) if reading.get("of") == "any" else of_partners.mean(axis=2)
    return values


def months_of(played: Played, name: str) -> Numbers:
    """A series month by month (runs, localities, months); answers are NaN where nobody is there to give them."""
    assert played.series is not None
    months: Numbers = played.series[..., SERIES_NAMES.index(name)]
    if not name.startswith(ANSWERS):
        return months
    nobody = played.series[..., SERIES_NAMES.index("members")] == 0.0
    return np.asarray(np.where(nobody, np.nan, months))


def of_sector(played: Played, sector: str, name: str) -> Numbers:
    """A reading of each partner of a sector (runs, localities, partners of it); effort is the mean over months."""
    partners = played.partners[:, :, : len(played.kind.sector(sector))][:, :, played.kind.sector(sector)]
    if name == "effort":
        return partners[..., PARTNER.place["effort_sum"]] / played.kind.parameters["months"]
    return partners[..., PARTNER.place[name]]


def holds(played: Played, conditions: Iterable[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """(runs, localities) where every condition holds."""
    held = np.ones(played.outcomes.shape[:2], dtype=bool)
    for condition in conditions:
        value = values_read(played, condition)
        held &= value > condition.get("above", -np.inf)
        held &= value < condition.get("below", np.inf)
    return held
