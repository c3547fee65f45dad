"""A demonstration as one page that needs nothing else, and the page that lists all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from experiments import wording
from experiments.failures import story
from experiments.failures.accounts import Account
from experiments.failures.demonstration import Change
from experiments.failures.performance import Performance, monthly
from experiments.report import document
from experiments.report.picture import Picture, Table
from sim.limits import LIMITS
from sim.params import BY_NAME, DEFAULTS


def pictures(performance: Performance) -> list[Picture]:
    """Both figures of a demonstration, described."""
    from experiments.failures import figures

    shown = performance.demonstration
    marks = " ".join(f"{number}: {mark.text}" for number, mark in enumerate(shown.look_for, 1))
    watched = wording.listing([wording.series(name) for name in shown.watch])
    without, remedied = story.shared(performance.without.fails), story.shared(performance.remedied.fails)
    often = f"{without} without the remedy, {remedied} with it"
    return [
        Picture(
            "paths", "One partnership, with and without the remedy",
            f"World {performance.chosen}, in which the gain from the remedy is the middle one of those where it "
            "prevents the failure: an example picked for what it shows, not a typical draw.",
            f"Paths of {watched} in one partnership, without the remedy and with it. {marks}",
            figures.paths(performance), (month_table(performance),),
        ),
        Picture(
            "distributions", f"{shown.runs:,} partnerships",
            f"{often}. Each of the {shown.runs:,} has other partners and other luck in the same kind of world.",
            f"Added value over the months and at the end, and how many fail so: {often}.",
            figures.distributions(performance), (rates_table(performance),),
        ),
    ]  # fmt: skip


def month_table(performance: Performance) -> Table:
    """The partnership that is told, in every month, with the remedy in brackets."""
    watch, chosen = performance.demonstration.watch, performance.chosen

    def cell(name: str, month: int) -> str:
        without, remedied = (
            wording.level(float(monthly(side.record, name)[chosen, month]), 2)
            for side in (performance.without, performance.remedied)
        )
        return f"{without} ({remedied})"

    rows = tuple(
        (f"{month + 1}", *(cell(name, month) for name in watch)) for month in range(performance.without.record.months)
    )
    columns = ("month", *map(wording.series, watch))
    return Table("The partnership told here, by month; with the remedy in brackets", columns, rows)


def rates_table(performance: Performance) -> Table:
    rows = (
        ("fail so without the remedy", story.shared(performance.without.fails)),
        ("fail so with the remedy", story.shared(performance.remedied.fails)),
        ("prevented by the remedy", f"{performance.prevented:,}"),
        ("brought about by the remedy", f"{performance.caused:,}"),
        ("mean gain in added value at the end", wording.estimated(performance.gain)),
        ("better off with the remedy at the end", story.shared(performance.gains)),
    )
    return Table("Both sides, in the same worlds", ("", "partnerships"), rows)


def page(
    performance: Performance,
    told: Sequence[Account],
    images: Mapping[str, bytes],
    drawn: Sequence[Picture],
    command: str,
) -> str:
    """The page of one failure mode; `images` holds each picture's SVG by name."""
    shown = performance.demonstration
    figures = {picture.name: document.figure(picture, images[picture.name]) for picture in drawn}
    numbers = "".join(f"<p>{escape(line)}</p>" for line in story.how_often(performance))
    sections = {
        "world": f"<p>{escape(shown.world)}</p>",
        "predict": predict(performance),
        "one": introduced(performance) + figures["paths"] + moments(performance),
        "partners": accounts(told),
        "all": figures["distributions"] + numbers + f"<p>{escape(story.early(performance))}</p>" + note(shown.note),
        "discuss": f"<h2>Questions</h2>{document.bullets(shown.discuss)}",
        "detector": detector(performance),
        "provenance": provenance(performance, command),
    }
    return document.shell(
        f"{story.title(shown.name)}: {story.lower(shown.sentence)}",
        f"A demonstration of {shown.runs:,} simulated partnerships, seed {shown.seed}.",
        sections,
        "This is a model, and no evidence about any one partnership: most of its numbers are assumptions.",
    )


def note(text: str) -> str:
    return f"<p><strong>{escape(text)}</strong></p>" if text else ""


def predict(performance: Performance) -> str:
    asked = performance.demonstration.predict
    right = asked.right(performance.measured())
    choices = "".join(f"<li>{escape(choice.text)}</li>" for choice in asked.choices)
    answer = f"{story.measured_in_words(performance)}: {right.text}."
    return (
        f'<div class="answer"><h2>Before you look on</h2><p class="headline">{escape(asked.question)}</p><ol type="a">'
        f"{choices}</ol><details><summary>What happened</summary><p>{escape(answer)}</p></details></div>"
    )


