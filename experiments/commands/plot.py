"""One figure of a finished study: `partnership plot study=FOLDER outcome=NAME by=NAME kind=NAME`. It never simulates.

Any outcome, by arm, by one or two parameters, or by what varies by name. Written to `plots/` in the study's folder as
SVG, PNG and, for the numbers behind it, CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments import wording
from experiments.analysis import contrasts, settings
from experiments.errors import ConfigError, StudyError, among
from experiments.figures import distributions, maps, paths, spread, style
from experiments.report.spread_figures import bands
from experiments.storage import confined
from experiments.storage.layout import PLOTS
from experiments.storage.reading import Finished, open_study
from experiments.study.definition import NO_VARIANT, Contrast
from experiments.study.design import choice_names, factor_names, points_apart
from experiments.study.tables import DESIGN, RUNS, TRAJECTORIES
from sim.errors import nearest
from sim.state import SERIES_NAMES

TREND_BANDS = 8
"""Bands of a parameter along which a trend is drawn."""
DIFFERENCE = "difference"


@dataclass(frozen=True)
class Asked:
    """What a plot shows: an outcome of some arms (or the difference between those of the contrast), over the points.

    `values` has a column for each arm of the study, over replicates their mean, and `difference`; its index are points.
    """

    finished: Finished
    contrast: Contrast
    by: tuple[str, ...]
    of: str
    values: pd.DataFrame
    design: pd.DataFrame


Drawn = tuple[Figure, pd.DataFrame]
"""A figure, and the numbers behind it."""


def plot(asked: Mapping[str, str]) -> int:
    """Draw one figure of a study."""
    finished = open_study(Path(asked["study"]))
    by = tuple(asked.get("by", "arm").split(","))
    kind = among(asked.get("kind", usual(by)), PLOTS_BY_KIND, "kind")
    outcome = asked.get("outcome", finished.study.contrast.outcome)
    figure, table = PLOTS_BY_KIND[kind](read_values(finished, outcome, by, asked.get("of", ""), kind))
    name = "-".join([kind, outcome, "+".join(by), *([asked["of"]] if "of" in asked else [])])
    written = {**style.as_bytes(figure, finished.study.id), "csv": table.to_csv(float_format="%.9g").encode()}
    for form, content in written.items():
        confined.write_file(finished.folder, f"{PLOTS}/{name}.{form}", content)
    print(f"Written: {finished.folder / PLOTS / name}.svg, .png, and the numbers behind it .csv")
    return 0


def usual(by: tuple[str, ...]) -> str:
    """The kind of figure that shows such a grouping best."""
    return "cloud" if by == ("arm",) else "ridge" if len(by) == 1 else "map"


def read_values(finished: Finished, outcome: str, by: tuple[str, ...], of: str, kind: str) -> Asked:
    """What is asked for, checked and read. Raises `ConfigError` or `StudyError` with a clear message."""
    study = finished.study
    own = study.contrast
    names = [*factor_names(study.design), *choice_names(study.design)]
    require_drawable(by, kind, names, set(study.design.choices))
    of = among(of, (DIFFERENCE, *study.arms), "of") if of else DIFFERENCE
    contrast = Contrast(own.a, own.b, outcome if kind == "fan" else settings.outcome(outcome), own.region)
    design = finished.read(finished.parts(DESIGN)).set_index("point").sort_index()
    values = pd.DataFrame() if kind == "fan" else values_of(finished, contrast)
    return Asked(finished, contrast, by, of, values, design)


def require_drawable(by: tuple[str, ...], kind: str, names: Sequence[str], choices: set[str]) -> None:
    """Raise `ConfigError` if a kind of figure cannot be drawn by what is named."""
    for factor in by:
        if factor != "arm" and factor not in names:
            near = nearest(factor, [*names, "arm"])
            known = ", ".join(["arm", *names])
            raise ConfigError(f"by={factor}: that does not vary in this study{near}; there is {known}")
    wanted = {"map": 2, "ridge": 1, "trend": 1}.get(kind)
    if wanted and (len(by) != wanted or len(set(by)) < wanted or "arm" in by or choices & set(by)):
        form = ",".join(["PARAMETER"] * wanted)
        raise ConfigError(f"kind={kind} takes by={form}, of those that vary in this study")
    if kind in BY_ARM and by != ("arm",):
        raise ConfigError(f"kind={kind} compares arms and takes by=arm; kind=cloud, ridge, trend and map take others")
    if kind == "cloud" and len(by) != 1:
        raise ConfigError("kind=cloud takes by=arm, or one parameter or choice")


def values_of(finished: Finished, contrast: Contrast) -> pd.DataFrame:
    """The outcome at each point under each arm, and the difference of the contrast; points drawn apart only."""
    study = finished.study
    runs = finished.read(finished.parts(RUNS), ["point", "arm", "variant", contrast.outcome])
    runs = runs[(runs["variant"] == NO_VARIANT) & points_apart(study.design, runs["point"].to_numpy())]
    means = runs.astype({"arm": str}).groupby(["point", "arm"])[contrast.outcome].mean().unstack("arm")
    means = means[list(study.arms)]
    means[DIFFERENCE] = means[contrast.a] - means[contrast.b]
    if not means.notna().to_numpy().any():
        raise StudyError(f"outcome '{contrast.outcome}' is missing in every run of this study")
    return means


def column(asked: Asked, name: str) -> pd.Series:
    """The values under one arm, or the difference, where they are not missing; at least two that differ."""
    series = asked.values[name].dropna()
    if len(series) < 2:
        raise StudyError(f"outcome '{asked.contrast.outcome}' is missing in all but {len(series)} worlds, under {name}")
    if float(np.ptp(series)) == 0:
        raise StudyError(f"outcome '{asked.contrast.outcome}' is {series.iloc[0]:g} in every world, under {name}: "
                         "there is nothing to draw")  # fmt: skip
    return series


def arms_drawn(asked: Asked) -> dict[str, pd.Series]:
    """The values of the arms worth drawing: those under which the outcome differs from world to world."""
    arms = distributions.arms_with_values(asked.finished.study.arms, asked.contrast.outcome)
    varied = [arm for arm in arms if asked.values[arm].nunique() > 1]
    return {arm: column(asked, arm) for arm in varied or arms}


def label(asked: Asked, of: str) -> str:
    """The axis: the outcome of one arm, or the difference."""
    name = wording.outcome(asked.contrast.outcome)
    if of != DIFFERENCE:
        return f"{name}, {wording.plain(of)}"
    return f"{name}: {wording.plain(asked.contrast.a)} less {wording.plain(asked.contrast.b)}"


def quantiles(groups: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Worlds, mean and quantiles of each group."""
    shares = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    rows = {name: [len(group), float(np.mean(group)), *np.quantile(group, shares)] for name, group in groups.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["worlds", "mean", *(f"q{100 * q:g}" for q in shares)])


