"""Vectors of runs: every operation acts in each lane as IEEE 754 says, whatever the width and whoever the neighbours.

The answers are numpy's, number by number. NaN, infinities, signed zeros and denormals are among the operands.
"""

import os
import subprocess
import sys
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numba import types
from numba.core.errors import TypingError

from sim.lanes import (
    Lanes,
    Vector,
    compiled,
    integer_part,
    lane,
    maximum,
    minimum,
    real,
    some,
    sqrt,
    vector,
    where,
    width_of,
)
from sim.places import integers
from sim.tables import Schema, aligned_zeros, row, table
from tests.faults import ROOT

WIDTHS = (1, 2, 4, 8, 16)
every_width = pytest.mark.parametrize("width", WIDTHS)

EDGES = (
    0.0, -0.0, 1.0, -1.0, 0.1, 1.0 + 2.0**-52, 3.0, 2.0**53 + 2.0, -1e-3,
    5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308,
    float("inf"), float("-inf"), float("nan"),
)  # fmt: skip


# -- floats -----------------------------------------------------------------------------------------------

PAIR = Schema("x", "y")

EXPECTED = {
    "plus": lambda x, y: x + y,
    "minus": lambda x, y: x - y,
    "times": lambda x, y: x * y,
    "over": lambda x, y: x / y,
    "root": lambda x, y: np.sqrt(x),
    "smaller": lambda x, y: np.where(x < y, x, y),
    "larger": lambda x, y: np.where(x > y, x, y),
    "chosen": lambda x, y: np.where(x <= 1.0, y, 2.0),
    "chosen_for_all": lambda x, y: np.where(True, x, y),
    "below": lambda x, y: x < y,
    "at_most": lambda x, y: x <= y,
    "above": lambda x, y: x > y,
    "at_least": lambda x, y: x >= y,
    "equal": lambda x, y: x == y,
    "unequal": lambda x, y: x != y,
    "both": lambda x, y: (x > 0.0) & (y > 0.0),
    "either": lambda x, y: (x > 0.0) | (y > 0.0),
    "one_of_them": lambda x, y: (x > 0.0) ^ (y > 0.0),
    "with_scalars": lambda x, y: 2 * x - (1.0 - y) / 3,
    "in_place": lambda x, y: ((0.0 + x) - y) * x,
    "rounded_twice": lambda x, y: x * y + x,
}
ANSWER = Schema(*EXPECTED)


@compiled
def float_answers(lanes, pairs, answers):
    """Each operation of `EXPECTED`, on pairs (rows, columns, lanes)."""
    for i in range(pairs.shape[0]):
        pair, answer = table(lanes, PAIR, pairs)[i], table(lanes, ANSWER, answers)[i]
        x, y = pair.x, pair.y
        answer.plus, answer.minus, answer.times, answer.over = x + y, x - y, x * y, x / y
        answer.root = sqrt(x)
        answer.smaller, answer.larger = minimum(x, y), maximum(x, y)
        answer.chosen, answer.chosen_for_all = where(x <= 1.0, y, 2.0), where(i >= 0, x, y)
        answer.below, answer.at_most = where(x < y, 1.0, 0.0), where(x <= y, 1.0, 0.0)
        answer.above, answer.at_least = where(x > y, 1.0, 0.0), where(x >= y, 1.0, 0.0)
        answer.equal, answer.unequal = where(x == y, 1.0, 0.0), where(x != y, 1.0, 0.0)
        answer.both = where((x > 0.0) & (y > 0.0), 1.0, 0.0)
        answer.either = where((x > 0.0) | (y > 0.0), 1.0, 0.0)
        answer.one_of_them = where((x > 0.0) ^ (y > 0.0), 1.0, 0.0)
        answer.with_scalars = 2 * x - (1.0 - y) / 3
        total = 0.0
        total += x
        total -= y
        total *= x
        answer.in_place = total
        answer.rounded_twice = x * y + x


