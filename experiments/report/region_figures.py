"""The figures of a report that say where each arm wins, when paths part, and what pairing and worlds are worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from experiments import wording
from experiments.analysis import divergence as parts
from experiments.analysis.boxes import Box
from experiments.analysis.contrasts import Estimate
from experiments.analysis.further import Insight
from experiments.analysis.headline import Findings
from experiments.analysis.shares import Part
from experiments.figures import maps, paths, regions
from experiments.report.main_figures import map_table, signed
from experiments.report.picture import Picture, Table

RIDGES = 6
"""Bands of a parameter for which a ridge is drawn."""


def region_pictures(findings: Findings, insight: Insight) -> list[Picture]:
    """The figures there is the data for, in the order a reader meets them."""
    makers: tuple[Callable[[Findings, Insight], Picture | None], ...] = (
        boundary_picture,
        interactions_picture,
        shares_picture,
        boxes_picture,
        leaves_picture,
        divergence_picture,
    )
    return [picture for maker in makers if (picture := maker(findings, insight)) is not None]


def boundary_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Where the lead changes hands; None where too little varies."""
    surface, contrast = insight.boundary, findings.contrast
    if surface is None:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    known = {side: float(np.mean(surface.known == side)) for side in (1, 0, -1)}
    right = surface.right
    shown = range(0, len(surface.y), 8)
    rows = tuple(
        (
            wording.amount(surface.y[row]),
            *(
                wording.signed(100 * surface.lead[row, column], 0)
                + ("" if surface.known[row, column] else " (undecided)")
                for column in shown
            ),
        )
        for row in reversed(shown)
    )
    columns = (
        f"{wording.plain(surface.up)} \N{DOWNWARDS ARROW}  {wording.plain(surface.across)} \N{RIGHTWARDS ARROW}",
        *(wording.amount(surface.x[column]) for column in shown),
    )
    return Picture(
        "boundary",
        "Where does the lead change hands?",
        f"{a.capitalize()} is known to lead in {wording.percent(known[1])} of this square, {b} in "
        f"{wording.percent(known[-1])}; in the hatched {wording.percent(known[0])} these worlds do not tell. All other "
        f"parameters vary freely, so within each region single worlds go either way: of worlds held back that one of "
        f"the two won, the side of the line told the winner in {wording.percent(right.share.value)}, where "
        f"always naming "
        f"the commoner winner is right in {wording.percent(surface.commonest)}.",
        f"Map over {wording.plain(surface.across)} and {wording.plain(surface.up)} with the line on which the lead "
        "changes "
        f"hands. {a.capitalize()} leads in {wording.percent(known[1])} of it, {b} in {wording.percent(known[-1])}, and "
        f"{wording.percent(known[0])} is undecided.",
        regions.draw_boundary(surface, contrast),
        (Table(f"Lead of {a}: worlds won less worlds lost, per 100", columns, rows),),
    )


