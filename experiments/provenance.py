"""Where numbers come from: what is needed to repeat a study, and nothing that differs when it is repeated."""

from __future__ import annotations

import platform
import shlex
from importlib import metadata
from typing import Any

from experiments.study import RESULTS_VERSION, Study

HOW_AND_WHERE = ("workers", "results", "executor", "executor.address", "shard")
LIBRARIES = ("numpy", "scipy", "numba", "mesa", "pandas", "pyarrow", "matplotlib", "SALib")


def record(study: Study, command: str | None = None) -> dict[str, Any]:
    """The resolved study, its id and seed, versions, and the command that repeats it.

    No time, path or host is in it: the same study in the same environment gives the same bytes.
    """
    return {
        "study": study.as_dict(),
        "study_id": study.id,
        "seed": study.seed,
        "results_version": RESULTS_VERSION,
        "versions": versions(),
        "command": repeatable(command) if command else f"partnership sweep experiment={study.name}",
    }


def repeatable(command: str) -> str:
    """The command without the words that say how and where it ran, the others in one order: equal for equal studies."""
    program, job, *words = shlex.split(command)
    return shlex.join([program, job, *sorted(word for word in words if word.split("=")[0] not in HOW_AND_WHERE)])


def versions() -> dict[str, str]:
    """The version of Python, of this package and of the libraries that decide or draw numbers."""
    found = {"python": platform.python_version(), "partnership": package_version()}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


def package_version() -> str:
    """The version of the distribution that installs the `partnership` command."""
    for entry in metadata.entry_points(group="console_scripts", name="partnership"):
        if entry.dist is not None:
            return entry.dist.version
    return "not installed"
