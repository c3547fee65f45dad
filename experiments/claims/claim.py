"""What a claim says and how it is put to the test, read from `configs/claim/` and checked.

Each mistake gets one clear message. A claim compares *settings*: an arm, with or without some parameters changed, in
the same worlds. Each of its tests lays one side beside another in one outcome, and says what the claim expects.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.config.fields import Fields
from experiments.errors import ConfigError, among
from experiments.study.definition import NO_VARIANT
from sim.errors import nearest
from sim.params import SETUPS, ParameterError, parameter_value

EXPECTED = {
    "more": "a gives more than b",
    "less": "a gives less than b",
    "same": "a and b give the same, in practice",
    "sometimes_more": "in some worlds a gives more than b",
    "sometimes_less": "in some worlds a gives less than b",
    "sometimes_not_more": "in some worlds a does not give more than b",
}
"""What a test can expect. `sometimes` makes a statement about some worlds; the others are about worlds in general."""
IDENTITY, MAGNITUDE, CONTESTABLE = "identity", "magnitude", "contestable"
KINDS = {
    IDENTITY: "the rules say it outright: it comes out one way in every world, and only its size is news",
    MAGNITUDE: "the rules nearly say it: how often it matters, and how much, is news",
    CONTESTABLE: "it could come out either way, and in some worlds comes out the other way",
}
"""What kinds of claims there are: by what their judgement can tell."""
SUM, BEST = " + ", " or "
"""How settings are joined to a side: added up, or the best of them in each world."""
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Setting:
    """An arm with some parameters changed (or none), and what that means."""

    name: str
    arm: str
    parameters: Mapping[str, float]
    about: str


@dataclass(frozen=True)
class Side:
    """One side of a test: a setting, the sum of several, or the `best` of several in each world."""

    settings: tuple[str, ...]
    best: bool = False


@dataclass(frozen=True)
class Test:
    """Side `a` beside side `b` in an outcome (of b, in outcome `against` if that differs), and what is expected.

    `region`: differences up to this size do not matter in practice. With `beforehand`, the best of several is chosen
    in one half of a world's replicates and both sides are read in the other, so that chance is not taken for choice.
    """

    about: str
    a: Side
    b: Side
    outcome: str
    against: str
    expect: str
    region: float
    beforehand: bool = False

    @property
    def general(self) -> bool:
        """Whether the claim is about worlds in general, not about some of them."""
        return not self.expect.startswith("sometimes")


@dataclass(frozen=True)
class Where:
    """Only worlds count in which a setting's outcome is above a bound."""

    about: str
    setting: str
    outcome: str
    above: float


@dataclass(frozen=True)
class Claim:
    """A claim. `name` is that of its file, `key` that of the list of claims; it holds where all its tests do.

    `kind` says what its judgement can tell (`KINDS`). An identity is not judged.
    """

    name: str
    key: str
    kind: str
    statement: str
    sources: tuple[str, ...]
    about: str
    world: str
    settings: tuple[Setting, ...]
    where: tuple[Where, ...]
    tests: tuple[Test, ...]

    def setting(self, name: str) -> Setting:
        """The setting of this name, which the claim has."""
        return next(setting for setting in self.settings if setting.name == name)

    @property
    def outcomes(self) -> list[str]:
        """Every outcome its tests read, each once."""
        read = [
            *(condition.outcome for condition in self.where),
            *(x for test in self.tests for x in (test.outcome, test.against)),
        ]
        return list(dict.fromkeys(read))


@dataclass(frozen=True)
class Judging:
    """How claims are judged, the same for all of them: see docs/decisions/0012-judging-claims.md.

    `level` is the confidence of all intervals of the ledger together, `region` the difference that does not matter in
    practice, `rare` the share of worlds below which something hardly ever happens.
    """

    level: float
    region: float
    rare: float


# -- reading ----------------------------------------------------------------------------------------------


def judging_of(plain: Mapping[str, Any]) -> Judging:
    """How claims are judged, each value checked."""
    judging = Judging(**plain)
    for name, low, high in (("level", 0.5, 1), ("rare", 0, 0.5)):
        value = getattr(judging, name)
        if not low < value < high:
            raise ConfigError(f"judging.{name}={value} is out of range; it lies between {low:g} and {high:g}")
    return Judging(judging.level, region_of(judging.region, "judging.region"), judging.rare)


