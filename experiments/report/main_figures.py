"""The figures of a report: each with its title, caption, description in words, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from experiments import wording
from experiments.analysis.contrasts import Estimate, PairedResult
from experiments.analysis.headline import Findings
from experiments.figures import distributions, flags, maps, mechanisms, paths
from experiments.report.picture import Picture, Table
from experiments.study.definition import AS_IT_STANDS, NO_VARIANT


def main_pictures(findings: Findings) -> list[Picture]:
    """The figures this study has the tables for, in the order a reader meets them."""
    makers: tuple[Callable[[Findings], Picture | None], ...] = (
        differences_picture,
        win_map_picture,
        effects_picture,
        fans_picture,
        variants_picture,
        ecdf_picture,
        arm_means_picture,
        failure_rates_picture,
        failure_maps_picture,
    )
    return [picture for maker in makers if (picture := maker(findings)) is not None]


def differences_picture(findings: Findings) -> Picture:
    """All paired differences."""
    result, contrast = findings.result, findings.contrast
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    return Picture(
        "differences",
        "How large are the differences?",
        f"Each world was run twice, once with {a} and once with {b}, with the same partners and the same random "
        "draws. Bars "
        f"to the right of the grey region are worlds where {a} did better. The difference in the middle world is "
        f"{wording.estimated(result.median)}. The chance that {a} does better in a world, however little, is "
        f"{wording.percent(result.superiority.value)}. Without sharing worlds, the same precision would have taken "
        f"{result.pairing:.1f} times as many.",
        f"Histogram of the difference in {wording.outcome(contrast.outcome)} between {a} and {b} in the same world. "
        f"{_three(result, a, b)}",
        distributions.draw_differences(findings.pairs, result, contrast),
        (verdict_table({"all worlds": result}, a, b), _quantiles(result)),
    )


def _three(result: PairedResult, a: str, b: str) -> str:
    won, lost, tied = (wording.percent(count.share.value) for count in (result.wins, result.losses, result.ties))
    return f"{a.capitalize()} is better in {won} of worlds, {b} in {lost}; in {tied} there is no practical difference."


def verdict_table(results: dict[str, PairedResult], a: str, b: str) -> Table:
    """Worlds, shares with intervals, and the mean difference, one row a result."""
    columns = ("", "worlds", f"{a} better", "no practical difference", f"{b} better", "mean difference")
    rows = []
    for name, result in results.items():
        counts = [wording.share_range(count.share) for count in (result.wins, result.ties, result.losses)]
        rows.append((name, f"{result.worlds:,}", *counts, signed(result.mean)))
    return Table("Share of worlds, and mean difference, with 95% intervals", columns, tuple(rows))


def signed(estimate: Estimate, digits: int = 4) -> str:
    """A difference with its interval: `+0.0046 (+0.0040 to +0.0052)`."""
    value, low, high = (wording.signed(number, digits) for number in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})"


def _quantiles(result: PairedResult) -> Table:
    columns = ("worlds at or below", *(f"{share}%" for share in result.quantiles))
    return Table(
        "Quantiles of the difference", columns, (("difference", *map(wording.signed, result.quantiles.values())),)
    )


def win_map_picture(findings: Findings) -> Picture | None:
    """Who wins over the two strongest parameters; None where fewer than two vary."""
    discovery, contrast, design = findings.discovery, findings.contrast, findings.design
    if len(discovery.effects) < 2:
        return None
    across, up = discovery.effects[0].factor, discovery.effects[1].factor
    factors = findings.study.design.factors
    spans = (maps.edges(across, factors[across], len(design)), maps.edges(up, factors[up], len(design)))
    here = findings.pairs.index.isin(design.index)
    paired = design.loc[findings.pairs.index[here]]
    cells = maps.win_table(paired[across].to_numpy(), paired[up].to_numpy(), findings.winners[here], *spans)
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    most, least = cells.loc[cells["net"].idxmax()], cells.loc[cells["net"].idxmin()]
    return Picture(
        "win_map",
        "Where does each win?",
        f"The two parameters that most set apart the worlds each wins: {wording.plain(across)} "
        f"({wording.meaning(across)}) and {wording.plain(up)} ({wording.meaning(up)}). All other parameters "
        f"vary freely "
        "within each cell.",
        f"Map over {wording.plain(across)} and {wording.plain(up)}. {a.capitalize()} leads most where "
        f"{_cell(most, across, up, spans)}, {b} where {_cell(least, across, up, spans)}.",
        maps.draw_win_map(cells, (across, up), spans, contrast),
        (
            map_table(
                cells, across, up, spans, f"Wins of {a} less wins of {b}, per 100 worlds; in brackets where undecided"
            ),
        ),
    )


def _bin(edges: pd.Series, place: int) -> str:
    return f"{wording.amount(edges[place])} to {wording.amount(edges[place + 1])}"


def _cell(cell: pd.Series, across: str, up: str, spans: maps.Spans) -> str:
    column, row = _bin(spans[0], int(cell["column"])), _bin(spans[1], int(cell["row"]))
    lead = f"{abs(100 * cell['net']):.0f} more wins per 100 worlds"
    return f"{wording.plain(across)} is {column} and {wording.plain(up)} is {row} ({lead})"


def map_table(
    cells: pd.DataFrame, across: str, up: str, spans: maps.Spans, caption: str, *, plus: bool = True
) -> Table:
    """A map as a table, rising upwards."""
    known = {(int(cell.column), int(cell.row)): cell for cell in cells.itertuples()}
    columns = (
        f"{wording.plain(up)} \N{DOWNWARDS ARROW}  {wording.plain(across)} \N{RIGHTWARDS ARROW}",
        *(_bin(spans[0], c) for c in range(len(spans[0]) - 1)),
    )
    rows = []
    for row in reversed(range(len(spans[1]) - 1)):
        texts = []
        for column in range(len(spans[0]) - 1):
            cell = known.get((column, row))
            text = (
                "" if cell is None else format(100 * cell.net, "+.0f" if plus else ".0f").replace("-", "\N{MINUS SIGN}")
            )
            texts.append(text if cell is None or cell.decided else f"({text})")
        rows.append((_bin(spans[1], row), *texts))
    return Table(caption, columns, tuple(rows))


def effects_picture(findings: Findings) -> Picture | None:
    """How well each parameter tells the winners apart; None where nothing varies."""
    strongest, contrast = findings.discovery.effects, findings.contrast
    if not strongest:
        return None
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    rows = tuple(
        (wording.plain(effect.factor), wording.meaning(effect.factor), signed(effect.effect, 3)) for effect in strongest
    )
    first = ", ".join(wording.plain(effect.factor) for effect in strongest[:5])
    return Picture(
        "effects",
        "What sets apart the worlds each wins?",
        f"Take one world that {a} wins and one that {b} wins, at random. If a parameter did not matter, each would "
        "be as likely as the other to have the higher value: a bar of length 0. A bar that reaches a half would "
        "tell the two kinds of world apart without fail.",
        f"Bar chart of how strongly each parameter tells apart the worlds each arm wins. The strongest are {first}.",
        maps.draw_effects(strongest, contrast),
        (
            Table(
                "Chance of the higher value less one half, with intervals that hold for all parameters together",
                ("parameter", "meaning", "effect"),
                rows,
            ),
        ),
    )


def fans_picture(findings: Findings) -> Picture | None:
    """Added value over the months; None where no months were kept."""
    if findings.trajectories is None:
        return None
    contrast, kept = findings.contrast, findings.trajectories
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    tables = {
        name: paths.bands(paths.grid(kept, arm, "added_value")) for name, arm in ((a, contrast.a), (b, contrast.b))
    }
    months = len(tables[a])
    step = 12 if months >= 36 else max(1, months // 6)
    last = {name: table.iloc[-1] for name, table in tables.items()}
    shown = [month for month in range(1, months + 1) if month % step == 0 or month == months]
    rows = tuple((str(month), *(_band(table.loc[month]) for table in tables.values())) for month in shown)
    return Picture(
        "fans",
        "How do partnerships move over time?",
        "Added value is what the population has gained beyond what the same partners would have achieved each "
        "acting alone. The darker band holds the middle half of worlds, the lighter one nine tenths; thin lines are "
        "single partnerships.",
        f"Fan charts over {months} months. In the last month the median added value is "
        f"{wording.signed(last[a]['q50'])} with {a} and {wording.signed(last[b]['q50'])} with {b}; the middle half of "
        f"worlds runs from {wording.signed(last[a]['q25'])} to {wording.signed(last[a]['q75'])} and from "
        f"{wording.signed(last[b]['q25'])} to {wording.signed(last[b]['q75'])}.",
        paths.draw_fans(kept, contrast.a, contrast.b),
        (Table("Added value: median (middle half of worlds)", ("month", *tables), rows),),
    )


def _band(row: pd.Series) -> str:
    return f"{wording.signed(row['q50'])} ({wording.signed(row['q25'])} to {wording.signed(row['q75'])})"


def variants_picture(findings: Findings) -> Picture | None:
    """The contrast under each variant; None where there are none."""
    if not findings.variants:
        return None
    contrast = findings.contrast
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    named = {
        AS_IT_STANDS if name == NO_VARIANT else wording.plain(name): result
        for name, result in findings.variants.items()
    }
    changes = [
        f"{wording.plain(name)}: {', '.join(f'{parameter} = {value:g}' for parameter, value in sorted(values.items()))}"
        for name, values in sorted(findings.study.variants.items())
    ]
    described = " ".join(f"{name.capitalize()}: {_three(result, a, b)}" for name, result in named.items())
    return Picture(
        "variants",
        "Does one mechanism decide the answer?",
        f"The same worlds again, one mechanism switched off or evened out at a time ({'; '.join(changes)}).",
        f"Bars of who wins, and mean differences, for each mechanism changed. {described}",
        mechanisms.draw_variants(named, contrast),
        (verdict_table(named, a, b),),
    )


def ecdf_picture(findings: Findings) -> Picture:
    """Cumulative shares by arm."""
    contrast, arms = findings.contrast, findings.arms
    columns = ("arm", "5%", "25%", "50%", "75%", "95%", "worlds above 0")
    rows = tuple(
        (wording.plain(str(arm)), *(wording.signed(row[f"q{q}"]) for q in (5, 25, 50, 75, 95)),
         wording.share_range(Estimate(row["above_zero"], row["above_zero_low"], row["above_zero_high"])))
        for arm, row in arms.iterrows()
    )  # fmt: skip
    middle = ", ".join(f"{wording.plain(str(arm))} {wording.signed(row['q50'])}" for arm, row in arms.iterrows())
    return Picture(
        "ecdf",
        "What does each way of building achieve?",
        "A line further to the right is better. Lines that lie on each other here may still differ within single "
        "worlds, which is what the paired comparison above shows.",
        f"Cumulative distribution of {wording.outcome(contrast.outcome)} by arm. Medians: {middle}.",
        distributions.draw_ecdf(findings.runs, tuple(map(str, arms.index)), contrast),
        (Table(f"{wording.outcome(contrast.outcome).capitalize()} in worlds at or below each share", columns, rows),),
    )


def arm_means_picture(findings: Findings) -> Picture:
    """Means by arm."""
    contrast, arms = findings.contrast, findings.arms
    rows = tuple(
        (wording.plain(str(arm)), f"{int(row['worlds']):,}", signed(Estimate(row["mean"], row["low"], row["high"])))
        for arm, row in arms.iterrows()
    )
    means = ", ".join(f"{wording.plain(str(arm))} {wording.signed(row['mean'])}" for arm, row in arms.iterrows())
    caption = "Means over all worlds, and how far worlds spread around them."
    if _spread_is_larger(arms):
        caption += (
            " The spread is far larger than the differences: which world one is in matters more than how one builds."
        )
    return Picture(
        "arm_means",
        "How do the ways of building compare on average?",
        caption,
        f"{wording.outcome(contrast.outcome).capitalize()} by arm, averaged over worlds: {means}.",
        distributions.draw_arm_means(arms, contrast.outcome),
        (Table(f"Average of {wording.outcome(contrast.outcome)}, with 95% interval", ("arm", "worlds", "mean"), rows),),
    )


def _spread_is_larger(arms: pd.DataFrame) -> bool:
    others = arms.drop(index="alone", errors="ignore")
    return bool((others["q75"] - others["q25"]).min() > 2 * (others["mean"].max() - others["mean"].min()))


def failure_rates_picture(findings: Findings) -> Picture | None:
    """How often each failure mode shows; None where runs were not searched."""
    if findings.flags is None:
        return None
    shares = flags.failure_shares(findings.flags)
    rows = tuple(
        (wording.plain(mode), *(wording.share_range(count.share) for count in by_arm.values()))
        for mode, by_arm in shares.items()
    )
    arms = tuple(wording.plain(arm) for arm in next(iter(shares.values())))
    most = {arm: max(shares, key=lambda mode: shares[mode][arm].share.value) for arm in next(iter(shares.values()))}
    listed = ", ".join(f"{wording.plain(mode)} with {wording.plain(arm)}" for arm, mode in most.items())
    return Picture(
        "failures",
        "How do partnerships fail?",
        "A run may fail in several ways at once, or in none. A mode that needs a lever (an umbrella, a pool, a review, "
        "relaunches) shows nowhere if the lever was not used.",
        f"Table of how often each failure mode shows under each arm. Most often: {listed}.",
        flags.draw_by_arm(shares, findings.flags["point"].nunique()),
        (Table("Share of runs that fail in this way, with 95% intervals", ("failure mode", *arms), rows),),
    )


def failure_maps_picture(findings: Findings) -> Picture | None:
    """Where each failure mode shows; None where runs were not searched, or too little varies."""
    factors = findings.study.design.factors
    if findings.flags is None or len(factors) != 2:
        return None
    first, second = factors
    names = (first, second)
    spans = tuple(maps.edges(name, factors[name], len(findings.design)) for name in names)
    cells = flags.cells(findings.flags, findings.design, names, (spans[0], spans[1]))
    if not cells:
        return None
    across, up = map(wording.plain, names)
    tables = tuple(
        map_table(
            table.assign(decided=True),
            *names,
            (spans[0], spans[1]),
            f"{wording.plain(mode)}: runs that fail in this way, per 100",
            plus=False,
        )
        for mode, table in cells.items()
    )
    return Picture(
        "failure_maps",
        "Where do partnerships fail?",
        f"Share of runs, over all arms, that fail in each way, by {across} and {up}. Modes that show in under 1 of 100 "
        "runs are left out.",
        f"Maps of {wording.listing([wording.plain(mode) for mode in cells])} over {across} and {up}.",
        flags.draw_failure_maps(cells, names, (spans[0], spans[1])),
        tables,
    )