def interactions_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Pairs of parameters that matter together; None where there are none."""
    interactions = [interaction for interaction in insight.interactions if interaction.p < 0.05][:4]
    if not interactions:
        return None
    factors, design = findings.study.design.factors, findings.design
    here = findings.pairs.index.isin(design.index)
    worlds, verdict = design.loc[findings.pairs.index[here]], findings.winners[here]
    spans, tables = {}, {}
    for pair in interactions:
        names = (pair.across, pair.up)
        both = [maps.edges(name, factors[name], len(design) // 4) for name in names]
        spans[names] = (both[0], both[1])
        tables[names] = maps.win_table(
            worlds[pair.across].to_numpy(), worlds[pair.up].to_numpy(), verdict, *spans[names]
        )
    rows = tuple(
        (
            f"{wording.plain(interaction.across)} and {wording.plain(interaction.up)}",
            f"{100 * interaction.strength:.2f}%",
            f"{interaction.p:.1g}",
        )
        for interaction in insight.interactions
    )
    pairs = wording.listing([f"{wording.plain(pair.across)} with {wording.plain(pair.up)}" for pair in interactions])
    strengths = Table(
        "Share of the variance of who wins that the pair adds to its two parameters, and its p-value "
        "(corrected for the number of pairs)",
        ("pair", "adds", "p"),
        rows,
    )
    grids = [
        map_table(tables[names], *names, spans[names], f"{wording.plain(names[0])} and {wording.plain(names[1])}: "
                  "net wins per 100 worlds; in brackets where undecided")
        for names in tables
    ]  # fmt: skip
    return Picture(
        "interactions",
        "Which parameters matter together?",
        f"The pairs, of the parameters that most set apart the worlds each wins, whose joint effect is furthest from "
        f"the sum of their own: {pairs}. They add at most {100 * interactions[0].strength:.1f}% to what explains who "
        "wins: "
        f"{'a modest part' if interactions[0].strength < 0.02 else 'a part that matters'}.",
        f"{len(interactions)} small maps of who wins: {pairs}.",
        regions.draw_interactions(tables, spans, findings.contrast),
        (strengths, *grids),
    )


def shares_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Shares of wins in halves of the box; None where nothing varies."""
    shares, contrast = insight.shares, findings.contrast
    if shares is None or not shares.halves:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    columns = ("box", "worlds", f"{a} better", "no practical difference", f"{b} better")
    halves = [part for pair in shares.halves for part in pair]
    rows = tuple(_part(part) for part in (shares.whole, *shares.quarters, *halves))
    low, high = shares.halves[0]
    factor = wording.plain(low.conditions[0].factor)
    described = (
        f"{a} wins {wording.in_100(low.won.share.value)} of 100 worlds and {b} "
        f"{wording.in_100(low.lost.share.value)} in "
        f"its lower half, {wording.in_100(high.won.share.value)} and {wording.in_100(high.lost.share.value)} in "
        f"its upper"
    )
    extremes = ""
    if shares.quarters:
        most, least = shares.quarters[0], shares.quarters[-1]
        extremes = (
            f" In the quarter of the box where {wording.conditions_text(most.conditions)}, {a} wins "
            f"{wording.in_100(most.won.share.value)} and {b} {wording.in_100(most.lost.share.value)} of 100; where "
            f"{wording.conditions_text(least.conditions)}, {wording.in_100(least.won.share.value)} and "
            f"{wording.in_100(least.lost.share.value)}."
        )
    return Picture(
        "shares",
        "How do the shares change with the box of worlds?",
        f"Shares of worlds belong to the box they were drawn from. Here one range at a time is cut to a half. Most "
        f"depends on {factor}: {described}.{extremes}",
        f"Dots for the lower and the upper half of each parameter's range. Most depends on {factor}: {described}.",
        regions.draw_shares(shares, contrast),
        (Table("Shares of worlds in smaller boxes, with 95% intervals", columns, rows),),
    )


def _part(part: Part) -> tuple[str, ...]:
    name = wording.conditions_text(part.conditions) if part.conditions else "the whole box"
    return name, f"{part.worlds:,}", *(wording.share_range(count.share) for count in (part.won, part.tied, part.lost))


def box_in_words(box: Box) -> str:
    """`commitment is 0.48 or more and load per seat is at most 0.16`."""
    said = []
    for side in box.sides:
        name, low, high = wording.plain(side.factor), wording.amount(side.low), wording.amount(side.high)
        if np.isinf(side.high):
            said.append(f"{name} is {low} or more")
        elif np.isinf(side.low):
            said.append(f"{name} is at most {high}")
        else:
            said.append(f"{name} is from {low} to {high}")
    return wording.listing(said)


def box_sentence(box: Box) -> str:
    """A box with its coverage and density, in a sentence."""
    arm = wording.plain(box.arm)
    return (
        f"{arm.capitalize()} wins {wording.in_100(box.density.share.value)} of 100 worlds where "
        f"{box_in_words(box)}, and "
        f"{wording.in_100(box.elsewhere.share.value)} of 100 elsewhere; "
        f"{wording.percent(box.coverage.share.value)} of all "
        f"its wins lie there, in {wording.percent(box.mass)} of the worlds."
    )


