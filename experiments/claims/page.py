"""The ledger of claims as one page that needs nothing else, for a reader who knows partnerships and no statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments import wording
from experiments.analysis.contrasts import Estimate
from experiments.analysis.judging import WORDS
from experiments.claims import sentences
from experiments.claims.claim import IDENTITY
from experiments.figures import claims as figures
from experiments.report import document
from experiments.report.picture import Picture, Table
from experiments.report.rendering import rendered
from sim import params

Entry = Mapping[str, Any]

GROUPS = (*WORDS, IDENTITY)
"""Groups of claims in the order of the page: by judgement, then those that are not judged."""
HEADINGS = {
    "identity": "These are said outright by the rules, and not judged",
    "holds": "These hold",
    "depends": "These depend on the world",
    "fails": "These fail",
    "undecided": "These are undecided",
}
LABEL_LENGTH = 34
"""Letters of a claim's name in the figure."""


def ledger_page(entries: Sequence[Entry], picture: Picture, image: bytes) -> str:
    """The whole ledger; `image` is the figure as SVG."""
    groups = {word: [entry for entry in entries if entry["judgement"] == word] for word in GROUPS}
    return rendered(
        "claims/templates/ledger.html.j2",
        entries=entries,
        tally=sentences.tally(entries),
        groups=[(word, group) for word, group in groups.items() if group],
        signs=sentences.SIGNS,
        headings=HEADINGS,
        meanings=sentences.MEANING,
        picture=picture,
        image=image,
        settings={entry["name"]: settings_table(entry) for entry in entries},
        method=method(entries),
        limits=LIMITS,
        studies=studies_table(entries),
        sources=document.SOURCES,
        sizes={entry["name"]: sentences.size(deciding(entry)) for entry in entries},
    )


# -- the figure -------------------------------------------------------------------------------------------


def picture(entries: Sequence[Entry]) -> Picture:
    """All claims at a glance, grouped by judgement."""
    ordered = sorted(entries, key=lambda each: GROUPS.index(each["judgement"]))
    rule, tests = entries[0]["judging"], [deciding(entry) for entry in entries]
    fewest, most = min(test["worlds"] for test in tests), max(test["worlds"] for test in tests)
    many = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    regions = sorted({test["region"] for test in tests})
    note = (
        f"n = {many} worlds a claim; of claims with several tests the deciding each. Dashed: the "
        f"{wording.amount(100 * rule['rare'])}% from which something counts as common. Dots: mean difference, with "
        f"intervals that hold for all {rule['tests']} tests together at {100 * rule['level']:g}%; none where the "
        f"claim is about some worlds only. Grey band: \N{PLUS-MINUS SIGN}{regions[0]:g}, no practical difference."
    )
    return Picture(
        "claims",
        "All claims at a glance",
        "How often worlds bear each claim out (left) and by how much (right), grouped by judgement.",
        f"{sentences.tally(entries)} " + " ".join(f"{each['title']}: {each['judgement']}." for each in ordered),
        figures.draw_ledger([row(each) for each in ordered], regions[0], rule["rare"], note),
        (overview(entries),),
    )


def deciding(entry: Entry) -> Entry:
    """The test that decides a claim."""
    test: Entry = entry["tests"][entry["deciding"]]
    return test


def row(entry: Entry) -> figures.Row:
    """A claim as a row of the figure."""
    test = deciding(entry)
    label = f"{entry['title'][: LABEL_LENGTH - 1]}…" if len(entry["title"]) > LABEL_LENGTH else entry["title"]
    shares = (test["support"]["share"], test["neither"]["share"], test["opposed"]["share"])
    return figures.Row(f"{label}  {entry['key']}", entry["judgement"], shares, turned(test))


def turned(test: Entry) -> Estimate | None:
    """The mean difference so that a positive one is what is claimed; None where the claim is about some worlds only."""
    value, low, high = (test["effect"][part] for part in ("value", "low", "high"))
    if test["expect"].startswith("sometimes") or low is None:
        return None
    return Estimate(-value, -high, -low) if test["expect"] == "less" else Estimate(value, low, high)


def overview(entries: Sequence[Entry]) -> Table:
    """Every claim in a table."""
    rows = []
    for entry in entries:
        test = deciding(entry)
        shares = [wording.percent(test[kind]["share"]) for kind in ("support", "neither", "opposed")]
        effect = test["effect"]
        mean = wording.signed(effect["value"]) if effect["low"] is not None else "-"
        about = (entry["key"], entry["title"], entry["kind"], entry["judgement"])
        rows.append((*about, *shares, mean, f"{test['worlds']:,}"))
    columns = ("", "claim", "kind", "judgement", "for", "neither", "against", "mean difference", "worlds")
    return Table("Every claim, by the test that decides it", columns, tuple(rows))


# -- how each was tested ---------------------------------------------------------------------------------


def settings_table(entry: Entry) -> Table:
    """What a claim compares."""
    rows = tuple(
        (
            wording.plain(name),
            each["about"],
            wording.plain(each["arm"]),
            ", ".join(
                f"{wording.plain(parameter)} {value_text(parameter, value)}"
                for parameter, value in each["parameters"].items()
            )
            or "-",
        )
        for name, each in entry["settings"].items()
    )
    return Table("What was compared, in the same worlds", ("setting", "what it means", "arm", "parameters"), rows)


def value_text(parameter: str, value: float) -> str:
    """A parameter's value; on or off for a switch."""
    if params.BY_NAME[parameter].unit == "switch":
        return "on" if value else "off"
    return wording.amount(value)


# -- method -----------------------------------------------------------------------------------------------

LIMITS = (
    "A judgement is about this model, in the box of worlds it was tested in, with the settings and the outcome named. "
    "It says nothing of how often a claim is true of real partnerships.",
    "Some claims reach beyond what the model can play. Each says how near its test comes.",
    "A claim that holds may do so because the model was built on the same documents. What a rule says outright is "
    "called an identity, and not judged; where the rules nearly say it, how often and how much is what can be learnt.",
    "Conditions are simple on purpose, and describe tendencies.",
)


def method(entries: Sequence[Entry]) -> tuple[str, ...]:
    """How claims are judged."""
    rule = entries[0]["judging"]
    rare = wording.amount(100 * rule["rare"])
    return (
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


def studies_table(entries: Sequence[Entry]) -> Table:
    """The study behind each claim."""
    rows = tuple(
        (entry["key"], entry["study"]["id"], f"{entry['study']['seed']}", f"{entry['study']['points']:,}",
         f"{entry['study']['replicates']}", f"{entry['study']['months']:g}")
        for entry in entries
    )  # fmt: skip
    columns = ("claim", "study", "seed", "worlds", "replicates", "months")
    return Table("The studies behind the claims", columns, rows)
