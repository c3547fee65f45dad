"""What a study asks: the resolved question that a configuration becomes, and its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from experiments import strict
from sim.limits import LIMIT_NAMES
from sim.params import COMPOSITION, DEFAULTS

RESULTS_VERSION = 1
"""Raised when the same study would give other numbers: a changed rule, draw, default or outcome."""
NAME = r"[\w-]{1,200}"
"""What a study may be called: it is the name of a folder as well."""


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
        """Everything but what the study does without, so that it is the study it was before there was any of that."""
        content = asdict(self)
        for part in ("limits", "scenario"):
            if content[part] is None:
                del content[part]
        idle = [name for name in COMPOSITION if content["parameters"].get(name) == DEFAULTS[name]]
        content["parameters"] = {name: x for name, x in content["parameters"].items() if name not in idle}
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


# read back

PARTS = ("name", "question", "seed", "parameters", "design", "arms", "contrast", "variants", "variant_points",
         "trajectory_points")  # fmt: skip


def study_from(content: Any) -> Study:
    """The study that `Study.as_dict` described, for instance in `provenance.json`, which may come from anywhere.

    Raises `StudyError`, which names the field, for anything but a study: fields that are missing or unknown, or of
    another type. Whether the study can be run as it stands is for `experiments.design.check` to say.
    """
    found = strict.fields(content, "study", PARTS, ("limits", "scenario"))
    return Study(
        name=strict.matching(found["name"], "study.name", NAME, "letters, digits, - and _"),
        question=strict.text(found["question"], "study.question", lines=True),
        seed=strict.whole(found["seed"], "study.seed"),
        parameters={name: DEFAULTS[name] for name in COMPOSITION}
        | strict.numbers(found["parameters"], "study.parameters"),
        design=_design_from(found["design"]),
        arms=strict.sequence(found["arms"], "study.arms", strict.text),
        contrast=_contrast_from(found["contrast"]),
        variants=strict.mapping(found["variants"], "study.variants", strict.numbers),
        variant_points=strict.whole(found["variant_points"], "study.variant_points"),
        trajectory_points=strict.whole(found["trajectory_points"], "study.trajectory_points"),
        limits=_limits_from(found["limits"]) if "limits" in found else None,
        scenario=_scenario_from(found["scenario"]) if "scenario" in found else None,
    )


def _design_from(content: Any) -> Design:
    parts = ("sampler", "points", "factors", "levels", "choices", "replicates", "adaptive", "shared_worlds", "digest")
    found, where = strict.fields(content, "study.design", parts), "study.design"
    return Design(
        sampler=strict.text(found["sampler"], f"{where}.sampler"),
        points=strict.whole(found["points"], f"{where}.points", 1, 2**32 - 1),
        factors=strict.mapping(found["factors"], f"{where}.factors", _span),
        levels=strict.mapping(found["levels"], f"{where}.levels", _numbers_listed),
        choices=strict.mapping(found["choices"], f"{where}.choices", _choice),
        replicates=strict.whole(found["replicates"], f"{where}.replicates", 1, 2**32 - 1),
        adaptive=None if found["adaptive"] is None else _adaptive_from(found["adaptive"]),
        shared_worlds=strict.truth(found["shared_worlds"], f"{where}.shared_worlds"),
        digest=strict.matching(found["digest"], f"{where}.digest", "([0-9a-f]{16})?", "16 hexadecimal digits, or none"),
    )


def _adaptive_from(content: Any) -> Adaptive:
    where = "study.design.adaptive"
    found = strict.fields(content, where, ("precision", "batch", "maximum", "level"))
    return Adaptive(
        precision=strict.number(found["precision"], f"{where}.precision"),
        batch=strict.whole(found["batch"], f"{where}.batch", 2),
        maximum=strict.whole(found["maximum"], f"{where}.maximum", 2),
        level=strict.number(found["level"], f"{where}.level"),
    )


def _contrast_from(content: Any) -> Contrast:
    found = strict.fields(content, "study.contrast", ("a", "b", "outcome", "region"))
    a, b, outcome = (strict.text(found[name], f"study.contrast.{name}") for name in ("a", "b", "outcome"))
    return Contrast(a, b, outcome, strict.number(found["region"], "study.contrast.region"))


def _limits_from(content: Any) -> dict[str, float]:
    return strict.numbers(strict.fields(content, "study.limits", LIMIT_NAMES), "study.limits")


def _scenario_from(content: Any) -> Scenario:
    found = strict.fields(content, "study.scenario", ("name", "about", "sources"))
    return Scenario(
        name=strict.text(found["name"], "study.scenario.name"),
        about=strict.text(found["about"], "study.scenario.about", lines=True),
        sources=strict.sequence(found["sources"], "study.scenario.sources", strict.text),
    )


def _numbers_listed(value: Any, where: str) -> tuple[float, ...]:
    return strict.sequence(value, where, strict.number)


def _span(value: Any, where: str) -> tuple[float, float]:
    low, high = strict.sequence(value, where, strict.number, 2)
    return low, high


def _choice(value: Any, where: str) -> dict[str, dict[str, float]]:
    return strict.mapping(value, where, strict.numbers)
