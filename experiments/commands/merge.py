"""`partnership merge`: put the shards of a study together, and report it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.storage.shards import merge_shards, shards_of


def merge(given: Mapping[str, str]) -> int:
    """Merge `FOLDER-shard-k-of-n` into FOLDER and report it; returns 0, or 1 if parts are missing (and named)."""
    folder = Path(given["study"])
    shards = shards_of(folder)
    if missing := merge_shards(folder, shards):
        print_missing(folder, shards, missing)
        return 1
    print(f"Merged {len(shards)} shards into {folder}")
    from experiments.report.rebuild import rebuild  # draws figures

    return rebuild(folder)


def print_missing(folder: Path, shards: Sequence[Path], missing: Sequence[str]) -> None:
    """Say which parts are missing, and which shards have not been run at all."""
    print(f"{len(missing)} parts are missing: {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}")
    numbers = [shard for path in shards if (shard := re.search(r"-shard-(\d+)-of-(\d+)$", path.name))]
    of = {number[2] for number in numbers}
    if len(of) == 1:
        there = {int(number[1]) for number in numbers}
        absent = [f"{k}/{count}" for count in map(int, of) for k in range(1, count + 1) if k not in there]
        if absent:
            print(f"Not run yet: shard={', shard='.join(absent)}")
    print(f"Run them, or the study's command without shard=, which makes what is missing in {folder}")
