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
    "volunteering": 0, "loss_aversion": 1, "exit_prob": 0,
}  # fmt: skip


def curve(x):
    """A smooth step from 0 to 1."""
    return (1 + x / 2 / sqrt(1 + x * x / 4)) / 2


def served(p, work, purpose):
    """Share of need met by work: the mean over the worse off, who get less than their share, and the others."""
    k, d = p["saturation"], p["worse_off_share"]
    reach = 1 - p["inverse_care"] * (1 - p["equity_use"] * purpose)
    groups = work * reach, work * (1 - d * reach) / (1 - d)
    worse_off, others = (share * (1 + k) / (1 + k * share) for share in groups)
    return d * worse_off + (1 - d) * others


def recursion(p, months):
    """One partner stands for both: what `FOLLOWED` names, month by month, from the description of the model alone."""
    state = {"structure": 0.0, "fit": p["fit_floor"], "purpose": 0.0, "trust": p["initial_trust"], "outcome": 0.0,
             "commitment": p["commitment"], "shift": 0.0, "signed": False, "turned": False}  # fmt: skip
    path = []
    for month in range(months):
        state = next_month(p, month, **state)
        path.append([state[name] for name in FOLLOWED])
    return np.array(path)


def planned(p, month, structure, purpose, turned):
    """Where setup goes, whether it has turned from the early to the late emphasis, and its share of free hours."""
    if month < p["setup_months"]:
        early, share = month < p["setup_months"] / 2, p["setup_share"]
        if p["gate"]:
            level = p["early_emphasis"] * structure + (1 - p["early_emphasis"]) * purpose
            turned = turned or level >= p["gate"]
            early = not turned
        emphasis = p["early_emphasis"] if early else p["late_emphasis"]
    else:
        emphasis, share = p["upkeep_emphasis"], p["upkeep_share"]
    if p["responsiveness"]:
        emphasis = curve(p["responsiveness"] * (purpose - structure))
    return emphasis, share, turned


def given(p, structure, fit, trust, commitment, signed):
    """Effort, what of it is willing, and oversight."""
    w = p["endorsement_weight"]
    oversight = 1 - (1 - p["accountability"] * (1 - w + w * signed)) * (1 - p["monitoring"] * structure * fit)
    w = p["temptation_trust"]
    pull = commitment - p["free_riding"] * (1 - oversight) * (1 - w + w * trust) - p["effort_threshold"]
    return curve(p["decisiveness"] * (pull + p["compulsion"] * oversight)), curve(p["decisiveness"] * pull), oversight


def results(p, structure, fit, purpose, trust, joint, own):
    """What comes of work given to the partnership, coordinated by structure or relations, and of own work beside it."""
    floor = p["coordination_floor"]
    uncoordinated = (1 - structure * fit) * (1 - p["relational_effect"] * purpose * trust)
    return served(p, (floor + (1 - floor) * (1 - uncoordinated)) * joint + floor * own, purpose)


def built_up(p, structure, fit, purpose, hours):
    """Structure and its fit a month later, when hours (as share of capacity) go to it."""
    built = min(1, 3.465735902799726 / p["structure_months"] * hours) * (1 - structure)
    kept = structure * (1 - p["structure_decay"])
    quality = 1 - p["fit_strength"] * (1 - (p["fit_floor"] + (1 - p["fit_floor"]) * purpose))
    if kept + built > 0:
        fit = (kept * fit + built * quality) / (kept + built)
    return kept + built, fit + p["adaptability"] * min(1, hours / p["upkeep_share"]) * (quality - fit)


