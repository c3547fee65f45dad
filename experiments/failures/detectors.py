"""How far the detectors can be trusted: each in its own demonstration, in every other, and in worlds that are well.

Written to `results/demo/detectors/`: index.html, record.json, and the figures confusion and leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis.contrasts import Count, Estimate, count
from experiments.config.composition import composed
from experiments.config.schema import limits_in, parameters_of, whole
from experiments.config.to_study import results_in
from experiments.failures import story
from experiments.failures.demonstration import Demonstration, load
from experiments.failures.performance import Performance, middle, monthly, perform, played
from experiments.failures.show import counted
from experiments.report.picture import Picture, Table, image_files, svg_of
from experiments.report.templates import rendered
from experiments.storage.files import write_bytes, write_json
from sim import failures
from sim.failures import BY_MODE, MODE_NAMES
from sim.params import BY_NAME, DEFAULT_BOX, DEFAULTS, NAMES, SETUPS, as_array
from sim.record import Record, play

FRESH = 5
"""Further seeds on which each demonstration is repeated."""
OFTEN = 0.2
"""A detector that fires in this share of another mode's demonstration overlaps with it."""
WORLDS = 6
"""Worlds drawn for each one that is asked for, to find such as flourish."""
HEALTHY, FLOURISHING = "healthy by design", "flourishing by outcome"
LEVERS = {
    "umbrella": (0.0, 1.0),
    "mandated": (0.0, 1.0),
    "pooled_share": (0.0, 0.4, 0.8),
    "review_month": (0.0, 24.0),
    "cycle_months": (0.0, 20.0),
}
"""Settings without which some detectors could not fire at all: each value as likely in worlds that are well."""
GAINED, GIVEN = 0.05, 0.5
"""A partnership flourishes whose added value and mean effort were above these over its last year."""


NOTHING_SHORT = (
    "Every detector fires in at least 80% of its own demonstration, and in at most 5% of worlds that are well."
)


@dataclass(frozen=True)
class Trust:
    """What is known of the detectors."""

    performances: Mapping[str, Performance]
    rates: Mapping[str, Mapping[str, Count]]  # of each kind of world: how often each detector fires
    fresh: Mapping[str, list[Count]]  # of each mode: how often it fires in its demonstration, seed by seed
    fresh_remedied: Mapping[str, list[Count]]  # and with the remedy
    without_failure: Mapping[str, Count]
    other_cause: Mapping[str, Count]
    seed: int
    runs: int


def measure(overrides: Sequence[str]) -> list[str]:
    """Measure, write, and return what there is to say in a terminal."""
    plain = composed(overrides).plain
    seed, runs = whole(plain["seed"], 0, 2**63 - 1 - FRESH, "seed"), whole(plain["runs"], 2, 10**6, "runs")
    kept = [word for word in overrides if not word.startswith("results=")]
    demonstrations = {name: load(name, kept) for name in MODE_NAMES}
    healthy = parameters_of(composed(["scenario=healthy"]).plain)
    found = trust(demonstrations, healthy, limits_in(plain), seed, runs)
    folder = results_in(plain) / "demo"
    write(found, folder, " ".join(["partnership detectors", *sorted(kept)]))
    return lines(found, folder)


def trust(
    demonstrations: Mapping[str, Demonstration],
    healthy: Mapping[str, float],
    limits: Mapping[str, float],
    seed: int,
    runs: int,
) -> Trust:
    """Search every demonstration and the worlds that are well for every failure mode."""
    performances = {name: perform(one) for name, one in demonstrations.items()}
    rates = {name: fired(one.without.record, limits) for name, one in performances.items()}
    rates[HEALTHY] = fired(healthy_worlds(healthy, seed, runs), limits)
    rates[FLOURISHING] = fired(flourishing_worlds(seed, runs), limits)
    return Trust(
        performances,
        rates,
        fresh={name: anew(one, {}, seed) for name, one in demonstrations.items()},
        fresh_remedied={name: anew(one, one.remedy.parameters, seed) for name, one in demonstrations.items()},
        without_failure={name: own(one, one.without_failure.parameters, seed) for name, one in demonstrations.items()},
        other_cause={name: own(one, one.other_cause.parameters, seed) for name, one in demonstrations.items()},
        seed=seed,
        runs=runs,
    )


