"""The report of a study as one HTML file that needs nothing else: no outside address, no script, figures inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from experiments import wording
from experiments.analysis.headline import Findings
from experiments.report.methods import ANALYSES, limits
from experiments.report.picture import Picture, Table
from experiments.report.rendering import rendered
from experiments.report.verdict import Verdict
from experiments.storage.identity import OTHER, differences, identity, identity_from
from experiments.study.definition import Design, Study
from sim import params
from sim.outcomes import OUTCOMES

SETUPS = {
    "structure_first": "setup goes to structure in its first half and to purpose in its second",
    "purpose_first": "setup goes to purpose in its first half and to structure in its second",
    "balanced": "half of setup goes to structure and half to purpose, throughout",
    "responsive": "setup goes to whichever of structure and purpose lags, month by month",
    "structure_only": "all setup and upkeep goes to structure",
    "purpose_only": "all setup and upkeep goes to purpose",
    "neither": "partners meet and work together, but spend nothing on setup",
    "alone": "no partnership: every partner pursues its own agenda",
}

STRUCTURE = (
    "what a partnership builds: boards, agreements, named owners. It outlasts people and is lost when organisations "
    "are reorganised"
)
PURPOSE = (
    "what partners' people understand of the shared aims and follow. It outlasts reorganisations and is lost when "
    "people leave"
)
WORLD = (
    "one locality: its partners, their priorities, how committed, trusting and accountable they are, and the "
    "chance events they meet"
)

HEADINGS = {
    "compared": "What was compared",
    "figures": "Figures",
    "deeper": "Looking deeper",
    "method": "Method",
    "limits": "Limits",
    "box": "The box of worlds",
    "provenance": "How to repeat it",
}

SOURCES = (
    "HImP: Elston and Fulop 2002, 50 Health Improvement Programmes. HWB: Perkins and others 2020, health and "
    "wellbeing partnerships in five localities. NHSPlan: Miles, NHS Confederation, on the NHS Plan. KingsFund: "
    "Boyce and Hunter, improving partnership working. PCG: Glendinning and others 2001, Primary Care Groups. Other "
    "sources are named by their authors."
)

IDLE_UNLESS_SET = (*params.COMPOSITION, *(name for name in params.NAMES if name.startswith("schedule_")))
"""Rows that would fill a table and say nothing."""

EVENLY = ("latin_hypercube", "random", "sobol")
SAMPLERS = {
    "latin_hypercube": "drawn from the box below as a Latin hypercube",
    "random": "drawn from the box below independently of one another",
    "sobol": "drawn from the box below as a scrambled Sobol sequence",
    "saltelli": "drawn from the box below as Saltelli's design, for Sobol indices",
    "morris": "drawn from the box below as Morris's trajectories, for elementary effects",
    "grid": "placed at every combination of the levels below",
    "one_at_a_time": "placed at the study's own values and at every level of one factor at a time",
    "list": "taken from a list",
    "bootstrap": "drawn from a list of worlds, with replacement",
}


def study_page(
    findings: Findings,
    verdict: Verdict,
    pictures: Sequence[Picture],
    images: Mapping[str, bytes],
    deeper: Sequence[Picture] = (),
    skipped: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The whole report; `images` holds each picture's SVG by name.

    `deeper` are the pictures for those who want to know more, `skipped` the analyses this study does not allow, each
    with the reason.
    """
    study = findings.study
    return rendered(
        "report/templates/study.html.j2",
        findings=findings,
        verdict=verdict,
        pictures=pictures,
        images=images,
        deeper=deeper,
        headings=HEADINGS,
        about=about(study),
        terms=terms(findings),
        method=method(findings, [picture.name for picture in deeper]),
        limits=limits(study.design, skipped),
        varied=varied_table(findings),
        choices=choices_table(study.design),
        fixed=fixed_table(findings),
        sources=SOURCES,
        provenance=findings.provenance,
        differences=difference_from_this_model(findings),
        versions=Table("Versions", ("software", "version"), tuple(sorted(findings.provenance["versions"].items()))),
    )


def about(study: Study) -> str:
    """The partnerships a scenario stands for, with the sources its file names; nothing for the default world."""
    scenario = study.scenario
    if scenario is None:
        return ""
    return (
        f"The scenario is {wording.plain(scenario.name)}. {scenario.about} Sources: {', '.join(scenario.sources)}. "
        "What its file does not attribute to a source is an assumption."
    )


def terms(findings: Findings) -> dict[str, str]:
    """The terms a reader needs, arms included, each with its meaning."""
    contrast = findings.contrast
    meaning = {row.name: row.meaning for row in OUTCOMES}[contrast.outcome]
    return {
        "structure": STRUCTURE,
        "purpose": PURPOSE,
        "world": WORLD,
        wording.outcome(contrast.outcome): f"what the comparison is about: {meaning}. On this scale 1 is what all "
        "partners could achieve if all their effort, well coordinated, went to what is needed",
        "no practical difference": f"a difference of at most {contrast.region:g} on that scale",
        **{wording.plain(arm): SETUPS.get(arm, "an arm of this study") for arm in findings.study.arms},
    }


