"""Every key of the configuration, and every word of the other jobs: refused by name, or with an effect.

Keys are walked, not listed. A value in range that is accepted must change what the job comes to: the parameters of some
run where it is about what is simulated, otherwise the study, the place, what is printed or the report (`effects.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from experiments import cli
from experiments.study.inactive import SCHEDULE, SWITCHED_BY
from sim.limits import LIMITS
from sim.params import BY_NAME, SETUPS
from tests import effects, steps
from tests.effects import Effect
from tests.grammar import CONFIGURED, KEYS

pytestmark = pytest.mark.slow

BASE = {
    "sweep": ("sweep", "design.points=4"),
    "run": ("run", "parameters.months=90", "parameters.umbrella=true",
            "parameters.pooled_share=0.3",
            "parameters.setup_months=8", "parameters.cycle_months=20", "parameters.learning_prob=0.5",
            "parameters.review_month=75", "parameters.reorganisation_prob=0.05"),
    "demo": ("demo", "failure=inertia"),
    "claims": ("claims", "claim=c01_purpose_over_structure"),
}  # fmt: skip
"""A command of each job that a key is added to; in the run much happens, so that much has an effect."""

VALUES: dict[str, tuple[str, ...]] = {
    "name": ("another",), "question": ("why",), "seed": ("7",), "world": ("3",), "setup": ("purpose_first",),
    "scenario.name": ("another",), "scenario.about": ("something",), "scenario.sources": ("[HImP]",),
    "scenario.issues": ("[care]",),
    "scenario.sectors": ("[one]",), "scenario.n_localities": ("9",), "scenario.between": ("{commitment:0.1}",),
    "design.sampler": ("random",), "design.points": ("5",), "design.box": ("none",), "design.levels": ("2",),
    "design.replicates": ("2",),
    "design.factors": ("{noise:[0.1,0.2]}",), "design.list": ("points.csv",), "design.worlds": ("shared",),
    "design.adaptive.precision": ("0.5",), "design.adaptive.batch": ("4",), "design.adaptive.maximum": ("40",),
    "design.adaptive.level": ("0.9",),
    "arms": ("[structure_first,purpose_first]",), "contrast.a": ("balanced",), "contrast.b": ("balanced",),
    "contrast.outcome": ("effort",),
    "contrast.region": ("0.02",), "variants": ("{calm:{load_per_seat:0}}",),
    "variants.calm": ("{load_per_seat:0}",), "variant_points": ("2",),
    "trajectory_points": ("2",),
    "failures": ("true",), "failure": ("{note:another}",), "claim": ("{about:another}",), "judging.level": ("0.9",),
    "judging.region": ("0.02",),
    "judging.rare": ("0.2",), "runs": ("6",), "results": ("elsewhere",), "executor.kind": ("dask",),
    "executor.address": ("tcp://host:8786",),
    "workers": ("1",), "shard": ("1/2",), "anew": ("true",),
}  # fmt: skip
"""A value of each key that is neither a parameter nor a threshold, other than its default."""

POINTS = ("sweep", "design.points=4")
NEEDED: dict[str, tuple[str, ...]] = {
    "design.list": ("sweep", "design.sampler=list"),
    "design.levels": ("sweep", "design.sampler=grid", "design.box=none", "design.factors.noise=[0,1]"),
    "design.adaptive.batch": (*POINTS, "design.adaptive.precision=0.5"),
    "design.adaptive.maximum": (*POINTS, "design.adaptive.precision=0.5"),
    "design.adaptive.level": (*POINTS, "design.adaptive.precision=0.5"),
    "executor.address": (*POINTS, "executor=dask"),
    "variants.calm": (*POINTS, "variant_points=2"),
    "variant_points": (*POINTS, "variants.calm={load_per_seat:0}"),
    "scenario.n_localities": ("sweep", "scenario=himp_1999"),
}
"""A command in which a key has an effect, where it has none by itself."""
EVENTFUL = {
    "parameters.learning_prob": ("run", "setup=purpose_first", "parameters.months=90", "parameters.cycle_months=20",
                                 "parameters.patience=3"),
    "parameters.gate": ("run", "setup=structure_first"),
    "parameters.exit_prob": ("run", "parameters.exit_level=0.5"),
    "parameters.return_prob": ("run", "parameters.exit_level=0.5", "parameters.exit_prob=0.3",
                               "parameters.own_effort=0.2"),
    "parameters.authority": ("run", "setup=structure_only"),
    "parameters.allocation_effect": ("run", "setup=purpose_only"),
    "parameters.endorsement_threshold": ("run", "setup=structure_only"),
    "parameters.review_month": ("run", "parameters.review_floor=0.9"),
}  # fmt: skip
"""A run in which a key has an effect that it has not in the run of `BASE`: there, no relaunch has anything to learn,
nothing is built first, nobody wants to leave, much is pooled, little is built, and a review has no objections."""
IN_FILES = {"scenario.name", "scenario.about", "scenario.sources", "scenario.sectors", "scenario.issues",
            "scenario.between", "failure", "claim", "variants"}  # fmt: skip
"""Keys that files set; on the command line they may be refused everywhere."""

PARAMETERS_TRIED = [name for name in BY_NAME if not re.match(r"sector_[2-7]|need_([2-9]|1[01])$", name)]
"""Of sectors and of needs, which are alike, the first and the last."""
OF_EACH_KIND = {
    (BY_NAME[name].unit, BY_NAME[name].kind, name.partition("_")[0] in ("sector", "need")): name
    for name in PARAMETERS_TRIED
}.values()
"""A parameter of each unit and kind. Demonstrations and claims take parameters through the code that a run does."""

SET_BY_ARMS = {name for values in SETUPS.values() for name in values}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("noise\n0.1\n0.2\n")


def values_of(key: str) -> tuple[str, ...]:
    """Values of a key in its range, other than its default, the farthest from it first."""
    part, _, name = key.partition(".")
    if part not in ("parameters", "limits"):
        return VALUES[key]
    row = BY_NAME[name] if part == "parameters" else next(limit for limit in LIMITS if limit.name == name)
    if part == "parameters" and BY_NAME[name].unit == "switch":
        return ("false" if row.default else "true",)
    top = min(row.high, 60.0)
    middle = (row.low + top) / 2
    spread = sorted({top, row.low, float(int(middle)) if row.integer else middle}, key=lambda x: -abs(x - row.default))
    return tuple(f"{value:g}" for value in spread if value != row.default)


@cache
def without(words: tuple[str, ...]) -> tuple[Effect, str]:
    """What a command comes to without a key, and what it says on stderr; many keys share such a command."""
    return effects.effect_of(words)


@cache
def base_of(words: tuple[str, ...]) -> Effect:
    effect, err = effects.effect_of(words)
    assert effect.code == 0, err
    return effect


def verdict(words: tuple[str, ...], key: str) -> str:
    """Whether a job that is given the key refuses it by name, shows an effect, or is at fault, and how.

    Further values are tried as long as those before are accepted and do nothing: a threshold may lie out of reach.
    """
    ignored, words = "", tuple(word for word in words if effects.key_in(word) != key)
    for value in values_of(key):
        word = f"{key}={value}"
        effect, err = effects.effect_of([*words, word])
        if effect.code == 2:
            return "refused" if is_named(key, err) else f"{word}: refused, not by name: {err.strip()}"
        if effect.code != 0:
            return f"{word}: exit code {effect.code}"
        base, refused = without(words)
        if base.code == 2 and is_named(key, refused):
            return "effective"  # others need it: without it they are refused
        unseen = words[0] == "run" and effect.out == base.out and not key.startswith("limits.")
        if not effects.is_ignored(word, effect, base) and not unseen:
            return "effective"  # what `run` does otherwise must be seen, except that no failure may be near a threshold
        ignored = f"{word} is accepted and changes nothing"
    return ignored


def is_named(key: str, message: str) -> bool:
    """Whether a message names a key; of needs and of sectors, which are refused together, it may name another."""
    leaf = key.rpartition(".")[2]
    return (
        leaf in message
        or (leaf.startswith("need_") and "need_" in message)
        or (leaf.startswith("sector_") and "the sectors" in message)
    )


def sections() -> Iterator[tuple[str, str]]:
    for job in CONFIGURED:
        for section in dict.fromkeys(section_of(key) for key in KEYS):
            yield job, section


def section_of(key: str) -> str:
    """The part of the configuration that a key stands in; the parameters of the sectors and of needs by themselves."""
    part, _, name = key.partition(".")
    return f"{part}.{name.split('_')[0]}" if name.startswith(("sector_", "need_")) else part


@pytest.mark.parametrize(("job", "section"), list(sections()))
def test_every_key_is_refused_by_name_or_has_an_effect(job, section):
    words = {key: EVENTFUL.get(key, BASE[job]) if job == "run" else BASE[job] for key in KEYS}
    at_fault = [said for key in KEYS if section_of(key) == section and is_tried(job, key)
                if (said := verdict(words[key], key)) not in ("effective", "refused")]  # fmt: skip
    assert not at_fault, "\n".join(at_fault)


def is_tried(job: str, key: str) -> bool:
    """Whether a key is tried with a job, and not left to one that is like it."""
    name = key.removeprefix("parameters.")
    return name == key or name in (PARAMETERS_TRIED if job in ("sweep", "run") else OF_EACH_KIND)


def test_every_key_has_an_effect_somewhere():
    """The control: keys are not refused, or values drawn, so that nothing could have an effect."""
    others = {key for key in KEYS if not key.startswith(("parameters.", "limits."))} - IN_FILES | {"variants.calm"}
    idle = [key for key in others if not any(answer(words, key) == "effective" for words in commands(key))]
    assert idle == []


def commands(key: str) -> list[tuple[str, ...]]:
    return [NEEDED[key]] if key in NEEDED else list(BASE.values())


def answer(words: tuple[str, ...], key: str) -> str:
    """The verdict on a key in a command that may be refused without it."""
    effect, _ = without(words)
    if effect.code == 0:
        return verdict(words, key)
    return "effective" if effects.effect_of([*words, f"{key}={values_of(key)[0]}"])[0].code == 0 else "refused"


@pytest.mark.parametrize("name", [name for name in PARAMETERS_TRIED if name not in SET_BY_ARMS | {*SCHEDULE}])
def test_every_parameter_has_an_effect_on_runs_where_nothing_else_decides_it(name):
    words = ("sweep", "design.points=4", "design.box=none", "design.factors.visibility_effect=[0,1]")
    if name == "visibility_effect":
        words = (*words[:3], "design.factors.noise=[0,1]")
    if name.startswith("need_"):
        words = (
            *words,
            "parameters.n_issues=12",
            *(f"parameters.need_{k}=1" for k in range(1, 13) if name != f"need_{k}"),
        )
        effect, err = effects.effect_of([*words, f"parameters.{name}=2"])
        other = base_of((*words, f"parameters.{name}=1"))
        assert effect.code == 0 and effect.runs != other.runs, err
        return
    if name.startswith("sector_"):
        count = f"parameters.{name.rsplit('_', 1)[0]}_count"
        others = "parameters.sector_8_count" if "_1_" in name else "parameters.sector_1_count"
        words = (*words, f"{others}=3", *(() if name.endswith("_count") else (f"{count}=3",)))
    if name in SWITCHED_BY:
        words = (*words, f"parameters.{SWITCHED_BY[name]}=1")
    assert verdict(words, f"parameters.{name}") == "effective"


@pytest.mark.parametrize("name", [*SCHEDULE, "responsiveness"])
def test_a_plan_beside_those_of_the_arms_is_refused_in_a_study_and_acts_in_a_run(name):
    """Arms have plans of their own; a run takes another in place of its setup's."""
    assert verdict(("sweep", "design.points=4"), f"parameters.{name}") == "refused"
    last = int(name.split("_")[1]) if name in SCHEDULE else 0
    words = {f"parameters.schedule_{s}_{end}": x for s in range(1, last + 1) for end, x in entry_of(s)}
    base = base_of(("run", *(f"{key}={x}" for key, x in words.items())))
    words[f"parameters.{name}"] = 4 * last + 2 if name.endswith("until") else 0.3
    effect, err = effects.effect_of(["run", *(f"{key}={x}" for key, x in words.items())])
    assert effect.code == 0 and effect.out != base.out, err


