"""Identical partners follow a small closed recursion, written from the description of the model and not its code."""

from math import sqrt

import numpy as np
import pytest

from sim.params import SETUPS, as_array, resolve
from sim.runs import simulate
from sim.state import SERIES_NAMES

SETUPS_THAT_BUILD = [setup for setup in SETUPS if setup not in ("neither", "alone")]
IDENTICAL = {
    "n_partners": 2, "meetings": 1, "n_issues": 1, "small_share": 0, "capacity_spread": 0, "commitment_spread": 0,
    "accountability_spread": 0, "noise": 0, "turnover_prob": 0, "reorganisation_prob": 0, "assignment": 0,
    "volunteering": 0, "loss_aversion": 1,
}  # fmt: skip


def curve(x):
    """A smooth step from 0 to 1."""
    return (1 + x / 2 / sqrt(1 + x * x / 4)) / 2


def served(p, structure_that_fits, work):
    """Share of need met by coordinated work."""
    k, floor = p["saturation"], p["coordination_floor"]
    worked = (floor + (1 - floor) * structure_that_fits) * work
    return worked * (1 + k) / (1 + k * worked)


def recursion(p, months):
    """One partner stands for both: what `FOLLOWED` names, month by month, from the description of the model alone."""
    state = {"structure": 0.0, "fit": p["fit_floor"], "purpose": 0.0, "trust": p["initial_trust"], "outcome": 0.0,
             "commitment": p["commitment"], "shift": 0.0, "signed": False}  # fmt: skip
    path = []
    for month in range(months):
        state = next_month(p, month, **state)
        path.append([state[name] for name in FOLLOWED])
    return np.array(path)


def next_month(p, month, structure, fit, purpose, trust, outcome, commitment, shift, signed, effort=0.0):
    """The state a month later."""
    emphasis, share = p["upkeep_emphasis"], p["upkeep_share"]
    if month < p["setup_months"]:
        early = month < p["setup_months"] / 2
        emphasis, share = p["early_emphasis"] if early else p["late_emphasis"], p["setup_share"]
    # effort, and the hours that meetings leave of it
    w = p["endorsement_weight"]
    oversight = 1 - (1 - p["accountability"] * (1 - w + w * signed)) * (1 - p["monitoring"] * structure * fit)
    w = p["temptation_trust"]
    pull = commitment - p["free_riding"] * (1 - oversight) * (1 - w + w * trust) - p["effort_threshold"]
    willing = curve(p["decisiveness"] * pull)
    effort = curve(p["decisiveness"] * (pull + p["compulsion"] * oversight))
    hours = effort * (1 - p["shifting_loss"] * shift)
    load = (p["load_per_seat"] * structure + p["load_per_talk"] * (1 - emphasis)) * 2 / p["reference_seats"]
    burden = min(1, load / hours)
    free = (hours - min(load, hours)) * (willing + p["tickbox_quality"] * (effort - willing)) / effort
    shift = p["shifting"] * (1 - oversight) * (1 - purpose) * (1 - p["pooled_share"] * purpose)
    outcome += (served(p, structure * fit, (1 - share) * free) - outcome) / p["outcome_delay"]
    # what is built, and how well it fits
    built = p["structure_rate"] * share * free * emphasis * (1 - structure)
    kept = structure * (1 - p["structure_decay"])
    quality = 1 - p["fit_strength"] * (1 - (p["fit_floor"] + (1 - p["fit_floor"]) * purpose))
    if kept + built > 0:
        fit = (kept * fit + built * quality) / (kept + built)
    fit += p["adaptability"] * min(1, share * free * emphasis / p["upkeep_share"]) * (quality - fit)
    structure = kept + built
    # trust, purpose and commitment
    visible = p["transparency"] + (1 - p["transparency"]) * structure * fit
    heard = 2 * trust * (p["talk_base"] + (1 - p["talk_base"]) * purpose)  # each calls, and is called
    gap = max(0, effort - shift) - trust
    trust = min(
        1, max(0, trust + 2 * p["trust_rate"] * visible * gap * (1 if gap < 0 else 1 - p["crowding"] * structure))
    )
    talk = p["purpose_rate"] * share * free * (1 - emphasis) * (1 + p["forum_effect"] * structure)
    purpose = min(1, purpose + talk * heard * (1 - purpose) - p["purpose_decay"] * purpose)
    expected = p["expected_ratio"] * served(p, 0, p["own_effort"]) * month / (month + p["patience"])
    commitment += p["commitment_rate"] * (
        p["results_weight"] * (outcome - expected) + p["reciprocity_weight"] * (trust - commitment)
        + p["ownership_weight"] * purpose * (1 - commitment) - p["burden_weight"] * burden * commitment
    )  # fmt: skip
    commitment = min(1, max(0, commitment))
    signed = signed or (commitment > p["endorsement_threshold"] and structure > p["something_to_sign"])
    return {"structure": structure, "fit": fit, "purpose": purpose, "trust": trust, "outcome": outcome,
            "commitment": commitment, "shift": shift, "signed": signed, "effort": effort}  # fmt: skip


FOLLOWED = ("structure", "fit", "purpose", "trust", "commitment", "effort", "outcome")


@pytest.mark.parametrize("setup", SETUPS_THAT_BUILD)
@pytest.mark.parametrize(
    "extra", [{}, {"commitment": 0.7, "crowding": 0.5, "pooled_share": 0.4}], ids=["plain", "more"]
)
def test_identical_partners_follow_a_closed_recursion(setup, extra):
    values = resolve(IDENTICAL | {"capacity_spread": 0} | extra, setup)
    runs = simulate(as_array(values)[None], np.array([3]), 1, trajectories=True)
    path = runs.trajectories[0][:, [SERIES_NAMES.index(name) for name in FOLLOWED]]
    # Trust is rounded to multiples of 2**-32, a part in 4e9, which 60 months carry on.
    np.testing.assert_allclose(path, recursion(values, 60), rtol=0, atol=1e-8)
    wrong = recursion(values | {"talk_base": values["talk_base"] + 1e-4}, 60)
    assert np.abs(path - wrong).max() > 1e-7 or setup == "structure_only", "control: a slightly different rule is seen"