def method(findings: Findings, deeper: Iterable[str] = ()) -> list[str]:
    """How the study was made, in the order it was made."""
    study, contrast = findings.study, findings.contrast
    a, b = wording.plain(contrast.a), wording.plain(contrast.b)
    variants = (
        f" The first {study.variant_points:,} worlds were run again with each mechanism changed."
        if findings.variants
        else ""
    )
    months = study.parameters["months"]
    how = SAMPLERS[study.design.sampler]
    some = f"the first {len(findings.design):,} of " if len(findings.design) < study.design.points else ""
    return [
        f"{study.design.points:,} worlds were {how}, and each was run for {months:g} months "
        f"under {len(study.arms)} arms.{variants}",
        *replicates(study.design),
        "Every arm with a setup spends the same share of its effort on it over the same months; only where it goes "
        "differs. In the same world all arms meet the same partners and the same shocks, so a difference comes from "
        "the arm and not from chance.",
        f"{a.capitalize()} wins a world where its {wording.outcome(contrast.outcome)} is more than {contrast.region:g} "
        f"above that of {b}. Shares have Wilson intervals, means t intervals (where there are few worlds, at least as "
        "wide as the bootstrap's), medians intervals between order statistics; all at 95%.",
        "What sets winning worlds apart is measured by the area under the ROC curve of each parameter, less one "
        "half, with DeLong's intervals corrected for the number of parameters (Bonferroni). Conditions were sought "
        f"on one random half of {some}the worlds (all pairs of thresholds at deciles, Kloesgen's measure) and counted "
        "on the other half.",
        *(ANALYSES[name] for name in deeper if name in ANALYSES),
    ]


def choices_table(design: Design) -> Table:
    """What varies by name, and what each name sets."""
    rows = [
        (
            wording.plain(name),
            choice,
            ", ".join(f"{wording.plain(parameter)} {wording.amount(x)}" for parameter, x in values.items()) or "-",
        )
        for name, named in sorted(design.choices.items())
        for choice, values in sorted(named.items())
    ]
    return Table("Sets of parameters that vary by name", ("what varies", "name", "sets"), tuple(rows))


def replicates(design: Design) -> list[str]:
    """How often each world was repeated with other random draws, if it was."""
    draws = "the same in all worlds" if design.shared_worlds else "different in each world"
    alike = (
        f"Replicates share their parameters and differ in their random draws, which are {draws}; a world's outcome is "
        "the mean of its replicates."
    )
    if design.adaptive:
        rule = design.adaptive
        return [
            f"Each world was repeated, {rule.batch} times between looks, until the mean difference of the two arms "
            f"was known to within {rule.precision:g} or to lie inside the region of practical equivalence, at "
            f"{100 * rule.level:g}% confidence for all looks together (a confidence sequence), or {rule.maximum:,} "
            f"times. {alike}"
        ]
    return [f"Each world was repeated {design.replicates} times. {alike}"] if design.replicates > 1 else []


def varied_table(findings: Findings) -> Table:
    """Every factor with its range: what the shares of worlds are shares of."""
    design = findings.study.design
    rows = tuple(
        (wording.plain(row.name), *map(wording.amount, design.factors[row.name]), row.unit, row.meaning, row.source)
        for row in params.PARAMETERS
        if row.name in design.factors
    )
    caption = (
        "Drawn evenly and independently between" if design.sampler in EVENLY else "From the lowest to the highest value"
    )
    return Table(caption, ("parameter", "lowest", "highest", "unit", "meaning", "source"), rows)


def fixed_table(findings: Findings) -> Table:
    """Every parameter that no factor varies, with its value; of sectors, needs and schedules those that are set."""
    study = findings.study
    rows = tuple(
        (wording.plain(row.name), wording.amount(study.parameters[row.name]), row.unit, row.meaning, row.source)
        for row in params.PARAMETERS
        if row.name not in study.design.factors
        and (row.name not in IDLE_UNLESS_SET or study.parameters[row.name] != row.default)
    )
    caption = "Held fixed (an arm or a removed mechanism may set its own)"
    return Table(caption, ("parameter", "value", "unit", "meaning", "source"), rows)


def difference_from_this_model(findings: Findings) -> str:
    """How the model that made the study differs from the one that reports it; empty where it does not."""
    named = differences(identity_from(findings.provenance, "provenance"), identity(findings.study))
    return f"{OTHER}, which wrote this report: {named}" if named else ""
