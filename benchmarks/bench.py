"""How fast is it? `make bench`: the same work side by side in one run, a table, a figure, and a file to compare with.

    python -m benchmarks.bench                       measure, print, and save as benchmarks/results/latest.json
    python -m benchmarks.bench --quick               the same with short rounds, to see that it works
    python -m benchmarks.bench --against FILE        and lay the ratios beside those of an earlier file

Speeds of one machine at different moments differ by a fifth, so only ratios within one run mean anything: contenders
take turns, and medians over the turns are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import picture, yardstick
from experiments.execution.place import available_workers
from sim.model import Partnership
from sim.params import as_array, resolve
from sim.runs import simulate
from tests.reference import naive_run

RESULTS = Path(__file__).with_name("results")
SETUP, SEED = "balanced", 1
PLAIN = (*yardstick.FLAGS, "-fno-tree-vectorize", "-fno-tree-slp-vectorize")
"""C as scalar code: what gcc gives without its own vectorisers."""

GROWTH = {
    "n_partners": (6, 12, 25, 50, 100, 200),
    "n_issues": (1, 2, 4, 8, 12),
    "months": (12, 60, 240, 600),
}
"""What the cost of a partner-month is measured over, all else at its default."""


class Contender(NamedTuple):
    """Who does the work: its name, and a function that does so many runs of given parameters."""

    name: str
    work: Callable[[np.ndarray, int], Any]


def points(runs: int, **values: float) -> tuple[np.ndarray, np.ndarray]:
    """So many runs of the default world, each in a world of its own."""
    return np.repeat(as_array(resolve(values, SETUP))[None], runs, axis=0), np.arange(runs)


def engine(width: int | None = None) -> Callable[[np.ndarray, int], Any]:
    return lambda table, runs: simulate(table, np.arange(runs), SEED, width=width)


def on_all_cores(table: np.ndarray, runs: int) -> None:
    """The engine on every processor, in pieces as studies hand them out."""
    workers = available_workers()
    pieces = np.array_split(np.arange(runs), 4 * workers)
    with ThreadPoolExecutor(workers) as executor:
        list(executor.map(lambda piece: simulate(table[piece], piece, SEED), pieces))


def in_c(flags: tuple[str, ...]) -> Callable[[np.ndarray, int], Any]:
    return lambda table, runs: yardstick.run(table, np.arange(runs), SEED, flags=flags)


def naive(table: np.ndarray, runs: int) -> None:
    for world in range(runs):
        naive_run({}, SETUP, SEED, world)


def mesa_window(table: np.ndarray, runs: int) -> None:
    for world in range(runs):
        model = Partnership(SETUP, rng=SEED, world=world)
        while model.running:
            model.step()


CONTENDERS = (
    Contender("engine, all cores", on_all_cores),
    Contender("engine, one core", engine()),
    Contender("engine, one run at a time", engine(1)),
    Contender("C, vectorised by gcc", in_c(yardstick.FLAGS)),
    Contender("C, scalar", in_c(PLAIN)),
    Contender("Mesa window", mesa_window),
    Contender("naive Mesa model", naive),
)


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def runs_for(contender: Contender, budget: float) -> int:
    """How many runs take about `budget` seconds; the contender is warm afterwards."""
    runs, table = 1, points(1)[0]
    contender.work(table, 1)
    while True:
        table = points(runs)[0]
        took = seconds(lambda: contender.work(table, runs))  # noqa: B023
        if took > budget / 4 or runs > 10**7:
            return max(1, round(runs * budget / took))
        runs *= 4


def check_equal() -> None:
    """All contenders compute the same thing, to the last bit: engine, lanes and C on the same runs."""
    table, worlds = points(64)
    reference = simulate(table, worlds, SEED, width=1).outcomes
    in_c = [yardstick.run(table, worlds, SEED, flags=flags) for flags in (PLAIN, yardstick.FLAGS)]
    for found in (simulate(table, worlds, SEED), *in_c):
        assert np.array_equal(found.outcomes, reference, equal_nan=True)


def speeds(rounds: int, budget: float) -> dict[str, Any]:
    """Runs a second of each contender: median and extremes over rounds in which all take turns."""
    counts = {contender.name: runs_for(contender, budget) for contender in CONTENDERS}
    rates: dict[str, list[float]] = {contender.name: [] for contender in CONTENDERS}
    for _ in range(rounds):
        for contender in CONTENDERS:
            runs = counts[contender.name]
            table = points(runs)[0]
            rates[contender.name].append(runs / seconds(lambda: contender.work(table, runs)))  # noqa: B023
    return {name: {"median": statistics.median(of), "low": min(of), "high": max(of)} for name, of in rates.items()}


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """The claims, as ratios of medians."""
    speed = {name: row["median"] for name, row in found.items()}
    one = speed["engine, one core"]
    return {
        "one core / scalar C": one / speed["C, scalar"],
        "one core / C vectorised by gcc": one / speed["C, vectorised by gcc"],
        "one core / naive Mesa model": one / speed["naive Mesa model"],
        "lanes / one run at a time": one / speed["engine, one run at a time"],
        "all cores / one core": speed["engine, all cores"] / one,
    }


def growth(budget: float) -> dict[str, dict[str, float]]:
    """Nanoseconds of a partner-month on one core as each size grows, and over the number of runs in a call."""
    found: dict[str, dict[str, float]] = {}
    for name, sizes in GROWTH.items():
        found[name] = {}
        for size in sizes:
            resolved = resolve({name: size}, SETUP)
            months = resolved["n_partners"] * resolved["months"]
            runs = max(16, int(budget * 25e6 / months) // 16 * 16)
            table, worlds = points(runs, **{name: size})
            simulate(table[:16], worlds[:16], SEED)
            found[name][str(size)] = best_of_three(table, worlds) / (runs * months) * 1e9
    found["runs"] = {}
    for runs in (1, 8, 64, 512, 4096, 32768):
        table, worlds = points(runs)
        found["runs"][str(runs)] = best_of_three(table, worlds) / (runs * 12 * 60) * 1e9
    return found


def best_of_three(table: np.ndarray, worlds: np.ndarray) -> float:
    return min(seconds(lambda: simulate(table, worlds, SEED)) for _ in range(3))


FIRST_RUN = (
    "import numpy as np; from sim.params import as_array, resolve; from sim.runs import simulate; "
    "simulate(np.repeat(as_array(resolve({}))[None], 8, axis=0), np.arange(8), 1)"
)


def start_up() -> dict[str, float]:
    """Seconds to a first result: nothing compiled, compiled code kept, and commands that need no engine."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PARTNERSHIP_CACHE": folder}

        def of(*command: str) -> float:
            return seconds(lambda: subprocess.run([sys.executable, *command], env=environment, check=True, stdout=-3))

        return {
            "first run, compiling": of("-c", FIRST_RUN),
            "first run, compiled before": min(of("-c", FIRST_RUN) for _ in range(3)),
            "a worker's imports": min(of("-c", "import sim.runs") for _ in range(3)),
            "partnership": min(of("-m", "experiments.cli") for _ in range(3)),
            "partnership sweep --help": min(of("-m", "experiments.cli", "sweep", "--help") for _ in range(3)),
        }