def introduced(performance: Performance) -> str:
    """What is told before the first figure: the remedy, and the early sign."""
    shown = performance.demonstration
    return (
        f"<p><strong>The remedy.</strong> {escape(shown.remedy.about)}</p>"
        f"<p><strong>The early sign.</strong> {escape(shown.warning.about)}</p>"
    )


def moments(performance: Performance) -> str:
    rows = "".join(
        f"<dt>Month {moment.month}</dt><dd>{escape(moment.text)}</dd>" for moment in story.moments(performance)
    )
    return f"<h3>Month by month</h3><dl>{rows}</dl>"


def accounts(told: Sequence[Account]) -> str:
    if not told:
        return ""
    quotes = "".join(f"<blockquote>{escape(one.told())}</blockquote>" for one in told)
    return (
        f"<h2>{story.asked(told)}</h2><p>The three partners whose effort moved most in that partnership, from the "
        f"terms by which the model decided.</p>{quotes}"
    )


def detector(performance: Performance) -> str:
    """How the failure is recognised, what it may be confused with, and the two controls."""
    shown = performance.demonstration
    prefix = (f"{shown.name}_", "window", "flat", "margin")
    rows = tuple(
        (wording.plain(limit.name), wording.amount(shown.limits[limit.name]), limit.meaning)
        for limit in LIMITS
        if limit.name.startswith(prefix)
    )
    overlaps = [f"{story.title(name)}: {reason}." for name, reason in shown.overlaps.items()]
    also = f"<p>Often seen together with:</p>{document.bullets(overlaps)}" if overlaps else ""
    return (
        "<h2>How it is recognised</h2>"
        f"{document.table(Table('Thresholds', ('threshold', 'value', 'meaning'), rows))}{also}"
        "<h3>The setting is not the failure</h3>"
        f"<p>The setting without the failure: {escape(shown.without_failure.about)}</p>"
        f"<p>The failure from another cause: {escape(shown.other_cause.about)}</p>"
    )


def changes(change: Change, world: Mapping[str, float]) -> Table:
    rows = tuple(
        (wording.plain(name), wording.amount(world[name]), wording.amount(value), BY_NAME[name].meaning)
        for name, value in change.parameters.items()
        if value != world[name]
    )
    return Table("The remedy, in parameters", ("parameter", "without", "with", "meaning"), rows)


def provenance(performance: Performance, command: str) -> str:
    shown = performance.demonstration
    set_otherwise = tuple(
        (wording.plain(name), wording.amount(value), wording.amount(DEFAULTS[name]), BY_NAME[name].meaning)
        for name, value in shown.parameters.items()
        if value != DEFAULTS[name]
    )
    world = Table(
        "The world, where it differs from the default", ("parameter", "here", "by default", "meaning"), set_otherwise
    )
    return (
        f"<h2>How to repeat it</h2><pre><code>{escape(command)}</code></pre>"
        f"{document.table(changes(shown.remedy, shown.parameters))}{document.table(world)}"
        f'<p class="quiet">Sources of the idea: {escape(", ".join(shown.sources))}. {escape(document.SOURCES)}</p>'
    )


def index(entries: Sequence[Mapping[str, Any]], measured: bool) -> str:
    """The page that lists the demonstrations there are, from their summaries; `measured` where detectors were."""
    head = ("failure mode", "what it is", "fail so", "with the remedy", "gain in added value")
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    rows = "".join(f"<tr>{entry_row(entry)}</tr>" for entry in entries)
    table = (
        '<div class="scroll" role="region" tabindex="0" aria-label="All demonstrations"><table><thead><tr>'
        f"{columns}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    trust = (
        '<p><a href="detectors/index.html">How far can the failure detectors be trusted?</a></p>' if measured else ""
    )
    return document.shell(
        "How partnerships fail",
        "Ways in which partnerships fail, each shown in a world that fails so, with what would have helped.",
        {"modes": table + trust},
        "Shares are of the partnerships of each demonstration, whose world was chosen to show the failure.",
    )


def entry_row(entry: Mapping[str, Any]) -> str:
    name = story.title(entry["name"])
    cells = (
        escape(entry["sentence"]),
        wording.percent(entry["fails"]["share"]),
        wording.percent(entry["fails_with_remedy"]["share"]),
        wording.signed(entry["gain"]["value"], 2),
    )
    link = f'<th scope="row"><a href="{entry["name"]}/index.html">{escape(name)}</a></th>'
    return link + "".join(f"<td>{cell}</td>" for cell in cells)
