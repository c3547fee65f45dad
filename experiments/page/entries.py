"""What the page may ask of the engine: entry points with plain numbers and places in memory as their arguments.

Each wraps memory that the caller owns as the arrays of a `Memory` and calls the text of `sim`; none decides
anything. They are compiled for the browser by `experiments.page.wasm`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import carray, types
from numba.core.extending import intrinsic

from sim import runs, state, why
from sim.engine import step
from sim.lanes import Lanes, compiled, inlined
from sim.launch import launch
from sim.outcomes import OUTCOME_NAMES
from sim.params import NAMES
from sim.shocks import happenings
from sim.state import SERIES_NAMES, Memory, view
from sim.why import CommitmentTerms, EffortTerms, fill_commitment_terms, fill_effort_terms

ONE = Lanes(1)
FLOATS, INTEGERS = types.CPointer(types.float64), types.CPointer(types.int64)
INTEGER, SEED, NOTHING = types.int32, types.int64, types.void

N_OUTCOMES, N_PARAMETERS, N_SERIES = len(OUTCOME_NAMES), len(NAMES), len(SERIES_NAMES)
EFFORT_TERMS, COMMITMENT_TERMS = len(EffortTerms._fields), len(CommitmentTerms._fields)

shapes = inlined(state.shapes)
run_packs = compiled(runs.run_packs.__wrapped__)  # type: ignore[attr-defined]
play_shocks = compiled(why.shock.__wrapped__)  # type: ignore[attr-defined]

# -- memory -----------------------------------------------------------------------------------------------


@intrinsic  # type: ignore[untyped-decorator]
def further(typingctx: Any, place: Any, count: Any) -> Any:
    """A place in memory, so many numbers on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]], inbounds=True)

    return place(place, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def as_integers(typingctx: Any, place: Any) -> Any:
    """The same place, as one of integers."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(INTEGERS))

    return INTEGERS(place), emit


@inlined
def memory_at(base, n, n_issues, meetings, months):
    """The arrays of one run, one after the other from a place on, in the order and shapes of `sim.state`."""
    sizes = shapes(n, n_issues, meetings, months, N_OUTCOMES)
    parameters = carray(base, sizes[0])
    base = further(base, sizes[0][0] * sizes[0][1])
    partnership = carray(base, sizes[1])
    base = further(base, sizes[1][0] * sizes[1][1])
    partners = carray(base, (sizes[2][0], sizes[2][1], 1))
    base = further(base, sizes[2][0] * sizes[2][1])
    issues = carray(base, (sizes[3][0], sizes[3][1], 1))
    base = further(base, sizes[3][0] * sizes[3][1])
    agenda = carray(base, (sizes[4][0], sizes[4][1], 1))
    base = further(base, sizes[4][0] * sizes[4][1])
    trust = carray(base, (sizes[5][0], sizes[5][1], 1))
    base = further(base, sizes[5][0] * sizes[5][1])
    encounters = carray(base, (sizes[6][0], sizes[6][1], 1))
    base = further(base, sizes[6][0] * sizes[6][1])
    series = carray(base, (sizes[7][0], sizes[7][1], 1))
    base = further(base, sizes[7][0] * sizes[7][1])
    summary = carray(base, (sizes[8][0], sizes[8][1], 1))
    worlds = carray(as_integers(further(base, sizes[8][0] * sizes[8][1])), (1,))
    return Memory(parameters, partnership, partners, issues, agenda, trust, encounters, series, summary, worlds)


@inlined
def state_at(base, seed, n, n_issues, meetings, months):
    """One run as a state."""
    n, n_issues, meetings, months = np.int64(n), np.int64(n_issues), np.int64(meetings), np.int64(months)
    return view(ONE, memory_at(base, n, n_issues, meetings, months), seed, n, n_issues, meetings, months)


# -- entry points -----------------------------------------------------------------------------------------


def place(array, n, n_issues, meetings, months):
    """How many numbers lie before one of the arrays of a run, by its order in `Memory`; 10 gives the size of all."""
    before, at = 0, 0
    for rows, columns in shapes(np.int64(n), np.int64(n_issues), np.int64(meetings), np.int64(months), N_OUTCOMES):
        if at < array:
            before += rows * columns
        at += 1
    return np.int32(before + (1 if array > at else 0))


def begin(base, seed, n, n_issues, meetings, months):
    """Launch the run whose parameters and world stand in memory."""
    launch(state_at(base, seed, n, n_issues, meetings, months))


def advance(base, seed, n, n_issues, meetings, months, month):
    """Play one month."""
    step(state_at(base, seed, n, n_issues, meetings, months), np.int64(month))


def shock(base, seed, n, n_issues, meetings, months, month):
    """Play the shocks of a month, and who leaves or comes back, and no more, as in `sim.why.shock`."""
    n, n_issues, meetings, months = np.int64(n), np.int64(n_issues), np.int64(meetings), np.int64(months)
    memory = memory_at(base, n, n_issues, meetings, months)
    play_shocks(ONE, memory, seed, n, n_issues, meetings, months, np.int64(month))


def shocks(base, seed, n, n_issues, meetings, months, month, marks):
    """Say which shocks the month ahead brings, as in `sim.shocks.happenings`."""
    run = state_at(base, seed, n, n_issues, meetings, months)
    happenings(run, np.int64(month), carray(marks, (np.int64(n) + 2,)))


def weigh(base, seed, n, n_issues, meetings, months, index, terms):
    """The terms of a partner's effort, from memory as the month's shocks left it."""
    run = state_at(base, seed, n, n_issues, meetings, months)
    fill_effort_terms(run, np.int64(index), carray(terms, (EFFORT_TERMS,)))


def pull(base, seed, n, n_issues, meetings, months, index, before, disturbed, terms):
    """The terms of a partner's commitment, from memory at the end of the month."""
    run = state_at(base, seed, n, n_issues, meetings, months)
    fill_commitment_terms(run, np.int64(index), before, disturbed, carray(terms, (COMMITMENT_TERMS,)))


def run_many(base, points, worlds, order, runs, seed, n, n_issues, meetings, months, outcomes, series, kept):
    """Whole runs, as in `sim.runs.run_packs`; their series too where `kept` is 1."""
    n, n_issues, meetings = np.int64(n), np.int64(n_issues), np.int64(meetings)
    runs, months = np.int64(runs), np.int64(months)
    run_packs(
        ONE, memory_at(base, n, n_issues, meetings, months),
        carray(points, (runs, N_PARAMETERS)), carray(worlds, (runs,)), seed, carray(order, (runs,)), n_issues, months,
        carray(outcomes, (runs, N_OUTCOMES)), carray(series, (runs * np.int64(kept), months, N_SERIES)),
        carray(series, (np.int64(0), n, np.int64(1))),  # partners as they end are not kept
    )  # fmt: skip


RUN = (FLOATS, SEED, INTEGER, INTEGER, INTEGER, INTEGER)
"""The run an entry point is about: its memory, seed, partners, issues, meetings and months."""

ENTRIES = {
    place: INTEGER(INTEGER, INTEGER, INTEGER, INTEGER, INTEGER),
    begin: NOTHING(*RUN),
    advance: NOTHING(*RUN, INTEGER),
    shock: NOTHING(*RUN, INTEGER),
    shocks: NOTHING(*RUN, INTEGER, FLOATS),
    weigh: NOTHING(*RUN, INTEGER, FLOATS),
    pull: NOTHING(*RUN, INTEGER, types.float64, types.float64, FLOATS),
    run_many: NOTHING(
        FLOATS, FLOATS, INTEGERS, INTEGERS, INTEGER, SEED, INTEGER, INTEGER, INTEGER, INTEGER, FLOATS, FLOATS, INTEGER
    ),
}
"""Entry points and their types."""


def compile_entry(entry: Any) -> tuple[str, str]:
    """An entry point as LLVM code for this machine, and the name it goes by there."""
    dispatcher = numba.njit(ENTRIES[entry], error_model="numpy", nogil=True)(entry)
    compiled_entry = next(iter(dispatcher.overloads.values()))
    return compiled_entry.library.get_llvm_str(), compiled_entry.fndesc.llvm_func_name