def grouped(asked: Asked, values: pd.Series) -> dict[str, NDArray[np.float64]]:
    """Values by what varies by name, by the levels of a parameter that has few, or in bands of it."""
    (by,) = asked.by
    along = asked.design.loc[values.index, by]
    if by in asked.finished.study.design.choices or along.nunique() <= TREND_BANDS:
        groups = {f"{wording.plain(by)} {level if isinstance(level, str) else wording.amount(level)}":
                     group.to_numpy(np.float64)
                 for level, group in values.groupby(along) if len(group) >= 2}  # fmt: skip
    else:
        groups = bands(along, values, asked.finished.study.design.factors[by])
    if not groups:
        raise StudyError(f"{len(values)} worlds are too few to be drawn by {by}")
    return groups


# kinds


def plot_cloud(asked: Asked) -> Drawn:
    """Half a violin, a box and dots for each arm, or for each group of worlds."""
    if asked.by == ("arm",):
        values = arms_drawn(asked)
        arms = {wording.plain(arm): arm for arm in values}
        groups = {wording.plain(arm): value.to_numpy() for arm, value in values.items()}
        return spread.draw_rainclouds(groups, wording.outcome(asked.contrast.outcome), arms), quantiles(groups)
    groups = grouped(asked, column(asked, asked.of))
    return spread.draw_rainclouds(groups, label(asked, asked.of), dict.fromkeys(groups, asked.of)), quantiles(groups)


def plot_ridge(asked: Asked) -> Drawn:
    """A density for each band of a parameter."""
    groups = grouped(asked, column(asked, asked.of))
    contrast = asked.contrast
    sides = spread.Sides(contrast.a, contrast.b, contrast.region) if asked.of == DIFFERENCE else None
    return spread.draw_ridges(groups, label(asked, asked.of), wording.factor_label(asked.by[0]), sides), quantiles(
        groups
    )


def plot_ecdf(asked: Asked) -> Drawn:
    """Cumulative shares by arm."""
    groups = arms_drawn(asked)
    parts = [
        pd.DataFrame(
            {"point": group.index, "arm": arm, "variant": NO_VARIANT, asked.contrast.outcome: group.to_numpy()}
        )
        for arm, group in groups.items()
    ]
    table = quantiles({arm: group.to_numpy() for arm, group in groups.items()})
    return distributions.draw_ecdf(pd.concat(parts), tuple(groups), asked.contrast), table


