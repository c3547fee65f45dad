"""Calibration: the worlds in which the model shows what was observed, as far as the calibration patterns can tell.

`partnership calibrate scenario=NAME` (or `all`). Written to `results/calibrate/<scenario>/<id>/`: every population as
it is finished, from which an interrupted calibration goes on; then posterior.csv, calibrated.yaml (of the whole model),
summary.json, figures and index.html.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.calibration import smc
from experiments.calibration.nearness import mean_distance, near_in_pieces
from experiments.calibration.pattern import CALIBRATION, Pattern, load_patterns, rivals
from experiments.calibration.pieces import in_pieces, kinds_of
from experiments.calibration.smc import Plan, Population
from experiments.config.boxes import COORDINATES, World, world_from
from experiments.config.scenarios import Kind
from experiments.errors import ConfigError, StudyError
from experiments.execution.place import available_workers
from experiments.storage.files import write_bytes
from experiments.study.definition import RESULTS_VERSION
from sim.params import DEFAULT_BOX

PIECE = 50
"""Worlds that a worker simulates at a time."""
MATTERS, MOST_MOVED = 0.1, 12
"""A parameter matters where its rank correlation with some pattern's number is this large; the most that are moved."""
LISTED = 500
"""Worlds in the list that a calibration leaves."""
TRIED, AGAIN = 60, 40
"""Particles among which the nearest world is sought, and runs of each with chance that it was not chosen by."""
EDGE, AT_EDGE = 0.1, 0.3
"""A parameter stands at an edge of its prior where this share of its posterior lies in the outermost tenth there."""
IDENTIFIED, CHANCE = 0.2, 0.05
"""Patterns tell a parameter whose posterior departs from its prior so far (the largest gap between their cumulative
shares, as in Kolmogorov and Smirnov's test), and by more than so few particles drawn from the prior itself would in any
of all parameters, but for this chance."""

Numbers = NDArray[np.float64]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be calibrated on, and with how much effort.

    `without` names the part that a rival model lacks, `leave_out` a calibration pattern that is kept out of sight.
    """

    scenario: str = "all"
    without: str = ""
    leave_out: str = ""
    seed: int = 1
    results: str = "results"
    workers: int | None = None
    plan: Plan = field(default_factory=Plan)

    @property
    def changes(self) -> dict[str, float]:
        """What is switched off in the model that is calibrated."""
        return rivals()[f"no {self.without}"] if self.without else {}


@dataclass(frozen=True)
class Calibration:
    """What came of it: the moved parameters, the prior's draws with each pattern's number, and the populations."""

    asked: Asked
    id: str
    patterns: Sequence[Pattern]
    prior: Numbers  # (draws, coordinates) in the unit cube
    values: pd.DataFrame  # each pattern's number, for each draw of the prior
    correlations: pd.DataFrame  # of each coordinate (rows) with each pattern's number
    moved: tuple[str, ...]
    populations: Sequence[Population]

    @property
    def posterior(self) -> Population:
        """The last population."""
        return self.populations[-1]


def target(asked: Asked) -> list[Pattern]:
    """The calibration patterns of a scenario, or of all. Raises `ConfigError` where there is none."""
    wanted = [
        pattern
        for pattern in load_patterns(None if asked.scenario == "all" else asked.scenario)
        if CALIBRATION in pattern.use and pattern.name != asked.leave_out
    ]
    if not wanted:
        raise ConfigError(f"scenario={asked.scenario}: no pattern of it is for calibration; try scenario=all")
    return wanted


def identity(asked: Asked, wanted: Sequence[Pattern], kinds: dict[str, Kind]) -> str:
    """A hash of everything that decides the posterior, and of nothing else."""
    scenarios = {name: [dict(kind.parameters), sorted(kind.stated), kind.half_widths, kind.n_localities]
                 for name, kind in kinds.items()}  # fmt: skip
    content = [
        RESULTS_VERSION,
        asked.seed,
        asdict(asked.plan),
        DEFAULT_BOX,
        [asdict(pattern) for pattern in wanted],
        scenarios,
    ]
    if asked.without:
        content.append(asked.changes)
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=6).hexdigest()


def aloud(text: str) -> None:
    """Say something at once: populations take minutes, and whoever waits may read a file."""
    print(text, flush=True)


def calibrate(asked: Asked, say: Say = aloud) -> Calibration:
    """Seek the posterior; populations that are there already are read."""
    wanted = target(asked)
    kinds = kinds_of(wanted)
    name = identity(asked, wanted, kinds)
    folder = folder_of(asked, name)
    with ThreadPoolExecutor(asked.workers or available_workers()) as executor:
        simulate = simulator(asked, wanted, kinds, executor)
        prior, values, distances = drawn_from_prior(asked, simulate, folder, say)
        correlations = correlated(prior, values)
        moved = chosen(correlations)
        say(f"Moved, of {len(COORDINATES)} parameters: {', '.join(moved)}.")
        search = searcher(asked, wanted, kinds, executor)
        populations = sought(asked, prior, distances, moved, search, folder, say)
    return Calibration(asked, name, wanted, prior, values, correlations, moved, populations)


def folder_of(asked: Asked, name: str) -> Path:
    """The folder of a calibration, by its identity."""
    return Path(asked.results) / "calibrate" / asked.scenario / name


Simulate = Callable[[Numbers, int], tuple[pd.DataFrame, Numbers]]


def simulator(asked: Asked, wanted: Sequence[Pattern], kinds: dict[str, Kind], executor: Executor) -> Simulate:
    """From points of the unit cube, and the number of their first run, to each pattern's number and the distance."""

    def simulate(points: Numbers, first: int) -> tuple[pd.DataFrame, Numbers]:
        worlds: list[World] = [world_from(point) for point in points]
        measured = in_pieces(
            wanted, worlds, asked.seed, executor, PIECE, changes=asked.changes, first=first, kinds=kinds
        )
        values = pd.DataFrame({name: numbers.value for name, numbers in measured.items()})
        return values, mean_distance(numbers.distance for numbers in measured.values())

    return simulate