def own(demonstration: Demonstration, changes: Mapping[str, float], seed: int) -> Count:
    """How often a mode's detector fires in its world with some parameters changed."""
    record = played(demonstration, changes, seed=seed)
    return count(failures.detect(BY_MODE[demonstration.name], record, demonstration.limits).fires)


def anew(demonstration: Demonstration, changes: Mapping[str, float], seed: int) -> list[Count]:
    """How often on further seeds, one by one."""
    return [own(demonstration, changes, seed + step) for step in range(1, FRESH + 1)]


def fired(record: Record, limits: Mapping[str, float]) -> dict[str, Count]:
    return {name: count(finding.fires) for name, finding in failures.examine(record, limits).items()}


# -- worlds that are well ---------------------------------------------------------------------------------


def healthy_worlds(parameters: Mapping[str, float], seed: int, runs: int) -> Record:
    """The healthy scenario, whatever becomes of it, under setups that build both structure and purpose."""
    arms = ("balanced", "structure_first", "purpose_first")
    rng = np.random.default_rng(seed)
    return play(drawn(rng, parameters, arms, runs), np.arange(runs, dtype=np.int64), seed)


def flourishing_worlds(seed: int, runs: int) -> Record:
    """Worlds from the default box in which the partnership flourished, whatever its setup.

    Chosen by what became of them and not by any detector; so chosen, none can show `antagony` or `inertia`.
    """
    rng, many = np.random.default_rng(seed), WORLDS * runs
    points = drawn(rng, DEFAULTS, [name for name in SETUPS if name not in ("neither", "alone")], many)
    for name, (low, high) in DEFAULT_BOX.items():
        unit = rng.random(many)
        whole_numbers = np.minimum(np.floor(low + unit * (high - low + 1)), high)
        points[:, NAMES.index(name)] = whole_numbers if BY_NAME[name].whole else low + unit * (high - low)
    record = play(points, np.arange(many, dtype=np.int64), seed)
    year = slice(-12, None)
    gained = monthly(record, "added_value")[:, year].mean(axis=1)
    given = monthly(record, "effort")[:, year].mean(axis=1)
    return record.take(np.flatnonzero((gained > GAINED) & (given > GIVEN))[:runs])


def drawn(
    rng: np.random.Generator, parameters: Mapping[str, float], arms: Sequence[str], runs: int
) -> NDArray[np.float64]:
    """Points (runs, parameters) with a setup and the levers drawn at random."""
    points = np.stack([as_array({**parameters, **SETUPS[arms[one]]}) for one in rng.integers(len(arms), size=runs)])
    for name, values in LEVERS.items():
        points[:, NAMES.index(name)] = rng.choice(values, size=runs)
    return points


# -- telling ----------------------------------------------------------------------------------------------


def overlapping(found: Trust) -> dict[str, list[str]]:
    """For each mode, the other detectors that often fire in its demonstration."""
    return {
        name: [other for other in MODE_NAMES if other != name and found.rates[name][other].share.value >= OFTEN]
        for name in found.performances
    }


def announced(performance: Performance) -> Count:
    """Of the partnerships that fail so, those in which the early sign showed before."""
    side = performance.without
    return count(side.in_time[side.finding.fires]) if side.finding.fires.any() else count(np.zeros(1, bool))


def before_collapse(performance: Performance) -> tuple[int, Estimate | None]:
    """Partnerships whose effort collapsed, and the median of months from the early sign to that."""
    side = performance.without
    months = side.record.outcome("collapse_month") - side.warned
    return int(np.sum(~np.isnan(side.record.outcome("collapse_month")))), middle(months[months > 0])


def false_warnings(performance: Performance) -> Count | None:
    """Of the partnerships that do not fail so with the remedy, those in which the early sign showed all the same."""
    side = performance.remedied
    well = ~side.finding.fires
    return count(~np.isnan(side.warned[well])) if well.any() else None


