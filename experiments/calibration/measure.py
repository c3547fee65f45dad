"""Patterns read from simulated localities: a number for each run of a scenario, how far off it is, and if it is met.

A run of a scenario is so many localities. Arrays are (runs, localities) until a pattern makes one number of each run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.calibration.pattern import Pattern
from experiments.config.scenarios import Kind, load_scenario, localities
from sim.outcomes import OUTCOME_NAMES
from sim.params import NAMES, count_partners
from sim.runs import simulate
from sim.state import PARTNER

LEVEL = 0.95
"""Of every interval here."""
FARTHEST = 3.0
"""Distance beyond which a pattern is simply missed: one pattern must not outweigh all others."""

Made = TypeVar("Made")
Numbers = NDArray[np.float64]
Worlds = Sequence[Mapping[str, float]]
"""Parameters of the world, for each run of a scenario."""


@dataclass(frozen=True)
class Played:
    """Runs of a scenario: points (runs, localities, parameters), outcomes (runs, localities, outcomes), and partners
    (runs, localities, partners, columns)."""

    kind: Kind
    points: Numbers
    outcomes: Numbers
    partners: Numbers


def play(
    kind: Kind, worlds: Worlds, changes: Mapping[str, float], seed: int, runs: Sequence[int] | None = None
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
    results = simulate(table, numbers, seed, partners=True)
    assert results.partners is not None
    shape = (len(worlds), count)
    return Played(
        kind,
        table.reshape(*shape, -1),
        results.outcomes.reshape(*shape, -1),
        results.partners.reshape(*shape, *results.partners.shape[1:]),
    )


def values_read(played: Played, reading: Mapping[str, Any]) -> Numbers:
    """What a pattern reads of each locality: an outcome, a parameter, or the mean or top of a sector."""
    if "outcome" in reading:
        return played.outcomes[:, :, OUTCOME_NAMES.index(reading["outcome"])]
    if "parameter" in reading:
        return played.points[:, :, NAMES.index(reading["parameter"])]
    of_partners = of_sector(played, reading["sector"], reading["reading"])
    values: Numbers = of_partners.max(axis=2) if reading.get("of") == "any" else of_partners.mean(axis=2)
    return values


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


# -- one number for each run ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """A pattern in each run: its number, and how many tolerances it is from what was observed (0 to `FARTHEST`)."""

    value: Numbers  # (runs,)
    distance: Numbers  # (runs,)


def measure(pattern: Pattern, plays: Sequence[Played]) -> Measured:
    """Read a pattern from the simulations that it asks for (`Pattern.changes`)."""
    value, distance = MEASURES[pattern.kind](pattern, plays)
    far = np.where(np.isnan(distance), FARTHEST, np.clip(distance, 0.0, FARTHEST))
    return Measured(value, far)


def locality_share(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The share of localities in which the conditions hold, among those that qualify; NaN where none does."""
    qualify = holds(plays[0], pattern.content.get("among", ()))
    shown = holds(plays[0], pattern.content["where"]) & qualify
    of = qualify.sum(axis=1)
    value = np.where(of > 0, shown.sum(axis=1) / np.maximum(of, 1), np.nan)
    low, high = tolerance(pattern)
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    if pattern.kind == "count":
        middle = pattern.observed["count"] / pattern.observed["of"]
        return value, np.abs(value - middle) / np.where(value < middle, middle - low, high - middle)
    return value, np.maximum(np.abs(value - middle) - half, 0.0) / half


def tolerance(pattern: Pattern) -> tuple[float, float]:
    """Between what a pattern is met: for k of n the exact binomial interval, for an order what chance rarely gives."""
    observed = pattern.observed
    if pattern.kind == "count":
        interval = stats.binomtest(observed["count"], observed["of"]).proportion_ci(LEVEL, method="exact")
        return float(interval.low), float(interval.high)
    if pattern.kind == "rate":
        return float(observed["from"]), float(observed["to"])
    if pattern.kind == "order":
        return hardly_by_chance(len(observed)), 1.0
    if pattern.kind == "no_effect":
        return 0.5, 1.0
    return (0.0, np.inf) if pattern.observed in ("higher", "not_lower") else (-np.inf, 0.0)


