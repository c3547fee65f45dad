"""Make the page: engine, data, script and style become `partnership.html`, one file that ships with the package.

    python -m experiments.page.build            make it; engine and data anew only if what they come from has changed
    python -m experiments.page.build --anew     make all of it anew (about a minute)

The page carries a hash of all that its engine and data were made from. Script and style stand in it as they are. So a
test can tell whether it is out of date.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.page import bundle

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
SOURCE, PAGE = HERE / "src", HERE / "partnership.html"

MADE_FROM = (
    "sim/*.py",
    "configs/config.yaml",
    "configs/scenario/*.yaml",
    "configs/setup/*.yaml",
    "configs/failure/*.yaml",
    "docs/evidence.md",
    "results/headline/summary.json",
    "experiments/failures/accounts.py",
    "experiments/failures/demonstration.py",
    "experiments/failures/performance.py",
    "experiments/page/data.py",
    "experiments/page/entries.py",
    "experiments/page/sample.py",
    "experiments/page/wasm.py",
)
"""The files that decide what the page's engine and data are."""


def sources() -> Iterator[Path]:
    """Every file that the page is made from."""
    for pattern in MADE_FROM:
        yield from sorted(REPOSITORY.glob(pattern))


def digest() -> str:
    """A hash of everything that engine and data are made from: names and contents."""
    hashed = hashlib.blake2b(digest_size=16)
    for path in sources():
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(REPOSITORY).as_posix()} {len(content)}\n".encode() + content)
    return hashed.hexdigest()


def held(page: str, name: str) -> str:
    """The text of one of the page's blocks."""
    inside = re.search(rf'<script type="[\w/-]+" id="{name}">(.*?)</script>', page, re.DOTALL)
    if inside is None:
        raise ValueError(f"the page holds no block '{name}'")
    return inside[1]


def data_of(page: str) -> dict[str, Any]:
    """The data that a page holds."""
    return dict(json.loads(held(page, "data")))


def engine_of(page: str) -> bytes:
    """The engine that a page holds."""
    return base64.b64decode(held(page, "wasm"))


def parts(anew: bool) -> tuple[dict[str, Any], bytes]:
    """Data and engine: those of the page that is there, if they are made from the same, else new ones."""
    now = digest()
    if PAGE.is_file() and not anew:
        page = PAGE.read_text(encoding="utf-8")
        if data_of(page)["made_from"] == now:
            return data_of(page), engine_of(page)
    from experiments.page import data, wasm

    return {"made_from": now, **data.page_data()}, wasm.engine()


def main(words: list[str]) -> None:
    """Build the page, or with `--check` only say whether it is current."""
    page = bundle.assemble(SOURCE, *parts(anew="--anew" in words))
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    print(f"{PAGE.relative_to(REPOSITORY).as_posix()}: {len(page.encode()) / 1000:,.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
