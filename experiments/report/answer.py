"""The answer in plain sentences, one a step, each with its figure: worth it, setup, order, when, on what, for whom."""

from __future__ import annotations

from experiments import wording
from experiments.analysis.answer import FATES, TOOK, Against, Answer, Ends, Horizon, lead
from experiments.analysis.contrasts import PairedResult
from experiments.analysis.headline import Findings
from experiments.study.definition import NO_VARIANT, Contrast

INFLUENTIAL = 5
"""Parameters on which the sign hangs most that a sentence names."""
FADED = 0.5
"""A lead that ends smaller than this share of its largest has faded."""


def answer_sentences(answer: Answer, findings: Findings) -> tuple[str, ...]:
    """The steps of the answer; those a study cannot tell of are left out."""
    contrast = findings.contrast
    steps = (
        worth(answer, contrast),
        setup(answer.setup, contrast),
        order(answer.orders, contrast),
        when(answer.horizons, contrast),
        hangs(answer, contrast),
        structural(findings),
        for_whom(answer),
    )
    return tuple(step for step in steps if step)


def worth(answer: Answer, contrast: Contrast) -> str:
    """Whether partnership beats acting alone, does harm, or neither, under the setup that gains most often."""
    if not answer.fates:
        return ""
    by_arm = {fate.arm: dict(zip(FATES, fate.counts, strict=True)) for fate in answer.fates}
    best = max(by_arm, key=lambda arm: by_arm[arm]["gain"].count)
    dead, harm, nothing, gain = (wording.in_100(by_arm[best][name].share.value) for name in FATES)
    return (
        f"Is partnership worth it? Under {wording.plain(best)}, the setup that gains most often, it beats acting alone "
        f"in {gain} of 100 worlds, makes no practical difference in {nothing}, does harm in {harm}, and collapses in "
        f"{dead}."
    )


def setup(against: tuple[Against, ...], contrast: Contrast) -> str:
    """Whether setup is worth it, and how the arms between the orders do."""
    if not against:
        return ""
    best = max(against, key=lambda row: row.result.mean.value)
    wins, losses = (wording.in_100(count.share.value) for count in (best.result.wins, best.result.losses))
    others = [
        f"{wording.plain(row.arm)} {wording.signed(row.result.mean.value)}"
        for row in sorted(against, key=lambda row: -row.result.mean.value)
        if row.arm != best.arm
    ]
    rest = f" On average: {wording.plain(best.arm)} {wording.signed(best.result.mean.value)}, {', '.join(others)}."
    return (
        f"Is setup worth it? Beside meeting and working without any, {wording.plain(best.arm)} does best: better in "
        f"{wins} of 100 worlds, worse in {losses}.{rest if others else ''}"
    )


def order(orders: dict[str, PairedResult], contrast: Contrast) -> str:
    """Which order, in all worlds, in living ones, and where both treatments took."""
    if len(orders) < 2:
        return ""
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    names = {
        "all worlds": "of 100 worlds",
        "living worlds": "of 100 that live under either",
        "both setups took": f"of 100 in which both setups took (what each builds first stood above {TOOK:g})",
    }
    parts = [
        f"{wording.in_100(result.wins.share.value)} to {wording.in_100(result.losses.share.value)} {names[name]}"
        for name, result in orders.items()
    ]
    return f"In which order? {a.capitalize()} wins to {b} wins: {wording.listing(parts)}; the rest make no difference."


def when(rows: tuple[Horizon, ...], contrast: Contrast) -> str:
    """At which lengths of time which order leads, and whether anything of it lasts."""
    if len(rows) < 2:
        return ""
    parts = [
        f"{wording.in_100(row.last.wins.share.value)} to {wording.in_100(row.last.losses.share.value)} in month "
        f"{row.months}"
        for row in rows
    ]
    return f"When? By the outcome of the last month, {wording.listing(parts)}. {lasting(rows, contrast)}"


def lasting(rows: tuple[Horizon, ...], contrast: Contrast) -> str:
    """What is timing, and what lasts: path dependence is only what has not faded by the last horizon."""
    decided = [row.last.wins.share.value + row.last.losses.share.value for row in rows]
    last = wording.in_100(decided[-1])
    if decided[-1] < FADED * max(decided):
        return (
            f"Most of it is timing: the order still matters in {last} of 100 worlds at the end, where it mattered in "
            f"{wording.in_100(max(decided))} at most."
        )
    return f"It lasts: the order still matters in {last} of 100 worlds at the end, which is path dependence."


def hangs(answer: Answer, contrast: Contrast) -> str:
    """The parameters on which the sign hangs most."""
    if not answer.ends:
        return ""
    shown = [end_words(row) for row in answer.ends[:INFLUENTIAL]]
    turning = sum(row.turns for row in answer.ends)
    beside = sorted(answer.ends, key=lambda row: -abs(row.together))[:INFLUENTIAL]
    names = wording.listing([wording.plain(row.factor) for row in beside])
    return (
        f"On which assumptions? The lead of {wording.plain(contrast.a)}, in worlds of 100, moves most from the lowest "
        f"to the highest fifth of {wording.listing(shown)}; it changes sides along {turning} of {len(answer.ends)} "
        f"parameters. Beside all the others, {names} matter most; all together explain "
        f"{wording.percent(answer.explained)} of the variance in rank."
    )


def end_words(row: Ends) -> str:
    """A parameter and the lead at both ends of it."""
    low, high = (f"{100 * lead(result):+.0f}".replace("-", "\N{MINUS SIGN}") for result in (row.low, row.high))
    return f"{wording.plain(row.factor)} ({low} to {high})"


def structural(findings: Findings) -> str:
    """What becomes of the lead when structural choices of the model are made otherwise; lengths of time left out."""
    shown = {
        name: result
        for name, result in findings.variants.items()
        if name != NO_VARIANT and set(findings.study.variants[name]) != {"months"}
    }
    if not shown:
        return ""
    contrast = findings.contrast
    rows = sorted(shown.items(), key=lambda item: lead(item[1]))
    parts = [
        f"{wording.plain(name)} {wording.in_100(result.wins.share.value)} to "
        f"{wording.in_100(result.losses.share.value)}"
        for name, result in rows
    ]
    return (
        f"On which structural choices? Wins of {wording.plain(contrast.a)} to wins of {wording.plain(contrast.b)}, of "
        f"100 worlds: {wording.listing(parts)}."
    )


def for_whom(answer: Answer) -> str:
    """Who gains: the worse off and the others, and what becomes of the gap."""
    if not answer.groups:
        return ""
    best = max(answer.groups, key=lambda row: row.worse_off.value)
    widens, narrows = (wording.in_100(count.share.value) for count in (best.widens, best.narrows))
    return (
        f"For whom? Under {wording.plain(best.arm)}, the setup best for the worse off, they gain "
        f"{wording.signed(best.worse_off.value)} on average and the others {wording.signed(best.others.value)}; the "
        f"gap between them widens in {widens} of 100 worlds and narrows in {narrows}."
    )
