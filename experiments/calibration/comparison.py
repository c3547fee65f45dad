"""What a validation says: tables, sentences, a figure and a page.

Written to `results/validate/<scenario>/`: index.html, table.csv, summary.json and the figure.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from experiments.calibration import order
from experiments.calibration.measure import Verdict, tolerance
from experiments.calibration.pattern import USES, Pattern
from experiments.calibration.validate import CALIBRATED, MOST_SHOW, WIDE, Asked, Validation, validate
from experiments.report.picture import Picture, Table, image_files
from experiments.report.rendering import rendered
from experiments.storage.files import as_json, write_bytes


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
    said = validation_lines(validation)
    if asked.order:
        contrasts = order.orders(asked)
        write_bytes(folder / "order.csv", order.orders_csv(contrasts))
        said += ["", *(each.text() for each in contrasts)]
    return [*said, "", f"Table: {folder / 'table.csv'}", f"Page:  {folder / 'index.html'}"]


# -- words and tables -------------------------------------------------------------------------------------


def observed(pattern: Pattern) -> str:
    """What was observed, as a reader would write it."""
    seen = pattern.observed
    if pattern.kind == "count":
        return f"{seen['count']} of {seen['of']}"
    if pattern.kind in ("rate", "amount", "delay"):
        unit = " months" if pattern.kind == "delay" else ""
        return f"{seen['from']:g} to {seen['to']:g}{unit}"
    if pattern.kind == "order":
        return " > ".join(seen)
    if pattern.kind == "no_effect":
        return f"none in {seen['localities']} localities"
    return str(seen).replace("_", " ")


def bounds(pattern: Pattern) -> str:
    """Between what the simulated number must lie."""
    low, high = tolerance(pattern)
    if pattern.kind in ("direction", "association"):
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
            named(pattern),
            ", ".join(pattern.use),
            observed(pattern),
            bounds(pattern),
            power(validation, pattern),
            *(cell(validation.verdicts[name][pattern.name]) for name in names),
        )
        for pattern in validation.patterns
    ]
    head = ("pattern", "used for", "observed", "tolerance", "shown by single worlds of the wide box", *names)
    return Table(
        "Every pattern: observed, simulated mean with the range of 95% of runs, and whether met", head, tuple(rows)
    )


def power(validation: Validation, pattern: Pattern) -> str:
    """`0.31`, or `0.95, hardly discriminates`."""
    share = f"{validation.verdicts[WIDE][pattern.name].share:.2f}"
    return share if validation.discriminates(pattern) else f"{share}, hardly discriminates"


def counted(validation: Validation) -> dict[str, list[Pattern]]:
    """The groups of patterns that are counted: by use, and those that discriminate, all and for validation."""
    discriminating = validation.discriminating
    return {use: validation.used_for(use) for use in USES} | {
        "discriminating": discriminating,
        "discriminating, for validation only": [pattern for pattern in discriminating if pattern.held_out],
    }


def counts(validation: Validation) -> Table:
    """How many patterns each model meets."""
    groups = counted(validation)
    rows = [
        (column.name, *("{} of {}".format(*validation.met(column.name, patterns)) for patterns in groups.values()))
        for column in validation.columns
    ]
    return Table("Patterns met", ("model or worlds", *groups), tuple(rows))


def told_apart(validation: Validation) -> list[str]:
    """For each rival a sentence: whether the discriminating patterns tell it from the whole model, and what would."""
    whole, of = validation.met(CALIBRATED, validation.discriminating)
    lines = []
    for name, observation in validation.apart.items():
        met, _ = validation.met(name, validation.discriminating)
        counted = f"{name}: meets {met} of {of} discriminating patterns, the whole model {whole}"
        if met < whole:
            lines.append(f"{counted}; only the whole model shows {', '.join(only_whole(validation, name))}.")
        else:
            lines.append(f"{counted}: the record cannot tell them apart. {observation.text()}")
    return lines


def only_whole(validation: Validation, rival: str) -> list[str]:
    """The discriminating patterns that the whole model shows and a rival does not."""
    whole, other = validation.verdicts[CALIBRATED], validation.verdicts[rival]
    return [named(each) for each in validation.discriminating if whole[each.name].met and not other[each.name].met]


def named(pattern: Pattern) -> str:
    """A pattern's name in words."""
    return pattern.name.replace("_", " ")


