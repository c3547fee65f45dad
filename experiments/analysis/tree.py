"""Worlds sorted by a few questions, one after another (CART, of scikit-learn): who wins where, on worlds held back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.contrasts import Count, count
from experiments.analysis.discovery import ENOUGH, SMALLEST_SHARE, Condition, halves
from experiments.errors import StudyError

QUESTIONS = 3
"""Questions on the way to a leaf, at most."""


@dataclass(frozen=True)
class Leaf:
    """The worlds for which some conditions hold, among those held back: how many, and how each arm fared."""

    conditions: tuple[Condition, ...]
    worlds: int
    won: Count
    tied: Count
    lost: Count


@dataclass(frozen=True)
class Tree:
    """Leaves, from the one in which arm a fares best down to the one in which arm b does.

    `right`: held-back worlds whose outcome (win, tie, loss) is the commonest of their leaf; `commonest`: how many would
    be right if the commonest of all were said of every world.
    """

    leaves: tuple[Leaf, ...]
    right: Count
    commonest: float


def grow(design: pd.DataFrame, verdict: NDArray[np.int8], seed: int) -> Tree:
    """A tree learnt on one half of the worlds and counted on the other. `StudyError` where there are too few worlds."""
    from sklearn.tree import DecisionTreeClassifier

    learning, held_back = halves(len(design), seed)
    fewest = int(max(ENOUGH, SMALLEST_SHARE * len(learning)))
    if len(learning) < 4 * fewest or len(np.unique(verdict[learning])) < 2:
        raise StudyError(f"a tree takes {8 * ENOUGH} or more worlds, and more than one way they end")
    model = DecisionTreeClassifier(max_depth=QUESTIONS, min_samples_leaf=fewest, random_state=seed % 2**32)
    model.fit(design.iloc[learning].to_numpy(), verdict[learning])
    places = model.apply(design.iloc[held_back].to_numpy())
    said = model.predict(design.iloc[held_back].to_numpy())
    ends = verdict[held_back]
    names = [str(name) for name in design.columns]
    whole = {name for name in names if (design[name] == design[name].round()).all()}
    leaves = [
        Leaf(conditions, int(np.sum(here)), *(count(ends[here] == sign) for sign in (1, 0, -1)))
        for place, conditions in paths(model.tree_, names, whole)
        if (here := places == place).any()
    ]
    leaves.sort(key=lambda leaf: leaf.lost.share.value - leaf.won.share.value)
    common = max(float(np.mean(ends == sign)) for sign in np.unique(ends))
    return Tree(tuple(leaves), count(said == ends), common)


def paths(tree, names: list[str], whole: set[str]) -> list[tuple[int, tuple[Condition, ...]]]:  # type: ignore[no-untyped-def]
    """Each leaf of a fitted tree, with the conditions that lead to it; of two on one side of a factor the tighter.

    The cuts of factors in `whole`, which take whole numbers only, are told as such.
    """
    ways: list[tuple[int, tuple[Condition, ...]]] = []

    def walk(node: int, so_far: dict[tuple[str, bool], float]) -> None:
        if tree.children_left[node] < 0:
            conditions = tuple(Condition(name, above, cut) for (name, above), cut in sorted(so_far.items()))
            ways.append((node, conditions))
            return
        name, cut = names[tree.feature[node]], float(tree.threshold[node])
        cut = float(np.floor(cut)) if name in whole else cut
        walk(int(tree.children_left[node]), {**so_far, (name, False): cut})
        walk(int(tree.children_right[node]), {**so_far, (name, True): cut})

    walk(0, {})
    return ways
