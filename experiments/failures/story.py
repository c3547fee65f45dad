"""A demonstration in plain words: what fails, how often, what would have helped, and one partnership month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments import wording
from experiments.analysis.contrasts import Count
from experiments.failures.accounts import Account
from experiments.failures.demonstration import EFFECTS, Change, Demonstration
from experiments.failures.performance import Performance, Side, middle, monthly
from sim.failures import reorganisations


@dataclass(frozen=True)
class Moment:
    """Something that happened in a month, told."""

    month: int
    text: str


def title(name: str) -> str:
    """`talking_shop` -> `Talking shop`."""
    return wording.plain(name).capitalize()


def shared(count: Count) -> str:
    """`929 of 1,000 (93%, 95% interval 91% to 94%)`."""
    share = count.share
    low, high = wording.percent(share.low), wording.percent(share.high)
    return f"{count.count:,} of {count.of:,} ({wording.percent(share.value)}, 95% interval {low} to {high})"


def how_often(performance: Performance) -> list[str]:
    """How often it fails without the remedy and with it, and what the remedy brings."""
    shown, without, remedied = performance.demonstration, performance.without, performance.remedied
    caused = f" It brings the failure about in {performance.caused:,}." if performance.caused else ""
    return [
        f"Of such partnerships {shared(without.fails)} fail in this way.",
        f"The remedy: {shown.remedy.about} In parameters: {in_parameters(shown.remedy, shown.parameters)}. "
        f"Then {shared(remedied.fails)} fail in this way: it prevents the failure in "
        f"{performance.prevented:,} of the same worlds.{caused}",
        f"Added value at the end changes by {wording.estimated(performance.gain)} on average, and is higher with the "
        f"remedy in {shared(performance.gains)}.",
        judged(performance),
        elsewhere(performance.demonstration),
    ]


def elsewhere(shown: Demonstration) -> str:
    """What the remedy of the demonstration's file does in the wide box, where this failure comes about there."""
    if not shown.in_box:
        return "In worlds drawn from the wide box this failure hardly ever comes about; its remedy was not tried there."
    helps, nothing, harms = (wording.in_100(shown.in_box[name]) for name in EFFECTS)
    return (
        "In worlds drawn from the wide box, where this failure comes about for other reasons too, the remedy helps in "
        f"{helps} of 100, does nothing that matters in {nothing} and harms in {harms}."
    )


def in_parameters(change: Change, world: Mapping[str, float]) -> str:
    """What a change sets otherwise: `load per seat 0.06 (was 0.2)`. It may have been given on the command line."""
    return wording.listing([
        f"{wording.plain(name)} {wording.amount(value)} (was {wording.amount(world[name])})"
        for name, value in change.parameters.items()
        if value != world[name]
    ]) or "nothing changes"  # fmt: skip


def judged(performance: Performance) -> str:
    """Whether the remedy helps, and whom: fewer failures and better ends are two things."""
    without, remedied = performance.without.fails.share, performance.remedied.fails.share
    gain, margin = performance.gain, performance.demonstration.limits["margin"]
    fewer = remedied.high < without.low
    if gain.low > margin:
        ends = "the population ends better off"
    elif gain.high < -margin:
        ends = "the population ends worse off"
    elif -margin <= gain.low and gain.high <= margin:
        ends = "the population ends no better and no worse off"
    else:
        ends = f"the gain is not clearly more than the {margin:g} that we count as mattering"
    if not performance.without.fails.count:
        return f"There is no such failure here for the remedy to prevent; {ends}."
    if not fewer:
        return f"The remedy does not help against this failure; {ends}."
    often = remedied.value > 0.2
    partly = ", but often not enough" if often else ""
    return f"The remedy helps{partly}: there are fewer failures, and {ends}."


