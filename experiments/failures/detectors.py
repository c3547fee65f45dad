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
from experiments.config.schema import integer_in, limits_in, parameters_of
from experiments.config.to_study import results_in
from experiments.failures import story
from experiments.failures.demonstration import Demonstration, load_demonstration
from experiments.failures.performance import Performance, middle, monthly, perform, played
from experiments.failures.show import counted
from experiments.report.picture import Picture, Table, image_files, svg_of
from experiments.report.templates import rendered
from experiments.storage.files import write_bytes, write_json
from experiments.study.samplers import evenly
from sim import failures
from sim.failures import BY_MODE, MODE_NAMES
from sim.params import DEFAULT_BOX, DEFAULTS, NAMES, SETUPS, as_array
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


def measure(given: Mapping[str, str]) -> list[str]:
    """Measure, write, and return what there is to say in a terminal."""
    plain = composed([f"{name}={value}" for name, value in given.items()]).plain
    seed, runs = integer_in(plain["seed"], 0, 2**63 - 1 - FRESH, "seed"), integer_in(plain["runs"], 2, 10**6, "runs")
    kept = [f"{name}={value}" for name, value in given.items() if name != "results"]
    demonstrations = {name: load_demonstration(name, kept) for name in MODE_NAMES}
    healthy = parameters_of(composed(["scenario=healthy"]).plain)
    trust = measure_trust(demonstrations, healthy, limits_in(plain), seed, runs)
    folder = results_in(plain) / "demo"
    write_report(trust, folder, " ".join(["partnership detectors", *sorted(kept)]))
    return lines(trust, folder)


