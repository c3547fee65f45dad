"""A YAML file of the configuration: read within bounds, as plain data, with the line on which each value stands.

A file may come from anybody. So it is looked at before any library expands it: it must be a regular file of bounded
size, in UTF-8, of bounded depth, whose aliases stand for a bounded number of values.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.errors import ConfigError

MOST_BYTES = 2**20
MOST_VALUES = 20_000
"""Values of a file once its aliases are written out."""
DEEPEST = 40
HEADER = re.compile(r"#\s*@package\s+(\S+)")
BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True)
class Document:
    """A file's content, its package (`_global_`, say, or None), and the line of each value by its dotted path."""

    path: Path
    content: Mapping[str, Any]
    package: str | None
    lines: Mapping[str, int]


def relative_path(path: Path) -> str:
    """A path as the user would write it: relative to the working folder where it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read_yaml(path: Path) -> Document:
    """The file's content. Raises `ConfigError` naming the file, the line and what is wrong with it."""
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigError(f"{relative_path(path)} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{relative_path(path)} is not a regular file")
    if status.st_size > MOST_BYTES:
        raise ConfigError(
            f"{relative_path(path)} has {status.st_size:,} bytes; a configuration has at most {MOST_BYTES:,}"
        )
    return _parsed(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _parsed(path: Path, changed: int, size: int) -> Document:
    """The document; `changed` and `size` make sure that a file that was edited is read again."""
    text = text_of(path)
    try:
        check_events(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise ConfigError(f"{relative_path(path)} is empty; it takes lines such as 'seed: 7'")
        if not isinstance(root, yaml.MappingNode):
            raise ConfigError(f"{relative_path(path)}, line {root.start_mark.line + 1}: this is not 'key: value'")
        count_values(path, root, {}, set())
        lines = dict(walk(path, root, ""))
        content = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{relative_path(path)}{place}: this is not YAML: {error.problem or 'malformed'}") from None
    except (yaml.YAMLError, OmegaConfBaseException, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        reason = "it holds a number of over 4,300 digits" if "digits" in str(error) else str(error).splitlines()[0]
        raise ConfigError(f"{relative_path(path)} cannot be read: {reason}") from None
    header = next((match[1] for line in comments(text) if (match := HEADER.match(line))), None)
    return Document(path, content, header, lines)  # type: ignore[arg-type]


def text_of(path: Path) -> str:
    """The file as text: UTF-8, with or without a byte order mark."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{relative_path(path)} cannot be read: {error.strerror}") from None
    if (encoding := BYTE_ORDER_MARKS.get(content[:2])) is not None:
        raise ConfigError(f"{relative_path(path)} is in {encoding}; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{relative_path(path)}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; save it as UTF-8"
        ) from None


def comments(text: str) -> Iterator[str]:
    """The comment lines at the head of a file."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return
        yield line.strip()


def check_events(path: Path, text: str) -> None:
    """Refuse nesting that is too deep for whoever reads it next, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ConfigError(f"{relative_path(path)}: nested more than {DEEPEST} levels deep")


def count_values(path: Path, node: yaml.Node, known: dict[int, int], above: set[int]) -> int:
    """How many values a node stands for once aliases are written out; refuses cycles, and more than `MOST_VALUES`."""
    if id(node) in above:
        raise ConfigError(
            f"{relative_path(path)}, line {node.start_mark.line + 1}: an alias stands for what contains it"
        )
    if id(node) not in known:
        parts: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            parts = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            parts = node.value
        above.add(id(node))
        known[id(node)] = 1 + sum(count_values(path, part, known, above) for part in parts)
        above.remove(id(node))
    if known[id(node)] > MOST_VALUES:
        raise ConfigError(
            f"{relative_path(path)}: with its aliases written out it has more than {MOST_VALUES:,} values"
        )
    return known[id(node)]


def walk(path: Path, node: yaml.Node, prefix: str) -> Iterator[tuple[str, int]]:
    """The line of each key by its dotted path; refuses a key that appears twice."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{relative_path(path)}, line {key.start_mark.line + 1}: a key must be a word")
        name = f"{prefix}{key.value}"
        if name in seen:
            raise ConfigError(f"{relative_path(path)}, line {key.start_mark.line + 1}: '{name}' appears twice")
        seen.add(name)
        yield name, key.start_mark.line + 1
        yield from walk(path, value, f"{name}.")


def chosen(entry: Any) -> tuple[str, str]:
    """The group and the option of a choice in a list of defaults; empty for the name of a file."""
    if not isinstance(entry, dict):
        return "", ""
    ((group, name),) = entry.items()
    return re.sub(r"^((override|optional)\s+)*/?", "", group).partition("@")[0], str(name)
