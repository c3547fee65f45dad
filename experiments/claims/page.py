"""The ledger of claims as one page that needs nothing else, for a reader who knows partnerships and no statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from experiments import wording
from experiments.analysis.contrasts import Estimate
from experiments.analysis.judging import WORDS
from experiments.claims import telling
from experiments.figures import claims as figures
from experiments.report import document
from experiments.report.picture import Picture, Table
from sim import params

Entry = Mapping[str, Any]

HEADINGS = {
    "holds": "These hold",
    "depends": "These depend on the world",
    "fails": "These fail",
    "undecided": "These are undecided",
}
LONGEST = 34
"""Letters of a claim's name in the figure."""


def page(entries: Sequence[Entry], drawn: Picture, image: bytes) -> str:
    """The whole ledger; `image` is the figure as SVG."""
    sections = {
        "answer": answer(entries),
        "overview": document.figure(drawn, image),
        "claims": "<h2>Claim by claim</h2>\n" + "\n".join(map(claim, entries)),
        "method": method(entries),
        "limits": f"<h2>Limits</h2>\n{document.bullets(LIMITS)}",
        "provenance": provenance(entries),
    }
    return document.shell(
        "What is claimed of partnerships, put to the test in a model",
        f"{len(entries)} claims from documents about English health partnerships. Each was written down with its test "
        "and judged by the same rule.",
        sections,
        "This is a model, and no evidence about any one partnership: most of its numbers are assumptions.",
    )


def answer(entries: Sequence[Entry]) -> str:
    """The first screen: how many claims hold, and which."""
    groups = []
    for word in WORDS:
        here = [one for one in entries if one["judgement"] == word]
        if here:
            listed = "".join(
                f'<li><a href="#{escape(one["name"])}">{escape(one["key"])}</a> {escape(one["statement"])}</li>'
                for one in here
            )
            groups.append(
                f"<h3>{telling.SIGNS[word]} {HEADINGS[word]}</h3>"
                f'<p class="quiet">{escape(telling.MEANING[word])}</p><ul>{listed}</ul>'
            )
    return (
        f'<div class="answer"><h2>The ledger</h2><p class="headline">{escape(telling.tally(entries))}</p>'
        "<p>In this model, and in the worlds named with each claim; in another box of worlds a claim may come out "
        f"otherwise.</p>{''.join(groups)}</div>"
    )


# -- the figure -------------------------------------------------------------------------------------------


def picture(entries: Sequence[Entry]) -> Picture:
    """All claims at a glance, grouped by judgement."""
    ordered = sorted(entries, key=lambda one: WORDS.index(one["judgement"]))
    rule, tests = entries[0]["judging"], [deciding(one) for one in entries]
    fewest, most = min(one["worlds"] for one in tests), max(one["worlds"] for one in tests)
    many = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    regions = sorted({one["region"] for one in tests})
    note = (
        f"n = {many} worlds a claim; of claims with several tests the deciding one. Dashed: the "
        f"{wording.amount(100 * rule['rare'])}% from which something counts as common. Dots: mean difference, with "
        f"intervals that hold for all {rule['tests']} tests together at {100 * rule['level']:g}%; none where the "
        f"claim is about some worlds only. Grey band: \N{PLUS-MINUS SIGN}{regions[0]:g}, no practical difference."
    )
    return Picture(
        "claims",
        "All claims at a glance",
        "How often worlds bear each claim out (left) and by how much (right), grouped by judgement.",
        f"{telling.tally(entries)} " + " ".join(f"{one['title']}: {one['judgement']}." for one in ordered),
        figures.ledger([row(one) for one in ordered], regions[0], rule["rare"], note),
        (overview(entries),),
    )


def deciding(one: Entry) -> Entry:
    found: Entry = one["tests"][one["deciding"]]
    return found


def row(one: Entry) -> figures.Row:
    test = deciding(one)
    label = f"{one['title'][: LONGEST - 1]}…" if len(one["title"]) > LONGEST else one["title"]
    shares = (test["support"]["share"], test["neither"]["share"], test["opposed"]["share"])
    return figures.Row(f"{label}  {one['key']}", one["judgement"], shares, turned(test))


def turned(test: Entry) -> Estimate | None:
    """The mean difference so that a positive one is what is claimed; None where the claim is about some worlds only."""
    value, low, high = (test["effect"][part] for part in ("value", "low", "high"))
    if test["expect"].startswith("sometimes") or low is None:
        return None
    return Estimate(-value, -high, -low) if test["expect"] == "less" else Estimate(value, low, high)


def overview(entries: Sequence[Entry]) -> Table:
    rows = []
    for one in entries:
        test = deciding(one)
        shares = [wording.percent(test[kind]["share"]) for kind in ("support", "neither", "opposed")]
        effect = test["effect"]
        mean = wording.signed(effect["value"]) if effect["low"] is not None else "-"
        rows.append((one["key"], one["title"], one["judgement"], *shares, mean, f"{test['worlds']:,}"))
    columns = ("", "claim", "judgement", "for", "neither", "against", "mean difference", "worlds")
    return Table("Every claim, by the test that decides it", columns, tuple(rows))


# -- claim by claim ---------------------------------------------------------------------------------------