def measure_trust(
    demonstrations: Mapping[str, Demonstration],
    healthy: Mapping[str, float],
    limits: Mapping[str, float],
    seed: int,
    runs: int,
) -> Trust:
    """Search every demonstration and the worlds that are well for every failure mode."""
    performances = {name: perform(demonstration) for name, demonstration in demonstrations.items()}
    rates = {name: fired(performance.without.record, limits) for name, performance in performances.items()}
    rates[HEALTHY] = fired(healthy_worlds(healthy, seed, runs), limits)
    rates[FLOURISHING] = fired(flourishing_worlds(seed, runs), limits)
    return Trust(
        performances,
        rates,
        fresh={name: anew(demonstration, {}, seed) for name, demonstration in demonstrations.items()},
        fresh_remedied={
            name: anew(demonstration, demonstration.remedy.parameters, seed)
            for name, demonstration in demonstrations.items()
        },
        without_failure={
            name: own(demonstration, demonstration.without_failure.parameters, seed)
            for name, demonstration in demonstrations.items()
        },
        other_cause={
            name: own(demonstration, demonstration.other_cause.parameters, seed)
            for name, demonstration in demonstrations.items()
        },
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
        points[:, NAMES.index(name)] = evenly(name, low, high, rng.random(many))
    record = play(points, np.arange(many, dtype=np.int64), seed)
    year = slice(-12, None)
    gained = monthly(record, "added_value")[:, year].mean(axis=1)
    given = monthly(record, "effort")[:, year].mean(axis=1)
    return record.take(np.flatnonzero((gained > GAINED) & (given > GIVEN))[:runs])


def drawn(
    rng: np.random.Generator, parameters: Mapping[str, float], arms: Sequence[str], runs: int
) -> NDArray[np.float64]:
    """Points (runs, parameters) with a setup and the levers drawn at random."""
    points = np.stack([as_array({**parameters, **SETUPS[arms[arm]]}) for arm in rng.integers(len(arms), size=runs)])
    for name, values in LEVERS.items():
        points[:, NAMES.index(name)] = rng.choice(values, size=runs)
    return points


# -- telling ----------------------------------------------------------------------------------------------


def overlapping(trust: Trust) -> dict[str, list[str]]:
    """For each mode, the other detectors that often fire in its demonstration."""
    return {
        name: [other for other in MODE_NAMES if other != name and trust.rates[name][other].share.value >= OFTEN]
        for name in trust.performances
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
    share_of_runs = share.share
    return f"{100 * share_of_runs.value:.1f}% ({100 * share_of_runs.low:.1f} to {100 * share_of_runs.high:.1f})"


def spread(counts: Sequence[Count]) -> str:
    """From the lowest share to the highest."""
    shares = [100 * rate.share.value for rate in counts]
    return f"{min(shares):.1f}% to {max(shares):.1f}%"


def rate_table(trust: Trust) -> Table:
    rows = tuple(
        (
            story.title(name),
            percent(performance.without.fails),
            spread(trust.fresh[name]),
            percent(performance.remedied.fails),
            spread(trust.fresh_remedied[name]),
        )
        for name, performance in trust.performances.items()
    )
    further = f"on {FRESH} further seeds"
    columns = ("mode", "without the remedy", further, "with the remedy", further)
    return Table("In its own demonstration, with 95% intervals; on further seeds from the lowest to the highest",
                 columns, rows)  # fmt: skip


def silence_table(trust: Trust) -> Table:
    rows = tuple(
        (
            story.title(name),
            percent(trust.rates[HEALTHY][name]),
            percent(trust.rates[FLOURISHING][name]),
            percent(trust.without_failure[name]),
            percent(trust.other_cause[name]),
        )
        for name in trust.performances
    )
    columns = ("mode", HEALTHY, FLOURISHING, "setting without failure", "failure from another cause")
    return Table("Where it should be silent, and where another cause brings the failure about, with 95% intervals",
                 columns, rows)  # fmt: skip


def lead_table(trust: Trust) -> Table:
    rows = []
    for name, performance in trust.performances.items():
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


def confusion_table(trust: Trust) -> Table:
    rows = tuple(
        (wording.plain(row).capitalize(), *(percent(rates[column]) for column in MODE_NAMES))
        for row, rates in trust.rates.items()
    )
    return Table("Rows: worlds. Columns: detectors", ("", *map(wording.plain, MODE_NAMES)), rows)


def shortcomings(trust: Trust) -> list[str]:
    """What does not reach the mark: 80% in its own demonstration, 5% where partnerships are well."""
    said = []
    for name, performance in trust.performances.items():
        rate = performance.without.fails
        if rate.share.value < 0.8:
            said.append(f"{story.title(name)} fires in {percent(rate)} of its own demonstration, under 80%.")
        for row in (HEALTHY, FLOURISHING):
            alarms = trust.rates[row][name]
            if alarms.share.value > 0.05:
                said.append(f"{story.title(name)} fires in {percent(alarms)} of worlds {row}, over 5%.")
    return said


def overlaps_told(trust: Trust) -> list[str]:
    return [
        f"In the demonstration of {wording.plain(name)}: "
        f"{wording.listing([wording.plain(name_of_other) for name_of_other in others])}."
        for name, others in overlapping(trust).items()
        if others
    ]


def detector_pictures(trust: Trust) -> list[Picture]:
    from experiments.failures import figures

    spans = {
        name: (performance.without.lead, middle(performance.without.lead), announced(performance))
        for name, performance in trust.performances.items()
    }
    return [
        Picture(
            "confusion", "Which detector fires where",
            f"A detector that fires in at least {wording.percent(OFTEN)} of another mode's demonstration is named as "
            "overlapping: partnerships that wither do so in several ways at once. Worlds that flourish were chosen by "
            "outcome and effort, so that none can show inertia or antagony; those that show another mode flourish all "
            "the same, and such an alarm is false only if a failure must be fatal.",
            "Matrix of how often each detector fires in each kind of world.",
            figures.draw_confusion(trust.rates, overlapping(trust)), (confusion_table(trust),),
        ),
        Picture(
            "leads", "How early the warning comes",
            "The early sign of each mode, a condition on monthly series that a partner could have noticed, against "
            "the month in which the detector first says that the failure stands.",
            "Months from early sign to failure, and share of failures announced, mode by mode.",
            figures.draw_leads(spans), (lead_table(trust),),
        ),
    ]  # fmt: skip


def write_report(trust: Trust, folder: Path, command: str) -> None:
    from experiments.failures.show import write_index

    here = folder / "detectors"
    drawn = detector_pictures(trust)
    files = image_files(drawn, "detectors")
    for name, image in files.items():
        write_bytes(here / "figures" / name, image)
    write_bytes(here / "index.html", detectors_page(trust, drawn, svg_of(files), command).encode())
    write_json(here / "record.json", record(trust, command))
    write_index(folder)


def detectors_page(trust: Trust, drawn: Sequence[Picture], images: Mapping[str, bytes], command: str) -> str:
    """The page; `images` holds each picture's SVG by name."""
    return rendered(
        "failures/templates/detectors.html.j2",
        runs=trust.runs,
        seed=trust.seed,
        shortcomings=shortcomings(trust),
        nothing_short=NOTHING_SHORT,
        rates=rate_table(trust),
        silence=silence_table(trust),
        overlaps=overlaps_told(trust),
        pictures={picture.name: picture for picture in drawn},
        images=images,
        command=command,
    )


def record(trust: Trust, command: str) -> dict[str, Any]:
    """All numbers."""
    modes = {}
    for name, performance in trust.performances.items():
        lead, false = middle(performance.without.lead), false_warnings(performance)
        collapses, to_collapse = before_collapse(performance)
        modes[name] = {
            "fails": counted(performance.without.fails),
            "fails_with_remedy": counted(performance.remedied.fails),
            "gain": vars(performance.gain),
            "fresh": [counted(rate) for rate in trust.fresh[name]],
            "fresh_with_remedy": [counted(rate) for rate in trust.fresh_remedied[name]],
            "without_failure": counted(trust.without_failure[name]),
            "other_cause": counted(trust.other_cause[name]),
            "announced": counted(announced(performance)),
            "lead": vars(lead) if lead else None,
            "collapses": collapses,
            "lead_to_collapse": vars(to_collapse) if to_collapse else None,
            "false_warnings": counted(false) if false else None,
        }
    rates = {row: {name: counted(rate) for name, rate in line.items()} for row, line in trust.rates.items()}
    return {"command": command, "seed": trust.seed, "runs": trust.runs, "modes": modes, "rates": rates,
            "overlapping": overlapping(trust), "shortcomings": shortcomings(trust)}  # fmt: skip


def lines(trust: Trust, folder: Path) -> list[str]:
    """A line for each mode, then what falls short."""
    width = max(map(len, MODE_NAMES))
    heads = (
        f"{'fires':>6} {'fresh seeds':>12} {'remedied':>8} {'healthy':>8} {'flourish':>8} {'announced':>9} {'lead':>5}"
    )
    said = [f"{'':<{width}}  {heads}"]
    for name, performance in trust.performances.items():
        fresh = [100 * each.share.value for each in trust.fresh[name]]
        lead = middle(performance.without.lead)
        said.append(
            f"{name:<{width}}  {100 * performance.without.fails.share.value:5.1f}% "
            f"{min(fresh):5.1f}-{max(fresh):5.1f}% "
            f"{100 * performance.remedied.fails.share.value:7.1f}% "
            f"{100 * trust.rates[HEALTHY][name].share.value:7.1f}% "
            f"{100 * trust.rates[FLOURISHING][name].share.value:7.1f}% "
            f"{100 * announced(performance).share.value:8.1f}% "
            f"{f'{lead.value:.0f}' if lead else '':>5}"
        )
    return [
        *said,
        "",
        *(shortcomings(trust) or [NOTHING_SHORT]),
        "",
        f"Page: {folder / 'detectors' / 'index.html'}",
    ]
