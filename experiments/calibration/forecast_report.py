"""What a forecast says: a table, lines for a terminal, and a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from experiments.calibration.forecast import AS_IT_STANDS, QUANTILES, Forecast, Predicted, identity, of, predict
from experiments.figures import calibration as figures
from experiments.report.picture import Picture, Table, image_files
from experiments.storage.files import as_json, write_bytes
from experiments.study.definition import RESULTS_VERSION


def run_forecast(forecast: Forecast, runs: int, seed: int, results: str, workers: int | None) -> list[str]:
    """Predict, write, and return what there is to say in a terminal."""
    predicted = predict(forecast, runs, seed, workers)
    name = identity(forecast, runs, seed)
    folder = Path(results) / "forecast" / forecast.name / name
    write_bytes(folder / "forecast.csv", forecast_csv(predicted))
    write_bytes(folder / "summary.json", as_json(forecast_summary(forecast, predicted, name, runs, seed)))
    for file, content in image_files([forecast_picture(forecast, predicted)], name).items():
        write_bytes(folder / file, content)
    return [*forecast_lines(forecast, predicted), "", f"Forecast {name}. Table: {folder / 'forecast.csv'}"]


def forecast_csv(predicted: Sequence[Predicted]) -> bytes:
    """One row for each quantity under each lever."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(("lever", "quantity", *(f"q{100 * at:g}" for at in QUANTILES)))
    for each in predicted:
        writer.writerow((each.lever, each.quantity, *(f"{value:.6g}" for value in each.quantiles)))
    return sink.getvalue().encode()


def forecast_summary(
    forecast: Forecast, predicted: Sequence[Predicted], name: str, runs: int, seed: int
) -> dict[str, object]:
    """What was asked, and what came of it."""
    return {
        "forecast": forecast.name,
        "id": name,
        "results_version": RESULTS_VERSION,
        "made": forecast.made,
        "known_by": forecast.known_by,
        "runs": runs,
        "seed": seed,
        "quantities": {key: {"about": each.about, "wrong": each.wrong} for key, each in forecast.quantities.items()},
        "predicted": [
            {"lever": each.lever, "quantity": each.quantity, "quantiles": list(each.quantiles)} for each in predicted
        ],
    }


def interval(predicted: Predicted) -> str:
    """`-0.08 (-0.15 to -0.02)`: the median and the 90% interval."""
    low, _, middle, _, high = predicted.quantiles
    digits = 0 if predicted.quantity == "delay" else 1 if predicted.quantity == "score" else 3
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def forecast_lines(forecast: Forecast, predicted: Sequence[Predicted]) -> list[str]:
    """Every quantity as it stands, then the first of them under every lever."""
    said = [f"{forecast.about}: made {forecast.made}, to be known by {forecast.known_by}. Median and 90% of worlds."]
    for key, each in forecast.quantities.items():
        said.append(f"  {interval(of(predicted, AS_IT_STANDS, key)):>28}  {each.about}")
    first = next(iter(forecast.quantities))
    said.append(f"{forecast.quantities[first].about.capitalize()}, if")
    for name, pulled in forecast.levers.items():
        said.append(f"  {interval(of(predicted, name, first)):>28}  {pulled.about}")
    return said


def forecast_table(forecast: Forecast, predicted: Sequence[Predicted]) -> Table:
    """Every quantity (rows) under every lever (columns): the median and the 90% interval."""
    rows = tuple(
        (each.about, *(interval(of(predicted, name, key)) for name in forecast.levers))
        for key, each in forecast.quantities.items()
    )
    return Table("Median and 90% of worlds", ("quantity", *forecast.levers), rows)


def forecast_picture(forecast: Forecast, predicted: Sequence[Predicted]) -> Picture:
    """The first two quantities under every lever."""
    shown = list(forecast.quantities)[:2]
    spans = {
        forecast.quantities[key].about: [(name, of(predicted, name, key).quantiles) for name in forecast.levers]
        for key in shown
    }
    return Picture(
        name="forecast",
        title=forecast.about,
        caption="Dots: the median over calibrated worlds; thick lines: half of them; thin lines: 90%.",
        alt="Intervals for each lever, one panel for each of two quantities.",
        figure=figures.draw_forecast(spans),
        tables=(forecast_table(forecast, predicted),),
    )
