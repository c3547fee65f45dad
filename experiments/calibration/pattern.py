"""A pattern: one stylised fact about real partnerships, as a measure on the simulation, read from `configs/pattern/`.

Whether a pattern is for calibration or held out from it stands in its file, and was declared before anything was
calibrated. A condition, or a reading, is of a locality at the end of its run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.config import yaml_files
from experiments.config.fields import Fields
from experiments.config.folders import configs
from experiments.config.scenarios import Kind, load_scenario
from experiments.errors import ConfigError, among
from sim.params import BY_NAME, NAMES, ParameterError, parameter_value

SPECIFICATION, CALIBRATION, VALIDATION = USES = ("specification", "calibration", "validation")
"""What a datum may be used for (RAT-RS): to set values by hand, to calibrate, or only to judge what came of it."""
KEYS = {
    "count": ("where",),
    "rate": ("where", "among"),
    "order": ("reading", "conditions"),
    "direction": ("this", "than"),
    "no_effect": ("reading",),
    "amount": ("this", "than"),
    "delay": ("reading", "at", "without"),
    "association": ("this", "than"),
}
"""What each kind of pattern is made of, besides what all have."""
OF_SECTOR = ("effort", "burden", "commitment", "alignment", "trust", "endorsed")
DIRECTIONS = ("higher", "lower", "not_higher", "not_lower")


@dataclass(frozen=True)
class Pattern:
    """A stylised fact: where it is from, how far it goes, and how the simulation is read for it.

    `observed` is what was seen; `under` are parameters changed for it, `content` the rest of its file.
    """

    name: str
    scenario: str
    source: str
    fact: str
    care: str
    use: tuple[str, ...]
    kind: str
    observed: Any
    under: Mapping[str, float]
    content: Mapping[str, Any]

    @property
    def held_out(self) -> bool:
        """Whether it is for validation only: neither calibration nor whoever set a value by hand has used it."""
        return self.use == (VALIDATION,)

    @property
    def changes(self) -> list[Mapping[str, float]]:
        """The parameters to be changed in each simulation that it reads: one, or one for each that it compares."""
        if "conditions" in self.content:
            return [{**self.under, **changes} for changes in self.content["conditions"].values()]
        than = self.content.get("than", {})
        other = self.content.get("without") or (than.get("under") if isinstance(than, Mapping) else None)
        return [self.under] if other is None else [self.under, {**self.under, **other}]

    @property
    def months_wanted(self) -> bool:
        """Whether it reads single months, so that they have to be kept."""
        return any("series" in reading for reading in readings(self.content))


def load_patterns(scenario: str | None = None) -> list[Pattern]:
    """All patterns, or those of one scenario, by name. Raises `ConfigError` for one that cannot be used."""
    kinds: dict[str, Kind] = {}
    patterns = []
    for path in sorted((configs() / "pattern").glob("*.yaml")):
        content: Any = yaml_files.read_yaml(path).content
        if scenario is None or content.get("scenario") == scenario:
            pattern = pattern_from(path.stem, content)
            if pattern.scenario not in kinds:
                kinds[pattern.scenario] = load_scenario(pattern.scenario)
            check_readings(pattern, kinds[pattern.scenario])
            patterns.append(pattern)
    return patterns


def pattern_from(name: str, content: Mapping[str, Any]) -> Pattern:
    """A pattern from the content of its file."""
    fields = Fields(f"pattern {name}", content)
    kind = among(fields.text("kind"), KEYS, f"{fields.path}.kind")
    pattern = Pattern(
        name=name,
        scenario=fields.text("scenario"),
        source=fields.text("source"),
        fact=fields.text("fact"),
        care=fields.text("care"),
        use=tuple(among(str(use), USES, f"{fields.path}.use") for use in fields.listed("use")),
        kind=kind,
        observed=fields.take("observed"),
        under=changed(fields.path, fields.mapping("under", {})),
        content={key: fields.take(key) for key in KEYS[kind] if key in fields.content},
    )
    fields.done()
    if kind in ("direction", "association"):
        among(pattern.observed, DIRECTIONS, f"{fields.path}.observed")
    return pattern


def changed(what: str, values: Mapping[str, Any] | None) -> dict[str, float]:
    """Parameters that a pattern changes, checked."""
    try:
        return {name: parameter_value(name, value) for name, value in (values or {}).items()}
    except ParameterError as error:
        raise ConfigError(f"{what}: under: {error}") from None


def check_readings(pattern: Pattern, kind: Kind) -> None:
    """Raise `ConfigError` for a reading of something that the scenario does not have."""
    what, content = f"pattern {pattern.name}", pattern.content
    for changes in (content.get("without"), *content.get("conditions", {}).values()):
        changed(what, changes)
    if pattern.kind == "order" and "conditions" not in content:
        among(content["reading"], OF_SECTOR, f"{what}: reading")
        for sector in pattern.observed:
            kind.sector(sector)
        return
    if pattern.kind == "order":
        for name in pattern.observed:
            among(name, content["conditions"], f"{what}: observed")
    for reading in readings(content):
        check_reading(what, reading, kind)


def check_reading(what: str, reading: Mapping[str, Any], kind: Kind) -> None:
    """Raise `ConfigError` unless a reading is of an outcome, of months of a series, of a parameter or of a sector."""
    from sim.outcomes import OUTCOME_NAMES, SERIES_NAMES  # loads numba

    if "outcome" in reading:
        among(reading["outcome"], OUTCOME_NAMES, f"{what}: outcome")
    elif "series" in reading:
        among(reading["series"], SERIES_NAMES, f"{what}: series")
    elif "parameter" in reading:
        among(reading["parameter"], NAMES, f"{what}: parameter")
    else:
        among(reading.get("reading", ""), OF_SECTOR, f"{what}: reading")
        among(reading.get("of", "all"), ("all", "any"), f"{what}: of")
        kind.sector(reading.get("sector", ""))
    changed(what, reading.get("under"))


def readings(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every reading that a pattern is made of, those taken off others included."""
    given: list[Any] = []
    for key in ("where", "among", "this", "than", "reading"):
        part = content.get(key, ())
        given += [part] if isinstance(part, Mapping | str) else part
    tables = [reading for reading in given if isinstance(reading, Mapping)]
    return tables + [reading["less"] for reading in tables if "less" in reading]


def rivals() -> dict[str, dict[str, float]]:
    """Models that lack a part of this one: its strengths are 0, all else is as it was."""
    purpose = {row.name: 0.0 for row in BY_NAME.values() if row.channel == "purpose" and row.low <= 0.0}
    trust = {"trust_rate": 0.0, "temptation_trust": 0.0, "reciprocity_weight": 0.0}
    overhead = {"load_per_seat": 0.0, "load_per_talk": 0.0}
    return {
        "no purpose": purpose,
        "no trust": trust,
        "no overhead": overhead,
        "no own work": {"own_work_effect": 0.0},
        "no outside support": {"outside_share": 0.0},
        "no leaving": {"exit_prob": 0.0},
    }
