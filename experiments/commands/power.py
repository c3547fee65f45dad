"""`partnership power`: how many worlds a precision takes, with a finished study as pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from experiments import wording
from experiments.analysis import power as planning
from experiments.analysis import settings, variance
from experiments.analysis.contrasts import Estimate
from experiments.config.arguments import number
from experiments.errors import StudyError
from experiments.storage.reading import Finished, open_study
from experiments.study.definition import NO_VARIANT, Contrast
from experiments.study.tables import RUNS

FINEST = 1e-6
"""The finest precision that worlds are counted for: finer, and there are more than anybody could run."""


def power(asked: Mapping[str, str]) -> int:
    """How many worlds and replicates a precision takes, with a finished study as pilot."""
    finished = open_study(Path(asked["study"]))
    study = finished.study
    name = settings.outcome(asked.get("outcome", study.contrast.outcome))
    wanted = (number("precision", asked["precision"], least=FINEST),) if "precision" in asked else planning.PRECISIONS
    a, b = settings.Setting(study.contrast.a), settings.Setting(study.contrast.b)
    pairs = settings.paired(finished, a, b, name)
    needed = planning.plan(pairs, study.contrast.region, wanted)
    for line in planned(needed, name, study.contrast):
        print(line)
    for line in repeated(finished, name, wanted):
        print(line)
    return 0


def planned(needed: planning.Power, name: str, asked: Contrast) -> list[str]:
    """Worlds that precisions take, as lines for a terminal."""
    lines = [
        f"{name}: {wording.plain(asked.a)} less {wording.plain(asked.b)}, from a pilot of {needed.worlds:,} worlds",
        f"  spread over worlds {needed.spread.value:.4f} ({needed.spread.low:.4f} to {needed.spread.high:.4f}); "
        "pairing "
        f"divides the variance by {needed.gain:.3g}",
        "  mean difference known to    worlds, shared by both arms      worlds an arm, if not shared",
    ]
    for plan in needed.plans:
        lines.append(f"    \N{PLUS-MINUS SIGN}{plan.precision:<22g}  {many(plan.worlds):<31}  {many(plan.unpaired)}")
    return [
        *lines,
        f"  a true mean difference of {needed.region:g} is seen with {100 * planning.POWER:g}% power in "
        f"{many(needed.detect)} worlds",
        f"  a share of worlds is known to within 1 in 100 from {needed.share:,} worlds on",
    ]


def many(worlds: Estimate) -> str:
    """A number of worlds with its range."""
    return f"{worlds.value:,.0f} ({worlds.low:,.0f} to {worlds.high:,.0f})"


def repeated(finished: Finished, name: str, wanted: Sequence[float]) -> list[str]:
    """Replicates that one point takes, or why this pilot cannot tell."""
    if finished.study.design.replicates_at_most == 1:
        return ["  replicates of one point: a pilot with design.replicates=2 or more tells how many it takes"]
    table = variance.spread(paired_differences(finished, name), "difference")
    repeats = planning.replicates(table.loc[table["count"] >= 2, "var"].to_numpy(), wanted)
    lines = [
        f"  replicates of one point, from {repeats[0].points:,} points met more than once: a middling point, and one"
        " of the most demanding fifth"
    ]
    return lines + [
        f"    \N{PLUS-MINUS SIGN}{repeat.precision:<22g}  {repeat.middle:,}  {repeat.demanding:,}" for repeat in repeats
    ]


def paired_differences(finished: Finished, name: str) -> pd.DataFrame:
    """The contrast's paired difference run by run: columns point, world, difference."""
    asked = finished.study.contrast
    columns = ["point", "world", "arm", "variant", name]
    runs = finished.read(finished.parts(RUNS), columns)
    runs = runs[(runs["variant"] == NO_VARIANT) & runs["arm"].isin([asked.a, asked.b])]
    wide = runs.astype({"arm": str}).pivot(index=["point", "world"], columns="arm", values=name).reset_index()
    if asked.a not in wide or asked.b not in wide:
        raise StudyError(f"the runs lack {asked.a} or {asked.b}")
    wide["difference"] = wide[asked.a] - wide[asked.b]
    return wide[["point", "world", "difference"]]