def claim(one: Entry) -> str:
    """One claim: its judgement, what it rests on, examples to replay, and what would change it."""
    test = deciding(one)
    several = (
        "<h4>All of its tests</h4>"
        + document.bullets([f"{each['about']}: {each['judgement']}. {each['told']}" for each in one["tests"]])
        if len(one["tests"]) > 1
        else ""
    )
    conditions = "".join(f"<p>{escape(each['told'])}</p>" for each in test["conditions"])
    tested = f" What decides is {test['about']}." if several else ""
    return (
        f'<article id="{escape(one["name"])}"><h3>{escape(one["key"])}. {escape(one["statement"])}</h3>'
        f"<p><strong>{telling.SIGNS[one['judgement']]} {escape(one['judgement'].capitalize())}.</strong>"
        f"{escape(tested)} {escape(test['told'])} {escape(test['reason'])}</p>"
        f"{conditions}{several}"
        f"<details><summary>How it was tested, worlds to look at, and what would change the judgement</summary>"
        f"<h4>How it was tested</h4><p>{escape(one['about'])} {escape(one['world'])}</p>"
        f"{settings(one)}{where(one)}"
        f"<h4>Worlds to look at</h4>{examples(one)}"
        f"<h4>What would change the judgement</h4>{document.bullets(one['changes_told'])}"
        f'<p class="quiet">Source of the claim: {escape(", ".join(one["sources"]))}. Judge it again: '
        f"<code>{escape(one['command'])}</code></p></details></article>"
    )


def settings(one: Entry) -> str:
    rows = tuple(
        (
            wording.plain(name),
            each["about"],
            wording.plain(each["arm"]),
            ", ".join(
                f"{wording.plain(parameter)} {shown(parameter, value)}"
                for parameter, value in each["parameters"].items()
            )
            or "-",
        )
        for name, each in one["settings"].items()
    )
    return document.table(
        Table("What was compared, in the same worlds", ("setting", "what it means", "arm", "parameters"), rows)
    )


def shown(parameter: str, value: float) -> str:
    if params.BY_NAME[parameter].unit == "switch":
        return "on" if value else "off"
    return wording.amount(value)


def where(one: Entry) -> str:
    if not one["where"]:
        return ""
    conditions = [
        f"{each['about']} ({wording.plain(each['setting'])}: {wording.plain(each['outcome'])} above {each['above']:g})"
        for each in one["where"]
    ]
    return f"<p>Only worlds count where:</p>{document.bullets(conditions)}"


def examples(one: Entry) -> str:
    """The nearest worlds for and against, with the commands that replay them."""
    parts = []
    for kind, name in (("counter_example", "against the claim"), ("example", "that bears it out")):
        found = one[kind]
        if found is None:
            parts.append(f"<p>There is no world {name} among the {deciding(one)['worlds']:,}.</p>")
            continue
        each = zip(found["settings"], found["commands"], strict=True)
        commands = "\n".join(f"{command}  # {wording.plain(setting)}" for setting, command in each)
        parts.append(
            f"<p>The world {name} that is nearest to the default one. {escape(found['told'])}</p>"
            f"<pre><code>{escape(commands)}</code></pre>"
        )
    return "".join(parts)


# -- method -----------------------------------------------------------------------------------------------

LIMITS = (
    "A judgement is about this model, in the box of worlds it was tested in, with the settings and the outcome named. "
    "It says nothing of how often a claim is true of real partnerships.",
    "Some claims reach beyond what the model can play. Each says how near its test comes.",
    "A claim that holds may do so because the model was built on the same documents. What a rule says outright is no "
    "discovery: look at how often, how much, and against what it stands.",
    "Conditions are simple on purpose, and describe tendencies.",
)


def method(entries: Sequence[Entry]) -> str:
    """How claims are judged."""
    rule = entries[0]["judging"]
    rare = wording.amount(100 * rule["rare"])
    steps = (
        "Each claim compares two settings or more in the same worlds: the same partners, the same shocks. A world "
        "speaks for the claim where the difference is as claimed and above the region that does not matter in "
        "practice, and against it where it is the other way round.",
        f"Something is common if it happens in clearly more than {rare} of 100 worlds, and rare if in clearly fewer.",
        "A claim about worlds in general holds if worlds for it are common, worlds against it rare, and the mean "
        "agrees. It depends if both are common and a condition, found on half of the worlds, tells them apart on the "
        f"other half, by clearly more than {rare} of 100. It fails if worlds for it are rare, or if those against it "
        "outweigh them. A claim about some worlds holds if such worlds are common, and fails if they are rare.",
        "A claim with several tests holds only if all of them do; it fails if one of them does.",
        f"Undecided is what the intervals leave open. All intervals of all {rule['tests']} tests hold together with "
        f"{100 * rule['level']:g}% confidence (Bonferroni: each at {100 * rule['level_of_each']:.3f}%); shares have "
        "exact intervals (Clopper and Pearson), means Student's.",
    )
    return f"<h2>How claims are judged</h2>\n{document.bullets(steps)}"


def provenance(entries: Sequence[Entry]) -> str:
    rows = tuple(
        (one["key"], one["study"]["id"], f"{one['study']['seed']}", f"{one['study']['points']:,}",
         f"{one['study']['replicates']}", f"{one['study']['months']:g}")
        for one in entries
    )  # fmt: skip
    columns = ("claim", "study", "seed", "worlds", "replicates", "months")
    return (
        "<h2>How to repeat it</h2><pre><code>partnership claims</code></pre>"
        f"<p>Results version {entries[0]['results_version']}. <code>ledger.json</code> and <code>ledger.csv</code> "
        "hold what this page shows; each claim's folder holds every run.</p>"
        f"{document.table(Table('The studies behind the claims', columns, rows))}"
        f'<p class="quiet">{escape(document.SOURCES)}</p>'
    )