def pairs(asked: Asked) -> pd.DataFrame:
    """Both arms of the contrast and their difference (columns a, b, difference), where none is missing."""
    column(asked, DIFFERENCE)
    sides = {"a": asked.contrast.a, "b": asked.contrast.b, "difference": DIFFERENCE}
    return asked.values[list(sides.values())].set_axis(list(sides), axis=1).dropna()


def plot_histogram(asked: Asked) -> Drawn:
    """The paired differences."""
    table = pairs(asked)
    result = contrasts.compare(table, asked.contrast.region, asked.finished.study.seed)
    return distributions.draw_differences(table, result, asked.contrast), table


def plot_dots(asked: Asked) -> Drawn:
    """One arm against the other, world by world."""
    table, contrast = pairs(asked), asked.contrast
    figure = spread.draw_dots(
        table["a"].to_numpy(), table["b"].to_numpy(), (contrast.a, contrast.b), wording.outcome(contrast.outcome),
        contrast.region,
    )  # fmt: skip
    return figure, table


def plot_map(asked: Asked) -> Drawn:
    """Who wins over two parameters."""
    table, factors = pairs(asked), asked.finished.study.design.factors
    worlds = asked.design.loc[table.index]
    across, up = (maps.edges(factor, factors[factor], len(table)) for factor in asked.by)
    verdict = contrasts.verdicts(table["difference"].to_numpy(), asked.contrast.region)
    x, y = (worlds[factor].to_numpy() for factor in asked.by)
    cells = maps.win_table(x, y, verdict, across, up)
    return maps.draw_win_map(cells, (asked.by[0], asked.by[1]), (across, up), asked.contrast), cells


def plot_trend(asked: Asked) -> Drawn:
    """Every arm's mean along a parameter, or with `of` that of one arm."""
    (by,) = asked.by
    study = asked.finished.study
    tables = {}
    for arm, values in arms_drawn(asked).items() if asked.of == DIFFERENCE else [(asked.of, column(asked, asked.of))]:
        along = asked.design.loc[values.index, by]
        if along.nunique() > TREND_BANDS:
            edges = np.linspace(*study.design.factors[by], TREND_BANDS + 1)
            place = np.clip(np.searchsorted(edges, along, side="right") - 1, 0, TREND_BANDS - 1)
            along = pd.Series(((edges[:-1] + edges[1:]) / 2)[place], index=along.index)
        rows = [(level, contrasts.mean(group.to_numpy(), study.seed)) for level, group in values.groupby(along)
                if len(group) >= 2]  # fmt: skip
        tables[arm] = pd.DataFrame([(level, estimate.value, estimate.low, estimate.high) for level, estimate in rows],
                                   columns=["level", "mean", "low", "high"])  # fmt: skip
    if not all(len(table) for table in tables.values()):
        raise StudyError(f"{len(asked.values)} worlds are too few to be drawn by {by}")
    figure = spread.draw_trend(
        tables, wording.outcome(asked.contrast.outcome), wording.factor_label(by), len(asked.values)
    )
    return figure, pd.concat(tables, names=["arm"])


def plot_fan(asked: Asked) -> Drawn:
    """An outcome's monthly series under every arm; the study must have kept months."""
    names = asked.finished.parts(TRAJECTORIES)
    if not names:
        raise StudyError(f"{asked.finished.folder}: this study kept no months; trajectory_points=100 keeps some")
    series = asked.contrast.outcome.removesuffix("_mean")
    known = ("added_value", *SERIES_NAMES)
    if series not in known:
        raise StudyError(f"there is no monthly series '{series}'{nearest(series, known)}; there are {', '.join(known)}")
    needed = ["outcome", "alone_outcome"] if series == "added_value" else [series]
    kept = asked.finished.read(names, list(dict.fromkeys(["point", "arm", "month", *needed])))
    arms = list(asked.finished.study.arms)
    arms = [arm for arm in arms if arm != "alone" or series != "added_value"]
    tables = {arm: paths.bands(paths.grid(kept, arm, series)) for arm in arms}
    return paths.draw_fan(kept, series, arms), pd.concat(tables, names=["arm", "month"])


PLOTS_BY_KIND: dict[str, Callable[[Asked], Drawn]] = {
    "cloud": plot_cloud,
    "ridge": plot_ridge,
    "ecdf": plot_ecdf,
    "histogram": plot_histogram,
    "dots": plot_dots,
    "map": plot_map,
    "trend": plot_trend,
    "fan": plot_fan,
}
"""Kinds of figure, by the name they are asked for."""
BY_ARM: Sequence[str] = ("ecdf", "histogram", "dots", "fan")
"""Kinds that compare arms, and need no `by`."""
