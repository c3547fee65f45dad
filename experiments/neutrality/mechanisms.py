"""Checks of single mechanisms: what must be equal to the last bit where one of them has nothing to act on.

Each has a control in which the mechanism acts, as in `experiments.neutrality.checks`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.neutrality.checks import CHANNELS_OFF, STOCKS, Check, outcomes
from sim.outcomes import OUTCOME_NAMES

DESERTED = {"commitment": 0.5, "commitment_spread": 0.4, "exit_level": 1.0, "exit_prob": 1.0, "return_prob": 0.0}
"""Nobody is wholly committed, and so all leave in the first month."""
PAID = {"outside_share": 0.2, "outside_months": 60.0}
RESULTS = ("outcome", "outcome_mean", "added_value", "added_value_mean", "gap", "gap_change", "outcome_worse_off")


def mechanism_checks(base: NDArray[np.float64]) -> list[Check]:
    """All of them, in the worlds of `base` (worlds, parameters)."""
    return [deserted(base), paid_from_outside(base), served_alike(base), by_the_calendar(base)]


def named(table: NDArray[np.float64], names: tuple[str, ...]) -> NDArray[np.float64]:
    """Some outcomes (worlds, names)."""
    return table[:, [OUTCOME_NAMES.index(name) for name in names]]


def count_apart(first: NDArray[np.float64], second: NDArray[np.float64]) -> int:
    """In how many worlds two tables differ, in any bit."""
    return int(((first != second) & ~(np.isnan(first) & np.isnan(second))).any(axis=1).sum())


def deserted(base: NDArray[np.float64]) -> Check:
    """A partnership that everyone has left is acting alone."""
    alone = named(outcomes(base, "alone"), RESULTS)
    left, kept = (named(outcomes(base, "structure_first", **fixed), RESULTS) for fixed in (DESERTED, {}))
    differ, control = count_apart(left, alone), count_apart(kept, alone)
    return Check(
        "A partnership to which nobody gives, since all have left, equals acting alone to the last bit.",
        f"{differ:,} of {len(base):,} worlds differ",
        differ == 0,
        f"where they stay, {control:,} of {len(base):,} differ",
        control > 0,
    )


def paid_from_outside(base: NDArray[np.float64]) -> Check:
    """Support from outside acts through structure and purpose alone."""
    others = tuple(name for name in OUTCOME_NAMES if name not in STOCKS)

    def apart(channels: dict[str, float]) -> int:
        without, structure, purpose = (
            named(outcomes(base, "balanced", **{**channels, **paid}), others)
            for paid in ({"outside_share": 0.0}, PAID | {"outside_emphasis": 1.0}, PAID | {"outside_emphasis": 0.0})
        )
        return count_apart(without, structure) + count_apart(without, purpose)

    off, on = apart(CHANNELS_OFF), apart({})
    return Check(
        "With every effect of structure and purpose switched off, support from outside for either changes nothing.",
        f"{off:,} of {2 * len(base):,} comparisons differ",
        off == 0,
        f"with the effects on, {on:,} of {2 * len(base):,} differ",
        on > 0,
    )


def served_alike(base: NDArray[np.float64]) -> Check:
    """Without inverse care both groups gain the same."""
    gaps = ("gap", "gap_change", "gap_change_mean")
    even, uneven = (named(outcomes(base, "balanced", inverse_care=care), gaps) for care in (0.0, 0.4))
    apart, control = int((even != 0.0).any(axis=1).sum()), int((uneven != 0.0).any(axis=1).sum())
    return Check(
        "Without inverse care both groups of the population are served alike, to the last bit.",
        f"{apart:,} of {len(base):,} worlds have a gap",
        apart == 0,
        f"with it, {control:,} of {len(base):,} have one",
        control > 0,
    )


def by_the_calendar(base: NDArray[np.float64]) -> Check:
    """Without a gate the calendar rules: a schedule of the same two entries is the same setup."""
    even = base.copy()
    months = 24.0
    dated = outcomes(even, "structure_first", setup_months=months, gate=0.0)
    entries = {
        "setup_months": months, "schedule_1_until": months / 2, "schedule_1_emphasis": 1.0,
        "schedule_2_until": months, "schedule_2_emphasis": 0.0,
    }  # fmt: skip
    scheduled = outcomes(even, "structure_first", **entries)
    ready = outcomes(even, "structure_first", setup_months=months, gate=0.3)
    apart, control = count_apart(dated, scheduled), count_apart(dated, ready)
    return Check(
        "Without a gate the calendar rules: a schedule of two entries is the arm that builds structure first.",
        f"{apart:,} of {len(base):,} worlds differ",
        apart == 0,
        f"with a gate, {control:,} of {len(base):,} differ",
        control > 0,
    )
