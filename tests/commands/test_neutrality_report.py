"""`partnership neutrality`: it holds for the model, fails for a rigged one, and says what it measured."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.cli import main
from experiments.commands import neutrality
from sim import params
from sim.outcomes import OUTCOME_NAMES
from sim.runs import Runs


def test_the_model_passes_and_the_report_says_so(tmp_path, capsys):
    assert main(["neutrality", "worlds=300", f"results={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert said.count("holds ") >= 6 and said.count("control fails, as it must") == 6 and "FAILS" not in said
    content = json.loads((tmp_path / "neutrality" / "neutrality.json").read_text())
    assert all(one["passed"] for one in content["checks"]) and len(content["ablations"]["rows"]) == 5
    page = (tmp_path / "neutrality" / "report.html").read_text()
    assert "No: either arm can win." in page and "<script" not in page


def rigged(real, bonus):
    """The engine with an answer built in: structure first gets a bonus, whatever its channels do."""

    def simulate(points, worlds, seed, **more):
        found = real(points, worlds, seed, **more).outcomes.copy()
        early = points[:, params.NAMES.index("early_emphasis")] > points[:, params.NAMES.index("late_emphasis")]
        found[early, OUTCOME_NAMES.index("outcome_mean")] += bonus
        return Runs(found, None)

    return simulate


@pytest.mark.parametrize(("bonus", "failing"), [(0.2, {0, 2, 4}), (-0.2, {0, 1, 4})])
def test_a_model_with_an_answer_built_in_fails(monkeypatch, bonus, failing):
    monkeypatch.setattr(neutrality, "simulate", rigged(neutrality.simulate, bonus))
    found = {place for place, one in enumerate(neutrality.checks(200)) if not one.passed}
    assert failing <= found
    assert "A check fails" in neutrality.page(neutrality.checks(60), neutrality.ablations(60), 60)


def test_luck_in_the_same_world_would_be_noticed(monkeypatch):
    rng = np.random.default_rng(1)

    def simulate(points, worlds, seed, **more):
        return Runs(rng.random((len(points), len(OUTCOME_NAMES))), None)

    monkeypatch.setattr(neutrality, "simulate", simulate)
    assert not neutrality.repeatable(neutrality.worlds(60)).holds


@pytest.mark.parametrize("word", ["worlds=10", "worlds=many", "worlds=100.5", "wrlds=100"])
def test_bad_input_is_told(word, tmp_path, capsys):
    assert main(["neutrality", word, f"results={tmp_path}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1 and list(tmp_path.iterdir()) == []
