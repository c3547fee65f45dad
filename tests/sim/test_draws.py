"""Chance, addressed: the published generator, uniforms that are uniform, and an address in place of an order.

The statistical tests use fixed addresses, so they give the same answer every time. Each states its tolerance, and is
turned on numbers that break what it looks for as well, where it must fail.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim import draws
from sim.draws import block, draw, halves, philox, pick, triangular, uniform
from sim.lanes import Lanes, compiled, real
from sim.params import BY_NAME
from sim.places import integers
from sim.tables import Schema, aligned_zeros, row

ONES = 0xFFFFFFFF
words = st.integers(0, ONES)
seeds = st.integers(0, 2**63 - 1)
addresses = st.tuples(seeds, words, words, words, words)
PARTS = ("seed", "world", "month", "who", "decision")


# -- the generator ----------------------------------------------------------------------------------------

KNOWN_ANSWERS = {
    "zeros": ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    "ones": ([ONES] * 4, [ONES] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    "pi": (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
}
"""Counter, key and block, as published with Random123 for Philox4x32 with 10 rounds."""

every_known_answer = pytest.mark.parametrize(
    ("counter", "key", "answer"), KNOWN_ANSWERS.values(), ids=list(KNOWN_ANSWERS)
)


@compiled
def compiled_philox(a, b, c, d, key0, key1):
    return philox(a, b, c, d, key0, key1)


def philox_from_the_paper(counter, key):
    """Philox4x32-10 as Salmon et al. (2011) write it, in integers without end."""
    (a, b, c, d), (key0, key1) = counter, key
    for _ in range(10):
        (high0, low0), (high1, low1) = divmod(0xD2511F53 * a, 2**32), divmod(0xCD9E8D57 * c, 2**32)
        a, b, c, d = high1 ^ b ^ key0, low1, high0 ^ d ^ key1, low0
        key0, key1 = (key0 + 0x9E3779B9) % 2**32, (key1 + 0xBB67AE85) % 2**32
    return [a, b, c, d]


@every_known_answer
def test_the_generator_gives_the_published_blocks(counter, key, answer):
    assert list(compiled_philox(*counter, *key)) == answer
    assert philox_from_the_paper(counter, key) == answer


@given(st.tuples(words, words, words, words), st.tuples(words, words))
def test_the_generator_is_the_one_of_the_paper(counter, key):
    assert list(compiled_philox(*counter, *key)) == philox_from_the_paper(counter, key)


INTERPRETED = """
import json, sys
from sim.draws import philox
print(json.dumps([philox(*counter, *key) for counter, key, _ in json.loads(sys.argv[1])]))
"""


def test_interpreted_the_generator_gives_the_published_blocks():
    """Python's integers do not wrap at 64 bits; the masks keep of them what wrapped ones keep."""
    asked = json.dumps(list(KNOWN_ANSWERS.values()))
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    told = subprocess.check_output([sys.executable, "-c", INTERPRETED, asked], env=environment)
    assert json.loads(told) == [answer for _, _, answer in KNOWN_ANSWERS.values()]


# -- from 32 bits to a number -----------------------------------------------------------------------------


@compiled
def as_numbers(word):
    return uniform(word), halves(word), triangular(word)


@pytest.mark.parametrize(
    ("word", "number", "high", "low"),
    [
        (0, 2.0**-33, 2.0**-17, 2.0**-17),
        (2**31, 0.5 + 2.0**-33, 0.5 + 2.0**-17, 2.0**-17),
        (0x00010002, (65538 + 0.5) / 2**32, 1.5 / 2**16, 2.5 / 2**16),
        (ONES, 1.0 - 2.0**-33, 1.0 - 2.0**-17, 1.0 - 2.0**-17),
    ],
    ids=["least", "middle", "low bits", "greatest"],
)
def test_a_word_as_a_uniform_and_in_halves(word, number, high, low):
    assert as_numbers(word) == (number, (high, low), high + low - 1.0)


@given(words)
@example(0)
@example(ONES)
def test_uniforms_never_reach_their_ends(word):
    """Hence an event with probability 0 never happens, one with probability 1 always, and int(u * n) is below n."""
    number, (high, low), error = as_numbers(word)
    assert 0.0 < number < 1.0
    assert 0.0 < high < 1.0
    assert 0.0 < low < 1.0
    assert -1.0 < error < 1.0


@given(words, words)
def test_a_greater_word_is_a_greater_uniform(one, other):
    assert (as_numbers(one)[0] < as_numbers(other)[0]) == (one < other)


# -- the address ------------------------------------------------------------------------------------------


@compiled
def compiled_draw(seed, world, month, who, decision):
    return draw(seed, world, month, who, decision)


@compiled
def picked(seed, world, month, who, decision, index):
    return pick(draw(seed, world, month, who, decision), index)


@compiled
def compiled_block(seed, world, month, who, decision):
    return block(seed, world, month, who, decision)


