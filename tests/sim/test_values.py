"""Values at their limits: all that is taken gives finite outcomes, and all else is refused with one message."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from sim import params, runs
from sim.limits import LIMITS, check_limit
from sim.model import Partnership
from sim.outcomes import CYCLES, OUTCOME_NAMES
from sim.params import BY_NAME, COUNTS, NEEDS, PARAMETERS, SETUPS, Parameter, ParameterError, parameter_value
from sim.runs import simulate
from sim.values import number_of, shown

ANSWERS = {name for name in OUTCOME_NAMES if name.startswith(("pat_", "vichealth_"))}
MAY_BE_MISSING = {"gain_month", "collapse_month", *ANSWERS, *(f"cycle_{c}" for c in range(1, CYCLES + 1))}
ALWAYS_THERE = [place for place, name in enumerate(OUTCOME_NAMES) if name not in MAY_BE_MISSING]

TINY = (5e-324, 1e-300, 1e-160, 1e-16, 1e-8, -5e-324, -1e-16)
QUICK = {"months": (1, 2, 3, 12), "n_partners": (2, 3, 8, 20), "meetings": (0, 1, 2, 12), "n_issues": (1, 2, 5, 12)}


# -- every value in its range -----------------------------------------------------------------------------------


def takes(name: str, value: float) -> bool:
    try:
        parameter_value(name, value)
    except ParameterError:
        return False
    return True


def corners(row: Parameter) -> list[float]:
    """The ends of a range, what is next to them, its default, and the smallest numbers: those that are taken."""
    low, high = float(row.low), float(row.high)
    beside = (low + 1, high - 1) if row.integer else (math.nextafter(low, math.inf), math.nextafter(high, -math.inf))
    least = (0.001, math.nextafter(0.001, 1))
    return [x for x in sorted({low, high, row.default, *beside, *TINY, *least}) if takes(row.name, x)]


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """All parameters of a quick run, most, some or few of them at a corner of their range."""
    often = (0.9, 0.3, 0.05)[rng.integers(3)]
    values = {
        row.name: float(rng.choice(corners(row))) if rng.random() < often else float(row.default) for row in PARAMETERS
    }
    values |= {name: float(rng.choice(some)) for name, some in QUICK.items()}
    values |= {name: float(rng.choice((0, 1, 2, 3))) for name in ("review_month", "cycle_months", "setup_months")}
    sectors, needs = rng.random(2) < (0.4, 0.5)
    counts = rng.permutation([2, *rng.choice((0, 0, 1, 5), len(COUNTS) - 1)]) if sectors else np.zeros(len(COUNTS))
    values |= dict(zip(COUNTS, counts.astype(float).tolist(), strict=True))
    above = [value for value in corners(BY_NAME["need_1"]) if value > 0]
    values |= {name: float(rng.choice(above)) if needs else 0.0 for name in NEEDS}
    values |= one_plan(rng) | SETUPS[str(rng.choice(list(SETUPS)))]
    return params.with_counts(values | (WITHOUT_SCHEDULE if values["schedule_1_until"] == 0.0 else {}))


WITHOUT_SCHEDULE = dict.fromkeys(params.UNTIL, 0.0)


def one_plan(rng: np.random.Generator) -> dict[str, float]:
    """Where setup goes: by the calendar, a gate, a schedule, or to what lags, at the corners of what these take."""
    some, plan = int(rng.integers(1, 5)), WITHOUT_SCHEDULE | {"gate": 0.0, "responsiveness": 0.0}
    untils = dict(zip(params.UNTIL[:some], (1.0, 2.0, 3.0, 600.0)[-some:], strict=True)) | {"learning_prob": 0.0}
    gate = {"gate": float(rng.choice(corners(BY_NAME["gate"])))}
    responsiveness = {"responsiveness": float(rng.choice(corners(BY_NAME["responsiveness"])))}
    return plan | ({}, gate, responsiveness, untils)[rng.integers(4)]


def not_finite(points: np.ndarray) -> np.ndarray:
    """The rows whose outcomes are not finite, those apart that need not exist."""
    outcomes = simulate(points, np.arange(len(points)), 5).outcomes
    return np.flatnonzero(~np.isfinite(outcomes[:, ALWAYS_THERE]).all(axis=1) | np.isinf(outcomes).any(axis=1))


@pytest.mark.slow
def test_at_every_corner_of_the_ranges_outcomes_are_finite():
    rng = np.random.default_rng(31)
    points = np.array([params.as_array(drawn(rng)) for _ in range(1500)])
    wrong = not_finite(points)
    assert len(wrong) == 0, dict(zip(params.NAMES, points[wrong[0]].tolist(), strict=True))


def test_needs_that_are_refused_would_give_no_number(monkeypatch):
    """Control: without their least value, the test above would meet outcomes that are no numbers."""
    values = params.DEFAULTS | {"need_1": 5e-324, "need_2": 1.0, "need_3": 1.0, "need_4": 1.0}
    points = np.array([params.as_array(values)])
    with pytest.raises(ParameterError, match=r"need_1=5e-324 is out of range; need_1 takes 0, or a number from"):
        simulate(points, np.zeros(1), 1)
    monkeypatch.setattr(runs, "LEAST", np.zeros(len(PARAMETERS)))
    assert len(not_finite(points)) == 1


def test_a_need_is_none_or_at_least_a_thousandth():
    assert [parameter_value("need_3", value) for value in (0, 0.001, 1000)] == [0.0, 0.001, 1000.0]
    for value, near in ((0.0009, 0.001), (1e-9, 0)):
        with pytest.raises(ParameterError, match=f"the nearest is {near:g} "):
            parameter_value("need_3", value)


# -- what is a number -------------------------------------------------------------------------------------------

TWELVE = [12, 12.0, "12", "12.0", " 12 ", "1.2e1", Decimal(12), Decimal("12.0"), Fraction(24, 2), np.int8(12),
          np.uint64(12), np.float32(12), np.float64(12)]  # fmt: skip
NO_NUMBERS = [None, True, False, np.True_, "", "x", "1_2", "0x1f", "1,5", b"12", [], [12], (), {}, {12}, 1j, Ellipsis,
              np.array(12.0), np.array([12.0]), range(3), float]  # fmt: skip


@pytest.mark.parametrize("value", TWELVE, ids=repr)
def test_twelve_is_twelve_however_it_is_given(value):
    assert number_of(value) == 12
    assert type(number_of(value)) is int
    assert parameter_value("months", value) == parameter_value("saturation", value) == 12.0
    assert type(parameter_value("months", value)) is float
    assert Partnership(rng=value, world=value, months=value).seed == 12


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused_by_every_parameter_but_switches_that_take_true_and_false(value):
    assert number_of(value) is None
    for row in PARAMETERS:
        if row.unit == "switch" and isinstance(value, bool | np.bool_):
            assert parameter_value(row.name, value) == float(value)
            continue
        with pytest.raises(ParameterError, match=f"^{row.name}=.* is not a number; {row.name} takes "):
            parameter_value(row.name, value)
    for limit in LIMITS:
        with pytest.raises(ParameterError, match=f"^{limit.name}=.* is not a number"):
            check_limit(limit.name, value)


@pytest.mark.parametrize("value", ["true", "True", "FALSE", "1", "0.0", 1, 0.0, np.int64(1), np.True_])
def test_a_switch_takes_words_and_numbers(value):
    assert parameter_value("umbrella", value) == float(str(value).lower() in ("true", "1"))


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), 10**5000, "1e400", "9" * 5000, Decimal("1e999999999"), Decimal("sNaN"), Decimal("-Infinity"),
     Fraction(10**400), math.nan, math.inf, np.float32("nan"), "nan", "inf"],
    ids=lambda value: shown(value)[:20],
)  # fmt: skip
def test_what_no_float_holds_is_out_of_every_range(value):
    for refused in (lambda: parameter_value("noise", value), lambda: check_limit("flat", value)):
        with pytest.raises(ParameterError, match="is out of range") as fault:
            refused()
        assert len(str(fault.value)) < 250
        assert "\n" not in str(fault.value)


def test_a_whole_number_is_exact_however_large():
    assert number_of(str(2**63 - 1)) == number_of(2**63 - 1) == number_of(np.uint64(2**63 - 1)) == 2**63 - 1
    assert number_of(Decimal(2**63 - 1)) == number_of(Fraction(2**63 - 1)) == 2**63 - 1
    assert Partnership(rng=str(2**63 - 1), months=1).seed == 2**63 - 1


def test_nothing_less_than_zero_is_nothing():
    """Equal values are one value in the identity of a study: JSON would write -0.0."""
    assert math.copysign(1.0, parameter_value("noise", -0.0)) == math.copysign(1.0, check_limit("flat", "-0")) == 1.0


def test_what_a_message_shows_is_short_and_on_one_line():
    for value in (np.zeros((30, 30)), "a\nb" * 80, 10**5000, {"x": list(range(100))}):
        assert len(shown(value)) <= 60
        assert "\n" not in shown(value)
    assert [shown(value) for value in (0.5, np.float64(0.5), "x", None, 7)] == ["0.5", "0.5", "'x'", "None", "7"]


# -- the arguments of a partnership -----------------------------------------------------------------------------

WRONG_SETUPS = [{}, 5, [], ("balanced",), True, 1.5, Ellipsis, float("nan"), np.array(["balanced"]), b"balanced"]


@pytest.mark.parametrize("setup", WRONG_SETUPS, ids=repr)
def test_a_setup_that_is_no_name_is_answered_with_the_names(setup):
    with pytest.raises(ParameterError, match=r"^there is no setup .*; setups are structure_first, "):
        Partnership(setup=setup)


WRONG_SEEDS = ["x", True, [], {}, 1j, 7.5, math.nan, -1, 2**64, 10**5000, Ellipsis, "1_0"]


@pytest.mark.parametrize("name", ["rng", "world"])
@pytest.mark.parametrize("value", WRONG_SEEDS, ids=shown)
def test_a_seed_and_a_world_are_whole_numbers_in_their_range(name, value):
    with pytest.raises(ParameterError, match=rf"^{name}=.* is (not a whole number|out of range; {name} takes a whole)"):
        Partnership(**{name: value})
    assert Partnership(rng=np.int64(7), world=np.uint8(3)).world == 3


@pytest.mark.parametrize("value", ["x", None, True, [], math.nan, 10**400, -0.1, 1.1], ids=shown)
def test_commitment_set_between_months_is_checked_as_well(value):
    partner = Partnership(rng=1).partners[0]
    with pytest.raises(ParameterError, match="commitment takes a number from 0 to 1"):
        partner.commitment = value
    partner.commitment = "0.25"
    assert partner.commitment == 0.25
