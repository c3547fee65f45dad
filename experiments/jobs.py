"""The jobs of the command line: each thin, each from a configuration to an exit code."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from omegaconf import DictConfig

from experiments.config import place_of, shard_of, study_and_list
from experiments.schema import ConfigError, limits_in, parameters_of, resolved, whole

if TYPE_CHECKING:
    from sim.record import Record

SHOWN = ["structure", "fit", "purpose", "trust", "commitment", "effort", "burden", "owned", "outcome", "alone_outcome"]
MONTHS_SHOWN = 12


def sweep(cfg: DictConfig, words: list[str]) -> int:
    """Run a study, or what is missing of it, and report it."""
    study, listed = study_and_list(cfg)
    place, shard = place_of(cfg), shard_of(cfg)
    from experiments import sweep as study_job

    command = shlex.join(words)
    results, anew = Path(cfg.results), cfg.anew
    return study_job.run(study, results, command=command, place=place, shard=shard, listed=listed, anew=anew)


def run(cfg: DictConfig, words: list[str]) -> int:
    """Run one partnership and print it, a line for each few months, then what it came to and how it failed, if so."""
    from sim.outcomes import OUTCOME_NAMES
    from sim.params import as_array
    from sim.record import play
    from sim.state import SERIES_NAMES

    plain = resolved(cfg)
    parameters = parameters_of(plain)
    seed, world = whole(plain["seed"], 0, 2**63 - 1, "seed"), whole(plain["world"], 0, 2**32 - 1, "world")
    record = play(as_array(parameters)[None], np.array([world]), seed)
    columns = [SERIES_NAMES.index(name) for name in SHOWN]
    months = int(parameters["months"])
    print("month " + " ".join(f"{name[:10]:>10}" for name in SHOWN))
    for month in sorted({*range(0, months, max(1, months // MONTHS_SHOWN)), months - 1}):
        print(f"{month + 1:5d} " + " ".join(f"{record.series[0, month, column]:10.2f}" for column in columns))
    outcome = dict(zip(OUTCOME_NAMES, record.outcomes[0], strict=True))
    print(
        f"\n{plain['setup']}, seed {seed}, world {world}: added value {outcome['added_value']:+.3f} at the end, "
        f"{outcome['added_value_mean']:+.3f} on average over {months} months."
    )
    if months >= plain["limits"]["window"]:
        print("\n".join(failed_so(record, limits_in(plain))))
    return 0


def failed_so(record: Record, limits: Mapping[str, float]) -> Iterator[str]:
    """How one partnership failed, a line for each way, with the readings that decided it; or that it did not."""
    from experiments import words
    from sim.failures import examine

    found = {name: finding for name, finding in examine(record, limits).items() if finding.fires[0]}
    for name, finding in found.items():
        yield f"It failed as {words.plain(name)}, from month {finding.since[0]:.0f}: {finding.told(0)}."
    if not found:
        yield "None of the known ways to fail is seen in it."


def named(job: str, words: list[str], *names: str) -> list[str]:
    """The values of words that are all of them needed, as in study=FOLDER; `ConfigError` shows how they are given."""
    given = dict(word.split("=", maxsplit=1) for word in words if "=" in word)
    if set(given) != set(names) or len(words) != len(names):
        form = " ".join(f"{name}={'N' if name == 'run' else 'FOLDER'}" for name in names)
        example = " ".join(f"{name}={'7' if name == 'run' else 'results/quick_look/<study id>'}" for name in names)
        raise ConfigError(f"partnership {job} takes {form}, as in partnership {job} {example}")
    return [given[name] for name in names]


def report(words: list[str]) -> int:
    """Rebuild the report of a study."""
    (study,) = named("report", words, "study")
    from experiments import report as report_job

    return report_job.rebuild(Path(study))


def check(words: list[str]) -> int:
    """Verify every byte of a study."""
    (study,) = named("check", words, "study")
    from experiments import check as check_job

    return check_job.run(Path(study))


def merge(words: list[str]) -> int:
    """Put the shards of a study together, and report it."""
    (study,) = named("merge", words, "study")
    from experiments import merge as merge_job

    return merge_job.run(Path(study))


def replay(words: list[str]) -> int:
    """Run one run of a study again and compare it with what is stored."""
    study, number = named("replay", words, "study", "run")
    if not number.isdecimal():
        raise ConfigError(f"run={number} is not a whole number; the column `run` of the stored runs gives it")
    from experiments import replay as replay_job

    return int(replay_job.run(Path(study), int(number)))


def compare(words: list[str]) -> int:
    """Lay two studies side by side."""
    a, b = named("compare", words, "a", "b")
    from experiments import compare as compare_job

    return compare_job.run(Path(a), Path(b))
