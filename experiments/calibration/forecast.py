"""A forecast, written down before it can be known: what calibrated worlds say will follow, and what would be wrong.

`partnership forecast forecast=NAME`. A forecast is made of quantities that are read as patterns are, with nothing
observed yet. Written to `results/forecast/<name>/<id>/`: forecast.csv, summary.json and the figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from experiments.calibration.pattern import CALIBRATION, Pattern, changed, check_readings, pattern_from
from experiments.calibration.pieces import in_pieces
from experiments.config import yaml_files
from experiments.config.boxes import of_box, path_of
from experiments.config.fields import Fields
from experiments.config.folders import configs
from experiments.config.scenarios import load_scenario
from experiments.errors import among
from experiments.execution.place import available_workers
from experiments.study.definition import RESULTS_VERSION

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the worlds: the 90% and the 50% interval, and the median."""
WORLDS_AT_A_TIME = 5
"""Worlds that a worker plays at a time."""
BOX = "calibrated"
"""The worlds a forecast is made from: those that calibration leaves."""
AS_IT_STANDS = "as it stands"
"""The lever that changes nothing."""


@dataclass(frozen=True)
class Quantity:
    """Something that will be known: how the simulation is read for it, and what would count as wrong."""

    pattern: Pattern
    about: str
    wrong: str


@dataclass(frozen=True)
class Lever:
    """Something that might be done: what, and the parameters it changes."""

    about: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Forecast:
    """What is predicted of a scenario, made on a date, to be known by another."""

    name: str
    scenario: str
    source: str
    about: str
    made: str
    known_by: str
    quantities: Mapping[str, Quantity]
    levers: Mapping[str, Lever]


@dataclass(frozen=True)
class Predicted:
    """A quantity under a lever: its quantiles over worlds, each the mean over all places of one world."""

    lever: str
    quantity: str
    quantiles: tuple[float, ...]


def forecasts() -> list[str]:
    """The forecasts there are."""
    return sorted(path.stem for path in (configs() / "forecast").glob("*.yaml"))


def load_forecast(name: str) -> Forecast:
    """A forecast by name. Raises `ConfigError` if there is none, or it cannot be used."""
    among(name, forecasts(), "forecast")
    fields = Fields(f"forecast {name}", yaml_files.read_yaml(configs() / "forecast" / f"{name}.yaml").content)
    scenario, source = fields.text("scenario"), fields.text("source")
    under, without = fields.mapping("under"), fields.mapping("without")
    quantities = {
        str(key): quantity(str(key), Fields(f"{fields.path}.{key}", part), scenario, source, under, without)
        for key, part in fields.mapping("quantities").items()
    }
    levers = {str(key): lever(Fields(f"{fields.path}.{key}", part)) for key, part in fields.mapping("levers").items()}
    forecast = Forecast(
        name, scenario, source, fields.text("about"), fields.text("made"), fields.text("known_by"),
        quantities, {AS_IT_STANDS: Lever("nothing more is done", {}), **levers},
    )  # fmt: skip
    fields.done()
    return forecast


def quantity(
    name: str, fields: Fields, scenario: str, source: str, under: Mapping[str, Any], without: Mapping[str, Any]
) -> Quantity:
    """One quantity of a forecast, as a pattern of which nothing has been observed."""
    about, wrong, kind = fields.text("about"), fields.text("wrong"), among(fields.text("kind"), READ_AS, fields.path)
    reading = dict(fields.mapping("reading"))
    content = {
        "scenario": scenario, "source": source, "fact": about, "care": wrong, "use": [CALIBRATION], "kind": kind,
        "under": under, "observed": {"from": 0, "to": 1},
    }  # fmt: skip
    if kind == "delay":
        content |= {"reading": reading, "at": fields.take("at"), "without": without}
    else:
        content |= {"this": reading, "than": {**reading, "under": without}}
    fields.done()
    pattern = pattern_from(name, content)
    check_readings(pattern, load_scenario(scenario))
    return Quantity(pattern, about, wrong)


READ_AS = ("amount", "delay")
"""The kinds of patterns that a quantity can be read as."""


def lever(fields: Fields) -> Lever:
    """One lever of a forecast."""
    made = Lever(fields.text("about"), changed(fields.path, fields.mapping("parameters")))
    fields.done()
    return made


def predict(forecast: Forecast, runs: int, seed: int, workers: int | None = None) -> list[Predicted]:
    """Every quantity under every lever, in so many calibrated worlds; the same worlds and chance for all levers."""
    worlds = of_box(BOX, runs, seed)
    patterns = [each.pattern for each in forecast.quantities.values()]
    predicted = []
    with ThreadPoolExecutor(workers or available_workers()) as executor:
        for name, pulled in forecast.levers.items():
            measured = in_pieces(patterns, worlds, seed, executor, WORLDS_AT_A_TIME, changes=pulled.parameters)
            predicted += [Predicted(name, each.name, quantiles(measured[each.name].value)) for each in patterns]
    return predicted


def quantiles(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, ...]:
    """The quantiles of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return tuple(float(np.quantile(known, at)) if len(known) else float("nan") for at in QUANTILES)


def identity(forecast: Forecast, runs: int, seed: int) -> str:
    """A hash of everything that decides what is predicted: the model's version, the worlds, and what is asked."""
    kind = load_scenario(forecast.scenario)
    content = [
        RESULTS_VERSION, runs, seed, hashlib.blake2b(path_of(BOX).read_bytes(), digest_size=8).hexdigest(),
        dict(kind.parameters), kind.half_widths, kind.n_localities,
        [asdict(each.pattern) for each in forecast.quantities.values()],
        {name: dict(pulled.parameters) for name, pulled in forecast.levers.items()},
    ]  # fmt: skip
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=6).hexdigest()


def of(predicted: Sequence[Predicted], lever: str, quantity: str) -> Predicted:
    """One quantity under one lever."""
    return next(each for each in predicted if (each.lever, each.quantity) == (lever, quantity))
