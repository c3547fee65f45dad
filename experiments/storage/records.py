"""A study's record, read back: the study that `Study.as_dict` described, wherever the record comes from."""

from __future__ import annotations

from typing import Any

from experiments.storage import strict_json
from experiments.study.definition import Adaptive, Contrast, Design, Scenario, Study
from experiments.study.names import ALLOWED
from sim.limits import LIMIT_NAMES

PARTS = ("name", "question", "seed", "parameters", "design", "arms", "contrast", "variants", "variant_points",
         "trajectory_points")  # fmt: skip


def study_from(content: Any) -> Study:
    """The study that `Study.as_dict` described, for instance in `provenance.json`, which may come from anywhere.

    Raises `StudyError`, which names the field, for anything but a study: fields that are missing or unknown, or of
    another type. Whether the study can be run as it stands is for `experiments.study.design.check` to say.
    """
    fields = strict_json.fields(content, "study", PARTS, ("limits", "scenario"))
    return Study(
        name=strict_json.matching(
            fields["name"], "study.name", ALLOWED.pattern, "letters, digits, spaces, or any of _ - ."
        ),
        question=strict_json.text(fields["question"], "study.question", lines=True),
        seed=strict_json.integer_at(fields["seed"], "study.seed"),
        parameters=strict_json.numbers(fields["parameters"], "study.parameters"),
        design=_design_from(fields["design"]),
        arms=strict_json.sequence(fields["arms"], "study.arms", strict_json.text),
        contrast=_contrast_from(fields["contrast"]),
        variants=strict_json.mapping(fields["variants"], "study.variants", strict_json.numbers),
        variant_points=strict_json.integer_at(fields["variant_points"], "study.variant_points"),
        trajectory_points=strict_json.integer_at(fields["trajectory_points"], "study.trajectory_points"),
        limits=_limits_from(fields["limits"]) if "limits" in fields else None,
        scenario=_scenario_from(fields["scenario"]) if "scenario" in fields else None,
    )


def _design_from(content: Any) -> Design:
    parts = ("sampler", "points", "factors", "levels", "choices", "replicates", "adaptive", "shared_worlds", "digest")
    fields, where = strict_json.fields(content, "study.design", parts), "study.design"
    return Design(
        sampler=strict_json.text(fields["sampler"], f"{where}.sampler"),
        points=strict_json.integer_at(fields["points"], f"{where}.points", 1, 2**32 - 1),
        factors=strict_json.mapping(fields["factors"], f"{where}.factors", _span),
        levels=strict_json.mapping(fields["levels"], f"{where}.levels", _numbers_listed),
        choices=strict_json.mapping(fields["choices"], f"{where}.choices", _choice),
        replicates=strict_json.integer_at(fields["replicates"], f"{where}.replicates", 1, 2**32 - 1),
        adaptive=None if fields["adaptive"] is None else _adaptive_from(fields["adaptive"]),
        shared_worlds=strict_json.truth(fields["shared_worlds"], f"{where}.shared_worlds"),
        digest=strict_json.matching(
            fields["digest"], f"{where}.digest", "([0-9a-f]{16})?", "16 hexadecimal digits, or none"
        ),
    )


def _adaptive_from(content: Any) -> Adaptive:
    where = "study.design.adaptive"
    fields = strict_json.fields(content, where, ("precision", "batch", "maximum", "level"))
    return Adaptive(
        precision=strict_json.number(fields["precision"], f"{where}.precision"),
        batch=strict_json.integer_at(fields["batch"], f"{where}.batch", 2),
        maximum=strict_json.integer_at(fields["maximum"], f"{where}.maximum", 2),
        level=strict_json.number(fields["level"], f"{where}.level"),
    )


def _contrast_from(content: Any) -> Contrast:
    fields = strict_json.fields(content, "study.contrast", ("a", "b", "outcome", "region"))
    a, b, outcome = (strict_json.text(fields[name], f"study.contrast.{name}") for name in ("a", "b", "outcome"))
    return Contrast(a, b, outcome, strict_json.number(fields["region"], "study.contrast.region"))


def _limits_from(content: Any) -> dict[str, float]:
    return strict_json.numbers(strict_json.fields(content, "study.limits", LIMIT_NAMES), "study.limits")


def _scenario_from(content: Any) -> Scenario:
    fields = strict_json.fields(content, "study.scenario", ("name", "about", "sources"))
    return Scenario(
        name=strict_json.text(fields["name"], "study.scenario.name"),
        about=strict_json.text(fields["about"], "study.scenario.about", lines=True),
        sources=strict_json.sequence(fields["sources"], "study.scenario.sources", strict_json.text),
    )


def _numbers_listed(value: Any, where: str) -> tuple[float, ...]:
    return strict_json.sequence(value, where, strict_json.number)


def _span(value: Any, where: str) -> tuple[float, float]:
    low, high = strict_json.sequence(value, where, strict_json.number, 2)
    return low, high


def _choice(value: Any, where: str) -> dict[str, dict[str, float]]:
    return strict_json.mapping(value, where, strict_json.numbers)