def region_of(value: Any, what: str) -> float:
    """A region of practical equivalence. Raises `ConfigError` for one below 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not (value >= 0 and math.isfinite(value)):
        raise ConfigError(f"{what}={value} is out of range; it takes a number from 0 up")
    return float(value)


def claim_in(plain: Mapping[str, Any], name: str) -> tuple[Claim, Judging]:
    """The claim in a resolved configuration. Raises `ConfigError` for anything that cannot be used."""
    judging = judging_of(plain["judging"])
    try:
        return claim_from(plain, name, judging), judging
    except ConfigError as error:
        raise ConfigError(f"claim={name}: {error}") from None


def claim_from(plain: Mapping[str, Any], name: str, judging: Judging) -> Claim:
    """The claim in the `claim` part of a configuration."""
    if not NAME.fullmatch(name):
        raise ConfigError("the name of the file takes small letters, digits and _, and begins with a letter")
    fields = Fields("claim", plain["claim"])
    settings = tuple(settings_in(fields.mapping("settings")))
    known = tuple(setting.name for setting in settings)
    outcomes = outcomes_of(plain)
    claim = Claim(
        name=name,
        key=fields.text("key"),
        kind=among(fields.text("kind"), KINDS, "claim.kind"),
        statement=fields.text("statement"),
        sources=tuple(map(str, fields.listed("sources"))),
        about=fields.text("about"),
        world=fields.text("world", ""),
        settings=settings,
        where=tuple(
            where_from(part, known, outcomes) for part in (fields.each("where") if "where" in fields.content else ())
        ),
        tests=tuple(test_from(part, known, outcomes, plain, judging) for part in fields.each("tests")),
    )
    fields.done()
    used = {name for test in claim.tests for name in (*test.a.settings, *test.b.settings)}
    idle = [part for part in known if part not in used | {part.setting for part in claim.where}]
    if idle:
        raise ConfigError(f"claim.settings.{idle[0]} is in no test")
    return claim


def outcomes_of(plain: Mapping[str, Any]) -> tuple[str, ...]:
    """The outcomes a study of this configuration stores."""
    from sim.failures import MODE_NAMES  # loads numba, which help and composing can do without
    from sim.outcomes import OUTCOME_NAMES

    return (*OUTCOME_NAMES, *MODE_NAMES) if plain["failures"] else OUTCOME_NAMES


def settings_in(content: Mapping[str, Any]) -> Iterator[Setting]:
    """The settings of a claim. Raises `ConfigError` for a name, an arm or a parameter that cannot be used."""
    for name, given in content.items():
        path = f"claim.settings.{name}"
        if not NAME.fullmatch(str(name)) or name == NO_VARIANT:
            raise ConfigError(f"{path}: the name of a setting takes small letters, digits and _, and is not 'none'")
        fields = Fields(path, given)
        arm, values = among(fields.text("arm"), SETUPS, f"{path}.arm"), dict(fields.mapping("parameters", {}))
        try:
            changed = {str(parameter): parameter_value(str(parameter), value) for parameter, value in values.items()}
        except ParameterError as error:
            raise ConfigError(f"{path}.parameters: {error}") from None
        yield Setting(str(name), arm, changed, fields.text("about"))
        fields.done()


def where_from(fields: Fields, settings: Sequence[str], outcomes: Sequence[str]) -> Where:
    """The condition in a table of a claim's file."""
    where = Where(
        fields.text("about"),
        among(fields.text("setting"), settings, f"{fields.path}.setting"),
        among(fields.text("outcome"), outcomes, f"{fields.path}.outcome"),
        float(fields.number("above")),
    )
    fields.done()
    return where


def test_from(
    fields: Fields, settings: Sequence[str], outcomes: Sequence[str], plain: Mapping[str, Any], judging: Judging
) -> Test:
    """The test in a table of a claim's file."""
    path = fields.path
    outcome = among(fields.text("outcome"), outcomes, f"{path}.outcome")
    test = Test(
        about=fields.text("about"),
        a=side_from(fields.text("a"), settings, f"{path}.a"),
        b=side_from(fields.text("b"), settings, f"{path}.b"),
        outcome=outcome,
        against=among(fields.text("against", outcome), outcomes, f"{path}.against"),
        expect=among(fields.text("expect"), EXPECTED, f"{path}.expect"),
        region=region_of(fields.number("region", judging.region), f"{path}.region"),
        beforehand=bool(fields.take("beforehand", False)),
    )
    fields.done()
    if (test.a, test.outcome) == (test.b, test.against):
        raise ConfigError(f"{path}: both sides are the same, so that it could come out in one way only")
    if test.beforehand and not (test.a.best or test.b.best):
        raise ConfigError(f"{path}.beforehand: only the best of several settings is chosen, as in a: this or that")
    if test.beforehand and plain["design"]["replicates"] < 2:
        raise ConfigError(f"{path}.beforehand: choosing takes design.replicates of 2 or more")
    return test


def side_from(text: str, settings: Sequence[str], path: str) -> Side:
    """`this`, `this + that` or `this or that`."""
    joint = BEST if BEST in text else SUM
    names = tuple(name.strip() for name in text.split(joint))
    for name in names:
        if name not in settings:
            near = nearest(name, list(settings))
            raise ConfigError(
                f"{path}={text}: there is no setting '{name}'{near}; a side is a setting, or several joined by "
                f"'{SUM.strip()}' or '{BEST.strip()}'; there are {', '.join(settings)}"
            )
    return Side(names, joint == BEST)