def early(performance: Performance) -> str:
    """What the early sign was worth: how often it came in time, how long before, and how often for nothing."""
    side = performance.without
    failing = side.finding.fires
    if not failing.any():
        return f"Early sign: {performance.demonstration.warning.about} None failed, so that it announced nothing."
    announced = int(np.sum(side.in_time))
    lead = middle(side.lead)
    months = (
        f", {lead.value:.0f} months before it stood (median; 95% interval {lead.low:.0f} to {lead.high:.0f})"
        if lead
        else ""
    )
    remedied = performance.remedied
    well = ~remedied.finding.fires
    false = int(np.sum(~np.isnan(remedied.warned) & well))
    return (
        f"Early sign: {performance.demonstration.warning.about} It showed in time in {announced:,} of "
        f"{int(failing.sum()):,} failures{months}. With the remedy it showed in {false:,} of the {int(well.sum()):,} "
        "partnerships that did not fail in this way."
    )


def asked(tellers: Sequence[Account]) -> str:
    """What the partners who tell were asked."""
    stopped = any(teller.effort[1] < teller.effort[0] for teller in tellers)
    return "Why did you stop coming?" if stopped else "What has become of you?"


# -- one partnership --------------------------------------------------------------------------------------


def story_moments(performance: Performance) -> list[Moment]:
    """The chosen partnership without its remedy: what happened to it, and how it stood at the end of each year."""
    shown, side, chosen = performance.demonstration, performance.without, performance.chosen
    moments = [*happened(performance), *years(performance)]
    if not np.isnan(side.warned[chosen]):
        moments.append(Moment(int(side.warned[chosen]), f"The early sign: {lower(shown.warning.about)}"))
    if side.finding.fires[chosen]:
        stands = int(side.finding.since[chosen])
        moments.append(Moment(stands, f"The failure stands: {side.finding.described(chosen, stands)}."))
    return sorted(moments, key=lambda moment: moment.month)


def lower(text: str) -> str:
    """Text that goes on after a colon."""
    return text[:1].lower() + text[1:]


def happened(performance: Performance) -> list[Moment]:
    """Reorganisations, relaunches, the review, and the month from which hardly anyone came."""
    record, chosen = performance.without.record.take(np.array([performance.chosen])), 0
    last = int(record.last[chosen])
    shocks = np.zeros((1, record.months))
    reorganisations(record.seed, record.worlds, record.parameter("reorganisation_prob"), shocks)
    moments = [
        Moment(int(month) + 1, "A reorganisation from above.") for month in np.flatnonzero(shocks[0]) if month <= last
    ]
    cycle = int(record.parameter("cycle_months")[chosen])
    if cycle:
        moments += [Moment(month + 1, "Relaunched in a new form.") for month in range(cycle, record.months, cycle)]
    if record.outcome("axed")[chosen]:
        moments.append(Moment(last + 1, "A review ends the partnership; from now on everyone acts alone."))
    collapse = record.outcome("collapse_month")[chosen]
    if not np.isnan(collapse) and collapse <= last + 1:
        moments.append(
            Moment(int(collapse), "From now on hardly anyone gives anything: mean effort stays under a tenth.")
        )
    return moments


def years(performance: Performance) -> list[Moment]:
    """How it stood at the end of each year, beside the same partnership with the remedy."""
    chosen, months = performance.chosen, performance.without.record.months
    moments = []
    for month in range(12, months + 1, 12 if months <= 72 else 24):
        stood = [standing(performance, name, chosen, month) for name in performance.demonstration.watch]
        moments.append(Moment(month, f"{wording.listing(stood).capitalize()}."))
    return moments


def standing(performance: Performance, name: str, run: int, month: int) -> str:
    """A series in a month, without the remedy and with it."""

    def value(side: Side) -> str:
        return wording.level(float(monthly(side.record, name)[run, month - 1]), 2)

    return f"{wording.series(name)} {value(performance.without)} ({value(performance.remedied)} with the remedy)"


def measured_in_words(performance: Performance) -> str:
    """What the prediction was about, as it came out."""
    counts = {
        "fails": (performance.without.fails, "fail in this way"),
        "fails_with_remedy": (performance.remedied.fails, "fail in this way with the remedy"),
        "gains": (performance.gains, "worlds are better off with the remedy"),
    }
    count, what = counts[performance.demonstration.predict.measure]
    return f"{shared(count)} {what}"
