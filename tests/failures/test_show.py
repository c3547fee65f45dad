"""Demonstrations as the command line shows them, and partners' own accounts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from experiments.analysis.contrasts import Count, Estimate
from experiments.cli import main
from experiments.commands import demo
from experiments.config.composition import composed
from experiments.errors import ConfigError
from experiments.failures import detector_report, detectors, show
from experiments.failures.accounts import ACCOUNTS, accounts
from experiments.failures.demonstration import (
    demonstration_from,
    sentences,
)
from sim.failures import MODE_NAMES
from sim.model import Partnership
from sim.params import DEFAULTS, SETUPS

pytestmark = pytest.mark.slow


# -- partners' own accounts -------------------------------------------------------------------------------


def test_accounts_are_of_those_who_moved_most_and_add_up(performances):
    one = performances["overload"]
    shown = one.demonstration
    told = accounts(shown.parameters, shown.seed, one.chosen)
    assert len(told) == ACCOUNTS
    model = Partnership(setup=None, rng=shown.seed, world=one.chosen, **shown.parameters)
    efforts, commitments = [], [[partner.commitment for partner in model.partners]]
    while model.running:
        model.step()
        efforts.append([partner.effort for partner in model.partners])
        commitments.append([partner.commitment for partner in model.partners])
    moved = np.abs(np.array(efforts[-1]) - np.array(efforts[0]))
    assert {account.partner for account in told} == set(np.argsort(-moved, kind="stable")[:ACCOUNTS])
    for account in told:
        assert account.effort == (efforts[0][account.partner], efforts[-1][account.partner])
        assert account.commitment == (commitments[0][account.partner], commitments[-1][account.partner])
        gone = account.commitment[0] + sum(account.moves.values())
        path = np.array(commitments)[:, account.partner]
        if (path > 0).all() and (path < 1).all():
            assert gone == pytest.approx(account.commitment[1])
        said = account.described()
        assert f"partner {account.partner}," in said and "Our commitment went from" in said


def test_nobody_tells_of_a_partnership_that_never_was():
    assert accounts({**DEFAULTS, **SETUPS["alone"]}, 1, 0) == []


# -- the command line -------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_alone_the_job_lists_all_modes(elsewhere, capsys):
    assert main(["demo"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said and sentence in said for name, sentence in sentences().items())
    assert list(elsewhere.iterdir()) == []


def test_a_demonstration_tells_draws_and_writes_the_same_bytes_again(elsewhere, capsys):
    assert main(["demo", "failure=overload", "runs=60", "seed=4"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    here = Path("results/demo/overload")
    names = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    figures = {f"figures/{name}.{kind}" for name in ("paths", "distributions") for kind in ("png", "svg")}
    assert names == {"index.html", "summary.json", *figures}
    summary = json.loads((here / "summary.json").read_text())
    fails = summary["fails"]
    assert f"{fails['count']} of 60" in said and fails["of"] == 60
    assert summary["command"] == "partnership demo failure=overload runs=60 seed=4"
    page = (here / "index.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page and not re.search(r"(?:src|href)=\"https?:", page)
    assert summary["command"] in page and "Before you read on" in page
    before = {name: (here / name).read_bytes() for name in names}
    assert main(["demo", "failure=overload", "runs=60", "seed=4", "results=other"]) == 0
    assert {name: (Path("other/demo/overload") / name).read_bytes() for name in names} == before
    assert 'href="overload/index.html"' in Path("results/demo/index.html").read_text(encoding="utf-8")


def test_all_shows_every_mode(elsewhere, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(show, "show", lambda one, folder, command: shown.append((one.name, one.runs, command)) or [])
    assert main(["demo", "failure=all", "runs=50"]) == 0
    assert shown == [(name, 50, f"partnership demo failure={name} runs=50") for name in sorted(MODE_NAMES)]
    assert main(["demo", "failure=overload,tokenism", "runs=7"]) == 0
    assert [name for name, runs, _ in shown if runs == 7] == ["overload", "tokenism"]
    assert demo.rewritten(["failure=overload", "runs=5"]) == ["failure=overload", "runs=5"]


MISTAKES = {
    "demo failure=talking_shp": "did you mean 'talking_shop'",
    "demo failure=../x": "choose by name",
    "demo failure=overload runs=1": "runs=1 is out of range",
    "demo failure=overload limits.windw=3": "did you mean 'limits.window'",
    "demo failure=overload limits.window=1": "whole number from 2 to 600",
    "demo failure=overload failure.remedy.parameters.noise=9": "noise",
    "demo failure=overload +failure.remady=1": "did you mean 'remedy'",
    "demo failure=overload failure.remedy.parametrs.noise=1": "did you mean 'parameters'",
    "demo failure=overload failure.remedy.parameters.noize=1": "did you mean 'noise'",
    "demo failure.remedy.setup=balanced": "name a failure mode as well",
    "demo failure=null": "to choose none leave the word out",
    "demo failure=overload,talking_shp": "did you mean 'talking_shop'",
    "demo failure=overload limits.window=61": "longer than the 60 months of a run",
    "demo failure=overload failure.watch=[burdn]": "did you mean 'burden'",
    "demo failure=overload failure.predict.measure=gain": "did you mean 'gains'",
    "detectors seeds=3": "takes [seed=NUMBER] [runs=NUMBER] [results=FOLDER] [limits.NAME=NUMBER]",
    "detectors runs=one": "runs",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_gets_one_message(words, elsewhere, capsys):
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert MISTAKES[words] in captured.err and captured.err.count("\n") == 1
    assert list(elsewhere.iterdir()) == []


def test_a_failure_lacking_a_part_is_refused():
    asked = composed(["failure=overload"])
    del asked.plain["failure"]["remedy"]
    with pytest.raises(ConfigError, match="lacks 'remedy'"):
        demonstration_from(asked)


def test_detectors_are_measured_and_told(elsewhere, capsys):
    assert main(["detectors", "runs=40", "results=out"]) == 0
    said = capsys.readouterr().out
    here = Path("out/demo/detectors")
    record = json.loads((here / "record.json").read_text())
    assert set(record["modes"]) == set(MODE_NAMES)
    assert set(record["rates"]) == {*MODE_NAMES, detectors.HEALTHY, detectors.FLOURISHING}
    assert record["command"] == "partnership detectors runs=40"
    for name in MODE_NAMES:
        own = record["rates"][name][name]
        assert own == record["modes"][name]["fails"] and own["low"] <= own["share"] <= own["high"]
        assert name in said
    page = (here / "index.html").read_text(encoding="utf-8")
    assert all(sentence in page for sentence in record["shortcomings"])
    assert {path.name for path in (here / "figures").iterdir()} == {
        "confusion.png", "confusion.svg", "leads.png", "leads.svg",
    }  # fmt: skip


def test_what_falls_short_is_said():
    def mode(fails, healthy):
        share = lambda value: Count(int(100 * value), 100, Estimate(value, value, value))  # noqa: E731
        side = type("Side", (), {"fails": share(fails)})
        one = type("Performance", (), {"without": side})
        rates = {row: {"overload": share(healthy)} for row in (detectors.HEALTHY, detectors.FLOURISHING)}
        return detectors.Trust({"overload": one}, rates, {}, {}, {}, {}, 1, 100)

    assert detector_report.shortcomings(mode(0.85, 0.04)) == []
    assert "under 80%" in detector_report.shortcomings(mode(0.7, 0.04))[0]
    assert len(detector_report.shortcomings(mode(0.7, 0.06))) == 3
