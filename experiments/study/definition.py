"""What a study asks: the resolved question that a configuration becomes, and its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

RESULTS_VERSION = 3
"""Raised when the same study would give other numbers: a changed rule, draw, default or outcome."""

NO_VARIANT = "none"
"""The variant of a run in which nothing is switched off."""
AS_IT_STANDS = "as it stands"
"""What tables and figures call such runs."""


@dataclass(frozen=True)
class Contrast:
    """A paired comparison: arm `a` less arm `b` in the same world, against a region of practical equivalence."""

    a: str
    b: str
    outcome: str
    region: float


@dataclass(frozen=True)
class Adaptive:
    """Replicates as needed: `batch` at a time until the paired difference at a point is known, `maximum` at the most.

    Known means: with confidence `level` for all looks together, to within `precision` either way, or inside the
    region of practical equivalence.
    """

    precision: float
    batch: int
    maximum: int
    level: float = 0.95


@dataclass(frozen=True)
class Design:
    """Which points are simulated, and how often.

    `factors` are the parameters that vary, each with its range; those in `levels` take listed values of it only.
    `choices` vary by name: each name stands for a set of parameters. A `list` of points is known by its `digest`.
    Each point is met in `replicates` worlds (or in as many as `adaptive` finds are needed); worlds are the same for
    all points if `shared_worlds`, else each point has its own.
    """

    sampler: str
    points: int
    factors: Mapping[str, tuple[float, float]]
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    replicates: int = 1
    adaptive: Adaptive | None = None
    shared_worlds: bool = False
    digest: str = ""

    @property
    def replicates_at_most(self) -> int:
        """How often a point is met at most."""
        return self.adaptive.maximum if self.adaptive else self.replicates


@dataclass(frozen=True)
class Scenario:
    """Which partnerships a study is about, in words: a composition has its numbers among the study's parameters."""

    name: str
    about: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """A whole study, resolved. Two studies that are equal give the same bytes.

    `parameters` holds every parameter by name; a factor of the design, then a choice, then the arm, then a variant
    override it. Every arm meets every point of the design. Each variant (a mechanism switched off) meets the first
    `variant_points` points, under the two arms of the contrast. The first `trajectory_points` points are also kept
    month by month under every arm, in their first world. With `limits`, the thresholds of the failure detectors, each
    run is searched for failure modes as well. Points come first as they are visited, not as they are
    numbered.
    """

    name: str
    question: str
    seed: int
    parameters: Mapping[str, float]
    design: Design
    arms: tuple[str, ...]
    contrast: Contrast
    variants: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    variant_points: int = 0
    trajectory_points: int = 0
    limits: Mapping[str, float] | None = None
    scenario: Scenario | None = None

    def as_dict(self) -> dict[str, Any]:
        """Everything that is asked; failure modes and a scenario only where there are any."""
        content = asdict(self)
        for part in ("limits", "scenario"):
            if content[part] is None:
                del content[part]
        return content

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits, a hash of all that is asked and of the version of the results."""
        return self.id_under(RESULTS_VERSION)

    def id_under(self, results_version: int) -> str:
        """The id that the study has, or had, under some version of the results."""
        decisive = {name: part for name, part in self.as_dict().items() if name != "scenario"}
        content = json.dumps({"results_version": results_version, **decisive}, sort_keys=True)
        return hashlib.blake2b(content.encode(), digest_size=6).hexdigest()
