"""Where numbers come from: what is needed to repeat a study, and nothing that differs when it is repeated."""

from __future__ import annotations

import platform
import shlex
from importlib import metadata
from typing import Any

from experiments.errors import StudyError
from experiments.storage import strict_json
from experiments.storage.files import as_json
from experiments.storage.identity import FIELDS, identity, identity_from
from experiments.study.definition import Study

HOW_AND_WHERE = ("workers", "results", "executor", "executor.address", "shard", "anew")
LIBRARIES = ("numpy", "scipy", "numba", "mesa", "pandas", "pyarrow", "matplotlib", "SALib")


def record(study: Study, command: str | None = None) -> dict[str, Any]:
    """The resolved study, its id and seed, versions, what made it, and the command that repeats it.

    No time, path or host is in it: the same study in the same environment gives the same bytes. Raises `StudyError`
    for a command that could not be read back, with a line break in it, say.
    """
    content = {
        "study": study.as_dict(),
        "study_id": study.id,
        "seed": study.seed,
        **identity(study).as_dict(),
        "versions": versions(),
        "command": repeatable(command) if command else f"partnership sweep experiment={study.name}",
    }
    record_from(as_json(content))
    return content


def record_from(content: bytes) -> dict[str, Any]:
    """A record of origin as it was stored, each field but the study itself checked (see `study_from`).

    Raises `StudyError`, which names the field that is not of the type or in the range that it must have.
    """
    try:
        record = strict_json.parsed(content)
    except ValueError as error:
        raise StudyError(f"it is no JSON of ours: {str(error)[: strict_json.CHARACTERS_SHOWN]}") from None
    strict_json.fields(record, "it", ("study", "study_id", "seed", "versions", "command", *FIELDS))
    strict_json.matching(record["study_id"], "study_id", "[0-9a-f]{12}", "12 hexadecimal digits")
    strict_json.integer_at(record["seed"], "seed")
    strict_json.texts(record["versions"], "versions")
    identity_from(record, "it")
    command = strict_json.text(record["command"], "command")
    if not command.startswith("partnership "):
        raise strict_json.fault("command", command, "a command that starts with partnership")
    return dict(record)


def repeatable(command: str) -> str:
    """The command without the words that say how and where it ran, the others in one order: equal for equal studies."""
    program, job, *words = shlex.split(command)
    return shlex.join([program, job, *sorted(word for word in words if word.split("=")[0] not in HOW_AND_WHERE)])


def versions() -> dict[str, str]:
    """The version of Python, of this package and of the libraries that decide or draw numbers."""
    versions_used = {"python": platform.python_version(), "partnership": package_version()}
    for library in LIBRARIES:
        try:
            versions_used[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            versions_used[library] = "not installed"
    return versions_used


def package_version() -> str:
    """The version of the distribution that installs the `partnership` command."""
    for entry in metadata.entry_points(group="console_scripts", name="partnership"):
        if entry.dist is not None:
            return entry.dist.version
    return "not installed"
