"""Parameters that a study varies in vain, because something else decides them in every run.

A factor is overridden by a choice, a choice by the arm, and the number of partners by their sectors. A study that
varies what is overridden everywhere would report that it does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from experiments.study.definition import Study
from sim.params import BY_NAME, COUNTS, NEEDS, OF_TWO_SECTORS, SETUPS, UNTIL

EMPHASES = ("early_emphasis", "late_emphasis", "upkeep_emphasis")
SCHEDULE = tuple(name for until in UNTIL for name in (until, until.replace("until", "emphasis")))
PLANNED = (*EMPHASES, "gate", "responsiveness", *SCHEDULE)
"""Everything that may decide where setup goes."""
OF_SETUP = (*PLANNED, "setup_share", "setup_months", "upkeep_share")

WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"neither": (*PLANNED, "setup_months"), "alone": OF_SETUP, "responsive": PLANNED}
)
"""What an arm does not set, and what does nothing under it all the same: where nothing is spent on a setup, it does not
matter on what, nor for how long; where there is no partnership, it has no setup."""


def idle(study: Study) -> dict[str, str]:
    """Why each parameter cannot act that the study gives as a factor or in a choice, and that no run depends on.

    Empty for a study all of whose factors and choices can act.
    """
    given = {*study.design.factors, *(name for values in options(study) for name in values)}
    idling = {}
    for name in sorted(given & set(BY_NAME)):
        reason = by_a_choice(study, name) or by_the_arms(study.arms, name) or by_sectors(study, name)
        if reason:
            idling[name] = reason
    return idling


def options(study: Study) -> Iterable[Mapping[str, float]]:
    """The parameters of every option of every choice."""
    return (values for named in study.design.choices.values() for values in named.values())


def by_a_choice(study: Study, name: str) -> str:
    """Why a parameter cannot act where it is given first: all options of a later choice set it. Empty if none does."""
    choices = sorted(study.design.choices.items())
    decisive = [place for place, (_, named) in enumerate(choices) if all(name in values for values in named.values())]
    if not decisive:
        return ""
    before = [values for _, named in choices[: decisive[-1]] for values in named.values()]
    vain = name in study.design.factors or any(name in values for values in before)
    return f"every option of {choices[decisive[-1]][0]} sets it" if vain else ""


def by_the_arms(arms: Sequence[str], name: str) -> str:
    """Why a parameter cannot act: each arm sets it, or is such that it does nothing. An empty text where it can."""
    sets = [arm for arm in arms if name in SETUPS[arm]]
    without = [arm for arm in arms if arm not in sets and name in WITHOUT_EFFECT.get(arm, ())]
    if len(sets) + len(without) < len(arms):
        return ""
    reasons = [f"{', '.join(sets)} {_verb(sets, 'set')} it"] if sets else []
    reasons += [f"it has no effect under {' and '.join(without)}"] if without else []
    return "no arm leaves it open: " + ", and ".join(reasons)


def _verb(subjects: list[str], verb: str) -> str:
    return verb if len(subjects) > 1 else f"{verb}s"


def by_sectors(study: Study, name: str) -> str:
    """Why what describes a world of two sectors cannot act: every world is composed of sectors of its own."""
    if name not in OF_TWO_SECTORS or not always_composed(study):
        return ""
    return "the sectors count the partners" if name == "n_partners" else "the sectors decide it"


def always_composed(study: Study) -> bool:
    """Whether the sectors of every world count some partners."""
    design = study.design
    kept = [count for count in COUNTS if all(values.get(count, 1.0) > 0.0 for values in options(study))]
    least = {count: design.factors.get(count, (study.parameters[count],))[0] for count in kept}
    chosen = [list(named.values()) for named in design.choices.values()]
    return any(low > 0.0 for low in least.values()) or any(
        all(any(count in values for count in kept) for values in named) for named in chosen
    )


# -- mechanisms that are off ------------------------------------------------------------------------------

SWITCHED_BY = {
    "umbrella_fidelity": "umbrella",
    "review_floor": "review_month",
    "relaunch_keeps": "cycle_months",
    "relaunch_alignment": "cycle_months",
    "relaunch_fatigue": "cycle_months",
    "learning_prob": "cycle_months",
    "outside_months": "outside_share",
    "outside_emphasis": "outside_share",
    "exit_level": "exit_prob",
    "return_prob": "exit_prob",
    "displacement": "own_work_effect",
    "distraction_months": "distraction",
    "equity_use": "inverse_care",
    "worse_off_share": "inverse_care",
    **{until: before for before, until in pairwise(UNTIL)},
    **{until.replace("until", "emphasis"): until for until in UNTIL},
}
"""Parameters of a mechanism that is off unless another parameter is above 0."""
EVENTS = ("review_month", "reorganisation_month")
"""Months in which something happens, if the run is as long."""


def dormant(name: str, values: Mapping[str, float], varied: frozenset[str] = frozenset()) -> str | None:
    """Why a parameter cannot act where the others have these values, and `varied` vary; None if it can."""
    sectors = any(values[count] for count in COUNTS) or bool(varied & set(COUNTS))
    if name in OF_TWO_SECTORS and sectors:
        return "the sectors of the scenario decide it; vary or set their counts"
    if name in SWITCHED_BY:
        switch = SWITCHED_BY[name]
        if not values[switch] and switch not in varied:
            return f"it acts only where {switch} is above 0; set parameters.{switch} as well"
    if name.startswith("sector_") and not name.endswith("_count"):
        count = f"sector_{name.split('_')[1]}_count"
        if not values[count] and count not in varied:
            return f"it acts only where {count} is above 0; set parameters.{count} as well"
    if name in EVENTS and values[name] > values["months"] and not varied & {name, "months"}:
        return f"the run ends after {values['months']:g} months; set parameters.months as well"
    if name in NEEDS and int(name.removeprefix("need_")) > values["n_issues"]:
        return f"there are {values['n_issues']:g} issues; set parameters.n_issues as well"
    return None
