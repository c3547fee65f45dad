"""The first model: the second with values set, and the outcomes of the first one's fifty fixed runs.

`tests/first_model.csv` was written by the first model itself, whose every rule is one of the second with a strength at
0 or 1. It is not renewed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from sim.params import BY_NAME, as_array, resolve

OUTCOMES = Path(__file__).with_name("first_model.csv")

VALUES: dict[str, float] = {
    "own_work_effect": 0, "outside_share": 0, "relational_effect": 0, "authority": 0, "goal_conflict": 0,
    "exit_prob": 0, "load_growth": 1, "gate": 0, "distraction": 0, "inverse_care": 0,
    "initial_structure": 0, "initial_purpose": 0, "initial_owned": 0,
}  # fmt: skip
"""What makes the second model the first."""

SEED = 20
LEVERS = (
    {},
    {"umbrella": 1, "pooled_share": 0.4, "mandated": 1},
    {"cycle_months": 12, "learning_prob": 0.8, "n_issues": 6},
    {"review_month": 24, "review_floor": 0.2, "example_weight": 0.5},
    {"months": 120, "meetings": 3},
)  # fmt: skip
"""Of its baseline, ten runs each."""

ARMS = ("structure_first", "purpose_first", "balanced", "structure_only", "purpose_only", "neither", "alone")

BOX = {
    "n_partners": (5, 40),
    "small_share": (0, 0.6),
    "capacity_spread": (0, 1),
    "agenda_diversity": (0, 1),
    "agenda_bias": (0, 1),
    "commitment": (0.25, 0.75),
    "accountability": (0.05, 0.9),
    "initial_trust": (0.15, 0.75),
    "setup_share": (0.1, 0.7),
    "setup_months": (6, 48),
    "load_per_seat": (0, 0.3),
    "load_per_talk": (0, 0.1),
    "decisiveness": (3, 12),
    "effort_threshold": (0.35, 0.6),
    "free_riding": (0, 0.8),
    "temptation_trust": (0, 1),
    "monitoring": (0, 1),
    "compulsion": (0, 0.6),
    "tickbox_quality": (0.1, 0.9),
    "shifting": (0, 0.5),
    "shifting_loss": (0, 1),
    "evidence_use": (0, 1),
    "coordination_floor": (0.1, 0.8),
    "complementarity": (0, 1),
    "saturation": (0, 4),
    "outcome_delay": (3, 36),
    "own_effort": (0.2, 0.8),
    "structure_rate": (0.1, 1),
    "structure_decay": (0, 0.03),
    "fit_floor": (0, 1),
    "adaptability": (0, 0.2),
    "assignment": (0, 1),
    "volunteering": (0, 0.3),
    "task_seeking": (0, 2),
    "transparency": (0, 0.8),
    "noise": (0, 0.6),
    "trust_rate": (0.05, 0.5),
    "loss_aversion": (1, 3),
    "crowding": (-0.5, 0.5),
    "purpose_rate": (0.08, 1.2),
    "forum_effect": (0, 3),
    "purpose_decay": (0, 0.05),
    "commitment_rate": (0.02, 0.15),
    "results_weight": (0, 1),
    "reciprocity_weight": (0, 1),
    "ownership_weight": (0, 1),
    "burden_weight": (0, 1),
    "expected_ratio": (0.3, 1.5),
    "patience": (6, 48),
    "turnover_prob": (0, 0.08),
    "turnover_loss": (0.2, 0.9),
    "fresh_start": (0, 1),
    "reorganisation_prob": (0, 0.06),
    "reorganisation_loss": (0.1, 0.9),
}
"""The first model's default box, in its order: draws are taken by it."""

DEFAULTS = {
    "small_capacity": 0.3, "smallest_capacity": 0.05, "partnerships": 1, "commitment_spread": 0.3,
    "accountability_spread": 0.3, "early_emphasis": 0.5, "late_emphasis": 0.5, "upkeep_emphasis": 0.5,
    "upkeep_share": 0.1, "alone": 0, "reference_seats": 12, "umbrella": 0, "umbrella_fidelity": 0.6,
    "endorsement_weight": 0.5, "shifting_alignment": 1, "pooling_restraint": 1, "pooled_share": 0.03,
    "allocation_effect": 1, "coordination_effect": 1, "ownership_effect": 1, "fit_strength": 1,
    "assignment_reach": 4, "meetings": 2, "board_effect": 1, "visibility_effect": 1, "talk_base": 0.3,
    "example_weight": 0, "endorsement_threshold": 0.5, "something_to_sign": 0.2, "signing_effect": 1, "mandated": 0,
    "review_month": 0, "review_floor": 0.15, "reorganisation_trust": 0.5, "cycle_months": 0, "relaunch_keeps": 0.4,
    "relaunch_alignment": 0.5, "relaunch_fatigue": 0.15, "learning_prob": 0, "participation_threshold": 0.25,
    "overload_burden": 0.7, "collapse_effort": 0.1,
}  # fmt: skip
"""Of the parameters outside its box."""


def months(values: dict[str, float]) -> dict[str, float]:
    """The first model's rates as the second's months to half."""
    structure, purpose = values.pop("structure_rate"), values.pop("purpose_rate")
    return values | {"structure_months": 3.465735902799726 / structure, "purpose_months": 4.073158524426186 / purpose}


def cases() -> list[tuple[str, dict[str, float]]]:
    """Setup and values of each run: every arm and lever in turn, in worlds from the first model's box."""
    rng, chosen = np.random.default_rng(SEED), []
    for index in range(50):
        values = {name: low + float(rng.random()) * (high - low) for name, (low, high) in BOX.items()}
        values |= {name: float(round(values[name])) for name in values if name in BY_NAME and BY_NAME[name].integer}
        chosen.append((ARMS[index % len(ARMS)], VALUES | DEFAULTS | months(values | LEVERS[index // 10])))
    return chosen


def points() -> np.ndarray:
    """All runs (50, parameters)."""
    return np.array([as_array(resolve(values, setup)) for setup, values in cases()])


def load() -> tuple[list[str], np.ndarray]:
    """The names of the first model's outcomes, and what they came to (50, outcomes)."""
    with OUTCOMES.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return rows[0][2:], np.array([[float(cell) for cell in row[2:]] for row in rows[1:]])