def answered(pairs, width):
    """What the lanes answer on pairs (n, 2), as {operation: (n,)}; the last pack is filled up with the last pair."""
    packs = -(-len(pairs) // width)
    filled = np.asarray(pairs, dtype=np.float64)[np.minimum(np.arange(packs * width), len(pairs) - 1)]
    asked, told = aligned_zeros(packs, len(PAIR), width), aligned_zeros(packs, len(ANSWER), width)
    asked[:] = filled.reshape(packs, width, len(PAIR)).transpose(0, 2, 1)
    float_answers(Lanes(width), asked, told)
    by_pair = told.transpose(0, 2, 1).reshape(packs * width, len(ANSWER))[: len(pairs)]
    return dict(zip(ANSWER.names, by_pair.T, strict=True))


def expected(pairs):
    """What numpy answers."""
    x, y = np.asarray(pairs, dtype=np.float64).T
    with np.errstate(all="ignore"):
        return {name: np.asarray(function(x, y), dtype=np.float64) for name, function in EXPECTED.items()}


def same_bits(a, b):
    """Whether numbers agree to the last bit and the sign of zero; one NaN is as good as another."""
    one, other = (np.where(np.isnan(numbers), np.nan, numbers) for numbers in (a, b))
    return np.array_equal(one.view(np.int64), other.view(np.int64))


def test_same_bits_tells_zeros_apart_and_neighbours():
    assert same_bits(np.array([np.nan, 0.5]), np.array([-np.nan, 0.5]))
    assert not same_bits(np.array([0.0]), np.array([-0.0]))
    assert not same_bits(np.array([1.0]), np.array([np.nextafter(1.0, 2.0)]))


@every_width
@pytest.mark.parametrize("operation", EXPECTED)
def test_every_operation_on_every_pair_of_edges(width, operation):
    pairs = list(product(EDGES, EDGES))
    assert same_bits(answered(pairs, width)[operation], expected(pairs)[operation])


@every_width
@given(pairs=st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=40))
@example(pairs=[(1.0 + 2.0**-30, 2.0**-30 - 1.0)])
def test_every_operation_on_any_floats(width, pairs):
    answers, truth = answered(pairs, width), expected(pairs)
    for operation in EXPECTED:
        assert same_bits(answers[operation], truth[operation]), operation


@every_width
def test_a_product_and_a_sum_are_rounded_one_after_the_other(width):
    """Fused into one instruction they would round once, and machines with and without it would differ.

    With x = 1 + 2**-30 and y = 2**-30 - 1, x*y = 2**-60 - 1 rounds to -1, and -1 + x leaves 2**-30.
    """
    x, y = 1.0 + 2.0**-30, 2.0**-30 - 1.0
    fused = float(Fraction(x) * Fraction(y) + Fraction(x))
    left = answered([(x, y)], width)["rounded_twice"][0]
    assert left == 2.0**-30
    assert left != fused == 2.0**-30 + 2.0**-60


@every_width
def test_neighbours_do_not_matter(width):
    """A number's answer is the same beside NaN, infinities and zeros as beside copies of itself."""
    crowd = [(x, 0.0) for x in EDGES][: width - 1]
    for place in range(width):
        pairs = [*crowd[:place], (0.1, 0.3), *crowd[place:]]
        beside, alone = answered(pairs, width), answered([(0.1, 0.3)], width)
        for operation in EXPECTED:
            assert beside[operation][place] == alone[operation][0]


def test_what_is_no_number_loses_every_comparison():
    """Hence `minimum` and `maximum` give their second argument if either is NaN, and `rules.clip(NaN)` is 0."""
    for pair in ((np.nan, 1.0), (1.0, np.nan)):
        answers = answered([pair] * 8, 8)
        for operation in ("below", "at_most", "above", "at_least", "equal"):
            assert (answers[operation] == 0.0).all()
        assert (answers["unequal"] == 1.0).all()
        assert same_bits(answers["smaller"], np.full(8, pair[1]))
        assert same_bits(answers["larger"], np.full(8, pair[1]))


# -- integers ---------------------------------------------------------------------------------------------

HALF = 0xFFFFFFFF
INTEGER_EDGES = (0, 1, -1, 5, 2**31 - 1, -(2**31), 2**32 - 1, 2**32 + 3, 0xD2511F53, 2**63 - 1, -(2**63))

