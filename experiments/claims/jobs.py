"""The job of the command line that judges claims: `partnership claims`, `partnership claims claim=NAME`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from experiments.claims.claim import Claim, Judging, claim_from
from experiments.config import ConfigError, place_of
from experiments.provenance import HOW_AND_WHERE

FOLDER = "claims"
"""Where the ledger lies, under the folder of results."""


def claims(cfg: DictConfig, words: list[str]) -> int:
    """Judge the claim that is chosen, or all there are, and write the ledger; 1 where some runs could not be made."""
    from hydra.core.hydra_config import HydraConfig

    chosen = HydraConfig.get().runtime.choices.get("claim")
    overrides = [word for word in HydraConfig.get().overrides.task if not word.startswith("claim=")]
    found = every(overrides)
    place = place_of(cfg)
    from experiments.claims import ledger

    asked = {chosen: found[chosen]} if chosen in found else found
    commands = {name: command_of(name, words) for name in asked}
    tests = sum(len(claim.tests) for _, claim, _ in found.values())
    return ledger.run(asked, commands, tests, Path(cfg.results) / FOLDER, place)


Read = tuple[DictConfig, Claim, Judging]


def every(overrides: Sequence[str] = ()) -> dict[str, Read]:
    """Every claim there is a file of, by name: composed with some words of the command line, and checked.

    Hydra must be running, so that it knows where to look. One claim that cannot be read is a `ConfigError` for all:
    intervals are corrected for their number.
    """
    from hydra import compose
    from hydra.core.global_hydra import GlobalHydra

    names = GlobalHydra.instance().config_loader().get_group_options("claim")
    found = {}
    for name in sorted(names):
        cfg = compose("config", [f"claim={name}", *overrides])
        claim, judging = claim_from(cfg, name)
        found[name] = (cfg, claim, judging)
    keys = [claim.key for _, claim, _ in found.values()]
    for name, (_, claim, _) in found.items():
        if keys.count(claim.key) > 1:
            others = [other for other, (_, one, _) in found.items() if one.key == claim.key and other != name]
            raise ConfigError(f"claim={name}: the key {claim.key} is also that of {', '.join(others)}")
    return found


def loaded(overrides: Sequence[str] = ()) -> dict[str, Read]:
    """Every claim of the repository, as `every` gives it, outside the command line."""
    from hydra import initialize_config_dir

    from experiments.config import configs, register

    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(configs())):
        return every(overrides)


def command_of(name: str, words: Sequence[str]) -> str:
    """The command that judges one claim again, without the words that say how and where it ran."""
    skipped = ("claim", *HOW_AND_WHERE)
    others = [word for word in words[2:] if word.split("=")[0] not in skipped]
    return shlex.join(["partnership", "claims", f"claim={name}", *others])


def plain(cfg: DictConfig) -> dict[str, object]:
    return dict(OmegaConf.to_container(cfg, resolve=True))  # type: ignore[arg-type]
