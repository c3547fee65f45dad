"""Runs for property tests, drawn by Hypothesis: any parameters in their ranges, small enough to be quick."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from experiments.study.design import points
from experiments.study.validation import require_valid
from sim.params import COUNTS, ENTRIES, NEEDS, PARAMETERS, SETUPS, UNTIL, Parameter

SMALL: Mapping[str, tuple[float, float]] = {
    "n_partners": (2, 9),
    "n_issues": (1, 6),
    "months": (1, 30),
    "meetings": (0, 4),
    "setup_months": (0, 12),
    "review_month": (0, 30),
    "cycle_months": (0, 12),
    "reorganisation_month": (0, 30),
    "reference_seats": (1, 40),
    "outside_months": (0, 12),
    "distraction_months": (1, 12),
    **dict.fromkeys(COUNTS, (0, 3)),
}
"""Ranges narrowed so that a run takes a moment even in plain Python, and so that things happen within it."""

SETTINGS_OF_THE_RUN = (
    "alone", "early_emphasis", "late_emphasis", "upkeep_emphasis", "upkeep_share", *UNTIL,
    *(f"schedule_{s}_emphasis" for s in range(1, ENTRIES + 1)),
)  # fmt: skip


def values(row: Parameter) -> st.SearchStrategy[float]:
    """Values of a parameter: its default, its ends, and anything between."""
    low, high = SMALL.get(row.name, (row.low, min(row.high, 30.0)))
    inside = st.integers(int(low), int(high)).map(float) if row.integer else st.floats(max(low, row.least), high)
    return st.one_of(st.sampled_from([float(low), float(high)]), inside)


@st.composite
def overrides(draw: st.DrawFn, most: int = 40) -> dict[str, float]:
    """Values of some parameters, chosen at random; a run small enough for plain Python."""
    rows = {row.name: row for row in PARAMETERS if row.name not in SETTINGS_OF_THE_RUN}
    names = draw(st.sets(st.sampled_from(sorted(rows)), max_size=most)) | {"n_partners", "months"}
    return consistent({name: draw(values(rows[name])) for name in sorted(names)})


def consistent(drawn: dict[str, float]) -> dict[str, float]:
    """The values drawn, without what contradicts the sectors or the plan, and with a need for all issues or none."""
    counted = sum(drawn.get(name, 0.0) for name in COUNTS)
    if counted == 1:
        drawn = {name: value for name, value in drawn.items() if name not in COUNTS}
    elif counted:
        drawn = {name: value for name, value in drawn.items() if name != "n_partners"}
    if any(drawn.get(name) for name in NEEDS):
        drawn |= {name: drawn.get(name) or 0.5 for name in NEEDS}
    if drawn.get("responsiveness"):
        drawn = {name: value for name, value in drawn.items() if name != "gate"}
    return drawn


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, float]:
    """A schedule of setup, of one entry or more, in a run whose setup no arm sets."""
    untils = sorted(draw(st.sets(st.integers(1, 24), min_size=1, max_size=ENTRIES)))
    entries = {f"schedule_{s}_until": float(until) for s, until in enumerate(untils, 1)}
    emphases = {f"schedule_{s}_emphasis": draw(st.floats(0.0, 1.0)) for s in range(1, len(untils) + 1)}
    return entries | emphases | {"gate": 0.0, "responsiveness": 0.0, "learning_prob": 0.0}


setups = st.sampled_from(sorted(SETUPS))
seeds = st.integers(0, 2**63 - 1)
worlds = st.integers(0, 2**32 - 1)


def sample(study):
    """All points of a study that can be run."""
    require_valid(study)
    return points(study)
