"""The figures of a report that say what outcomes and the contrast depend on: mechanisms, parameters, luck."""

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
from experiments.report.main_figures import share, signed
from experiments.report.picture import Picture, Table
from experiments.study.design import NO_VARIANT

ABLATED = 5
"""Mechanisms from which on their changes have a chart of their own."""
ROWS = 20
"""Parameters in a matrix of all outcomes."""


def pictures(findings: Findings, insight: Insight) -> list[Picture]:
    """The figures there is the data for, in the order a reader meets them."""
    makers: tuple[Callable[[Findings, Insight], Picture | None], ...] = (
        ablation,
        sobol,
        morris,
        matrix,
        tornado,
        curves,
        luck,
        power,
    )
    return [picture for maker in makers if (picture := maker(findings, insight)) is not None]


def ablation(findings: Findings, insight: Insight) -> Picture | None:
    changes, contrast = insight.changes, findings.contrast
    if len(changes) < ABLATED:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    base = findings.variants[NO_VARIANT]
    rows = tuple(
        (
            wording.plain(one.name),
            ", ".join(f"{name} = {value:g}" for name, value in sorted(findings.study.variants[one.name].items())),
            signed(one.result.mean), signed(one.shift),
            share(one.result.wins.share), share(one.result.losses.share), share(one.turned.share),
        )
        for one in changes
    )  # fmt: skip
    columns = ("mechanism", "changes", "mean difference with it", "moved by (all together)", f"{a} better",
               f"{b} better", "worlds that end otherwise")  # fmt: skip
    moved = [one for one in changes if one.shift.low > 0 or one.shift.high < 0]
    toward = {
        arm: [wording.plain(one.name) for one in moved if (one.shift.value > 0) == ahead][:4]
        for arm, ahead in ((a, True), (b, False))
    }
    told = "; ".join(f"towards {arm} with {wording.listing(names)}" for arm, names in toward.items() if names)
    return Picture(
        "ablation",
        "What carries the answer?",
        f"Each mechanism switched off or evened out in turn, in the same worlds. {len(moved)} of {len(changes)} move "
        f"the mean difference beyond chance{f', most {told}' if told else ''}.",
        f"The mean difference and who wins with each of {len(changes)} mechanisms changed. {len(moved)} move it beyond "
        f"chance{f': most {told}' if told else ''}.",
        mechanisms.ablation(changes, base, contrast),
        (Table("What becomes of the contrast, with 95% intervals", columns, rows),),
    )


def titles(findings: Findings) -> dict[str, str]:
    """What a target is called over a panel."""
    contrast = findings.contrast
    named = {arm: f"{wording.outcome(contrast.outcome)}\n{wording.plain(arm)}" for arm in (contrast.a, contrast.b)}
    return {**named, DIFFERENCE: f"the difference\n{wording.plain(contrast.a)} less\n{wording.plain(contrast.b)}"}


def sobol(findings: Findings, insight: Insight) -> Picture | None:
    found = {target: one for target, one in insight.drivers.items() if isinstance(one, Sobol)}
    if not found:
        return None
    names, last = titles(findings), found.get(DIFFERENCE, next(iter(found.values())))
    tables = tuple(
        Table(
            f"{name.replace(chr(10), ' ')}: share of the variance, with 95% intervals",
            ("parameter", "by itself", "with all it interacts with"),
            tuple((wording.plain(x.factor), share(x.first), share(x.total)) for x in found[target].shares),
        )
        for target, name in names.items()
        if target in found
    )
    top = wording.listing([f"{wording.plain(one.factor)} ({_percent(one.total)})" for one in last.shares[:4]])
    alone = max(sum(one.first.value for one in last.shares), 0)  # errors of single shares cancel out
    noise = {
        None: "Points were met once, in worlds of their own, so totals hold luck as well.",
        0.0: "All points met the same worlds: shares hold for those.",
    }.get(last.noise, f"Luck left over in the means of points, {wording.percent(last.noise or 0)} of what they differ "
          "by, was taken out.")  # fmt: skip
    return Picture(
        "sobol",
        "What drives outcomes, and the difference?",
        f"How much less outcomes would differ if a parameter were known. The difference depends most on {top}, "
        f"counting all that they interact with; single parameters by themselves explain "
        f"about {wording.percent(min(alone, 1))} of it, the rest is interplay. {noise}",
        f"Bars of first and total Sobol indices for each arm and for the difference, which depends most on {top}.",
        drivers.sobol(found, names),
        tables,
    )


