"""The job of the command line that judges claims: `partnership claims`, `partnership claims claim=NAME`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from experiments.claims.claim import IDENTITY, Claim, Judging, claim_in
from experiments.config import folders, yaml_files
from experiments.config.composition import Composition, Prepared, composed
from experiments.config.given import Given
from experiments.config.to_study import results_in
from experiments.errors import ConfigError
from experiments.execution.place import place_of
from experiments.storage.provenance import HOW_AND_WHERE

FOLDER = "claims"
"""Where the ledger lies, under the folder of results."""


def claims(asked: Composition, command: Sequence[str]) -> Prepared:
    """Judge the claim that is chosen, or all there are, and write the ledger; 1 where some runs could not be made."""
    chosen = asked.given.choices.get("claim")
    there = outlines(asked.given.folders)
    words = words_of(command)
    own = asked.given.folders[1] if len(asked.given.folders) > 1 else None
    read = every(words, [chosen] if chosen in there else list(there), own)
    place, folder = place_of(asked.plain), results_in(asked.plain) / FOLDER
    commands = {name: command_of(name, command) for name in read}
    tests = sum(outline.tests for outline in there.values())
    from experiments.claims import ledger
    from experiments.claims.question import study_of

    studies = {name: study_of(plain, claim, given) for name, (plain, claim, _, given) in read.items()}
    return partial(ledger.judge_claims, read, studies, commands, tests, folder, place, anew=asked.plain["anew"])


def rewritten(words: Sequence[str]) -> list[str]:
    """The words of a command, where `points=N` stands for `design.points=N`."""
    return [f"design.{word}" if word.startswith("points=") else word for word in words]


def words_of(command: Sequence[str]) -> list[str]:
    """The words of a command that set values, without the claim that it chooses."""
    return [word for word in command[2:] if "=" in word and not word.startswith("claim=")]


class Outline(NamedTuple):
    """What must be known of every claim to judge any of them: its key, and how many of its tests are judged."""

    key: str
    tests: int


def outlines(there: tuple[Path, ...]) -> dict[str, Outline]:
    """Every claim there is a file of, by name, in these folders. Intervals are corrected for all their tests."""
    outlined: dict[str, Outline] = {}
    for name in folders.options_of(there, "claim"):
        content = yaml_files.read_yaml(folders.option(there, "claim", name)).content
        written = content.get("claim")
        if not isinstance(written, dict) or "key" not in written or not isinstance(written.get("tests"), list):
            raise ConfigError(f"claim={name}: a claim has a part 'claim', with 'key', 'statement', 'settings', 'tests'")
        same = [other for other, outline in outlined.items() if outline.key == str(written["key"])]
        if same:
            raise ConfigError(f"claim={name}: the key {written['key']} is also that of {same[0]}")
        judged = written.get("kind") != IDENTITY
        outlined[name] = Outline(str(written["key"]), len(written["tests"]) if judged else 0)
    return outlined


Read = tuple[Mapping[str, Any], Claim, Judging, Given]
"""A claim with its configuration, how it is judged, and what was given."""


def every(words: Sequence[str], names: Sequence[str], own: Path | None = None) -> dict[str, Read]:
    """Some claims by name, composed with some words of the command line, and checked."""
    claims_read: dict[str, Read] = {}
    for name in names:
        asked = composed([f"claim={name}", *words], own)
        claims_read[name] = (asked.plain, *claim_in(asked.plain, name), asked.given)
    return claims_read


def loaded(words: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Read]:
    """The named claims of the repository, or all of them, outside the command line."""
    return every(words, list(names or outlines((folders.configs(),))))


def command_of(name: str, words: Sequence[str]) -> str:
    """The command that judges one claim again, without the words that say how and where it ran."""
    skipped = ("claim", *HOW_AND_WHERE)
    others = [word for word in words[2:] if word.split("=")[0] not in skipped]
    return shlex.join(["partnership", "claims", f"claim={name}", *others])
