"""The job of the command line that judges claims: `partnership claims`, `partnership claims claim=NAME`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

from experiments.claims.claim import Claim, Judging, claim_in
from experiments.config import place_of
from experiments.provenance import HOW_AND_WHERE
from experiments.schema import ConfigError, hydra_started, resolved

FOLDER = "claims"
"""Where the ledger lies, under the folder of results."""


def claims(cfg: DictConfig, words: list[str]) -> int:
    """Judge the claim that is chosen, or all there are, and write the ledger; 1 where some runs could not be made."""
    from hydra.core.hydra_config import HydraConfig

    if cfg.shard is not None:
        raise ConfigError(f"shard={cfg.shard}: claims are not cut into shards; choose some with claim=NAME")
    chosen = HydraConfig.get().runtime.choices.get("claim")
    overrides = [word for word in HydraConfig.get().overrides.task if not word.startswith("claim=")]
    there = outlines()
    found = every(overrides, [chosen] if chosen in there else list(there))
    place = place_of(cfg)
    from experiments.claims import ledger

    commands = {name: command_of(name, words) for name in found}
    tests = sum(one.tests for one in there.values())
    return ledger.run(found, commands, tests, Path(cfg.results) / FOLDER, place, anew=cfg.anew)


class Outline(NamedTuple):
    """What must be known of every claim to judge any of them: its key, and how many tests it has."""

    key: str
    tests: int


def outlines() -> dict[str, Outline]:
    """Every claim there is a file of, by name, wherever Hydra looks. Intervals are corrected for all their tests."""
    from hydra.core.global_hydra import GlobalHydra

    loader = GlobalHydra.instance().config_loader()
    found: dict[str, Outline] = {}
    for name in sorted(loader.get_group_options("claim")):
        loaded = loader.repository.load_config(f"claim/{name}")  # type: ignore[attr-defined]
        content = OmegaConf.to_container(loaded.config)
        told = content.get("claim") if isinstance(content, dict) else None
        if not isinstance(told, dict) or "key" not in told or not isinstance(told.get("tests"), list):
            raise ConfigError(f"claim={name}: a claim has a part 'claim', with 'key', 'statement', 'settings', 'tests'")
        same = [other for other, one in found.items() if one.key == str(told["key"])]
        if same:
            raise ConfigError(f"claim={name}: the key {told['key']} is also that of {same[0]}")
        found[name] = Outline(str(told["key"]), len(told["tests"]))
    return found


Read = tuple[Mapping[str, Any], Claim, Judging]
"""A claim with its resolved configuration, and how it is judged."""


def every(overrides: Sequence[str], names: Sequence[str]) -> dict[str, Read]:
    """Some claims by name, composed with some words of the command line, and checked. Hydra must be running."""
    from hydra import compose

    found: dict[str, Read] = {}
    for name in names:
        plain = resolved(compose("config", [f"claim={name}", *overrides]))
        found[name] = (plain, *claim_in(plain, name))
    return found


def loaded(overrides: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Read]:
    """The named claims of the repository, or all of them, outside the command line."""
    with hydra_started():
        return every(overrides, list(names or outlines()))


def command_of(name: str, words: Sequence[str]) -> str:
    """The command that judges one claim again, without the words that say how and where it ran."""
    skipped = ("claim", *HOW_AND_WHERE)
    others = [word for word in words[2:] if word.split("=")[0] not in skipped]
    return shlex.join(["partnership", "claims", f"claim={name}", *others])
