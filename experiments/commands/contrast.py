"""`partnership contrast`: compare any two settings of a study, in any outcome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from experiments import wording
from experiments.analysis import contrasts, divergence, settings
from experiments.analysis.contrasts import PairedResult
from experiments.config.arguments import number
from experiments.storage.reading import Finished, View, open_study
from experiments.study.definition import NO_VARIANT, Contrast
from experiments.study.tables import TRAJECTORIES


def contrast(asked: Mapping[str, str]) -> int:
    """Compare any two settings of a study, in any outcome."""
    finished = open_study(Path(asked["study"]))
    own = finished.study.contrast
    a, b = (settings.setting(asked.get(side, arm), finished.study) for side, arm in (("a", own.a), ("b", own.b)))
    name = settings.outcome(asked.get("outcome", own.outcome))
    region = number("region", asked["region"], zero=True) if "region" in asked else own.region
    pairs = settings.paired(finished, a, b, name)
    result = contrasts.compare(pairs, region, finished.study.seed)
    for line in contrast_lines(result, str(a), str(b), name, region):
        print(line)
    if not (a.where or b.where) and a.variant == b.variant == NO_VARIANT:
        print(when(finished, Contrast(a.arm, b.arm, name, region)))
    return 0


def contrast_lines(result: PairedResult, a: str, b: str, name: str, region: float) -> list[str]:
    """A paired result as lines for a terminal."""
    gone = f", {result.missing:,} more lack the outcome" if result.missing else ""
    shares = [f"{100 * count.share.value:.1f}% ({100 * count.share.low:.1f} to {100 * count.share.high:.1f})"
              for count in (result.wins, result.ties, result.losses)]  # fmt: skip
    return [
        f"{name}: {a} less {b}, in {result.worlds:,} worlds{gone}",
        f"  better by more than {region:g}     {shares[0]}",
        f"  no practical difference    {shares[1]}",
        f"  worse by more than {region:g}      {shares[2]}",
        f"  mean difference    {wording.estimated(result.mean)}",
        f"  median difference  {wording.estimated(result.median)}",
        f"  chance that the first does better in a world, however little: {wording.percent(result.superiority.value)}",
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
    names = finished.parts(TRAJECTORIES)
    if not names:
        return "  when paths part: this study kept no months (trajectory_points)"
    view = View(finished, tuple(names))
    series = divergence.series_of(asked, view.columns)
    if series is None:
        return f"  when paths part: there is no monthly series of {asked.outcome}"
    months = view[["point", "arm", "month", series]]
    parted = divergence.divergence(divergence.paths(months, asked, series), asked.region, series, finished.study.seed)
    return f"  {diverged(parted)}"


def diverged(parted: divergence.Divergence) -> str:
    """When paths part, in words."""
    mean = (
        f"on average {wording.plain(parted.series)} differs from month {parted.month} on"
        if parted.month
        else f"on average {wording.plain(parted.series)} never parts for good"
    )
    share = wording.percent(parted.diverged.share.value)
    if parted.typical is None:
        return f"when paths part: {mean}; {share} of {parted.worlds:,} worlds end apart by more than the region"
    middle = f"{parted.typical.value:.0f} ({parted.typical.low:.0f} to {parted.typical.high:.0f})"
    return (
        f"when paths part: {mean}; {share} of {parted.worlds:,} worlds end apart by more than the region, half of "
        f"those from month {middle} on"
    )
