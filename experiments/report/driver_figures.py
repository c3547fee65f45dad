"""The figures of a report that say what outcomes and the contrast depend on: mechanisms, parameters, chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from experiments import wording
from experiments.analysis.contrasts import Estimate
from experiments.analysis.further import DIFFERENCE, Insight
from experiments.analysis.headline import Findings
from experiments.analysis.sensitivity import Morris, Sobol
from experiments.figures import drivers, mechanisms, planning
from experiments.report.main_figures import signed
from experiments.report.picture import Picture, Table
from experiments.study.definition import NO_VARIANT

ABLATED = 5
"""Mechanisms from which on their changes have a chart of their own."""
ROWS = 20
"""Parameters in a matrix of all outcomes."""


def driver_pictures(findings: Findings, insight: Insight) -> list[Picture]:
    """The figures there is the data for, in the order a reader meets them."""
    makers: tuple[Callable[[Findings, Insight], Picture | None], ...] = (
        ablation_picture,
        sobol_picture,
        morris_picture,
        matrix_picture,
        tornado_picture,
        curves_picture,
        stochastic_shares_picture,
        power_picture,
    )
    return [picture for maker in makers if (picture := maker(findings, insight)) is not None]


def ablation_picture(findings: Findings, insight: Insight) -> Picture | None:
    """What each mechanism moves; None where few were changed."""
    changes, contrast = insight.changes, findings.contrast
    if len(changes) < ABLATED:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    base = findings.variants[NO_VARIANT]
    rows = tuple(
        (
            wording.plain(change.name),
            ", ".join(f"{name} = {value:g}" for name, value in sorted(findings.study.variants[change.name].items())),
            signed(change.result.mean),
            signed(change.shift),
            wording.share_range(change.result.wins.share),
            wording.share_range(change.result.losses.share),
            wording.share_range(change.turned.share),
        )
        for change in changes
    )
    columns = ("mechanism", "changes", "mean difference with it", "moved by (all together)", f"{a} better",
               f"{b} better", "worlds that end otherwise")  # fmt: skip
    moved = [change for change in changes if change.shift.low > 0 or change.shift.high < 0]
    toward = {
        arm: [wording.plain(mechanism.name) for mechanism in moved if (mechanism.shift.value > 0) == ahead][:4]
        for arm, ahead in ((a, True), (b, False))
    }
    directions = "; ".join(f"towards {arm} with {wording.listing(names)}" for arm, names in toward.items() if names)
    return Picture(
        "ablation",
        "What carries the answer?",
        f"Each mechanism switched off or evened out in turn, in the same worlds. {len(moved)} of {len(changes)} move "
        f"the mean difference beyond chance{f', most {directions}' if directions else ''}.",
        f"The mean difference and who wins with each of {len(changes)} mechanisms changed. {len(moved)} move it beyond "
        f"chance{f': most {directions}' if directions else ''}.",
        mechanisms.draw_ablation(changes, base, contrast),
        (Table("What becomes of the contrast, with 95% intervals", columns, rows),),
    )


def titles(findings: Findings) -> dict[str, str]:
    """What a target is called over a panel."""
    contrast = findings.contrast
    named = {arm: f"{wording.outcome(contrast.outcome)}\n{wording.plain(arm)}" for arm in (contrast.a, contrast.b)}
    return {**named, DIFFERENCE: f"the difference\n{wording.plain(contrast.a)} less\n{wording.plain(contrast.b)}"}


def sobol_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Sobol indices; None for other designs."""
    indices = {target: driver for target, driver in insight.drivers.items() if isinstance(driver, Sobol)}
    if not indices:
        return None
    names, last = titles(findings), indices.get(DIFFERENCE, next(iter(indices.values())))
    tables = tuple(
        Table(
            f"{name.replace(chr(10), ' ')}: share of the variance, with 95% intervals",
            ("parameter", "by itself", "with all it interacts with"),
            tuple(
                (wording.plain(x.factor), wording.share_range(x.first), wording.share_range(x.total))
                for x in indices[target].shares
            ),
        )
        for target, name in names.items()
        if target in indices
    )
    top = wording.listing([f"{wording.plain(share.factor)} ({_percent(share.total)})" for share in last.shares[:4]])
    alone = max(sum(share.first.value for share in last.shares), 0)  # errors of single shares cancel out
    noise = {
        None: "Points were met once, in worlds of their own, so totals include stochastic variance.",
        0.0: "All points met the same worlds: shares hold for those.",
    }.get(
        last.noise,
        f"Stochastic variance, {wording.percent(last.noise or 0)} of the variance between points, was taken out.",
    )
    return Picture(
        "sobol",
        "What drives outcomes, and the difference?",
        f"How much less outcomes would differ if a parameter were known. The difference depends most on {top}, "
        f"counting all that they interact with; single parameters by themselves explain "
        f"about {wording.percent(min(alone, 1))} of it, the rest is interplay. {noise}",
        f"Bars of first and total Sobol indices for each arm and for the difference, which depends most on {top}.",
        drivers.draw_sobol(indices, names),
        tables,
    )