def _percent(one: Estimate) -> str:
    """`45%, 26 to 64`."""
    value, low, high = (min(max(end, 0), 1) for end in (one.value, one.low, one.high))
    return f"{wording.percent(value)}, {100 * low:.0f} to {100 * high:.0f}"


def morris(findings: Findings, insight: Insight) -> Picture | None:
    found = {target: one for target, one in insight.drivers.items() if isinstance(one, Morris)}
    if not found:
        return None
    names, last = titles(findings), found.get(DIFFERENCE, next(iter(found.values())))
    tables = tuple(
        Table(
            f"{name.replace(chr(10), ' ')}: elementary effects",
            ("parameter", "size (mu star), with 95% interval", "mean (mu)", "spread (sigma)"),
            tuple(
                (wording.plain(x.factor), signed(x.size), wording.signed(x.mean, 4), wording.level(x.spread, 4))
                for x in found[target].effects
            ),
        )
        for target, name in names.items()
        if target in found
    )
    top = wording.listing([wording.plain(one.factor) for one in last.effects[:4]])
    none = sum(one.size.value < 1e-12 for one in last.effects)
    idle = f" {none} of {len(last.effects)} parameters do not move the difference at all." if none else ""
    spread = sum(one.spread > abs(one.mean) for one in last.effects)
    return Picture(
        "morris",
        "Which parameters matter at all?",
        f"What changing one parameter does, averaged over many places in the box. The difference is moved most by "
        f"{top}. For {spread} of {len(last.effects)} parameters effects differ from place to place by more than their "
        f"mean: which way they work depends on the rest of the world.{idle}",
        f"Bars of the mean size of elementary effects for each arm and for the difference, moved most by {top}.",
        drivers.morris(found, names),
        tables,
    )


def matrix(findings: Findings, insight: Insight) -> Picture | None:
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
    strongest = wording.listing([wording.plain(one) for one in factors[:4]])
    return Picture(
        "matrix",
        "What drives the difference in every outcome?",
        f"Each row is an outcome: how far the difference between the two arms in it depends on each parameter. Over "
        f"all outcomes {strongest} matter most. The same for either arm is in analysis/sensitivity.csv.{gone}",
        f"Table of shades, outcomes down and parameters across. Over all outcomes {strongest} matter most.",
        drivers.matrix(wide.to_numpy(), outcomes, factors, what, many),
        tables,
    )


def _cells(wide: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (wording.plain(str(outcome)), *(f"{100 * value:.0f}" if np.isfinite(value) else "" for value in row))
        for outcome, row in zip(wide.index, wide.to_numpy(), strict=True)
    )


def tornado(findings: Findings, insight: Insight) -> Picture | None:
    found, contrast = insight.curves, findings.contrast
    if not found:
        return None
    rows = tuple(
        (wording.plain(one.factor), wording.amount(one.base), *(wording.amount(one.table["level"].iloc[end]) for end in
         (0, -1)), signed(one.swing))
        for one in found
    )  # fmt: skip
    top = wording.listing([wording.plain(one.factor) for one in found[:4]])
    return Picture(
        "tornado",
        "Which single parameter swings the difference most?",
        f"Around the world as the study stands, one parameter at a time over its whole range. Widest swings: {top}. "
        "This holds around that world; elsewhere in the box other parameters may matter.",
        f"Bars from the smallest to the largest mean difference along each parameter. Widest: {top}.",
        drivers.tornado(found, contrast, findings.study.design.replicates),
        (Table("From the level that gives least to the one that gives most, with 95% interval",
               ("parameter", "own value", "lowest", "highest", "swing"), rows),),
    )  # fmt: skip