def percent(share: Count) -> str:
    one = share.share
    return f"{100 * one.value:.1f}% ({100 * one.low:.1f} to {100 * one.high:.1f})"


def spread(counts: Sequence[Count]) -> str:
    """From the lowest share to the highest."""
    shares = [100 * one.share.value for one in counts]
    return f"{min(shares):.1f}% to {max(shares):.1f}%"


def rate_table(found: Trust) -> Table:
    rows = tuple(
        (
            story.title(name),
            percent(performance.without.fails),
            spread(found.fresh[name]),
            percent(performance.remedied.fails),
            spread(found.fresh_remedied[name]),
        )
        for name, performance in found.performances.items()
    )
    further = f"on {FRESH} further seeds"
    columns = ("mode", "without the remedy", further, "with the remedy", further)
    return Table("In its own demonstration, with 95% intervals; on further seeds from the lowest to the highest",
                 columns, rows)  # fmt: skip


def silence_table(found: Trust) -> Table:
    rows = tuple(
        (
            story.title(name),
            percent(found.rates[HEALTHY][name]),
            percent(found.rates[FLOURISHING][name]),
            percent(found.without_failure[name]),
            percent(found.other_cause[name]),
        )
        for name in found.performances
    )
    columns = ("mode", HEALTHY, FLOURISHING, "setting without failure", "failure from another cause")
    return Table("Where it should be silent, and where another cause brings the failure about, with 95% intervals",
                 columns, rows)  # fmt: skip


def lead_table(found: Trust) -> Table:
    rows = []
    for name, performance in found.performances.items():
        lead, (collapses, to_collapse), false = (
            middle(performance.without.lead),
            before_collapse(performance),
            false_warnings(performance),
        )
        rows.append((
            story.title(name),
            percent(announced(performance)),
            months(lead),
            f"{collapses:,}",
            months(to_collapse),
            percent(false) if false else "none was well",
        ))  # fmt: skip
    columns = ("mode", "failures announced", "months before the failure stands", "collapsed", "months before collapse",
               "warned for nothing, with the remedy")  # fmt: skip
    return Table(
        "Early signs: how often in time, how long before (medians), how often for nothing", columns, tuple(rows)
    )


def months(lead: Estimate | None) -> str:
    return f"{lead.value:.0f} ({lead.low:.0f} to {lead.high:.0f})" if lead else "none"


def confusion_table(found: Trust) -> Table:
    rows = tuple(
        (wording.plain(row).capitalize(), *(percent(rates[column]) for column in MODE_NAMES))
        for row, rates in found.rates.items()
    )
    return Table("Rows: worlds. Columns: detectors", ("", *map(wording.plain, MODE_NAMES)), rows)


def shortcomings(found: Trust) -> list[str]:
    """What does not reach the mark: 80% in its own demonstration, 5% where partnerships are well."""
    said = []
    for name, performance in found.performances.items():
        rate = performance.without.fails
        if rate.share.value < 0.8:
            said.append(f"{story.title(name)} fires in {percent(rate)} of its own demonstration, under 80%.")
        for row in (HEALTHY, FLOURISHING):
            alarms = found.rates[row][name]
            if alarms.share.value > 0.05:
                said.append(f"{story.title(name)} fires in {percent(alarms)} of worlds {row}, over 5%.")
    return said


def overlaps_told(found: Trust) -> list[str]:
    return [
        f"In the demonstration of {wording.plain(name)}: {wording.listing([wording.plain(one) for one in others])}."
        for name, others in overlapping(found).items()
        if others
    ]


