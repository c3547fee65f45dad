"""The engine lowered to WebAssembly, from the text that Python compiles: no rule is written twice.

Numba turns each entry point (`experiments.page.entries`) into LLVM code, told to leave optimising to us, since what
it optimises for is this machine. That code is made one module for `wasm32`, of which only the entry points are
visible from outside; LLVM then optimises and lowers it, and LLD links it to a file that imports nothing. No
optimisation may change a bit: there is no fast-math, and nothing but what IEEE 754 fixes (sim/lanes.py).

    python -m experiments.page.wasm engine.wasm [ENTRY ...]
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TRIPLE = "wasm32-unknown-unknown"
FEATURES = "+bulk-memory,+mutable-globals,+nontrapping-fptoint,+sign-ext"
"""What every browser has had since 2021, and what spares us a C library."""

PLAIN = {
    "NUMBA_OPT": "0",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "NUMBA_DISABLE_JIT": "0",
}
"""Numba's settings for code that is not made for this machine."""

TYPES = {"int32": "i32", "int64": "i64", "float64": "double", "none": "void"}


def engine(*entries: str) -> bytes:
    """The engine as WebAssembly, with some entry points or all. In a process of its own: numba reads settings once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "engine.wasm"
        command = [sys.executable, "-m", "experiments.page.wasm", str(path), *entries]
        subprocess.run(command, check=True, env=os.environ | PLAIN)
        return path.read_bytes()


def lowered(names: Sequence[str]) -> bytes:
    """Entry points as one object for the linker."""
    import llvmlite.binding as llvm

    from experiments.page.entries import ENTRIES, compile_entry

    entries = {entry: types for entry, types in ENTRIES.items() if not names or entry.__name__ in names}

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(opt=3, features=FEATURES)
    module = None
    for entry, types in entries.items():
        code, name = compile_entry(entry)
        part = llvm.parse_assembly(portable(code, str(machine.target_data)) + door(entry.__name__, name, types))
        if module is None:
            module = part
        else:
            module.link_in(part)
    assert module is not None
    close(module, {entry.__name__ for entry in entries})
    optimise(module, machine)
    return machine.emit_object(module)  # type: ignore[no-any-return]


def portable(code: str, layout: str) -> str:
    """Code without a word about the machine it was made on."""
    code = re.sub(r"^target datalayout = .*$", f'target datalayout = "{layout}"', code, flags=re.MULTILINE)
    code = re.sub(r"^target triple = .*$", f'target triple = "{TRIPLE}"', code, flags=re.MULTILINE)
    code = re.sub(r'"(target-cpu|target-features|tune-cpu|probe-stack)"="[^"]*"', "", code)
    return re.sub(r"= common global ", "= linkonce global ", code)


def door(name: str, inner: str, types: Any) -> str:
    """The entry point as seen from outside. Numba's own returns whether it failed, which stops the caller."""
    kinds = [TYPES.get(str(kind), "ptr") for kind in types.args]
    result = TYPES[str(types.return_type)]
    held = "ptr" if result == "void" else result
    arguments = ", ".join(f"{kind} %a{place}" for place, kind in enumerate(kinds))
    given = f"  ret {result} %value" if result != "void" else "  ret void"
    return f"""
define {result} @{name}({arguments}) #9999 {{
  %held = alloca {held}
  %failure = alloca ptr
  %status = call i32 @"{inner}"(ptr %held, ptr %failure, {arguments})
  %failed = icmp ne i32 %status, 0
  br i1 %failed, label %stop, label %done
stop:
  call void @llvm.trap()
  unreachable
done:
  %value = load {held}, ptr %held
{given}
}}
declare void @llvm.trap()
attributes #9999 = {{ "wasm-export-name"="{name}" }}
"""


def close(module: Any, doors: set[str]) -> None:
    """Hide all but the entry points, so that what they do not use is dropped."""
    for item in [*module.functions, *module.global_variables]:
        if not item.is_declaration and item.name not in doors:
            item.linkage = "internal"


def optimise(module: Any, machine: Any) -> None:
    """Run LLVM's passes twice: the second finds what the first has uncovered."""
    import llvmlite.binding as llvm

    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine, tuning)
    for _ in range(2):  # what the first round has inlined leaves the second less to look at
        passes = builder.getModulePassManager()
        passes.run(module, builder)


def linked(code: bytes) -> bytes:
    """A WebAssembly file that exports its entry points and its memory, and imports nothing."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "engine.o", Path(folder) / "engine.wasm"
        before.write_bytes(code)
        subprocess.run(
            [sys.executable, "-m", "ziglang", "wasm-ld", "--no-entry", "--strip-all", "--gc-sections", "--stack-first",
             "--export=__heap_base", str(before), "-o", str(after)],
            check=True,
        )  # fmt: skip
        return after.read_bytes()


def columns() -> dict[str, tuple[str, ...]]:
    """The names of what the numbers in memory are, for whoever calls the engine."""
    from sim.outcomes import OUTCOME_NAMES
    from sim.params import NAMES
    from sim.state import ISSUE, PARTNER, PARTNERSHIP, SERIES_NAMES
    from sim.why import CommitmentTerms, EffortTerms

    return {
        "parameters": NAMES,
        "series": SERIES_NAMES,
        "outcomes": OUTCOME_NAMES,
        "partner": PARTNER.names,
        "partnership": PARTNERSHIP.names,
        "issue": ISSUE.names,
        "effort": EffortTerms._fields,
        "commitment": CommitmentTerms._fields,
    }


def with_section(wasm: bytes, name: str, content: bytes) -> bytes:
    """The same file with a custom section, which engines pass over."""

    def length(number: int) -> bytes:
        """A number in LEB128, as the format counts."""
        low, rest = number & 0x7F, number >> 7
        return bytes([low | 0x80]) + length(rest) if rest else bytes([low])

    body = length(len(name)) + name.encode() + content
    return wasm + b"\0" + length(len(body)) + body


if __name__ == "__main__":
    named = json.dumps(columns(), separators=(",", ":")).encode()
    Path(sys.argv[1]).write_bytes(with_section(linked(lowered(sys.argv[2:])), "columns", named))
