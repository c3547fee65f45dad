"""Chance, addressed: a draw depends on (seed, world, month, who, decision), never on the order of calls.

The same world therefore meets the same partners and the same shocks under every arm and every parameter value
(common random numbers), one more partner shifts nobody else's chance, and any run can be repeated alone.
The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
1, 2, 3"), which needs only integer products; one block gives four 32-bit numbers.
"""

from __future__ import annotations

from sim.lanes import inlined, real

MASK = 0xFFFFFFFF

# Decisions. Where one needs a number per issue it takes a block for every four issues, hence the gaps.
CAPACITY_AND_ACCOUNTABILITY = 0
COMMITMENT = 1
AGENDA = 8
COMMON_AGENDA = 16
TURNOVER = 24  # one block serves four partners
ATTENDANCE = 25  # and so does this
ORPHANING = 32
REORGANISATION = 40
LOST_OWNERS = 48
RELAUNCH = 56
OWNERSHIP = 57
ENCOUNTER = 64  # one block for each encounter a partner calls


@inlined
def philox_round(a, b, c, d, key0, key1):
    """One round: two products, whose halves change places and meet the key."""
    product0, product1 = (a & MASK) * 0xD2511F53, (c & MASK) * 0xCD9E8D57
    return (
        ((product1 >> 32) ^ b ^ key0) & MASK,
        product1 & MASK,
        ((product0 >> 32) ^ d ^ key1) & MASK,
        product0 & MASK,
    )


@inlined
def philox(a, b, c, d, key0, key1):
    """One block of Philox4x32-10: four 32-bit numbers from a 128-bit counter (a, b, c, d) and a 64-bit key.

    All arguments and results are integers in [0, 2**32). Products may wrap in 64 bits; the masks make wrapped and
    unlimited integers agree. Ten rounds stand written out, since a loop would keep compilers from simplifying.
    """
    step0, step1 = 0x9E3779B9, 0xBB67AE85
    a, b, c, d = philox_round(a, b, c, d, key0, key1)
    a, b, c, d = philox_round(a, b, c, d, (key0 + step0) & MASK, (key1 + step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 2 * step0) & MASK, (key1 + 2 * step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 3 * step0) & MASK, (key1 + 3 * step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 4 * step0) & MASK, (key1 + 4 * step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 5 * step0) & MASK, (key1 + 5 * step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 6 * step0) & MASK, (key1 + 6 * step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 7 * step0) & MASK, (key1 + 7 * step1) & MASK)
    a, b, c, d = philox_round(a, b, c, d, (key0 + 8 * step0) & MASK, (key1 + 8 * step1) & MASK)
    return philox_round(a, b, c, d, (key0 + 9 * step0) & MASK, (key1 + 9 * step1) & MASK)


@inlined
def block(seed, world, month, who, decision):
    """Four 32-bit numbers for one decision; `seed` is in [0, 2**63), the rest in [0, 2**32)."""
    return philox(world, month, who, decision, seed & MASK, (seed >> 32) & MASK)


@inlined
def uniform(number):
    """A 32-bit number as a uniform in (0, 1), never at either end."""
    return (real(number) + 0.5) * 2.3283064365386963e-10  # 2**-32, exactly


@inlined
def halves(number):
    """The two 16-bit halves of a number, high and low, as uniforms in (0, 1): enough for an error or a coin."""
    high, low = real(number >> 16), real(number & 0xFFFF)
    return (high + 0.5) * 1.52587890625e-05, (low + 0.5) * 1.52587890625e-05  # 2**-16, exactly


@inlined
def triangular(number):
    """An error in (-1, 1), most often near 0: the sum of two 16-bit uniforms less one."""
    halves_sum = real((number >> 16) + (number & 0xFFFF))
    return (halves_sum + 1.0) * 1.52587890625e-05 - 1.0  # 2**-16: exactly high + low - 1 of `halves`


@inlined
def draw(seed, world, month, who, decision):
    """Four independent uniforms in (0, 1) for one decision, addressed as in `block`."""
    a, b, c, d = block(seed, world, month, who, decision)
    return uniform(a), uniform(b), uniform(c), uniform(d)


@inlined
def pick(four, index):
    """The number at place 0 to 3 of a block."""
    if index == 0:
        return four[0]
    if index == 1:
        return four[1]
    if index == 2:
        return four[2]
    return four[3]
