"""What is laid out in a folder before a command: files, pipes, links, and finished studies with something wrong.

A step is a small value that prints as a line of a shell, or, where a study is altered, as a comment that says how.
Names may hold `{pilot}`, `{other}` and so on, which stand for the identities of the studies in `STUDIES`.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.config.to_study import compose
from experiments.errors import StudyError
from experiments.execution import sweep
from experiments.execution.place import Shard
from experiments.execution.sweep import Console
from experiments.storage import files, manifest, store
from experiments.storage.records import study_from

RESULTS = "results"
TINY = (
    "design.box=none",
    "design.factors.noise=[0,0.6]",
    "parameters.months=6",
    "arms=[structure_first,purpose_first]",
)
STUDIES: Mapping[str, tuple[str, ...]] = {
    "pilot": ("name=tiny", *TINY, "design.points=24", "design.replicates=2", "trajectory_points=20",
              "variants.calm={load_per_seat:0}", "variant_points=6"),
    "other": ("name=tiny", *TINY, "design.points=24", "seed=2"),
    "adaptive": ("name=tiny", *TINY, "design.points=4", "design.adaptive.precision=0.5", "design.adaptive.batch=2",
                 "design.adaptive.maximum=4", "failures=true", "limits.window=3"),
    "broken_off": ("name=tiny", *TINY, "design.points=130", "seed=3"),
    "cut": ("name=tiny", *TINY, "design.points=130", "seed=4"),
}  # fmt: skip
"""Studies that steps copy, with the words that make them: the last two unfinished, and in two shards."""

MARK = "a value that stands here until it is replaced"
ROWS_AT_MOST = 10**7


@dataclass(frozen=True)
class Step:
    """Something done to a path of the working folder; what `given` is depends on `act`, see `ACTS`."""

    act: str
    path: str
    given: Any = None

    def __str__(self) -> str:
        path = named(self.path)
        if self.act in LINES:
            return LINES[self.act](shlex.quote(path), self.given)
        return f"# {self.act} {path} {'' if self.given is None else self.given!r}".rstrip()

    def take(self, folder: Path) -> None:
        """Do it in the working folder; what earlier steps have made impossible is left out."""
        place = folder / named(self.path)
        with suppress(OSError, pa.ArrowException):
            place.parent.mkdir(parents=True, exist_ok=True)
            ACTS[self.act](place, self.given)


# -- studies ----------------------------------------------------------------------------------------------


@cache
def studies() -> tuple[Path, dict[str, str]]:
    """A folder of results that holds every study of `STUDIES`, made once in a process, and their identities."""
    results, names = Path(tempfile.mkdtemp(prefix="studies-")), {}
    for name, words in STUDIES.items():
        study = compose(words)
        names[name] = study.id
        folder = store.folder_of(study, results)
        shards = [Shard(number, 2) for number in (1, 2)] if name == "cut" else [None]
        for shard in shards:
            here = shard.folder(folder) if shard else folder
            if sweep.simulate(
                study, here, 1, Console(quiet=True), f"partnership sweep {shlex.join(words)}", shard=shard
            ):
                raise RuntimeError(f"the study {name} could not be made")
        if name == "broken_off":
            cut_short(folder)
    return results, names


def cut_short(folder: Path) -> None:
    """Make a finished study one that was interrupted: its last two parts and lines are missing."""
    lines = (folder / manifest.MANIFEST).read_bytes().splitlines(keepends=True)[:-1]
    for line in lines[-2:]:
        (folder / json.loads(line)["file"]).unlink()
    (folder / manifest.MANIFEST).write_bytes(b"".join(lines[:-2]))


def discard_studies() -> None:
    """Remove what `studies` made."""
    if studies.cache_info().currsize:
        shutil.rmtree(studies()[0])
        studies.cache_clear()


def named(text: str) -> str:
    """Text with the identities of studies in place of their names."""
    if "{" in text:
        for name, identity in studies()[1].items() if any(f"{{{name}}}" in text for name in STUDIES) else ():
            text = text.replace(f"{{{name}}}", identity)
    return text


# -- what steps do ----------------------------------------------------------------------------------------


def write(place: Path, content: str | bytes) -> None:
    if not place.is_file():
        remove(place, None)  # a pipe would wait for a reader
    place.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))


def repeat(place: Path, given: tuple[str, str, int, str]) -> None:
    """A long file: how it starts, what comes again and again, how often, and how it ends."""
    start, again, times, end = given
    write(place, start + again * times + end)


def copy_study(place: Path, _: None) -> None:
    """A study in the place that its path, results/tiny/<identity>, says."""
    shutil.copytree(studies()[0] / "tiny" / place.name, place)


def present(act: Callable[[Path, Any], None]) -> Callable[[Path, Any], None]:
    """A step that alters a file, and does nothing where an earlier one, or its being left out, took the file away."""

    def careful(place: Path, given: Any = None) -> None:
        if place.is_file():
            act(place, given)

    return careful


@present
def flip(place: Path, share: float) -> None:
    """Flip a bit, so far into the file."""
    content = bytearray(place.read_bytes())
    if content:
        content[min(len(content) - 1, int(share * len(content)))] ^= 4
    place.write_bytes(bytes(content))


@present
def truncate(place: Path, share: float) -> None:
    os.truncate(place, int(share * place.stat().st_size))


@present
def move(place: Path, name: str) -> None:
    """Move a file to another name beside it, which may climb."""
    target = place.parent / name
    target.parent.mkdir(parents=True, exist_ok=True)
    place.replace(target)


def remove(place: Path, _: None) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def link(place: Path, target: str) -> None:
    """A symbolic link, in place of whatever was there."""
    remove(place, None)
    place.symlink_to(target)


def pipe(place: Path, _: None) -> None:
    remove(place, None)
    os.mkfifo(place)


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of a manifest that can be read, without their checks."""
    path = folder / manifest.MANIFEST
    content = path.read_bytes() if path.is_file() else b""
    lines = [line for line in map(read_json, content.splitlines()) if isinstance(line, dict)]
    return [{name: value for name, value in line.items() if name != "check"} for line in lines]


