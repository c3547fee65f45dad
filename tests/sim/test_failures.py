"""The failure detectors: known answers on months made by hand, each with controls, and on runs of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.study.samplers import evenly
from sim import draws, failures
from sim.clues import all_hold, since
from sim.draws import draw
from sim.failures import BY_MODE, MODE_NAMES, MODES, detect
from sim.limits import DEFAULT_LIMITS
from sim.outcomes import OUTCOME_NAMES
from sim.params import DEFAULT_BOX, DEFAULTS, SETUPS, as_array, resolve
from sim.record import Record, changed, least, play, recent, slope
from sim.state import SERIES_NAMES

MONTHS = 60
L = DEFAULT_LIMITS


def by_hand(parameters=None, outcomes=None, months=MONTHS, **series):
    """One run whose months are given: each series a number, or one for each month; all others are 0."""
    values = np.zeros((1, months, len(SERIES_NAMES)))
    for name, value in series.items():
        values[0, :, SERIES_NAMES.index(name)] = value
    summed = np.full((1, len(OUTCOME_NAMES)), np.nan)
    for name, value in {"axed": 0.0, **(outcomes or {})}.items():
        summed[0, OUTCOME_NAMES.index(name)] = value
    points = as_array({**DEFAULTS, "months": months, **(parameters or {})})[None]
    return Record(points, np.zeros(1, dtype=np.int64), 1, summed, values)


def judged(name, record, twins, limits=L):
    """Since when a mode's clues hold in a run made by hand, beside twins made by hand."""
    mode = BY_MODE[name]
    clues = mode.own(record, limits)
    if mode.beside is not None:
        clues += mode.beside(record, twins, limits)
    return since(all_hold(clues), record.last, mode.event)[0], clues


