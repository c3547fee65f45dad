"""Judgements in words that somebody who knows partnerships and no statistics understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments import wording
from experiments.analysis.contrasts import Count
from experiments.analysis.discovery import Region
from experiments.analysis.judging import DEPENDS, FAILS, HOLDS, UNDECIDED, WORDS, Judged
from experiments.claims.changes import Change, said
from experiments.claims.claim import BEST, CONTESTABLE, IDENTITY, KINDS, MAGNITUDE, Judging, Side, Test
from experiments.claims.evidence import Judgement
from experiments.claims.worlds import Example

SIGNS = {IDENTITY: "≡", HOLDS: "●", DEPENDS: "◐", FAILS: "○", UNDECIDED: "?"}
MEANING = {
    IDENTITY: "The rules of the model say it outright, so that it could not come out otherwise: no judgement, only "
    "its size.",
    HOLDS: "It is so in general: common, hardly ever the other way round, and so on average. (What \u201cmay\u201d or "
    "\u201ccan\u201d be so holds if such worlds are common.)",
    DEPENDS: "It is so in some worlds and not so in others, and a condition tells which.",
    FAILS: "It is not so: hardly any world shows it, or the opposite weighs more, or one of its halves does not show.",
    UNDECIDED: "These runs do not say: too near to call, or both ways are common and no condition tells which.",
}
"""What each judgement means on a page."""


def title(name: str) -> str:
    """`c04_pooled_budgets` -> `pooled budgets`."""
    key, _, rest = name.partition("_")
    return wording.plain(rest if rest and key[:1] == "c" and key[1:].isdigit() else name)


def side_text(side: Side) -> str:
    """`this`, `this plus that`, or `the best of this, that and other`."""
    listed = wording.listing([wording.plain(name) for name in side.settings])
    return f"the best of {listed}" if side.best else " plus ".join(wording.plain(name) for name in side.settings)


def written(side: Side) -> str:
    """A side as a claim file writes it."""
    return (BEST if side.best else " + ").join(side.settings)


def count_sentence(test: Test, judged: Judged, all_worlds: bool) -> str:
    """How often worlds spoke for a test and against it; not `all_worlds` where a claim is about some of them."""
    if not judged.worlds:
        return "No world of this study shows what the claim is about."
    met, opposed, neither = (
        wording.in_100(count.share.value) for count in (judged.support, judged.opposed, judged.neither)
    )
    a, b, outcome = side_text(test.a), side_text(test.b), wording.gained(test.outcome)
    by = f"by more than {test.region:g}"
    gone = f", {judged.missing:,} left out that lack the outcome" if judged.missing else ""
    few = f"Of every 100 worlds{'' if all_worlds else ' it is about'} ({judged.worlds:,} counted{gone}), "
    if test.expect == "same":
        against = "" if test.against == test.outcome else f" beside {wording.plain(test.against)}"
        what = wording.plain(test.outcome) + against
        return f"{few}{what} was the same in practice in {met}, and differed {by} in {opposed}."
    if test.expect == "sometimes_not_more":
        return f"{few}{a} gave no more {outcome} than {b} in {met}, and more {by} in {opposed}."
    if not test.general:
        way = "more" if test.expect == "sometimes_more" else "less"
        return f"{few}{a} gave {way} {outcome} than {b} {by} in {met}; in the other {opposed} it did not."
    way, other = ("more", "less") if test.expect == "more" else ("less", "more")
    return (
        f"{few}{a} gave {way} {outcome} than {b} {by} in {met}, {other} in {opposed}, and in {neither} there was no "
        "practical difference."
    )


def average(test: Test, judged: Judged) -> str:
    """The mean difference with its interval, corrected for all tests of the ledger."""
    if judged.worlds < 2:
        return ""
    return (
        f"On average the difference was {wording.signed(judged.effect.value, wording.digits(judged.effect))} "
        f"(interval {wording.interval(judged.effect)})."
    )


def size(test: Mapping[str, Any]) -> str:
    """Between what the difference of a test lies over all its worlds; `test` is its entry in the ledger."""
    span = test["range"]
    if not span:
        return ""
    least, median, most = (wording.signed(span[name]) for name in ("least", "median", "most"))
    return f"Its size over all worlds: from {least} to {most}, in the middle {median}."


def kind_text(declared: str, shown: str) -> str:
    """What kind of claim it is, and whether its worlds agree."""
    text = f"A claim of the kind {declared}: {KINDS[declared]}."
    if shown == declared:
        return text
    instead = {
        IDENTITY: "no world here is on the other side",
        MAGNITUDE: "hardly any world here is on the other side",
        CONTESTABLE: "worlds here are on both sides",
    }[shown]
    return f"{text} Yet {instead}: by its worlds it is of the kind {shown}."


def mattering_text(region: Region) -> str:
    """Where a claim matters, and where it makes no difference."""
    here, there = (wording.in_100(count.share.value) for count in (region.won, region.won_elsewhere))
    return (
        f"It matters where {wording.conditions_text(region.conditions)} ({wording.percent(region.share_of_worlds)} of "
        f"worlds): in {here} of 100 worlds by more than the region; elsewhere in {there}."
    )


def reason(test: Test, judged: Judged, how: Judging) -> str:
    """Which part of the rule decided."""
    rare = f"{wording.amount(100 * how.rare)} of 100"
    return {
        "clear": f"Worlds that bear it out are clearly more than {rare}, those against it clearly fewer, and the mean "
        "agrees.",
        "some": f"Clearly more than {rare} worlds show it, and it speaks of some worlds only.",
        "hardly any": f"Clearly fewer than {rare} worlds show it.",
        "both": f"Worlds for it and worlds against it are both clearly more than {rare}, and a condition that was "
        "found on half of the worlds tells them apart on the other half.",
        "opposite": f"The opposite is clearly more than {rare} worlds, and what is claimed clearly fewer.",
        "nothing": f"Neither what is claimed nor the opposite reaches {rare} worlds: in practice it makes no "
        "difference.",
        "outweighed": "Worlds against it are few, but they lose more than the others gain.",
        "mean": "Worlds that bear it out are common and those against it rare, but the mean does not clearly agree.",
        "unexplained": f"Worlds for it and worlds against it are both clearly more than {rare}, and no simple "
        "condition tells them apart.",
        "unsure": f"{unsure(test, judged, how)}, on either side of the {rare} from which something counts as common.",
    }[judged.reason]


def unsure(test: Test, judged: Judged, how: Judging) -> str:
    """What the intervals leave open, in a sentence."""
    named = [("bear it out", judged.support), ("speak against it", judged.opposed)][: 2 if test.general else 1]
    open_ends = [
        f"worlds that {name} may be anything from {span(count)} of 100"
        for name, count in named
        if count.share.low <= how.rare <= count.share.high
    ]
    text = wording.listing(open_ends)
    return text[:1].upper() + text[1:]


def span(count: Count) -> str:
    """An interval of a share out of 100 worlds, to a tenth: `8.3 to 12.2`."""
    return f"{100 * count.share.low:.1f} to {100 * count.share.high:.1f}"


def condition_text(region: Region) -> str:
    """A condition, and how worlds speak where it holds and elsewhere."""
    yes, no = ("bears the claim out", "speaks against it")
    if region.arm == "against":
        yes, no = no, yes
    tells = (region.won, region.lost, region.won_elsewhere, region.lost_elsewhere)
    here_yes, here_no, there_yes, there_no = (wording.in_100(effect.share.value) for effect in tells)
    return (
        f"Where {wording.conditions_text(region.conditions)} ({wording.percent(region.share_of_worlds)} of worlds), "
        f"{here_yes} "
        f"of 100 worlds {plural(yes)} and {here_no} {plural(no)}; elsewhere {there_yes} and {there_no} (counted on "
        f"{region.won.of + region.won_elsewhere.of:,} worlds that had no part in finding it)."
    )


def plural(verb: str) -> str:
    """The verb for several worlds."""
    return verb.replace("bears", "bear").replace("speaks", "speak")


def example_text(example: Example, test: Test) -> str:
    """One world, and what sets it apart from the default world."""
    apart = wording.listing(
        [
            f"{wording.plain(name)} {wording.amount(here)} (by default {wording.amount(usual)})"
            for name, here, usual in example.apart
        ]
    )
    differs = f" It differs from the default world most in {apart}." if apart else ""
    a, b = wording.level(example.a), wording.level(example.b)
    return (
        f"World {example.world}: {side_text(test.a)} gives {a}, {side_text(test.b)} {b} "
        f"(difference {wording.signed(example.difference)}).{differs}"
    )


def changed(judgement: Judgement, listed: Sequence[Change], needed: int | None) -> list[str]:
    """What would change the judgement, and what would not."""
    stated = [
        f"{change.what[0].upper()}{change.what[1:]}: {change.word}."
        for change in listed
        if change.word != judgement.word
    ]
    unchanged = [change for change in listed if change.word == judgement.word]
    kinds = dict.fromkeys(change.kind for change in unchanged)
    kept = [said(kind, [change.value for change in unchanged if change.kind == kind]) for kind in kinds]
    if needed:
        stated.append(f"About {needed:,} worlds of the kind counted would decide it, if the shares stay as they are.")
    if not stated:
        return [f"Nothing that was tried: it stays \u201c{judgement.word}\u201d {', and '.join(kept)}."]
    if kept:
        stated.append(f"It stays \u201c{judgement.word}\u201d {', and '.join(kept)}.")
    return stated


def tally(entries: Sequence[Mapping[str, Any]]) -> str:
    """`Of 18 claims, 5 hold, 6 depend on the world, 4 fail and 3 are undecided.`"""
    count = {word: sum(entry["judgement"] == word for entry in entries) for word in WORDS}
    identities = sum(entry["judgement"] == IDENTITY for entry in entries)
    verbs = {"holds": ("holds", "hold"), "fails": ("fails", "fail"),
             "depends": ("depends on the world", "depend on the world"),
             "undecided": ("is undecided", "are undecided")}  # fmt: skip
    parts = [f"{count[word]} {verbs[word][count[word] != 1]}" for word in WORDS if count[word]]
    if identities:
        outright = "is said outright by the rules and not judged"
        parts.append(f"{identities} {outright if identities == 1 else outright.replace('is', 'are', 1)}")
    many = f"{len(entries)} claims" if len(entries) != 1 else "1 claim"
    return f"Of {many}, {wording.listing(parts)}."