def next_month(p, month, structure, fit, purpose, trust, outcome, commitment, shift, signed, turned, effort=0.0):
    """The state a month later."""
    emphasis, share, turned = planned(p, month, structure, purpose, turned)
    effort, willing, oversight = given(p, structure, fit, trust, commitment, signed)
    left = 1 - p["shifting_loss"] * shift
    growth = 1 - p["load_growth"] + p["load_growth"] * 2 / p["reference_seats"]
    load = (p["load_per_seat"] * structure + p["load_per_talk"] * (1 - emphasis)) * growth
    burden = min(1, load / (effort * left))
    free = left * (1 - burden) * (willing + p["tickbox_quality"] * (effort - willing))
    pooled = max(p["pooled_share"], p["authority"] * structure * fit)
    shift = p["shifting"] * (1 - oversight) * (1 - purpose) * (1 - pooled * purpose)
    taken_first = max(p["own_effort"] - effort, 0)
    own = left * ((1 - p["displacement"]) * p["own_effort"] * (1 - effort) + p["displacement"] * taken_first)
    outcome += (results(p, structure, fit, purpose, trust, (1 - share) * free, own) - outcome) / p["outcome_delay"]
    # what is built, by partners and by those who pay from outside
    outside = p["outside_share"] if month < p["outside_months"] else 0
    building = share * free * emphasis + outside * p["outside_emphasis"]
    talking = share * free * (1 - emphasis) + outside * (1 - p["outside_emphasis"])
    structure, fit = built_up(p, structure, fit, purpose, building)
    # trust, purpose and commitment
    visible = p["transparency"] + (1 - p["transparency"]) * structure * fit
    heard = 2 * trust * (p["talk_base"] + (1 - p["talk_base"]) * purpose)  # each calls, and is called
    gap = max(0, effort - shift) - trust
    trust += 2 * p["trust_rate"] * visible * gap * (1 if gap < 0 else 1 - p["crowding"] * structure)
    trust = min(1, max(0, trust))
    talk = 4.073158524426186 / p["purpose_months"] * talking * (1 + p["forum_effect"] * structure)
    purpose = min(1, purpose + talk * heard * (1 - purpose) - p["purpose_decay"] * purpose)
    alone = served(p, p["coordination_floor"] * p["own_effort"], 0)
    commitment += p["commitment_rate"] * (
        p["results_weight"] * (outcome - p["expected_ratio"] * alone * month / (month + p["patience"]))
        + p["reciprocity_weight"] * (trust - commitment)
        + p["ownership_weight"] * purpose * (1 - commitment) - p["burden_weight"] * burden * commitment
    )  # fmt: skip
    commitment = min(1, max(0, commitment))
    signed = signed or (commitment > p["endorsement_threshold"] and structure > p["something_to_sign"])
    return {"structure": structure, "fit": fit, "purpose": purpose, "trust": trust, "outcome": outcome,
            "commitment": commitment, "shift": shift, "signed": signed, "turned": turned, "effort": effort}  # fmt: skip


FOLLOWED = ("structure", "fit", "purpose", "trust", "commitment", "effort", "outcome")


@pytest.mark.parametrize("setup", SETUPS_THAT_BUILD)
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"commitment": 0.7, "crowding": 0.5, "pooled_share": 0.4, "own_effort": 0.3, "displacement": 0.2},
        {
            "outside_share": 0.1,
            "outside_emphasis": 0.7,
            "authority": 0.9,
            "inverse_care": 0.6,
            "load_growth": 1.0,
            "commitment": 0.6,
        },
        {"gate": 0.2, "outside_share": 0.05, "outside_months": 10, "relational_effect": 0.4, "equity_use": 1.0},
    ],
    ids=["plain", "more", "paid", "gated"],
)
def test_identical_partners_follow_a_closed_recursion(setup, extra):
    values = resolve(IDENTICAL | {"capacity_spread": 0} | extra, setup)
    runs = simulate(as_array(values)[None], np.array([3]), 1, trajectories=True)
    path = runs.trajectories[0][:, [SERIES_NAMES.index(name) for name in FOLLOWED]]
    # Trust is rounded to multiples of 2**-32, a part in 4e9, which 60 months carry on.
    np.testing.assert_allclose(path, recursion(values, 60), rtol=0, atol=1e-8)
    wrong = recursion(values | {"talk_base": values["talk_base"] + 1e-4}, 60)
    assert np.abs(path - wrong).max() > 1e-7 or setup == "structure_only", "control: a slightly different rule is seen"
