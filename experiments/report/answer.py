"""The answer in plain sentences, one a step, each with its figure: worth it, setup, order, when, on what, for whom."""

from __future__ import annotations

from experiments import wording
from experiments.analysis.answer import FATES, TOOK, Against, Answer, Ends, Horizon, is_horizon, lead
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
        worth(answer),
        setup(answer.setup),
        order(answer.orders, contrast),
        when(answer.horizons, contrast),
        hangs(answer, contrast),
        structural(findings),
        for_whom(answer),
    )
    return tuple(step for step in steps if step)


def worth(answer: Answer) -> str:
    """Whether partnership beats acting alone, does harm, or neither, under the setup that gains most often."""
    if not answer.fates:
        return ""
    by_arm = {fate.arm: dict(zip(FATES, fate.counts, strict=True)) for fate in answer.fates}
    best, *_ = sorted(by_arm, key=lambda arm: -by_arm[arm]["gain"].count)
    dead, harm, nothing, gain = (wording.in_100(by_arm[best][name].share.value) for name in FATES)
    return (
        f"Is partnership worth it? At best, with {arm_words(best)}, it beats acting alone in {gain} of 100 worlds, "
        f"makes no practical difference in {nothing}, does harm in {harm}, and collapses in {dead}."
    )


def arm_words(arm: str) -> str:
    """An arm as it is called within a sentence."""
    return "no setup at all" if arm == "neither" else wording.plain(arm)


def setup(against: tuple[Against, ...]) -> str:
    """Whether setup is worth it, and how the arms between the orders do."""
    if not against:
        return ""
    ranked = sorted(against, key=lambda row: -row.result.mean.value)
    best = ranked[0]
    over, last = (
        f"better in {wording.in_100(result.wins.share.value)} of 100 worlds and worse in "
        f"{wording.in_100(result.losses.share.value)}"
        for result in (best.result, best.last)
    )
    means = wording.listing([f"{wording.plain(row.arm)} {wording.signed(row.result.mean.value)}" for row in ranked])
    invested = "It is an investment: against" if best.last.mean.value > best.result.mean.value else "Against"
    return (
        f"Is setup worth it? {invested} meeting and working without any, the best of them "
        f"({wording.plain(best.arm)}) is {over} over all months, {last} by the last one. Mean difference over all "
        f"months: {means}."
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
    shares = {
        name: (wording.in_100(result.wins.share.value), wording.in_100(result.losses.share.value))
        for name, result in orders.items()
    }
    first, *rest = orders
    parts = [f"{names[name]}, {shares[name][0]} and {shares[name][1]}" for name in rest]
    return (
        f"In which order? {a.capitalize()} wins in {shares[first][0]} and {b} in {shares[first][1]} {names[first]}; "
        f"{'; '.join(parts)}. In the others there is no practical difference."
    )


def when(rows: tuple[Horizon, ...], contrast: Contrast) -> str:
    """At which lengths of time which order leads, and whether anything of it lasts."""
    if len(rows) < 2:
        return ""
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    parts = [
        f"month {row.months}, {wording.in_100(row.last.wins.share.value)} and "
        f"{wording.in_100(row.last.losses.share.value)}"
        for row in rows
    ]
    return f"When? Worlds of 100 in which {a} and {b} are ahead: {'; '.join(parts)}. {lasting(rows)}"


def lasting(rows: tuple[Horizon, ...]) -> str:
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
    shown = [end_words(row) for row in answer.ends if row.moves][:INFLUENTIAL]
    if not shown:
        return (
            f"On which assumptions? In {answer.worlds:,} worlds, the lead of {wording.plain(contrast.a)} moves along "
            f"none of {len(answer.ends)} parameters further than chance would move it."
        )
    turning = sum(row.turns for row in answer.ends)
    beside = sorted(answer.ends, key=lambda row: -abs(row.together))[:INFLUENTIAL]
    names = wording.listing([wording.plain(row.factor) for row in beside])
    return (
        f"On which assumptions? From the lowest to the highest fifth of a parameter, the lead of "
        f"{wording.plain(contrast.a)} (its wins less those of {wording.plain(contrast.b)}, of 100 worlds) moves most "
        f"for {wording.listing(shown)}; it changes sides along {turning} of {len(answer.ends)} parameters. With all "
        f"parameters taken together, {names} matter most, and all explain {wording.percent(answer.explained)} of the "
        "variance in rank."
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
        if name != NO_VARIANT and not is_horizon(findings.study, name)
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
        f"For whom? The worse off gain most with {arm_words(best.arm)}: {wording.signed(best.worse_off.value)} on "
        f"average, and the others {wording.signed(best.others.value)}. The gap between them widens in {widens} of 100 "
        f"worlds and narrows in {narrows}."
    )
