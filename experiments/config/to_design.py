"""From the `design` part of a configuration to a design: ranges, levels, choices, or a list of points in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.config import boxes, folders
from experiments.config.given import Given
from experiments.config.point_list import EVERY_ARM, MOST_POINTS, of_listed_worlds, ranges, read_list
from experiments.config.schema import BOXES, FIXED_IN_A_STUDY, factor, integer_in
from experiments.config.yaml_files import read_yaml
from experiments.errors import ConfigError, among, brief
from experiments.study.definition import Adaptive, Design
from sim.errors import nearest
from sim.params import BY_NAME, COUNTS, NAMES, OF_TWO_SECTORS, ParameterError, parameter_value

if TYPE_CHECKING:
    import pandas as pd

WORLDS = ("own", "shared")


Ranges = Mapping[str, tuple[float, float]]
"""Ranges of parameters by name."""


def design_of(
    plain: Mapping[str, Any], parameters: Mapping[str, float], given: Given, places: Ranges
) -> tuple[Design, pd.DataFrame | None]:
    """The design, and its points where they are a list; `places` are ranges between the places of a scenario.

    Raises `ConfigError` for a value that cannot be used or could not act.
    """
    from experiments.study import design as designs  # loads pandas and numba, which help and composing can do without

    sampler = among(plain["sampler"], designs.DESIGNS, "design.sampler")
    among(plain["worlds"], WORLDS, "design.worlds")
    refuse_unused(plain, given)
    if (plain["list"] is not None) != (sampler == "list"):
        raise ConfigError("design.sampler=list and design.list=FILE go together")
    if plain["box"] in boxes.lists():
        fixed = fixed_by(given, plain["factors"], sampler)
        return of_listed_worlds(plain, parameters, fixed, adaptive_of(plain["adaptive"]))
    if sampler == designs.BOOTSTRAP:
        raise ConfigError(f"design.sampler={sampler} draws from a list of worlds; name it, as in design.box=calibrated")
    design = replace(
        Design(sampler, 0, *varied(plain, parameters, given, places))
        if sampler != "list"
        else Design(sampler, 0, {}, {}, choices_in(plain, given)),
        replicates=integer_in(plain["replicates"], 1, 10**6, "design.replicates"),
        adaptive=adaptive_of(plain["adaptive"]),
        shared_worlds=plain["worlds"] == "shared",
    )
    if sampler == "list":
        listed = read_list(Path(plain["list"]), design)
        return replace(design, points=len(listed), factors=ranges(listed), digest=designs.digest(listed)), listed
    return replace(design, points=count(plain, design, parameters)), None


COUNTED = ("grid", "one_at_a_time")
"""Samplers that take levels of every factor and count their own points."""


def refuse_unused(plain: Mapping[str, Any], given: Given) -> None:
    """Refuse what was given of the design, and the rest of the design has no use for."""
    sampler, adaptive = plain["sampler"], plain["adaptive"]["precision"] is not None
    by_sampler, by_list = f"design.sampler={sampler}", "the points of the list"
    unused = [
        ("design.levels", sampler not in COUNTED, f"{by_sampler} takes none; grid and one_at_a_time do"),
        ("design.points", sampler in COUNTED, f"{by_sampler} counts its own, from the levels of its factors"),
        ("design.points", sampler == "list", f"{by_list} count"),
        ("design.box", sampler == "list", f"{by_list} are what is drawn from a box otherwise"),
        ("scenario.between", sampler == "list", f"{by_list} say what differs between places"),
        ("design.replicates", adaptive, "design.adaptive.precision decides how many there are"),
    ]
    unused += [
        (f"design.adaptive.{name}", not adaptive, "it acts only with design.adaptive.precision; give that as well")
        for name in ("batch", "maximum", "level")
    ]
    for name, span in plain["factors"].items():
        if sampler == "list" and not is_choice(name, span):
            raise ConfigError(
                f"design.factors.{name} would have no effect: {by_list} say what varies; give it a column"
            )
    for path, idle, reason in unused:
        decided = given.rank("design.adaptive.precision" if "adaptive" in reason else "design.sampler") or -1
        rank = given.rank(path)
        if idle and rank is not None and rank >= decided:
            raise ConfigError(f"{path} is given and would have no effect: {reason}")


def varied(
    plain: Mapping[str, Any], parameters: Mapping[str, float], given: Given, places: Ranges
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Ranges, levels and choices: from the box, from what differs between places, and from the factors that are named.

    A parameter that is given is fixed, and leaves the box. In a world composed of sectors the box leaves out what they
    decide, and naming that is a mistake.
    """
    factors: dict[str, tuple[float, float]] = dict(BOXES[among(plain["box"], (*BOXES, *boxes.lists()), "design.box")])
    named = dict(plain["factors"])
    if any(parameters[name] for name in COUNTS):
        decided = [name for name in OF_TWO_SECTORS if name in named]
        if decided:
            raise ConfigError(f"design.factors.{decided[0]}: the sectors of the scenario decide it; vary their counts")
        factors = {name: span for name, span in factors.items() if name not in OF_TWO_SECTORS}
    choices = choices_in(plain, given)
    fixed = fixed_by(given, named, plain["sampler"])
    settled = {name for options in choices.values() for name in set.intersection(*map(set, options.values()))}
    factors = {name: span for name, span in factors.items() if name not in settled}
    factors = {name: span for name, span in factors.items() if name not in fixed} | dict(places)
    levels: dict[str, tuple[float, ...]] = {}
    for name, span in named.items():
        if name in fixed or is_choice(name, span):
            continue
        if span is None:
            leave(name, factors)
        elif name in ("arm", "arms", "setup"):
            raise ConfigError(f"design.factors.{name}: {EVERY_ARM}")
        elif isinstance(span, Mapping):
            levels[name] = levels_of(name, span)
            factors[name] = (levels[name][0], levels[name][-1])
        else:
            factors[name] = factor(name, span)
    if plain["sampler"] in COUNTED:
        steps = integer_in(plain["levels"], 2, 10**6, "design.levels")
        levels |= {name: levels_between(name, *factors[name], steps) for name in factors if name not in levels}
    ordered = {name: factors[name] for name in NAMES if name in factors}
    return ordered, {name: levels[name] for name in ordered if name in levels}, choices


