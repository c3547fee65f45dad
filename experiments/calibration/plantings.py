"""What simulation-based calibration says: ranks as a table and a picture, and lines for a terminal.

`partnership calibrate scenario=NAME plantings=200`. Written to `results/calibrate/<scenario>/plantings/`: ranks.csv,
summary.json, ranks.png and ranks.svg.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from experiments.calibration.calibrate import Asked, as_csv, target
from experiments.calibration.sbc import DRAWS, Ranks, plant
from experiments.execution.place import available_workers
from experiments.figures import calibration as figures
from experiments.report.picture import Picture, Table, image_files
from experiments.storage.files import as_json, write_bytes

LEVELS = (0.5, 0.9)
"""Central regions whose coverage is counted."""


def run_plantings(asked: Asked, plantings: int) -> list[str]:
    """Plant and seek, write, and return what there is to say in a terminal."""
    wanted = target(asked)
    with ThreadPoolExecutor(asked.workers or available_workers()) as executor:
        ranks = plant(wanted, plantings, asked.seed, executor)
    folder = Path(asked.results) / "calibrate" / asked.scenario / "plantings"
    write_bytes(folder / "ranks.csv", as_csv(ranks.table))
    write_bytes(folder / "summary.json", as_json(plantings_summary(ranks)))
    for name, content in image_files([picture(ranks)], f"plantings {asked.scenario}").items():
        write_bytes(folder / name, content)
    return [*plantings_lines(ranks), f"Picture: {folder / 'ranks.png'}"]


def plantings_summary(ranks: Ranks) -> dict[str, object]:
    """Coverage and evenness of every moved parameter, and of all together."""
    of = {f"{level:g}": ranks.coverage(level) for level in LEVELS}
    return {
        "seed": ranks.seed,
        "patterns": list(ranks.patterns),
        "plantings": len(ranks.table),
        "coverage": of,
        "mean_coverage": {level: sum(shares.values()) / len(shares) for level, shares in of.items()},
        "evenness_p": ranks.evenness(),
    }


def plantings_lines(ranks: Ranks) -> list[str]:
    """One line for each moved parameter, then the means."""
    half, most = (ranks.coverage(level) for level in LEVELS)
    even = ranks.evenness()
    width = max(map(len, half))
    lines = [
        f"{name:<{width}}  in the 50% region {half[name]:.2f}, in the 90% region {most[name]:.2f}, "
        f"even ranks p={even[name]:.3f}"
        for name in half
    ]
    means = (sum(shares.values()) / len(shares) for shares in (half, most))
    return [*lines, "On average: in the 50% region {:.2f}, in the 90% region {:.2f}.".format(*means)]


def picture(ranks: Ranks) -> Picture:
    """A histogram of ranks for each moved parameter."""
    half, most = (ranks.coverage(level) for level in LEVELS)
    rows = tuple((name.replace("_", " "), f"{half[name]:.2f}", f"{most[name]:.2f}") for name in half)
    return Picture(
        name="ranks",
        title="Does the sampler find parameters that were planted?",
        caption=f"For each moved parameter: the rank, 0 to {DRAWS}, of the planted value among draws of its "
        f"posterior, in {len(ranks.table)} plantings. Bars within the band are what even ranks give in 99 of 100 bins.",
        alt="A small histogram of ranks for each parameter, with a band for even ranks.",
        figure=figures.draw_ranks(ranks.table, DRAWS),
        tables=(Table("How often the planted value lies in the region", ("parameter", "50%", "90%"), rows),),
    )