def _percent(estimate: Estimate) -> str:
    """`45%, 26 to 64`."""
    value, low, high = (min(max(end, 0), 1) for end in (estimate.value, estimate.low, estimate.high))
    return f"{wording.percent(value)}, {100 * low:.0f} to {100 * high:.0f}"


def morris_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Elementary effects; None for other designs."""
    indices = {target: driver for target, driver in insight.drivers.items() if isinstance(driver, Morris)}
    if not indices:
        return None
    names, last = titles(findings), indices.get(DIFFERENCE, next(iter(indices.values())))
    tables = tuple(
        Table(
            f"{name.replace(chr(10), ' ')}: elementary effects",
            ("parameter", "size (mu star), with 95% interval", "mean (mu)", "spread (sigma)"),
            tuple(
                (wording.plain(x.factor), signed(x.size), wording.signed(x.mean, 4), wording.level(x.spread, 4))
                for x in indices[target].effects
            ),
        )
        for target, name in names.items()
        if target in indices
    )
    top = wording.listing([wording.plain(effect.factor) for effect in last.effects[:4]])
    none = sum(effect.size.value < 1e-12 for effect in last.effects)
    idle = f" {none} of {len(last.effects)} parameters do not move the difference at all." if none else ""
    spread = sum(effect.spread > abs(effect.mean) for effect in last.effects)
    return Picture(
        "morris",
        "Which parameters matter at all?",
        f"What changing one parameter does, averaged over many places in the box. The difference is moved most by "
        f"{top}. For {spread} of {len(last.effects)} parameters effects differ from place to place by more than their "
        f"mean: which way they work depends on the rest of the world.{idle}",
        f"Bars of the mean size of elementary effects for each arm and for the difference, moved most by {top}.",
        drivers.draw_morris(indices, names),
        tables,
    )


def matrix_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Indices of every outcome; None where there are none."""
    table = insight.indices
    if table is None or not len(table[table["factor"] != ""]):
        return None
    kind = "total" if "total" in table else "size"
    known = table[table["factor"] != ""]
    value = known[kind].clip(lower=0)
    scaled = value if kind == "total" else value / known.groupby(["target", "outcome"])[kind].transform("max")
    known = known.assign(scaled=scaled.clip(upper=1))
    difference = known[known["target"] == DIFFERENCE]
    wide = difference.pivot(index="outcome", columns="factor", values="scaled")
    outcomes = [name for name in table["outcome"].unique() if name in wide.index]
    factors = list(wide.mean().sort_values(ascending=False, kind="stable").index[:ROWS])
    wide = wide.loc[outcomes, factors]
    what = "share of the variance, with interactions" if kind == "total" else "size of effect over the largest"
    some = next(iter(insight.drivers.values()), None)
    many = f"{some.samples:,} samples" if some else f"{findings.study.design.points:,} points"
    left_out = table[(table["reason"] != "") & (table["target"] == DIFFERENCE)]
    gone = (
        f" Left out: {len(left_out)} outcomes that are missing in some runs, or the same in all."
        if len(left_out)
        else ""
    )
    tables = (
        Table(f"The difference in each outcome: {what}", ("outcome", *map(wording.plain, factors)), _cells(wide)),
        *([Table("Outcomes left out", ("outcome", "why"), tuple((wording.plain(row.outcome), row.reason)
                 for row in left_out.itertuples()))] if len(left_out) else []),
    )  # fmt: skip
    strongest = wording.listing([wording.plain(factor) for factor in factors[:4]])
    return Picture(
        "matrix",
        "What drives the difference in every outcome?",
        f"Each row is an outcome: how far the difference between the two arms in it depends on each parameter. Over "
        f"all outcomes {strongest} matter most. The same for either arm is in analysis/sensitivity.csv.{gone}",
        f"Table of shades, outcomes down and parameters across. Over all outcomes {strongest} matter most.",
        drivers.draw_matrix(wide.to_numpy(), outcomes, factors, what, many),
        tables,
    )


def _cells(wide: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (wording.plain(str(outcome)), *(f"{100 * value:.0f}" if np.isfinite(value) else "" for value in row))
        for outcome, row in zip(wide.index, wide.to_numpy(), strict=True)
    )


def tornado_picture(findings: Findings, insight: Insight) -> Picture | None:
    """The swing of each parameter; None but for one at a time."""
    drawn, contrast = insight.curves, findings.contrast
    if not drawn:
        return None
    rows = tuple(
        (
            wording.plain(curve.factor),
            wording.amount(curve.base),
            *(wording.amount(curve.table["level"].iloc[end]) for end in (0, -1)),
            signed(curve.swing),
        )
        for curve in drawn
    )
    top = wording.listing([wording.plain(curve.factor) for curve in drawn[:4]])
    return Picture(
        "tornado",
        "Which single parameter swings the difference most?",
        f"Around the world as the study stands, one parameter at a time over its whole range. Widest swings: {top}. "
        "This holds around that world; elsewhere in the box other parameters may matter.",
        f"Bars from the smallest to the largest mean difference along each parameter. Widest: {top}.",
        drivers.draw_tornado(drawn, contrast, findings.study.design.replicates),
        (Table("From the level that gives least to the one that gives most, with 95% interval",
               ("parameter", "own value", "lowest", "highest", "swing"), rows),),
    )  # fmt: skip


