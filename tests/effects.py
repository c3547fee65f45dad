"""What a command comes to, without doing its work: the study it asks for, the parameters of its runs, and the place.

A word of the command line that is accepted must have an effect. What a command comes to is therefore noted at the last
stage of its job, and compared with what the same command comes to without the word.
"""

from __future__ import annotations

import hashlib
import re
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from omegaconf import OmegaConf

from experiments import cli
from experiments.calibration import comparison, forecast_report, leave_one_out, plantings, posterior
from experiments.claims import ledger
from experiments.commands import neutrality, sweep
from experiments.config.composition import Composition, Prepared
from experiments.failures import detector_report, detectors, show
from experiments.report import rebuild
from experiments.study import plan, validation
from experiments.study.definition import Study
from sim import failures, record

POINTS_COMPARED = 8
SMALL_ENOUGH = 50_000
"""Months of partnerships up to which a sweep is carried out."""
SLOW = 100
"""Worlds from which the measurements of `neutrality` are only noted."""
WHAT_IS_SIMULATED = ("parameters.", "variants.", "variants=", "design.factors.", "design.factors=")
"""Words that must change the parameters of some run: another identity of the study is not enough."""
ASSIGNMENT = re.compile(r"\+{0,2}[\w.@/]+=", re.ASCII)


class Noted(BaseException):
    """Raised where a job is left because all that matters of it has been noted."""


@dataclass
class Effect:
    """What a command comes to: its configurations, what its jobs were asked, and the runs they would make."""

    configurations: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    code: int | None = None
    out: str = ""


# -- the last stage of each job ---------------------------------------------------------------------------


def runs_of(study: Study, listed: Any = None) -> str:
    """A digest of the first runs that a study makes: their parameters, worlds, arms and variants, and their number."""
    rows = plan.units(study, 0, min(POINTS_COMPARED, study.design.points), listed)
    batch = plan.batch(study, rows)
    parts = [batch.parameters, batch.world, batch.arm, batch.variant]
    digest = hashlib.blake2b(b"".join(part.tobytes() for part in parts), digest_size=8)
    return f"{plan.count_runs(study)} runs {digest.hexdigest()}"


def size_of(study: Study) -> float:
    """Months of partnerships that a study simulates."""
    worlds = plan.count_runs(study) + study.trajectory_points * len(study.arms)
    return float(worlds * study.parameters["months"] * max(1.0, study.parameters["n_partners"] / 40))


def noted_sweep(effect: Effect, carried_out: bool) -> Callable[..., int]:
    """In place of `sweep.sweep_study`: notes the study and its folder, and carries it out where it is small."""
    carry_out = sweep.sweep_study

    def note(study: Study, results: Path, *given: Any, **named: Any) -> int:
        place = named.get("place")
        others = {name: value for name, value in named.items() if name not in ("command", "listed")}
        effect.asked.append(repr((study.as_dict(), study.id, str(results), given, others)))
        validation.require_valid(study, named.get("listed"))
        effect.runs.append(runs_of(study, named.get("listed")))
        if carried_out and size_of(study) <= SMALL_ENOUGH and (place is None or place.kind == "local"):
            return carry_out(study, results, *given, **named)
        return 0

    return note


def noted_ledger(effect: Effect) -> Callable[..., int]:
    """In place of `ledger.judge_claims`: notes the study of each claim, and how it is judged."""

    def note(asked: Any, studies: Any, commands: Any, *others: Any, **named: Any) -> int:
        for name, (_, claim, judging, _) in asked.items():
            study, listed = studies[name]
            validation.require_valid(study, listed)
            effect.runs.append(runs_of(study, listed))
            effect.asked.append(repr((study.as_dict(), claim, judging, others, named)))
        return 0

    return note


def noted_show(effect: Effect, carried_out: bool) -> Callable[..., list[str]]:
    carry_out = show.show

    def note(demonstration: Any, folder: Path, command: str) -> list[str]:
        effect.asked.append(repr((asdict(demonstration), str(folder))))
        effect.runs.append(repr((demonstration.parameters, demonstration.runs, demonstration.remedy.parameters)))
        small = demonstration.runs * demonstration.parameters["months"] <= SMALL_ENOUGH
        return carry_out(demonstration, folder, command) if carried_out and small else []

    return note


def noted_play(effect: Effect) -> Callable[..., Any]:
    carry_out = record.play

    def note(points: Any, worlds: Any, seed: int, *given: Any, **named: Any) -> Any:
        effect.runs.append(repr((points.tolist(), list(worlds), seed)))
        return carry_out(points, worlds, seed, *given, **named)

    return note


