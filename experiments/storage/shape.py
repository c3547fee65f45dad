"""What a stored table must look like, known from the study alone: its columns, how many rows, and which runs they are.

A file of a study may come from anywhere. Before it is unpacked, its columns and the number of its rows are compared
with what the study asks; then every row must be the run that its number stands for, and every value a plausible one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from experiments.errors import StudyError
from experiments.storage.layout import PROVENANCE
from experiments.study import plan
from experiments.study.definition import Study
from experiments.study.design import choice_names, factor_names, numbers
from experiments.study.plan import Task
from experiments.study.tables import DESIGN, LABELS, RUNS, STOPS, TRAJECTORIES, outcome_columns, part_of
from sim import params
from sim.outcomes import SERIES_NAMES

if TYPE_CHECKING:
    import pyarrow as pa

INTEGERS, NUMBER, TEXT = "whole numbers", "numbers", "text"
LARGEST = 1e12
"""No outcome, and no monthly series, is anywhere near so large; sums and squares of it are still finite."""
ROUNDING = 1e-9
"""By this share of its range a factor may lie outside it, since `low + 1 * (high - low)` need not be `high`."""
ROWS_AT_MOST = 2**22
"""In one file; `RUNS_PER_CHUNK` keeps them far below, unless one point takes millions of replicates."""
VALUE_BYTES, ROW_BYTES, FILE_BYTES = 16, 512, 2**20
"""A generous allowance for what a value, a row's texts, and the rest of a file take."""
RECORD_BYTES = 2**24
"""A record of origin takes no more than this."""


def columns(study: Study, table: str) -> dict[str, str]:
    """The columns of a table in their order, each with what it holds."""
    if table == DESIGN:
        factors = {name: INTEGERS if params.BY_NAME[name].integer else NUMBER for name in factor_names(study.design)}
        return {"point": INTEGERS, **factors, **dict.fromkeys(choice_names(study.design), TEXT)}
    if table == STOPS:
        interval = dict.fromkeys(("difference", "low", "high"), NUMBER)
        return {"point": INTEGERS, "replicates": INTEGERS, **interval, "stopped": TEXT}
    labels = {name: TEXT if name in ("arm", "variant") else INTEGERS for name in LABELS}
    if table == TRAJECTORIES:
        del labels["variant"]
        return {**labels, "month": INTEGERS, **dict.fromkeys(SERIES_NAMES, NUMBER)}
    return {**labels, **dict.fromkeys(outcome_columns(study.limits), NUMBER), "error": TEXT}


def table_of(name: str) -> str:
    """The table that a file is a part of; nothing if it is of none."""
    return (part_of(name) or ("", 0))[0]


def rows(study: Study, task: Task, table: str) -> tuple[int, int]:
    """How many rows a part of a table has, at least and at most."""
    units = task.stop - task.start
    if table in (DESIGN, STOPS):
        return units, units
    if table == TRAJECTORIES:
        return units * len(study.arms), units * len(study.arms) * longest(study)
    if study.design.adaptive:
        return units * len(study.arms), units * plan.slots(study) * study.design.adaptive.maximum
    varied = _varied(study, task.stop) - _varied(study, task.start)
    exact = units * len(study.arms) + 2 * len(study.variants) * varied
    return exact, exact


def _varied(study: Study, units: int) -> int:
    """How many of the first units meet the variants."""
    rounds, places = divmod(units, study.design.points)
    return rounds * study.variant_points + min(places, study.variant_points)


def longest(study: Study) -> int:
    """Months of the longest run that a study can have."""
    chosen = [values for named in study.design.choices.values() for values in named.values()]
    fixed = [values.get("months", 0) for values in (study.parameters, *chosen)]
    return int(max(*fixed, *study.design.factors.get("months", ()), 1))


def bytes_at_most(study: Study, name: str) -> int:
    """How large a file of a study may be; 0 for one that the study does not have."""
    if name == PROVENANCE:
        return RECORD_BYTES
    task, table = plan.task_of(study, name), table_of(name)
    if task is None:
        return 0
    count = min(rows(study, task, table)[1], ROWS_AT_MOST)
    return FILE_BYTES + count * (ROW_BYTES + VALUE_BYTES * len(columns(study, table)))


def check_size(study: Study) -> None:
    """Raise `StudyError` if a part of a study could have more rows than are ever read at once."""
    for cut in plan.cuts(study):
        for table in cut.tables if cut.tasks else ():
            most = rows(study, cut.task(0), table)[1]
            if most > ROWS_AT_MOST:
                raise StudyError(
                    f"a part of the study's {table} may have {most:,} rows, of at most {ROWS_AT_MOST:,}; "
                    "set design.adaptive.maximum lower"
                )


