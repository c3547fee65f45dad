"""How failure modes transfer, in words, tables and a file that documents keep."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from experiments import wording
from experiments.failures.demonstration import EFFECTS
from experiments.failures.transfer import ARMS, BY_DEFINITION, SAME, Effect, Transfer
from experiments.report.picture import Table

SHARES = EFFECTS
"""What a remedy may do."""


def base_rates(transfers: Mapping[str, Transfer]) -> Table:
    """How often each mode comes about in the wide box, by arm."""
    rows = tuple(
        (
            titled(name),
            wording.percent(each.base_rate.share.value),
            *(wording.percent(each.by_arm[arm].share.value) for arm in ARMS),
        )
        for name, each in transfers.items()
    )
    return Table("How often each comes about in the wide box, by arm", ("mode", "all", *map(wording.plain, ARMS)), rows)


def remedies(transfers: Mapping[str, Transfer]) -> Table:
    """What each remedy does where its detector fires, at home and in the box."""
    rows = tuple(
        (titled(name), *shares(each.at_home), *shares(each.in_box), verdict(each)) for name, each in transfers.items()
    )
    columns = (
        "mode",
        *(f"at home: {word}" for word in SHARES),
        *(f"in the box: {word}" for word in SHARES),
        "transfers",
    )
    return Table("What the remedy does to added value at the end, where the detector fires", columns, rows)


def titled(name: str) -> str:
    """A mode's name, at the beginning of a row."""
    return wording.plain(name).capitalize()


def shares(effect: Effect | None) -> tuple[str, ...]:
    """Helps, nothing, harms, as percentages; a dash where too few runs fail."""
    if effect is None:
        return ("-",) * len(SHARES)
    return tuple(wording.percent(getattr(effect, word).share.value) for word in SHARES)


def verdict(each: Transfer) -> str:
    """Whether a remedy transfers, in a word or two."""
    if each.name in BY_DEFINITION:
        return "by definition"
    return {None: "too few runs", True: "yes", False: "no"}[each.transfers]


def said(transfers: Mapping[str, Transfer], groups: Sequence[tuple[str, ...]]) -> list[str]:
    """Which remedies transfer, which do not, and which modes are one syndrome."""
    words = {word: [name for name, each in transfers.items() if verdict(each) == word] for word in
             ("yes", "no", "too few runs", "by definition")}  # fmt: skip
    sentences = [
        f"Remedies that help in most runs of the wide box in which their detector fires: {listed(words['yes'])}.",
        f"Remedies that do not: {listed(words['no'])}.",
    ]
    if words["by definition"]:
        sentences.append(
            f"{listed(words['by definition']).capitalize()}: the remedy is to act alone, whose added value is 0 by "
            "definition, so that it cannot but help where there was a loss."
        )
    if words["too few runs"]:
        sentences.append(f"Hardly ever seen in the wide box: {listed(words['too few runs'])}.")
    together = f"One syndrome, firing together in more than {SAME:.0%} of the runs in which either does"
    sentences += [f"{together}: {listed(group)}." for group in groups]
    return sentences


def listed(names: Sequence[str]) -> str:
    """Modes in a sentence."""
    return wording.listing([wording.plain(name) for name in names]) if names else "none"


def transfer_csv(transfers: Mapping[str, Transfer]) -> bytes:
    """One row for each mode."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    ends = [f"{where}_{word}" for where in ("home", "box") for word in SHARES]
    writer.writerow(("mode", "base_rate", *ARMS, *ends, "transfers"))
    for name, each in transfers.items():
        rates = (each.base_rate, *(each.by_arm[arm] for arm in ARMS))
        parts = [
            "" if effect is None else f"{getattr(effect, word).share.value:.4f}"
            for effect in (each.at_home, each.in_box)
            for word in SHARES
        ]
        writer.writerow((name, *(f"{rate.share.value:.4f}" for rate in rates), *parts, verdict(each)))
    return sink.getvalue().encode()


def transfer_data(transfers: Mapping[str, Transfer], groups: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """All numbers."""
    return {
        "syndromes": [list(group) for group in groups],
        "modes": {
            name: {
                "base_rate": each.base_rate.as_dict(),
                "by_arm": {arm: rate.as_dict() for arm, rate in each.by_arm.items()},
                "at_home": effect_data(each.at_home),
                "in_box": effect_data(each.in_box),
                "transfers": verdict(each),
            }
            for name, each in transfers.items()
        },
    }


def effect_data(effect: Effect | None) -> dict[str, Any] | None:
    """What a remedy does, as data."""
    if effect is None:
        return None
    counts = {name: getattr(effect, name).as_dict() for name in (*SHARES, "still_fails")}
    return {**counts, "gain": vars(effect.gain)}
