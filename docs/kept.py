"""Tables of the documents that are made from what `make record` left in docs/record/."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

RECORD = Path(__file__).parent / "record"
"""What `make record` left: the tables of validation, calibration and forecast."""
MOST_SHOW = 2 / 3
"""A pattern that a larger share of the wide box's single worlds shows hardly discriminates."""


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; `head` names the columns, with | between them."""
    columns = [name.strip() for name in head.split("|")]
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def kept(name: str) -> list[dict[str, str]]:
    """A table of the record."""
    with (RECORD / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_pattern() -> dict[str, dict[str, dict[str, str]]]:
    """The rows of validation by pattern, then by column."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in kept("patterns.csv"):
        found.setdefault(row["pattern"], {})[row["column"]] = row
    return found


def patterns() -> str:
    """Every pattern: what it is used for, its power to tell, and who meets it, as `make record` left them."""
    rows = []
    for name, columns in by_pattern().items():
        about, power = next(iter(columns.values())), float(columns["wide box"]["share"])
        marks = (f"{'' if row['met'] == '1' else 'not '}{float(row['simulated']):.2f}" for row in columns.values())
        shown = f"{power:.2f}" if power <= MOST_SHOW else f"{power:.2f} (hardly discriminates)"
        use = about["use"].replace(";", ",")
        rows.append((f"[`{name}`](../configs/pattern/{name}.yaml)", use, about["observed"], shown, *marks))
    columns = next(iter(by_pattern().values()))
    return table(f"pattern|used for|observed|shown by single worlds|{'|'.join(columns)}", rows)


def patterns_met() -> str:
    """How many patterns each column meets: of all, of those that discriminate, and of those for validation only."""
    found = by_pattern()

    def met(column: str, names: Iterable[str]) -> str:
        names = list(names)
        return f"{sum(found[name][column]['met'] == '1' for name in names)} of {len(names)}"

    bites = [name for name, columns in found.items() if float(columns["wide box"]["share"]) <= MOST_SHOW]
    unseen = [name for name, columns in found.items() if columns["wide box"]["use"] == "validation"]
    rows = [
        (column, met(column, found), met(column, bites), met(column, unseen), met(column, set(bites) & set(unseen)))
        for column in next(iter(found.values()))
    ]
    return table("model or worlds|all|discriminating|for validation only|both", rows)


def order_by_model() -> str:
    """The headline's contrast in the worlds of each model, as `make record` left it."""
    rows = []
    for row in kept("order.csv"):
        shares = (f"{100 * float(row[name]):.0f}%" for name in ("structure_first", "neither", "purpose_first"))
        mean, low, high = (f"{float(row[name]):+.3f}" for name in ("mean", "low", "high"))
        rows.append((row["column"], row["distinct"], *shares, f"{mean} ({low} to {high})"))
    head = "worlds|distinct|structure first better|no practical difference|purpose first better|mean difference"
    return table(head, rows)


def left_out() -> str:
    """Each calibration pattern, as worlds show it that were calibrated without it."""
    rows = []
    for row in kept("leave_one_out.csv"):
        after, before = (
            f"{'met' if row[f'{side}met'] == '1' else 'not met'}: {float(row[f'{side}value']):.2f} "
            f"({float(row[f'{side}low']):.2f} to {float(row[f'{side}high']):.2f})"
            for side in ("", "prior_")
        )
        rows.append((f"`{row['pattern']}`", after, before))
    return table("pattern left out|worlds calibrated without it|worlds of the wide box", rows)


def transfers() -> str:
    """Every failure mode in the wide box, as `make record` left it: its base rate, and its remedy at home and there."""
    rows = []
    for row in kept("transfer.csv"):
        arms = (row[arm] for arm in ("structure_first", "purpose_first", "balanced", "neither"))
        rates = [f"{100 * float(rate):.0f}%" for rate in (row["base_rate"], *arms)]
        effects = [
            "/".join(f"{100 * float(row[f'{where}_{word}']):.0f}" for word in ("helps", "nothing", "harms"))
            if row[f"{where}_helps"] else "-"
            for where in ("home", "box")
        ]  # fmt: skip
        rows.append((row["mode"].replace("_", " "), *rates, *effects, row["transfers"]))
    return table(
        "mode|all arms|structure first|purpose first|balanced|neither|remedy at home: helps/nothing/harms|"
        "in the wide box|transfers", rows
    )  # fmt: skip


def forecast_of(name: str) -> str:
    """A forecast, as `make record` left it: the median and the 90% interval over worlds."""
    rows: dict[str, list[str]] = {}
    for row in kept(f"{name}.csv"):
        digits = {"delay": 0, "score": 1}.get(row["quantity"], 3)
        low, middle, high = (f"{float(row[at]):.{digits}f}" for at in ("q5", "q50", "q95"))
        rows.setdefault(row["quantity"], [f"`{row['quantity']}`"]).append(f"{middle} ({low} to {high})")
    levers = list(dict.fromkeys(row["lever"] for row in kept(f"{name}.csv")))
    return table(f"quantity|{'|'.join(levers)}", rows.values())


PARTS_OF_THE_RECORD: dict[str, Callable[[], str]] = {
    "patterns": patterns,
    "patterns_met": patterns_met,
    "left_out": left_out,
    "transfers": transfers,
    "order_by_model": order_by_model,
    "icb_2027": lambda: forecast_of("icb_2027"),
}
