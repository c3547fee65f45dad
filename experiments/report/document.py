"""The report as one HTML file that needs nothing else: no outside address, no script, figures inside."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from types import MappingProxyType

from experiments import wording
from experiments.analysis.headline import Findings
from experiments.report.methods import ANALYSES, limits
from experiments.report.picture import Picture, Table
from experiments.report.verdict import Verdict
from experiments.storage.identity import OTHER, differences, identity, identity_from
from experiments.study.definition import Design, Study
from sim import params
from sim.outcomes import OUTCOMES

SETUPS = {
    "structure_first": "setup goes to structure in its first half and to purpose in its second",
    "purpose_first": "setup goes to purpose in its first half and to structure in its second",
    "balanced": "half of setup goes to structure and half to purpose, throughout",
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
    "one locality: its partners, their priorities, how committed, trusting and accountable they are, and the luck they "
    "meet"
)

SECTIONS = {
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


def page(
    findings: Findings,
    verdict: Verdict,
    pictures: Sequence[Picture],
    images: Mapping[str, bytes],
    deeper: Sequence[Picture] = (),
    untold: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The whole report; `images` holds each picture's SVG by name.

    `deeper` are the pictures for those who want to know more, `untold` is what this study cannot tell, and why.
    """
    study = findings.study
    sections = {
        "answer": answer(findings, verdict),
        "compared": compared(findings),
        "figures": "\n".join(figure(picture, images[picture.name]) for picture in pictures),
        "deeper": "\n".join(["<h2>Looking deeper</h2>", *(figure(one, images[one.name], 3) for one in deeper)]),
        "method": method(findings, [picture.name for picture in deeper]),
        "limits": f"<h2>Limits</h2>\n{bullets(limits(study.design, untold))}",
        "box": box(findings),
        "provenance": provenance(findings),
    }
    return shell(
        study.question,
        f"A simulation of {study.design.points:,} worlds, {findings.run_count:,} runs. Study {study.id}.",
        sections,
        f"Study {study.name} {study.id}, rebuilt from its stored tables.",
    )


