"""One reader of the tables in configurations of failures, patterns and claims: field by field, one kind of message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.errors import ConfigError
from sim.errors import nearest


class Fields:
    """A mapping of the configuration, read field by field; what is missing or left over is an error."""

    def __init__(self, path: str, content: Any) -> None:
        if not isinstance(content, Mapping):
            raise ConfigError(f"{path}={content}: this takes fields, as in the files of configs")
        self.path, self.content = path, dict(content)
        self.known: list[str] = []

    def take(self, name: str, *otherwise: Any) -> Any:
        """The value of a field, which no later reading finds again; `otherwise` where it is missing, if given."""
        self.known.append(name)
        if name in self.content:
            return self.content.pop(name)
        if otherwise:
            return otherwise[0]
        raise ConfigError(f"{self.path} lacks '{name}'")

    def text(self, name: str, *otherwise: str) -> str:
        """A field as text, without space at either end."""
        return str(self.take(name, *otherwise)).strip()

    def number(self, name: str, *otherwise: Any) -> Any:
        """A number, or None where that is given; `ConfigError` for anything else."""
        value = self.take(name, *otherwise)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ConfigError(f"{self.path}.{name}={value!r} is not a number")
        return value

    def listed(self, name: str) -> list[Any]:
        """A list of at least one entry."""
        value = self.take(name)
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            raise ConfigError(f"{self.path}.{name}={value!r}: this takes a list of at least one")
        return list(value)

    def mapping(self, name: str, *otherwise: Any) -> Mapping[str, Any]:
        """A table, as it stands."""
        return Fields(f"{self.path}.{name}", self.take(name, *otherwise)).content

    def fields(self, name: str) -> Fields:
        """A table, to be read field by field."""
        return Fields(f"{self.path}.{name}", self.take(name))

    def each(self, name: str) -> list[Fields]:
        """A list of tables, each to be read field by field."""
        return [Fields(f"{self.path}.{name}", entry) for entry in self.listed(name)]

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for name in self.content:
            raise ConfigError(f"there is no '{self.path}.{name}'{nearest(str(name), self.known)}")