@given(addresses)
def test_an_address_is_a_counter_and_a_key(address):
    seed, *counter = address
    assert list(compiled_block(*address)) == philox_from_the_paper(counter, (seed % 2**32, seed // 2**32))


@given(addresses)
def test_a_draw_is_its_block_as_uniforms(address):
    assert list(compiled_draw(*address)) == [as_numbers(word)[0] for word in compiled_block(*address)]
    assert [picked(*address, index) for index in range(4)] == list(compiled_draw(*address))


@pytest.mark.parametrize("part", range(len(PARTS)), ids=PARTS)
@given(address=addresses, data=st.data())
def test_every_part_of_the_address_counts(part, address, data):
    """Who else is there, and what was drawn before, does not."""
    other = data.draw((seeds if part == 0 else words).filter(lambda value: value != address[part]))
    elsewhere = (*address[:part], other, *address[part + 1 :])
    assert compiled_draw(*elsewhere) != compiled_draw(*address)


def test_no_two_decisions_share_a_block():
    """A decision with a number per issue takes a block for every four, one for an encounter a block for each."""
    issue_blocks = -(-int(BY_NAME["n_issues"].high) // 4)
    lengths = {
        "CAPACITY_AND_ACCOUNTABILITY": 1,
        "COMMITMENT": 1,
        "AGENDA": issue_blocks,
        "COMMON_AGENDA": issue_blocks,
        "TURNOVER": 1,
        "ATTENDANCE": 1,
        "ORPHANING": issue_blocks,
        "REORGANISATION": 1,
        "LOST_OWNERS": issue_blocks,
        "RELAUNCH": 1,
        "OWNERSHIP": 1,
        "ENCOUNTER": int(BY_NAME["meetings"].high),
    }
    assert set(lengths) == {name for name in vars(draws) if name.isupper()} - {"MASK"}
    taken = [getattr(draws, name) + place for name, length in lengths.items() for place in range(length)]
    assert len(set(taken)) == len(taken)


# -- lanes ------------------------------------------------------------------------------------------------

DRAWN = Schema("a", "b", "c", "d", "error", "high", "low", "word")


@compiled
def draw_in_lanes(lanes, worlds, seed, month, who, decision, drawn):
    world, answer = integers(lanes, worlds), row(lanes, DRAWN, drawn)
    answer.a, answer.b, answer.c, answer.d = draw(seed, world, month, who, decision)
    word = block(seed, world, month, who, decision)[0]
    answer.error, answer.word = triangular(word), real(word)
    answer.high, answer.low = halves(word)


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
@given(address=addresses, data=st.data())
def test_each_lane_draws_for_its_own_world(width, address, data):
    seed, _, *rest = address
    worlds = np.array(data.draw(st.lists(words, min_size=width, max_size=width)), dtype=np.int64)
    drawn = aligned_zeros(len(DRAWN), width)
    draw_in_lanes(Lanes(width), worlds, seed, *rest, drawn)
    for index, world in enumerate(worlds.tolist()):
        word = compiled_block(seed, world, *rest)[0]
        _, (high, low), error = as_numbers(word)
        assert drawn[:, index].tolist() == [*compiled_draw(seed, world, *rest), error, high, low, word]


# -- statistics -------------------------------------------------------------------------------------------

COUNT = 2**14
TOLERANCE = 5.0
"""Standard errors that a statistic may be off: beyond them once in 1.7 million if the numbers are random."""


def correlation(one, other):
    """In standard errors: that of independent numbers is 1/sqrt(count)."""
    return abs(np.corrcoef(one, other)[0, 1]) * np.sqrt(len(one))


DEVIATIONS = {
    "mean": lambda u: abs(u.mean() - 1 / 2) / np.sqrt(1 / 12 / u.size),
    "variance": lambda u: abs(u.var() - 1 / 12) / np.sqrt(1 / 180 / u.size),
    "neighbours": lambda u: max(correlation(u[1:, word], u[:-1, word]) for word in range(4)),
    "words": lambda u: max(correlation(u[:, one], u[:, other]) for one in range(4) for other in range(one)),
}
"""How far uniforms (count, 4) are off, in standard errors. The variance of (u - 1/2)**2 is 1/180."""

BROKEN = {
    "mean": lambda u: u * u,
    "variance": lambda u: (u + u[::-1]) / 2,
    "neighbours": lambda u: (u + np.roll(u, 1, axis=0)) / 2,
    "words": lambda u: (u + np.roll(u, 1, axis=1)) / 2,
}


@compiled
def along(part, count, drawn):
    """Draws (count, 4) at addresses that differ in one part alone."""
    for value in range(count):
        seed, world, month, who, decision = 1, 2, 3, 4, 5
        if part == 0:
            seed = value
        elif part == 1:
            world = value
        elif part == 2:
            month = value
        elif part == 3:
            who = value
        else:
            decision = value
        drawn[value] = draw(seed, world, month, who, decision)


def uniforms(part):
    drawn = np.zeros((COUNT, 4))
    along(part, COUNT, drawn)
    return drawn


@pytest.mark.parametrize("deviation", DEVIATIONS)
@pytest.mark.parametrize("part", range(len(PARTS)), ids=PARTS)
@pytest.mark.slow
def test_addresses_side_by_side_give_uniform_independent_numbers(part, deviation):
    assert DEVIATIONS[deviation](uniforms(part)) < TOLERANCE


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_each_statistic_fails_on_numbers_that_break_it(deviation):
    assert DEVIATIONS[deviation](BROKEN[deviation](uniforms(1))) > TOLERANCE


def test_one_part_of_the_address_tells_nothing_of_another():
    """What worlds draw, one after the other, is unrelated to what months or partners draw."""
    for part in range(len(PARTS)):
        for other in range(part):
            assert correlation(uniforms(part)[:, 0], uniforms(other)[:, 0]) < TOLERANCE
        assert correlation(uniforms(part)[:, 0], uniforms(part)[:, 0]) > TOLERANCE