def shell(title: str, subtitle: str, sections: Mapping[str, str], footer: str) -> str:
    """A page that needs nothing else, around sections by their id."""
    style = files("experiments.report").joinpath("style.css").read_text(encoding="utf-8")
    body = "\n".join(f'<section id="{name}">\n{content}\n</section>' for name, content in sections.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="quiet">{escape(subtitle)}</p>
</header>
<main>
{body}
</main>
<footer><p class="quiet">{escape(footer)}</p></footer>
</body>
</html>
"""


def answer(findings: Findings, verdict: Verdict) -> str:
    """The first screen: the answer in one line, a bar of 100 worlds, then what stands behind it."""
    result, contrast = findings.result, findings.contrast
    parts = (("b", f"{wording.plain(contrast.b)} better", result.losses),
             ("tie", "no practical difference", result.ties),
             ("a", f"{wording.plain(contrast.a)} better", result.wins))  # fmt: skip
    bar = "".join(
        f'<span class="{kind}" style="flex-grow:{count.count}"></span>' for kind, _, count in parts if count.count
    )
    key = "".join(
        f'<li><i class="{kind}"></i>{escape(name)}: {wording.percent(count.share.value)}</li>'
        for kind, name, count in parts
    )
    more = [("Where does each win?", verdict.where), ("Does one mechanism decide it?", verdict.mechanisms)]
    lists = "".join(f"<h3>{title}</h3>{bullets(sentences)}" for title, sentences in more if sentences)
    return f"""<div class="answer">
<h2>The answer</h2>
<p class="headline">{escape(verdict.headline)}</p>
<p>{escape(verdict.shares)} <a href="#box">The box of worlds</a></p>
<div class="bar" aria-hidden="true">{bar}</div>
<ul class="key">{key}</ul>
<h3>By how much, and how sure is that?</h3>
<p>{escape(verdict.size)}</p>
<p>{escape(verdict.certainty)}</p>
{lists}
{f"<p>{escape(verdict.worth)}</p>" if verdict.worth else ""}
</div>
<nav aria-label="On this page"><ul>{_links()}</ul></nav>"""


def _links() -> str:
    return "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in SECTIONS.items())


def compared(findings: Findings) -> str:
    """The terms a reader needs, and the arms."""
    contrast = findings.contrast
    meaning = {row.name: row.meaning for row in OUTCOMES}[contrast.outcome]
    terms = {
        "structure": STRUCTURE,
        "purpose": PURPOSE,
        "world": WORLD,
        wording.outcome(
            contrast.outcome
        ): f"what the comparison is about: {meaning}. On this scale 1 is what all partners could achieve if all they "
        "have went, well coordinated, to what is needed",
        "no practical difference": f"a difference of at most {contrast.region:g} on that scale",
        **{wording.plain(arm): SETUPS.get(arm, "an arm of this study") for arm in findings.study.arms},
    }
    entries = "".join(
        f"<dt>{escape(term.capitalize())}</dt><dd>{escape(text[0].upper() + text[1:])}.</dd>"
        for term, text in terms.items()
    )
    return f"<h2>What was compared</h2>\n{about(findings.study)}<dl>{entries}</dl>"


def about(study: Study) -> str:
    """The partnerships a scenario stands for, with the sources its file names; nothing for the default world."""
    scenario = study.scenario
    if scenario is None:
        return ""
    named = ", ".join(scenario.sources)
    return (
        f"<p>The scenario is {escape(wording.plain(scenario.name))}. {escape(scenario.about)} Sources: "
        f"{escape(named)}. "
        "What its file does not ascribe to a source is an assumption.</p>\n"
    )


def figure(picture: Picture, image: bytes, level: int = 2) -> str:
    """A picture with its description, caption, and the numbers behind it, under a heading of some level."""
    source = base64.b64encode(image).decode()
    tables = "\n".join(table(one) for one in picture.tables)
    return f"""<h{level} id="{picture.name}">{escape(picture.title)}</h{level}>
<figure>
<img src="data:image/svg+xml;base64,{source}" alt="{escape(picture.alt)}">
<figcaption>{escape(picture.caption)}</figcaption>
</figure>
<details><summary>The numbers behind this figure</summary>
{tables}
</details>"""


def table(content: Table) -> str:
    """A table that scrolls by itself where it is wider than the page."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in content.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in content.rows
    )
    return f"""<div class="scroll" role="region" tabindex="0" aria-label="{escape(content.caption)}"><table>
<caption>{escape(content.caption)}</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody></table></div>"""


def method(findings: Findings, deeper: Iterable[str] = ()) -> str:
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
    steps = (
        f"{study.design.points:,} worlds were {how}, and each was run for {months:g} months "
        f"under {len(study.arms)} arms.{variants}",
        *replicates(study.design),
        "Every arm with a setup spends the same share of its effort on it over the same months; only where it goes "
        "differs. In the same world all arms meet the same partners and the same shocks, so a difference comes from "
        "the arm and not from luck.",
        f"{a.capitalize()} wins a world where its {wording.outcome(contrast.outcome)} is more than {contrast.region:g} "
        f"above that of {b}. Shares have Wilson intervals, means t intervals (where there are few worlds, at least as "
        "wide as the bootstrap's), medians intervals between order statistics; all at 95%.",
        "What sets winning worlds apart is measured by the area under the ROC curve of each parameter, less one "
        "half, with DeLong's intervals corrected for the number of parameters (Bonferroni). Conditions were sought "
        f"on one random half of {some}the worlds (all pairs of thresholds at deciles, Kloesgen's measure) and counted "
        "on the other half.",
        *(ANALYSES[name] for name in deeper if name in ANALYSES),
    )
    return f"<h2>Method</h2>\n{bullets(steps)}"


