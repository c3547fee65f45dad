"""Points that stand in a file: read from CSV or Parquet, each cell checked, and each fault answered with its place."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.config import boxes
from experiments.config.schema import FIXED_IN_A_STUDY, integer_in
from experiments.errors import ConfigError
from experiments.study.definition import Adaptive, Design
from sim.errors import nearest
from sim.params import BY_NAME, COUNTS, NAMES, ParameterError, parameter_value
from sim.values import shown

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOST_POINTS = 10**9
EVERY_ARM = "every arm meets every point; name the arms in arms=[structure_first, purpose_first, ...]"
NOT_LISTED = {"arm": EVERY_ARM, "arms": EVERY_ARM, "setup": EVERY_ARM,
              "scenario": "name those that may stand there in design.factors.scenario=[default, ...]"}  # fmt: skip
"""Columns that somebody might expect of a list of points, and what to do instead."""
SPECIAL_FILES = {stat.S_ISDIR: "a folder", stat.S_ISFIFO: "a named pipe", stat.S_ISSOCK: "a socket",
         stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}  # fmt: skip
"""What is no file: a reader of it might wait forever, or never come to an end."""
UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
"""How pandas calls an index without a name in a Parquet file."""


def of_listed_worlds(
    plain: Mapping[str, Any], parameters: Mapping[str, float], fixed: Collection[str], adaptive: Adaptive | None
) -> tuple[Design, pd.DataFrame]:
    """A design whose points are rows of a listed box, drawn with replacement, and the list itself.

    `plain` is the `design` part of a configuration; parameters that are `fixed` leave the list. Raises
    `ConfigError` where it asks for more than to draw.
    """
    from experiments.study import design as designs

    what = f"design.box={plain['box']}"
    if plain["sampler"] not in ("latin_hypercube", "random", designs.BOOTSTRAP):
        raise ConfigError(f"{what}: its worlds are drawn from a list; leave design.sampler as it is")
    if plain["factors"] or any(parameters[name] for name in COUNTS):
        raise ConfigError(
            f"{what}: its worlds are taken as they stand; leave out design.factors and a scenario's sectors"
        )
    listed = read_list(boxes.path_of(plain["box"]), Design(designs.BOOTSTRAP, 0, {}))
    listed = listed.drop(columns=[name for name in listed if name in fixed])
    design = Design(
        designs.BOOTSTRAP,
        integer_in(plain["points"], 2, MOST_POINTS, "design.points"),
        ranges(listed),
        replicates=integer_in(plain["replicates"], 1, 10**6, "design.replicates"),
        adaptive=adaptive,
        shared_worlds=plain["worlds"] == "shared",
        digest=designs.digest(listed),
    )
    return design, listed


def ranges(listed: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """The lowest and the highest value of each parameter in a list."""
    return {name: (float(listed[name].min()), float(listed[name].max())) for name in NAMES if name in listed}


def read_list(path: Path, design: Design) -> pd.DataFrame:
    """The points of a CSV or Parquet file, each cell checked: a column for each parameter or choice that varies.

    Numbers come as floats, the options of choices as text. Raises `ConfigError`, naming row and column where the fault
    has them; the first row after the heading is 1.
    """
    import pandas as pd

    what = f"design.list={path}"
    kind = path.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise ConfigError(f"{what}: a list of points is a .csv or a .parquet file")
    check_regular(what, path)
    columns = csv_columns(what, path, design) if kind == ".csv" else parquet_columns(what, path, design)
    points = len(next(iter(columns.values())))
    if points < 2:
        raise ConfigError(f"{what}: {points} points; a comparison needs at least 2")
    return pd.DataFrame({name: column_of(what, name, column, design) for name, column in columns.items()})


def check_regular(what: str, path: Path) -> None:
    """Raise `ConfigError` unless there is a file of that name that can be read to its end."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise ConfigError(f"{what}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{what} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"design.list={shown(str(path))}: there is no such file") from None
    if not stat.S_ISREG(mode):
        kind = next((name for holds, name in SPECIAL_FILES.items() if holds(mode)), "not one")
        raise ConfigError(f"{what} is {kind}; a list of points is a file")


