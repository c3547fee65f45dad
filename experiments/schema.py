"""What a configuration may hold: the schema, how it is composed, its checks, and one clear message for each mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass, make_dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.limits import LIMITS, limits_of
from sim.params import (
    BY_NAME,
    DEFAULT_BOX,
    NAMES,
    PARAMETERS,
    SETUPS,
    Parameter,
    ParameterError,
    check,
    counted,
    nearest,
)

BOXES: dict[str, dict[str, tuple[float, float]]] = {"default": DEFAULT_BOX, "none": {}}
FIXED_IN_A_STUDY = ("months", "n_issues", "alone")


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
    sectors: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    n_localities: int | None = None
    between: dict[str, float] = field(default_factory=dict)


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
class JudgingSchema:
    level: float = 0.95
    region: float = 0.01
    rare: float = 0.1


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
    claim: dict[str, Any] = field(default_factory=dict)
    judging: JudgingSchema = field(default_factory=JudgingSchema)
    limits: LimitsSchema = field(default_factory=LimitsSchema)  # type: ignore[valid-type]
    runs: int = 1000
    results: str = "results"
    executor: ExecutorSchema = field(default_factory=ExecutorSchema)
    workers: int | None = None
    shard: str | None = None
    anew: bool = False


def register() -> None:
    """Make the schema known to Hydra."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(name="schema", node=Schema)


@contextmanager
def hydra_started() -> Iterator[None]:
    """Hydra over our folder of configurations, for what is composed outside the command line; not inside another."""
    from hydra import initialize_config_dir

    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(configs())):
        yield


def composed(words: Sequence[str]) -> DictConfig:
    """The configuration that these words of the command line ask for."""
    from hydra import compose

    with hydra_started():
        return compose("config", list(map(open_factors, words)))


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
    ordered = {name: values[name] for name in NAMES}
    asked = {"n_partners": ordered["n_partners"]} if ordered["n_partners"] != BY_NAME["n_partners"].default else {}
    try:
        return counted(ordered, asked)
    except ParameterError as error:
        raise ConfigError(f"parameters.{error}") from None


def limits_in(plain: Mapping[str, Any]) -> dict[str, float]:
    """Every threshold of the failure detectors, checked against its range and the months there are."""
    try:
        limits = limits_of(plain["limits"])
    except ParameterError as error:
        raise ConfigError(f"limits.{error}") from None
    window, months = limits["window"], plain["parameters"]["months"]
    if window > months:
        raise ConfigError(
            f"limits.window={window:g} is longer than the {months} months of a run, so that no failure could be seen; "
            f"set it to at most {months}, or parameters.months to more"
        )
    return limits


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


def open_factors(word: str) -> str:
    """`design.factors.x=...` adds a factor or changes it, without Hydra's `++`; likewise some at once, and variants."""
    opened = ("design.factors.", "design.factors={", "variants.", "failure.")
    return f"++{word}" if word.startswith(opened) else word
