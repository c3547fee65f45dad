"""The plain C yardstick: builds `month.c`, and runs it as `sim.runs.simulate` runs the engine.

The parameters, series, outcomes and decisions that C needs by name are written to a header from the engine's own
tables, so that they stand in one place only. The library is built in a temporary folder, once for each source.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from sim import draws
from sim.outcomes import CYCLES, FIRST_CYCLE, OUTCOME_NAMES, SERIES_NAMES
from sim.params import BY_NAME, ENTRIES, NAMES, SECTORS
from sim.runs import Runs, check_points

SOURCE = Path(__file__).with_name("month.c").read_text()

FLAGS = ("-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno")
"""As fast as C gets while every operation stays as written: no fused products, nothing reordered.

Without `-fno-math-errno` a square root must look after `errno`, and loops that take one are not vectorised.
"""

ENDING = ("commitment", "alignment", "trust_sum", "effort", "cost_shift", "burden", "endorsed", "effort_sum")
"""What `ending` tells of each partner; the names are the engine's and C's alike."""


class NoCompilerError(RuntimeError):
    """There is no C compiler on this machine."""


def compiler() -> str:
    """The path of gcc; `NoCompilerError` says what to install."""
    found = shutil.which("gcc")
    if found is None:
        raise NoCompilerError("no gcc on the PATH, so nothing to measure against; on Debian: apt install gcc libc6-dev")
    return found


def header() -> str:
    """The names that C shares with the engine, as C."""
    decisions = {name: value for name, value in vars(draws).items() if name.isupper() and name != "MASK"}
    sizes = {f"MAX_{what}": int(BY_NAME[name].high) for what, name in
             (("PARTNERS", "n_partners"), ("ISSUES", "n_issues"), ("MEETINGS", "meetings"))}  # fmt: skip
    constants = sizes | {"CYCLES": CYCLES, "SECTORS": SECTORS, "ENTRIES": ENTRIES} | decisions
    outcomes = (*OUTCOME_NAMES[:FIRST_CYCLE], "cycle[CYCLES]")
    structs = {"Parameters": NAMES, "Series": SERIES_NAMES, "Outcomes": outcomes}
    return "\n".join(
        [f"enum {{ {', '.join(f'{name} = {value}' for name, value in constants.items())} }};"]
        + [f"typedef struct {{ double {', '.join(columns)}; }} {name};" for name, columns in structs.items()]
        + [f"#define ENDING(s) {', '.join(f'(s)->{column}' for column in ENDING)}", ""]
    )


@cache
def library(source: str = SOURCE, flags: tuple[str, ...] = FLAGS) -> ctypes.CDLL:
    """The compiled source, loaded; it stays loaded when its folder is gone."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "names.h").write_text(header())
        (Path(folder) / "month.c").write_text(source)
        command = [compiler(), *flags, "-Wall", "-Wextra", "-shared", "-fPIC", "month.c", "-o", "month.so", "-lm"]
        subprocess.run(command, cwd=folder, check=True)
        loaded = ctypes.CDLL(str(Path(folder) / "month.so"))
    pointer, whole = ctypes.c_void_p, ctypes.c_int64
    loaded.run_all.argtypes = [whole, pointer, pointer, ctypes.c_uint64, whole, pointer, pointer]
    loaded.run_one.argtypes = [pointer, whole, ctypes.c_uint64, pointer, pointer, pointer, pointer]
    return loaded


def run(
    points: np.ndarray,
    worlds: np.ndarray,
    seed: int,
    *,
    trajectories: bool = False,
    source: str = SOURCE,
    flags: tuple[str, ...] = FLAGS,
) -> Runs:
    """The runs that `sim.runs.simulate` makes of the same arguments, made by C."""
    points = np.ascontiguousarray(points, dtype=np.float64)
    worlds = np.ascontiguousarray(worlds, dtype=np.int64)
    check_points(points, worlds, seed)
    longest = int(points[:, NAMES.index("months")].max(initial=0))
    stride = longest if trajectories else 0
    outcomes = np.full((len(points), len(OUTCOME_NAMES)), np.nan)
    series = np.full((len(points) if trajectories else 1, longest, len(SERIES_NAMES)), np.nan)
    if not library(source, flags).run_all(
        len(points), points.ctypes.data, worlds.ctypes.data, seed, stride, outcomes.ctypes.data, series.ctypes.data
    ):
        raise MemoryError("no memory for a run")
    return Runs(outcomes, series if trajectories else None)


def ending(point: np.ndarray, world: int, seed: int, *, source: str = SOURCE) -> tuple[np.ndarray, np.ndarray]:
    """How one run leaves its partners, (ENDING, n), and their trust, (n, n), by C."""
    point = np.ascontiguousarray(point, dtype=np.float64)
    check_points(point[np.newaxis], np.array([world]), seed)
    n, months = int(point[NAMES.index("n_partners")]), int(point[NAMES.index("months")])
    outcomes, series = np.empty(len(OUTCOME_NAMES)), np.empty((months, len(SERIES_NAMES)))
    partners, trust = np.empty((len(ENDING), n)), np.empty((n, n))
    if not library(source).run_one(
        point.ctypes.data, world, seed,
        outcomes.ctypes.data, series.ctypes.data, partners.ctypes.data, trust.ctypes.data,
    ):  # fmt: skip
        raise MemoryError("no memory for a run")
    return partners, trust
