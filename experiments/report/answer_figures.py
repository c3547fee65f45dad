"""The figures that carry the answer, in the order of its steps."""

from __future__ import annotations

from experiments import wording
from experiments.analysis.answer import FATES, Answer, Fate, lead
from experiments.analysis.headline import Findings
from experiments.figures import answer as drawn
from experiments.figures.mechanisms import draw_variants
from experiments.report.main_figures import signed, verdict_table
from experiments.report.picture import Picture, Table


def answer_pictures(answer: Answer | None, findings: Findings) -> list[Picture]:
    """The figures of the steps this study can tell of."""
    if answer is None:
        return []
    makers = (fates_picture, orders_picture, months_picture, ends_picture, groups_picture)
    return [picture for maker in makers if (picture := maker(answer, findings)) is not None]


def fates_picture(answer: Answer, findings: Findings) -> Picture | None:
    """What becomes of 100 worlds, by arm."""
    if not answer.fates:
        return None
    rows = tuple(
        (wording.plain(fate.arm), *(wording.share_range(count.share) for count in fate.counts)) for fate in answer.fates
    )
    described = "; ".join(f"{wording.plain(fate.arm)}: {fate_words(fate)}" for fate in answer.fates)
    return Picture(
        "fates",
        "What becomes of 100 worlds?",
        "The first question is not in which order to build but whether partnership pays. Each bar is the same worlds "
        "under one arm.",
        f"Bars of what becomes of 100 worlds by arm. {described}.",
        drawn.draw_fates(answer.fates, answer.worlds),
        (Table("Share of worlds, with 95% intervals", ("arm", *FATES), rows), setup_table(answer)),
    )


def fate_words(fate: Fate) -> str:
    """`collapsed 20, harm 14, no difference 14, gain 52`."""
    named = zip(FATES, fate.counts, strict=True)
    return ", ".join(f"{name} {wording.in_100(count.share.value)}" for name, count in named)


def setup_table(answer: Answer) -> Table:
    """Each arm with a setup against none."""
    rows = tuple(
        (wording.plain(row.arm), *(wording.share_range(count.share) for count in (row.result.wins, row.result.losses)),
         signed(row.result.mean), *(wording.share_range(count.share) for count in (row.last.wins, row.last.losses)))
        for row in answer.setup
    )  # fmt: skip
    columns = ("arm", "better than neither", "worse", "mean difference", "better in the last month", "worse")
    return Table("Setup against meeting and working without any, with 95% intervals", columns, rows)


def orders_picture(answer: Answer, findings: Findings) -> Picture | None:
    """The contrast in all worlds, living ones, and where both treatments took."""
    if len(answer.orders) < 2:
        return None
    contrast = findings.contrast
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    described = "; ".join(
        f"{name}: {a} {wording.in_100(result.wins.share.value)}, {b} {wording.in_100(result.losses.share.value)}"
        for name, result in answer.orders.items()
    )
    return Picture(
        "orders",
        "Which order, where it can matter?",
        "Many ties are worlds in which a partnership collapses whatever is built first, or in which setup builds "
        "little. So the contrast again in worlds that live under at least one of the two, and in those where both "
        "setups took: where what each builds first stood above a half in some month.",
        f"Bars of who wins. {described}.",
        draw_variants(answer.orders, contrast),
        (verdict_table(answer.orders, a, b),),
    )


def months_picture(answer: Answer, findings: Findings) -> Picture | None:
    """The contrast month by month."""
    if answer.monthly is None or findings.trajectories is None:
        return None
    contrast, monthly = findings.contrast, answer.monthly
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    every = 6 if len(monthly) >= 24 else 1
    rows = tuple(
        (str(month), wording.percent(row["a"]), wording.percent(row["b"]),
         f"{wording.signed(row['mean'], 4)} ({wording.signed(row['low'], 4)} to {wording.signed(row['high'], 4)})")
        for month, row in monthly.iterrows() if int(str(month)) % every == 0
    )  # fmt: skip
    later = {f"month {row.months}": row.last for row in answer.horizons}
    over = {f"mean of {row.months} months": row.over for row in answer.horizons}
    tables = (Table("Ahead, and mean difference", ("month", f"{a} ahead", f"{b} ahead", "mean difference"), rows),)
    first, last = monthly.iloc[min(11, len(monthly) - 1)], monthly.iloc[-1]
    return Picture(
        "months",
        "When does the order matter?",
        "By the outcome of each month, not the mean up to it. What narrows with time is timing; only what stays apart "
        "is path dependence.",
        f"Lines of who is ahead by month. Early, {a} is ahead in {wording.percent(first['a'])} of worlds and {b} in "
        f"{wording.percent(first['b'])}; in month {len(monthly)} in {wording.percent(last['a'])} and "
        f"{wording.percent(last['b'])}.",
        drawn.draw_months(monthly, answer.horizons, contrast, findings.trajectories["point"].nunique()),
        (*tables, verdict_table({**later, **over}, a, b)) if later else tables,
    )


def ends_picture(answer: Answer, findings: Findings) -> Picture | None:
    """What the sign hangs on."""
    if not answer.ends:
        return None
    contrast = findings.contrast
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    rows = tuple(
        (wording.plain(row.factor),
         *(f"{wording.in_100(side.wins.share.value)} to {wording.in_100(side.losses.share.value)}"
           for side in (row.low, row.high)),
         f"{100 * row.swing:+.0f}".replace("-", "\N{MINUS SIGN}"), "yes" if row.moves else "no",
         "yes" if row.turns else "no",
         wording.signed(row.together, 2))
        for row in answer.ends
    )  # fmt: skip
    top = ", ".join(wording.plain(row.factor) for row in answer.ends[:5])
    columns = ("parameter", "lowest fifth", "highest fifth", "moves the lead by", "beyond chance", "changes sides",
               "beside all others")  # fmt: skip
    return Picture(
        "assumptions",
        "On which assumptions does the sign hang?",
        f"Each parameter by itself: the lead of {a} over {b} in the fifth of the worlds where it is lowest and in the "
        "fifth where it is highest. The table has every parameter that varies, and how much each matters beside all "
        "others (standardised regression coefficient on ranks).",
        f"Lines from the lead at the lowest to that at the highest fifth of each parameter. Most moved by {top}. The "
        f"largest: {100 * lead(answer.ends[0].low):+.0f} to {100 * lead(answer.ends[0].high):+.0f} worlds of 100.",
        drawn.draw_ends(answer.ends, contrast),
        (Table(f"Wins of {a} to wins of {b}, of 100 worlds", columns, rows),),
    )


def groups_picture(answer: Answer, findings: Findings) -> Picture | None:
    """Who gains."""
    if not answer.groups:
        return None
    rows = tuple(
        (wording.plain(row.arm), signed(row.worse_off), signed(row.others),
         *(wording.share_range(count.share) for count in (row.widens, row.narrows)))
        for row in answer.groups
    )  # fmt: skip
    described = "; ".join(
        f"{wording.plain(row.arm)} {wording.signed(row.worse_off.value)} and {wording.signed(row.others.value)}"
        for row in answer.groups
    )
    columns = ("arm", "worse off gain", "others gain", "gap widens", "gap narrows")
    return Picture(
        "groups",
        "Who gains?",
        "The population is in two groups. A gain for both may still widen the gap between them.",
        f"Mean added value for the worse off and the others, by arm: {described}.",
        drawn.draw_groups(answer.groups, answer.worlds),
        (Table("Added value over acting alone, and the gap, with 95% intervals", columns, rows),),
    )
