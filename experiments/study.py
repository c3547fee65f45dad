"""What a study asks: the resolved question that a configuration becomes, and its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

RESULTS_VERSION = 1
"""Raised when the same study would give other numbers: a changed rule, draw, default or outcome."""


@dataclass(frozen=True)
class Contrast:
    """A paired comparison: arm `a` less arm `b` in the same world, against a region of practical equivalence."""

    a: str
    b: str
    outcome: str
    region: float


@dataclass(frozen=True)
class Design:
    """Which worlds are simulated: `points` of them, drawn by `sampler` from the box `factors` (low, high)."""

    sampler: str
    points: int
    factors: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Study:
    """A whole study, resolved. Two studies that are equal give the same bytes.

    `parameters` holds every parameter by name; a factor of the design, then the arm, then a variant override it.
    Every arm meets every world of the design. Each variant (a mechanism switched off) meets the first
    `variant_points` worlds, under the two arms of the contrast. The first `trajectory_points` worlds are also
    kept month by month under every arm.
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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits, a hash of everything that decides the results, and of nothing else."""
        content = json.dumps({"results_version": RESULTS_VERSION, **self.as_dict()}, sort_keys=True)
        return hashlib.blake2b(content.encode(), digest_size=6).hexdigest()
