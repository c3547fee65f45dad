"""What was found, in words that somebody who knows partnerships and no statistics understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments import wording
from experiments.analysis.answer import Answer, is_horizon
from experiments.analysis.contrasts import Count, PairedResult
from experiments.analysis.discovery import Region
from experiments.analysis.headline import Findings
from experiments.report.answer import answer_sentences
from experiments.study.definition import NO_VARIANT, Contrast

MANY = 7
"""Mechanisms from which on they are reported together, by what becomes of the answer."""
RARE = 0.05
"""An arm that wins in a smaller share of worlds than this hardly ever wins."""


@dataclass(frozen=True)
class Verdict:
    """The answer in one line and step by step; how often each arm did better; size, certainty, places and reasons."""

    headline: str
    steps: tuple[str, ...]
    shares: str
    size: str
    certainty: str
    where: tuple[str, ...]
    worth: str
    mechanisms: tuple[str, ...]


def judge(findings: Findings, answer: Answer | None = None) -> Verdict:
    """The verdict on a study's contrast, with the steps of its answer where there is one."""
    result, contrast = findings.result, findings.contrast
    return Verdict(
        headline=headline(result, contrast),
        steps=() if answer is None else answer_sentences(answer, findings),
        shares=shares_sentence(result, contrast, wording.worlds_of(findings.study.design)),
        size=size_sentence(findings),
        certainty=certainty_sentence(result),
        where=where_sentences(findings),
        worth=worth_sentence(findings) if answer is None else "",
        mechanisms=mechanism_sentences(findings),
    )


def leader(result: PairedResult, contrast: Contrast) -> str | None:
    """The arm that wins more often than the other, beyond what other worlds from the same box could overturn."""
    if result.decided is None:
        return None
    share = result.decided.share
    return contrast.a if share.low > 0.5 else contrast.b if share.high < 0.5 else None


def headline(result: PairedResult, contrast: Contrast) -> str:
    """The answer in one line."""
    often = [wording.plain(arm) for arm, count in _won(result, contrast) if count.share.value >= RARE]
    ahead = leader(result, contrast)
    if not often:
        return (
            "In practice it hardly matters which comes first."
            if _orders(contrast)
            else "In practice the two hardly differ."
        )
    if len(often) == 1 and ahead is not None:
        return f"{wording.plain(ahead).capitalize()} does better, or as well, almost everywhere."
    if ahead is None:
        return "Neither is better in general: it depends on the world."
    return f"It depends on the world; {wording.plain(ahead)} does better more often."


def _orders(contrast: Contrast) -> bool:
    return contrast.a.endswith("_first") and contrast.b.endswith("_first")


def _won(result: PairedResult, contrast: Contrast) -> list[tuple[str, Count]]:
    return [(contrast.a, result.wins), (contrast.b, result.losses)]


def shares_sentence(result: PairedResult, contrast: Contrast, worlds: str) -> str:
    """How often each arm did better."""
    won, lost, tied = (wording.in_100(count.share.value) for count in (result.wins, result.losses, result.ties))
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    return (
        f"Of every 100 simulated worlds, {worlds}, {a} did better in {won}, {b} in {lost}, "
        f"and in {tied} there was no practical difference."
    )


def size_sentence(findings: Findings) -> str:
    """How large the difference is, and how large that is beside the differences between worlds."""
    result, contrast = findings.result, findings.contrast
    a, b, mean, gained = (
        wording.plain(contrast.a),
        wording.plain(contrast.b),
        result.mean,
        wording.gained(contrast.outcome),
    )
    sizes = [
        f"{wording.level(abs(value))} where {arm} did better"
        for arm, value in ((a, result.win_size), (b, result.loss_size))
        if value is not None
    ]
    typical = f" A typical difference was {wording.listing(sizes)}." if sizes else ""
    value = wording.level(abs(mean.value), wording.digits(mean))
    small = "less than" if max(abs(mean.low), abs(mean.high)) <= contrast.region else "more than"
    if small == "more than" and min(abs(mean.low), abs(mean.high)) <= contrast.region:
        small = "not clearly less than"
    row = findings.arms.loc[contrast.a]
    return (
        f"Averaged over all worlds, {a} gave {value} {'more' if mean.value >= 0 else 'less'} {gained} than {b} (95% "
        f"interval {wording.interval(mean)}): {small} the {contrast.region:g} that we count as a practical "
        f"difference.{typical} For scale: with {a}, the middle half of worlds spans "
        f"{wording.level(row['q75'] - row['q25'])}."
    )


def certainty_sentence(result: PairedResult) -> str:
    """How exactly the shares are known."""
    worst = max(
        max(count.share.high - count.share.value, count.share.value - count.share.low)
        for count in (result.wins, result.ties, result.losses)
    )
    near = "less than 1 in 100" if worst < 0.01 else f"about {100 * worst:.0f} in 100"
    gone = f" {result.missing:,} worlds lack the outcome and are left out." if result.missing else ""
    return (
        f"Another draw of {result.worlds:,} worlds from the same box would move these shares by {near}. This is the "
        f"precision of the model's answer; it says nothing of how well the model describes real partnerships.{gone}"
    )