def pictures(found: Trust) -> list[Picture]:
    from experiments.failures import figures

    spans = {
        name: (one.without.lead, middle(one.without.lead), announced(one)) for name, one in found.performances.items()
    }
    return [
        Picture(
            "confusion", "Which detector fires where",
            f"A detector that fires in at least {wording.percent(OFTEN)} of another mode's demonstration is named as "
            "overlapping: partnerships that wither do so in several ways at once. Worlds that flourish were chosen by "
            "outcome and effort, so that none can show inertia or antagony; those that show another mode flourish all "
            "the same, and such an alarm is false only if a failure must be fatal.",
            "Matrix of how often each detector fires in each kind of world.",
            figures.confusion(found.rates, overlapping(found)), (confusion_table(found),),
        ),
        Picture(
            "leads", "How early the warning comes",
            "The early sign of each mode, a condition on monthly series that a partner could have noticed, against "
            "the month in which the detector first says that the failure stands.",
            "Months from early sign to failure, and share of failures announced, mode by mode.",
            figures.leads(spans), (lead_table(found),),
        ),
    ]  # fmt: skip


def write(found: Trust, folder: Path, command: str) -> None:
    from experiments.failures.show import write_index

    here = folder / "detectors"
    drawn = pictures(found)
    files = image_files(drawn, "detectors")
    for name, image in files.items():
        write_bytes(here / "figures" / name, image)
    write_bytes(here / "index.html", detectors_page(found, drawn, svg_of(files), command).encode())
    write_json(here / "record.json", record(found, command))
    write_index(folder)


def detectors_page(found: Trust, drawn: Sequence[Picture], images: Mapping[str, bytes], command: str) -> str:
    """The page; `images` holds each picture's SVG by name."""
    return rendered(
        "failures/templates/detectors.html.j2",
        runs=found.runs,
        seed=found.seed,
        shortcomings=shortcomings(found),
        nothing_short=NOTHING_SHORT,
        rates=rate_table(found),
        silence=silence_table(found),
        overlaps=overlaps_told(found),
        pictures={picture.name: picture for picture in drawn},
        images=images,
        command=command,
    )


def record(found: Trust, command: str) -> dict[str, Any]:
    """All numbers."""
    modes = {}
    for name, performance in found.performances.items():
        lead, false = middle(performance.without.lead), false_warnings(performance)
        collapses, to_collapse = before_collapse(performance)
        modes[name] = {
            "fails": counted(performance.without.fails),
            "fails_with_remedy": counted(performance.remedied.fails),
            "gain": vars(performance.gain),
            "fresh": [counted(one) for one in found.fresh[name]],
            "fresh_with_remedy": [counted(one) for one in found.fresh_remedied[name]],
            "without_failure": counted(found.without_failure[name]),
            "other_cause": counted(found.other_cause[name]),
            "announced": counted(announced(performance)),
            "lead": vars(lead) if lead else None,
            "collapses": collapses,
            "lead_to_collapse": vars(to_collapse) if to_collapse else None,
            "false_warnings": counted(false) if false else None,
        }
    rates = {row: {name: counted(one) for name, one in line.items()} for row, line in found.rates.items()}
    return {"command": command, "seed": found.seed, "runs": found.runs, "modes": modes, "rates": rates,
            "overlapping": overlapping(found), "shortcomings": shortcomings(found)}  # fmt: skip


def lines(found: Trust, folder: Path) -> list[str]:
    """A line for each mode, then what falls short."""
    width = max(map(len, MODE_NAMES))
    heads = (
        f"{'fires':>6} {'fresh seeds':>12} {'remedied':>8} {'healthy':>8} {'flourish':>8} {'announced':>9} {'lead':>5}"
    )
    said = [f"{'':<{width}}  {heads}"]
    for name, one in found.performances.items():
        fresh = [100 * each.share.value for each in found.fresh[name]]
        lead = middle(one.without.lead)
        said.append(
            f"{name:<{width}}  {100 * one.without.fails.share.value:5.1f}% {min(fresh):5.1f}-{max(fresh):5.1f}% "
            f"{100 * one.remedied.fails.share.value:7.1f}% {100 * found.rates[HEALTHY][name].share.value:7.1f}% "
            f"{100 * found.rates[FLOURISHING][name].share.value:7.1f}% {100 * announced(one).share.value:8.1f}% "
            f"{f'{lead.value:.0f}' if lead else '':>5}"
        )
    return [
        *said,
        "",
        *(shortcomings(found) or [NOTHING_SHORT]),
        "",
        f"Page: {folder / 'detectors' / 'index.html'}",
    ]
