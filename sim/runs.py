"""Many runs: any number of them on one thread, as many side by side as there are lanes.

The kernels release the GIL, so threads share the work; compiled code is kept on disk (`sim.cache`).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from sim.cache import kept
from sim.engine import run_months, step
from sim.lanes import Lanes, compiled
from sim.launch import launch
from sim.outcomes import OUTCOME_NAMES, OUTCOME_SCHEMA, cycle_means, summarise
from sim.params import COUNTS, NAMES, NEEDS, PARAMETERS, PLANS, UNTIL, ParameterError, parameter_value, with_counts
from sim.state import PARTNER, SERIES_NAMES, allocate, one_run, view
from sim.tables import in_lane, matrix, row

LOW = np.array([parameter.low for parameter in PARAMETERS], dtype=np.float64)
HIGH = np.array([parameter.high for parameter in PARAMETERS], dtype=np.float64)
LEAST = np.array([parameter.least for parameter in PARAMETERS], dtype=np.float64)
INTEGER = np.array([parameter.integer for parameter in PARAMETERS])
N_PARTNERS, MEETINGS = NAMES.index("n_partners"), NAMES.index("meetings")

WIDTH = 1 if numba.config.DISABLE_JIT else 8
"""Runs advanced side by side. Interpreted, one."""

LARGE, WIDTH_OF_LARGE = 128, min(WIDTH, 4)
"""Partnerships of more partners go fewer side by side, so that their ties stay in a processor's own memory."""


@kept
def begin(lanes, memory, seed, n, n_issues, meetings, months):
    """Launch the runs whose parameters and worlds stand in `memory`, for those who go month by month."""
    launch(view(lanes, memory, seed, n, n_issues, meetings, months))


@kept
def advance(lanes, memory, seed, n, n_issues, meetings, months, month):
    """Play one month on `memory`; its row of the series is `month` modulo the months kept."""
    step(view(lanes, memory, seed, n, n_issues, meetings, months), month)


@compiled
def load_pack(memory, points, worlds, order, first):
    """Fill the lanes with the runs from `first` on; the last pack repeats its last run. Returns n and meetings."""
    n, meetings = 0, 0
    for index in range(memory.worlds.shape[0]):
        run = order[min(first + index, order.shape[0] - 1)]
        memory.worlds[index] = worlds[run]
        for parameter in range(points.shape[1]):
            memory.parameters[parameter, index] = points[run, parameter]
        n = max(n, int(points[run, N_PARTNERS]))
        meetings = max(meetings, int(points[run, MEETINGS]))
    return n, meetings


@compiled
def store_pack(state, memory, order, first, outcomes, trajectories, partners):
    """Write each lane's outcomes, and its series and partners if they are wanted, to the row of its run."""
    for index in range(min(memory.worlds.shape[0], order.shape[0] - first)):
        run = order[first + index]
        for outcome in range(memory.summary.shape[0]):
            outcomes[run, outcome] = memory.summary[outcome, 0, index]
        if trajectories.shape[0] > 0:
            for month in range(state.months):
                for series in range(memory.series.shape[1]):
                    trajectories[run, month, series] = memory.series[month, series, index]
        if partners.shape[0] > 0:
            for i in range(int(memory.parameters[N_PARTNERS, index])):
                for column in range(memory.partners.shape[1]):
                    partners[run, i, column] = memory.partners[i, column, index]


@kept
def run_packs(lanes, memory, points, worlds, seed, order, n_issues, months, outcomes, trajectories, partners):
    """The runs of `order`, as many side by side as there are lanes; `trajectories` and `partners` may be empty."""
    width = memory.worlds.shape[0]
    for first in range(0, order.shape[0], width):
        n, meetings = load_pack(memory, points, worlds, order, first)
        state = view(lanes, memory, seed, n, n_issues, meetings, months)
        run_months(state)
        summarise(state, row(lanes, OUTCOME_SCHEMA, memory.summary[:, 0, :]), np.nan)
        cycles = matrix(lanes, memory.summary)
        for index in range(width):
            cycle_means(one_run(state, index), in_lane(cycles, index), np.nan)
        store_pack(state, memory, order, first, outcomes, trajectories, partners)


class Runs(NamedTuple):
    """What was simulated, in the order it was asked for."""

    outcomes: np.ndarray  # (runs, outcomes), columns as in sim.outcomes.OUTCOMES; NaN where one does not exist
    trajectories: np.ndarray | None  # (runs, months, series), columns as in sim.outcomes.SERIES
    partners: np.ndarray | None = (
        None  # (runs, most partners, columns of sim.state.PARTNER) as the last month left them
    )


