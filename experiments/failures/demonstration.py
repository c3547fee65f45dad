"""What a demonstration shows, read from `configs/failure/` and checked: one clear message for each mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from experiments.config.composition import Composition, composed
from experiments.config.effect import check_partnership
from experiments.config.fields import Fields
from experiments.config.folders import configs
from experiments.config.schema import integer_in, limits_in, parameters_of
from experiments.errors import ConfigError
from sim.errors import nearest
from sim.params import ParameterError, parameter_value, setup_values

MEASURES = {
    "fails": "share of partnerships that fail in this way",
    "fails_with_remedy": "share that fail in this way with the remedy",
    "gains": "share of worlds in which the remedy raises added value at the end",
}
"""What a prediction can be about."""


EFFECTS = ("helps", "nothing", "harms")
"""What a remedy may do to added value."""


@dataclass(frozen=True)
class Sign:
    """A condition on a monthly series, on what it exceeds another by (`less`), or on its change `over` some months."""

    series: str
    above: float | None = None
    below: float | None = None
    less: str = ""
    over: int = 0


@dataclass(frozen=True)
class EarlySign:
    """Signs that warn once all of them have held for `hold` months in a row."""

    about: str
    signs: tuple[Sign, ...]
    hold: int


@dataclass(frozen=True)
class Change:
    """Some parameters set otherwise, and what that means."""

    about: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Choice:
    """An answer to a prediction: right where what is measured is at most `up_to`, and above the choice before."""

    text: str
    up_to: float


@dataclass(frozen=True)
class Prediction:
    """A question to answer before looking."""

    question: str
    measure: str
    choices: tuple[Choice, ...]

    def right(self, measured: float) -> Choice:
        """The choice that the measured number bears out."""
        return next((choice for choice in self.choices if measured <= choice.up_to), self.choices[-1])


@dataclass(frozen=True)
class Mark:
    """Something to look for: in which series, at about which month. What lies beyond the run is not looked for."""

    series: str
    at: int
    text: str


@dataclass(frozen=True)
class Demonstration:
    """A failure mode to show. `parameters` holds every parameter of the world; `remedy` changes some of them.

    `without_failure` is a world with the setting in which the mode does not come about, `other_cause` one in which it
    comes about otherwise: the detector is not its setting under another name. `in_box`: what the file's remedy does to
    added value in runs of the wide box in which the detector fires (shares, by `EFFECTS`); empty for too few of them.
    """

    name: str
    sentence: str
    world: str
    setup: str
    parameters: Mapping[str, float]
    remedy: Change
    note: str
    in_box: Mapping[str, float]
    warning: EarlySign
    watch: tuple[str, ...]
    predict: Prediction
    look_for: tuple[Mark, ...]
    discuss: tuple[str, ...]
    sources: tuple[str, ...]
    overlaps: Mapping[str, str]
    without_failure: Change
    other_cause: Change
    limits: Mapping[str, float]
    seed: int
    runs: int


# -- reading ----------------------------------------------------------------------------------------------


def sentences() -> dict[str, str]:
    """Every failure mode there is a demonstration of, and what it is, in a sentence."""
    listed = {}
    for path in sorted((configs() / "failure").glob("*.yaml")):
        listed[path.stem] = str(yaml.safe_load(path.read_text(encoding="utf-8"))["failure"]["sentence"])
    return listed


def load_demonstration(name: str, words: Sequence[str] = ()) -> Demonstration:
    """The demonstration of a failure mode, as in `load("talking_shop", ["seed=7"])`."""
    return demonstration_from(composed([f"failure={name}", *words]))


def demonstration_from(asked: Composition) -> Demonstration:
    """The demonstration a composition asks for. Raises `ConfigError` for whatever cannot be used or could not act."""
    plain = asked.plain
    failure = Fields("failure", plain["failure"])
    parameters = parameters_of(plain, asked.given)
    check_partnership(plain["setup"], parameters, asked.given)
    controls = failure.fields("controls")
    demonstration = Demonstration(
        name=failure.text("name"),
        sentence=failure.text("sentence"),
        world=failure.text("world"),
        setup=plain["setup"],
        parameters=parameters,
        remedy=change(failure.fields("remedy")),
        note=failure.text("note", ""),
        in_box=shares_in_box(failure.fields("in_box")),
        warning=early_sign_from(failure.fields("warning")),
        watch=tuple(series(name, "failure.watch") for name in failure.listed("watch")),
        predict=prediction(failure.fields("predict")),
        look_for=tuple(mark for mark in map(mark_from, failure.each("look_for")) if mark.at <= parameters["months"]),
        discuss=tuple(map(str, failure.listed("discuss"))),
        sources=tuple(map(str, failure.listed("sources"))),
        overlaps=dict(failure.mapping("overlaps", {})),
        without_failure=change(controls.fields("without_failure")),
        other_cause=change(controls.fields("other_cause")),
        limits=limits_in(plain),
        seed=integer_in(plain["seed"], 0, 2**63 - 1, "seed"),
        runs=integer_in(plain["runs"], 2, 10**6, "runs"),
    )
    controls.done()
    failure.done()
    return demonstration


def shares_in_box(fields: Fields) -> dict[str, float]:
    """What a remedy does in the wide box, as `partnership detectors` measured it; empty where there is too little."""
    shares = {name: float(fields.number(name)) for name in EFFECTS if fields.content}
    fields.done()
    return shares


def series(name: Any, path: str) -> str:
    """A monthly series by name; `added_value` is outcome less that of acting alone."""
    from sim.state import SERIES_NAMES  # loads numba, which help and composing can do without

    known = ("added_value", *SERIES_NAMES)
    if name not in known:
        raise ConfigError(f"{path}: there is no series '{name}'{nearest(str(name), known)}")
    return str(name)


def change(fields: Fields) -> Change:
    """The change of a world in a table of a demonstration's file."""
    about, setup = fields.text("about"), fields.take("setup", None)
    values = dict(fields.mapping("parameters", {}))
    fields.done()
    try:
        arm = setup_values(setup) if setup is not None else {}
        checked = {str(name): parameter_value(str(name), value) for name, value in values.items()}
    except ParameterError as error:
        raise ConfigError(f"{fields.path}: {error}") from None
    return Change(about, {**arm, **checked})