def curves_picture(findings: Findings, insight: Insight) -> Picture | None:
    """The difference along each parameter; None but for one at a time."""
    drawn, contrast = insight.curves, findings.contrast
    if not drawn:
        return None
    tables = tuple(
        Table(
            f"{wording.plain(curve.factor)}: mean difference, with 95% interval",
            ("level", "mean difference"),
            tuple(
                (wording.amount(level), signed(Estimate(mean, low, high)))
                for level, mean, low, high in curve.table[["level", "mean", "low", "high"]].to_numpy()
            ),
        )
        for curve in drawn
    )
    crossing = [
        wording.plain(curve.factor) for curve in drawn if curve.table["low"].max() > 0 > curve.table["high"].min()
    ]
    flips = (
        f"Along {wording.listing(crossing[:6])} the lead changes hands."
        if crossing
        else "Along none of them does the lead change hands beyond chance."
    )
    return Picture(
        "curves",
        "How does the difference move along each parameter?",
        f"Above 0 {wording.plain(contrast.a)} does better. {flips}",
        f"Small charts of the mean difference along the {len(drawn[: drivers.CURVES_SHOWN])} parameters with the "
        f"widest swing. {flips}",
        drivers.draw_curves(drawn, contrast, findings.study.design.replicates),
        tables,
    )


def stochastic_shares_picture(findings: Findings, insight: Insight) -> Picture | None:
    """The share of stochastic variance; None where points were met once."""
    if not insight.stochastic:
        return None
    contrast = findings.contrast
    arms = {target: wording.plain(target) for target in (contrast.a, contrast.b)}
    names = {**arms, DIFFERENCE: "the difference between them"}
    shares = {
        target: {outcome: share for (t, outcome), share in insight.stochastic.items() if t == target}
        for target in names
    }
    outcomes = [name for name in shares[DIFFERENCE] if not name.startswith(("alone_", "cycle_"))]
    if contrast.outcome not in shares[DIFFERENCE] or contrast.outcome not in shares[contrast.a]:
        return None
    rows = tuple(
        (
            wording.plain(outcome),
            *(wording.share_range(by[outcome].share) if outcome in by else "" for by in shares.values()),
        )
        for outcome in outcomes
    )
    here, arm = shares[DIFFERENCE][contrast.outcome].share, shares[contrast.a][contrast.outcome].share
    shared = (
        " All points met the same few worlds, so the share rests on those; design.worlds=own tells it better."
        if findings.study.design.shared_worlds
        else ""
    )
    return Picture(
        "stochastic",
        "How much is due to chance?",
        f"Of what single partnerships differ by in {wording.outcome(contrast.outcome)} with "
        f"{wording.plain(contrast.a)}, "
        f"{wording.percent(arm.value)} is chance: other partners and other shocks in the same kind of world. Of the "
        f"difference between the arms it is {wording.percent(here.value)}. The rest is parameters.{shared}",
        f"Dots of the share of stochastic variance in {len(outcomes)} outcomes; in {wording.outcome(contrast.outcome)} "
        f"{wording.percent(arm.value)}, in the difference {wording.percent(here.value)}.",
        drivers.draw_stochastic_shares(shares, names, outcomes),
        (Table("Share of stochastic variance, with 95% intervals", ("outcome", *names.values()), rows),),
    )


def power_picture(findings: Findings, insight: Insight) -> Picture | None:
    """What larger studies would bring; None where the pilot is too small."""
    power = insight.power
    if power is None:
        return None
    rows = tuple(
        (f"\N{PLUS-MINUS SIGN}{plan.precision:g}", planning.many(plan.worlds), planning.many(plan.unpaired))
        for plan in power.plans
    )
    return Picture(
        "power",
        "How many worlds does a given precision take?",
        f"Taking this study as a pilot: a true mean difference of {power.region:g} is seen with 90% power in "
        f"{power.detect.value:,.0f} worlds. Without sharing worlds between the arms everything would take "
        f"{power.gain:.3g} times as many. partnership power study=FOLDER precision=... tells more.",
        f"Lines of precision against the number of worlds, with and without shared worlds; sharing saves a factor of "
        f"{power.gain:.3g}.",
        planning.draw_power(power),
        (Table("Worlds for a mean difference known to within ..., with the range the pilot leaves open",
               ("precision", "worlds shared by both arms", "worlds an arm, if not shared"), rows),),
    )  # fmt: skip