def choices_table(design: Design) -> Table:
    """What varies by name, and what each name sets."""
    rows = [
        (
            wording.plain(name),
            choice,
            ", ".join(f"{wording.plain(one)} {wording.amount(x)}" for one, x in values.items()) or "-",
        )
        for name, named in sorted(design.choices.items())
        for choice, values in sorted(named.items())
    ]
    return Table("Sets of parameters that vary by name", ("what varies", "name", "sets"), tuple(rows))


def replicates(design: Design) -> list[str]:
    """How often each world was repeated with other luck, if it was."""
    luck = "all worlds with the same luck" if design.shared_worlds else "each with luck of its own"
    alike = f"Repetitions share their parameters and differ in luck, {luck}; a world's outcome is their mean."
    if design.adaptive:
        rule = design.adaptive
        return [
            f"Each world was repeated, {rule.batch} times between looks, until the mean difference of the two arms "
            f"was known to within {rule.precision:g} or to lie inside the region of practical equivalence, at "
            f"{100 * rule.level:g}% confidence for all looks together (a confidence sequence), or {rule.maximum:,} "
            f"times. {alike}"
        ]
    return [f"Each world was repeated {design.replicates} times. {alike}"] if design.replicates > 1 else []


def box(findings: Findings) -> str:
    """Every factor with its range: what the shares of worlds are shares of; then what was held fixed."""
    study, design = findings.study, findings.study.design
    drawn, fixed = [], []
    for row in params.PARAMETERS:
        if row.name in study.design.factors:
            low, high = study.design.factors[row.name]
            drawn.append(
                (wording.plain(row.name), wording.amount(low), wording.amount(high), row.unit, row.meaning, row.source)
            )
        elif row.name not in params.COMPOSITION or study.parameters[row.name] != row.default:
            fixed.append(
                (wording.plain(row.name), wording.amount(study.parameters[row.name]), row.unit, row.meaning, row.source)
            )
    drawn_table = Table(
        "Drawn evenly and independently between"
        if design.sampler in EVENLY
        else "From the lowest to the highest value",
        ("parameter", "lowest", "highest", "unit", "meaning", "source"),
        tuple(drawn),
    )
    fixed_table = Table(
        "Held fixed (an arm or a removed mechanism may set its own)",
        ("parameter", "value", "unit", "meaning", "source"),
        tuple(fixed),
    )
    return f"""<h2>The box of worlds</h2>
<p>Every share of worlds in this report is a share of worlds drawn from this box. A source stands for the idea behind a
parameter, not for its range: ranges are assumptions throughout.</p>
<details open><summary>The {len(drawn)} parameters that vary</summary>
{table(drawn_table) if drawn else "<p>None: the worlds are alike but for luck.</p>"}
</details>
{table(choices_table(design)) if design.choices else ""}
<details><summary>The {len(fixed)} parameters held fixed</summary>
{table(fixed_table)}
</details>
<p class="quiet">{escape(SOURCES)}</p>"""


def provenance(findings: Findings) -> str:
    """What repeats the study, to the byte."""
    record, study = findings.provenance, findings.study
    versions = tuple((name, version) for name, version in sorted(record["versions"].items()))
    apart = differences(identity_from(record, "provenance"), identity(study))
    other = f"<p>The study was {OTHER}, which wrote this report: {escape(apart)}.</p>\n" if apart else ""
    number, seed, version = (escape(str(record[name])) for name in ("study_id", "seed", "results_version"))
    return f"""<h2>How to repeat it</h2>
<pre><code>{escape(record["command"])}</code></pre>
{other}<p>Repeated with the same versions of the software, the study gives the same files to the byte. Study
{number}, seed {seed}, results version {version}. <code>provenance.json</code>,
beside this report, holds all its parameters; <code>summary.json</code> and <code>analysis/</code> the
numbers above; <code>runs/</code> every run.</p>
{table(Table("Versions", ("software", "version"), versions))}"""


def bullets(sentences: Iterable[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"
