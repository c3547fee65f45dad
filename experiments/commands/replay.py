"""One run of a study again, in the Mesa window: `partnership replay study=FOLDER run=N`."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from experiments.config.arguments import integer
from experiments.errors import StudyError
from experiments.storage.reading import Finished, open_study
from experiments.study import plan
from experiments.study.definition import NO_VARIANT, Study
from experiments.study.tables import DESIGN, RUNS, part_name
from sim.model import Partnership
from sim.outcomes import OUTCOME_NAMES
from sim.params import NAMES

SERIES_SHOWN = (
    "structure",
    "fit",
    "purpose",
    "trust",
    "commitment",
    "effort",
    "burden",
    "owned",
    "outcome",
    "added_value",
)
MONTHS_SHOWN = 12


def replay(given: Mapping[str, str]) -> int:
    """Run one run of a study again and compare it with what is stored."""
    return replayed(Path(given["study"]), integer("run", given["run"], 0, 2**63 - 1))


def replayed(folder: Path, number: int) -> int:
    """Tell a run month by month and compare it with its stored row; returns 0 if they agree to the last bit, else 1."""
    finished = open_study(folder)
    stored = stored_row(finished, number)
    arm, variant, parameters = asked(finished.study, stored, finished)
    model = Partnership(setup=None, rng=finished.study.seed, world=stored["world"], **parameters)
    without = "" if variant == NO_VARIANT else f", variant {variant}"
    print(
        f"Run {number} of study {finished.study.id}: point {stored['point']}, world {stored['world']}, {arm}{without}"
    )
    print("month " + " ".join(f"{name[:10]:>10}" for name in SERIES_SHOWN))
    months = int(parameters["months"])
    for month in range(months):
        model.step()
        if month % max(1, months // MONTHS_SHOWN) == 0 or month == months - 1:
            print(f"{model.month:5d} " + " ".join(f"{getattr(model, name):10.4f}" for name in SERIES_SHOWN))
    print(f"\nThe same in Python, from sim.model: {as_python(finished.study, stored['world'], parameters)}")
    return verdict(stored, model.outcomes())


def stored_row(finished: Finished, number: int) -> dict[str, Any]:
    """The row of a run as it is stored; `StudyError` if there is no such run."""
    study = finished.study
    if number >= plan.slots(study) * study.design.points * study.design.replicates_at_most:
        raise no_run(finished, number)
    unit = number // plan.slots(study)
    # Adaptive replicates of a point stand together, in the chunk of the point; others by the unit.
    place = unit % study.design.points if study.design.adaptive else unit
    for task in plan.tasks(study):
        if task.table == RUNS and task.start <= place < task.stop:
            table = finished.read_part(part_name(task.index))
            rows = table.filter(pc.equal(table["run"], number)).to_pylist()
            if rows:
                return dict(rows[0])
    raise no_run(finished, number)


def no_run(finished: Finished, number: int) -> StudyError:
    """What to raise where a study has no run of a number."""
    return StudyError(f"{finished.folder} holds no run {number}; the column `run` of its runs gives their numbers")


def asked(study: Study, stored: dict[str, Any], finished: Finished) -> tuple[str, str, dict[str, float]]:
    """The arm, the variant and every parameter of a stored run, from the study and its points."""
    unit, slot = divmod(stored["run"], plan.slots(study))
    replicate, place = divmod(unit, study.design.points)
    part = part_name(place // plan.POINTS_PER_PART, DESIGN)
    rows = finished.read_part(part).to_pandas()
    row = rows.iloc[[place % plan.POINTS_PER_PART]].set_axis([place])
    runs = plan.batch(study, plan.placed(row, replicate))
    here = int(np.flatnonzero(runs.run == stored["run"])[0])
    arm, variant = plan.kinds(study)[slot]
    return arm, variant, dict(zip(NAMES, runs.parameters[here].tolist(), strict=True))


def as_python(study: Study, world: int, parameters: dict[str, float]) -> str:
    """The run as a line of Python: what differs from the defaults."""
    from sim.params import DEFAULTS

    changed = ", ".join(f"{name}={value!r}" for name, value in parameters.items() if value != DEFAULTS[name])
    return f"Partnership(setup=None, rng={study.seed}, world={world}, {changed})"


def verdict(stored: dict[str, Any], again: dict[str, float]) -> int:
    """Say whether every outcome is the stored one, to the last bit."""
    apart = [name for name in OUTCOME_NAMES if bits(stored[name]) != bits(again[name])]
    for name in apart:
        print(f"{name}: stored {stored[name]!r}, now {again[name]!r}")
    if apart:
        print(f"{len(apart)} of {len(OUTCOME_NAMES)} outcomes differ from the stored row.")
        return 1
    print(f"All {len(OUTCOME_NAMES)} outcomes equal the stored row, bit for bit.")
    return 0


def bits(value: float | None) -> bytes:
    """The eight bytes of a number; a missing value has those of no number."""
    return b"missing" if value is None or value != value else struct.pack("<d", value)
