"""`partnership JOB [key=value ...]`: the jobs, and one clear message for whatever goes wrong.

Nothing heavy is imported before it is needed, so that the command answers at once.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple


class Job(NamedTuple):
    """A job: where its function stands, what it is for, and the words it takes, unless it takes a configuration."""

    module: str
    function: str
    about: str
    takes: Mapping[str, str] | None = None


STUDY = {"study=FOLDER": "the folder of a study, as in results/quick_look/<study id>"}
SEED = {"seed=NUMBER": "other luck"}
RESULTS = {"results=FOLDER": "where to write; results if not given"}
RECORD = {
    "scenario=NAME": "the partnerships of one scenario, as in himp_1999; all if not given",
    **SEED,
    **RESULTS,
    "workers=NUMBER": "processors to use; all if not given",
}

JOBS = {
    "sweep": Job("experiments.jobs", "sweep", "run a study: many worlds, several arms, a verdict and a report"),
    "run": Job("experiments.jobs", "run", "run one partnership and tell it month by month"),
    "demo": Job("experiments.demo.jobs", "demo", "show how partnerships fail, and what would have helped"),
    "claims": Job("experiments.claims.jobs", "claims", "judge what documents claim: holds, fails, depends, undecided"),
    "detectors": Job(
        "experiments.demo.jobs", "detectors", "measure how far the failure detectors can be trusted",
        {**SEED, "runs=NUMBER": "runs of each demonstration", **RESULTS,
         "limits.NAME=NUMBER": "a threshold of a detector, as in limits.window=12"},
    ),
    "validate": Job(
        "experiments.facts.jobs", "validate", "hold the model against what was observed",
        {**RECORD, "runs=NUMBER": "runs of each scenario; 100 if not given"},
    ),
    "calibrate": Job(
        "experiments.facts.jobs", "calibrate", "seek the worlds that show what was observed",
        {**RECORD, "without=NAME": "a rival model that lacks purpose, trust or overhead",
         "prior_draws=NUMBER": "worlds drawn from the wide box at first",
         "particles=NUMBER": "worlds kept in each population", "populations=NUMBER": "populations at most",
         "most=NUMBER": "proposals for one population at most"},
    ),
    "teach": Job(
        "experiments.page.teach", "teach", "watch partnerships in a browser: the teaching page",
        {"failure=NAME": "the lesson of a failure mode", "scenario=NAME": "the partnerships of a scenario",
         "setup=NAME": "how they start", **SEED, "open=false": "only say where it is"},
    ),
    "report": Job("experiments.jobs", "report", "rebuild the report of a study from its stored tables", STUDY),
    "check": Job("experiments.jobs", "check", "verify every byte of a study", STUDY),
    "merge": Job("experiments.jobs", "merge", "put the shards of a study together", STUDY),
    "replay": Job(
        "experiments.jobs", "replay", "run one run of a study again, month by month, and compare",
        {**STUDY, "run=NUMBER": "which, by the column run of the stored runs"},
    ),
    "contrast": Job(
        "experiments.questions", "contrast", "compare any two settings of a study in any outcome",
        {**STUDY, "a=SETTING": "an arm, as in structure_first, or one in part: arm/variant, arm@factor=value",
         "b=SETTING": "what it is compared with",
         "outcome=NAME": "in which outcome", "region=NUMBER": "what counts as a practical difference"},
    ),
    "plot": Job(
        "experiments.plot", "plot", "draw any outcome of a study by arms or parameters",
        {**STUDY, "outcome=NAME": "which outcome", "by=NAME[,NAME]": "arm, or what varies in the study",
         "kind=NAME": "how it is drawn", "of=ARM": "one arm, or difference"},
    ),
    "power": Job(
        "experiments.questions", "power_of", "how many worlds a precision takes, from a pilot",
        {**STUDY, "outcome=NAME": "which outcome", "precision=NUMBER": "half of the interval's width"},
    ),
    "neutrality": Job(
        "experiments.neutrality", "run", "measure that the answer is not built into the model",
        {"worlds=NUMBER": "worlds to count in", **RESULTS},
    ),
    "compare": Job(
        "experiments.jobs", "compare", "lay two studies side by side, cell by cell",
        {"a=FOLDER": "the folder of a study", "b=FOLDER": "the folder of another"},
    ),
}  # fmt: skip
"""In the order in which they are told."""

HELP = """\
partnership: an agent-based simulation of partnership dynamics.
Do partnerships end up better when they get the structure right first, or the purpose?

