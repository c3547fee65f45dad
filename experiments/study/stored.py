"""What may be read of a study that is finished, wherever it is kept: all that analysis knows of storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from experiments.study.definition import Study

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class StoredStudy(Protocol):
    """A finished study: what was asked, how it was made, and its tables (see `experiments.study.tables`)."""

    @property
    def study(self) -> Study:
        """What was asked."""

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What made it, and the command that repeats it."""

    def parts(self, table: str) -> list[str]:
        """The files of a table, in the order of its rows; none if the study has no such table."""

    def read(self, names: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Some files of one table as a DataFrame; `StudyError` where one is damaged."""

    def count_rows(self, name: str) -> int:
        """How many rows a file of a table has."""

    def read_part(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """One file of a table; `StudyError` where it is damaged."""