def entry_of(s: int) -> list[tuple[str, int]]:
    """One entry of a schedule that goes back and forth."""
    return [("until", 4 * s), ("emphasis", s % 2)]


@pytest.mark.parametrize("limit", [limit.name for limit in LIMITS])
def test_every_threshold_has_an_effect_on_a_study_that_searches_for_failures(limit):
    assert verdict(("sweep", "design.points=4", "failures=true"), f"limits.{limit}") == "effective"


# -- jobs with words of their own -------------------------------------------------------------------------

PILOT = "study=results/tiny/{pilot}"
WORDED = {
    "detectors": ((), {"seed": "7", "runs": "6", "results": "elsewhere", "limits.window": "12"}),
    "validate": ((), {"scenario": "himp_1999", "seed": "7", "results": "elsewhere", "workers": "1", "runs": "3",
                      "order": "true"}),
    "calibrate": ((), {"scenario": "himp_1999", "seed": "7", "results": "elsewhere", "workers": "1", "without": "trust",
                       "prior_draws": "500", "particles": "30", "populations": "2", "most": "50",
                       "plantings": "20", "leave_out": "hwb_no_impact"}),
    "forecast": (("forecast=icb_2027",), {"seed": "7", "results": "elsewhere", "runs": "30", "workers": "1"}),
    "teach": ((), {"failure": "inertia", "scenario": "himp_1999", "setup": "alone", "seed": "7", "open": "false"}),
    "neutrality": (("worlds=50",), {"worlds": "60", "results": "elsewhere"}),
    "contrast": ((PILOT,),
                 {"a": "structure_first/calm", "b": "purpose_first/calm", "outcome": "effort", "region": "0.5"}),
    "power": ((PILOT,), {"outcome": "effort", "precision": "0.002"}),
    "plot": ((PILOT,), {"outcome": "effort", "by": "noise", "kind": "ecdf", "of": "purpose_first"}),
    "replay": ((PILOT, "run=0"), {"run": "1"}),
}  # fmt: skip
"""Words that a job stands on, and another value of each word that it takes besides."""
BESIDE = {"plot by": ("kind=trend",), "plot of": ("kind=trend", "by=noise")}
"""Words without which a word of a job has no effect."""