INTEGER_EXPECTED = {
    "plus": lambda k, m: k + m,
    "minus": lambda k, m: k - m,
    "times": lambda k, m: k * m,
    "with_scalars": lambda k, m: 3 * k - 7,
    "common_bits": lambda k, m: k & m,
    "all_bits": lambda k, m: k | m,
    "other_bits": lambda k, m: k ^ m,
    "shifted": lambda k, m: k >> 7,
    "smaller": np.minimum,
    "larger": np.maximum,
    "if_equal": lambda k, m: np.where(k == m, 5, m),
    "if_unequal": lambda k, m: np.where(k != m, k, 5),
    "if_at_most": lambda k, m: np.where(k <= m, 5, 6),
    "if_at_least": lambda k, m: np.where(k >= 0, k, m),
}
INTEGER_ANSWER = Schema(*INTEGER_EXPECTED)


@compiled
def halves(k):
    """The two halves of 64 bits, as floats, which hold them exactly."""
    return real((k >> 32) & HALF), real(k & HALF)


@compiled
def integer_answers(lanes, left, right, answers):
    """Each operation of `INTEGER_EXPECTED` on integers (lanes,); answers in two rows, high halves and low."""
    k, m = integers(lanes, left), integers(lanes, right)
    high, low = table(lanes, INTEGER_ANSWER, answers)[0], table(lanes, INTEGER_ANSWER, answers)[1]
    high.plus, low.plus = halves(k + m)
    high.minus, low.minus = halves(k - m)
    high.times, low.times = halves(k * m)
    high.with_scalars, low.with_scalars = halves(3 * k - 7)
    high.common_bits, low.common_bits = halves(k & m)
    high.all_bits, low.all_bits = halves(k | m)
    high.other_bits, low.other_bits = halves(k ^ m)
    high.shifted, low.shifted = halves(k >> 7)
    high.smaller, low.smaller = halves(minimum(k, m))
    high.larger, low.larger = halves(maximum(k, m))
    high.if_equal, low.if_equal = halves(where(k == m, 5, m))
    high.if_unequal, low.if_unequal = halves(where(k != m, k, 5))
    high.if_at_most, low.if_at_most = halves(where(k <= m, 5 + 0 * k, 6))
    high.if_at_least, low.if_at_least = halves(where(k >= 0, k, m))


