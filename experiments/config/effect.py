"""A value that is given has its effect, or is refused: which values each job uses, and which could not act.

A job uses some keys of the configuration and no others. Of those that it uses, a value can still be without effect:
arms set a parameter otherwise, a sampler has no use for levels, a mechanism is switched off. Whoever gives such a
value means something by it, so each is refused, with the reason and the way to what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.config.given import Given, Origin
from experiments.errors import ConfigError, brief
from experiments.study.definition import Study
from experiments.study.inactive import WITHOUT_EFFECT, by_the_arms, dormant, idle
from sim.params import SETUPS


@dataclass(frozen=True)
class Takes:
    """What a job uses: groups by name, keys, and for some keys that it does not use what to do instead."""

    groups: tuple[str, ...]
    keys: tuple[str, ...]
    instead: Mapping[str, str]


ARMS = "every arm of a study sets it; name the setups in arms=[structure_first, purpose_first, ...]"
ONE_WORLD = "partnership run shows one world; a study draws its own, by seed and design"
DEMO, CLAIMS = "partnership demo failure=NAME shows failures", "partnership claims claim=NAME judges claims"
STUDY = "partnership sweep makes studies"
PLAYED = ("seed", "setup", "parameters", "limits")

TAKES = {
    "sweep": Takes(
        ("experiment", "scenario", "executor"),
        ("name", "question", "seed", "scenario", "parameters", "design", "arms", "contrast", "variants",
         "variant_points", "trajectory_points", "failures", "limits", "results", "executor", "workers", "shard",
         "anew"),
        {"setup": ARMS, "world": ONE_WORLD, "failure": DEMO, "claim": CLAIMS,
         "judging": CLAIMS, "runs": "a study's size is design.points times design.replicates"},
    ),
    "run": Takes(
        ("failure", "setup", "scenario"), (*PLAYED, "world"),
        {"experiment": STUDY, "failure": DEMO, "claim": CLAIMS, "judging": CLAIMS, "runs": DEMO,
         "arms": "one partnership has one setup; name it in setup=NAME",
         "results": "partnership run writes nothing", "name": "partnership run writes nothing"},
    ),
    "demo": Takes(
        ("failure", "setup", "scenario"), (*PLAYED, "failure", "runs", "results"),
        {"experiment": STUDY, "claim": CLAIMS, "judging": CLAIMS, "world": "it shows the world that fits best",
         "workers": "a demonstration takes a second or two on one processor"},
    ),
    "claims": Takes(
        ("claim", "scenario", "executor"),
        ("claim", "seed", "parameters", "design", "failures", "limits", "judging", "results", "executor", "workers",
         "anew"),
        {"experiment": STUDY, "setup": "a claim names its own settings", "failure": DEMO,
         "arms": "a claim names its own settings", "contrast": "a claim names its own tests",
         "variants": "a claim names its own settings", "name": "the study of a claim has the claim's name",
         "question": "the claim's statement is the question", "shard": "choose some claims with claim=NAME instead"},
    ),
}  # fmt: skip
"""By job. What a file of a group says for the sake of another job is not held against it (`IN_FILES`)."""

IN_FILES = {
    "scenario": ("name", "scenario", "parameters", "design", "setup"),
    "setup": ("setup", "parameters"),
    "executor": ("executor",),
    "failure": ("failure", "setup", "parameters"),
}
"""Keys that files of these groups hold for every job that takes the group."""

BY_NAME_ONLY = "a study knows it by name only; the file of a scenario says it for the page and for patterns"
WITHOUT_EFFECT_IN_A_STUDY = ("scenario.sectors", "scenario.issues")
"""What is known of a scenario by name only, for the page and for patterns."""


def refuse_idle(job: str, given: Given) -> None:
    """Raise `ConfigError` for a choice or a value that the job has no use for."""
    takes = TAKES[job]
    for group in sorted(given.typed_choices - set(takes.groups)):
        raise ConfigError(f"{group}={given.choices.get(group)}: {unused(job, group, takes)}")
    for path, origin in given.values.items():
        key = path.split(".", maxsplit=1)[0]
        if key in IN_FILES.get(origin.group, ()):
            continue
        if key not in takes.keys or (path in WITHOUT_EFFECT_IN_A_STUDY and job != "demo"):
            place = f"{origin.place}: " if origin.place else ""
            reason = (
                BY_NAME_ONLY if path in WITHOUT_EFFECT_IN_A_STUDY and key in takes.keys else unused(job, key, takes)
            )
            raise ConfigError(f"{place}{path}={brief(origin.value)}: {reason}")


def unused(job: str, key: str, takes: Takes) -> str:
    """Why a job has no use for a key, and what serves instead."""
    instead = takes.instead.get(key)
    said = f"partnership {job} does not use {key}"
    return f"{said}; {instead}" if instead else f"{said}; it uses {', '.join(takes.keys)}"


# -- parameters -------------------------------------------------------------------------------------------


def check_partnership(setup: str, parameters: Mapping[str, float], given: Given) -> None:
    """Raise `ConfigError` for a parameter that was given and could not act in one partnership."""
    for name, origin in given.parameters().items():
        if origin.group in IN_FILES:
            continue
        reason = dormant(name, parameters)
        if reason is None and name in WITHOUT_EFFECT.get(setup, ()) and origin.typed:
            reason = f"under setup={setup} there is no setup to spend on"
        if reason:
            raise ConfigError(f"parameters.{name}={brief(origin.value)} would have no effect: {reason}")


# -- a study ----------------------------------------------------------------------------------------------

ABOUT_A_PLACE = ("scenario.name", "scenario.about", "scenario.sources")


def check_study(study: Study, given: Given) -> None:
    """Raise `ConfigError` for a value that was given and could not act in this study."""
    for path, origin in given.values.items():
        if origin.group != "scenario" and path in ABOUT_A_PLACE:
            raise ConfigError(f"{path}={brief(origin.value)}: the file of a scenario says this; choose scenario=NAME")
    uses = given.values.get("design.points")
    localities = given.values.get("scenario.n_localities")
    if localities is not None and localities.group != "scenario" and not (uses and "n_localities" in str(uses.value)):
        raise ConfigError(f"scenario.n_localities={localities.value}: it would have no effect; give design.points")
    check_parts(study, given)
    check_variants(study, given)
    check_choices(study)
    varied = frozenset(study.design.factors) | {name for named in study.design.choices.values()
                                                for values in named.values() for name in values}  # fmt: skip
    for name, origin in given.parameters().items():
        if reason := idle_parameter(study, name, origin, varied):
            raise ConfigError(f"parameters.{name}={brief(origin.value)} would have no effect: {reason}")
    for name, reason in idle(study).items():
        if study.design.sampler == "list" and name in study.design.factors:
            raise ConfigError(f"design.list: the column {name} would have no effect: {reason}")
        if name not in study.design.factors or given.rank(f"design.factors.{name}") is not None:
            raise ConfigError(f"design.factors: {name} would have no effect: {reason}")
    for name in study.design.factors:
        listed = study.design.sampler == "list" or given.rank(f"design.factors.{name}") is not None
        if listed and (reason := dormant(name, study.parameters, varied)):
            raise ConfigError(f"design.factors.{name} would have no effect: {reason}")


def check_parts(study: Study, given: Given) -> None:
    """Raise `ConfigError` for parts of a study that need one another and are given apart."""
    named, met = given.rank("variants"), given.rank("variant_points")
    if named is not None and study.variants and not study.variant_points and (met is None or met < named):
        first = next(iter(study.variants))
        raise ConfigError(f"variants.{first} would have no effect: no world meets it; give variant_points as well")
    if met is not None and study.variant_points and not study.variants:
        raise ConfigError(f"variant_points={study.variant_points} would have no effect: there are no variants; "
                          "name some, as in variants.no_load={load_per_seat: 0}")  # fmt: skip
    if given.rank("limits") is not None and study.limits is None:
        first = next(iter(given.under("limits")))
        raise ConfigError(f"{first} would have no effect: limits are for failure modes, which failures=true looks for")


def check_variants(study: Study, given: Given) -> None:
    """Raise `ConfigError` for a variant that was given and comes to the study itself, in all or in some part."""
    for variant, values in study.variants.items():
        if given.rank(f"variants.{variant}") is None:
            continue
        changed = {**study.parameters, **values}
        for name in values:
            if reason := dormant(name, changed, frozenset(study.design.factors)):
                raise ConfigError(f"variants.{variant}: {name} would have no effect: {reason}")
        fixed = set(values) - set(study.design.factors) - {name for arm in study.arms for name in SETUPS[arm]}
        if fixed == set(values) and changed == dict(study.parameters):
            raise ConfigError(f"variants.{variant} would have no effect: these are the values of the study itself")


def check_choices(study: Study) -> None:
    """Raise `ConfigError` for a choice between options that come to the same."""
    for choice, options in study.design.choices.items():
        if len(options) > 1 and all(values == next(iter(options.values())) for values in options.values()):
            raise ConfigError(f"design.factors.{choice} would have no effect: its options set the same values")
        for option, values in options.items() if choice != "scenario" else ():
            for name in values:
                if reason := dormant(name, {**study.parameters, **values}, frozenset(study.design.factors)):
                    raise ConfigError(f"design.factors.{choice}, {option}: {name} would have no effect: {reason}")


def idle_parameter(study: Study, name: str, origin: Origin, varied: frozenset[str]) -> str | None:
    """Why a parameter that was given cannot act in a study; None if it can, or something given since overrides it."""
    if name in study.design.factors and study.design.sampler != "one_at_a_time":
        return "every point of the list has a value of its own" if study.design.sampler == "list" else None
    for choice, named in study.design.choices.items():
        if all(name in values for values in named.values()):
            return f"every choice of design.factors.{choice} sets it"
    if origin.group == "scenario":
        return None  # said for the sake of other jobs as well, such as partnership run
    return everywhere(study.arms, name) or dormant(name, study.parameters, varied)


def everywhere(arms: Sequence[str], name: str) -> str | None:
    """Why a parameter cannot act under any of some arms; None if it can."""
    return ARMS if by_the_arms(arms, name) else None