MEMORY = (
    "from pathlib import Path; import numpy as np; from sim.params import as_array, resolve; "
    "from sim.runs import simulate; point = as_array(resolve({{}}))[None]\n"
    "for first in range(0, {runs}, 10000):\n"
    "    simulate(np.repeat(point, 10000, axis=0), np.arange(first, first + 10000), 1)\n"
    "peak = [line for line in Path('/proc/self/status').read_text().splitlines() if 'VmHWM' in line]\n"
    "print(int(peak[0].split()[1]) / 1024)"
)


def memory() -> dict[str, float]:
    """Peak megabytes of a process that makes so many runs, 10,000 a call."""
    return {
        f"{runs:,} runs": float(subprocess.check_output([sys.executable, "-c", MEMORY.format(runs=runs)]))
        for runs in (10_000, 100_000, 1_000_000)
    }


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line for line in lines if line.startswith("flags")), "")
    gcc = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    vectors = next((name for name in ("avx512f", "avx2", "sse2") if name in flags), "unknown")
    versions = {name: metadata.version(name) for name in ("numpy", "numba", "mesa", "partnership-dynamics")}
    return {"processor": model, "cores": available_workers(), "vectors": vectors, "gcc": gcc or "none"} | {
        "python": platform.python_version(), "system": platform.system(), **versions,
    }  # fmt: skip


def measure(quick: bool) -> dict[str, Any]:
    budget, rounds = (0.1, 3) if quick else (1.0, 9)
    check_equal()
    found = speeds(rounds, budget)
    return {
        "machine": machine(),
        "runs_a_second": found,
        "ratios": ratios(found),
        "ns_per_partner_month": growth(budget),
        "start_up_seconds": start_up(),
        "peak_megabytes": memory(),
    }


def reported(found: dict[str, Any], before: dict[str, Any] | None) -> str:
    """Everything measured, as text; ratios beside those of an earlier file."""
    lines = ["Machine: " + ", ".join(f"{name} {value}" for name, value in found["machine"].items()), ""]
    slowest = found["runs_a_second"]["naive Mesa model"]["median"]
    lines.append(f"{'12 partners, 60 months':<28}{'runs/s':>10}{'range':>22}{'x naive':>10}")
    for name, row in found["runs_a_second"].items():
        span = f"{row['low']:,.0f} to {row['high']:,.0f}"
        lines.append(f"{name:<28}{row['median']:>10,.0f}{span:>22}{row['median'] / slowest:>10,.1f}")
    for title, unit in (
        ("ratios", ""), ("ns_per_partner_month", " ns"), ("start_up_seconds", " s"), ("peak_megabytes", " MB"),
    ):  # fmt: skip
        lines += ["", title.replace("_", " ") + ":"]
        for name, value in found[title].items():
            if isinstance(value, dict):
                lines.append(f"  {name:<14}" + "  ".join(f"{size}: {cost:.1f}" for size, cost in value.items()))
            else:
                earlier = f"   (before: {before[title][name]:.2f})" if before and name in before.get(title, {}) else ""
                lines.append(f"  {name:<34}{value:>9.2f}{unit}{earlier}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short rounds")
    parser.add_argument("--against", type=Path, metavar="FILE", help="an earlier result to compare with")
    parser.add_argument("--out", type=Path, default=RESULTS / "latest.json", metavar="FILE", help="where to save")
    asked = parser.parse_args()
    before = json.loads(asked.against.read_text()) if asked.against else None
    found = measure(asked.quick)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    picture.draw(found, asked.out.with_suffix(".png"))
    print(reported(found, before))
    print(f"\nSaved as {asked.out} and {asked.out.with_suffix('.png')}")


if __name__ == "__main__":
    main()
