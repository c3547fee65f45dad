"""`partnership JOB [key=value ...]`: the jobs, and one clear message for whatever goes wrong.

Nothing heavy is imported before it is needed, so that the command answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from experiments.terminal import program
from sim.errors import PartnershipError, nearest


class Job(NamedTuple):
    """A job: what it is for, the words it takes, and of these the ones it needs.

    Its function stands in `experiments.commands`, in a module of its name, and has that name as well. A job whose
    `takes` is None takes a configuration.
    """

    about: str
    takes: Mapping[str, str] | None = None
    needs: tuple[str, ...] = ()


STUDY = {"study=FOLDER": "the folder of a study, as in results/quick_look/<study id>"}
SEED_OPTION = {"seed=NUMBER": "other random draws"}
RESULTS = {"results=FOLDER": "where to write; results if not given"}
RECORD = {
    "scenario=NAME": "the partnerships of one scenario, as in himp_1999; all if not given",
    **SEED_OPTION,
    **RESULTS,
    "workers=NUMBER": "processors to use; all if not given",
}

JOBS = {
    "sweep": Job("run a study: many worlds, several arms, a verdict and a report"),
    "run": Job("run one partnership and print it month by month"),
    "demo": Job("show how partnerships fail, and what would have helped"),
    "claims": Job("judge published claims: holds, fails, depends, undecided"),
    "detectors": Job("measure how far the failure detectors can be trusted",
        {**SEED_OPTION, "runs=NUMBER": "runs of each demonstration", **RESULTS,
         "limits.NAME=NUMBER": "a threshold of a detector, as in limits.window=12"},
    ),
    "validate": Job("compare the model with what was observed",
        {**RECORD, "runs=NUMBER": "runs of each scenario; 100 if not given",
         "order=true": "look at structure first and purpose first too, in the worlds of each model"},
    ),
    "calibrate": Job("find the worlds that reproduce what was observed",
        {**RECORD, "without=NAME": "a rival model that lacks a part, as purpose or trust",
         "plantings=NUMBER": "test the sampler instead: parameters planted and sought again",
         "leave_out=NAME": "a pattern, or all in turn, that calibration does not see",
         "prior_draws=NUMBER": "worlds drawn from the wide box at first",
         "particles=NUMBER": "worlds kept in each population", "populations=NUMBER": "populations at most",
         "most=NUMBER": "proposals for one population at most"},
    ),
    "forecast": Job("predict what will follow, written down before it can be known",
        {"forecast=NAME": "as in icb_2027", **SEED_OPTION, **RESULTS,
         "runs=NUMBER": "calibrated worlds; 200 if not given", "workers=NUMBER": "processors to use; all if not given"},
        ("forecast",),
    ),
    "teach": Job("watch partnerships in a browser: the teaching page",
        {"failure=NAME": "the lesson of a failure mode", "scenario=NAME": "the partnerships of a scenario",
         "setup=NAME": "how they start", **SEED_OPTION, "open=false": "only print where it is"},
    ),
    "report": Job("rebuild the report of a study from its tables", STUDY, ("study",)),
    "check": Job("verify every byte of a study", STUDY, ("study",)),
    "merge": Job("put the shards of a study together", STUDY, ("study",)),
    "replay": Job("run one run of a study again, month by month, and compare",
        {**STUDY, "run=NUMBER": "which, by the column run of the stored runs"},
        ("study", "run"),
    ),
    "contrast": Job("compare any two settings of a study in any outcome",
        {**STUDY, "a=SETTING": "an arm, as in structure_first, or one in part: arm/variant, arm@factor=value",
         "b=SETTING": "what it is compared with",
         "outcome=NAME": "in which outcome", "region=NUMBER": "what counts as a practical difference"},
        ("study",),
    ),
    "plot": Job("plot any outcome of a study, by arms or parameters",
        {**STUDY, "outcome=NAME": "which outcome", "by=NAME[,NAME]": "arm, or what varies in the study",
         "kind=NAME": "how it is drawn", "of=ARM": "one arm, or difference"},
        ("study",),
    ),
    "power": Job("how many worlds a precision takes, from a pilot",
        {**STUDY, "outcome=NAME": "which outcome", "precision=NUMBER": "half of the interval's width"},
        ("study",),
    ),
    "neutrality": Job("check that the answer is not built into the model",
        {"worlds=NUMBER": "worlds to count in", **RESULTS},
    ),
    "compare": Job("compare two studies, cell by cell",
        {"a=FOLDER": "the folder of a study", "b=FOLDER": "the folder of another"},
        ("a", "b"),
    ),
}  # fmt: skip
"""In the order in which the help lists them."""

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

Exit codes:
  0    all is well
  1    a part could not be made, a fault was found, or output could not be written
  2    a mistake in what was asked, or something that the system refused
  129  hung up (SIGHUP), 130 interrupted (Ctrl-C), 143 terminated (SIGTERM): finished work is kept
"""


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code, as the help explains it."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help", "help"):
        print(HELP.format(jobs=explained({name: job.about for name, job in JOBS.items()})), end="")
        return 0
    program.print_notices()
    try:
        return start(words[0], words[1:])
    except KeyboardInterrupt as stop:
        return program.stopped(stop)
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        print(f"partnership: {message}", file=sys.stderr)
        return 2


def start(name: str, words: list[str]) -> int:
    """Do the named job with the words that follow it; returns the exit code."""
    from experiments.errors import ConfigError, brief

    if "--version" in (name, *words):
        print(f"partnership {version()}")
        return 0
    if name not in JOBS:
        raise ConfigError(f"there is no job '{brief(name)}'{nearest(name, JOBS)}; jobs are {', '.join(JOBS)}")
    job = JOBS[name]
    if job.takes is not None:
        if any(word in ("-h", "--help") for word in words):
            print(usage(name, job.about, job.takes), end="")
            return 0
        from experiments.config.arguments import arguments

        return int(task_of(name)(arguments(name, job.takes, job.needs, words)))
    from experiments.config.hydra_cli import configured

    rewritten = getattr(module_of(name), "rewritten", list)
    return configured(name, job.about, rewritten(words), task_of(name))


def version() -> str:
    """The version of the package."""
    from experiments.storage.provenance import package_version

    return package_version()


def usage(name: str, about: str, takes: Mapping[str, str]) -> str:
    """What a job is for, and each word that it takes with its meaning."""
    return f"partnership {name}: {about}.\n\n{explained(takes)}\n"


def explained(words: Mapping[str, str]) -> str:
    """Words with their meanings, a line each."""
    width = max(map(len, words))
    return "\n".join(f"  {word:<{width}}  {meaning}" for word, meaning in words.items())


def module_of(name: str) -> ModuleType:
    """The module of a job, imported now and not before: some are slow to import."""
    return import_module(f"experiments.commands.{name}")


def task_of(name: str) -> Callable[..., Any]:
    """The function of a job: it has the job's name."""
    task: Callable[..., Any] = getattr(module_of(name), name)
    return task


def explain(error: Exception) -> str | None:
    """One message for a mistake in what was asked, or None for a fault of ours, which shows its traceback."""
    return str(error) if isinstance(error, PartnershipError) else program.of_system(error)


def script() -> None:
    """The command line as a program of its own: `main`, robust against what happens to its streams, and to signals."""
    program.as_program(main)


if __name__ == "__main__":
    script()
