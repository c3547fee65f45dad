"""Studies made in Python: whatever a part of one may be, it is taken or answered with one message."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest

from experiments.errors import StudyError
from experiments.study import validation
from experiments.study.definition import Adaptive
from experiments.study.names import check_name
from experiments.study.small import small_study
from sim.params import ParameterError
from sim.values import number_of, shown

BASE = small_study(9, arms=("structure_first", "purpose_first"), n_issues=3, months=2)

# -- studies made in Python -------------------------------------------------------------------------------------

ODD = ["x", "", None, True, 1.5, -1, 10**400, float("nan"), float("inf"), [], {}, (1, 2, 3), {"a": 1}, {1: 2}, Ellipsis,
       np.int64(3), np.float32(0.5), np.arange(3), b"x", 1j, {"noise": "x"}, {"x": {"noise": None}}, ("x",),
       ["alone", 5], {"noise": (0.0, "x")}, {"noise": 5}, {"town": {"a": 5}}, {"town": {}}, {"": {"a": 1}}]  # fmt: skip
PARTS = ["name", "question", "seed", "parameters", "design", "arms", "contrast", "variants", "variant_points",
         "trajectory_points", "limits"]  # fmt: skip
DESIGN_PARTS = [
    "sampler",
    "points",
    "factors",
    "levels",
    "choices",
    "replicates",
    "adaptive",
    "shared_worlds",
    "digest",
]


def only_study_errors(study):
    """Whether a study is refused; anything but a `StudyError` passes through, and fails the test."""
    with contextlib.suppress(StudyError):
        validation.require_valid(study)
        assert len(study.id) == 12, "what passes has an identity"
        return False
    with pytest.raises(StudyError, match=r"^[^\n]{1,900}$"):
        validation.require_valid(study)
    return True


@pytest.mark.parametrize("part", PARTS)
def test_any_part_of_a_study_may_be_wrong_and_is_answered_with_a_message(part):
    assert not only_study_errors(BASE)
    count = sum(only_study_errors(replace(BASE, **{part: value})) for value in ODD)
    assert count >= len(ODD) - 4, "control: a few of them are right"


@pytest.mark.parametrize("part", DESIGN_PARTS)
def test_any_part_of_a_design_may_be_wrong_and_is_answered_with_a_message(part):
    count = 0
    for value in ODD:
        count += only_study_errors(replace(BASE, design=replace(BASE.design, **{part: value})))
    assert count >= len(ODD) - 4


@pytest.mark.parametrize("part", ["a", "b", "outcome", "region"])
@pytest.mark.parametrize("value", ODD, ids=shown)
def test_any_part_of_a_contrast_may_be_wrong(part, value):
    wrong = replace(BASE.contrast, **{part: value})
    assert only_study_errors(replace(BASE, contrast=wrong)) or part == "region"


@pytest.mark.parametrize("part", ["precision", "batch", "maximum", "level"])
@pytest.mark.parametrize("value", ODD, ids=shown)
def test_any_part_of_adaptive_replicates_may_be_wrong(part, value):
    rule = replace(Adaptive(0.1, 4, 8), **{part: value})
    assert only_study_errors(replace(BASE, design=replace(BASE.design, adaptive=rule))) or value == 1.5


@pytest.mark.parametrize("value", ODD, ids=shown)
@pytest.mark.parametrize("name", ["points", "seed", "arms", "noise", "n_partners", "need_1", "months"])
def test_a_small_study_takes_what_can_be_run_or_says_what_it_takes(name, value):
    with contextlib.suppress(StudyError, ParameterError):
        validation.require_valid(small_study(**{name: value}))
        assert number_of(value) is not None or (name == "arms" and value is None)
        return
    with pytest.raises((StudyError, ParameterError), match=r"^[^\n]{1,900}$"):
        small_study(**{name: value})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"points": "x"}, "points='x' is not a whole number"),
        ({"points": 12.5}, "points=12.5 is not a whole number"),
        ({"points": 0}, "design.points=0 must be 1 or more"),
        ({"seed": None}, "seed=None is not a whole number"),
        ({"seed": 2**63}, "it takes a whole number from 0 to"),
        ({"arms": ()}, "a study compares two or more of structure_first"),
        ({"arms": "alone"}, "arms='alone' is not a list of names"),
        ({"arms": ("structure_first", "purpos_first")}, "did you mean 'purpose_first'"),
        ({"arms": ("structure_first", {})}, "must be names"),
        ({"noise": "loud"}, "noise='loud' is not a number"),
        ({"nois": 0.1}, "did you mean 'noise'"),
        ({"sector_1_count": 1}, "n_partners=1.0 is out of range"),
        ({"need_1": 1}, "need_2=0, and others are above"),
    ],
)
def test_a_small_study_that_cannot_be_is_answered_with_one_message(asked, said):
    with pytest.raises((StudyError, ParameterError), match=said):
        small_study(**asked)


def test_a_small_study_takes_numbers_however_they_are_given():
    assert small_study("12.0", seed=np.int64(3), noise="0.1").id == small_study(12, seed=3, noise=0.1).id
    assert small_study(12, arms=["structure_first", "purpose_first"]).arms == ("structure_first", "purpose_first")


# -- names ------------------------------------------------------------------------------------------------------

GOOD_NAMES = ["a", "no_load", "no load", "v1.2-b", "7", "-x", "_7", "x" * 80, "none.", "A b-C_d.9"]
BAD_NAMES = ["", "_", "-.", " a", ".a", "..", "a ", "x" * 81, "a/b", "a\\b", "a$b", "a\nb", "a\n", "a\tb", "ä", "a:b",
             "<b>", "a,b", "a\0b", 5, None, b"a"]  # fmt: skip


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_name_of_plain_characters_is_taken(name):
    assert check_name("variants", name) == name
    town = {"levels": {}, "choices": {name: {name: {}}}}
    validation.require_valid(replace(BASE, name=name, variants={name: {}}, design=replace(BASE.design, **town)))


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
def test_any_other_name_is_refused_wherever_it_stands(name):
    with pytest.raises(StudyError, match=r"^variants: .* is not a valid name: a name has 1 to 80 letters"):
        check_name("variants", name)
    named = [
        replace(BASE, name=name),
        replace(BASE, variants={name: {}}),
        replace(BASE, design=replace(BASE.design, choices={name: {"a": {}}})),
        replace(BASE, design=replace(BASE.design, choices={"town": {name: {}}})),
    ]
    assert all(map(only_study_errors, named))