def read_json(content: bytes) -> Any:
    """What JSON says, or None for what is no JSON any more."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def write_lines(folder: Path, lines: list[dict[str, Any]]) -> None:
    """A manifest of these lines, each with a check that holds, and with the right number of files."""
    count = sum("file" in line for line in lines)
    lines = [{**line, "finished": count} if line.get("finished") is not None else line for line in lines]
    (folder / manifest.MANIFEST).write_bytes(b"".join(map(manifest.as_line, lines)))


@present
def vouch(place: Path, _: None = None) -> None:
    """Let the manifest say of a file what the file is now."""
    folder = next((parent for parent in place.parents if (parent / manifest.MANIFEST).is_file()), None)
    if folder is None:
        return
    name = place.relative_to(folder).as_posix()
    entry = {"file": name, **files.entry(place.read_bytes())}
    lines = [line for line in read_lines(folder) if line.get("file") != name]
    write_lines(folder, [*lines[:1], entry, *lines[1:]])


@present
def add_line(place: Path, content: dict[str, Any]) -> None:
    """A line of the manifest, before the last, with a check that holds."""
    lines = read_lines(place.parent)
    write_lines(place.parent, [*lines[:-1], content, *lines[-1:]])


@present
def set_header(place: Path, content: dict[str, Any]) -> None:
    """Some values of the manifest's first line; None takes a value out."""
    first, *lines = read_lines(place.parent) or [{}]
    kept = {name: value for name, value in {**first, **content}.items() if value is not None}
    write_lines(place.parent, [kept, *lines])


@present
def set_record(place: Path, given: tuple[str, str | None]) -> None:
    """A value of a study's record of origin, as JSON text; None takes it out. The manifest vouches for all of it."""
    path, text = given
    record = inner = read_json(place.read_bytes())
    if not isinstance(record, dict):
        return
    *outer, last = path.split(".")
    for name in outer:
        if not isinstance(inner.get(name), dict):
            inner[name] = {}
        inner = inner[name]
    inner.pop(last, None)
    if text is not None:
        inner[last] = MARK
    write(place, json.dumps(record, indent=1, sort_keys=True).replace(json.dumps(MARK), text or ""))
    vouch(place)
    if path.startswith("study."):
        set_header(place.parent / manifest.MANIFEST, {"study": identity_of(place)})


def identity_of(place: Path) -> str | None:
    """The identity of the study that a record describes, or what was there where it describes none."""
    try:
        return study_from(read_json(place.read_bytes())["study"]).id
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, StudyError):
        return place.parent.name


@present
def replace_table(place: Path, kind: str) -> None:
    """Another table in the place of a part, which the manifest vouches for."""
    before = pq.read_table(place)
    tables = {
        "no rows": lambda: before.slice(0, 0),
        "twice the rows": lambda: pa.concat_tables([before, before]),
        "other columns": lambda: pa.table({"a": [1, 2], "b": ["x", "y"]}),
        "no columns": lambda: pa.table({}),
        "text for numbers": lambda: before.cast(
            pa.schema([pa.field(f.name, pa.string()) if pa.types.is_floating(f.type) else f for f in before.schema])
        ),
        "nulls": lambda: pa.table({f.name: pa.nulls(len(before), f.type) for f in before.schema}),
        "nested": lambda: before.set_column(0, before.column_names[0], pa.array([[[1]]] * len(before))),
        "many rows": lambda: pa.table({"point": pa.repeat(0, ROWS_AT_MOST)}),
    }
    pq.write_table(tables[kind](), place, write_page_checksum=True)
    vouch(place)


TABLES = (
    "no rows",
    "twice the rows",
    "other columns",
    "no columns",
    "text for numbers",
    "nulls",
    "nested",
    "many rows",
)

ACTS: Mapping[str, Callable[[Path, Any], None]] = {
    "write": write, "repeat": repeat, "link": link, "pipe": pipe, "remove": remove, "study": copy_study,
    "folder": lambda place, _: place.mkdir(parents=True, exist_ok=True),
    "flip": flip, "truncate": truncate, "move": move, "vouch": vouch, "line": add_line, "header": set_header,
    "record": set_record, "table": replace_table,
}  # fmt: skip


# -- how they print ---------------------------------------------------------------------------------------


def printf(path: str, content: str | bytes) -> str:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    plain = "".join(chr(byte) if 32 <= byte < 127 and byte not in b"\\%'" else escaped(byte) for byte in data)
    return f"printf '{plain}' > {path}"


def escaped(byte: int) -> str:
    return {10: "\\n", 37: "%%", 92: "\\\\"}.get(byte, f"\\{byte:03o}")


def repeated(path: str, given: tuple[str, str, int, str]) -> str:
    code = f"a, b, n, c = {given!r}; open({path!r}, 'w').write(a + b * n + c)"
    return f"python -c {shlex.quote(code)}"


LINES: Mapping[str, Callable[[str, Any], str]] = {
    "write": printf,
    "repeat": repeated,
    "link": lambda path, target: f"ln -sfn {shlex.quote(target)} {path}",
    "pipe": lambda path, _: f"mkfifo {path}",
    "folder": lambda path, _: f"mkdir -p {path}",
    "remove": lambda path, _: f"rm -rf {path}",
}
"""How steps are printed that a shell can take; the others are printed as comments."""
