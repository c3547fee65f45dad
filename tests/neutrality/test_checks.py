"""The answer is not built in: the checks of `partnership neutrality` hold, and each can fail.

Numbered in docs/decisions/0006-centring-the-default-world.md. The other halves of what it asks for are elsewhere: a
closed recursion in tests/sim/test_recursion.py, and that no parameter idles in tests/sim/test_liveness.py.
"""

import json

import numpy as np
import pytest

from experiments.cli import main
from experiments.neutrality import checks
from experiments.neutrality.page import neutrality_page
from sim import params
from sim.outcomes import OUTCOME_NAMES
from sim.params import BY_NAME
from sim.runs import Runs


@pytest.mark.slow
def test_the_model_passes_and_the_report_says_so(tmp_path, capsys):
    assert main(["neutrality", f"results={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert said.count("holds ") >= 10 and said.count("control fails, as it must") == 10 and "FAILS" not in said
    assert said.count("\nmet  ") == 6 and "NOT " not in said
    content = json.loads((tmp_path / "neutrality" / "neutrality.json").read_text())
    assert content["worlds"] == 2000
    assert all(check["passed"] for check in content["checks"]) and len(content["ablations"]["rows"]) == 5
    assert all(row["met"] for row in content["balance"])
    page = (tmp_path / "neutrality" / "report.html").read_text()
    assert "No: either arm can win." in page and "<script" not in page


@pytest.mark.parametrize("channel", checks.CHANNELS_OFF)
def test_each_channel_alone_makes_arms_differ(channel):
    """Every strength is a channel of its own: with it alone switched on, structure first and purpose first diverge."""
    alone = checks.CHANNELS_OFF | {channel: max(BY_NAME[channel].default, 0.5), "pooled_share": 0.5}
    if channel == "authority":  # pools more than is pooled already, and what is pooled follows the aims
        alone |= {"pooled_share": 0.0}
    if channel in ("forum_effect", "evidence_use", "fit_strength", "equity_use"):  # these act through another channel
        alone |= {"allocation_effect": 1.0, "coordination_effect": 1.0}
    if channel == "board_effect":
        alone |= {"task_seeking": 1.0}
    base = checks.worlds(60)
    first, second = (checks.outcomes(base, setup, **alone) for setup in ("structure_first", "purpose_first"))
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    assert not same[:, [place for place, name in enumerate(OUTCOME_NAMES) if name not in checks.STOCKS]].all()


def test_among_many_partners_chance_may_reverse_it_but_never_by_a_practical_difference():
    """Who meets whom differs from month to month, and odd agendas can make up for each other: in 1 to 2 worlds of 100
    the later arm is ahead by some ten-thousandths."""
    only = {**checks.CHANNELS_OFF, **checks.STILL, "allocation_effect": 1.0, "evidence_use": 1.0}
    gain = checks.lead(checks.worlds(500), "purpose_first", "structure_first", **only)
    assert gain.min() > -checks.REGION and (gain >= 0.0).mean() > 0.95
    assert gain.max() > checks.REGION, "control: the channel is strong enough to be seen"


def rigged(real, bonus):
    """The engine with an answer built in: structure first gets a bonus, whatever its channels do."""

    def simulate(points, worlds, seed, **more):
        outcomes = real(points, worlds, seed, **more).outcomes.copy()
        early = points[:, params.NAMES.index("early_emphasis")] > points[:, params.NAMES.index("late_emphasis")]
        outcomes[early, OUTCOME_NAMES.index("outcome_mean")] += bonus
        return Runs(outcomes, None)

    return simulate


@pytest.mark.parametrize(("bonus", "failing"), [(0.2, {0, 2, 4}), (-0.2, {0, 1, 4})])
def test_a_model_with_an_answer_built_in_fails(monkeypatch, bonus, failing):
    monkeypatch.setattr(checks, "simulate", rigged(checks.simulate, bonus))
    assert failing <= {place for place, check in enumerate(checks.checks(200)) if not check.passed}
    assert "A check fails" in neutrality_page(checks.checks(60), (checks.ablations(60),), 60)


def test_draws_that_differ_in_the_same_world_would_be_noticed(monkeypatch):
    rng = np.random.default_rng(1)

    def simulate(points, worlds, seed, **more):
        return Runs(rng.random((len(points), len(OUTCOME_NAMES))), None)

    monkeypatch.setattr(checks, "simulate", simulate)
    assert not checks.repeatable(checks.worlds(60)).holds


@pytest.mark.parametrize("word", ["worlds=10", "worlds=many", "worlds=100.5", "wrlds=100"])
def test_bad_input_is_reported(word, tmp_path, capsys):
    assert main(["neutrality", word, f"results={tmp_path}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1 and list(tmp_path.iterdir()) == []
