"""What a calibration leaves: the list of worlds, one world as a scenario, and a page of what they show."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.calibrate import (
    AT_EDGE,
    Asked,
    Calibration,
    calibrate,
    calibration_summary,
    folder_of,
    least_departure,
    nearest,
    posterior_worlds,
)
from experiments.calibration.comparison import observed
from experiments.calibration.measure import Verdict, judge_pattern, tolerance
from experiments.calibration.pattern import Pattern, load_patterns
from experiments.calibration.pieces import in_pieces, kinds_of
from experiments.calibration.smc import EFFORT, Plan
from experiments.config.boxes import COORDINATES, World, of_box
from experiments.execution.place import available_workers
from experiments.figures import calibration as figures
from experiments.report.picture import Picture, Table, image_files, svg_of
from experiments.report.rendering import rendered
from experiments.storage.files import as_json, write_bytes
from sim.params import BY_NAME, DEFAULT_BOX, DEFAULTS

RUNS = 100
"""Runs of each scenario in worlds of the posterior, and as many in worlds of the prior."""
PIECE = 10
SCENARIO = """\
# @package _global_
# partnership run scenario=calibrated
#
# One of many worlds in which the model comes near what was observed (docs/scenarios.md): of the particles nearest to
# the calibration patterns, the one that stays nearest with other random draws, chosen by those patterns
# alone. The patterns hardly identify values without a comment.
# Made by: {command}
scenario:
  name: calibrated
  about: One of many worlds in which the model comes near what was observed.
  sources: [{sources}]
parameters:
  {parameters}
design:
  box: none
  points: 200
"""


def run_calibration(asked: Asked) -> list[str]:
    """Calibrate, write, and return what there is to say in a terminal."""
    calibration = calibrate(asked)
    folder = folder_of(asked, calibration.id)
    worlds = posterior_worlds(calibration).to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_bytes(folder / "posterior.csv", worlds.encode())
    numbers = calibration_summary(calibration)
    if not asked.without and not asked.leave_out:
        write_bytes(folder / "calibrated.yaml", as_scenario(calibration, numbers, nearest(calibration)).encode())
    numbers["checked"] = report(calibration, numbers, folder)
    write_bytes(folder / "summary.json", as_json(numbers))
    known = [name for name, row in numbers["parameters"].items() if row["identified"]]
    edges = [f"{name} ({row['at_edge']})" for name, row in numbers["parameters"].items() if row["at_edge"]]
    return [
        f"The patterns identify {len(known)} of {len(COORDINATES)} parameters: {', '.join(known) or 'none'}.",
        f"At an edge of their prior: {', '.join(edges) or 'none'}.",
        f"Of all patterns the posterior meets {numbers['checked']['met']} of {numbers['checked']['of']}, of those "
        f"held out {numbers['checked']['held_out_met']} of {numbers['checked']['held_out']}.",
        f"Worlds: {folder / 'posterior.csv'}",
        f"Page:   {folder / 'index.html'}",
    ]


def as_scenario(calibration: Calibration, summary: dict[str, Any], world: World) -> str:
    """A world of the posterior as a scenario's file; values that the patterns tell are marked."""
    sources = sorted({pattern.source for pattern in calibration.patterns})
    rows = [
        f"{name}: {value:.6g}{'  # identified by the patterns' if summary['parameters'][name]['identified'] else ''}"
        for name, value in world.items()
    ]
    return SCENARIO.format(
        command=command(calibration.asked),
        sources=", ".join(sources),
        parameters="\n  ".join(rows),
    )