def hardly_by_chance(items: int) -> float:
    """The rank agreement (Kendall's tau) that at most one random order in twenty reaches."""
    pairs = items * (items - 1) / 2
    taus = [
        sum(1 if b > a else -1 for a, b in itertools.combinations(order, 2)) / pairs
        for order in itertools.permutations(range(items))
    ]
    for tau in sorted(set(taus)):
        if sum(other >= tau for other in taus) <= (1.0 - LEVEL) * len(taus):
            return tau
    return 1.0


def order(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """Agreement of ranks: of the sectors' mean over localities with the observed order."""
    reading = pattern.content["reading"]
    means = np.stack([of_sector(plays[0], sector, reading).mean(axis=(1, 2)) for sector in pattern.observed], axis=1)
    pairs = list(itertools.combinations(range(len(pattern.observed)), 2))
    value = np.stack([np.sign(means[:, a] - means[:, b]) for a, b in pairs], axis=1).mean(axis=1)
    return value, (1.0 - value) / (2.0 / len(pairs))


def direction(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The mean difference between two readings of the same localities; how far it is from being clearly so."""
    apart = values_read(plays[0], pattern.content["this"]) - values_read(plays[-1], pattern.content["than"])
    value, error = apart.mean(axis=1), apart.std(axis=1, ddof=1) / np.sqrt(apart.shape[1])
    sign = 1.0 if pattern.observed in ("higher", "not_lower") else -1.0
    clear = stats.norm.ppf((1.0 + LEVEL) / 2.0) * error
    wanted = np.zeros_like(value) if pattern.observed.startswith("not_") else clear
    return value, np.maximum(wanted - sign * value, 0.0) / np.maximum(clear, 1e-12)


def no_effect(pattern: Pattern, plays: Sequence[Played]) -> tuple[Numbers, Numbers]:
    """The mean of a reading; how far its interval over so many localities is from holding 0."""
    values = values_read(plays[0], {"outcome": pattern.content["reading"]})[:, : pattern.observed["localities"]]
    mean, count = values.mean(axis=1), values.shape[1]
    half = stats.t.ppf((1.0 + LEVEL) / 2.0, count - 1) * values.std(axis=1, ddof=1) / np.sqrt(count)
    return mean, np.maximum(np.abs(mean) - half, 0.0) / np.maximum(half, 1e-12)


MEASURES = {
    "count": locality_share,
    "rate": locality_share,
    "order": order,
    "direction": direction,
    "no_effect": no_effect,
}


@dataclass(frozen=True)
class Verdict:
    """A pattern over many runs: the mean of its number, the range of 95% of runs, and whether it is met."""

    value: float
    low: float
    high: float
    met: bool


def judge_pattern(pattern: Pattern, measured: Measured) -> Verdict:
    """Whether the simulation shows a pattern.

    A share is met where its mean over runs is within tolerance; a direction where 95% of runs are on its side (or, for
    one that says *not*, not all on the other); no effect, and an agreement of ranks, where most runs show it.
    """
    value = measured.value[~np.isnan(measured.value)]
    if not len(value):
        return Verdict(np.nan, np.nan, np.nan, False)
    low, high = (float(np.quantile(value, at)) for at in ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    mean = float(value.mean())
    least, most = tolerance(pattern)
    if pattern.kind == "no_effect":
        met = float((measured.distance == 0.0).mean()) > 0.5
    elif pattern.kind == "order":
        met = float((value >= least - 1e-9).mean()) > 0.5
    elif pattern.kind == "direction":
        met = {"higher": low > 0.0, "lower": high < 0.0, "not_higher": low <= 0.0, "not_lower": high >= 0.0}[
            pattern.observed
        ]
    else:
        met = least - 1e-9 <= mean <= most + 1e-9
    return Verdict(mean, low, high, bool(met))


# -- many patterns ----------------------------------------------------------------------------------------


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
    plays: dict[tuple[str, tuple[tuple[str, float], ...]], Played] = {}
    measured = {}
    for pattern in patterns:
        asked = []
        for under in pattern.changes:
            key = (pattern.scenario, tuple(sorted(under.items())))
            if key not in plays:
                plays[key] = play(kinds[pattern.scenario], worlds, {**under, **(changes or {})}, seed, runs)
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
