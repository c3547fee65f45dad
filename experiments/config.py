"""From a composed configuration to a study: the schema, every check, and one clear message for each mistake."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.study import Contrast, Study
from sim.limits import LIMITS, limits_of
from sim.params import BY_NAME, DEFAULT_BOX, NAMES, PARAMETERS, SETUPS, Parameter, ParameterError, check, nearest

BOXES: dict[str, dict[str, tuple[float, float]]] = {"default": DEFAULT_BOX, "none": {}}
FIXED_IN_A_STUDY = ("months", "n_issues", "alone")
ADDRESS = r"((tcp|tls|ws|wss|ucx)://)?(\[[0-9a-fA-F:]+\]|[^/:\s]+):\d{1,5}/?"
"""What the address of a Dask scheduler looks like."""

if TYPE_CHECKING:
    import pandas as pd

    from experiments.execute import Place
    from experiments.sweep import Shard


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the value, what is allowed and the nearest name."""


def configs() -> Path:
    """The folder of configurations: that of the installed package, or that of the repository."""
    import sim

    package = Path(sim.__file__).parent
    packaged = package / "_configs"
    return packaged if packaged.is_dir() else package.parent / "configs"


# -- the schema -------------------------------------------------------------------------------------------


def _field(parameter: Parameter) -> tuple[str, type, Any]:
    kind: type = bool if parameter.unit == "switch" else int if parameter.whole else float
    return parameter.name, kind, field(default=kind(parameter.default))


Parameters = make_dataclass("Parameters", [_field(parameter) for parameter in PARAMETERS])
LimitsSchema = make_dataclass(
    "LimitsSchema", [(limit.name, type(limit.default), field(default=limit.default)) for limit in LIMITS]
)


@dataclass
class ScenarioSchema:
    name: str = "default"
    about: str = ""
    sources: list[str] = field(default_factory=list)


@dataclass
class AdaptiveSchema:
    precision: float | None = None
    batch: int = 16
    maximum: int = 400
    level: float = 0.95


@dataclass
class DesignSchema:
    sampler: str = "latin_hypercube"
    points: int = 1000
    box: str = "default"
    factors: dict[str, Any] = field(default_factory=dict)
    levels: int = 3
    list: str | None = None
    replicates: int = 1
    worlds: str = "own"
    adaptive: AdaptiveSchema = field(default_factory=AdaptiveSchema)


@dataclass
class ExecutorSchema:
    kind: str = "local"
    address: str | None = None


@dataclass
class ContrastSchema:
    a: str = "structure_first"
    b: str = "purpose_first"
    outcome: str = "added_value_mean"
    region: float = 0.01


@dataclass
class Schema:
    name: str = "study"
    question: str = ""
    seed: int = 1
    world: int = 0
    scenario: ScenarioSchema = field(default_factory=ScenarioSchema)
    setup: str = "balanced"
    parameters: Parameters = field(default_factory=Parameters)  # type: ignore[valid-type]
    design: DesignSchema = field(default_factory=DesignSchema)
    arms: list[str] = field(default_factory=lambda: list(SETUPS))
    contrast: ContrastSchema = field(default_factory=ContrastSchema)
    variants: dict[str, Any] = field(default_factory=dict)
    variant_points: int = 0
    trajectory_points: int = 0
    failures: bool = False
    failure: dict[str, Any] = field(default_factory=dict)
    limits: LimitsSchema = field(default_factory=LimitsSchema)  # type: ignore[valid-type]
    runs: int = 1000
    results: str = "results"
    executor: ExecutorSchema = field(default_factory=ExecutorSchema)
    workers: int | None = None
    shard: str | None = None