def curves(findings: Findings, insight: Insight) -> Picture | None:
    found, contrast = insight.curves, findings.contrast
    if not found:
        return None
    tables = tuple(
        Table(
            f"{wording.plain(one.factor)}: mean difference, with 95% interval",
            ("level", "mean difference"),
            tuple(
                (wording.amount(level), signed(Estimate(mean, low, high)))
                for level, mean, low, high in one.table[["level", "mean", "low", "high"]].to_numpy()
            ),
        )
        for one in found
    )
    crossing = [wording.plain(one.factor) for one in found if one.table["low"].max() > 0 > one.table["high"].min()]
    flips = (
        f"Along {wording.listing(crossing[:6])} the lead changes hands."
        if crossing
        else "Along none of them does the lead change hands beyond chance."
    )
    return Picture(
        "curves",
        "How does the difference move along each parameter?",
        f"Above 0 {wording.plain(contrast.a)} does better. {flips}",
        f"Small charts of the mean difference along the {len(found[: drivers.CURVES_SHOWN])} parameters with the "
        f"widest swing. {flips}",
        drivers.curves(found, contrast, findings.study.design.replicates),
        tables,
    )


def luck(findings: Findings, insight: Insight) -> Picture | None:
    if not insight.luck:
        return None
    contrast = findings.contrast
    arms = {target: wording.plain(target) for target in (contrast.a, contrast.b)}
    names = {**arms, DIFFERENCE: "the difference between them"}
    found = {target: {outcome: one for (t, outcome), one in insight.luck.items() if t == target} for target in names}
    outcomes = [name for name in found[DIFFERENCE] if not name.startswith(("alone_", "cycle_"))]
    if contrast.outcome not in found[DIFFERENCE] or contrast.outcome not in found[contrast.a]:
        return None
    rows = tuple(
        (wording.plain(outcome), *(share(by[outcome].share) if outcome in by else "" for by in found.values()))
        for outcome in outcomes
    )
    here, arm = found[DIFFERENCE][contrast.outcome].share, found[contrast.a][contrast.outcome].share
    shared = (
        " All points met the same few worlds, so the share rests on those; design.worlds=own tells it better."
        if findings.study.design.shared_worlds
        else ""
    )
    return Picture(
        "luck",
        "How much is luck?",
        f"Of what single partnerships differ by in {wording.outcome(contrast.outcome)} with "
        f"{wording.plain(contrast.a)}, "
        f"{wording.percent(arm.value)} is luck: other partners and other shocks in the same kind of world. Of the "
        f"difference between the arms it is {wording.percent(here.value)}. The rest is parameters.{shared}",
        f"Dots of the share of luck in {len(outcomes)} outcomes; in {wording.outcome(contrast.outcome)} "
        f"{wording.percent(arm.value)}, in the difference {wording.percent(here.value)}.",
        drivers.luck(found, names, outcomes),
        (Table("Share of luck, with 95% intervals", ("outcome", *names.values()), rows),),
    )


def power(findings: Findings, insight: Insight) -> Picture | None:
    found = insight.power
    if found is None:
        return None
    rows = tuple(
        (f"\N{PLUS-MINUS SIGN}{plan.precision:g}", planning.many(plan.worlds), planning.many(plan.unpaired))
        for plan in found.plans
    )
    return Picture(
        "power",
        "How many worlds does a given precision take?",
        f"Taking this study as a pilot: a true mean difference of {found.region:g} is seen with 90% power in "
        f"{found.detect.value:,.0f} worlds. Without sharing worlds between the arms everything would take "
        f"{found.gain:.3g} times as many. partnership power study=FOLDER precision=... tells more.",
        f"Lines of precision against the number of worlds, with and without shared worlds; sharing saves a factor of "
        f"{found.gain:.3g}.",
        planning.power(found),
        (Table("Worlds for a mean difference known to within ..., with the range the pilot leaves open",
               ("precision", "worlds shared by both arms", "worlds an arm, if not shared"), rows),),
    )  # fmt: skip