def report(calibration: Calibration, summary: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Draw and write the page; returns how the posterior does on every pattern, the held-out ones included."""
    wanted = load_patterns(None if calibration.asked.scenario == "all" else calibration.asked.scenario)
    after, before = predicted(calibration, wanted)
    pictures = [marginals(calibration), predictive_check(wanted, after, before)]
    files = image_files(pictures, calibration.id)
    for name, content in files.items():
        write_bytes(folder / "figures" / name, content)
    counts = patterns_met(wanted, after)
    write_bytes(folder / "index.html", posterior_page(calibration, summary, counts, pictures, svg_of(files)).encode())
    return counts | {"patterns": {name: vars(verdict) for name, verdict in after.items()}}


def patterns_met(wanted: list[Pattern], verdicts: dict[str, Verdict]) -> dict[str, int]:
    """How many patterns are met, and how many of those held out."""
    held = [pattern for pattern in wanted if pattern.held_out]
    return {
        "met": sum(verdicts[pattern.name].met for pattern in wanted),
        "of": len(wanted),
        "held_out_met": sum(verdicts[pattern.name].met for pattern in held),
        "held_out": len(held),
    }


def predicted(calibration: Calibration, wanted: list[Pattern]) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    """What worlds of the posterior, and of the prior, show of every pattern; with chance that calibration never met."""
    table, seed = posterior_worlds(calibration), calibration.asked.seed + 1
    rows = table.iloc[np.linspace(0, len(table) - 1, RUNS).astype(int)].to_dict("records")
    after: list[World] = [{str(name): float(x) for name, x in row.items()} for row in rows]
    verdicts = []
    with ThreadPoolExecutor(calibration.asked.workers or available_workers()) as executor:
        for worlds in (after, of_box("default", RUNS, seed)):
            measured = in_pieces(
                wanted, worlds, seed, executor, PIECE, changes=calibration.asked.changes, kinds=kinds_of(wanted)
            )
            verdicts.append({name: judge_pattern(pattern, measured[name]) for name, pattern in by_name(wanted).items()})
    return verdicts[0], verdicts[1]


def by_name(wanted: list[Pattern]) -> dict[str, Pattern]:
    """Patterns by their names."""
    return {pattern.name: pattern for pattern in wanted}


def marginals(calibration: Calibration) -> Picture:
    """The posterior of every moved parameter on its prior range."""
    posterior = calibration.posterior
    spans = []
    for name in calibration.moved:
        low, high = DEFAULT_BOX[name]
        values = low + posterior.points[:, COORDINATES.index(name)] * (high - low)
        spans.append(figures.Marginal(name, low, high, DEFAULTS[name], values, posterior.weights))
    rows = tuple(
        (span.name.replace("_", " "), f"{span.low:g} to {span.high:g}", *(f"{x:.3g}" for x in span.middle))
        for span in spans
    )
    head = ("parameter", "prior", "5%", "median", "95%")
    return Picture(
        name="posterior",
        title="What the patterns leave of each parameter",
        caption="Bars: the posterior of each parameter that was moved, over its prior range, which is even. The line "
        "is the default world. Where bars are level, the patterns cannot tell.",
        alt="One small histogram for each moved parameter.",
        figure=figures.draw_marginals(spans),
        tables=(Table("Posterior of the moved parameters", head, rows),),
    )


def predictive_check(wanted: list[Pattern], after: dict[str, Verdict], before: dict[str, Verdict]) -> Picture:
    """What the posterior predicts of every pattern beside what was observed."""
    shown = [pattern for pattern in wanted if pattern.kind in ("count", "rate")]
    spans = [
        figures.Span(
            pattern.name, pattern.held_out, tolerance(pattern), ends(after[pattern.name]), ends(before[pattern.name])
        )
        for pattern in shown
    ]
    rows = tuple(
        (
            pattern.name.replace("_", " "), ", ".join(pattern.use), observed(pattern),
            with_range(after[pattern.name]), "yes" if after[pattern.name].met else "no",
            with_range(before[pattern.name]), "yes" if before[pattern.name].met else "no",
        )
        for pattern in wanted
    )  # fmt: skip
    head = ("pattern", "used for", "observed", "posterior", "met", "prior", "met by the prior")
    return Picture(
        name="check",
        title="What the posterior predicts of every pattern",
        caption="Shares of localities. Band: what was observed, with its tolerance. Dots and lines: the mean over runs "
        "and 95% of runs, in worlds of the posterior and of the prior. The table has the other patterns too.",
        alt="For each pattern a band of tolerance with two intervals, one for the posterior and one for the prior.",
        figure=figures.draw_predictive(spans),
        tables=(Table("Every pattern: mean and range of 95% of runs", head, rows),),
    )


def ends(verdict: Verdict) -> tuple[float, float, float]:
    """A simulated number with the range of 95% of runs: value, low, high."""
    return verdict.value, verdict.low, verdict.high


def with_range(verdict: Verdict) -> str:
    """`0.42 (0.31 to 0.55)`."""
    return f"{verdict.value:.2f} ({verdict.low:.2f} to {verdict.high:.2f})"


def posterior_page(
    calibration: Calibration, summary: dict[str, Any], counts: dict[str, int],
    pictures: list[Picture], images: dict[str, bytes],
) -> str:  # fmt: skip
    """The calibration as one page; `images` holds each picture's SVG by name."""
    known = [name for name, row in summary["parameters"].items() if row["identified"]]
    least = least_departure(calibration.posterior)
    unknown = [name for name in calibration.moved if name not in known]
    edges = [f"{name.replace('_', ' ')} ({row['at_edge']})" for name, row in summary["parameters"].items()
             if row["at_edge"]]  # fmt: skip
    return rendered(
        "calibration/templates/posterior.html.j2",
        asked=calibration.asked,
        id=calibration.id,
        patterns=[pattern.name for pattern in calibration.patterns],
        posterior=calibration.posterior,
        counts=counts,
        pictures=pictures,
        images=images,
        identified=[
            f"Identified, with a Kolmogorov-Smirnov distance from the prior of {least:.2f} or more (at most 1): "
            f"{', '.join(map(described, known)) or 'none'}.",
            f"Moved, but not identified: {', '.join(map(described, unknown)) or 'none'}.",
            f"At an edge of their prior, with {AT_EDGE:g} or more of the posterior in the outermost tenth: "
            f"{', '.join(edges) or 'none'}.",
            "All others keep about the prior they had: the patterns say nothing about them.",
        ],
        parameters=parameters_table(summary),
        command=command(calibration.asked),
    )


def command(asked: Asked) -> str:
    """The command that repeats a calibration."""
    without = "".join(f" {key}={value}" for key in ("without", "leave_out") if (value := getattr(asked, key)))
    plan, usual = asdict(asked.plan), asdict(Plan())
    unusual = "".join(f" {name}={plan[name]}" for name in EFFORT if plan[name] != usual[name])
    return f"partnership calibrate scenario={asked.scenario}{without} seed={asked.seed}{unusual}"


def described(name: str) -> str:
    """A parameter with its meaning."""
    return f"{name.replace('_', ' ')} ({BY_NAME[name].meaning})"


def parameters_table(summary: dict[str, Any]) -> Table:
    """Every parameter of the box, those that the patterns moved most first."""
    rows = tuple(
        (
            name.replace("_", " "), "yes" if name in summary["moved"] else "no", f"{row['correlation']:.2f}",
            f"{row['prior'][0]:g} to {row['prior'][1]:g}", f"{row['median']:.3g}",
            f"{row['low']:.3g} to {row['high']:.3g}", f"{row['ks_distance']:.2f}", "yes" if row["identified"] else "no",
        )
        for name, row in sorted(summary["parameters"].items(), key=lambda item: -item[1]["ks_distance"])
    )  # fmt: skip
    head = (
        "parameter",
        "moved",
        "strongest rank correlation",
        "prior",
        "median",
        "90% region",
        "ks_distance",
        "identified",
    )
    return Table("Every parameter of the box", head, rows)
