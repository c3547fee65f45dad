"""The page's engine played from Python, by wasmtime: what a browser does, without one."""

from __future__ import annotations

import json

import numpy as np
import wasmtime

from experiments.page.build import PAGE, engine_of
from sim.outcomes import OUTCOME_NAMES
from sim.params import NAMES
from sim.state import SERIES_NAMES, Memory

BYTES, PAGE_SIZE = 8, 65536


def shipped() -> bytes:
    """The engine in the page that ships with the package."""
    return engine_of(PAGE.read_text(encoding="utf-8"))


def columns(wasm: bytes) -> dict[str, list[str]]:
    """The names that the engine carries with it, in the last of its sections."""
    return json.loads(wasm[wasm.rindex(b"columns{") + len("columns") :])


class WasmEngine:
    """One instance with memory of its own, filled and read as the page's script does it."""

    def __init__(self, wasm: bytes) -> None:
        self.store = wasmtime.Store()
        module = wasmtime.Module(self.store.engine, wasm)
        self.imports = [item.name for item in module.imports]
        self.doors = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.start = self.doors["__heap_base"].value(self.store)
        self.start += -self.start % 64

    def call(self, name, *values):
        return self.doors[name](self.store, *values)

    def place(self, array, sizes):
        """Where an array of a run begins, in bytes from the start of the run."""
        return self.call("place", array, *sizes) * BYTES

    def reserve(self, end):
        memory = self.doors["memory"]
        missing = end - memory.data_len(self.store)
        if missing > 0:
            memory.grow(self.store, -(-missing // PAGE_SIZE))

    def write(self, place, numbers):
        self.doors["memory"].write(self.store, np.ascontiguousarray(numbers).tobytes(), place)

    def read(self, place, *shape, dtype=np.float64):
        stop = place + int(np.prod(shape)) * BYTES
        return np.frombuffer(bytes(self.doors["memory"].read(self.store, place, stop)), dtype=dtype).reshape(shape)

    def simulate(self, points, worlds, seed):
        """Outcomes and series of runs that share months and issues."""
        runs, most = len(points), points.max(axis=0)
        sizes = [int(most[NAMES.index(name)]) for name in ("n_partners", "n_issues", "meetings", "months")]
        shape = (runs, sizes[3], len(SERIES_NAMES))
        wholes = np.array([worlds, np.arange(runs)], dtype=np.int64)
        table = self.start + self.place(len(Memory._fields), sizes)
        world_list = table + points.size * BYTES
        order = world_list + runs * BYTES
        outcomes = order + runs * BYTES
        series = outcomes + runs * len(OUTCOME_NAMES) * BYTES
        self.reserve(series + int(np.prod(shape)) * BYTES)
        self.write(table, points)
        self.write(world_list, wholes)
        self.call("run_many", self.start, table, world_list, order, runs, seed, *sizes, outcomes, series, 1)
        return self.read(outcomes, runs, len(OUTCOME_NAMES)), self.read(series, *shape)
