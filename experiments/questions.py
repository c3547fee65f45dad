"""Jobs that ask a finished study one thing and answer on the terminal: `partnership contrast`, `partnership power`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from experiments import store, words
from experiments.analysis import contrasts, luck, parting, power, settings
from experiments.analysis.contrasts import Estimate, PairedResult
from experiments.arguments import number
from experiments.store import Finished, StudyError
from experiments.study import Contrast

FINEST = 1e-6
"""The finest precision that worlds are counted for: finer, and there are more than anybody could run."""


def contrast(asked: Mapping[str, str]) -> int:
    """Compare any two settings of a study, in any outcome."""
    finished = store.open_study(Path(asked["study"]))
    own = finished.study.contrast
    a, b = (settings.setting(asked.get(side, arm), finished.study) for side, arm in (("a", own.a), ("b", own.b)))
    name = settings.outcome(asked.get("outcome", own.outcome))
    region = number("region", asked["region"], zero=True) if "region" in asked else own.region
    pairs = settings.paired(finished, a, b, name)
    result = contrasts.compare(pairs, region, finished.study.seed)
    for line in told(result, str(a), str(b), name, region):
        print(line)
    if not (a.where or b.where) and a.variant == b.variant == "none":
        print(when(finished, Contrast(a.arm, b.arm, name, region)))
    return 0


def told(result: PairedResult, a: str, b: str, name: str, region: float) -> list[str]:
    """A paired result as lines for a terminal."""
    gone = f", {result.missing:,} more lack the outcome" if result.missing else ""
    shares = [f"{100 * one.share.value:.1f}% ({100 * one.share.low:.1f} to {100 * one.share.high:.1f})"
              for one in (result.wins, result.ties, result.losses)]  # fmt: skip
    return [
        f"{name}: {a} less {b}, in {result.worlds:,} worlds{gone}",
        f"  better by more than {region:g}     {shares[0]}",
        f"  no practical difference    {shares[1]}",
        f"  worse by more than {region:g}      {shares[2]}",
        f"  mean difference    {words.estimated(result.mean)}",
        f"  median difference  {words.estimated(result.median)}",
        f"  chance that the first does better in a world, however little: {words.percent(result.superiority.value)}",
        f"  {pairing(result)}",
    ]


def pairing(result: PairedResult) -> str:
    """What sharing worlds gained, in words."""
    same = round(result.pairing * result.worlds)
    return (
        f"pairing: the variance of the comparison is {result.pairing:.3g} times smaller than without shared worlds; "
        f"{result.worlds:,} shared worlds tell as much as {same:,} an arm of their own"
    )


def when(finished: Finished, asked: Contrast) -> str:
    """The month at which the paths part, or why that cannot be told."""
    names = finished.parts(store.TRAJECTORIES)
    if not names:
        return "  when paths part: this study kept no months (trajectory_points)"
    view = store.View(finished, tuple(names))
    series = parting.series_of(asked, view.columns)
    if series is None:
        return f"  when paths part: there is no monthly series of {asked.outcome}"
    months = view[["point", "arm", "month", series]].rename(columns={"point": "world"})
    found = parting.part(parting.paths(months, asked, series), asked.region, series, finished.study.seed)
    return f"  {parted(found)}"


def parted(found: parting.Parting) -> str:
    """When paths part, in words."""
    mean = (
        f"on average {words.plain(found.series)} differs from month {found.month} on"
        if found.month
        else f"on average {words.plain(found.series)} never parts for good"
    )
    share = words.percent(found.parted.share.value)
    if found.typical is None:
        return f"when paths part: {mean}; {share} of {found.worlds:,} worlds end apart by more than the region"
    middle = f"{found.typical.value:.0f} ({found.typical.low:.0f} to {found.typical.high:.0f})"
    return (
        f"when paths part: {mean}; {share} of {found.worlds:,} worlds end apart by more than the region, half of "
        f"those from month {middle} on"
    )


def power_of(asked: Mapping[str, str]) -> int:
    """How many worlds and replicates a precision takes, with a finished study as pilot."""
    finished = store.open_study(Path(asked["study"]))
    study = finished.study
    name = settings.outcome(asked.get("outcome", study.contrast.outcome))
    wanted = (number("precision", asked["precision"], least=FINEST),) if "precision" in asked else power.PRECISIONS
    a, b = settings.Setting(study.contrast.a), settings.Setting(study.contrast.b)
    pairs = settings.paired(finished, a, b, name)
    found = power.power(pairs, study.contrast.region, wanted)
    for line in planned(found, name, study.contrast):
        print(line)
    for line in repeated(finished, name, wanted):
        print(line)
    return 0


def planned(found: power.Power, name: str, asked: Contrast) -> list[str]:
    """Worlds that precisions take, as lines for a terminal."""
    lines = [
        f"{name}: {words.plain(asked.a)} less {words.plain(asked.b)}, from a pilot of {found.worlds:,} worlds",
        f"  spread over worlds {found.spread.value:.4f} ({found.spread.low:.4f} to {found.spread.high:.4f}); pairing "
        f"divides the variance by {found.gain:.3g}",
        "  mean difference known to    worlds, shared by both arms      worlds an arm, if not shared",
    ]
    for plan in found.plans:
        lines.append(f"    \N{PLUS-MINUS SIGN}{plan.precision:<22g}  {many(plan.worlds):<31}  {many(plan.unpaired)}")
    return [
        *lines,
        f"  a true mean difference of {found.region:g} is seen with {100 * power.POWER:g}% power in "
        f"{many(found.detect)} worlds",
        f"  a share of worlds is known to within 1 in 100 from {found.share:,} worlds on",
    ]


def many(worlds: Estimate) -> str:
    return f"{worlds.value:,.0f} ({worlds.low:,.0f} to {worlds.high:,.0f})"


def repeated(finished: Finished, name: str, wanted: Sequence[float]) -> list[str]:
    """Replicates that one point takes, or why this pilot cannot tell."""
    if finished.study.design.replicates_at_most == 1:
        return ["  replicates of one point: a pilot with design.replicates=2 or more tells how many it takes"]
    table = luck.spread(differences(finished, name), "difference")
    found = power.replicates(table.loc[table["count"] >= 2, "var"].to_numpy(), wanted)
    lines = [f"  replicates of one point, from {found[0].points:,} points met more than once: a middling point, and one"
             " of the most demanding fifth"]  # fmt: skip
    return lines + [f"    \N{PLUS-MINUS SIGN}{one.precision:<22g}  {one.middle:,}  {one.demanding:,}" for one in found]


def differences(finished: Finished, name: str) -> pd.DataFrame:
    """The contrast's paired difference run by run: columns point, world, difference."""
    asked = finished.study.contrast
    columns = ["point", "world", "arm", "variant", name]
    runs = store.read_table(finished, finished.parts(store.RUNS), columns)
    runs = runs[(runs["variant"] == "none") & runs["arm"].isin([asked.a, asked.b])]
    wide = runs.astype({"arm": str}).pivot(index=["point", "world"], columns="arm", values=name).reset_index()
    if asked.a not in wide or asked.b not in wide:
        raise StudyError(f"the runs lack {asked.a} or {asked.b}")
    wide["difference"] = wide[asked.a] - wide[asked.b]
    return wide[["point", "world", "difference"]]