def where_sentences(findings: Findings) -> tuple[str, ...]:
    """Where each arm wins: the strongest parameters, then the conditions found."""
    discovery, contrast = findings.discovery, findings.contrast
    if discovery.reason:
        return (discovery.reason,)
    two = []
    for effect in discovery.effects[:2]:
        ahead = contrast.a if effect.effect.value > 0 else contrast.b
        two.append(
            f"{wording.plain(effect.factor)} ({wording.meaning(effect.factor)}; more of it favours "
            f"{wording.plain(ahead)})"
        )
    strongest = f"The worlds that each wins differ most in {wording.listing(two)}."
    return (strongest, *(region_sentence(region, contrast) for region in discovery.regions))


def region_sentence(region: Region, contrast: Contrast) -> str:
    """A region in words, with how it fared on the worlds that had no part in finding it."""
    arm = wording.plain(region.arm)
    other = wording.plain(contrast.b if region.arm == contrast.a else contrast.a)
    held_back = f"{region.won.of + region.won_elsewhere.of:,} worlds that had no part in finding this"
    if not region.confirmed:
        return f"No simple condition for {arm} to do better held up on {held_back}."
    inside = (wording.in_100(region.won.share.value), wording.in_100(region.lost.share.value))
    outside = (wording.in_100(region.won_elsewhere.share.value), wording.in_100(region.lost_elsewhere.share.value))
    best = "best" if region.won.share.value > region.won_elsewhere.share.value else "least badly"
    return (
        f"{arm.capitalize()} does {best} where {wording.conditions_text(region.conditions)}, which holds in "
        f"{wording.percent(region.share_of_worlds)} of the worlds: there {arm} won {inside[0]} of 100 and {other} "
        f"{inside[1]}; elsewhere {outside[0]} and {outside[1]} (counted on {held_back})."
    )


def worth_sentence(findings: Findings) -> str:
    """How often partnership beat acting alone; empty where the outcome does not say."""
    contrast = findings.contrast
    if not contrast.outcome.startswith("added_value"):
        return ""
    shares = [float(findings.arms.loc[arm, "above_zero"]) for arm in (contrast.a, contrast.b)]
    beaten = [
        f"{wording.in_100(share)} under {wording.plain(arm)}"
        for arm, share in zip((contrast.a, contrast.b), shares, strict=True)
    ]
    sure = (
        "nearly always pays"
        if min(shares) >= 0.95
        else "hardly ever pays"
        if max(shares) < RARE
        else "is not certain to pay"
    )
    return f"Either way, partnership {sure}: of every 100 worlds, it beat acting alone in {wording.listing(beaten)}."


def mechanism_sentences(findings: Findings) -> tuple[str, ...]:
    """What becomes of the answer when each mechanism is changed: a sentence a variant, those that matter most first."""
    variants = {name: result for name, result in findings.variants.items() if not is_horizon(findings.study, name)}
    if not variants:
        return ()
    contrast = findings.contrast
    before = leader(variants[NO_VARIANT], contrast)
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    if len(variants) > MANY:
        return grouped(variants, before, contrast)
    changed: list[str] = []
    kept: list[str] = []
    for name, result in variants.items():
        if name == NO_VARIANT:
            continue
        after = leader(result, contrast)
        won, lost = wording.in_100(result.wins.share.value), wording.in_100(result.losses.share.value)
        sentence = f"With {wording.plain(name)}, {becomes(before, after)}: {a} wins {won} of 100 worlds and {b} {lost}."
        (kept if after == before else changed).append(sentence)
    return (*changed, *kept)


def grouped(variants: Mapping[str, PairedResult], before: str | None, contrast: Contrast) -> tuple[str, ...]:
    """Many mechanisms in few sentences: those with which the same becomes of the answer together, changes first."""
    groups: dict[str, list[str]] = {}
    for name, result in variants.items():
        if name != NO_VARIANT:
            shares = (wording.in_100(count.share.value) for count in (result.wins, result.losses))
            what = becomes(before, leader(result, contrast))
            groups.setdefault(what, []).append(f"{wording.plain(name)} ({' to '.join(shares)})")
    order = sorted(groups, key=lambda what: what == "the answer is the same")
    counted = f"in brackets wins of {wording.plain(contrast.a)} to wins of {wording.plain(contrast.b)}, of 100 worlds"
    stated = [f"{what.capitalize()} with {wording.listing(groups[what])}." for what in order]
    return (f"{stated[0][:-1]}; {counted}.", *stated[1:])


def becomes(before: str | None, after: str | None) -> str:
    """What becomes of an answer in which the one arm led (None: neither), and now the other does."""
    if before == after:
        return "the answer is the same"
    if after is None:
        return "neither leads any longer"
    return "the answer reverses" if before else f"{wording.plain(after)} leads"