def simulate(
    points: np.ndarray,
    worlds: np.ndarray,
    seed: int,
    *,
    trajectories: bool = False,
    partners: bool = False,
    width: int | None = None,
) -> Runs:
    """Simulate any number of runs on this thread.

    `points` (runs, parameters) holds a full set of parameters per run, in the order of `sim.params.NAMES`; `worlds`
    (runs,) the world each run takes place in: runs with the same seed and world meet the same partners and the
    same shocks. The result of a run depends on its own row, world and seed alone, never on what else is in the
    call or on `width`, the number of runs advanced side by side (by default what is fastest). In trajectories,
    months after a run's last are NaN; among partners, so are those beyond a run's own.
    """
    points = np.ascontiguousarray(points, dtype=np.float64)
    worlds = np.ascontiguousarray(worlds, dtype=np.int64)
    check_points(points, worlds, seed)
    column = {name: points[:, place] for place, name in enumerate(NAMES)}
    longest = int(column["months"].max(initial=0))
    outcomes = np.full((len(points), len(OUTCOME_NAMES)), np.nan)
    series = np.full((len(points), longest, len(SERIES_NAMES)) if trajectories else (0, 0, 0), np.nan)
    each = np.full(
        (len(points), int(column["n_partners"].max(initial=0)), len(PARTNER)) if partners else (0, 0, 0), np.nan
    )
    # Runs side by side share months and issues; those of like size and arm waste the least.
    order = np.lexsort(
        (worlds, column["alone"], column["meetings"], column["n_partners"], column["n_issues"], column["months"])
    )
    large = column["n_partners"] > LARGE
    shape = np.stack([column["months"][order], column["n_issues"][order], large[order]])
    starts = np.flatnonzero(np.any(np.diff(shape, axis=1, prepend=-1.0) != 0.0, axis=0))
    for group in np.split(order, starts[1:]):
        if len(group) == 0:
            continue
        months, n_issues = int(column["months"][group[0]]), int(column["n_issues"][group[0]])
        most, meetings = int(column["n_partners"][group].max()), int(column["meetings"][group].max())
        lanes = Lanes(width or (WIDTH_OF_LARGE if most > LARGE else WIDTH))
        memory = allocate(most, n_issues, meetings, months, len(OUTCOME_NAMES), lanes.width)
        run_packs(lanes, memory, points, worlds, seed, group, n_issues, months, outcomes, series, each)
    return Runs(outcomes, series if trajectories else None, each if partners else None)


def check_points(points: np.ndarray, worlds: np.ndarray, seed: int) -> None:
    """Raise `ParameterError` for a table of points that does not fit the parameters and their ranges."""
    if points.ndim != 2 or points.shape[1] != len(NAMES):
        raise ParameterError(
            f"points have shape {points.shape}; they take a column for each of {len(NAMES)} parameters"
        )
    if worlds.shape != points.shape[:1]:
        raise ParameterError(f"worlds have shape {worlds.shape}; there are {len(points)} points")
    if worlds.size and not 0 <= worlds.min() <= worlds.max() < 2**32:
        raise ParameterError("worlds are numbered from 0 to 2**32 - 1")
    if not 0 <= seed < 2**63:
        raise ParameterError(f"seed={seed} is out of range; seeds are whole numbers from 0 to 2**63 - 1")
    inside = (points >= LOW) & (points <= HIGH) & ~((points > 0.0) & (points < LEAST))
    wrong = ~inside | (INTEGER & (points != np.floor(points)))
    if wrong.any():
        run, place = np.argwhere(wrong)[0]
        parameter_value(NAMES[place], points[run, place])
    check_composition(points)


def several_plans(points: np.ndarray) -> np.ndarray:
    """Which points (runs,) have several plans of setup, or a schedule with gaps; `require_one_plan` says which."""
    until, decides = (points[:, [NAMES.index(name) for name in names]] for names in (UNTIL, PLANS))
    gaps = (until[:, 1:] > 0.0) & (until[:, 1:] <= until[:, :-1]) | (until[:, 1:] > 0.0) & (until[:, :-1] == 0.0)
    learns = (until[:, 0] > 0.0) & (points[:, NAMES.index("learning_prob")] > 0.0)
    return np.asarray(gaps.any(axis=1) | ((decides > 0.0).sum(axis=1) > 1) | learns)


def check_composition(points: np.ndarray) -> None:
    """Raise `ParameterError` where parameters contradict one another: sectors and partners, needs, plans of setup."""
    count = points[:, [NAMES.index(name) for name in COUNTS]].sum(axis=1)
    needs = points[:, [NAMES.index(name) for name in NEEDS]] > 0.0
    meant = np.arange(len(NEEDS)) < points[:, [NAMES.index("n_issues")]]
    lacking = (needs & meant).any(axis=1) & (~needs & meant).any(axis=1)
    wrong = lacking | ((count > 0.0) & (count != points[:, N_PARTNERS])) | several_plans(points)
    if wrong.any():
        values = dict(zip(NAMES, points[wrong.argmax()].tolist(), strict=True))
        with_counts(values, values)