def boxes_picture(findings: Findings, insight: Insight) -> Picture | None:
    """Boxes in which an arm often wins; None where none was found."""
    if not insight.boxes:
        return None
    described = " ".join(map(box_sentence, insight.boxes))
    rows = tuple(
        (
            wording.plain(box.arm),
            box_in_words(box),
            wording.share_range(box.density.share),
            wording.share_range(box.coverage.share),
            wording.share_range(box.elsewhere.share),
            f"{100 * box.mass:.1f}%",
        )
        for box in insight.boxes
    )
    columns = ("arm", "box", "density", "coverage", "wins elsewhere", "of the worlds")
    ways = tuple(
        Table(
            f"{wording.plain(box.arm).capitalize()}: the way there, on worlds held back",
            ("share of worlds", "sides cut", "coverage", "density"),
            tuple(
                (f"{100 * step.mass:.0f}%", str(step.cut), f"{100 * step.held_coverage:.0f}%",
                 f"{100 * step.held_density:.0f}%")
                for step in box.steps[::6]
            ),
        )
        for box in insight.boxes
    )  # fmt: skip
    return Picture(
        "boxes",
        "In which boxes does each often win?",
        f"Found by peeling (PRIM) on one half of the worlds and counted on the other. {described} Smaller boxes are "
        "denser and hold fewer of the wins.",
        f"Density against coverage of boxes for each arm. {described}",
        regions.draw_boxes(insight.boxes),
        (Table("The boxes, counted on worlds held back, with 95% intervals", columns, rows), *ways),
    )


def leaves_picture(findings: Findings, insight: Insight) -> Picture | None:
    """The tree of questions; None where it has no branch."""
    tree, contrast = insight.tree, findings.contrast
    if tree is None:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    columns = ("where", "worlds", f"{a} better", "no practical difference", f"{b} better")
    rows = tuple(
        (wording.conditions_text(leaf.conditions), f"{leaf.worlds:,}", *(wording.share_range(count.share) for count in
         (leaf.won, leaf.tied, leaf.lost)))
        for leaf in tree.leaves
    )  # fmt: skip
    first, last = tree.leaves[0], tree.leaves[-1]
    return Picture(
        "leaves",
        "Three questions to ask of a world",
        "A tree of questions (CART), grown on one half of the worlds and counted on the other. The commonest end of "
        f"its leaf is right for {wording.percent(tree.right.share.value)} of worlds; saying the commonest end "
        f"of all is "
        f"right for {wording.percent(tree.commonest)}.",
        f"Bars of who wins in {len(tree.leaves)} kinds of world. {a.capitalize()} does best where "
        f"{wording.conditions_text(first.conditions)} ({wording.percent(first.won.share.value)} of worlds won, "
        f"{wording.percent(first.lost.share.value)} lost); {b} where {wording.conditions_text(last.conditions)} "
        f"({wording.percent(last.lost.share.value)} won, {wording.percent(last.won.share.value)} lost).",
        regions.draw_leaves(tree, contrast),
        (Table("Who wins in each leaf, counted on worlds held back, with 95% intervals", columns, rows),),
    )


def divergence_picture(findings: Findings, insight: Insight) -> Picture | None:
    """When the paths of both arms diverge; None where no months were kept."""
    divergence, contrast = insight.divergence, findings.contrast
    if divergence is None or findings.trajectories is None:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    mean = (
        f"From month {divergence.month} on the average difference is known to differ from 0, to the end."
        if divergence.month
        else "On average the paths never part for good: the band holds 0 in the last month."
    )
    half = (
        f" Of the {wording.percent(divergence.diverged.share.value)} of worlds that end apart by more than "
        f"{contrast.region:g}, "
        f"half have stayed so from month {divergence.typical.value:.0f} on (95% interval "
        f"{divergence.typical.low:.0f} to "
        f"{divergence.typical.high:.0f})."
        if divergence.typical
        else ""
    )
    months = [month for month in divergence.band.index if month % 6 == 0 or month == 1]
    rows = tuple(
        (str(month), signed(Estimate(*(float(divergence.band.loc[month, end]) for end in ("mean", "low", "high")))))
        for month in months
    )
    return Picture(
        "divergence",
        "When do the paths part?",
        f"{mean}{half}",
        f"Difference in {wording.plain(divergence.series)} between {a} and {b} month by month, in "
        f"{divergence.worlds:,} worlds. "
        f"{mean}{half}",
        paths.draw_divergence(divergence, parts.paths(findings.trajectories, contrast, divergence.series), contrast),
        (Table("Mean difference, with a 95% band for all months together", ("month", "mean difference"), rows),),
    )
