"""From a composed configuration to a study. Raises `ConfigError` for whatever cannot be used or could not act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.config.composition import Composition, composed
from experiments.config.effect import check_study, everywhere, refuse_idle
from experiments.config.given import Given
from experiments.config.scenarios import between
from experiments.config.schema import integer_of, limits_in, parameters_of
from experiments.config.to_design import design_of
from experiments.errors import ConfigError, StudyError, among, brief
from experiments.study.definition import Contrast, Scenario, Study
from sim.params import DEFAULTS, SETUPS, ParameterError, parameter_value

if TYPE_CHECKING:
    import pandas as pd


def variants_of(plain: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The variants by name, their values checked."""
    variants = {}
    for name, values in plain.items():
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
    arms = tuple(plain["arms"])
    for arm in arms:
        among(arm, SETUPS, "arms")
    plain = {**plain, "parameters": without_setup(plain["parameters"], given)}
    parameters = parameters_of(plain, given)
    ranges = between(plain["scenario"]["between"], parameters)
    places = {name: span for name, span in ranges.items() if not everywhere(arms, name)}
    for name in ranges.keys() - places.keys():
        origin = given.values.get(f"scenario.between.{name}")
        if origin is not None and origin.group != "scenario":
            raise ConfigError(f"scenario.between.{name} would have no effect: {everywhere(arms, name)}")
    from experiments.study import validation  # loads numba, which help and composing can do without

    design, listed = design_of(plain["design"], parameters, given, places)
    study = Study(
        name=plain["name"],
        question=plain["question"],
        seed=integer_of(plain["seed"], "seed"),
        parameters=parameters,
        design=design,
        arms=arms,
        contrast=Contrast(**plain["contrast"]),
        variants=variants_of(plain["variants"]),
        variant_points=integer_of(plain["variant_points"], "variant_points"),
        trajectory_points=integer_of(plain["trajectory_points"], "trajectory_points"),
        limits=limits_in(plain) if plain["failures"] else None,
        scenario=scenario_of(plain),
    )
    try:
        validation.require_valid(study)  # the rows of a list are looked at once, where the study is run
    except StudyError as error:
        raise ConfigError(str(error)) from None
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