FINDS_FAULT = {"neutrality": 1}
"""Exit codes of jobs that have done their work and found fault: so few worlds miss some criterion of the box."""


@pytest.mark.parametrize("job", WORDED)
def test_every_word_of_a_job_has_an_effect(job, tmp_path):
    base, words = WORDED[job]
    stated = {name.split("=")[0] for name in cli.JOBS[job].takes} - {"study", "forecast"}
    assert {name.replace("window", "NAME") for name in words} == stated, "a word is not tried"
    if PILOT in base:
        steps.Step("study", "results/tiny/{pilot}").take(tmp_path)
    idle = []
    for name, value in words.items():
        kept = [steps.named(word) for word in (*base, *BESIDE.get(f"{job} {name}", ()))]
        before = came_to((job, *kept))
        with_it = came_to((job, *(word for word in kept if not word.startswith(f"{name}=")), f"{name}={value}"))
        if with_it == before or with_it[0] not in (0, FINDS_FAULT.get(job, 0)):
            idle.append(f"{name}={value}: {with_it[0]} {with_it[-1]}")
    assert not idle, "\n".join(idle)


@cache
def came_to(words: tuple[str, ...]) -> tuple[int | None, list[str], str, str]:
    effect, err = effects.effect_of(words)
    return effect.code, effect.asked, effect.out, err


# -- the control ------------------------------------------------------------------------------------------


def test_a_key_that_does_nothing_is_told(monkeypatch):
    words = ("run",)
    assert verdict(words, "parameters.noise") == "effective"
    from experiments.commands import run

    kept = run.parameters_of

    def forgetful(plain, given):
        return kept({**plain, "parameters": {**plain["parameters"], "noise": 0.35}}, given)

    monkeypatch.setattr(run, "parameters_of", forgetful)
    assert "changes nothing" in verdict(words, "parameters.noise")


def test_a_refusal_that_names_nothing_is_told(monkeypatch):
    monkeypatch.setattr("experiments.commands.run.run", lambda asked, command: lambda: 2)
    assert "refused, not by name" in verdict(("run",), "seed")
