"""What a report says of how its figures were computed, and of what it must not be taken for."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.study.definition import Design

MODEL = (
    "This is a model, not evidence about any one partnership. Its rules follow what five studies of English health "
    "partnerships describe and what the wider literature suggests; most of its numbers are assumptions, as the "
    "table of the box says, and none was fitted to outcomes of real partnerships."
)
BOX = (
    "Every share of worlds belongs to the box of worlds it was drawn from, in which each parameter varies evenly "
    "and independently of the others. Real worlds are not spread so. Another box gives other shares."
)
ONCE = (
    "Each world was run once under each arm. Intervals therefore cover the choice of world and its chance events "
    "together, not the choice of model or box."
)
AGAIN = (
    "Each world was run several times under each arm, and the mean counts. Intervals cover the choice of world and "
    "the stochastic variance left in that mean, not the choice of model or box."
)
TENDENCIES = (
    "The conditions under which an arm does best are simple on purpose, and describe tendencies: inside them the "
    "other arm wins too."
)
REGION = (
    "A difference within the region of practical equivalence is called no practical difference. How small is too "
    "small to matter is a judgement, made before the runs."
)

ANALYSES = {
    "boundary": "The lead of an arm over two parameters (wins less losses) is a surface of cubic terms, fitted by "
    "least squares; 400 resamples of the worlds say where its sign is sure (place by place, at 95%).",
    "interactions": "Interactions are those of a two-way analysis of variance of who wins (1, 0, \N{MINUS SIGN}1) over "
    "five by five cells, with p-values corrected for the number of pairs (Bonferroni).",
    "boxes": "Boxes come from PRIM (Friedman and Fisher 1999), 5% a slice; sides that chance could explain were "
    "dropped (quasi p-values, Bryant and Lempert 2010). Coverage and density are counted on worlds held back.",
    "leaves": "The tree is CART, up to three questions deep, with at least 5% of the worlds in each leaf.",
    "divergence": "The band over the months is a bootstrap of the largest standardised deviation, so it holds for all "
    "months together.",
    "ablation": "What a mechanism moves is the difference of two paired differences in the same world, with t "
    "intervals that hold for all mechanisms together (Bonferroni).",
    "sobol": "Shares of variance are Sobol indices on Saltelli's design (SALib), with bootstrap intervals. Shares of "
    "worlds in this report are of the points of that design that are independent of one another.",
    "morris": "Elementary effects are Morris's on SALib's trajectories, in units of a parameter's whole range. Shares "
    "of worlds in this report are of the first point of each trajectory.",
    "stochastic": "The share of stochastic variance is the variance within points, as a share of all variance (one-way "
    "analysis of variance).",
    "power": "Worlds that a precision takes follow from the spread of the paired difference; ranges allow for tails.",
}
"""How each figure was computed that only some studies have, by the figure's name."""


def limits(design: Design, skipped: Mapping[str, str]) -> list[str]:
    """What a reader must not take from a study; then what it cannot tell, and why."""
    met = ONCE if design.replicates_at_most == 1 else AGAIN
    cannot = [f"This study cannot tell {what}: {why}." for what, why in skipped.items()]
    return [MODEL, BOX, met, TENDENCIES, REGION, *cannot]
