"""From a composed configuration to a study. Raises `ConfigError` for anything that cannot be meant."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from experiments.config_design import design_of
from experiments.scenario import between
from experiments.schema import (
    ConfigError,
    among,
    hydra_started,
    limits_in,
    open_factors,
    parameters_of,
    resolved,
    whole,
)
from experiments.study import Contrast, Scenario, Study
from sim.params import SETUPS, ParameterError, check

ADDRESS = r"((tcp|tls|ws|wss|ucx)://)?(\[[0-9a-fA-F:]+\]|[^/:\s]+):\d{1,5}/?"
"""What the address of a Dask scheduler looks like."""

if TYPE_CHECKING:
    import pandas as pd

    from experiments.execute import Place
    from experiments.sweep import Shard


def contrast_of(plain: Mapping[str, Any], arms: Sequence[str]) -> Contrast:
    """The contrast: two different arms of the study, an outcome, and a region of practical equivalence."""
    from sim.outcomes import OUTCOME_NAMES  # loads numba, which help and composing can do without

    for end in ("a", "b"):
        among(plain[end], arms, f"contrast.{end}")
    if plain["a"] == plain["b"]:
        raise ConfigError(f"contrast.a and contrast.b are both {plain['a']}; a contrast needs two arms")
    among(plain["outcome"], OUTCOME_NAMES, "contrast.outcome")
    region = plain["region"]
    if not (region >= 0 and math.isfinite(region)):
        raise ConfigError(f"contrast.region={region} is out of range; it takes a number from 0 up")
    return Contrast(plain["a"], plain["b"], plain["outcome"], region)


def variants_of(plain: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    variants = {}
    for name, values in plain.items():
        if not isinstance(values, Mapping):
            raise ConfigError(f"variants.{name}={values}: a variant takes parameters, as in {{fit_strength: 0}}")
        try:
            variants[str(name)] = {parameter: check(parameter, value) for parameter, value in values.items()}
        except ParameterError as error:
            raise ConfigError(f"variants.{name}: {error}") from None
    return variants


def study_from(cfg: DictConfig) -> Study:
    """The study a configuration asks for. Raises `ConfigError` for anything that cannot be meant."""
    return study_and_list(cfg)[0]


def study_and_list(cfg: DictConfig) -> tuple[Study, pd.DataFrame | None]:
    """The study a configuration asks for, and the points of its design where they are a list."""
    return study_in(resolved(cfg))


def study_in(plain: Mapping[str, Any]) -> tuple[Study, pd.DataFrame | None]:
    """The same, of a configuration that is resolved already."""
    arms = tuple(among(arm, SETUPS, "arms") for arm in plain["arms"])
    if len(set(arms)) != len(arms):
        raise ConfigError(f"arms={list(arms)}: an arm is named twice")
    if not str(plain["name"]).replace("_", "").replace("-", "").isalnum():
        raise ConfigError(f"name={plain['name']!r}: a study's name takes letters, digits, - and _")
    parameters = parameters_of(plain)
    design, listed = design_of(with_places(plain, parameters), parameters)
    study = Study(
        name=plain["name"],
        question=plain["question"],
        seed=whole(plain["seed"], 0, 2**63 - 1, "seed"),
        parameters=parameters,
        design=design,
        arms=arms,
        contrast=contrast_of(plain["contrast"], arms),
        variants=variants_of(plain["variants"]),
        variant_points=whole(plain["variant_points"], 0, design.points, "variant_points"),
        trajectory_points=whole(plain["trajectory_points"], 0, design.points, "trajectory_points"),
        limits=limits_in(plain) if plain["failures"] else None,
        scenario=scenario_of(plain),
    )
    return study, listed


def with_places(plain: Mapping[str, Any], parameters: Mapping[str, float]) -> dict[str, Any]:
    """The `design` part, with what differs between the places of the scenario among its factors."""
    places = between(plain["scenario"]["between"], parameters)
    design = dict(plain["design"])
    if design["sampler"] != "list":
        design["factors"] = {name: list(span) for name, span in places.items()} | design["factors"]
    return design


def scenario_of(plain: Mapping[str, Any]) -> Scenario | None:
    """What the study is about, in words; None for the default world, which stands for no place."""
    about = plain["scenario"]
    if about["name"] == "default":
        return None
    return Scenario(about["name"], about["about"], tuple(about["sources"]))


def place_of(cfg: DictConfig) -> Place:
    """Where a study is to be run."""
    from experiments.execute import KINDS, Place

    kind = among(cfg.executor.kind, KINDS, "executor.kind")
    if cfg.workers is not None and cfg.workers < 1:
        raise ConfigError(f"workers={cfg.workers} is out of range; it takes a whole number from 1 up, or null for all")
    if cfg.executor.address is not None and kind != "dask":
        raise ConfigError(f"executor.address={cfg.executor.address}: only executor=dask has an address")
    if cfg.executor.address is not None and not re.fullmatch(ADDRESS, cfg.executor.address):
        raise ConfigError(
            f"executor.address={cfg.executor.address}: a scheduler's address is like tcp://host:8786, with its port"
        )
    return Place(kind, cfg.workers, cfg.executor.address)


def shard_of(cfg: DictConfig) -> Shard | None:
    """Which part of a study is to be run, if it is cut for a batch system."""
    from experiments.sweep import Shard

    if cfg.shard is None:
        return None
    number, _, of = str(cfg.shard).partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 100_000):
        raise ConfigError(f"shard={cfg.shard}: a shard is given as k/n, as in shard=1/3 for the first of three")
    return Shard(int(number), int(of))


def compose(overrides: Sequence[str] = ()) -> Study:
    """The study that these words of the command line ask for, as in `compose(["experiment=quick_look", "seed=7"])`.

    Hydra runs all the while, since a study may ask it for more: a factor can be a choice among scenarios.
    """
    from hydra import compose as compose_config

    with hydra_started():
        return study_from(compose_config("config", list(map(open_factors, overrides))))
