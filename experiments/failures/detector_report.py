"""What was measured of the detectors, as tables, figures and a page.

Written to `results/demo/detectors/`: index.html, record.json, transfer.csv, and the figures confusion and leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments import wording
from experiments.analysis.contrasts import Count, Estimate
from experiments.config.composition import composed
from experiments.config.schema import integer_in, limits_in, parameters_of
from experiments.config.to_study import results_in
from experiments.failures import detectors, story, transfer_report
from experiments.failures.demonstration import load_demonstration
from experiments.failures.detectors import (
    FLOURISHING,
    FRESH,
    HEALTHY,
    OFTEN,
    Trust,
    announced,
    before_collapse,
    false_warnings,
    overlapping,
)
from experiments.failures.performance import middle
from experiments.failures.transfer import Transfer, measure_transfer
from experiments.report.picture import Picture, Table, image_files, svg_of
from experiments.report.rendering import rendered
from experiments.storage.files import write_bytes, write_json
from sim.failures import MODE_NAMES

NOTHING_SHORT = (
    "Every detector fires in at least 80% of its own demonstration, and in at most 5% of worlds that are well."
)


def measure(given: Mapping[str, str]) -> list[str]:
    """Measure, write, and return what there is to say in a terminal."""
    plain = composed([f"{name}={value}" for name, value in given.items()]).plain
    seed, runs = integer_in(plain["seed"], 0, 2**63 - 1 - FRESH, "seed"), integer_in(plain["runs"], 2, 10**6, "runs")
    kept = [f"{name}={value}" for name, value in given.items() if name != "results"]
    demonstrations = {name: load_demonstration(name, kept) for name in MODE_NAMES}
    healthy = parameters_of(composed(["scenario=healthy"]).plain)
    trust = detectors.measure_trust(demonstrations, healthy, limits_in(plain), seed, runs)
    moved = measure_transfer(demonstrations, trust, limits_in(plain), seed, runs)
    folder = results_in(plain) / "demo"
    write_report(trust, moved, folder, " ".join(["partnership detectors", *sorted(kept)]))
    return lines(trust, moved, folder)


def spread(counts: Sequence[Count]) -> str:
    """From the lowest share to the highest."""
    shares = [100 * rate.share.value for rate in counts]
    return f"{min(shares):.1f}% to {max(shares):.1f}%"


def rate_table(trust: Trust) -> Table:
    """Each detector in its own demonstration."""
    rows = tuple(
        (
            story.title(name),
            wording.share_range(performance.without.fails.share),
            spread(trust.fresh[name]),
            wording.share_range(performance.remedied.fails.share),
            spread(trust.fresh_remedied[name]),
        )
        for name, performance in trust.performances.items()
    )
    further = f"on {FRESH} further seeds"
    columns = ("mode", "without the remedy", further, "with the remedy", further)
    return Table("In its own demonstration, with 95% intervals; on further seeds from the lowest to the highest",
                 columns, rows)  # fmt: skip


def silence_table(trust: Trust) -> Table:
    """Each detector where it should be silent, and where another cause brings its failure about."""
    rows = tuple(
        (
            story.title(name),
            wording.share_range(trust.rates[HEALTHY][name].share),
            wording.share_range(trust.rates[FLOURISHING][name].share),
            wording.share_range(trust.without_failure[name].share),
            wording.share_range(trust.other_cause[name].share),
        )
        for name in trust.performances
    )
    columns = ("mode", HEALTHY, FLOURISHING, "setting without failure", "failure from another cause")
    return Table("Where it should be silent, and where another cause brings the failure about, with 95% intervals",
                 columns, rows)  # fmt: skip


def lead_table(trust: Trust) -> Table:
    """How early the warnings come."""
    rows = []
    for name, performance in trust.performances.items():
        lead, (collapses, to_collapse), false = (
            middle(performance.without.lead),
            before_collapse(performance),
            false_warnings(performance),
        )
        rows.append((
            story.title(name),
            wording.share_range(announced(performance).share),
            months(lead),
            f"{collapses:,}",
            months(to_collapse),
            wording.share_range(false.share) if false else "none was well",
        ))  # fmt: skip
    columns = ("mode", "failures announced", "months before the failure stands", "collapsed", "months before collapse",
               "warned for nothing, with the remedy")  # fmt: skip
    return Table(
        "Early signs: how often in time, how long before (medians), how often for nothing", columns, tuple(rows)
    )


def months(lead: Estimate | None) -> str:
    """A median of months with its interval."""
    return f"{lead.value:.0f} ({lead.low:.0f} to {lead.high:.0f})" if lead else "none"


def confusion_table(trust: Trust) -> Table:
    """How often each detector fires in each kind of world."""
    rows = tuple(
        (wording.plain(row).capitalize(), *(wording.share_range(rates[column].share) for column in MODE_NAMES))
        for row, rates in trust.rates.items()
    )
    return Table("Rows: worlds. Columns: detectors", ("", *map(wording.plain, MODE_NAMES)), rows)


def shortcomings(trust: Trust) -> list[str]:
    """What does not reach the mark: 80% in its own demonstration, 5% where partnerships are well."""
    said = []
    for name, performance in trust.performances.items():
        rate = performance.without.fails
        if rate.share.value < 0.8:
            said.append(
                f"{story.title(name)} fires in {wording.share_range(rate.share)} of its own demonstration, under 80%."
            )
        for row in (HEALTHY, FLOURISHING):
            alarms = trust.rates[row][name]
            if alarms.share.value > 0.05:
                said.append(
                    f"{story.title(name)} fires in {wording.share_range(alarms.share)} of worlds {row}, over 5%."
                )
    return said


def overlaps_told(trust: Trust) -> list[str]:
    """Which detectors overlap, a sentence for each mode."""
    return [
        f"In the demonstration of {wording.plain(name)}: "
        f"{wording.listing([wording.plain(name_of_other) for name_of_other in others])}."
        for name, others in overlapping(trust).items()
        if others
    ]


def detector_pictures(trust: Trust) -> list[Picture]:
    """Both figures, described."""
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


Moved = tuple[Mapping[str, Transfer], Sequence[tuple[str, ...]]]
"""How modes transfer to the wide box, and which of them are one syndrome there."""


def write_report(trust: Trust, moved: Moved, folder: Path, command: str) -> None:
    """Write page, figures and numbers, and renew the list of demonstrations."""
    from experiments.failures.show import write_index

    here = folder / "detectors"
    drawn = detector_pictures(trust)
    files = image_files(drawn, "detectors")
    for name, image in files.items():
        write_bytes(here / "figures" / name, image)
    write_bytes(here / "index.html", detectors_page(trust, moved, drawn, svg_of(files), command).encode())
    write_json(here / "record.json", {**record(trust, command), "transfer": transfer_report.transfer_data(*moved)})
    write_bytes(here / "transfer.csv", transfer_report.transfer_csv(moved[0]))
    write_index(folder)


def detectors_page(
    trust: Trust, moved: Moved, drawn: Sequence[Picture], images: Mapping[str, bytes], command: str
) -> str:
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
        transfer=transfer_report.said(*moved),
        base_rates=transfer_report.base_rates(moved[0]),
        remedies=transfer_report.remedies(moved[0]),
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
            "fails": performance.without.fails.as_dict(),
            "fails_with_remedy": performance.remedied.fails.as_dict(),
            "gain": vars(performance.gain),
            "fresh": [rate.as_dict() for rate in trust.fresh[name]],
            "fresh_with_remedy": [rate.as_dict() for rate in trust.fresh_remedied[name]],
            "without_failure": trust.without_failure[name].as_dict(),
            "other_cause": trust.other_cause[name].as_dict(),
            "announced": announced(performance).as_dict(),
            "lead": vars(lead) if lead else None,
            "collapses": collapses,
            "lead_to_collapse": vars(to_collapse) if to_collapse else None,
            "false_warnings": false.as_dict() if false else None,
        }
    rates = {row: {name: rate.as_dict() for name, rate in line.items()} for row, line in trust.rates.items()}
    return {"command": command, "seed": trust.seed, "runs": trust.runs, "modes": modes, "rates": rates,
            "overlapping": overlapping(trust), "shortcomings": shortcomings(trust)}  # fmt: skip


def lines(trust: Trust, moved: Moved, folder: Path) -> list[str]:
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
        *transfer_report.said(*moved),
        "",
        f"Page: {folder / 'detectors' / 'index.html'}",
    ]