def as_csv(validation: Validation) -> bytes:
    """One row for each pattern and column."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(
        (
            "pattern",
            "scenario",
            "source",
            "use",
            "kind",
            "observed",
            "column",
            "simulated",
            "low",
            "high",
            "met",
            "share",
        )
    )
    for pattern in validation.patterns:
        for name, verdict in (
            (column.name, validation.verdicts[column.name][pattern.name]) for column in validation.columns
        ):
            uses = "; ".join(pattern.use)
            about = (pattern.name, pattern.scenario, pattern.source, uses, pattern.kind, observed(pattern))
            numbers = (f"{number:.6g}" for number in (verdict.value, verdict.low, verdict.high))
            writer.writerow((*about, name, *numbers, int(verdict.met), f"{verdict.share:.6g}"))
    return sink.getvalue().encode()


def validation_summary(validation: Validation) -> dict[str, Any]:
    """The counts of patterns met, by column, and what tells rivals apart."""
    groups = {"all": validation.patterns, **counted(validation)}
    return {
        "scenario": validation.asked.scenario,
        "runs": validation.asked.runs,
        "seed": validation.asked.seed,
        "met": {
            column.name: {name: list(validation.met(column.name, patterns)) for name, patterns in groups.items()}
            for column in validation.columns
        },
        "power": {pattern.name: validation.verdicts[WIDE][pattern.name].share for pattern in validation.patterns},
        "discriminating": [pattern.name for pattern in validation.discriminating],
        "apart": {name: observation.as_dict() for name, observation in validation.apart.items()},
    }


def validation_lines(validation: Validation) -> list[str]:
    """The table in a terminal: one line for each pattern, then how many each column meets."""
    width = max(len(pattern.name) for pattern in validation.patterns)
    names = [column.name for column in validation.columns]
    across = [max(11, len(name)) for name in names]
    headings = "  ".join(f"{name:>{wide}}" for name, wide in zip(names, across, strict=True))
    lines = [" " * width + "  power  " + headings]
    for pattern in validation.patterns:
        marks = "  ".join(
            f"{('met' if verdict.met else 'NOT') + f' {verdict.value:7.2f}':>{wide}}"
            for verdict, wide in zip((validation.verdicts[name][pattern.name] for name in names), across, strict=True)
        )
        share = validation.verdicts[WIDE][pattern.name].share
        mark = " " if validation.discriminates(pattern) else "-"
        lines.append(f"{pattern.name:<{width}}  {share:4.2f}{mark}  {marks}")
    lines.append(
        f"power: the share of single worlds of the wide box that show the pattern; more than {MOST_SHOW:.2f} (-) "
        "hardly discriminates"
    )
    for name in names:
        groups = counted(validation)
        said = ", ".join("{} of {} {}".format(*validation.met(name, of), group) for group, of in groups.items())
        lines.append(f"{name}: {said}")
    return lines + told_apart(validation)


def drawn(validation: Validation) -> Picture:
    """Which patterns each column meets, as a picture."""
    from experiments.figures import calibration

    figure = calibration.draw_verdict_grid(
        [(pattern.name, pattern.held_out, validation.discriminates(pattern)) for pattern in validation.patterns],
        [column.name for column in validation.columns],
        {name: {key: verdict.met for key, verdict in row.items()} for name, row in validation.verdicts.items()},
    )
    return Picture(
        name="patterns",
        title="Which patterns each model meets",
        caption="A filled square is a pattern met, a cross one not met. Those for validation only stand below "
        "the line. Pale ones hardly discriminate: most single worlds of the wide box show them.",
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
        met=validation.met(CALIBRATED, validation.discriminating),
        held_out=validation.met(CALIBRATED, counted(validation)["discriminating, for validation only"]),
        told_apart=told_apart(validation),
        picture=picture,
        image=image,
        table=as_table(validation),
    )