def early_sign_from(fields: Fields) -> EarlySign:
    """The early sign in a demonstration's file."""
    signs = tuple(sign_from(fields_of_sign) for fields_of_sign in fields.each("signs"))
    early_sign = EarlySign(
        fields.text("about"), signs, integer_in(fields.number("hold", 1), 1, 1200, f"{fields.path}.hold")
    )
    fields.done()
    return early_sign


def sign_from(fields: Fields) -> Sign:
    """One condition of an early sign."""
    name, less = series(fields.take("series"), fields.path), fields.take("less", "")
    sign = Sign(
        name,
        above=fields.number("above", None),
        below=fields.number("below", None),
        less=series(less, fields.path) if less else "",
        over=integer_in(fields.number("over", 0), 0, 1200, f"{fields.path}.over"),
    )
    fields.done()
    if (sign.above is None) == (sign.below is None):
        raise ConfigError(f"{fields.path}: a sign takes either 'above' or 'below'")
    return sign


def prediction(fields: Fields) -> Prediction:
    """The question that is asked before the figure is shown."""
    question, measure = fields.text("question"), fields.text("measure")
    if measure not in MEASURES:
        raise ConfigError(
            f"{fields.path}.measure={measure}: there are {', '.join(MEASURES)}{nearest(measure, list(MEASURES))}"
        )
    choices = []
    for option in fields.each("choices"):
        choices.append(Choice(option.text("text"), float(option.number("up_to"))))
        option.done()
    fields.done()
    bounds = [choice.up_to for choice in choices]
    if bounds != sorted(bounds) or bounds[-1] < 1:
        raise ConfigError(f"{fields.path}.choices: 'up_to' must rise from choice to choice, and end at 1")
    return Prediction(question, measure, tuple(choices))


def mark_from(fields: Fields) -> Mark:
    """Something to look for in the figure."""
    mark = Mark(
        series(fields.take("series"), fields.path),
        integer_in(fields.number("at"), 1, 1200, f"{fields.path}.at"),
        fields.text("text"),
    )
    fields.done()
    return mark