# -- columns ----------------------------------------------------------------------------------------------


def check_columns(what: str, names: Sequence[str], design: Design) -> None:
    """Raise `ConfigError` unless each column has a name of its own, and is a parameter or a choice that may vary."""
    seen: set[str] = set()
    for place, name in enumerate(names, 1):
        if not name:
            raise ConfigError(f"{what}: column {place} of {len(names)} has no name")
        if name in seen:
            raise ConfigError(f"{what}: the column {shown(name)} appears twice")
        seen.add(name)
        if name in design.choices:
            continue
        if name in NOT_LISTED:
            raise ConfigError(f"{what}: column {name}: {NOT_LISTED[name]}")
        if name not in BY_NAME:
            raise ConfigError(f"{what}: there is no parameter {shown(name)}{nearest(name, NAMES)}")
        if name in FIXED_IN_A_STUDY:
            raise ConfigError(f"{what}: {name} is the same in every world of a study; set parameters.{name} instead")
    missing = set(design.choices) - seen
    if missing:
        raise ConfigError(f"{what}: there is no column {', '.join(sorted(missing))}, which design.factors names")


def column_of(what: str, name: str, column: pd.Series, design: Design) -> pd.Series:
    """A column of a list, checked: numbers as floats, options of a choice as text."""
    import pandas as pd

    if name in design.choices:
        known = column.isin(list(design.choices[name]))
        if not known.all():
            row = int((~known).to_numpy().argmax())
            cell = column.iloc[row]
            near = nearest(cell, list(design.choices[name]))
            raise ConfigError(f"{what}: row {row + 1}, column {name}: there is no {shown(cell)}{near}")
        return column.astype(str)
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    parameter = BY_NAME[name]
    inside = (numbers >= parameter.low) & (numbers <= parameter.high) & ~((numbers > 0) & (numbers < parameter.least))
    if parameter.integer:
        inside &= numbers == numbers.round()
    checked = numbers.to_numpy(copy=True)
    for row in (~inside).to_numpy().nonzero()[0]:
        checked[row] = cell_of(what, int(row), name, column.iloc[row])
    return pd.Series(checked + 0.0)  # without the sign of -0.0


def cell_of(what: str, row: int, name: str, cell: Any) -> float:
    """The value of one cell; the message names its row."""
    place = f"{what}: row {row + 1}, column {name}"
    if isinstance(cell, str) and not cell:
        raise ConfigError(f"{place}: there is no value")
    try:
        return parameter_value(name, cell)
    except ParameterError as error:
        comma = isinstance(cell, str) and re.fullmatch(r"\s*[+-]?\d+,\d+\s*", cell)
        hint = "; numbers have a decimal point, not a comma" if comma else ""
        raise ConfigError(f"{place}: {error}{hint}") from None


# -- CSV --------------------------------------------------------------------------------------------------


def csv_columns(what: str, path: Path, design: Design) -> dict[str, pd.Series]:
    """The cells of a CSV file as text, by column."""
    import pandas as pd

    text = text_of(what, path)
    names = heading_of(what, text)
    check_columns(what, names, design)
    try:
        cells = pd.read_csv(io.StringIO(text), header=None, dtype=str, keep_default_na=False, skipinitialspace=True)
    except pd.errors.ParserError as error:
        raise ConfigError(f"{what}: {ragged(str(error))}") from None
    cells = cells.iloc[1:].reset_index(drop=True)
    return {name: cells[place].str.strip() for place, name in enumerate(names)}