def searcher(asked: Asked, wanted: Sequence[Pattern], kinds: dict[str, Kind], executor: Executor) -> smc.Distances:
    """From points of the unit cube, the number of their first run and a tolerance to distances, where within it."""

    def distances(points: Numbers, first: int, within: float) -> Numbers:
        worlds: list[World] = [world_from(point) for point in points]
        return near_in_pieces(
            wanted, worlds, asked.seed, executor, PIECE, first=first, within=within, kinds=kinds, changes=asked.changes
        )

    return distances


def drawn_from_prior(asked: Asked, simulate: Simulate, folder: Path, say: Say) -> tuple[Numbers, pd.DataFrame, Numbers]:
    """The prior's draws, their patterns' numbers, and their distances: simulated, or read where they are there."""
    points = smc.prior_points(asked.plan, len(COORDINATES), asked.seed)
    path = folder / "prior.csv"
    if not path.exists():
        values, distances = simulate(points, 0)
        write_bytes(path, as_csv(values.assign(distance=distances)))
    table = read_csv(path, len(points))
    say(f"Prior: {len(points):,} draws, median distance {table['distance'].median():.3f}.")
    return points, table.drop(columns="distance"), table["distance"].to_numpy()


def sought(
    asked: Asked,
    prior: Numbers,
    distances: Numbers,
    moved: Sequence[str],
    search: smc.Distances,
    folder: Path,
    say: Say,
) -> list[Population]:
    """The populations, one after another, each kept as it is finished."""
    places = [COORDINATES.index(name) for name in moved]
    populations = [smc.first(asked.plan, prior, distances)]
    tell(populations[-1], say)
    while (read := read_population(folder, populations[-1].number + 1)) is not None:
        populations.append(read)
        tell(read, say)
    for population in smc.later(asked.plan, populations[-1], places, search, asked.seed):
        write_bytes(folder / f"population-{population.number}.csv", as_csv(as_table(population)))
        populations.append(population)
        tell(population, say)
    return populations


def tell(population: Population, say: Say) -> None:
    """Report a population on one line."""
    say(
        f"Population {population.number}: within {population.tolerance:.3f}, {len(population.points)} particles worth "
        f"{population.effective_sample_size:.0f}, {population.proposals:,} proposals."
    )


# -- files ------------------------------------------------------------------------------------------------


def as_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV, with every digit."""
    return str(table.to_csv(index=False, float_format="%.17g", lineterminator="\n")).encode()


def read_csv(path: Path, rows: int) -> pd.DataFrame:
    """A table of ours; `StudyError` where it is not whole."""
    try:
        table = pd.read_csv(path, dtype=str).astype(float)
    except (ValueError, OSError) as error:
        raise StudyError(f"{path} is damaged ({error}); delete it, and it is made again") from None
    if len(table) != rows:
        raise StudyError(f"{path} has {len(table)} rows and {rows} are due; delete it, and it is made again")
    return table


def as_table(population: Population) -> pd.DataFrame:
    """Points of the unit cube with what is known of each, and of all."""
    return pd.DataFrame(population.points, columns=list(COORDINATES)).assign(
        weight=population.weights,
        distance=population.distances,
        tolerance=population.tolerance,
        proposals=population.proposals,
    )


def read_population(folder: Path, number: int) -> Population | None:
    """A population that is there already."""
    path = folder / f"population-{number}.csv"
    if not path.exists():
        return None
    table = pd.read_csv(path, dtype=str).astype(float)
    return Population(
        number,
        float(table["tolerance"].iloc[0]),
        table[list(COORDINATES)].to_numpy(),
        table["weight"].to_numpy(),
        table["distance"].to_numpy(),
        int(table["proposals"].iloc[0]),
    )


# -- what the patterns tell -------------------------------------------------------------------------------


def correlated(points: Numbers, values: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of every coordinate (rows) with every pattern's number (columns), over the prior's draws."""
    correlations = {}
    for name, value in values.items():
        there = value.notna().to_numpy()
        varies = there.any() and value[there].nunique() > 1
        correlations[name] = [
            float(stats.spearmanr(points[there, place], value[there]).statistic) if varies else 0.0
            for place in range(points.shape[1])
        ]
    return pd.DataFrame(correlations, index=list(COORDINATES))