Jobs:
{jobs}

For example:
  partnership sweep experiment=structure_vs_purpose    the headline study
  partnership sweep experiment=quick_look              the same in small, in seconds
  partnership run setup=purpose_first seed=7           one partnership, month by month
  partnership demo failure=talking_shop                one way to fail, and what would have helped
  partnership teach                                    watch partnerships in a browser; no internet needed

`partnership JOB --help` says what a job takes. Read README.md first, then sim/rules.py.
"""

INTERRUPTED = 130

OPTIONS = (
    "--help", "-h", "--hydra-help", "--version", "--cfg", "-c", "--resolve", "--package", "-p", "--multirun", "-m",
    "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd", "--shell-completion", "-sc", "--info", "-i",
    "--experimental-rerun",
)  # fmt: skip


class UsageError(ValueError):
    """Words on the command line that cannot be used."""


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code: 0, 2 for a mistake in what was asked, 130 when interrupted."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help", "help"):
        print(HELP.format(jobs=explained({name: job.about for name, job in JOBS.items()})), end="")
        return 0
    try:
        return start(words[0], words[1:])
    except KeyboardInterrupt:
        print("partnership: interrupted; what is finished is kept, and the same command goes on", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        print(f"partnership: {message}", file=sys.stderr)
        return 2


def start(name: str, words: list[str]) -> int:
    """Run the named job on the words that follow it."""
    if name not in JOBS:
        raise UsageError(f"there is no job '{name}'{near(name, JOBS)}; jobs are {', '.join(JOBS)}")
    job = JOBS[name]
    if job.takes is not None:
        if any(word in ("-h", "--help") for word in words):
            print(usage(name, job.about, job.takes), end="")
            return 0
        return int(task_of(job)(words))
    for word in words:
        check_word(word)
    if name == "demo":
        from experiments.demo.jobs import expanded

        words = expanded(words)
    if name == "claims":
        words = [f"design.{word}" if word.startswith("points=") else word for word in words]
    from experiments.compose import hydra_job

    return hydra_job(name, words, lambda cfg: task_of(job)(cfg, ["partnership", name, *words]))


def usage(name: str, about: str, takes: Mapping[str, str]) -> str:
    """What a job is for, and each word that it takes with its meaning."""
    return f"partnership {name}: {about}.\n\n{explained(takes)}\n"


def explained(words: Mapping[str, str]) -> str:
    """Words with their meanings, a line each."""
    width = max(map(len, words))
    return "\n".join(f"  {word:<{width}}  {meaning}" for word, meaning in words.items())


def task_of(job: Job) -> Callable[..., Any]:
    return getattr(import_module(job.module), job.function)  # type: ignore[no-any-return]


def check_word(word: str) -> None:
    """Refuse an option that does not exist, and a choice that points outside the configurations."""
    option = word.split("=", maxsplit=1)[0]
    if option.startswith("-") and option not in OPTIONS:
        raise UsageError(f"there is no option '{option}'{near(option, OPTIONS)}")
    key, _, value = word.partition("=")
    if key not in ("experiment", "scenario", "setup", "executor", "failure", "claim"):
        return
    if ".." in value or value.startswith(("/", "~")):
        raise UsageError(f"{word}: choose by name; for files of your own use --config-dir FOLDER")
    if value == "null":
        raise UsageError(f"{word}: choose by name; to choose none leave the word out")


def near(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def explain(error: Exception) -> str | None:
    """One message for a mistake in what was asked, or None for a fault of ours, which shows its traceback."""
    if isinstance(error, UsageError):
        return str(error)
    known = {"CacheError", "ConfigError", "ParameterError", "StudyError"}
    if known & {kind.__name__ for kind in type(error).__mro__}:
        return str(error)
    if type(error).__module__.split(".")[0] in ("hydra", "omegaconf", "yaml", "antlr4"):
        from experiments.compose import explain_hydra

        return explain_hydra(error)
    return None


def script() -> None:
    """The command line as a program of its own; interrupted, it ends at once: all that is finished is on disk."""
    try:
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read us has heard enough, as in `partnership ... | head`
        os._exit(1)
    if code == INTERRUPTED:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    script()