ARMS = ("structure_first", "purpose_first", "balanced", "structure_only", "purpose_only")
SHOCK_WORLD = {"reorganisation_prob": 1.0}  # reorganised in every month, so 18 months before any month from the 19th
LOOP = {"cycle_months": 12}
ONE_SETUP = np.tile(np.linspace(1, 0, 12), 5)
FORGOT = np.where(np.arange(MONTHS) // 12 == 3, 0.5, ONE_SETUP)
"""The same setup in every cycle but the fourth of five: no three of them in a row at the end."""


def arms(**outcome):
    """A twin for each setup; those not named come to nothing."""
    return {name: by_hand(outcome=outcome.get(name, 0.0)) for name in ARMS}


# For each mode: a run that fails in this way, its twins, and controls that change one thing each and must not fail.
# A control gives `run`, `parameters`, `outcomes` or `twins` of its own; what it does not give stays.
CASES = {
    "talking_shop": (
        {"run": {"structure": 0.7, "purpose": 0.2, "outcome": 0.1}, "twins": arms(purpose_first=0.3)},
        [
            {"run": {"structure": 0.5, "purpose": 0.2, "outcome": 0.1}},
            {"run": {"structure": 0.7, "purpose": 0.4, "outcome": 0.1}},
            {"run": {"structure": 0.7, "purpose": 0.2, "outcome": 0.16}},
            {"twins": arms(purpose_first=0.19)},
        ],
    ),
    "good_intentions": (
        {"run": {"purpose": 0.6, "structure": 0.1, "outcome": 0.2}, "twins": arms(balanced=0.3)},
        [
            {"run": {"purpose": 0.4, "structure": 0.1, "outcome": 0.2}},
            {"run": {"purpose": 0.6, "structure": 0.35, "outcome": 0.2}},
            {"run": {"purpose": 0.6, "structure": 0.1, "outcome": np.linspace(0, 0.25, MONTHS)}},
            {"twins": arms(balanced=0.205)},
            {"twins": arms(purpose_first=0.9, balanced=0.1)},
        ],
    ),
    "inertia": (
        {"run": {"outcome": 0.2, "alone_outcome": 0.3, "burden": 0.4}},
        [
            {"run": {"outcome": 0.2, "alone_outcome": 0.3, "burden": 0.25}},
            {"run": {"outcome": 0.2, "alone_outcome": 0.15, "burden": 0.4}},
            {"run": {"outcome": np.linspace(0, 0.25, MONTHS), "alone_outcome": 0.3, "burden": 0.4}},
            {"run": {"outcome": np.linspace(0.25, 0, MONTHS), "alone_outcome": 0.3, "burden": 0.4}},
        ],
    ),
    "free_riding": (
        {"run": {"laggards": 0.4}, "outcomes": {"gini_effort": 0.35}},
        [{"run": {"laggards": 0.3}}, {"outcomes": {"gini_effort": 0.25}}],
    ),
    "orphaned_issues": ({"run": {"owned": 0.25}}, [{"run": {"owned": 0.5}}, {"run": {"owned": 0.75}}]),
    "paper_endorsement": (
        {"run": {"endorsed": 0.8, "commitment": 0.3}},
        [
            {"run": {"endorsed": 0.75, "commitment": 0.3}},
            {"run": {"endorsed": 0.8, "commitment": 0.4}},
            {"run": {"endorsed": np.where(np.arange(MONTHS) == 50, 0.5, 1.0), "commitment": 0.3}},
        ],
    ),
    "cost_shifting": (
        {"run": {"cost_shift": 0.3, "trust": 0.3}, "twins": {"unshifting": by_hand(trust=0.6)}},
        [
            {"run": {"cost_shift": 0.15, "trust": 0.3}},
            {"run": {"cost_shift": 0.3, "trust": 0.45}},
            {"twins": {"unshifting": by_hand(trust=0.3)}},
        ],
    ),
    "pool_without_purpose": (
        {
            "run": {"outcome": 0.3, "purpose": 0.1},
            "parameters": {"pooled_share": 0.5},
            "twins": {"unpooled": by_hand(outcome=0.3)},
        },
        [
            {"parameters": {"pooled_share": 0.3}},
            {"run": {"outcome": 0.3, "purpose": 0.5}},
            {"twins": {"unpooled": by_hand(outcome=0.25)}},
        ],
    ),
    "overload": ({"run": {"overloaded": 0.6}}, [{"run": {"overloaded": 0.5}}]),
    "tokenism": (
        {
            "run": {"commitment_small": 0.5},
            "parameters": {"umbrella": 1},
            "twins": {"own_seats": by_hand(commitment_small=0.6)},
        },
        [
            {"parameters": {"umbrella": 0}},
            {"run": {"commitment_small": 0.56}},
            {"twins": {"own_seats": by_hand(commitment_small=0.5)}},
        ],
    ),
    "reorganisation_reset": (
        {"run": {"trust": 0.4}, "parameters": SHOCK_WORLD, "twins": {"undisturbed": by_hand(trust=0.5)}},
        [
            {"parameters": {"reorganisation_prob": 0.0}},
            {"run": {"trust": 0.46}},
            {"twins": {"undisturbed": by_hand(trust=0.4)}},
            {"run": {"trust": np.where(np.arange(MONTHS) < 18, 0.1, 0.5)}},
        ],
    ),
    "axed_too_soon": (
        {
            "run": {"outcome": 0.1},
            "parameters": {"review_month": 18},
            "outcomes": {"axed": 1.0},
            "twins": {"unreviewed": by_hand(outcome=0.4, alone_outcome=0.3)},
        },
        [
            {"outcomes": {"axed": 0.0}},
            {"twins": {"unreviewed": by_hand(outcome=0.25, alone_outcome=0.3)}},
        ],
    ),
    "insanity_loop": (
        {
            "run": {"emphasis": ONE_SETUP, "outcome": 0.1, "alone_outcome": 0.3},
            "parameters": LOOP,
            "twins": arms(purpose_only=0.2),
        },
        [
            {"parameters": {"cycle_months": 0}},
            {"parameters": {"cycle_months": 30}},
            {"run": {"emphasis": FORGOT, "outcome": 0.1, "alone_outcome": 0.3}},
            {"run": {"emphasis": ONE_SETUP, "outcome": 0.35, "alone_outcome": 0.3}},
            {"twins": arms(purpose_only=0.1)},
        ],
    ),
    "antagony": (
        {"run": {"outcome": 0.2, "alone_outcome": 0.3}},
        [
            {"run": {"outcome": 0.3, "alone_outcome": 0.3}},
            {"run": {"outcome": np.where(np.arange(MONTHS) == 45, 0.31, 0.2), "alone_outcome": 0.3}},
        ],
    ),
}  # fmt: skip


def outcome_of(case):
    record = by_hand(case.get("parameters"), case.get("outcomes"), **case["run"])
    return judged(case["name"], record, case.get("twins", {}))[0]


def test_every_detector_has_its_known_answers():
    assert tuple(CASES) == MODE_NAMES and len(MODES) == 14


@pytest.mark.parametrize("name", MODE_NAMES)
def test_a_run_that_fails_so_is_recognised(name):
    assert not np.isnan(outcome_of({"name": name, **CASES[name][0]}))


CONTROLS = [(name, place) for name, (_, controls) in CASES.items() for place in range(len(controls))]


@pytest.mark.parametrize(("name", "place"), CONTROLS)
def test_a_run_that_lacks_one_clue_is_not(name, place):
    fails, controls = CASES[name]
    assert np.isnan(outcome_of({"name": name, **fails, **controls[place]}))


@pytest.mark.parametrize("name", MODE_NAMES)
def test_acting_alone_is_no_failure_of_a_partnership(name):
    fails = CASES[name][0]
    alone = {**fails, "parameters": {**fails.get("parameters", {}), "alone": 1}}
    assert np.isnan(outcome_of({"name": name, **alone}))


# -- since when, and by which readings --------------------------------------------------------------------


def month_of(name, **series):
    return judged(name, by_hand(**series), {})[0]


def test_a_failure_stands_once_recent_means_say_so_without_a_break():
    month = np.arange(1, MONTHS + 1)
    assert month_of("orphaned_issues", owned=0.0) == 20  # the window must fill
    assert month_of("orphaned_issues", owned=np.where(month <= 30, 1.0, 0.0)) == 41  # eleven of twenty months
    assert month_of("orphaned_issues", owned=np.where(month == 50, 1.0, 0.0)) == 20  # one month changes no mean enough
    back = np.where((month > 20) & (month <= 40), 1.0, 0.0)
    assert month_of("orphaned_issues", owned=back) == 51  # it stood before, and was over
    assert np.isnan(month_of("orphaned_issues", owned=np.where(month <= 45, 0.0, 1.0)))  # over by the end
    assert month_of("antagony", outcome=np.where(month <= 30, 1.0, 0.0), alone_outcome=0.5) == 50


def test_an_event_counts_once_it_has_happened():
    shocked = by_hand(SHOCK_WORLD, trust=np.where(np.arange(MONTHS) < 30, 0.4, 0.6))
    twin = {"undisturbed": by_hand(trust=0.6)}
    assert judged("reorganisation_reset", shocked, twin)[0] == 19
    later = {**L, "reorganisation_reset_months": 40}
    assert np.isnan(judged("reorganisation_reset", shocked, twin, later)[0])


def test_an_axed_partnership_is_judged_by_its_own_months():
    owned = np.where(np.arange(MONTHS) < 30, 0.0, 1.0)
    assert np.isnan(month_of("orphaned_issues", owned=owned))
    axed = by_hand({"review_month": 30}, {"axed": 1.0}, owned=owned)
    assert judged("orphaned_issues", axed, {})[0] == 20


def test_readings_are_told_in_words():
    record = by_hand(structure=0.71, purpose=0.18, outcome=0.09)
    _, clues = judged("talking_shop", record, arms(purpose_first=0.31, balanced=0.2))
    told = [clue.described(0, MONTHS - 1) for clue in clues]
    assert told == ["structure 0.71", "purpose 0.18", "outcome 0.09 against 0.31 in the same world purpose first"]


def test_a_finding_tells_the_run_it_is_asked_for():
    points = np.stack([as_array(resolve({"umbrella": u, "load_per_seat": 0.2}, "structure_only")) for u in (0, 1, 0)])
    record = play(points, np.array([3, 3, 4]), 1)
    finding = detect(BY_MODE["overload"], record, L)
    share = recent(record.monthly("overloaded"), 20)[:, -1]
    burden = recent(record.monthly("burden"), 20)[:, -1]
    assert [finding.described(run) for run in range(3)] == [
        f"share of partners overloaded {one:.2f}, burden {other:.2f}" for one, other in zip(share, burden, strict=True)
    ]
    assert finding.described(0) != finding.described(1)
    beside = detect(BY_MODE["talking_shop"], record, L)
    assert all((beside.described(run) == "") == (beside.searched[run] < 0) for run in range(3))


@pytest.mark.parametrize("name", MODE_NAMES)
def test_two_or_three_readings_tell_why(name):
    _, clues = judged(name, by_hand(**CASES[name][0]["run"]), CASES[name][0].get("twins", {}))
    readings = [clue.described(0, MONTHS - 1) for clue in clues]
    assert sum(1 + (clue.beside is not None) for clue in clues) >= 2
    assert len(readings) <= 4 and all(readings)


# -- recent means, slopes, lows ---------------------------------------------------------------------------


def test_recent_means_slopes_and_lows_are_those_of_the_last_months():
    values = np.random.default_rng(1).random((3, 40))
    for month in range(40):
        last = values[:, max(0, month - 11) : month + 1]
        if month < 11:
            assert np.isnan(
                [recent(values, 12)[:, month], slope(values, 12)[:, month], least(values, 12)[:, month]]
            ).all()
            continue
        np.testing.assert_allclose(recent(values, 12)[:, month], last.mean(axis=1))
        np.testing.assert_allclose(
            slope(values, 12)[:, month], [np.polyfit(range(12), row, 1)[0] for row in last], atol=1e-12
        )
        np.testing.assert_array_equal(least(values, 12)[:, month], last.min(axis=1))
    assert np.isnan(recent(values[:, :5], 12)).all()


# -- runs of the engine -----------------------------------------------------------------------------------


def box_runs(count, seed=5):
    """Runs from the default box, under all setups, with levers in use."""
    rng = np.random.default_rng(seed)
    points = []
    for run in range(count):
        values = {name: float(evenly(name, *span, rng.random())) for name, span in DEFAULT_BOX.items()}
        levers = {"umbrella": run % 2, "pooled_share": 0.5 * (run % 3), "review_month": 20 * (run % 4 == 3),
                  "cycle_months": 12 * (run % 5 == 4), "mandated": run % 2}  # fmt: skip
        points.append(as_array(resolve({**values, **levers}, list(SETUPS)[run % len(SETUPS)])))
    return np.stack(points), np.arange(count)


@pytest.mark.parametrize("name", [mode.name for mode in MODES if mode.beside is not None])
def test_twins_played_for_suspects_only_give_what_twins_for_all_give(runs, found, name):
    mode = BY_MODE[name]
    twins = {
        twin: play(changed(runs.points, changes), runs.worlds, runs.seed)
        for twin, changes in mode.counterfactuals.items()
    }
    holds = all_hold(mode.own(runs, L) + mode.beside(runs, twins, L))
    np.testing.assert_array_equal(found[name].since, since(holds, runs.last, mode.event))


def test_failures_are_found_among_them(found):
    """The control: most modes show in some of these runs, and none in all."""
    shown = {name for name, finding in found.items() if finding.fires.any()}
    assert len(shown) >= 11 and not any(finding.fires.all() for finding in found.values())


def test_what_is_found_in_a_run_does_not_depend_on_the_others(runs, found):
    few = np.array([7, 3, 200])
    again = failures.examine(play(runs.points[few], runs.worlds[few], runs.seed), L)
    for name, finding in again.items():
        np.testing.assert_array_equal(finding.since, found[name].since[few])


def test_reorganisations_are_the_draws_that_the_months_take():
    seed, worlds, prob = 2**40 + 3, np.array([5, 6]), np.array([0.2, 0.5])
    marked = np.zeros((2, 40))
    failures.reorganisations(seed, worlds, prob, marked)
    for run, world in enumerate(worlds):
        for month in range(40):
            assert marked[run, month] == (draw(seed, int(world), month, 0, draws.REORGANISATION)[0] < prob[run])
    steady = {
        "reorganisation_prob": 0.2,
        "reorganisation_loss": 0.9,
        "months": 40,
        "structure_decay": 0,
        "turnover_prob": 0,
    }
    record = play(as_array(resolve(steady, "structure_only"))[None], worlds[:1], seed)
    structure = record.monthly("structure")[0]
    fell = np.flatnonzero(np.diff(structure, prepend=0.0) < 0)
    assert set(fell) == set(np.flatnonzero(marked[0])) - {0} and len(fell) > 3


def test_limits_move_what_is_found(runs, found):
    strict = failures.examine(runs, {**L, "orphaned_issues_owned": 0.0, "overload_partners": 1.0})
    assert not strict["orphaned_issues"].fires.any() and not strict["overload"].fires.any()
    lax = failures.examine(runs, {**L, "overload_partners": 0.0})
    assert lax["overload"].fires.sum() > found["overload"].fires.sum()
