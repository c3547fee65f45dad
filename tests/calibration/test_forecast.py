"""A forecast: what is asked stands in a file, the same worlds answer under every lever, mistakes are one message."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from experiments.calibration.forecast import AS_IT_STANDS, Lever, forecasts, identity, load_forecast, of, predict
from experiments.cli import main
from experiments.errors import ConfigError

ASKED = load_forecast("icb_2027")


@pytest.mark.parametrize("name", forecasts())
def test_every_forecast_says_when_it_was_made_and_what_would_be_wrong(name):
    forecast = load_forecast(name)
    assert forecast.made < "2027-04" and "20" in forecast.known_by
    assert all(each.wrong and each.about for each in forecast.quantities.values())


@pytest.mark.slow
def test_a_merger_that_takes_nothing_changes_nothing():
    """Control: without its losses every quantity is 0; with them trust and structure fall in the median world."""
    harmless = {AS_IT_STANDS: Lever("a merger that takes nothing", {"reorganisation_loss": 0.0, "distraction": 0.0})}
    untouched, taking = (predict(asked, 20, 1) for asked in (replace(ASKED, levers=harmless), ASKED))
    for quantity in ASKED.quantities:
        assert np.allclose(of(untouched, AS_IT_STANDS, quantity).quantiles, 0.0), quantity
    for quantity in ("trust", "structure"):
        assert of(taking, AS_IT_STANDS, quantity).quantiles[2] < 0.0


@pytest.mark.slow
def test_the_job_writes_the_same_bytes_whatever_the_workers(tmp_path, capsys):
    for workers in (1, 2):
        words = ["forecast", "forecast=icb_2027", "runs=20", f"workers={workers}", f"results={tmp_path / str(workers)}"]
        assert main(words) == 0
    name = identity(load_forecast("icb_2027"), 20, 1)
    one, two = (tmp_path / str(workers) / "forecast" / "icb_2027" / name for workers in (1, 2))
    assert (one / "forecast.csv").read_bytes() == (two / "forecast.csv").read_bytes()
    summary = json.loads((one / "summary.json").read_text(encoding="utf-8"))
    assert summary["id"] == name and (one / "forecast.png").exists() and "to be known by" in capsys.readouterr().out


def test_another_seed_and_other_runs_are_another_forecast():
    assert len({identity(ASKED, 20, 1), identity(ASKED, 20, 2), identity(ASKED, 30, 1)}) == 3


@pytest.mark.parametrize(("words", "message"), [
    (["forecast"], "forecast"), (["forecast", "forecast=icb_2028"], "did you mean 'icb_2027'"),
    (["forecast", "forecast=icb_2027", "runs=2"], "from 20 to"),
])  # fmt: skip
def test_a_mistake_is_one_message_and_exit_code_2(words, message, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_there_is_no_forecast_of_that_name():
    with pytest.raises(ConfigError, match="icb_2027"):
        load_forecast("icb")
