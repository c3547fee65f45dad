"""Do the failure modes transfer? How often each comes about in the wide box, and whether its remedy helps there.

A demonstration is made so that a mode shows and its remedy works. In worlds drawn from the default box a detector may
fire for other reasons, and what helped at home may do nothing, or harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.contrasts import Count, Estimate, count, mean
from experiments.failures.demonstration import Demonstration
from experiments.failures.detectors import LEVERS, Trust
from experiments.failures.performance import Performance, monthly
from experiments.study.samplers import evenly
from sim import failures
from sim.failures import MODE_NAMES
from sim.params import DEFAULT_BOX, DEFAULTS, NAMES, SETUPS, as_array
from sim.record import Record, changed, play

ARMS = tuple(name for name in SETUPS if name != "alone")
"""The arms in which there is a partnership that may fail."""
MOST_TREATED = 400
"""Of the runs in which a detector fires in the box, the most that are played again with the remedy."""
ENOUGH = 20
"""Fewer runs than this say nothing of a remedy."""
SAME = 0.5
"""Modes that fire together in more than this share of the runs in which either fires (Jaccard) are one syndrome."""
TRANSFERS = 0.5
"""A remedy transfers where it helps in more than this share of the runs in which its detector fires."""
BY_DEFINITION = ("antagony",)
"""Modes whose remedy is to act alone, whose added value is 0 by definition: it cannot but help after a loss."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Effect:
    """What a remedy does to added value at the end: worlds it helps, in which it does nothing, and that it harms."""

    helps: Count
    nothing: Count
    harms: Count
    gain: Estimate
    still_fails: Count


@dataclass(frozen=True)
class Transfer:
    """A failure mode in the box: its base rate by arm, and its remedy there and at home (None for too few runs)."""

    name: str
    base_rate: Count
    by_arm: Mapping[str, Count]
    at_home: Effect | None
    in_box: Effect | None

    @property
    def transfers(self) -> bool | None:
        """Whether the remedy helps in most runs of the box in which the detector fires; None for too few of them."""
        return None if self.in_box is None else self.in_box.helps.share.value > TRANSFERS


def measure_transfer(
    demonstrations: Mapping[str, Demonstration],
    trust: Trust,
    limits: Mapping[str, float],
    seed: int,
    runs: int,
) -> tuple[dict[str, Transfer], list[tuple[str, ...]]]:
    """Every mode in `runs` worlds of the default box under every arm; and which modes are one syndrome there."""
    record = box_worlds(seed, runs)
    fires = {name: finding.fires for name, finding in failures.examine(record, limits).items()}
    arms = np.repeat(np.arange(len(ARMS)), runs)
    transfers = {
        name: Transfer(
            name,
            count(fires[name]),
            {arm: count(fires[name][arms == place]) for place, arm in enumerate(ARMS)},
            at_home(trust.performances[name]),
            treated(demonstrations[name], record, fires[name]),
        )
        for name in MODE_NAMES
    }
    return transfers, syndromes(fires)


def box_worlds(seed: int, runs: int) -> Record:
    """Worlds of the default box, the same under every arm, with the levers that some modes need drawn at random."""
    rng = np.random.default_rng([seed, runs])
    world = np.stack([as_array(DEFAULTS)] * runs)
    for name, (low, high) in ((name, span) for name, span in DEFAULT_BOX.items() if name not in LEVERS):
        world[:, NAMES.index(name)] = evenly(name, low, high, rng.random(runs))
    for name, values in LEVERS.items():
        world[:, NAMES.index(name)] = rng.choice(values, size=runs)
    points = np.concatenate([changed(world, SETUPS[arm]) for arm in ARMS])
    return play(points, np.tile(np.arange(runs, dtype=np.int64), len(ARMS)), seed)


def treated(demonstration: Demonstration, record: Record, fires: Flags) -> Effect | None:
    """The remedy in the runs in which the detector fires, evenly chosen from all of them; None for too few."""
    failing = np.flatnonzero(fires)
    if len(failing) < ENOUGH:
        return None
    chosen = failing[np.linspace(0, len(failing) - 1, min(len(failing), MOST_TREATED)).astype(np.int64)]
    before = record.take(chosen)
    after = play(changed(before.points, demonstration.remedy.parameters), before.worlds, before.seed)
    still = failures.detect(failures.BY_MODE[demonstration.name], after, demonstration.limits).fires
    gained = monthly(after, "added_value")[:, -1] - monthly(before, "added_value")[:, -1]
    return effect(gained, still, demonstration.limits["margin"], demonstration.seed)


def at_home(performance: Performance) -> Effect | None:
    """The remedy in the mode's own demonstration, in the partnerships that fail there; None for fewer than two."""
    gained = performance.remedied.added_value - performance.without.added_value
    failing = performance.without.finding.fires
    still = performance.remedied.finding.fires
    if np.sum(failing) < 2:
        return None
    demonstration = performance.demonstration
    return effect(gained[failing], still[failing], demonstration.limits["margin"], demonstration.seed)


def effect(gained: NDArray[np.float64], still: Flags, margin: float, seed: int) -> Effect:
    """What a remedy does, from the difference it makes in each run; differences up to the margin are nothing."""
    helps, nothing, harms = (count(runs) for runs in (gained > margin, np.abs(gained) <= margin, gained < -margin))
    return Effect(helps, nothing, harms, mean(gained, seed), count(still))


def syndromes(fires: Mapping[str, Flags]) -> list[tuple[str, ...]]:
    """Groups of modes that mostly fire together, largest first: each is joined to some other of its group."""
    groups = [{name} for name in fires]
    for mode, other in combinations(fires, 2):
        if overlap(fires[mode], fires[other]) > SAME:
            joined = [group for group in groups if mode in group or other in group]
            groups = [group for group in groups if group not in joined] + [set.union(*joined)]
    several = [tuple(name for name in MODE_NAMES if name in group) for group in groups if len(group) > 1]
    return sorted(several, key=lambda group: (-len(group), group))


def overlap(first: Flags, second: Flags) -> float:
    """Of the runs in which either fires, the share in which both do (Jaccard); 0 where neither ever does."""
    either = int(np.sum(first | second))
    return float(np.sum(first & second) / either) if either else 0.0
