"""What was given: every value that a file or a word of the command line sets, with the place where it stands.

A value that is given has its effect or is refused. Whoever decides on that needs to know which values were given, in
which order they override one another, and where, so that a message can name the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.config.yaml_files import Document, chosen, relative_path

COMMAND_LINE = 10**6
"""The rank of words on the command line: they override every file."""
KEY = re.compile(r"([a-z_]\w*(?:\.[^\s=:.]+)*)(?:=|:| is | takes | would )")
"""How a message begins that is about one key."""


@dataclass(frozen=True)
class Origin:
    """Where a value was given: its rank (higher overrides lower), its file's group, and the file with its line.

    `group` is "" for the command line and for config.yaml; `place` is "" for the command line.
    """

    value: Any
    rank: int
    group: str = ""
    place: str = ""

    @property
    def typed(self) -> bool:
        """Whether it stands on the command line."""
        return self.rank >= COMMAND_LINE


@dataclass(frozen=True)
class Given:
    """The values given, by their dotted path; the option chosen of each group; and the folders searched for them.

    `values` holds leaves only; of several that set the same path, the one that counts. `typed_choices` are the groups
    chosen on the command line.
    """

    values: Mapping[str, Origin] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    typed_choices: frozenset[str] = frozenset()
    folders: tuple[Path, ...] = ()

    def under(self, path: str) -> dict[str, Origin]:
        """What is given at a path or below it."""
        return {name: origin for name, origin in self.values.items() if name == path or name.startswith(f"{path}.")}

    def rank(self, path: str) -> int | None:
        """The highest rank of what is given at a path or below it; None where nothing is."""
        return max((origin.rank for origin in self.under(path).values()), default=None)

    def parameters(self) -> dict[str, Origin]:
        """The parameters given by name, but those of a setup's file, which arms and `setup` decide."""
        values = self.under("parameters")
        return {name.removeprefix("parameters."): origin for name, origin in values.items() if origin.group != "setup"}

    def located(self, message: str) -> str:
        """The message, with the file and line before it where the key it begins with was given in a file."""
        match = KEY.match(message)
        if match is None:
            return message
        name = match[1]
        while name:
            places = [origin.place for origin in self.under(name).values()]
            if places:
                return f"{places[0]}: {message}" if places[0] and len(set(places)) == 1 else message
            name = name.rpartition(".")[0]
        return message


def leaves(content: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Nested tables as one level, their names joined by dots; an empty table is a leaf."""
    if isinstance(content, Mapping) and content:
        for name, value in content.items():
            yield from leaves(value, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, content


def of_document(document: Document, package: str, group: str, rank: int) -> dict[str, Origin]:
    """What a file gives, in the package that it is composed into."""
    prefix = "" if package in ("", "_global_") else package
    content = {name: value for name, value in document.content.items() if name != "defaults"}
    values = {}
    for path, value in leaves(content, prefix) if content else ():
        line = document.lines.get(path.removeprefix(f"{prefix}.") if prefix else path)
        values[path] = Origin(value, rank, group, f"{relative_path(document.path)}{f', line {line}' if line else ''}")
    for entry in document.content.get("defaults", []):
        chosen_group, option = chosen(entry)
        if chosen_group and group and option != "None":  # a file of a group that chooses in another group
            values[chosen_group] = Origin(
                option, rank, group, f"{relative_path(document.path)}, line {document.lines['defaults']}"
            )
    return values


def overridden(values: dict[str, Origin], more: Mapping[str, Origin]) -> dict[str, Origin]:
    """Values with others that override them: what stands at the same path, above it or below it gives way."""
    kept = dict(values)
    for path in more:
        steps = path.split(".")
        above = {".".join(steps[:count]) for count in range(1, len(steps) + 1)}
        kept = {name: origin for name, origin in kept.items() if name not in above and not name.startswith(f"{path}.")}
    return kept | dict(more)
