"""What the page knows besides the engine: parameters, setups, scenarios, failure modes with their lessons, sources.

All of it is read from where it stands already, the tables of `sim`, `configs/` and `docs/evidence.md`, or measured
with the engine by the demonstrations' own code (`experiments.failures`). Nothing is typed here a second time.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments import wording
from experiments.config.composition import composed
from experiments.config.folders import configs
from experiments.config.schema import parameters_of
from experiments.failures.accounts import REASONS
from experiments.failures.demonstration import MEASURES, Demonstration, Sign, load_demonstration, sentences
from experiments.failures.performance import Performance, Side, perform
from experiments.failures.story import elsewhere, measured_in_words, title
from experiments.page import sample
from experiments.storage.provenance import package_version
from experiments.study.definition import RESULTS_VERSION
from sim.limits import LIMITS
from sim.outcomes import OUTCOMES, SERIES
from sim.params import DEFAULTS, NAMES, PARAMETERS, SETUPS
from sim.state import Reading

REPOSITORY = Path(__file__).parents[2]
EVIDENCE = REPOSITORY / "docs" / "evidence.md"
HEADLINE = REPOSITORY / "results" / "headline" / "summary.json"
MEANING = ("document", "reference", "what it stands for")
"""The columns of docs/evidence.md that say what a key means."""


def page_data() -> dict[str, Any]:
    """All of it, ready for JSON. Plays every demonstration: this takes a while."""
    demonstrations = {name: load_demonstration(name) for name in sentences()}
    return {
        "version": package_version(),
        "results_version": RESULTS_VERSION,
        **tables(),
        "setups": setups(),
        "scenarios": scenarios(),
        "failures": {name: lesson(perform(shown)) for name, shown in demonstrations.items()},
        "check": sample.cases(demonstrations.values()),
    }


# -- tables -----------------------------------------------------------------------------------------------


def tables() -> dict[str, Any]:
    """What there is to say of parameters, series, outcomes and sources."""
    return {
        "parameters": [{**row._asdict(), "integer": row.integer, "allowed": row.allowed} for row in PARAMETERS],
        "series": signs(SERIES),
        "outcomes": signs(OUTCOMES),
        "limits": {limit.name: {"default": limit.default, "meaning": limit.meaning} for limit in LIMITS},
        "measures": MEASURES,
        "reasons": REASONS,
        "headline": headline(),
        "words": {name: wording.plain(name) for name in NAMES if wording.plain(name) != name.replace("_", " ")},
        "sources": sources(),
    }


def headline() -> str:
    """The verdict of the headline study, with the shares it rests on and the box they come from."""
    verdict = json.loads(HEADLINE.read_text(encoding="utf-8"))["verdict"]
    return f"{verdict['headline']} {verdict['shares']}"


def signs(readings: tuple[Reading, ...]) -> list[dict[str, str]]:
    """Names, units and meanings, for the page."""
    return [reading._asdict() for reading in readings]


def sources() -> dict[str, str]:
    """Each key that parameters and lessons cite, and what it stands for: the tables of docs/evidence.md."""
    read, column = {}, None
    for line in EVIDENCE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "key":
            column = next(place for place, name in enumerate(cells) if name in MEANING)
        key = re.fullmatch(r"\*\*(.+)\*\*", cells[0])
        if key and column is not None and column < len(cells):
            read[key[1]] = cells[column].replace("*", "")
    return read


# -- settings ---------------------------------------------------------------------------------------------


def setups() -> dict[str, Any]:
    """Each arm: what it is, and the parameters it decides."""
    return {name: {"about": about(name), "parameters": parameters} for name, parameters in SETUPS.items()}


def about(setup: str) -> str:
    """What the file of a setup says of it, above its first line: the comment after the command that runs it."""
    lines = (configs() / "setup" / f"{setup}.yaml").read_text(encoding="utf-8").splitlines()
    comment = [line.removeprefix("#").strip() for line in lines[: first_without(lines, "#")]]
    return " ".join(line for line in comment[2:] if line)


def first_without(lines: list[str], start: str) -> int:
    """The place of the first line that does not start so."""
    return next((place for place, line in enumerate(lines) if not line.startswith(start)), len(lines))


def scenarios() -> dict[str, Any]:
    """Each scenario: what it is, its sources, who and what it is about by name, and in which parameters it departs."""
    read = {}
    for path in sorted((configs() / "scenario").glob("*.yaml")):
        plain = composed([f"scenario={path.stem}"]).plain
        scenario = plain["scenario"]
        read[path.stem] = {
            "about": scenario["about"],
            "sources": scenario["sources"],
            "sectors": scenario["sectors"],
            "issues": scenario["issues"],
            "parameters": unlike(parameters_of(plain), {**DEFAULTS, **SETUPS[plain["setup"]]}),
        }
    return read


def unlike(parameters: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    """The parameters that have another value there."""
    return {name: value for name, value in parameters.items() if value != others[name]}


# -- lessons ----------------------------------------------------------------------------------------------


def lesson(performance: Performance) -> dict[str, Any]:
    """A failure mode as a chapter: its demonstration, and what it came to."""
    shown, chosen = performance.demonstration, performance.chosen
    return {
        **chapter(shown),
        "chosen": chosen,
        "measured": {
            "runs": shown.runs,
            "fails": performance.without.fails.count,
            "fails_with_remedy": performance.remedied.fails.count,
            "gains": performance.gains.count,
        },
        "measured_in_words": measured_in_words(performance),
        "answer": shown.predict.choices.index(shown.predict.right(performance.measured())),
        "detector": seen(performance.without, chosen),
        "remedied": seen(performance.remedied, chosen),
    }


def chapter(shown: Demonstration) -> dict[str, Any]:
    """What `configs/failure/` says of it."""
    return {
        "title": title(shown.name),
        "sentence": shown.sentence,
        "world": shown.world,
        "setup": shown.setup,
        "seed": shown.seed,
        "parameters": unlike(shown.parameters, {**DEFAULTS, **SETUPS[shown.setup]}),
        "remedy": {"about": shown.remedy.about, "parameters": dict(shown.remedy.parameters)},
        "note": shown.note,
        "elsewhere": elsewhere(shown),
        "warning": {
            "about": shown.warning.about,
            "signs": [sign_of(sign) for sign in shown.warning.signs],
            "hold": shown.warning.hold,
        },
        "watch": list(shown.watch),
        "predict": {
            "question": shown.predict.question,
            "measure": shown.predict.measure,
            "choices": [vars(choice) for choice in shown.predict.choices],
        },
        "look_for": [vars(mark) for mark in shown.look_for],
        "discuss": list(shown.discuss),
        "sources": list(shown.sources),
        "overlaps": dict(shown.overlaps),
    }


def sign_of(sign: Sign) -> dict[str, Any]:
    """A sign without what it does not use."""
    unused = Sign(sign.series)
    return {name: value for name, value in vars(sign).items() if name == "series" or value != getattr(unused, name)}


def seen(side: Side, run: int) -> dict[str, Any]:
    """What the detector says of one partnership: since when, by which readings, and when the early sign showed.

    The readings are those of the month in which the failure stood, or of the end where it never did.
    """
    since = month_or_none(side.finding.since[run])
    return {
        "since": since,
        "readings": side.finding.described(run, since),
        "readings_at_end": side.finding.described(run),
        "warned": month_or_none(side.warned[run]),
        "clues": clues(side, run),
    }


def clues(side: Side, run: int) -> list[dict[str, Any]]:
    """The detector's readings month by month; none where its own did not make the run a suspect."""
    place = int(side.finding.searched[run])
    if place < 0:
        return []
    return [
        {
            "name": clue.name,
            "value": monthly(clue.value, place),
            "beside": monthly(clue.beside, place),
            "whose": clue.whose if isinstance(clue.whose, str) else str(clue.whose[place]),
            "holds": [int(holds) for holds in clue.holds[place]],
        }
        for clue in side.finding.clues
    ]


def monthly(values: np.ndarray | None, place: int) -> list[float | None] | None:
    """A reading in every month, to three digits; None where there is none yet."""
    if values is None:
        return None
    return [None if math.isnan(value) else float(f"{value:.3g}") for value in values[place].tolist()]


def month_or_none(month: np.float64) -> int | None:
    """A month as JSON knows it."""
    return None if math.isnan(month) else int(month)