def leave(name: str, factors: dict[str, tuple[float, float]]) -> None:
    """Take a factor out of the box."""
    if name not in factors:
        near = nearest(name, list(factors))
        raise ConfigError(f"design.factors.{name}=null: '{name}' is not in the box{near}")
    del factors[name]


def fixed_by(given: Given, named: Mapping[str, Any], sampler: str) -> set[str]:
    """The parameters that are fixed at a value that was given.

    One at a time every factor sets out from the study's own values, so that there a given value acts without being
    fixed. Where a parameter is given and named as a factor as well, what overrides the other counts: a word of the
    command line overrides a file. Given in one place, they contradict one another.
    """
    fixed = set()
    for name, origin in given.parameters().items():
        rank = given.rank(f"design.factors.{name}") if named.get(name) is not None else None
        if rank == origin.rank and sampler != "one_at_a_time":
            raise ConfigError(
                f"parameters.{name}={brief(origin.value)} fixes what design.factors.{name} varies; give one of them"
            )
        if sampler != "one_at_a_time" and (rank is None or origin.rank > rank):
            fixed.add(name)
    return fixed


def levels_of(name: str, given: Mapping[str, Any]) -> tuple[float, ...]:
    """The listed values of a factor, rising."""
    what = f"design.factors.{name}={dict(given)}"
    values = given.get("levels")
    if set(given) != {"levels"} or not isinstance(values, Sequence) or isinstance(values, str) or len(values) < 2:
        raise ConfigError(f"{what}: a factor with listed values takes two or more, as in {{levels: [0, 0.5, 1]}}")
    factor(name, [values[0], values[0]])  # that there is such a parameter, and that it may vary
    try:
        levels = tuple(sorted({parameter_value(name, value) for value in values}))
    except ParameterError as error:
        raise ConfigError(f"{what}: {error}") from None
    if len(levels) < len(values):
        raise ConfigError(f"{what}: a value appears twice")
    return levels