def text_of(what: str, path: Path) -> str:
    """What stands in a CSV file; `ConfigError` where it is no text in UTF-8. A mark of byte order is left out."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{what} cannot be read: {error.strerror}") from None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{what} is text in UTF-16; save it as CSV in UTF-8")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise ConfigError(f"{what}: line {line} holds a NUL byte, so it is not text; save it as CSV in UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{what}: line {line} is not text in UTF-8; save it as CSV in UTF-8") from None
    if not text.strip():
        raise ConfigError(f"{what} is empty; a list of points has a heading, and a row for each point")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def heading_of(what: str, text: str) -> list[str]:
    """The names of the columns, from the first line that holds anything."""
    first = next(line for line in text.split("\n") if line.strip())
    try:
        (names,) = csv.reader([first], skipinitialspace=True, strict=True)
    except csv.Error as error:
        raise ConfigError(f"{what}: the heading cannot be read: {error}") from None
    for mark, called in ((";", "semicolons"), ("\t", "tabs")):
        if mark in first and len(names) == 1:
            raise ConfigError(
                f"{what}: its columns are separated by {called}; save it with commas between columns, and a decimal "
                "point in numbers"
            )
    return [name.strip() for name in names]


def ragged(error: str) -> str:
    """What is wrong with the rows of a CSV file, from what pandas says of it."""
    stated = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", error)
    if stated is None:
        reason = "a quotation mark is not closed" if "EOF inside string" in error else " ".join(error.split())
        return f"it cannot be read as CSV: {reason}"
    columns, line, values = stated.groups()
    return (
        f"line {line} holds {values} values, and the heading {columns} columns; values are separated by commas, and "
        "numbers have a decimal point"
    )


# -- Parquet ----------------------------------------------------------------------------------------------


def parquet_columns(what: str, path: Path, design: Design) -> dict[str, pd.Series]:
    """The cells of a Parquet file, by column. An index that has a name is a column, one that has none is not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            stored = [name for name in schema.names if not UNNAMED_INDEX.fullmatch(name)]
            counted = counted_index(what, schema, file.metadata.num_rows)
            check_columns(what, [*stored, *counted], design)
            for name in stored:
                check_type(what, name, schema.field(name).type, design)
            if not stored and not counted:
                raise ConfigError(f"{what}: it has no columns")
            table = file.read(columns=stored)
    except (pa.ArrowException, OSError) as error:
        raise ConfigError(f"{what} cannot be read as Parquet: {' '.join(str(error).split())}") from None
    return counted | {name: parquet_column(what, name, table.column(name), design) for name in stored}


def counted_index(what: str, schema: pa.Schema, rows: int) -> dict[str, pd.Series]:
    """The index of a data frame whose numbers run evenly: pandas stores its start and step, and no column."""
    import pandas as pd

    try:
        index = schema.pandas_metadata["index_columns"] if schema.pandas_metadata else []
        even = [entry for entry in index if isinstance(entry, dict) and entry["name"] is not None]
        return {
            str(entry["name"]): pd.Series([float(entry["start"] + place * entry["step"]) for place in range(rows)])
            for entry in even
        }
    except (ValueError, KeyError, TypeError, OverflowError):
        raise ConfigError(f"{what}: what pandas wrote of its index is damaged; write it with index=False") from None


def check_type(what: str, name: str, kind: pa.DataType, design: Design) -> None:
    """Raise `ConfigError` if a column of a Parquet file holds something else than what its name stands for."""
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    text = types.is_string(inner) or types.is_large_string(inner)
    if name in design.choices:
        fits, takes = text or types.is_integer(inner), "the names of options, as text"
    else:
        number = types.is_integer(inner) or types.is_floating(inner) or types.is_decimal(inner)
        switch = BY_NAME[name].unit == "switch"
        fits, takes = number or (switch and types.is_boolean(inner)), f"numbers: {name} takes {BY_NAME[name].allowed}"
    if not fits and not types.is_null(inner):
        raise ConfigError(f"{what}: column {name} is of type {kind}; a list holds {takes}")


def parquet_column(what: str, name: str, column: pa.ChunkedArray, design: Design) -> pd.Series:
    """A column of a Parquet file for checking: numbers as floats, options as text; `ConfigError` for a missing cell."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count:
        row = pc.index(pc.is_null(column), True).as_py()
        raise ConfigError(f"{what}: row {row + 1}, column {name}: there is no value")
    return column.cast(pa.string() if name in design.choices else pa.float64(), safe=False).to_pandas()
