"""Nothing idles: every parameter moves some outcome, and every strength matters somewhere."""

import numpy as np
import pytest

from sim.outcomes import OUTCOME_NAMES
from sim.params import (
    BY_NAME,
    COMPOSITION,
    COUNTS,
    NAMES,
    NEEDS,
    PARAMETERS,
    SETUPS,
    UNTIL,
    as_array,
    count_partners,
    resolve,
)
from sim.runs import simulate

SETUPS_THAT_BUILD = [setup for setup in SETUPS if setup not in ("neither", "alone")]
PRACTICAL = 0.01
"""The region of practical equivalence."""
BUSY = {
    "umbrella": 1, "small_share": 0.5, "cycle_months": 16, "learning_prob": 0.5, "setup_months": 8,
    "review_month": 45, "review_floor": 0.2, "task_seeking": 0.5, "example_weight": 0.3, "pooled_share": 0.02,
    "turnover_prob": 0.1, "reorganisation_prob": 0.1, "fresh_start": 0.3, "crowding": 0.2, "upkeep_share": 0.2,
    "load_per_seat": 0.05, "outside_share": 0.05, "outside_months": 12, "exit_level": 0.4, "exit_prob": 0.1,
    "own_effort": 0.25, "expected_ratio": 1.5, "authority": 0.5,
    "reorganisation_month": 30,
}  # fmt: skip
"""Levers pulled and shocks frequent, so that every rule has something to do."""


SCHEDULED = {name: value for name, value in BUSY.items() if name != "learning_prob"} | {
    name: value
    for s, until in enumerate(UNTIL, 1)
    for name, value in ((until, 4 * s), (f"schedule_{s}_emphasis", s % 2))
}
"""The same, by a schedule."""


def moved(name, base, setup="structure_first"):
    """Whether the lowest or a high value of a parameter changes any outcome in any of 24 worlds."""
    point = as_array(resolve(base, setup))
    points = np.repeat(point[None], 72, axis=0)
    points[24:48, NAMES.index(name)], points[48:, NAMES.index(name)] = ends(name, base)
    count_partners(points)
    table = simulate(points, np.tile(np.arange(24), 3), 6).outcomes
    return not np.array_equal(np.tile(table[:24], (2, 1)), table[24:], equal_nan=True)


def ends(name, base):
    """The lowest value and a high one; needs are all above 0, or none, and entries of a schedule stay in order."""
    if name in UNTIL:
        return base[name] - 1, base[name] + 1
    low = 0.5 if name in NEEDS else BY_NAME[name].low
    return low, min(BY_NAME[name].high, low + max(1.0, low))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_moves_some_outcome(name):
    if name.startswith("schedule_"):
        assert moved(name, SCHEDULED, None)
    elif name == "learning_prob":
        assert moved(name, BUSY | {"patience": 3}), "where partners soon expect something, and are disappointed"
    else:
        assert moved(name, composed(BUSY) if name in COMPOSITION else BUSY)


def composed(base):
    """The same in a world of eight sectors, two partners each, some of them small, and with needs of its own."""
    values = (
        {name: value for name, value in base.items() if name != "small_share"}
        | dict.fromkeys(COUNTS, 2)
        | {"partnerships": 2}
    )
    issues = {"n_issues": 12, **{name: 1.0 + 0.1 * k for k, name in enumerate(NEEDS)}}
    return values | {f"sector_{s}_small": s % 2 for s in range(1, 9)} | issues


def test_control_nothing_of_a_sector_without_partners_moves_anything():
    idle = [name for name in COMPOSITION if name.startswith("sector_") and name not in COUNTS]
    assert idle and not any(moved(name, BUSY) for name in idle)


def test_control_a_parameter_of_a_lever_not_pulled_moves_nothing():
    assert not moved("umbrella_fidelity", {"umbrella": 0})
    assert not moved("learning_prob", {"cycle_months": 0})
    assert not moved("outside_emphasis", {"outside_share": 0})
    assert not moved("exit_level", {"exit_prob": 0})
    assert not moved("schedule_1_emphasis", {}, None)


STRENGTHS = [row.name for row in PARAMETERS if row.channel or row.unit in ("strength", "weight")]


APART = {"agenda_diversity": 1.0, "agenda_bias": 1.0}
WHERE = {
    "pooling_restraint": {"pooled_share": 0.5},
    "allocation_effect": {"commitment": 0.65},
    "evidence_use": {"commitment": 0.65},
    "authority": APART | {"commitment": 0.65, "pooled_share": 0.0, "authority": 1.0},
}
"""Where a strength has something to act on that it lacks in the default world: a pool, a partnership that gives enough
for it to matter where that goes, and a board that disposes of what would otherwise follow agendas far from need."""


@pytest.mark.parametrize("name", STRENGTHS)
def test_every_strength_matters(name):
    """Set to 0 (or, where 0 is the default, to the top of its box), it moves some outcome by a practical difference.

    On average over worlds, under some arm; in the default world, or where `WHERE` says.
    """
    other = 0.0 if BY_NAME[name].default else (BY_NAME[name].box or (0.0, 0.5))[1]
    base, changes = WHERE.get(name, {}), []
    for setup in SETUPS_THAT_BUILD:
        points = np.repeat(as_array(resolve(base, setup))[None], 400, axis=0)
        points[200:, NAMES.index(name)] = other
        table = simulate(points, np.tile(np.arange(200), 2), 6).outcomes
        measured = ~np.isin(OUTCOME_NAMES, ["gain_month", "collapse_month"]) & ~np.isnan(table).any(axis=0)
        changes.append(np.abs(table[:200] - table[200:])[:, measured].mean(axis=0).max())
    assert max(changes) > PRACTICAL
