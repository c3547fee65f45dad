"""The curves that rules are made of: steps, shares and diminishing returns, in exact arithmetic."""

from __future__ import annotations

from sim.lanes import inlined, maximum, minimum, sqrt, where


@inlined
def clip(x):
    """A number held within [0, 1]."""
    return minimum(maximum(x, 0.0), 1.0)


@inlined
def ratio(part, of, otherwise):
    """part / of, or `otherwise` where `of` is not above 0."""
    positive = of > 0.0
    return where(positive, part / where(positive, of, 1.0), otherwise)


@inlined
def s_curve(x):
    """A smooth step from 0 to 1 with slope 1/4 at 0, like the logistic but exact arithmetic. Assumption."""
    u = x / 2.0
    return (1.0 + u / sqrt(1.0 + u * u)) / 2.0


@inlined
def saturate(work, saturation):
    """Diminishing return of work, 1 at work 1; `saturation` 0 is a straight line. Assumption."""
    return work * (1.0 + saturation) / (1.0 + saturation * work)


@inlined
def quantise(x):
    """A number rounded to a multiple of 2**-32, so that sums of trust are exact in any order."""
    return (x + 1572864.0) - 1572864.0  # 1.5 * 2**20: the last bit of the sum is worth 2**-32
