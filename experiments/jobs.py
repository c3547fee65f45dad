"""The jobs of the command line: each thin, each from a configuration to an exit code."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from experiments.config import ConfigError, parameters_of, resolved, study_from, whole

SHOWN = ["structure", "fit", "purpose", "trust", "commitment", "effort", "burden", "owned", "outcome", "alone_outcome"]
MONTHS_SHOWN = 12


def sweep(cfg: DictConfig, words: list[str]) -> int:
    """Run a study, or find it finished, and report it."""
    study = study_from(cfg)
    workers = cfg.workers
    if workers is not None and workers < 1:
        raise ConfigError(f"workers={workers} is out of range; it takes a whole number from 1 up, or null for all")
    from experiments import sweep as study_job

    return study_job.run(study, Path(cfg.results), workers, command=shlex.join(words))


def run(cfg: DictConfig, words: list[str]) -> int:
    """Run one partnership and print it, a line for each few months, then what it came to."""
    from sim.outcomes import OUTCOME_NAMES
    from sim.params import as_array
    from sim.runs import simulate
    from sim.state import SERIES_NAMES

    plain = resolved(cfg)
    parameters = parameters_of(plain)
    seed, world = whole(plain["seed"], 0, 2**63 - 1, "seed"), whole(plain["world"], 0, 2**32 - 1, "world")
    runs = simulate(as_array(parameters)[None], np.array([world]), seed, trajectories=True)
    assert runs.trajectories is not None
    columns = [SERIES_NAMES.index(name) for name in SHOWN]
    months = int(parameters["months"])
    print("month " + " ".join(f"{name[:10]:>10}" for name in SHOWN))
    for month in sorted({*range(0, months, max(1, months // MONTHS_SHOWN)), months - 1}):
        print(f"{month + 1:5d} " + " ".join(f"{runs.trajectories[0, month, column]:10.2f}" for column in columns))
    outcome = dict(zip(OUTCOME_NAMES, runs.outcomes[0], strict=True))
    print(
        f"\n{plain['setup']}, seed {seed}, world {world}: added value {outcome['added_value']:+.3f} at the end, "
        f"{outcome['added_value_mean']:+.3f} on average over {months} months."
    )
    return 0


def report(words: list[str]) -> int:
    """Rebuild the report of the study whose folder is given as `study=FOLDER`."""
    if len(words) != 1 or not words[0].startswith("study="):
        raise ConfigError("partnership report takes one word: study=FOLDER, as in study=results/quick_look/<study id>")
    from experiments import report as report_job

    return report_job.rebuild(Path(words[0].removeprefix("study=")))
