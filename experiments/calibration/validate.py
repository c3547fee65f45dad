"""The model held against the record: every pattern, in several worlds and in rival models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from experiments.calibration import observations
from experiments.calibration.measure import Measured, Verdict, judge_pattern
from experiments.calibration.pattern import Pattern, load_patterns, rivals
from experiments.calibration.pieces import in_pieces, kinds_of
from experiments.config.boxes import World, of_box, stated_in
from experiments.execution.place import available_workers

PIECE = 5
"""Runs of every scenario that a worker plays at a time."""
WORLDS_PLAYED = 100
"""Runs of each scenario, if not given."""
CALIBRATED = "calibrated"
"""What calibration has left under that name: a list of worlds as a box, and one world as a scenario."""
WIDE = "wide box"
MOST_SHOW = 2 / 3
"""A pattern that a larger share of the wide box's single worlds shows discriminates little between worlds or models."""


@dataclass(frozen=True)
class Asked:
    """What is to be validated: of which scenarios, in how many runs of each; and whether the order is looked at too."""

    scenario: str = "all"
    runs: int = WORLDS_PLAYED
    seed: int = 1
    results: str = "results"
    order: bool = False
    workers: int | None = None


@dataclass(frozen=True)
class Column:
    """A model, or a set of worlds, to hold against the patterns.

    Its name, the box or the one scenario that its worlds are from, and what is switched off.
    """

    name: str
    box: str = ""
    scenario: str = ""
    changes: Mapping[str, float] = field(default_factory=dict)

    def worlds(self, runs: int, seed: int) -> list[World]:
        """A world for each run."""
        return [stated_in(self.scenario)] * runs if self.scenario else of_box(self.box, runs, seed)


@dataclass(frozen=True)
class Validation:
    """Every pattern under every column, and for each rival the observations that would tell it from the whole model."""

    asked: Asked
    patterns: Sequence[Pattern]
    columns: Sequence[Column]
    verdicts: Mapping[str, Mapping[str, Verdict]]  # by column, then pattern
    apart: Mapping[str, observations.Observation]  # by rival

    def met(self, column: str, patterns: Sequence[Pattern]) -> tuple[int, int]:
        """How many of some patterns a column meets, and of how many."""
        return sum(self.verdicts[column][pattern.name].met for pattern in patterns), len(patterns)

    def discriminates(self, pattern: Pattern) -> bool:
        """Whether at most `MOST_SHOW` of the single worlds of the wide box show a pattern."""
        return self.verdicts[WIDE][pattern.name].share <= MOST_SHOW

    def used_for(self, use: str) -> list[Pattern]:
        """The patterns that are used for something."""
        return [pattern for pattern in self.patterns if use in pattern.use]

    @property
    def discriminating(self) -> list[Pattern]:
        """The patterns that discriminate."""
        return [pattern for pattern in self.patterns if self.discriminates(pattern)]


def columns() -> list[Column]:
    """The default world, the wide box, the calibrated worlds, the nearest of them; and each rival, calibrated too."""
    return [
        Column("default world", box="none"),
        Column(WIDE, box="default"),
        Column(CALIBRATED, box=CALIBRATED),
        Column("nearest world", scenario=CALIBRATED),
        *(Column(name, box=f"rivals/{name.replace(' ', '_')}", changes=changes) for name, changes in rivals().items()),
    ]


def measured(asked: Asked, wanted: Sequence[Pattern], column: Column) -> dict[str, Measured]:
    """Every pattern in so many runs of its scenario under one column."""
    worlds = column.worlds(asked.runs, asked.seed)
    with ThreadPoolExecutor(asked.workers or available_workers()) as executor:
        return in_pieces(wanted, worlds, asked.seed, executor, PIECE, changes=column.changes, kinds=kinds_of(wanted))


def validate(asked: Asked) -> Validation:
    """Hold the model against the patterns of a scenario, or of all."""
    wanted = load_patterns(None if asked.scenario == "all" else asked.scenario)
    shown = columns()
    verdicts = {}
    for column in shown:
        numbers = measured(asked, wanted, column)
        verdicts[column.name] = {pattern.name: judge_pattern(pattern, numbers[pattern.name]) for pattern in wanted}
    whole = next(column for column in shown if column.name == CALIBRATED)
    scenarios = sorted({pattern.scenario for pattern in wanted})
    means = {
        column.name: observations.outcome_means(
            scenarios, column.worlds(asked.runs, asked.seed), column.changes, asked.seed
        )
        for column in shown
        if column is whole or column.changes
    }
    apart = {name: observations.farthest(means[whole.name], means[name]) for name in rivals()}
    return Validation(asked, wanted, shown, verdicts, apart)
