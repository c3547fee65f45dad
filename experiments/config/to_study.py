"""From a composed configuration to a study. Raises `ConfigError` for whatever cannot be used or could not act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.config.composition import Composition, composed
from experiments.config.effect import check_study, everywhere, refuse_idle
from experiments.config.given import Given
from experiments.config.scenarios import between
from experiments.config.schema import among, integer_in, limits_in, parameters_of
from experiments.config.to_design import design_of
from experiments.errors import ConfigError, StudyError, brief
from experiments.study.definition import Contrast, Scenario, Study
from experiments.study.names import check_name
from sim.params import DEFAULTS, SETUPS, ParameterError, parameter_value

ARMS_AT_LEAST = 2

if TYPE_CHECKING:
    import pandas as pd


def contrast_of(plain: Mapping[str, Any], arms: Sequence[str]) -> Contrast:
    """The contrast: two different arms of the study, an outcome, and a region of practical equivalence."""
    from sim.outcomes import OUTCOME_NAMES  # loads numba, which help and composing can do without

    for end in ("a", "b"):
        among(plain[end], arms, f"contrast.{end}")
    if plain["a"] == plain["b"]:
        raise ConfigError(f"contrast.a and contrast.b are both {plain['a']}; a contrast needs two arms")
    among(plain["outcome"], OUTCOME_NAMES, "contrast.outcome")
    if plain["region"] < 0:
        raise ConfigError(f"contrast.region={plain['region']} is out of range; it takes a number from 0 up")
    return Contrast(plain["a"], plain["b"], plain["outcome"], plain["region"])


def variants_of(plain: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    variants = {}
    for name, values in plain.items():
        try:
            check_name("a variant", str(name))
        except StudyError as error:
            raise ConfigError(f"variants.{name}: {error}") from None
        if not isinstance(values, Mapping):
            raise ConfigError(f"variants.{name}={brief(values)}: a variant takes parameters, as in {{fit_strength: 0}}")
        if not values:
            raise ConfigError(
                f"variants.{name}={{}}: a variant changes a parameter at least, as in {{fit_strength: 0}}"
            )
        try:
            variants[str(name)] = {parameter: parameter_value(parameter, value) for parameter, value in values.items()}
        except ParameterError as error:
            raise ConfigError(f"variants.{name}: {error}") from None
    return variants


def study_and_list(asked: Composition) -> tuple[Study, pd.DataFrame | None]:
    """The study a composition asks for, and the points of its design where they are a list."""
    return study_in(asked.plain, asked.given)


def study_in(plain: Mapping[str, Any], given: Given) -> tuple[Study, pd.DataFrame | None]:
    """The same, of values whose kinds are checked already, and of what was given."""
    arms = arms_of(plain["arms"])
    plain = {**plain, "parameters": without_setup(plain["parameters"], given)}
    if not str(plain["name"]).replace("_", "").replace("-", "").isalnum():
        raise ConfigError(f"name={brief(plain['name'])}: a study's name takes letters, digits, - and _")
    parameters = parameters_of(plain, given)
    ranges = between(plain["scenario"]["between"], parameters)
    places = {name: span for name, span in ranges.items() if not everywhere(arms, name)}
    for name in ranges.keys() - places.keys():
        origin = given.values.get(f"scenario.between.{name}")
        if origin is not None and origin.group != "scenario":
            raise ConfigError(f"scenario.between.{name} would have no effect: {everywhere(arms, name)}")
    design, listed = design_of(plain["design"], parameters, given, places)
    study = Study(
        name=plain["name"],
        question=plain["question"],
        seed=integer_in(plain["seed"], 0, 2**63 - 1, "seed"),
        parameters=parameters,
        design=design,
        arms=arms,
        contrast=contrast_of(plain["contrast"], arms),
        variants=variants_of(plain["variants"]),
        variant_points=points_at_most("variant_points", plain, design.points),
        trajectory_points=points_at_most("trajectory_points", plain, design.points),
        limits=limits_in(plain) if plain["failures"] else None,
        scenario=scenario_of(plain),
    )
    check_study(study, given)
    return study, listed


def without_setup(parameters: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """The parameters of a study, before any arm: of a setup that some scenario chooses, only how it splits its effort.

    What else a setup sets (nobody works together, say) would hold under every arm.
    """
    origins = given.under("parameters")
    leaked = [name for name in ("alone", "setup_share", "upkeep_share")
              if (origin := origins.get(f"parameters.{name}")) and origin.group == "setup"]  # fmt: skip
    return {**parameters, **{name: DEFAULTS[name] for name in leaked}}


def arms_of(given: Sequence[str]) -> tuple[str, ...]:
    """The arms of a study: two or more setups, each once."""
    arms = tuple(among(arm, SETUPS, "arms") for arm in given)
    if len(set(arms)) != len(arms):
        raise ConfigError(f"arms={brief(list(arms))}: an arm is named twice")
    if len(arms) < ARMS_AT_LEAST:
        raise ConfigError(f"arms={list(arms)}: a study compares two or more of {', '.join(SETUPS)}")
    return arms


def points_at_most(name: str, plain: Mapping[str, Any], points: int) -> int:
    """A number of points, of which there are so many."""
    if plain[name] > points:
        raise ConfigError(
            f"{name}={plain[name]} is more than the {points:,} points of the design; "
            f"give {name}={points} (or less) as well, or more design.points"
        )
    return integer_in(plain[name], 0, points, name)


def scenario_of(plain: Mapping[str, Any]) -> Scenario | None:
    """What the study is about, in words; None for the default world, which stands for no place."""
    about = plain["scenario"]
    if about["name"] == "default":
        return None
    return Scenario(about["name"], about["about"], tuple(about["sources"]))


def results_in(plain: Mapping[str, Any]) -> Path:
    """The folder that results are written to."""
    return folder_named(plain["results"], "results")


def folder_named(text: str, what: str) -> Path:
    """A folder by its path. Raises `ConfigError` for no path at all."""
    if not text.strip() or "\0" in text:
        raise ConfigError(f"{what}={brief(text)} names no folder; it takes a path, as in {what}=results")
    return Path(text).expanduser()


def compose(words: Sequence[str] = ()) -> Study:
    """The study that these words of the command line ask for, as in `compose(["experiment=quick_look", "seed=7"])`."""
    asked = composed(words)
    refuse_idle("sweep", asked.given)
    return study_and_list(asked)[0]
