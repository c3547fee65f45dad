"""The table of parameters: one row each, nothing outside its range, and mistakes answered in one sentence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import params
from sim.params import (
    DEFAULT_BOX,
    DEFAULTS,
    NAMES,
    PARAMETERS,
    PLANS,
    SETUPS,
    ParameterError,
    parameter_value,
    resolve,
)


def rows(holds=lambda row: True):
    """Run a test for each row of the table for which something holds."""
    chosen = [row for row in PARAMETERS if holds(row)]
    assert chosen
    return pytest.mark.parametrize("row", chosen, ids=[row.name for row in chosen])


every_parameter = rows()
boxed = rows(lambda row: row.box is not None)
every_setup = pytest.mark.parametrize("setup", SETUPS)

EMPHASES = {"early_emphasis", "late_emphasis", "upkeep_emphasis"}
PLAN = EMPHASES | {*PLANS}


# -- the table --------------------------------------------------------------------------------------------


def test_every_parameter_has_a_name_of_its_own():
    assert len(set(NAMES)) == len(PARAMETERS)


@every_parameter
def test_every_parameter_says_what_it_is(row):
    assert row.name.isidentifier()
    assert row.unit
    assert row.meaning
    assert row.source


@every_parameter
def test_a_parameter_is_a_lever_an_uncertainty_a_design_or_a_measure(row):
    assert row.kind in ("lever", "uncertainty", "design", "measure")


@every_parameter
def test_the_default_lies_in_the_range(row):
    assert row.low < row.high
    assert parameter_value(row.name, row.default) == row.default


@rows(lambda row: row.unit == "switch")
def test_a_switch_is_off_or_on(row):
    assert (row.low, row.high) == (0, 1)


@rows(lambda row: row.unit in ("share", "chance"))
def test_shares_and_chances_lie_between_0_and_1(row):
    assert 0 <= row.low < row.high <= 1


@boxed
def test_the_box_lies_in_the_range_and_holds_the_default(row):
    low, high = DEFAULT_BOX[row.name]
    assert row.low <= low <= row.default <= high <= row.high
    assert low < high


@boxed
def test_what_the_experimenter_fixes_is_not_drawn_from_a_box(row):
    assert row.kind in ("uncertainty", "lever")


def test_worlds_do_not_differ_in_when_structure_is_built():
    """The emphases are what the arms set: drawn from a box, they would be overruled."""
    assert PLAN.isdisjoint(DEFAULT_BOX)


@every_parameter
def test_what_is_not_in_the_box_has_a_reason(row):
    """Everything that nobody has measured is in it: no answer hangs on a value that was never varied."""
    assert (row.box is None) == bool(row.outside)


@pytest.mark.parametrize(("one", "other"), [
    ("structure_months", "purpose_months"), ("structure_decay", "purpose_decay"), ("load_per_seat", "load_per_talk"),
    ("turnover_prob", "reorganisation_prob"), ("turnover_loss", "reorganisation_loss"),
])  # fmt: skip
def test_what_means_the_same_for_structure_and_purpose_has_the_same_range(one, other):
    assert DEFAULT_BOX[one] == DEFAULT_BOX[other]


@rows(lambda row: row.channel != "")
def test_a_channel_can_be_switched_off(row):
    """Ablation is a value and not a second model: a channel belongs to one of the two stocks, and can be 0."""
    assert row.channel in ("structure", "purpose")
    assert row.low <= 0 <= row.high


def test_structure_and_purpose_both_have_channels():
    assert {row.channel for row in PARAMETERS} == {"", "structure", "purpose"}


@rows(lambda row: row.unit == "strength")
def test_a_strength_can_be_none_or_full(row):
    assert row.low <= 0
    assert row.high >= 1


# -- setups -----------------------------------------------------------------------------------------------


def budget(setup):
    resolved = resolve(setup=setup)
    return resolved["setup_share"], resolved["setup_months"], resolved["upkeep_share"]


@every_setup
def test_a_setup_holds_allowed_values(setup):
    for name, value in SETUPS[setup].items():
        assert parameter_value(name, value) == value


@pytest.mark.parametrize("setup", [setup for setup in SETUPS if setup not in ("neither", "alone")])
def test_a_setup_is_only_a_split(setup):
    """An arm that builds differs from the others in where its effort goes, never in how much it spends."""
    assert set(SETUPS[setup]) <= PLAN
    assert budget(setup) == budget("balanced")


@pytest.mark.parametrize("setup", [setup for setup in SETUPS if setup not in ("neither", "alone")])
def test_a_setup_leaves_no_other_plan_in_force(setup):
    """Whatever plan the parameters name beside it; but an order may wait for a gate."""
    for name, value in (("responsiveness", 50.0), ("schedule_1_until", 9.0)):
        assert resolve({name: value}, setup)[name] == SETUPS[setup][name]
    assert sum(resolve(setup=setup)[name] > 0.0 for name in PLANS) == (setup == "responsive")


def test_neither_spends_nothing():
    share, _, upkeep = budget("neither")
    assert share == upkeep == 0.0
    assert budget("balanced")[0] > 0.0


def test_the_first_arms_differ_in_order_alone():
    """What goes to structure in all is the same; only when differs, so what one wins is path dependence."""
    structure, purpose = SETUPS["structure_first"], SETUPS["purpose_first"]
    assert structure["early_emphasis"] == purpose["late_emphasis"] == 1.0
    assert structure["late_emphasis"] == purpose["early_emphasis"] == 0.0
    assert structure["upkeep_emphasis"] == purpose["upkeep_emphasis"]


def test_balanced_is_the_default():
    assert resolve(setup="balanced") == DEFAULTS


def test_the_only_arms_are_opposites():
    assert EMPHASES.issubset(SETUPS["structure_only"])
    for name in EMPHASES:
        assert SETUPS["structure_only"][name] + SETUPS["purpose_only"][name] == 1.0


# -- values -----------------------------------------------------------------------------------------------


def allowed(row):
    return st.integers(int(row.low), int(row.high)) if row.integer else st.floats(max(row.low, row.least), row.high)


@given(data=st.data(), row=st.sampled_from(PARAMETERS))
def test_values_in_the_range_pass_unchanged(data, row):
    value = data.draw(allowed(row))
    assert parameter_value(row.name, value) == value
    assert isinstance(parameter_value(row.name, value), float)


@given(row=st.sampled_from(PARAMETERS), beyond=st.floats(1e-9, 1e9))
def test_values_beyond_the_range_are_refused(row, beyond):
    for value in (row.low - beyond, row.high + beyond):
        with pytest.raises(ParameterError, match="out of range"):
            parameter_value(row.name, value)


@every_parameter
def test_no_parameter_takes_what_is_not_finite(row):
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ParameterError, match=f"{row.name}=.*out of range"):
            parameter_value(row.name, value)


@rows(lambda row: row.integer)
def test_what_is_counted_is_whole(row):
    with pytest.raises(ParameterError, match="is not whole"):
        parameter_value(row.name, row.low + 0.5)


@rows(lambda row: not row.integer)
def test_what_is_measured_need_not_be_whole(row):
    third = row.low + (row.high - row.low) / 3
    assert third != int(third)
    assert parameter_value(row.name, third) == third


@pytest.mark.parametrize("value", ["many", None, [1, 2], {}])
def test_words_are_no_numbers(value):
    with pytest.raises(ParameterError, match="is not a number; commitment takes a number from 0 to 1"):
        parameter_value("commitment", value)


def test_true_and_false_are_switches():
    assert parameter_value("umbrella", True) == 1.0
    assert parameter_value("umbrella", False) == 0.0


# -- what a mistake is answered with ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("comitment", 0.5, "there is no parameter 'comitment' (did you mean 'commitment'?)"),
        ("zebra", 0.5, "there is no parameter 'zebra'"),
        (
            "commitment",
            1.2,
            "commitment=1.2 is out of range; commitment takes a number from 0 to 1; the nearest is 1"
            " (mean commitment at launch)",
        ),
        (
            "months",
            -5,
            "months=-5 is out of range; months takes a whole number from 1 to 1200; the nearest is 1"
            " (how long the partnership is followed)",
        ),
        (
            "months",
            12.5,
            "months=12.5 is not whole; months takes a whole number from 1 to 1200"
            " (how long the partnership is followed)",
        ),
        (
            "umbrella",
            2,
            "umbrella=2 is out of range; umbrella takes true or false (all small partners share one seat)",
        ),
        (
            "noise",
            math.nan,
            "noise=nan is out of range; noise takes a number from 0 to 2"
            " (half-width of the error in seeing what another gave)",
        ),
    ],
)
def test_a_mistake_is_answered_with_value_range_and_remedy(name, value, message):
    with pytest.raises(ParameterError) as fault:
        parameter_value(name, value)
    assert str(fault.value) == message


def test_a_setup_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(ParameterError, match="did you mean 'purpose_first'") as fault:
        resolve(setup="purpos_first")
    for setup in SETUPS:
        assert setup in str(fault.value)


# -- putting it together ----------------------------------------------------------------------------------


def test_values_override_defaults_and_setups_override_values():
    resolved = resolve({"early_emphasis": 0.3, "commitment": 0.7}, setup="structure_first")
    assert resolved["early_emphasis"] == 1.0
    assert resolved["commitment"] == 0.7
    assert resolved["noise"] == DEFAULTS["noise"]


def test_resolving_changes_no_default():
    before = dict(DEFAULTS)
    resolve({"commitment": 0.7}, setup="alone")
    assert before == DEFAULTS


def test_resolving_refuses_what_checking_refuses():
    with pytest.raises(ParameterError, match="did you mean 'commitment'"):
        resolve({"comitment": 0.5})


def test_an_array_follows_the_table():
    values = params.as_array(resolve({"n_partners": 7}))
    assert values.dtype == np.float64
    assert values.shape == (len(NAMES),)
    assert values[NAMES.index("n_partners")] == 7.0
    assert dict(zip(NAMES, values.tolist(), strict=True)) == resolve({"n_partners": 7})
