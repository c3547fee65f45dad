"""A demonstration as one page that needs nothing else, and the page that lists all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments import wording
from experiments.failures import story
from experiments.failures.accounts import Account
from experiments.failures.demonstration import Change, Demonstration
from experiments.failures.performance import Performance, monthly
from experiments.report import document
from experiments.report.picture import Picture, Table
from experiments.report.rendering import rendered
from sim.limits import LIMITS
from sim.params import BY_NAME, DEFAULTS


def demonstration_pictures(performance: Performance) -> list[Picture]:
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
            figures.draw_paths(performance), (month_table(performance),),
        ),
        Picture(
            "distributions", f"{shown.runs:,} partnerships",
            f"{often}. The {shown.runs:,} partnerships differ in their partners and in "
            "chance events; their kind of world is the same.",
            f"Added value over the months and at the end, and how many fail in this way: {often}.",
            figures.draw_distributions(performance), (rates_table(performance),),
        ),
    ]  # fmt: skip


def month_table(performance: Performance) -> Table:
    """The partnership that is shown, in every month, with the remedy in brackets."""
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
    return Table("The partnership shown here, by month; with the remedy in brackets", columns, rows)


def rates_table(performance: Performance) -> Table:
    """How often partnerships fail on both sides, and what the remedy gains."""
    rows = (
        ("fail in this way without the remedy", story.shared(performance.without.fails)),
        ("fail in this way with the remedy", story.shared(performance.remedied.fails)),
        ("prevented by the remedy", f"{performance.prevented:,}"),
        ("brought about by the remedy", f"{performance.caused:,}"),
        ("mean gain in added value at the end", wording.estimated(performance.gain)),
        ("better off with the remedy at the end", story.shared(performance.gains)),
    )
    return Table("Both sides, in the same worlds", ("", "partnerships"), rows)


def demonstration_page(
    performance: Performance,
    accounts: Sequence[Account],
    images: Mapping[str, bytes],
    pictures: Sequence[Picture],
    command: str,
) -> str:
    """The page of one failure mode; `images` holds each picture's SVG by name."""
    shown = performance.demonstration
    right = shown.predict.right(performance.measured())
    return rendered(
        "failures/templates/demonstration.html.j2",
        heading=f"{story.title(shown.name)}: {story.lower(shown.sentence)}",
        shown=shown,
        pictures={picture.name: picture for picture in pictures},
        images=images,
        what_happened=f"{story.measured_in_words(performance)}: {right.text}.",
        moments=story.story_moments(performance),
        asked=story.asked(accounts),
        quotes=[account.described() for account in accounts],
        how_often=[*story.how_often(performance), story.early(performance)],
        thresholds=thresholds_table(shown),
        overlaps=[f"{story.title(name)}: {reason}." for name, reason in shown.overlaps.items()],
        remedy=remedy_table(shown.remedy, shown.parameters),
        world=world_table(shown),
        command=command,
        sources=document.SOURCES,
    )


def thresholds_table(shown: Demonstration) -> Table:
    """The thresholds by which the failure is recognised."""
    prefix = (f"{shown.name}_", "window", "flat", "margin")
    rows = tuple(
        (wording.plain(limit.name), wording.amount(shown.limits[limit.name]), limit.meaning)
        for limit in LIMITS
        if limit.name.startswith(prefix)
    )
    return Table("Thresholds", ("threshold", "value", "meaning"), rows)


def remedy_table(change: Change, world: Mapping[str, float]) -> Table:
    """What a remedy changes in a world."""
    rows = tuple(
        (wording.plain(name), wording.amount(world[name]), wording.amount(value), BY_NAME[name].meaning)
        for name, value in change.parameters.items()
        if value != world[name]
    )
    return Table("The remedy, in parameters", ("parameter", "without", "with", "meaning"), rows)


def world_table(shown: Demonstration) -> Table:
    """Where the world of a demonstration differs from the default."""
    rows = tuple(
        (wording.plain(name), wording.amount(value), wording.amount(DEFAULTS[name]), BY_NAME[name].meaning)
        for name, value in shown.parameters.items()
        if value != DEFAULTS[name]
    )
    return Table("The world, where it differs from the default", ("parameter", "here", "by default", "meaning"), rows)


def index_page(entries: Sequence[Mapping[str, Any]], measured: bool) -> str:
    """The page that lists the demonstrations there are, from their summaries; `measured` where detectors were."""
    titled = [{**entry, "title": story.title(entry["name"])} for entry in entries]
    return rendered("failures/templates/index.html.j2", entries=titled, measured=measured)