def levels_between(name: str, low: float, high: float, steps: int) -> tuple[float, ...]:
    """So many levels from the low end to the high end of a range; whole numbers are rounded."""
    values = [low + (high - low) * step / (steps - 1) for step in range(steps)]
    return tuple(sorted({float(round(value)) if BY_NAME[name].integer else value for value in values}))


def is_choice(name: str, given: Any) -> bool:
    """Whether a factor varies by name."""
    return name == "scenario" or (isinstance(given, Mapping) and "choices" in given)


def choices_in(plain: Mapping[str, Any], given: Given) -> dict[str, dict[str, dict[str, float]]]:
    """What varies by name: scenarios, and sets of parameters that are given a name here."""
    choices = {}
    for name, span in plain["factors"].items():
        if not is_choice(name, span):
            continue
        named = named_in(name, span, given)
        for choice, values in named.items():
            what = f"design.factors.{name}, {choice}"
            if not isinstance(values, Mapping):
                raise ConfigError(f"{what}={values}: a choice takes parameters, as in {{n_partners: 6}}")
            try:
                named[choice] = {parameter: parameter_value(parameter, value) for parameter, value in values.items()}
            except ParameterError as error:
                raise ConfigError(f"{what}: {error}") from None
            fixed = set(FIXED_IN_A_STUDY) & set(values)
            if fixed:
                raise ConfigError(f"{what}: {', '.join(sorted(fixed))} must be the same in every world of a study")
        if name in BY_NAME or not name.isidentifier():
            raise ConfigError(f"design.factors.{name}: a choice takes a name of its own, other than a parameter's")
        choices[name] = named
    return choices


def named_in(name: str, span: Any, given: Given) -> dict[str, Any]:
    """What stands under each name of a choice, its values not checked yet."""
    what = f"design.factors.{name}={brief(span)}"
    if isinstance(span, Mapping):
        choices = span["choices"] if set(span) == {"choices"} else None
        if not isinstance(choices, Mapping) or not choices:
            raise ConfigError(
                f"{what}: choices have names, as in {{choices: {{small: {{n_partners: 6}}, as_it_is: {{}}}}}}"
            )
        return {str(choice): values or {} for choice, values in choices.items()}
    if isinstance(span, str) or not isinstance(span, Sequence) or not span:
        raise ConfigError(f"{what}: scenarios are listed by name, as in [default, healthy]")
    return {str(choice): scenario_values(str(choice), given) for choice in span}


def scenario_values(name: str, given: Given) -> Mapping[str, Any]:
    """The parameters that the file of a scenario sets."""
    path = folders.option(given.folders or (folders.configs(),), "scenario", name, "design.factors.scenario")
    return dict(read_yaml(path).content.get("parameters") or {})


def adaptive_of(plain: Mapping[str, Any]) -> Adaptive | None:
    """The rule that decides on replicates, if a precision is given."""
    if plain["precision"] is None:
        return None
    maximum = integer_in(plain["maximum"], 2, 10**6, "design.adaptive.maximum")
    batch = integer_in(plain["batch"], 2, maximum, "design.adaptive.batch")
    for name, top in (("precision", 10**6), ("level", 1)):
        if not 0 < plain[name] < top:
            raise ConfigError(f"design.adaptive.{name}={plain[name]} is out of range; it lies between 0 and {top}")
    return Adaptive(plain["precision"], batch, maximum, plain["level"])


def count(plain: Mapping[str, Any], design: Design, parameters: Mapping[str, float]) -> int:
    """How many points there are: as many as are asked for, samples of several points, or what counting gives."""
    from experiments.study import design as designs
    from experiments.study import samplers

    factors = len(design.factors) + len(design.choices)
    if design.sampler in designs.COUNTED:
        points = designs.count_points(design, parameters)
    else:
        if design.sampler in ("saltelli", "morris") and not factors:
            raise ConfigError(f"design.sampler={design.sampler} takes at least one factor")
        asked = integer_in(plain["points"], 2, MOST_POINTS, "design.points")
        points = asked * samplers.points_per_sample(design.sampler, factors)
    if points > MOST_POINTS:
        raise ConfigError(
            f"a {design.sampler} design of these {factors} factors has {points:.3g} points, and {MOST_POINTS:.0e} are "
            "the most; leave the box with design.box=none and name the factors, or take fewer design.levels"
        )
    return points