def register() -> None:
    """Make the schema known to Hydra."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(name="schema", node=Schema)


# -- checks -----------------------------------------------------------------------------------------------


def resolved(cfg: DictConfig) -> dict[str, Any]:
    """The configuration as plain values, with interpolations resolved and unknown keys refused."""
    refuse_unknown(cfg, OmegaConf.structured(Schema))
    try:
        typed = OmegaConf.merge(OmegaConf.structured(Schema), cfg)
        plain = OmegaConf.to_container(typed, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise ConfigError(str(error).splitlines()[0]) from None
    return {str(key): value for key, value in plain.items()}  # type: ignore[union-attr]


def refuse_unknown(cfg: DictConfig, schema: DictConfig, path: str = "") -> None:
    """Refuse keys that the schema does not have: Hydra's `+key=value` adds them in silence."""
    known = [str(key) for key in schema]
    for key in map(str, cfg):
        if key not in known:
            names = f"; there are {', '.join(known)}" if len(known) < 20 else ""
            raise ConfigError(f"there is no '{path}{key}' in the configuration{nearest(key, known)}{names}")
        inner = OmegaConf.get_type(schema, key)
        if inner is not None and is_dataclass(inner):
            refuse_unknown(cfg[key], schema[key], f"{path}{key}.")


def among(value: str, known: Iterable[str], what: str) -> str:
    """`value`, if it is known; else a `ConfigError` with the nearest and all there are."""
    names = tuple(known)
    if value not in names:
        raise ConfigError(f"{what}={value}: there is none such{nearest(value, names)}; there are {', '.join(names)}")
    return value


def whole(value: Any, low: int, high: int, what: str) -> int:
    if not low <= int(value) <= high:
        raise ConfigError(f"{what}={value} is out of range; it takes a whole number from {low} to {high}")
    return int(value)


def parameters_of(plain: Mapping[str, Any]) -> dict[str, float]:
    """Every parameter, checked against its range."""
    try:
        values = {name: check(name, value) for name, value in plain["parameters"].items()}
    except ParameterError as error:
        raise ConfigError(f"parameters.{error}") from None
    return {name: values[name] for name in NAMES}


def limits_in(plain: Mapping[str, Any]) -> dict[str, float]:
    """Every threshold of the failure detectors, checked against its range."""
    try:
        return limits_of(plain["limits"])
    except ParameterError as error:
        raise ConfigError(f"limits.{error}") from None


def factor(name: str, bounds: Any) -> tuple[float, float]:
    """The range of one factor: two numbers, in order, inside the parameter's own range."""
    what = f"design.factors.{name}={bounds}"
    if name not in BY_NAME:
        raise ConfigError(f"{what}: there is no parameter '{name}'{nearest(name, NAMES)}")
    if name in FIXED_IN_A_STUDY:
        raise ConfigError(f"{what}: {name} is the same in every world of a study; set parameters.{name} instead")
    if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
        raise ConfigError(f"{what}: a factor takes two numbers, as in [0.2, 0.8], or null to leave the box")
    try:
        low, high = check(name, bounds[0]), check(name, bounds[1])
    except ParameterError as error:
        raise ConfigError(f"{what}: {error}") from None
    if low > high:
        raise ConfigError(f"{what}: the low end is above the high end; did you mean [{high:g}, {low:g}]?")
    return low, high


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
    from experiments.config_design import design_of

    plain = resolved(cfg)
    arms = tuple(among(arm, SETUPS, "arms") for arm in plain["arms"])
    if len(set(arms)) != len(arms):
        raise ConfigError(f"arms={list(arms)}: an arm is named twice")
    if not str(plain["name"]).replace("_", "").replace("-", "").isalnum():
        raise ConfigError(f"name={plain['name']!r}: a study's name takes letters, digits, - and _")
    parameters = parameters_of(plain)
    design, listed = design_of(plain["design"], parameters)
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
    )
    return study, listed


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
    """The study that these words of the command line ask for, as in `compose(["experiment=quick_look", "seed=7"])`."""
    from hydra import compose as compose_config
    from hydra import initialize_config_dir

    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(configs())):
        return study_from(compose_config("config", list(map(open_factors, overrides))))


def open_factors(word: str) -> str:
    """`design.factors.x=...` adds a factor or changes it, without Hydra's `++`; likewise some at once, or a variant."""
    return f"++{word}" if word.startswith(("design.factors.", "design.factors={", "variants.")) else word
