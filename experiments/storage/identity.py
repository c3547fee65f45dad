"""Which model a study is of: digests of the sources and versions of the libraries that decide its numbers.

Each process answers for the code that it has loaded. A study that one model began is not finished by another, and
what another model made is never passed off as what this one would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import OtherModelError, StudyError
from experiments.storage import strict_json
from sim.sources import MODEL, SourceChangedError, Sources

if TYPE_CHECKING:
    from experiments.study.definition import Study

RUNS_CHOSEN = Sources(
    "experiments",
    Path(__file__).parents[1],
    ("execution/stopping", "execution/worker", "study/design", "study/plan", "study/samplers"),
)
"""The modules that decide which runs a study makes, and of which numbers; `sim.sources` has those of the model."""

LIBRARIES = ("numpy", "numba")
DRAWN_WITH = {"latin_hypercube": "scipy", "sobol": "scipy", "saltelli": "scipy", "morris": "SALib"}
"""The library whose version also decides the points of a design, by its sampler."""

NAMED = 3
"""Differences that a message names; of any others it gives the count."""
OTHER = "made by a different model from the one installed"


@dataclass(frozen=True)
class Identity:
    """What decides the numbers of a study besides what it asks."""

    results_version: int
    sources: Mapping[str, str]
    libraries: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a manifest and in `provenance.json`."""
        return asdict(self)


FIELDS = tuple(Identity.__dataclass_fields__)


def identity(study: Study) -> Identity:
    """The identity of a study made by this process, from the code it has loaded.

    Raises `StudyError` if sources were edited while they were being loaded.
    """
    from experiments.study.definition import RESULTS_VERSION

    used = (*LIBRARIES, *([DRAWN_WITH[study.design.sampler]] if study.design.sampler in DRAWN_WITH else ()))
    try:
        sources = {**MODEL.loaded(), **RUNS_CHOSEN.loaded()}
    except SourceChangedError as error:
        raise StudyError(str(error)) from None
    return Identity(RESULTS_VERSION, sources, {name: loaded_version(name) for name in used})


@cache
def loaded_version(library: str) -> str:
    """The version of a library, asked once: what is installed over it later is not what this process has loaded."""
    from importlib import metadata  # takes longer to load than help takes to answer

    return metadata.version(library)


def identity_from(content: Mapping[str, Any], where: str) -> Identity:
    """The identity that some fields of a record state; `StudyError` names one that is not as it should be."""
    return Identity(
        strict_json.integer_at(content["results_version"], f"{where}.results_version", 0, 10**6),
        strict_json.texts(content["sources"], f"{where}.sources"),
        strict_json.texts(content["libraries"], f"{where}.libraries"),
    )


def differences(there: Identity, here: Identity) -> str:
    """What differs between two identities, each with its value there and here; nothing if they are the same."""
    left, right = _flattened(there), _flattened(here)
    apart = [name for name in sorted({*left, *right}, key=_order) if left.get(name) != right.get(name)]
    said = [f"{name} ({left.get(name, 'none')} there, {right.get(name, 'none')} here)" for name in apart[:NAMED]]
    return ", ".join(said) + (f" and {len(apart) - NAMED} more" if len(apart) > NAMED else "")


def require_same(expected: Identity, study: Study, place: str) -> None:
    """Raise `OtherModelError`, naming what differs, unless this process would make the study as was expected.

    `place` says where this process is, in words that follow "the worker".
    """
    apart = differences(identity(study), expected)
    if apart:
        raise OtherModelError(
            f"the worker {place} has another model: {apart}; give it the same version of this package and of the "
            "libraries, and start it again"
        )


def _flattened(identity: Identity) -> dict[str, str]:
    return {"results version": str(identity.results_version), **identity.libraries, **identity.sources}


def _order(name: str) -> tuple[bool, str]:
    return "/" in name, name  # versions first: they explain more than a digest does