def chosen(correlations: pd.DataFrame) -> tuple[str, ...]:
    """The parameters that matter to some pattern, the most important first cut off at `MOST_MOVED`; in table order."""
    strength = correlations.abs().max(axis=1).sort_values(ascending=False, kind="stable")
    names = set(strength[strength >= MATTERS].index[:MOST_MOVED])
    if not names:
        raise StudyError("no parameter of the box matters to any pattern; there is nothing to calibrate")
    return tuple(name for name in COORDINATES if name in names)


def ks_distance(population: Population) -> dict[str, float]:
    """How far each parameter's posterior departs from its prior, which is even: 0 not at all, 1 to one point."""
    distances = {}
    for place, name in enumerate(COORDINATES):
        order = np.argsort(population.points[:, place], kind="stable")
        after = np.cumsum(population.weights[order])
        at = population.points[order, place]
        distances[name] = float(np.maximum(np.abs(after - at), np.abs(at - np.concatenate([[0.0], after[:-1]]))).max())
    return distances


def least_departure(population: Population) -> float:
    """The departure from the prior that tells a parameter: `IDENTIFIED`, or more where few particles are left."""
    level = CHANCE / len(COORDINATES)
    return max(IDENTIFIED, float(np.sqrt(-np.log(level / 2.0) / 2.0 / population.effective_sample_size)))


def at_edge(population: Population, name: str) -> str:
    """`low` or `high` where a parameter's posterior is heaped at that end of its prior; else empty."""
    points = population.points[:, COORDINATES.index(name)]
    if float(population.weights[points < EDGE].sum()) >= AT_EDGE:
        return "low"
    return "high" if float(population.weights[points > 1.0 - EDGE].sum()) >= AT_EDGE else ""


def posterior_worlds(calibration: Calibration) -> pd.DataFrame:
    """Worlds of the posterior, one a row, all alike in weight: particles drawn by theirs, spread evenly."""
    posterior = calibration.posterior
    heights = np.cumsum(posterior.weights)
    rows = np.searchsorted(heights, (np.arange(LISTED) + 0.5) / LISTED * heights[-1])
    return pd.DataFrame([world_from(posterior.points[min(row, len(heights) - 1)]) for row in rows])


def nearest(calibration: Calibration) -> World:
    """Of the particles nearest to the calibration patterns, the world that stays so with other random draws."""
    posterior, asked = calibration.posterior, calibration.asked
    tried = np.argsort(posterior.distances, kind="stable")[:TRIED]
    points = np.repeat(posterior.points[tried], AGAIN, axis=0)
    with ThreadPoolExecutor(asked.workers or available_workers()) as executor:
        simulate = simulator(
            replace(asked, seed=asked.seed + 1), calibration.patterns, kinds_of(calibration.patterns), executor
        )
        _, distances = simulate(points, 0)
    best = tried[distances.reshape(len(tried), AGAIN).mean(axis=1).argmin()]
    return world_from(posterior.points[best])


def calibration_summary(calibration: Calibration) -> dict[str, Any]:
    """The numbers of a calibration."""
    posterior, distances = calibration.posterior, ks_distance(calibration.posterior)
    strength = calibration.correlations.abs().max(axis=1)
    table = posterior_worlds(calibration)
    return {
        "scenario": calibration.asked.scenario,
        "without": calibration.asked.without,
        "leave_out": calibration.asked.leave_out,
        "id": calibration.id,
        "seed": calibration.asked.seed,
        "plan": asdict(calibration.asked.plan),
        "patterns": [pattern.name for pattern in calibration.patterns],
        "moved": list(calibration.moved),
        "populations": [
            {
                "number": population.number,
                "tolerance": population.tolerance,
                "proposals": population.proposals,
                "effective_sample_size": population.effective_sample_size,
            }
            for population in calibration.populations
        ],
        "parameters": {
            name: {
                "prior": list(DEFAULT_BOX[name]),
                "median": float(table[name].median()),
                "low": float(table[name].quantile(0.05)),
                "high": float(table[name].quantile(0.95)),
                "ks_distance": distances[name],
                "identified": distances[name] >= least_departure(posterior),
                "at_edge": at_edge(posterior, name),
                "correlation": float(strength[name]),
            }
            for name in COORDINATES
        },
        "effective_sample_size": posterior.effective_sample_size,
    }