def integer_answered(pairs, width):
    """What the lanes answer on pairs (n, 2) of integers, as {operation: (n,)}."""
    count = -(-len(pairs) // width) * width
    filled = np.asarray(pairs, dtype=np.int64)[np.minimum(np.arange(count), len(pairs) - 1)]
    told = aligned_zeros(count // width, 2, len(INTEGER_ANSWER), width)
    for pack, (left, right) in enumerate(filled.reshape(-1, width, 2).transpose(0, 2, 1)):
        integer_answers(Lanes(width), np.ascontiguousarray(left), np.ascontiguousarray(right), told[pack])
    high, low = told.astype(np.uint64).transpose(1, 2, 0, 3).reshape(2, len(INTEGER_ANSWER), count)[..., : len(pairs)]
    return dict(zip(INTEGER_ANSWER.names, ((high << np.uint64(32)) | low).view(np.int64), strict=True))


def integer_expected(pairs):
    k, m = np.asarray(pairs, dtype=np.int64).T
    return {name: function(k, m) for name, function in INTEGER_EXPECTED.items()}


@every_width
@pytest.mark.parametrize("operation", INTEGER_EXPECTED)
def test_integers_wrap_in_64_bits(width, operation):
    """Products of the random number generator overflow: what is kept of them must be the same everywhere."""
    pairs = list(product(INTEGER_EDGES, INTEGER_EDGES))
    assert integer_answered(pairs, width)[operation].tolist() == integer_expected(pairs)[operation].tolist()


whole_numbers = st.integers(-(2**63), 2**63 - 1)


@every_width
@given(pairs=st.lists(st.tuples(whole_numbers, whole_numbers), min_size=1, max_size=20))
def test_every_operation_on_any_integers(width, pairs):
    answers, truth = integer_answered(pairs, width), integer_expected(pairs)
    for operation in INTEGER_EXPECTED:
        assert answers[operation].tolist() == truth[operation].tolist(), operation


@compiled
def there_and_back(lanes, numbers, answers):
    x, answer = row(lanes, PAIR, numbers).x, row(lanes, PAIR, answers)
    answer.x = real(integer_part(x))


@every_width
@given(number=st.floats(0.0, 2.0**31, exclude_max=True))
@example(number=2.0**31 - 0.5)
@example(number=0.9999999999999999)
@example(number=-0.0)
def test_the_whole_part_of_a_number(width, number):
    numbers, answers = aligned_zeros(len(PAIR), width), aligned_zeros(len(PAIR), width)
    numbers[0] = np.resize([number, 7.5], width)
    there_and_back(Lanes(width), numbers, answers)
    assert same_bits(answers[0], np.floor(np.abs(numbers[0])))


@every_width
@given(number=st.integers(0, 2**52 - 1))
def test_an_integer_of_52_bits_is_a_float_exactly(width, number):
    answers = integer_answered([(number, 0)] * width, width)
    assert (answers["plus"] == number).all()


# -- a vector and its lanes -------------------------------------------------------------------------------

SUMMARY = Schema("any_above", "lane_sum", "width")


@compiled
def sum_up(lanes, numbers, answers):
    x, answer = row(lanes, PAIR, numbers).x, row(lanes, SUMMARY, answers)
    answer.any_above = 1.0 if some(x > 0.5) else 0.0
    total = 0.0
    for index in range(width_of(x)):
        total += (index + 1.0) * lane(x, index)
    answer.lane_sum, answer.width = total, real(width_of(x))


def summed_up(numbers):
    width = len(numbers)
    asked, told = aligned_zeros(len(PAIR), width), aligned_zeros(len(SUMMARY), width)
    asked[0] = numbers
    sum_up(Lanes(width), asked, told)
    return dict(zip(SUMMARY.names, told, strict=True))


@every_width
def test_some_is_true_if_a_condition_holds_in_any_lane(width):
    assert (summed_up(np.zeros(width))["any_above"] == 0.0).all()
    for one in range(width):
        assert (summed_up(np.eye(width)[one])["any_above"] == 1.0).all()


@every_width
def test_a_lane_can_be_taken_out(width):
    answers = summed_up(2.0 ** np.arange(width))
    assert (answers["lane_sum"] == sum((index + 1) * 2**index for index in range(width))).all()
    assert (answers["width"] == width).all()


def test_one_lane_is_a_plain_number():
    """At width 1 nothing is left of vectors: what is compiled is the scalar program."""
    for kind in (types.float64, types.int64, types.boolean):
        assert vector(kind, 1) is kind
        assert vector(kind, 2) == Vector(kind, 2) != Vector(kind, 4)


@compiled
def careless(lanes, whole_numbers, numbers):
    return width_of(integers(lanes, whole_numbers) + row(lanes, PAIR, numbers).x)


def test_integers_meet_floats_only_through_real():
    """At width 1 numba would convert by itself; vectors refuse, so that no rounding goes unseen."""
    with pytest.raises(TypingError, match="add"):
        careless(Lanes(2), np.zeros(2, dtype=np.int64), aligned_zeros(len(PAIR), 2))


# -- interpreted ------------------------------------------------------------------------------------------


INTERPRETED = """
import sys
import numpy as np
from tests.sim import test_lanes
answers = {
    **{f"float {name}": values for name, values in test_lanes.answered(test_lanes.python_pairs(), 1).items()},
    **{f"whole {name}": values for name, values in test_lanes.integer_answered(test_lanes.integer_pairs(), 1).items()},
}
np.savez(sys.argv[1], **answers)
"""


def python_pairs():
    """Pairs on which Python works too: it raises where machines give NaN or infinity (x / 0, the root of x < 0)."""
    return [(x, y) for x, y in product(EDGES, EDGES) if y != 0.0 and not x < 0.0]


def integer_pairs():
    return list(product(INTEGER_EDGES, INTEGER_EDGES))


def test_interpreted_the_same_text_gives_the_same_bits(tmp_path):
    """What a debugger sees (NUMBA_DISABLE_JIT=1) is what compiled runs compute."""
    file = tmp_path / "interpreted.npz"
    subprocess.run(
        [sys.executable, "-c", INTERPRETED, str(file)],
        check=True, cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    interpreted = np.load(file)
    for operation, values in answered(python_pairs(), 8).items():
        assert same_bits(interpreted[f"float {operation}"], values), operation
    for operation, values in integer_answered(integer_pairs(), 8).items():
        assert interpreted[f"whole {operation}"].tolist() == values.tolist(), operation
