"""Whether the default box is credible, and fair to both stocks: measured without any contrast between orders.

The box was chosen by these criteria, and the record of what was moved is decision 19. The arms looked at are those that
build one stock only, the balanced one, and both orders for one thing: whether a world is dead under both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments import wording
from experiments.neutrality.checks import SEED
from experiments.report.picture import Table
from sim import params
from sim.runs import simulate
from sim.state import SERIES_NAMES

NEAR = 0.75
"""Medians of both treatments are alike where the smaller is at least this part of the larger."""
MONTHS = 60
STANDS = 0.5


@dataclass(frozen=True)
class Criterion:
    """One criterion of the box, what was measured, and whether it is met."""

    says: str
    measured: str
    met: bool


def series(base: NDArray[np.float64], setup: str, *names: str) -> list[NDArray[np.float64]]:
    """Monthly series (worlds, months) of an arm in these worlds, over 60 months."""
    there = base.copy()
    for name, value in {**params.SETUPS[setup], "months": float(MONTHS)}.items():
        there[:, params.NAMES.index(name)] = value
    months = simulate(there, np.arange(len(there)), SEED, trajectories=True).trajectories
    assert months is not None
    return [months[:, :, SERIES_NAMES.index(name)] for name in names]


def balance(base: NDArray[np.float64]) -> list[Criterion]:
    """All criteria, in the worlds of `base` (worlds, parameters), before any arm."""
    (structure,), (purpose,) = series(base, "structure_only", "structure"), series(base, "purpose_only", "purpose")
    burden, outcome, alone = series(base, "balanced", "burden", "outcome", "alone_outcome")
    dead = np.logical_and.reduce(
        [series(base, setup, "effort")[0][:, -1] < 0.1 for setup in ("structure_first", "purpose_first")]
    )
    length = base[:, params.NAMES.index("setup_months")].astype(int)
    return [
        burdened(burden),
        alive(dead),
        alike(structure, purpose, np.maximum(length // 2 - 1, 0), "at mid-setup"),
        alike(structure, purpose, np.minimum(length, MONTHS) - 1, "at the end of setup"),
        taken(structure, purpose),
        spread(outcome - alone),
    ]


def burdened(burden: NDArray[np.float64]) -> Criterion:
    """Meetings take a credible part of the hours given."""
    middle = float(np.median(burden.mean(axis=1)))
    return Criterion("Median burden, balanced arm: 0.1 to 0.2 of hours given.", f"{middle:.2f}", 0.1 <= middle <= 0.2)


def alive(dead: NDArray[np.bool_]) -> Criterion:
    """Most worlds live."""
    share = float(dead.mean())
    says = "At most a third of worlds are dead (mean effort under 0.1 in month 60) under both orders."
    return Criterion(says, wording.percent(share), share <= 1 / 3)


def alike(
    structure: NDArray[np.float64], purpose: NDArray[np.float64], month: NDArray[np.int64], when: str
) -> Criterion:
    """Both treatments get as far by a month of each world's own."""
    worlds = np.arange(len(month))
    built, agreed = (float(np.median(stock[worlds, month])) for stock in (structure, purpose))
    return Criterion(
        f"{when.capitalize()} the medians of structure (structure only) and of purpose (purpose only) are within a "
        "quarter of one another.",
        f"{built:.2f} and {agreed:.2f}",
        min(built, agreed) >= NEAR * max(built, agreed),
    )


def taken(structure: NDArray[np.float64], purpose: NDArray[np.float64]) -> Criterion:
    """Both treatments take in half of the worlds or more."""
    shares = [float((stock.max(axis=1) > STANDS).mean()) for stock in (structure, purpose)]
    return Criterion(
        "Each stands above 0.5 at some time in half of the worlds or more.",
        f"{wording.percent(shares[0])} and {wording.percent(shares[1])}",
        min(shares) >= 0.5,
    )


def spread(added_value: NDArray[np.float64]) -> Criterion:
    """Most partnerships make no measurable difference, some a large one (Hayes2012; Alderwick2021)."""
    low, middle, high = np.quantile(added_value.mean(axis=1), (0.05, 0.5, 0.95))
    return Criterion(
        "Mean added value, balanced arm: median within 0.01 of 0, and an upper tail twice as long as the lower.",
        f"5%: {wording.signed(float(low))}, median {wording.signed(float(middle))}, 95%: {wording.signed(float(high))}",
        bool(abs(middle) <= 0.01 and high - middle >= 2 * (middle - low)),
    )


def balance_table(criteria: list[Criterion]) -> Table:
    """The criteria as a table."""
    rows = tuple((row.says, row.measured, "met" if row.met else "not met") for row in criteria)
    return Table("The default box, before any contrast between orders", ("criterion", "measured", "it is"), rows)
