"""A value that is given has its effect, or is refused: which values each job uses, and which could not act.

A job uses some keys of the configuration and no others. Of those that it uses, a value can still be without effect:
arms set a parameter otherwise, a sampler has no use for levels, a mechanism is switched off. Whoever gives such a
value means something by it, so each is refused, with the reason and the way to what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.errors import ConfigError, brief
from experiments.given import Given, Origin
from experiments.idle import WITHOUT_EFFECT, by_the_arms, idle
from experiments.study import Study
from sim.params import COUNTS, NEEDS, OF_TWO_SECTORS


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
        ("setup", "scenario"), (*PLAYED, "world"),
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
}
"""Keys that files of these groups hold for every job that takes the group."""

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
            raise ConfigError(f"{place}{path}={brief(origin.value)}: {unused(job, key, takes)}")


def unused(job: str, key: str, takes: Takes) -> str:
    """Why a job has no use for a key, and what serves instead."""
    instead = takes.instead.get(key)
    said = f"partnership {job} does not use {key}"
    return f"{said}; {instead}" if instead else f"{said}; it uses {', '.join(takes.keys)}"


# -- parameters -------------------------------------------------------------------------------------------

SWITCHED_BY = {
    "umbrella_fidelity": "umbrella",
    "review_floor": "review_month",
    "relaunch_keeps": "cycle_months",
    "relaunch_alignment": "cycle_months",
    "relaunch_fatigue": "cycle_months",
    "learning_prob": "cycle_months",
}
"""Parameters of a mechanism that is off unless another parameter is above 0."""


def dormant(name: str, values: Mapping[str, float], varied: frozenset[str] = frozenset()) -> str | None:
    """Why a parameter cannot act where the others have these values, and `varied` vary; None if it can."""
    sectors = any(values[count] for count in COUNTS) or bool(varied & set(COUNTS))
    if name in OF_TWO_SECTORS and sectors:
        return "the sectors of the scenario decide it; vary or set their counts"
    if name in SWITCHED_BY:
        switch = SWITCHED_BY[name]
        if not values[switch] and switch not in varied:
            return f"it acts only where {switch} is above 0; set parameters.{switch} as well"
    if name.startswith("sector_") and not name.endswith("_count"):
        count = f"sector_{name.split('_')[1]}_count"
        if not values[count] and count not in varied:
            return f"it acts only where {count} is above 0; set parameters.{count} as well"
    if name in NEEDS and int(name.removeprefix("need_")) > values["n_issues"]:
        return f"there are {values['n_issues']:g} issues; set parameters.n_issues as well"
    return None


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
        if origin.typed and path in ABOUT_A_PLACE:
            raise ConfigError(f"{path}={brief(origin.value)}: the file of a scenario says this; choose scenario=NAME")
    uses = given.values.get("design.points")
    localities = given.values.get("scenario.n_localities")
    if localities is not None and localities.typed and not (uses and "n_localities" in str(uses.value)):
        raise ConfigError(f"scenario.n_localities={localities.value}: it would have no effect; give design.points")
    check_parts(study, given)
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
