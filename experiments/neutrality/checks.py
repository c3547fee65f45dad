"""Whether the answer is built in: what must hold of the model before it may be asked.

Each check comes with a control: the same measurement where it must fail, so that a check that cannot fail is seen.
What needs a second implementation of the model (identical partners follow a small recursion, the naive twin agrees to
the last bit) is tested in `tests/`, not here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis.contrasts import count
from experiments.report.picture import Table
from experiments.study.definition import AS_IT_STANDS
from experiments.study.design import parameters_of, points
from experiments.study.plan import placed
from experiments.study.small import small_study
from sim import params
from sim.outcomes import OUTCOME_NAMES
from sim.runs import simulate

WORLDS = 2_000
SEED = 6
REGION = 0.01
WITH_SETUP = tuple(setup for setup in params.SETUPS if setup not in ("neither", "alone"))
ANSWERS = tuple(name for name in OUTCOME_NAMES if name.startswith(("pat_", "vichealth_")))
STOCKS = ("structure", "fit", "purpose", "structure_peak", "purpose_peak", *ANSWERS)
"""Outcomes that read both stocks themselves: what partners answer is made of them, and acts on nothing."""
CHANNELS_OFF = {row.name: 0.0 for row in params.PARAMETERS if row.channel}
"""Every way in which structure or purpose reaches anything else, switched off."""
STILL = {
    "commitment_rate": 0.0, "trust_rate": 0.0, "free_riding": 0.0, "compulsion": 0.0, "shifting": 0.0,
    "turnover_prob": 0.0, "reorganisation_prob": 0.0, "structure_decay": 0.0, "purpose_decay": 0.0,
    "exit_prob": 0.0,
}  # fmt: skip
"""Effort fixed and nothing lost, so that one channel can be looked at by itself."""
EQUAL = {
    "structure_months": 8.0, "purpose_months": 8.0, "structure_decay": 0.01, "purpose_decay": 0.01,
    "turnover_prob": 0.02, "turnover_loss": 0.5, "reorganisation_prob": 0.02, "reorganisation_loss": 0.5,
}  # fmt: skip
ALIKE = {"capacity_spread": 0.0, "commitment_spread": 0.0, "small_share": 0.0}
"""Between unlike partners, joint work turned to need may complement the own work of others less well than before."""
ABLATIONS = {
    AS_IT_STANDS: {},
    "no load": {"load_per_seat": 0.0, "load_per_talk": 0.0},
    "fit independent of purpose": {"fit_strength": 0.0},
    "signatures that change nothing": {"endorsement_weight": 0.0},
    "equal build times and half lives": EQUAL,
}


@dataclass(frozen=True)
class Check:
    """A statement about the model, what was measured, and whether it holds; and its control, which must fail."""

    says: str
    measured: str
    holds: bool
    control: str
    control_fails: bool

    @property
    def passed(self) -> bool:
        """Whether it holds, and its control fails."""
        return self.holds and self.control_fails


def worlds(number: int) -> NDArray[np.float64]:
    """Parameters (worlds, parameters) of worlds of the default box, before any arm."""
    study = small_study(number, seed=SEED)
    return parameters_of(study, placed(points(study), 0))


def outcomes(base: NDArray[np.float64], setup: str, **fixed: float) -> NDArray[np.float64]:
    """Outcomes (worlds, outcomes) of an arm in these worlds, with some parameters fixed."""
    there = base.copy()
    for name, value in {**params.SETUPS[setup], **fixed}.items():
        there[:, params.NAMES.index(name)] = value
    return np.asarray(simulate(there, np.arange(len(there)), SEED).outcomes)


def lead(base: NDArray[np.float64], first: str, second: str, **fixed: float) -> NDArray[np.float64]:
    """Paired difference (worlds,) in mean outcome of two arms."""
    place = OUTCOME_NAMES.index("outcome_mean")
    return np.asarray(outcomes(base, first, **fixed)[:, place] - outcomes(base, second, **fixed)[:, place])


def checks(number: int) -> list[Check]:
    """All checks, in so many worlds."""
    base = worlds(number)
    return [no_channel(base), single(base, "structure"), single(base, "purpose"), repeatable(base), both_win(base),
            burdens(base)]  # fmt: skip


def no_channel(base: NDArray[np.float64]) -> Check:
    """Without channels all arms with a setup give the same outcomes, to the last bit."""
    others = [place for place, name in enumerate(OUTCOME_NAMES) if name not in STOCKS]

    def apart(**fixed: float) -> int:
        first, *rest = (outcomes(base, setup, **fixed)[:, others] for setup in WITH_SETUP)
        differ = np.zeros(len(base), dtype=bool)
        for table in rest:
            differ |= ((table != first) & ~(np.isnan(table) & np.isnan(first))).any(axis=1)
        return int(differ.sum())

    off, single_channel = apart(**CHANNELS_OFF), apart(**{**CHANNELS_OFF, "coordination_effect": 1.0})
    return Check(
        "With every effect of structure and purpose switched off, all arms that build give the same outcomes, to the "
        "last bit.",
        f"{off:,} of {len(base):,} worlds differ",
        off == 0,
        f"with one channel on, {single_channel:,} of {len(base):,} differ",
        single_channel > 0,
    )


def single(base: NDArray[np.float64], stock: str) -> Check:
    """With one channel that can only help, the arm that builds it first is never worse."""
    channel = {
        "structure": {"coordination_effect": 1.0},
        "purpose": {"allocation_effect": 1.0, "evidence_use": 1.0, "n_partners": 2.0, "agenda_bias": 1.0, **ALIKE},
    }[stock]
    first, second = f"{stock}_first", f"{'purpose' if stock == 'structure' else 'structure'}_first"
    alone = {**CHANNELS_OFF, **STILL, **channel}
    gain = lead(base, first, second, **alone)
    decay = lead(base, first, second, **{**alone, f"{stock}_decay": 0.05})
    pair = " (two like partners with a common bias, so that nothing but order differs)" if stock == "purpose" else ""
    return Check(
        f"With only the channel from {stock} on, effort fixed and nothing lost, the arm that builds {stock} first is "
        f"never worse{pair}.",
        f"worst difference {wording.signed(float(gain.min()), 6)}, mean {wording.signed(float(gain.mean()), 4)}",
        bool((gain >= 0).all() and gain.mean() > 0),
        f"where {stock} decays, it is worse in {wording.percent(float(np.mean(decay < 0)))} of worlds",
        bool((decay < 0).any()),
    )


def repeatable(base: NDArray[np.float64]) -> Check:
    """The same world under the same arm is the same run."""
    first, second = outcomes(base, "balanced"), outcomes(base, "balanced")
    moved = outcomes(base, "balanced", noise=0.2)
    same = np.array_equal(first, second, equal_nan=True)
    return Check(
        "The same world under the same arm, run twice, is the same to the last bit.",
        "equal" if same else "not equal",
        same,
        "with another noise it is not",
        not np.array_equal(first, moved, equal_nan=True),
    )


def both_win(base: NDArray[np.float64]) -> Check:
    """Both arms win somewhere."""
    gain, off = (
        lead(base, "structure_first", "purpose_first"),
        lead(base, "structure_first", "purpose_first", **CHANNELS_OFF),
    )
    won, lost = (float(np.mean(side)) for side in (gain > REGION, gain < -REGION))
    return Check(
        "Both structure first and purpose first win in more than 5 of 100 worlds of the default box.",
        f"structure first wins {wording.in_100(won)} of 100, purpose first {wording.in_100(lost)}",
        won > 0.05 and lost > 0.05,
        f"without channels either wins {int(np.sum(np.abs(off) > REGION)):,} of {len(base):,} worlds",
        not (np.abs(off) > REGION).any(),
    )


def burdens(base: NDArray[np.float64]) -> Check:
    """Removing what burdens one side favours that side."""

    def mean(**fixed: float) -> float:
        return float(lead(base, "structure_first", "purpose_first", **fixed).mean())

    stands = mean()
    fit, seat, talk = (mean(**{name: 0.0}) for name in ("fit_strength", "load_per_seat", "load_per_talk"))
    without = (("bad fit", fit), ("load of seats", seat), ("load of talk", talk))
    return Check(
        "Without bad fit, or the load of seats, structure first gains; without the load of talk, purpose first gains.",
        f"from {wording.signed(stands, 4)}: "
        + ", ".join(f"without {name} {wording.signed(x, 4)}" for name, x in without),
        fit > stands and seat > stands and talk < stands,
        "the load of talk moves it the other way than that of seats",
        (talk - stands) * (seat - stands) < 0,
    )


def ablations(number: int) -> Table:
    """What becomes of the contrast without the mechanisms that might carry it."""
    base, rows = worlds(number), []
    for name, fixed in ABLATIONS.items():
        gain = lead(base, "structure_first", "purpose_first", **fixed)
        cells = [count(side).share for side in (gain > REGION, gain < -REGION)]
        rows.append((name, *map(wording.share_range, cells), wording.signed(float(gain.mean()), 4)))
    columns = ("mechanisms", "structure first better", "purpose first better", "mean difference")
    return Table("The contrast in mean outcome, with 95% intervals", columns, tuple(rows))
