"""Where a study is run, in threads or by the workers of a Dask scheduler, and which part of it: its shard."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.config.schema import integer_in
from experiments.errors import ConfigError, among, brief

EXECUTORS = ("local", "dask")
ADDRESS = r"((tcp|tls|ws|wss|ucx)://)?(\[[0-9a-fA-F:]+\]|[^/:\s]+):\d{1,5}/?"
"""What the address of a Dask scheduler looks like."""


@dataclass(frozen=True)
class Place:
    """Where to work: in threads of this process (`local`), or through `dask` at an address (or here)."""

    kind: str = "local"
    workers: int | None = None
    address: str | None = None

    @property
    def count(self) -> int:
        """How many workers there are to be on this machine."""
        return self.workers or available_workers()


@dataclass(frozen=True)
class Shard:
    """One of `of` parts of a study that are run apart and merged later."""

    number: int
    of: int

    def folder(self, folder: Path) -> Path:
        """The folder of this shard, beside that of the study."""
        return folder.with_name(f"{folder.name}-shard-{self.number}-of-{self.of}")

    def has(self, position: int) -> bool:
        """Whether the task at a position belongs to this shard."""
        return position % self.of == self.number - 1


def available_workers() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def place_of(plain: Mapping[str, Any]) -> Place:
    """Where a study is to be run."""

    workers, executor = plain["workers"], plain["executor"]
    kind, address = among(executor["kind"], EXECUTORS, "executor.kind"), executor["address"]
    if workers is not None:
        integer_in(workers, 1, 10**4, "workers")
    if address is not None and kind != "dask":
        raise ConfigError(f"executor.address={brief(address)}: only executor=dask has an address")
    if address is not None and not re.fullmatch(ADDRESS, address):
        raise ConfigError(
            f"executor.address={brief(address)}: a scheduler's address is like tcp://host:8786, with its port"
        )
    return Place(kind, workers, address)


def shard_of(plain: Mapping[str, Any]) -> Shard | None:
    """Which part of a study is to be run, if it is cut for a batch system."""
    if plain["shard"] is None:
        return None
    number, _, of = plain["shard"].partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 100_000):
        raise ConfigError(
            f"shard={brief(plain['shard'])}: a shard is given as k/n, as in shard=1/3 for the first of three"
        )
    return Shard(int(number), int(of))
