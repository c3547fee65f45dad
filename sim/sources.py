"""Which text the model was loaded from: a digest of every source file that decides what a run comes to.

Files may be edited while a program runs that has already loaded them. So they are read when the package is imported,
and again when all of them have been loaded: digests that agree are those of the code that this process executes.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path

DECISIVE = (
    "cache", "clues", "draws", "encounters", "engine", "failures", "lanes", "launch", "limits", "membership",
    "outcomes", "params", "places", "questionnaire", "record", "rules", "runs", "shapes", "shocks", "state", "tables",
    "values",
)  # fmt: skip
"""`sim.runs`, `sim.failures` and all that they import: the outcomes of a run, its months and its failure modes."""


class SourceChangedError(RuntimeError):
    """A source file was edited while the package was being loaded, so that nobody knows which text was executed."""


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """A digest of each module of a package, by its path as in "sim/rules.py"; how lines end does not matter.

    A module in a folder of the package is named with it, as in "study/plan".

    Raises OSError where a file cannot be read.
    """
    files = {name: (folder / f"{name}.py").read_bytes().replace(b"\r\n", b"\n") for name in names}
    return {
        f"{folder.name}/{name}.py": hashlib.blake2b(text, digest_size=8).hexdigest() for name, text in files.items()
    }


class Sources:
    """The decisive modules of one package, read when this is made, and once more when `loaded` is first asked."""

    def __init__(self, package: str, folder: Path, names: tuple[str, ...]) -> None:
        self.package, self.folder, self.names = package, folder, names
        self._first = digests(folder, names)
        self._loaded: Mapping[str, str] | None = None

    def loaded(self) -> Mapping[str, str]:
        """The digests of the modules as this process has loaded them, all of which are imported now if need be.

        Once known they stay the same, whatever becomes of the files. Raises `SourceChangedError` if a file was edited
        after the package was imported and before all of its modules were.
        """
        if self._loaded is None:
            for name in self.names:
                importlib.import_module(f"{self.package}.{name.replace('/', '.')}")
            now = digests(self.folder, self.names)
            edited = [path for path in now if now[path] != self._first[path]]
            if edited:
                raise SourceChangedError(
                    f"{edited[0]} was edited while this process was loading the model; start the program again"
                )
            self._loaded = now
        return self._loaded


MODEL = Sources("sim", Path(__file__).parent, DECISIVE)
