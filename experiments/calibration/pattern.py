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

CALIBRATION, HELD_OUT = "calibration", "held_out"
KEYS = {
    "count": ("where",),
    "rate": ("where", "among"),
    "order": ("reading",),
    "direction": ("this", "than"),
    "no_effect": ("reading",),
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
    use: str
    kind: str
    observed: Any
    under: Mapping[str, float]
    content: Mapping[str, Any]

    @property
    def held_out(self) -> bool:
        """Whether calibration may not see it."""
        return self.use == HELD_OUT

    @property
    def changes(self) -> list[Mapping[str, float]]:
        """The parameters to be changed in each simulation that it reads: one, or two where it compares two."""
        than = self.content.get("than", {}).get("under")
        return [self.under] if than is None else [self.under, {**self.under, **than}]


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
        use=among(fields.text("use"), (CALIBRATION, HELD_OUT), f"{fields.path}.use"),
        kind=kind,
        observed=fields.take("observed"),
        under=changed(fields.path, fields.mapping("under", {})),
        content={key: fields.take(key) for key in KEYS[kind] if key in fields.content},
    )
    fields.done()
    if kind == "direction":
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
    from sim.outcomes import OUTCOME_NAMES  # loads numba

    what = f"pattern {pattern.name}"
    content = pattern.content
    if pattern.kind == "order":
        among(content["reading"], OF_SECTOR, f"{what}: reading")
        for sector in pattern.observed:
            kind.sector(sector)
        return
    if pattern.kind == "no_effect":
        among(content["reading"], OUTCOME_NAMES, f"{what}: reading")
        return
    for reading in (*content.get("where", ()), *content.get("among", ()), *sides(content)):
        if "outcome" in reading:
            among(reading["outcome"], OUTCOME_NAMES, f"{what}: outcome")
        elif "parameter" in reading:
            among(reading["parameter"], NAMES, f"{what}: parameter")
        else:
            among(reading.get("reading", ""), OF_SECTOR, f"{what}: reading")
            among(reading.get("of", "all"), ("all", "any"), f"{what}: of")
            kind.sector(reading.get("sector", ""))
        changed(what, reading.get("under"))


def sides(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The two readings that a direction compares."""
    return [content[side] for side in ("this", "than") if side in content]


def rivals() -> dict[str, dict[str, float]]:
    """Models that lack a part of this one: its strengths are 0, all else is as it was."""
    purpose = {row.name: 0.0 for row in BY_NAME.values() if row.channel == "purpose" and row.low <= 0.0}
    trust = {"trust_rate": 0.0, "temptation_trust": 0.0, "reciprocity_weight": 0.0}
    overhead = {"load_per_seat": 0.0, "load_per_talk": 0.0}
    return {"no purpose": purpose, "no trust": trust, "no overhead": overhead}
