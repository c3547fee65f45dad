"""The model held against the record: every pattern, in several worlds and in rival models, as one table.

Written to `results/validate/<scenario>/`: index.html, table.csv, summary.json and the figure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.calibration.measure import Measured, Verdict, judge_pattern, tolerance
from experiments.calibration.pattern import USES, Pattern, load_patterns, rivals
from experiments.calibration.pieces import in_pieces, kinds_of
from experiments.config.boxes import World, of_box, stated_in
from experiments.execution.place import available_workers
from experiments.report.picture import Picture, Table, image_files
from experiments.report.rendering import rendered
from experiments.storage.files import as_json, write_bytes

PIECE = 5
"""Runs of every scenario that a worker plays at a time."""
CALIBRATED = "calibrated"
"""What calibration has left under that name: a list of worlds as a box, and one world as a scenario."""


@dataclass(frozen=True)
class Asked:
    """What is to be validated: of which scenarios, in how many runs of each."""

    scenario: str = "all"
    runs: int = 100
    seed: int = 1
    results: str = "results"
    workers: int | None = None


@dataclass(frozen=True)
class Column:
    """A model, or a set of worlds, to hold against the patterns.

    Its name, the box or the one scenario that its worlds are from, and what is switched off.
    """

    name: str
    box: str = ""
    scenario: str = ""
    changes: Mapping[str, float] = field(default_factory=dict)

    def worlds(self, runs: int, seed: int) -> list[World]:
        """A world for each run."""
        return [stated_in(self.scenario)] * runs if self.scenario else of_box(self.box, runs, seed)


@dataclass(frozen=True)
class Validation:
    """Every pattern under every column."""

    asked: Asked
    patterns: Sequence[Pattern]
    columns: Sequence[Column]
    verdicts: Mapping[str, Mapping[str, Verdict]]  # by column, then pattern

    def met(self, column: str, use: str | None = None) -> tuple[int, int]:
        """How many patterns a column meets, of how many, of one use or of both."""
        chosen = [pattern for pattern in self.patterns if use in (None, pattern.use)]
        return sum(self.verdicts[column][pattern.name].met for pattern in chosen), len(chosen)


def columns() -> list[Column]:
    """The default world, the wide box, the calibrated worlds, the nearest of them; and each rival, calibrated too."""
    return [
        Column("default world", box="none"),
        Column("wide box", box="default"),
        Column(CALIBRATED, box=CALIBRATED),
        Column("nearest world", scenario=CALIBRATED),
        *(Column(name, box=f"rivals/{name.replace(' ', '_')}", changes=changes) for name, changes in rivals().items()),
    ]


def measured(asked: Asked, wanted: Sequence[Pattern], column: Column) -> dict[str, Measured]:
    """Every pattern in so many runs of its scenario under one column."""
    worlds = column.worlds(asked.runs, asked.seed)
    with ThreadPoolExecutor(asked.workers or available_workers()) as executor:
        return in_pieces(wanted, worlds, asked.seed, executor, PIECE, changes=column.changes, kinds=kinds_of(wanted))


def validate(asked: Asked) -> Validation:
    """Hold the model against the patterns of a scenario, or of all."""
    wanted = load_patterns(None if asked.scenario == "all" else asked.scenario)
    shown = columns()
    verdicts = {}
    for column in shown:
        numbers = measured(asked, wanted, column)
        verdicts[column.name] = {pattern.name: judge_pattern(pattern, numbers[pattern.name]) for pattern in wanted}
    return Validation(asked, wanted, shown, verdicts)


def run_validation(asked: Asked) -> list[str]:
    """Validate, write, and return what there is to say in a terminal."""
    validation = validate(asked)
    folder = Path(asked.results) / "validate" / asked.scenario
    picture = drawn(validation)
    files = image_files([picture], f"validate {asked.scenario}")
    for name, content in files.items():
        write_bytes(folder / name, content)
    write_bytes(folder / "table.csv", as_csv(validation))
    write_bytes(folder / "summary.json", as_json(validation_summary(validation)))
    write_bytes(folder / "index.html", validation_page(validation, picture, files["patterns.svg"]).encode())
    return [*validation_lines(validation), "", f"Table: {folder / 'table.csv'}", f"Page:  {folder / 'index.html'}"]


# -- words and tables -------------------------------------------------------------------------------------


def observed(pattern: Pattern) -> str:
    """What was observed, as a reader would write it."""
    seen = pattern.observed
    if pattern.kind == "count":
        return f"{seen['count']} of {seen['of']}"
    if pattern.kind == "rate":
        return f"{seen['from']:g} to {seen['to']:g}"
    if pattern.kind == "order":
        return " > ".join(seen)
    if pattern.kind == "no_effect":
        return f"none in {seen['localities']} localities"
    return str(seen).replace("_", " ")


def bounds(pattern: Pattern) -> str:
    """Between what the simulated number must lie."""
    low, high = tolerance(pattern)
    if pattern.kind == "direction":
        return "95% of runs" if not pattern.observed.startswith("not") else "not clearly otherwise"
    if pattern.kind == "no_effect":
        return "most runs show none"
    return f"{low:.2f} to {high:.2f}"


def cell(verdict: Verdict) -> str:
    """`met: 0.42 (0.31 to 0.55)`."""
    return f"{'met' if verdict.met else 'not met'}: {verdict.value:.2f} ({verdict.low:.2f} to {verdict.high:.2f})"


def as_table(validation: Validation) -> Table:
    """Every pattern under every column."""
    names = [column.name for column in validation.columns]
    rows = [
        (
            pattern.name.replace("_", " "),
            pattern.use.replace("_", " "),
            observed(pattern),
            bounds(pattern),
            *(cell(validation.verdicts[name][pattern.name]) for name in names),
        )
        for pattern in validation.patterns
    ]
    head = ("pattern", "used for", "observed", "tolerance", *names)
    return Table(
        "Every pattern: observed, simulated mean with the range of 95% of runs, and whether met", head, tuple(rows)
    )


def counts(validation: Validation) -> Table:
    """How many patterns each model meets."""
    rows = [
        (column.name, *("{} of {}".format(*validation.met(column.name, use)) for use in ("calibration", "held_out")))
        for column in validation.columns
    ]
    return Table("Patterns met", ("model or worlds", "used for calibration", "held out"), tuple(rows))


def as_csv(validation: Validation) -> bytes:
    """One row for each pattern and column."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(
        ("pattern", "scenario", "source", "use", "kind", "observed", "column", "simulated", "low", "high", "met")
    )
    for pattern in validation.patterns:
        for name, verdict in (
            (column.name, validation.verdicts[column.name][pattern.name]) for column in validation.columns
        ):
            about = (pattern.name, pattern.scenario, pattern.source, pattern.use, pattern.kind, observed(pattern))
            writer.writerow(
                (*about, name, f"{verdict.value:.6g}", f"{verdict.low:.6g}", f"{verdict.high:.6g}", int(verdict.met))
            )
    return sink.getvalue().encode()