def check_schema(study: Study, name: str, count: int, schema: pa.Schema) -> None:
    """Raise `StudyError` unless a part has the columns and the number of rows that the study gives it."""
    task, table = plan.task_of(study, name), table_of(name)
    if task is None:
        raise StudyError(f"{name} belongs to no study like this")
    least, most = rows(study, task, table)
    if not least <= count <= min(most, ROWS_AT_MOST):
        planned = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        raise StudyError(f"{name} holds {count:,} rows, where the study has {planned}")
    wanted = columns(study, table)
    if list(schema.names) != list(wanted):
        raise StudyError(f"{name} has other columns than the study's {table}: {', '.join(wanted)}")
    for column, holds in wanted.items():
        if kind_of(schema.field(column).type) != holds:
            raise StudyError(f"{name}: its column {column} does not hold {holds}")


def kind_of(type_: pa.DataType) -> str:
    """What a column of a type holds."""
    from pyarrow import types

    if types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_string(type_) or types.is_large_string(type_):
        return TEXT
    return INTEGERS if types.is_integer(type_) else NUMBER if types.is_floating(type_) else str(type_)


def labelled(table: str) -> list[str]:
    """The columns without which the rows of a table cannot be told from one another."""
    return {DESIGN: ["point"], STOPS: ["point"], RUNS: ["run"]}.get(table, ["run", "month"])


def check_values(study: Study, name: str, table: pa.Table) -> None:
    """Raise `StudyError` unless the rows of a part are those of the study, in so far as their columns were read."""
    import pyarrow as pa

    task, kind = plan.task_of(study, name), table_of(name)
    assert task is not None, "its schema was checked"
    for column, values in expected(study, task, kind, table).items():
        if column in table.column_names and not table[column].cast(values.type).equals(pa.chunked_array([values])):
            raise StudyError(f"{name}: its column {column} is not that of the study")
    for column, holds in columns(study, kind).items():
        if column in table.column_names:
            check_column(study, name, column, holds, table[column])


def expected(study: Study, task: Task, kind: str, table: pa.Table) -> dict[str, pa.Array]:
    """What the columns must hold that say which row is which."""
    import pyarrow as pa

    place = np.arange(task.start, task.stop, dtype=np.int64)
    if kind in (DESIGN, STOPS):
        return {"point": pa.array(numbers(study.design, place))}
    replicate, place = np.divmod(place, study.design.points)
    months = {}
    if kind == TRAJECTORIES:
        run = plan.run_numbers(study, place, replicate, main=True)
        count, left = divmod(len(table), len(run))
        if left:
            raise StudyError(f"{task.files[0]}: its runs are not equally long")
        run, months = np.repeat(run, count), {"month": pa.array(np.tile(np.arange(1, count + 1), len(run)))}
    elif study.design.adaptive:
        run = adaptive_runs(study, task, table["run"].to_numpy())
    else:
        run = plan.run_numbers(study, place, replicate)
    label = plan.labels_of(study, run)
    arm = pa.DictionaryArray.from_arrays(label.arm, list(study.arms)).cast(pa.string())
    variant = pa.DictionaryArray.from_arrays(label.variant, list(plan.variants_of(study))).cast(pa.string())
    numbered = {"run": pa.array(run), "point": pa.array(label.point), "world": pa.array(label.world)}
    return {**numbered, "arm": arm, "variant": variant, **months}


def adaptive_runs(study: Study, task: Task, run: NDArray[np.int64]) -> NDArray[np.int64]:
    """The runs of a part, if each of them can be one of its points'; how many there are, only the runs can tell."""
    unit, slot = np.divmod(run, plan.slots(study))
    replicate, place = np.divmod(unit, study.design.points)
    inside = (run >= 0) & (place >= task.start) & (place < task.stop)
    inside &= replicate < study.design.replicates_at_most
    inside &= (slot < len(study.arms)) | (place < study.variant_points)
    if len(np.unique(run)) < len(run) or not inside.all():
        raise StudyError(f"{task.files[0]}: its column run is not that of the study")
    return run


def check_column(study: Study, name: str, column: str, holds: str, values: pa.ChunkedArray) -> None:
    """Raise `StudyError` for values that the study cannot have given."""
    design = study.design
    if column in design.choices:
        sound = set(values.unique().to_pylist()) <= set(design.choices[column])
    elif column in design.factors and name.startswith(f"{DESIGN}/"):
        low, high = design.factors[column]
        slack, numbers = ROUNDING * (high - low), values.to_numpy()
        sound = bool(((numbers >= low - slack) & (numbers <= high + slack)).all())
    elif holds == NUMBER:
        numbers = values.to_numpy()
        sound = bool((np.isnan(numbers) | (np.abs(numbers) <= LARGEST)).all())
    else:
        return
    if not sound:
        raise StudyError(f"{name}: its column {column} holds values that the study cannot have")
