"""The tables that documents show of the record are what the commands give, and are of the files as they stand."""

from __future__ import annotations

import csv
import json

import pytest

from experiments.calibration.calibrate import Asked as Calibrating
from experiments.calibration.calibrate import identity, target
from experiments.calibration.forecast import identity as forecast_identity
from experiments.calibration.forecast import load_forecast, predict
from experiments.calibration.measure import judge_pattern
from experiments.calibration.order import order_in
from experiments.calibration.pattern import load_patterns, rivals
from experiments.calibration.pieces import kinds_of
from experiments.calibration.smc import Plan
from experiments.calibration.validate import WORLDS_PLAYED, Asked, columns, measured
from experiments.study.definition import RESULTS_VERSION
from tests.faults import ROOT

RECORD = ROOT / "docs/record"


def kept(name):
    with (RECORD / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_worlds_that_are_kept_were_calibrated_on_the_patterns_as_they_stand():
    record = json.loads((RECORD / "calibration.json").read_text(encoding="utf-8"))
    plan = Plan(**record["plan"])
    asked = Calibrating(seed=record["seed"], plan=plan)
    wanted = target(asked)
    assert record["id"] == identity(asked, wanted, kinds_of(wanted)), "calibrate again: make record"
    assert record["id"] != identity(Calibrating(seed=2, plan=plan), wanted, kinds_of(wanted)), "control: another seed"


def test_every_pattern_stands_in_the_table_under_every_model():
    rows = kept("patterns.csv")
    names = [column.name for column in columns()]
    assert {(row["pattern"], row["column"]) for row in rows} == {
        (p.name, name) for p in load_patterns() for name in names
    }
    assert {row["pattern"]: row["use"] for row in rows} == {p.name: "; ".join(p.use) for p in load_patterns()}
    assert {row["column"] for row in kept("order.csv")} == set(names) >= set(rivals())
    assert {row["pattern"] for row in kept("leave_one_out.csv")} == {p.name for p in target(Calibrating())}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default world", "no trust"])
def test_a_column_of_the_table_is_what_the_command_gives(name):
    """Patterns of the quicker scenarios, in as many runs as `partnership validate` makes."""
    scenarios = ("hwb_2015", "finch_2016", "lsp_jsna")
    wanted = [pattern for pattern in load_patterns() if pattern.scenario in scenarios]
    (column,) = [column for column in columns() if column.name == name]
    rows = {row["pattern"]: row for row in kept("patterns.csv") if row["column"] == name}
    for pattern in wanted:
        verdict = judge_pattern(pattern, measured(Asked(runs=WORLDS_PLAYED), [pattern], column)[pattern.name])
        row = rows[pattern.name]
        assert (f"{verdict.value:.6g}", f"{verdict.share:.6g}") == (row["simulated"], row["share"]), pattern.name
        assert str(int(verdict.met)) == row["met"]


@pytest.mark.slow
def test_the_order_in_the_table_is_what_the_command_gives():
    (column,) = [column for column in columns() if column.name == "calibrated"]
    (row,) = [row for row in kept("order.csv") if row["column"] == "calibrated"]
    found = order_in(column, column.worlds(2000, 1), 1)
    assert f"{found.first:.6g} {found.second:.6g} {found.mean:.6g}" == " ".join(
        row[name] for name in ("structure_first", "purpose_first", "mean")
    )


@pytest.mark.slow
def test_the_forecast_that_is_kept_is_what_the_command_gives():
    """As long as the model is the one it was made with; later it stands as it was made, and says which that was."""
    record, forecast = json.loads((RECORD / "icb_2027.json").read_text(encoding="utf-8")), load_forecast("icb_2027")
    page = (ROOT / "docs/forecasts/2026-11-27-integrated-care-boards.md").read_text(encoding="utf-8")
    assert record["id"] in page and record["made"] == forecast.made
    if record["results_version"] == RESULTS_VERSION:
        assert record["id"] == forecast_identity(forecast, record["runs"], record["seed"])
        predicted = predict(forecast, record["runs"], record["seed"])
        rows = {(row["lever"], row["quantity"]): row["q50"] for row in kept("icb_2027.csv")}
        assert {(each.lever, each.quantity): f"{each.quantiles[2]:.6g}" for each in predicted} == rows


NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven")


def test_what_the_page_says_of_rivals_is_what_was_counted():
    page = " ".join((ROOT / "docs/scenarios.md").read_text(encoding="utf-8").split())
    record = json.loads((RECORD / "validation.json").read_text(encoding="utf-8"))
    met, of = record["met"]["calibrated"]["discriminating"]
    assert of == 20 and f"Of the twenty patterns that discriminate the whole model meets {met}." in page
    counted = {name: record["met"][name]["discriminating"][0] for name in rivals()}
    every = {name: record["met"][name]["all"][0] for name in (*rivals(), "calibrated", "default world")}
    assert (every.pop("default world"), every.pop("calibrated")) == (22, 20)
    assert "**The default world meets 22 of 29,**" in page
    assert f"Over all 29 it meets 20 and the rivals {min(every.values())} to {max(every.values())}" in page
    as_many = [name for name, count in counted.items() if count == met]
    assert as_many == ["no purpose", "no trust", "no overhead", "no leaving"]
    assert set(counted.values()) - {met} == {12} and "without own work, or without outside support, 12," in page
    models = (*rivals(), "calibrated", "wide box")
    ((shown, among),) = {tuple(record["met"][name]["discriminating, for validation only"]) for name in models}
    said = f"Of the {NUMBERS[among]} that discriminate and that nobody has used, every model meets {NUMBERS[shown]}"
    assert said in page and "and so does the wide box" in page
    for name in as_many:
        observation = record["apart"][name]
        whole, rival = (f"{round(observation[side], 2) + 0.0:.2f}" for side in ("whole", "rival"))
        assert f"| {name} |" in page and f"(`{observation['scenario']}`) | {whole} | {rival} |" in page


def test_what_the_pages_say_of_plantings_and_of_what_was_left_out_is_what_was_counted():
    pages = [(ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("scenarios", "trace")]
    share = json.loads((RECORD / "plantings.json").read_text(encoding="utf-8"))["mean_coverage"]["0.9"]
    assert all(f"{share:.0%}" in page for page in pages)
    rows = kept("leave_one_out.csv")
    unseen = {row["pattern"] for row in rows if row["met"] == "1"}
    assert (len(unseen), len(rows)) == (5, 10) and "Five of ten are met unseen" in pages[0]
    assert unseen == {row["pattern"] for row in rows if row["prior_met"] == "1"}