def validation_summary(validation: Validation) -> dict[str, Any]:
    """The counts of patterns met, by column."""
    return {
        "scenario": validation.asked.scenario,
        "runs": validation.asked.runs,
        "seed": validation.asked.seed,
        "met": {
            column.name: {
                use or "all": list(validation.met(column.name, use)) for use in (None, "calibration", "held_out")
            }
            for column in validation.columns
        },
    }


def validation_lines(validation: Validation) -> list[str]:
    """The table in a terminal: one line for each pattern, then how many each column meets."""
    width = max(len(pattern.name) for pattern in validation.patterns)
    names = [column.name for column in validation.columns]
    lines = [" " * width + "  used for     " + "  ".join(f"{name:>13}" for name in names)]
    for pattern in validation.patterns:
        marks = "  ".join(
            f"{('met' if verdict.met else 'NOT') + f' {verdict.value:7.2f}':>13}"
            for verdict in (validation.verdicts[name][pattern.name] for name in names)
        )
        lines.append(f"{pattern.name:<{width}}  {pattern.use:<11}  {marks}")
    for name in names:
        (a, b), (c, d) = validation.met(name, "calibration"), validation.met(name, "held_out")
        lines.append(f"{name}: {a} of {b} calibration patterns met, {c} of {d} held out")
    return lines


def drawn(validation: Validation) -> Picture:
    """Which patterns each column meets, as a picture."""
    from experiments.figures import calibration

    figure = calibration.draw_verdict_grid(
        [(pattern.name, pattern.held_out) for pattern in validation.patterns],
        [column.name for column in validation.columns],
        {name: {key: verdict.met for key, verdict in row.items()} for name, row in validation.verdicts.items()},
    )
    return Picture(
        name="patterns",
        title="Which patterns each model meets",
        caption="A filled square is a pattern met, a cross one not met. Those held out from calibration stand below "
        "the line. A pattern that every rival meets cannot tell the models apart.",
        alt="A grid of patterns by models, with squares where a pattern is met and crosses where it is not.",
        figure=figure,
        tables=(counts(validation),),
    )


def validation_page(validation: Validation, picture: Picture, image: bytes) -> str:
    """The table and its figure as one page."""
    return rendered(
        "calibration/templates/validation.html.j2",
        asked=validation.asked,
        patterns=validation.patterns,
        met=validation.met(CALIBRATED, "calibration"),
        held_out=validation.met(CALIBRATED, "held_out"),
        picture=picture,
        image=image,
        table=as_table(validation),
    )
