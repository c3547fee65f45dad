"""A claim as a study: its settings become arms and variants, which meet the same worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from experiments.claims.claim import Claim
from experiments.config.given import Given
from experiments.config.schema import BOXES
from experiments.config.to_study import study_in
from experiments.errors import ConfigError
from experiments.study.definition import NO_VARIANT, Study
from sim.params import SETUPS, setup_values

if TYPE_CHECKING:
    import pandas as pd

OTHERS = ("balanced", "alone")
"""Arms that fill up the contrast of a study whose claim needs one arm only."""


def study_of(plain: Mapping[str, Any], claim: Claim, given: Given) -> tuple[Study, pd.DataFrame | None]:
    """The study that a claim needs, from its configuration, and the points of its design where they are listed.

    A parameter that every setting sets is no unknown, and leaves the box. The study's own contrast
    only says which two arms meet the variants: claims are judged by their tests.
    """
    changed = list(dict.fromkeys(setting.arm for setting in claim.settings if setting.parameters))
    if len(changed) > 2:
        raise ConfigError(
            f"claim={claim.name}: parameters are changed under {', '.join(changed)}; two arms at most can be changed"
        )
    every = list(dict.fromkeys([*changed, *(setting.arm for setting in claim.settings), *OTHERS]))
    pair = every[:2]
    design = plain["design"]
    asked = {
        **plain,
        "name": claim.name,
        "question": claim.statement,
        "arms": [arm for arm in SETUPS if arm in {*pair, *(setting.arm for setting in claim.settings)}],
        "contrast": {**plain["contrast"], "a": pair[0], "b": pair[1]},
        "design": {**design, "factors": design["factors"] | dict.fromkeys(settled(plain, claim, given))},
        "variants": {setting.name: dict(setting.parameters) for setting in claim.settings if setting.parameters},
        "variant_points": 0,
        "trajectory_points": 0,
    }
    study, listed = study_in(asked, given)
    return replace(study, variant_points=study.design.points if study.variants else 0), listed


def settled(plain: Mapping[str, Any], claim: Claim, given: Given) -> list[str]:
    """The parameters of the box that every setting of a claim sets."""
    design = plain["design"]
    fixed, left = given.parameters(), {name for name, span in design["factors"].items() if span is None}
    drawn = {*BOXES.get(design["box"], ()), *design["factors"]} - left - set(fixed)
    by_all = set.intersection(*({*setup_values(setting.arm), *setting.parameters} for setting in claim.settings))
    for name in sorted(name for name in by_all & set(fixed) if fixed[name].group != "scenario"):
        raise ConfigError(
            f"parameters.{name} would have no effect: every setting of claim={claim.name} sets it; choose another claim"
        )
    named = sorted(by_all & set(design["factors"]) & drawn)
    if named:
        raise ConfigError(
            f"claim={claim.name}: design.factors.{named[0]} would change nothing, since every setting sets {named[0]}"
        )
    return sorted(by_all & drawn)


def stored_as(claim: Claim, setting: str) -> tuple[str, str]:
    """The arm and the variant under which a setting's runs are stored."""
    found_setting = claim.setting(setting)
    return found_setting.arm, found_setting.name if found_setting.parameters else NO_VARIANT
