"""The command line against inputs that are drawn; and the control: faults that are planted are seen, each as its kind.

`make fuzz` tries thousands, of which these are the first few.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from experiments import cli
from experiments.config import schema
from tests import effects, grammar, steps, trial
from tests.grammar import Input
from tests.steps import Step

pytestmark = pytest.mark.slow

SEED, SAMPLE, TOGETHER = 1, 48, 12
JOB = "experiments.commands.run.run"
"""The job in whose place faults are planted."""


@pytest.fixture(scope="module", autouse=True)
def discarded():
    yield
    steps.discard_studies()


@pytest.mark.parametrize("first", range(0, SAMPLE, TOGETHER))
def test_nothing_that_is_drawn_breaks_the_command_line(first):
    inputs = [grammar.draw(SEED, number) for number in range(first, first + TOGETHER)]
    faults = [f"{fault}\n{tried}" for tried in inputs if not tried.apart for fault in trial.faults_of(tried)]
    assert not faults, "\n\n".join(faults)


# -- the grammar ------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_inputs_and_another_gives_others():
    drawn = [grammar.draw(3, number) for number in range(300)]
    assert drawn == [grammar.draw(3, number) for number in range(300)]
    assert sum(a == b for a, b in zip(drawn, (grammar.draw(4, number) for number in range(300)), strict=True)) < 30


def test_the_grammar_reaches_every_job_key_option_and_kind_of_step():
    drawn = [grammar.draw(5, number) for number in range(8000)]
    words = [word for tried in drawn for word in tried.words]
    keys = {effects.key_in(word) for word in words if effects.ASSIGNMENT.match(word)}
    assert {tried.words[0] for tried in drawn if tried.words} >= set(cli.JOBS)
    assert set(grammar.KEYS) - {"claim", "failure", "design.factors"} <= keys
    assert {option[0] for option in grammar.OPTIONS} <= set(words)
    assert {step.act for tried in drawn for step in tried.steps} == set(steps.ACTS)
    assert {step.given for tried in drawn for step in tried.steps if step.act == "table"} == set(steps.TABLES)
    assert any(tried.apart for tried in drawn) and any(tried.thorough for tried in drawn) and Input(()) in drawn


def test_an_input_prints_as_lines_of_a_shell_that_make_its_files(tmp_path):
    content = "a: 'b'\n\t%s \\ é\x00".encode()
    tried = Input(
        ("sweep", "name=a b"),
        (Step("write", "x.yaml", content), Step("link", "y", "x.yaml"), Step("repeat", "z", ("<", "ab", 3, ">"))),
    )
    lines = str(tried).splitlines()
    assert lines[-1] == "partnership sweep 'name=a b'"
    script = "\n".join(lines[:-1]).replace("python -c", f"{sys.executable} -c")
    assert os.system(f"cd {tmp_path}\n{script}") == 0
    assert (tmp_path / "x.yaml").read_bytes() == (tmp_path / "y").read_bytes() == content
    assert (tmp_path / "z").read_text() == "<ababab>"


def test_studies_are_altered_and_vouched_for(tmp_path):
    """What the manifest vouches for is read as sound, so that what stands in it is met, and not its being damaged."""
    folder = "results/tiny/{pilot}"
    for step in (
        Step("study", folder),
        Step("record", f"{folder}/provenance.json", ("command", '"partnership sweep"')),
    ):
        step.take(tmp_path)
    place = tmp_path / steps.named(folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path)
        assert cli.main(["check", f"study={place}"]) == 0
        Step("flip", f"{folder}/provenance.json", 0.5).take(tmp_path)
        assert cli.main(["check", f"study={place}"]) == 1, "control: without being vouched for it is damaged"


# -- the control: planted faults --------------------------------------------------------------------------


def says(*lines, code=2):
    """A job that prints some lines to stderr and returns an exit code."""

    def job():
        print(*lines, sep="\n", file=sys.stderr)
        return code

    return ready(job)


def ready(work):
    """A job that prepares some work, whatever it is asked."""
    return lambda asked, command: work


def writes(path, code=2):
    def job():
        place = Path(path)
        place.unlink(missing_ok=True)
        place.write_text("x")
        return says("partnership: no", code=code)(None, ())()

    return ready(job)


def raises(error):
    def job():
        raise error

    return ready(job)


PLANTED = {
    # the fault that must be seen, and the job that commits it
    "exception": raises(TypeError("a fault of ours")),
    "hang": ready(lambda: time.sleep(30)),
    "code": says(code=3),
    "message": says("partnership: one", "and two"),
    "usage": says("usage: partnership [--help]"),
    "unprintable": says("partnership: \x1b[31m"),
    "long": says(f"partnership: {'x' * 3000}"),
    "unclear": says("partnership: 'NoneType' object is not subscriptable"),
    "secret": says(f"partnership: {trial.SECRET}"),
    "traceback": says("Traceback (most recent call last)", "ValueError: x", code=0),
    "warning": says("x.py:1: RuntimeWarning: overflow", code=0),
    "written": writes("here.txt"),
    "outside": writes("../outside/precious.txt"),
    "canary": writes("../outside/canary", code=0),
    "left": ready(lambda: os.environ.update(PARTNERSHIP_LEFT="x") or 0),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_fault_is_seen(kind, monkeypatch):
    monkeypatch.setattr(JOB, PLANTED[kind])
    seen = trial.faults_of(Input(("run", "seed=3")), deadline=1.0)
    assert kind in [fault.kind for fault in seen], [str(fault) for fault in seen]


def test_a_job_that_does_as_it_should_has_no_fault(monkeypatch):
    """The control of the controls: the same harness, with a job that commits none of these faults."""
    assert trial.faults_of(Input(("run", "seed=3", "parameters.months=3"))) == []
    monkeypatch.setattr(JOB, says("partnership: seed=3 is refused"))
    assert trial.faults_of(Input(("run", "seed=3"))) == []


def test_a_job_that_never_writes_is_seen_to_write(monkeypatch):
    monkeypatch.setattr(JOB, writes("here.txt", code=0))
    assert "written" in [fault.kind for fault in trial.faults_of(Input(("run", "seed=3")))]


def test_a_value_that_is_lost_on_the_way_is_seen(monkeypatch):
    tried = Input(("run", "parameters.noise=0.1"), compared="parameters.noise=0.1")
    assert trial.faults_of(tried) == [], "control"
    kept = schema.parameters_of

    def forgetful(plain, given):
        return kept({**plain, "parameters": {**plain["parameters"], "noise": 0.35}}, given)

    monkeypatch.setattr("experiments.commands.run.parameters_of", forgetful)
    assert [fault.kind for fault in trial.faults_of(tried)] == ["ignored"]


def test_another_identity_is_no_effect_on_what_is_simulated(monkeypatch):
    """A parameter that every run takes from elsewhere changes the identity of a study, and none of its numbers."""
    monkeypatch.setattr(
        "experiments.config.to_design.fixed_by", lambda *asked: set()
    )  # as if given values stayed drawn
    words = ["sweep", "design.points=4", "parameters.months=3", "parameters.trust_rate=0.1"]
    both = [effects.effect_of(asked)[0] for asked in (words, words[:-1])]
    assert both[0].asked != both[1].asked and both[0].runs == both[1].runs
    assert effects.is_ignored(words[-1], *both)
    free = [effects.effect_of([*asked, "design.factors.trust_rate=null"])[0] for asked in (words, words[:-1])]
    assert not effects.is_ignored(words[-1], *free), "control"


def test_a_failing_input_is_made_smaller(monkeypatch):
    monkeypatch.setattr(JOB, raises(TypeError("a fault of ours")))
    tried = Input(("run", "seed=3", "world=2", "parameters.noise=0.1"), (Step("write", "x", "y"),))
    (fault,) = trial.faults_of(tried)
    assert trial.minimised(tried, fault) == Input(("run",))
