"""The figures of a report that show how worlds are spread: world by world, arm by arm, and along a parameter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis.further import Insight
from experiments.analysis.headline import Findings
from experiments.figures import maps, spread
from experiments.report.picture import Picture, Table
from experiments.study.definition import NO_VARIANT

RIDGES = 6
"""Bands of a parameter for which a ridge is drawn."""


def spread_pictures(findings: Findings, insight: Insight) -> list[Picture]:
    """The figures there is the data for, in the order a reader meets them."""
    makers: tuple[Callable[[Findings, Insight], Picture | None], ...] = (
        dots_picture,
        rainclouds_picture,
        ridges_picture,
    )
    return [picture for maker in makers if (picture := maker(findings, insight)) is not None]


def dots_picture(findings: Findings, _: Insight) -> Picture:
    """One arm against the other, world by world."""
    result, contrast = findings.result, findings.contrast
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    complete = findings.pairs.dropna(subset="difference")
    shares = tuple(f"{share}%" for share in result.quantiles)
    wide = complete[["a", "b"]].quantile([float(q) / 100 for q in result.quantiles])
    rows = tuple((arm, *(wording.signed(value) for value in wide[side])) for arm, side in ((a, "a"), (b, "b")))
    pairing = round(result.worlds * result.pairing)
    return Picture(
        "dots",
        "World by world",
        "Each row is one world under both arms. Worlds differ far more than arms do within a world, which is why the "
        f"same worlds are used for both: pairing divides the variance of the comparison by {result.pairing:.3g}, so "
        f"{result.worlds:,} shared worlds tell as much as {pairing:,} an arm of their own.",
        f"Dots of {wording.outcome(contrast.outcome)} under {a} and {b} in single worlds, ordered by their difference, "
        "and the differences beside them.",
        spread.draw_dots(
            complete["a"].to_numpy(), complete["b"].to_numpy(), (contrast.a, contrast.b),
            wording.outcome(contrast.outcome), contrast.region,
        ),
        (Table("Outcome in worlds at or below each share", ("arm", *shares), rows),),
    )  # fmt: skip


def rainclouds_picture(findings: Findings, _: Insight) -> Picture:
    """How each arm is spread over worlds."""
    contrast, runs = findings.contrast, findings.runs
    main = runs[runs["variant"] == NO_VARIANT]
    arms = [
        str(arm) for arm in findings.arms.index if not (arm == "alone" and contrast.outcome.startswith("added_value"))
    ]
    groups = {wording.plain(arm): main.loc[main["arm"] == arm, contrast.outcome].dropna().to_numpy() for arm in arms}
    rows = tuple(
        (
            name,
            f"{len(values):,}",
            *_quantiles(values),
        )
        for name, values in groups.items()
    )
    medians = ", ".join(f"{name} {wording.signed(float(np.median(values)))}" for name, values in groups.items())
    return Picture(
        "rainclouds",
        "How are partnerships spread?",
        "The shape of each cloud shows whether partnerships gather in one place, or in two: those that flourish and "
        "those that wither.",
        f"Densities of {wording.outcome(contrast.outcome)} by arm, with quartiles and single worlds. Medians: "
        f"{medians}.",
        spread.draw_rainclouds(groups, wording.outcome(contrast.outcome), {wording.plain(arm): arm for arm in arms}),
        (Table(f"{wording.outcome(contrast.outcome).capitalize()} in worlds at or below each share",
               ("arm", "worlds", "5%", "25%", "50%", "75%", "95%"), rows),),
    )  # fmt: skip


def ridges_picture(findings: Findings, _: Insight) -> Picture | None:
    """The difference along the strongest parameter; None where nothing varies."""
    if not findings.discovery.effects:
        return None
    contrast, factor = findings.contrast, findings.discovery.effects[0].factor
    complete = findings.pairs.dropna(subset="difference")
    complete = complete[complete.index.isin(findings.design.index)]
    groups = bands(
        findings.design.loc[complete.index, factor], complete["difference"], findings.study.design.factors[factor]
    )
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    rows = tuple(
        (
            name,
            f"{len(values):,}",
            *_quantiles(values),
        )
        for name, values in groups.items()
    )
    medians = [float(np.median(values)) for values in groups.values()]
    first, last = medians[0], medians[-1]
    return Picture(
        "ridges",
        f"How does the difference move with {wording.plain(factor)}?",
        f"{wording.plain(factor).capitalize()} ({wording.meaning(factor)}) most sets apart the worlds each "
        f"wins. To the "
        f"right of 0 {a} does better. From the lowest band to the highest the middle world moves from "
        f"{wording.signed(first)} to {wording.signed(last)}.",
        f"Densities of the difference between {a} and {b} in bands of {wording.plain(factor)}: its median moves from "
        f"{wording.signed(first)} in the lowest to {wording.signed(last)} in the highest.",
        spread.draw_ridges(groups, f"{wording.outcome(contrast.outcome)}: {a} less {b}", wording.factor_label(factor),
                      spread.Sides(contrast.a, contrast.b, contrast.region)),
        (Table("The difference in worlds at or below each share",
               (wording.plain(factor), "worlds", "5%", "25%", "50%", "75%", "95%"), rows),),
    )  # fmt: skip


def _quantiles(values: NDArray[np.float64]) -> tuple[str, ...]:
    return tuple(wording.signed(float(np.quantile(values, share))) for share in (0.05, 0.25, 0.5, 0.75, 0.95))


def bands(
    along: pd.Series, values: pd.Series, span: tuple[float, float], count: int = RIDGES
) -> dict[str, NDArray[np.float64]]:
    """Values in bands of equal width of a parameter, from the lowest of its range; those with under 20 are left out."""
    edges = maps.edges(str(along.name), span, maps.WORLDS_A_BIN * count * count)
    groups = {}
    for place in range(len(edges) - 1):
        low, high = edges[place], edges[place + 1]
        last = place == len(edges) - 2
        inside = (along >= low) & ((along <= high) if last else (along < high))
        if inside.sum() >= 20:
            groups[f"{wording.amount(low)} to {wording.amount(high)}"] = values[inside].to_numpy(np.float64)
    return groups
