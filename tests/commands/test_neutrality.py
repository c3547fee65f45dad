"""The answer is not built in: what must hold of the model before it may be asked which setup is better.

Numbered as in docs/decisions/0006-centring-the-default-world.md. Each test has a control that fails where the thing it
tests for is missing.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from sim.outcomes import OUTCOME_NAMES
from sim.params import (
    BY_NAME,
    COMPOSITION,
    COUNTS,
    DEFAULT_BOX,
    NAMES,
    NEEDS,
    PARAMETERS,
    SETUPS,
    as_array,
    count_partners,
    resolve,
)
from sim.runs import simulate
from sim.state import SERIES_NAMES

SEED = 6
WITH_SETUP = [setup for setup in SETUPS if setup not in ("neither", "alone")]
CHANNELS_OFF = {row.name: 0.0 for row in PARAMETERS if row.channel}
"""Every way in which structure or purpose reaches anything else, switched off."""

EFFORT_FIXED = {"commitment_rate": 0, "trust_rate": 0, "free_riding": 0, "compulsion": 0, "shifting": 0}
NOTHING_LOST = {"turnover_prob": 0, "reorganisation_prob": 0, "structure_decay": 0, "purpose_decay": 0}

STOCKS = ("structure", "fit", "purpose")
PRACTICAL = 0.01
"""The region of practical equivalence."""


def box_worlds(n, setup, **fixed):
    """Points in the default box under one arm; the same worlds for every arm."""
    rng, points = np.random.default_rng(SEED), []
    for _ in range(n):
        values = {name: low + rng.random() * (high - low) for name, (low, high) in DEFAULT_BOX.items()}
        values |= {name: float(round(values[name])) for name in values if BY_NAME[name].whole}
        points.append(as_array(resolve(values | fixed, setup)))
    return np.array(points)


def outcomes(n, setup, **fixed):
    """Outcomes (n, outcomes) in the same n worlds of the box."""
    return simulate(box_worlds(n, setup, **fixed), np.arange(n), SEED).outcomes


def difference(n, better, worse, **fixed):
    """Paired difference (n,) in mean outcome of two arms."""
    column = OUTCOME_NAMES.index("outcome_mean")
    return outcomes(n, better, **fixed)[:, column] - outcomes(n, worse, **fixed)[:, column]


# -- 1: without channels, no arm differs --------------------------------------------------------------------


def beyond_the_stocks(table):
    """All outcomes but structure, fit and purpose themselves."""
    return table[:, [place for place, name in enumerate(OUTCOME_NAMES) if name not in STOCKS]]


def test_1_without_any_channel_every_arm_gives_the_same_outcome_to_the_last_bit():
    balanced = outcomes(300, "balanced", **CHANNELS_OFF)
    for setup in WITH_SETUP:
        other = outcomes(300, setup, **CHANNELS_OFF)
        np.testing.assert_array_equal(beyond_the_stocks(other), beyond_the_stocks(balanced))
        assert setup == "balanced" or (other != balanced).any(), "the arms do build different things"


@pytest.mark.parametrize("channel", CHANNELS_OFF)
def test_1_control_each_channel_alone_makes_arms_differ(channel):
    """Every strength is a channel of its own: with it alone switched on, structure first and purpose first part."""
    alone = CHANNELS_OFF | {channel: max(BY_NAME[channel].default, 0.5), "pooled_share": 0.5}
    if channel in ("forum_effect", "evidence_use", "fit_strength"):  # these act through another channel
        alone |= {"allocation_effect": 1.0, "coordination_effect": 1.0}
    if channel == "board_effect":
        alone |= {"task_seeking": 1.0}
    one, other = outcomes(60, "structure_first", **alone), outcomes(60, "purpose_first", **alone)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    assert not beyond_the_stocks(same).all()


# -- 2: with a single channel that can only help, earlier is never worse -------------------------------------


def test_2_structure_that_only_coordinates_is_never_worse_for_coming_first():
    single = CHANNELS_OFF | EFFORT_FIXED | NOTHING_LOST | {"coordination_effect": 1.0}
    gain = difference(500, "structure_first", "purpose_first", **single)
    assert (gain >= 0.0).all() and gain.mean() > 0.001
    decay = single | {"structure_decay": 0.03}
    assert (difference(500, "structure_first", "purpose_first", **decay) < 0.0).any(), "control: decay rewards lateness"


def test_2_purpose_that_only_allocates_is_never_worse_for_coming_first():
    """Strictly so where nothing but the order differs: two partners, always meeting, with a common bias."""
    single = CHANNELS_OFF | EFFORT_FIXED | NOTHING_LOST | {"allocation_effect": 1.0, "evidence_use": 1.0}
    pair = single | {"n_partners": 2, "agenda_bias": 1.0}
    gain = difference(500, "purpose_first", "structure_first", **pair)
    assert (gain >= 0.0).all() and gain.mean() > 0.001
    decay = pair | {"purpose_decay": 0.05}
    assert (difference(500, "purpose_first", "structure_first", **decay) < 0.0).any(), "control: decay rewards lateness"


def test_2_among_many_partners_luck_may_reverse_it_but_never_by_a_practical_difference():
    """Who meets whom differs from month to month, and odd agendas can make up for each other: in 1 to 2 worlds of 100
    the later arm is ahead by some ten-thousandths."""
    single = CHANNELS_OFF | EFFORT_FIXED | NOTHING_LOST | {"allocation_effect": 1.0, "evidence_use": 1.0}
    gain = difference(500, "purpose_first", "structure_first", **single)
    assert gain.min() > -PRACTICAL and (gain >= 0.0).mean() > 0.95
    assert gain.max() > PRACTICAL, "control: the channel is strong enough to be seen"


# -- 3: repeatable; see also the bystander in test_engine ----------------------------------------------------


def test_3_same_world_same_arm_twice_is_identical():
    np.testing.assert_array_equal(outcomes(50, "balanced"), outcomes(50, "balanced"))


# -- 4: both winners exist ----------------------------------------------------------------------------------


def shares(gain):
    """Shares of worlds won and lost by more than a practical difference."""
    return (gain > PRACTICAL).mean(), (gain < -PRACTICAL).mean()


def test_4_both_winners_exist_in_the_default_box():
    won, lost = shares(difference(2000, "structure_first", "purpose_first"))
    assert won > 0.05 and lost > 0.05
    off = shares(difference(500, "structure_first", "purpose_first", **CHANNELS_OFF))
    assert off == (0.0, 0.0), "control: without channels nobody wins"


def test_4_removing_a_mechanism_favours_the_side_it_burdened():
    """Directions that follow from the rules alone: bad fit can only hurt structure that comes before purpose."""
    default = difference(2000, "structure_first", "purpose_first").mean()
    assert difference(2000, "structure_first", "purpose_first", fit_strength=0.0).mean() > default
    assert difference(2000, "structure_first", "purpose_first", load_per_seat=0.0).mean() > default
    assert difference(2000, "structure_first", "purpose_first", load_per_talk=0.0).mean() < default


# -- 5: identical partners follow a small closed recursion ----------------------------------------------------

IDENTICAL = {
    "n_partners": 2, "meetings": 1, "n_issues": 1, "small_share": 0, "capacity_spread": 0, "commitment_spread": 0,
    "accountability_spread": 0, "noise": 0, "turnover_prob": 0, "reorganisation_prob": 0, "assignment": 0,
    "volunteering": 0, "loss_aversion": 1,
}  # fmt: skip


def recursion(p, months):
    """One partner stands for both: outcome month by month, from the description of the model alone."""
    curve = lambda x: (1 + x / 2 / sqrt(1 + x * x / 4)) / 2  # noqa: E731
    structure, fit, alignment, trust, outcome, signed = 0.0, p["fit_floor"], 0.0, p["initial_trust"], 0.0, False
    commitment, shift, path = p["commitment"], 0.0, []
    k = p["saturation"]
    served = p["coordination_floor"] * p["own_effort"]
    alone = served * (1 + k) / (1 + k * served)
    for month in range(months):
        building = month < p["setup_months"]
        first = month < p["setup_months"] / 2
        emphasis = p["early_emphasis"] if first else p["late_emphasis"]
        emphasis, share = (emphasis, p["setup_share"]) if building else (p["upkeep_emphasis"], p["upkeep_share"])
        w = p["endorsement_weight"]
        answer = p["accountability"] * (1 - w + w * signed)
        oversight = 1 - (1 - answer) * (1 - p["monitoring"] * structure * fit)
        w = p["temptation_trust"]
        pull = commitment - p["free_riding"] * (1 - oversight) * (1 - w + w * trust) - p["effort_threshold"]
        willing = curve(p["decisiveness"] * pull)
        effort = curve(p["decisiveness"] * (pull + p["compulsion"] * oversight))
        hours = effort * (1 - p["shifting_loss"] * shift)
        load = (p["load_per_seat"] * structure + p["load_per_talk"] * (1 - emphasis)) * 2 / p["reference_seats"]
        burden = min(1, load / hours)
        free = (hours - min(load, hours)) * (willing + p["tickbox_quality"] * (effort - willing)) / effort
        shift = p["shifting"] * (1 - oversight) * (1 - alignment) * (1 - p["pooled_share"] * alignment)
        work = (1 - share) * free
        floor = p["coordination_floor"]
        served = (floor + (1 - floor) * structure * fit) * work
        outcome += (served * (1 + k) / (1 + k * served) - outcome) / p["outcome_delay"]
        built = p["structure_rate"] * share * free * emphasis * (1 - structure)
        kept = structure * (1 - p["structure_decay"])
        quality = 1 - p["fit_strength"] * (1 - (p["fit_floor"] + (1 - p["fit_floor"]) * alignment))
        if kept + built > 0:
            fit = (kept * fit + built * quality) / (kept + built)
        fit += p["adaptability"] * min(1, share * free * emphasis / p["upkeep_share"]) * (quality - fit)
        structure = kept + built
        visible = p["transparency"] + (1 - p["transparency"]) * structure * fit
        heard = 2 * trust * (p["talk_base"] + (1 - p["talk_base"]) * alignment)  # each calls, and is called
        gap = max(0, effort - shift) - trust
        weight = 1 if gap < 0 else 1 - p["crowding"] * structure
        trust = min(1, max(0, trust + 2 * p["trust_rate"] * visible * gap * weight))
        talk = p["purpose_rate"] * share * free * (1 - emphasis) * (1 + p["forum_effect"] * structure)
        alignment = min(1, alignment + talk * heard * (1 - alignment) - p["purpose_decay"] * alignment)
        expected = p["expected_ratio"] * alone * month / (month + p["patience"])
        commitment += p["commitment_rate"] * (
            p["results_weight"] * (outcome - expected) + p["reciprocity_weight"] * (trust - commitment)
            + p["ownership_weight"] * alignment * (1 - commitment) - p["burden_weight"] * burden * commitment
        )  # fmt: skip
        commitment = min(1, max(0, commitment))
        signed = signed or (commitment > p["endorsement_threshold"] and structure > p["something_to_sign"])
        path.append((structure, fit, alignment, trust, commitment, effort, outcome))
    return np.array(path)


RECURSION = ("structure", "fit", "purpose", "trust", "commitment", "effort", "outcome")


@pytest.mark.parametrize("setup", WITH_SETUP)
@pytest.mark.parametrize(
    "extra", [{}, {"commitment": 0.7, "crowding": 0.5, "pooled_share": 0.4}], ids=["plain", "more"]
)
def test_5_identical_partners_follow_a_closed_recursion(setup, extra):
    values = resolve(IDENTICAL | {"capacity_spread": 0} | extra, setup)
    runs = simulate(as_array(values)[None], np.array([3]), SEED, trajectories=True)
    path = runs.trajectories[0][:, [SERIES_NAMES.index(name) for name in RECURSION]]
    # Trust is rounded to multiples of 2**-32, a part in 4e9, which 60 months carry on.
    np.testing.assert_allclose(path, recursion(values, 60), rtol=0, atol=1e-8)
    wrong = recursion(values | {"talk_base": values["talk_base"] + 1e-4}, 60)
    assert np.abs(path - wrong).max() > 1e-7 or setup == "structure_only", "control: a slightly different rule is seen"


# -- 6: nothing idles ---------------------------------------------------------------------------------------

BUSY = {
    "umbrella": 1, "small_share": 0.5, "cycle_months": 16, "learning_prob": 0.5, "setup_months": 8,
    "review_month": 45, "review_floor": 0.2, "task_seeking": 0.5, "example_weight": 0.3, "pooled_share": 0.3,
    "turnover_prob": 0.1, "reorganisation_prob": 0.1, "fresh_start": 0.3, "crowding": 0.2, "upkeep_share": 0.2,
    "load_per_seat": 0.05,
}  # fmt: skip
"""Levers pulled and shocks frequent, so that every rule has something to do."""


def moved(name, base):
    """Whether the lowest or a high value of a parameter changes any outcome in any of 24 worlds."""
    row, point = BY_NAME[name], as_array(resolve(base, "structure_first"))
    points = np.repeat(point[None], 72, axis=0)
    low = 0.5 if name in NEEDS else row.low  # of needs all are above 0, or none
    points[24:48, NAMES.index(name)] = low
    points[48:, NAMES.index(name)] = min(row.high, low + max(1.0, low))
    count_partners(points)
    table = simulate(points, np.tile(np.arange(24), 3), SEED).outcomes
    return not np.array_equal(np.tile(table[:24], (2, 1)), table[24:], equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_6_every_parameter_moves_some_outcome(name):
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


def test_6_control_nothing_of_a_sector_without_partners_moves_anything():
    idle = [name for name in COMPOSITION if name.startswith("sector_") and name not in COUNTS]
    assert idle and not any(moved(name, BUSY) for name in idle)


def test_6_control_a_parameter_of_a_lever_not_pulled_moves_nothing():
    assert not moved("umbrella_fidelity", {"umbrella": 0})
    assert not moved("learning_prob", {"cycle_months": 0})


STRENGTHS = [row.name for row in PARAMETERS if row.channel or row.unit in ("strength", "weight")]


@pytest.mark.parametrize("name", STRENGTHS)
def test_6_every_strength_matters_in_the_default_world(name):
    """Set to 0 (or, where 0 is the default, to the top of its box), it moves some outcome by a practical difference.

    On average over worlds, under some arm; with the lever pulled that it restrains.
    """
    other = 0.0 if BY_NAME[name].default else (BY_NAME[name].box or (0.0, 0.5))[1]
    base = {"pooled_share": 0.5} if name == "pooling_restraint" else {}
    changes = []
    for setup in WITH_SETUP:
        points = np.repeat(as_array(resolve(base, setup))[None], 400, axis=0)
        points[200:, NAMES.index(name)] = other
        table = simulate(points, np.tile(np.arange(200), 2), SEED).outcomes
        measured = ~np.isin(OUTCOME_NAMES, ["gain_month", "collapse_month"]) & ~np.isnan(table).any(axis=0)
        changes.append(np.abs(table[:200] - table[200:])[:, measured].mean(axis=0).max())
    assert max(changes) > PRACTICAL
