"""How far the detectors can be trusted: each in its own demonstration, in every other, and in worlds that are well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.contrasts import Count, Estimate, count
from experiments.failures.demonstration import Demonstration
from experiments.failures.performance import Performance, middle, monthly, perform, played
from experiments.study.samplers import evenly
from sim import failures
from sim.failures import BY_MODE, MODE_NAMES
from sim.params import DEFAULT_BOX, DEFAULTS, NAMES, SETUPS, as_array
from sim.record import Record, play

FRESH = 5
"""Further seeds on which each demonstration is repeated."""
OFTEN = 0.2
"""A detector that fires in this share of another mode's demonstration overlaps with it."""
WORLDS = 6
"""Worlds drawn for each one that is asked for, to find such as flourish."""
HEALTHY, FLOURISHING = "healthy by design", "flourishing by outcome"
LEVERS = {
    "umbrella": (0.0, 1.0),
    "mandated": (0.0, 1.0),
    "pooled_share": (0.0, 0.4, 0.8),
    "review_month": (0.0, 24.0),
    "cycle_months": (0.0, 20.0),
}
"""Settings without which some detectors could not fire at all: each value as likely in worlds that are well."""
GAINED, GIVEN = 0.05, 0.5
"""A partnership flourishes whose added value and mean effort were above these over its last year."""


@dataclass(frozen=True)
class Trust:
    """What is known of the detectors."""

    performances: Mapping[str, Performance]
    rates: Mapping[str, Mapping[str, Count]]  # of each kind of world: how often each detector fires
    fresh: Mapping[str, list[Count]]  # of each mode: how often it fires in its demonstration, seed by seed
    fresh_remedied: Mapping[str, list[Count]]  # and with the remedy
    without_failure: Mapping[str, Count]
    other_cause: Mapping[str, Count]
    seed: int
    runs: int


def measure_trust(
    demonstrations: Mapping[str, Demonstration],
    healthy: Mapping[str, float],
    limits: Mapping[str, float],
    seed: int,
    runs: int,
) -> Trust:
    """Search every demonstration and the worlds that are well for every failure mode."""
    performances = {name: perform(demonstration) for name, demonstration in demonstrations.items()}
    rates = {name: fired(performance.without.record, limits) for name, performance in performances.items()}
    rates[HEALTHY] = fired(healthy_worlds(healthy, seed, runs), limits)
    rates[FLOURISHING] = fired(flourishing_worlds(seed, runs), limits)
    return Trust(
        performances,
        rates,
        fresh={name: anew(demonstration, {}, seed) for name, demonstration in demonstrations.items()},
        fresh_remedied={
            name: anew(demonstration, demonstration.remedy.parameters, seed)
            for name, demonstration in demonstrations.items()
        },
        without_failure={
            name: own(demonstration, demonstration.without_failure.parameters, seed)
            for name, demonstration in demonstrations.items()
        },
        other_cause={
            name: own(demonstration, demonstration.other_cause.parameters, seed)
            for name, demonstration in demonstrations.items()
        },
        seed=seed,
        runs=runs,
    )


def own(demonstration: Demonstration, changes: Mapping[str, float], seed: int) -> Count:
    """How often a mode's detector fires in its world with some parameters changed."""
    record = played(demonstration, changes, seed=seed)
    return count(failures.detect(BY_MODE[demonstration.name], record, demonstration.limits).fires)


def anew(demonstration: Demonstration, changes: Mapping[str, float], seed: int) -> list[Count]:
    """How often on further seeds, one by one."""
    return [own(demonstration, changes, seed + step) for step in range(1, FRESH + 1)]


def fired(record: Record, limits: Mapping[str, float]) -> dict[str, Count]:
    """How often each detector fires in these runs."""
    return {name: count(finding.fires) for name, finding in failures.examine(record, limits).items()}


# -- worlds that are well ---------------------------------------------------------------------------------


def healthy_worlds(parameters: Mapping[str, float], seed: int, runs: int) -> Record:
    """The healthy scenario, whatever becomes of it, under setups that build both structure and purpose."""
    arms = ("balanced", "structure_first", "purpose_first")
    rng = np.random.default_rng(seed)
    return play(drawn(rng, parameters, arms, runs), np.arange(runs, dtype=np.int64), seed)


def flourishing_worlds(seed: int, runs: int) -> Record:
    """Worlds from the default box in which the partnership flourished, whatever its setup.

    Chosen by what became of them and not by any detector; so chosen, none can show `antagony` or `inertia`.
    """
    rng, many = np.random.default_rng(seed), WORLDS * runs
    points = drawn(rng, DEFAULTS, [name for name in SETUPS if name not in ("neither", "alone")], many)
    for name, (low, high) in ((name, span) for name, span in DEFAULT_BOX.items() if name not in LEVERS):
        points[:, NAMES.index(name)] = evenly(name, low, high, rng.random(many))
    record = play(points, np.arange(many, dtype=np.int64), seed)
    year = slice(-12, None)
    gained = monthly(record, "added_value")[:, year].mean(axis=1)
    given = monthly(record, "effort")[:, year].mean(axis=1)
    return record.take(np.flatnonzero((gained > GAINED) & (given > GIVEN))[:runs])


def drawn(
    rng: np.random.Generator, parameters: Mapping[str, float], arms: Sequence[str], runs: int
) -> NDArray[np.float64]:
    """Points (runs, parameters) with a setup and the levers drawn at random."""
    points = np.stack([as_array({**parameters, **SETUPS[arms[arm]]}) for arm in rng.integers(len(arms), size=runs)])
    for name, values in LEVERS.items():
        points[:, NAMES.index(name)] = rng.choice(values, size=runs)
    return points


# -- what a reader asks of them ---------------------------------------------------------------------------


def overlapping(trust: Trust) -> dict[str, list[str]]:
    """For each mode, the other detectors that often fire in its demonstration."""
    return {
        name: [other for other in MODE_NAMES if other != name and trust.rates[name][other].share.value >= OFTEN]
        for name in trust.performances
    }


def announced(performance: Performance) -> Count:
    """Of the partnerships that fail in this way, those in which the early sign showed before."""
    side = performance.without
    return count(side.in_time[side.finding.fires]) if side.finding.fires.any() else count(np.zeros(1, bool))


def before_collapse(performance: Performance) -> tuple[int, Estimate | None]:
    """Partnerships whose effort collapsed, and the median of months from the early sign to that."""
    side = performance.without
    months = side.record.outcome("collapse_month") - side.warned
    return int(np.sum(~np.isnan(side.record.outcome("collapse_month")))), middle(months[months > 0])


def false_warnings(performance: Performance) -> Count | None:
    """Of the partnerships that the remedy saves from this failure, those in which the early sign showed anyway."""
    side = performance.remedied
    well = ~side.finding.fires
    return count(~np.isnan(side.warned[well])) if well.any() else None