def noted_examination(effect: Effect) -> Callable[..., Any]:
    carry_out = failures.examine

    def note(history: Any, limits: Any) -> Any:
        effect.asked.append(repr(sorted(limits.items())))
        return carry_out(history, limits)

    return note


def noted_only(effect: Effect, answer: Any) -> Callable[..., Any]:
    """In place of a stage that takes long: notes what it was asked."""

    def note(*given: Any, **named: Any) -> Any:
        effect.asked.append(repr((given, named)))
        return answer

    return note


def noted_checks(effect: Effect) -> Callable[..., Any]:
    carry_out = neutrality.checks.checks

    def note(number: int) -> Any:
        effect.asked.append(repr(number))
        if number > SLOW:
            raise Noted
        return carry_out(number)

    return note


def noted_task(effect: Effect, task: Callable[..., Prepared]) -> Callable[..., Prepared]:
    """A job that takes a configuration, which is noted."""

    def note(asked: Composition, *given: Any, **named: Any) -> Prepared:
        effect.configurations.append(repr(OmegaConf.to_container(asked.config, resolve=False)))
        return task(asked, *given, **named)

    return note


@contextmanager
def noting(job: str, *, carried_out: bool = False, thorough: bool = False) -> Iterator[Effect]:
    """Within it, jobs note what they come to; small sweeps are `carried_out`, reports and pages where `thorough`."""
    effect = Effect()
    with ExitStack() as stack:

        def replace(module: Any, name: str, new: Any) -> None:
            stack.enter_context(patch.object(module, name, new))

        replace(sweep, "sweep_study", noted_sweep(effect, carried_out))
        replace(ledger, "judge_claims", noted_ledger(effect))
        replace(show, "show", noted_show(effect, thorough))
        replace(record, "play", noted_play(effect))
        replace(failures, "examine", noted_examination(effect))
        replace(neutrality.checks, "checks", noted_checks(effect))
        replace(detectors, "measure_trust", noted_only(effect, None))
        replace(detector_report, "write_report", noted_only(effect, None))
        replace(detector_report, "lines", lambda *given: [])
        replace(comparison, "run_validation", noted_only(effect, ()))
        replace(plantings, "run_plantings", noted_only(effect, ()))
        replace(leave_one_out, "run_leave_one_out", noted_only(effect, ()))
        replace(forecast_report, "run_forecast", noted_only(effect, ()))
        replace(detector_report, "measure_transfer", noted_only(effect, ({}, [])))
        replace(posterior, "run_calibration", noted_only(effect, ()))
        replace(webbrowser, "open", noted_only(effect, True))
        if not thorough and job != "report":
            replace(rebuild, "rebuild", lambda *given, **named: 0)
        if job in cli.JOBS and cli.JOBS[job].takes is None:
            replace(cli.module_of(job), job, noted_task(effect, cli.task_of(job)))
        yield effect


def effect_of(words: Sequence[str]) -> tuple[Effect, str]:
    """What a command comes to, its work not done, and what it says on stderr."""
    out, err = StringIO(), StringIO()
    with noting(words[0]) as effect, redirect_stdout(out), redirect_stderr(err):
        try:
            effect.code = cli.main(list(words))
        except Noted:
            effect.code = 0
    effect.out = out.getvalue()
    return effect, err.getvalue()


# -- with and without a word ------------------------------------------------------------------------------


def comparable(words: Sequence[str]) -> list[str]:
    """The words of a command that must have an effect if they are accepted."""
    if not words or words[0] not in cli.JOBS or cli.JOBS[words[0]].takes is not None:
        return []
    if any(word.startswith("-") for word in words):
        return []  # options, which have the configuration shown and not used
    return [word for word in words[1:] if ASSIGNMENT.match(word)]


def key_in(word: str) -> str:
    return word.lstrip("+").partition("=")[0]


def is_ignored(word: str, with_it: Effect, without: Effect) -> bool:
    """Whether a word changes nothing that matters, although the command is accepted with it and without it.

    A word that says what holds anyway is not ignored. A word about what is simulated must change some run: another
    identity of the study is not enough.
    """
    if with_it.code != 0 or without.code != 0:
        return False
    if with_it.configurations == without.configurations and not key_in(word).startswith("hydra"):
        return False
    if word.lstrip("+").startswith(WHAT_IS_SIMULATED):
        return with_it.runs == without.runs
    return (with_it.asked, with_it.runs, with_it.out) == (without.asked, without.runs, without.out)
