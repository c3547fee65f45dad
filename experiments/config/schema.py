"""What a configuration may hold: its keys with their defaults and kinds, and one clear message for each mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, make_dataclass
from typing import Any, get_type_hints

from experiments.config.given import Given
from experiments.errors import ConfigError, brief
from sim import values
from sim.errors import nearest
from sim.limits import LIMITS, limits_of
from sim.params import (
    BY_NAME,
    COUNTS,
    DEFAULT_BOX,
    NAMES,
    PARAMETERS,
    SETUPS,
    Parameter,
    ParameterError,
    parameter_value,
    with_counts,
)

BOXES: dict[str, dict[str, tuple[float, float]]] = {"default": DEFAULT_BOX, "none": {}}
FIXED_IN_A_STUDY = ("months", "n_issues", "alone")


# -- the schema -------------------------------------------------------------------------------------------


def _field(parameter: Parameter) -> tuple[str, type, Any]:
    kind: type = bool if parameter.unit == "switch" else int if parameter.integer else float
    return parameter.name, kind, field(default=kind(parameter.default))


Parameters = make_dataclass("Parameters", [_field(parameter) for parameter in PARAMETERS])
LimitsSchema = make_dataclass(
    "LimitsSchema", [(limit.name, type(limit.default), field(default=limit.default)) for limit in LIMITS]
)


@dataclass
class ScenarioSchema:
    """What a scenario says of the place it stands for."""

    name: str = "default"
    about: str = ""
    sources: list[str] = field(default_factory=list)
    sectors: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    n_localities: int | None = None
    between: dict[str, float] = field(default_factory=dict)


@dataclass
class AdaptiveSchema:
    """When replicates stop."""

    precision: float | None = None
    batch: int = 16
    maximum: int = 400
    level: float = 0.95


@dataclass
class DesignSchema:
    """Which worlds a study visits."""

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
    """Where the work is done."""

    kind: str = "local"
    address: str | None = None


@dataclass
class ContrastSchema:
    """Which two arms are compared, and in what."""

    a: str = "structure_first"
    b: str = "purpose_first"
    outcome: str = "added_value_mean"
    region: float = 0.01


@dataclass
class JudgingSchema:
    """How claims are judged."""

    level: float = 0.95
    region: float = 0.01
    rare: float = 0.1


@dataclass
class Schema:
    """Every key of the configuration, with its kind and its default."""

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
    """Make the keys and their defaults known to Hydra. Kinds are checked here, so that one message serves all."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(name="schema", node=asdict(Schema()))
    ConfigStore.instance().store(name=ROOT, node={"defaults": ["config", "_self_"]})


ROOT = "root"
"""What Hydra begins with: config.yaml, which it finds only once it knows where to look."""


MOST = 1e300
"""No key of ours takes more; whatever a file says, it is a number that can be computed with."""
OPEN = ("variants", "design.factors", "scenario.between", "failure", "claim")
"""Tables whose keys are the user's own."""


def kinds_in(table: Any) -> dict[str, Any]:
    """The kind of each key of a table of the schema."""
    if table not in KNOWN_KINDS:
        KNOWN_KINDS[table] = get_type_hints(table)
    return KNOWN_KINDS[table]


KNOWN_KINDS: dict[Any, dict[str, Any]] = {}
"""Kinds that were worked out before: parameters are many."""


def unknown(path: str) -> str | None:
    """What is wrong with a dotted path as a key of the configuration, in words; None if there is such a key."""
    table: Any = Schema
    steps = path.split(".")
    for count, step in enumerate(steps, 1):
        here = ".".join(steps[:count])
        if here in OPEN:
            return None
        if not is_dataclass(table):
            return f"{'.'.join(steps[: count - 1])} takes a value, and not a table of values"
        known = kinds_in(table)
        if step not in known:
            return f"there is no '{here}' in the configuration{suggestion(here, list(known))}"
        table = known[step]
    return None


def suggestion(path: str, beside: list[str]) -> str:
    """The nearest key to one that does not exist: beside it, or among the parameters and other keys of tables."""
    parent, _, leaf = path.rpartition(".")
    if close := nearest(leaf, beside):
        return close.replace("'", f"'{parent}.", 1) if parent and parent != "parameters" else close
    paths = {name: f"parameters.{name}" for name in NAMES}
    for name, kind in kinds_in(Schema).items():
        if is_dataclass(kind) and name != "parameters":
            paths |= {leaf: f"{name}.{leaf}" for leaf in kinds_in(kind) if leaf not in paths}
    close = nearest(leaf, list(paths))
    close_path = next((name for name in paths if f"'{name}'" in close), None)
    return f"; did you mean '{paths[close_path]}'?" if close_path and paths[close_path] != path else ""


def is_table(path: str) -> bool:
    """Whether a key holds a table of keys rather than a value."""
    table: Any = Schema
    for step in path.split("."):
        table = kinds_in(table).get(step) if is_dataclass(table) else None
    return path in OPEN or is_dataclass(table)


# -- checks -----------------------------------------------------------------------------------------------


def typed(content: Mapping[str, Any], table: Any = Schema, prefix: str = "") -> dict[str, Any]:
    """The values of a table of the schema, each of its kind. Raises `ConfigError` for one that is not.

    Parameters and limits stay as they were given: their own tables say what they take.
    """
    return {name: of_kind(content[name], kind, f"{prefix}{name}") for name, kind in kinds_in(table).items()}


def of_kind(value: Any, kind: Any, what: str) -> Any:
    """A value as the kind that its key takes."""
    if value is None and (kind in (Any, str | None, int | None, float | None)):
        return None
    if is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise ConfigError(
                f"{what}={value} is not a table; set its keys, as in {what}.{next(iter(kinds_in(kind)))}="
            )
        return dict(value) if what in ("parameters", "limits") else typed(value, kind, f"{what}.")
    for known, convert in ((int, integer_of), (float, number_of), (bool, truth_of), (str, text_of)):
        if kind in (known, known | None):
            return convert(value, what)
    if kind == list[str]:
        return names_of(value, what)
    if not isinstance(value, Mapping):
        raise ConfigError(f"{what}={value} is not a table, as in {{name: ...}}")
    return dict(value)


def integer_of(value: Any, what: str) -> int:
    """A whole number, however it is written: 12, 12.0 or "12"."""
    number = values.number_of(value)
    if not isinstance(number, int):
        raise ConfigError(f"{what}={brief(value)} is not a whole number")
    return number


def number_of(value: Any, what: str, kind: str = "a number") -> float:
    """A finite number."""
    number = values.number_of(value)
    if number is None or not -MOST <= number <= MOST:
        raise ConfigError(f"{what}={brief(value)} is not {kind}")
    return float(number)


def truth_of(value: Any, what: str) -> bool:
    """true or false."""
    known = {"true": True, "false": False, "yes": True, "no": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in known:
        raise ConfigError(f"{what}={brief(value)} takes true or false")
    return known[value.lower()]


def text_of(value: Any, what: str) -> str:
    """Text on one line; a number is taken as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ConfigError(f"{what}={brief(value)} takes text")
    text = str(value)
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise ConfigError(f"{what}={brief(value)} takes text without control characters")
    return text


def names_of(value: Any, what: str) -> list[str]:
    """A list of names."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConfigError(f"{what}={brief(value)} takes a list, as in {what}=[a, b]")
    return [text_of(entry, what) for entry in value]


def integer_in(value: Any, low: int, high: int, what: str) -> int:
    """A whole number within bounds."""
    number = integer_of(value, what)
    if not low <= number <= high:
        raise ConfigError(f"{what}={brief(value)} is out of range; it takes a whole number from {low} to {high}")
    return number


def parameters_of(plain: Mapping[str, Any], given: Given | None = None) -> dict[str, float]:
    """Every parameter, checked against its range; `n_partners` as the sectors count them, where there are sectors.

    With `given`, a number of partners that contradicts the sectors is refused only where somebody gave it.
    """
    try:
        checked = {name: parameter_value(name, value) for name, value in plain["parameters"].items()}
        ordered = {name: checked[name] for name in NAMES}
        departs = ordered["n_partners"] != BY_NAME["n_partners"].default
        asked = departs if given is None else contradicts(given)
        return with_counts(ordered, {"n_partners": ordered["n_partners"]} if asked else {})
    except ParameterError as error:
        raise ConfigError(f"parameters.{error}") from None


def contradicts(given: Given) -> bool:
    """Whether a number of partners was given that no count of a sector, given later, overrides."""
    partners = given.rank("parameters.n_partners")
    counts = [rank for name in COUNTS if (rank := given.rank(f"parameters.{name}")) is not None]
    return partners is not None and partners >= max(counts, default=0)


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
    what = f"design.factors.{name}={brief(bounds)}"
    if name not in BY_NAME:
        raise ConfigError(f"{what}: there is no parameter '{name}'{nearest(name, NAMES)}")
    if name in FIXED_IN_A_STUDY:
        raise ConfigError(f"{what}: {name} is the same in every world of a study; set parameters.{name} instead")
    if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
        raise ConfigError(f"{what}: a factor takes two numbers, as in [0.2, 0.8], or null to leave the box")
    try:
        low, high = parameter_value(name, bounds[0]), parameter_value(name, bounds[1])
    except ParameterError as error:
        raise ConfigError(f"{what}: {error}") from None
    if low > high:
        raise ConfigError(f"{what}: the low end is above the high end; did you mean [{high:g}, {low:g}]?")
    return low, high
