"""The ledger of claims: each claim's study run or resumed, judged from its stored runs, and all of them on one page.

results/claims/<name>/<study id>/      the study of a claim, as any study is kept
results/claims/<name>/judgement.json   its judgement
results/claims/index.html              the ledger; it needs nothing else
results/claims/ledger.json, .csv       the same as data
results/claims/figures/                the figure, as PNG and SVG
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from experiments import wording
from experiments.analysis.headline import rounded
from experiments.analysis.judging import Judged, each_level
from experiments.claims import changes, page, sentences, worlds
from experiments.claims.claim import IDENTITY, Claim, Judging, Test
from experiments.claims.evidence import Evidence, Judgement, attainable, judge, kind_shown, mattering
from experiments.config.given import Given
from experiments.execution import sweep
from experiments.execution.place import Place
from experiments.execution.progress import plain_console
from experiments.report.picture import image_files
from experiments.storage import store
from experiments.storage.files import write_bytes, write_json
from experiments.storage.reading import open_study
from experiments.study.definition import RESULTS_VERSION, Study
from experiments.study.design import factor_names
from experiments.study.tables import DESIGN, RUNS

JUDGEMENT = "judgement.json"
LABELS = ["run", "point", "world", "arm", "variant"]

Entry = dict[str, Any]


def judge_claims(
    asked: Mapping[str, tuple[Mapping[str, Any], Claim, Judging, Given]],
    studies: Mapping[str, tuple[Study, pd.DataFrame | None]],
    commands: Mapping[str, str],
    tests: int,
    folder: Path,
    place: Place,
    *,
    anew: bool = False,
) -> int:
    """Judge some claims by their studies and renew the ledger in `folder`; returns 1 where some runs are missing.

    `tests` is the number of tests of all claims there are, whether they are asked for or not, so that a claim judged
    alone comes out as it does among the others. With `anew` no run that is there is kept.
    """
    console = plain_console()
    unmade, made = [], []
    for name, (_, claim, how, _) in asked.items():
        study, listed = studies[name]
        here = store.folder_of(study, folder)
        console.print(f"\n{claim.key}. {claim.statement}")
        if sweep.simulate(study, here, None, console, commands[name], place=place, listed=listed, anew=anew):
            unmade.append(name)
            continue
        entry = judged(claim, how, tests, study, here, commands[name])
        write_json(folder / name / JUDGEMENT, entry)
        made.append(entry)
        for line in entry_lines(entry):
            console.print(line)
    if made:
        write_ledger(folder, made[-1], console)
    if unmade:
        console.print(f"Not judged, since runs are missing: {', '.join(unmade)}")
    return 1 if unmade else 0


def judged(claim: Claim, how: Judging, tests: int, study: Study, folder: Path, command: str) -> Entry:
    """A claim judged from the finished study in `folder`, as an entry of the ledger."""
    finished = open_study(folder)
    columns = [*LABELS, *claim.outcomes]
    runs = finished.read(finished.parts(RUNS), columns)
    points = finished.read(finished.parts(DESIGN)).set_index("point")
    design = points[factor_names(study.design)]
    judgement = judge(claim, runs, design, how, tests, study.seed)
    return claim_entry(claim, how, tests, study, judgement, runs, design, folder, command)


# -- entries ----------------------------------------------------------------------------------------------


def claim_entry(
    claim: Claim, how: Judging, tests: int, study: Study, judged_claim: Judgement, runs: pd.DataFrame,
    design: pd.DataFrame, folder: Path, command: str,
) -> Entry:  # fmt: skip
    """Everything the ledger says of a claim: numbers, sentences, and commands."""
    deciding = judged_claim.evidence[judged_claim.deciding]
    examples = {
        kind: worlds.nearest(claim, deciding, runs, design, study, folder, way)
        for kind, way in (("example", 1), ("counter_example", -1))
    }
    identity = claim.kind == IDENTITY
    listed = [] if identity else changes.changes(judged_claim, design, how, tests, study.seed)
    needed = None if identity else changes.worlds_needed(judged_claim, how, tests)
    matters = () if identity else mattering(judged_claim, design, how, tests, study.seed)
    shown = kind_shown(judged_claim)
    content = {
        "key": claim.key,
        "name": claim.name,
        "title": sentences.title(claim.name),
        "statement": claim.statement,
        "sources": list(claim.sources),
        "kind": claim.kind,
        "kind_shown": shown,
        "kind_text": sentences.kind_text(claim.kind, shown),
        "judgement": judged_claim.word,
        "matters": [sentences.mattering_text(region) for region in matters],
        "about": claim.about,
        "world": " ".join(filter(None, [box(study), claim.world])),
        "settings": {
            setting.name: {"arm": setting.arm, "parameters": dict(setting.parameters), "about": setting.about}
            for setting in claim.settings
        },
        "where": [asdict(part) for part in claim.where],
        "tests": [
            test_entry(claim, part, judgement, how)
            for part, judgement in zip(judged_claim.evidence, judged_claim.judged, strict=True)
        ],
        "deciding": judged_claim.deciding,
        **{kind: example_entry(example, deciding.test) for kind, example in examples.items()},
        "changes": [{"what": part.what, "judgement": part.word} for part in listed],
        "worlds_needed": needed,
        "changes_text": [] if identity else sentences.changed(judged_claim, listed, needed),
        "judging": {**asdict(how), "tests": tests, "level_of_each": each_level(how.level, tests)},
        "study": study_entry(study),
        "command": command,
        "results_version": RESULTS_VERSION,
    }
    entry: Entry = rounded(content)
    return entry


def study_entry(study: Study) -> Entry:
    """The study behind a claim, as data."""
    design = study.design
    return {"id": study.id, "seed": study.seed, "points": design.points, "replicates": design.replicates,
            "months": study.parameters["months"]}  # fmt: skip


def box(study: Study) -> str:
    """Where the worlds come from."""
    return f"{study.design.points:,} worlds {wording.worlds_of(study.design)}."


def test_entry(claim: Claim, evidence: Evidence, judgement: Judged, how: Judging) -> Entry:
    """What the ledger says of one test."""
    test = evidence.test
    said = (sentences.count_sentence(test, judgement, not claim.where), sentences.average(test, judgement))
    return {
        **asked(test),
        "judgement": judgement.word,
        "reason": "" if claim.kind == IDENTITY else sentences.reason(test, judgement, how),
        "range": attainable(evidence),
        "worlds": judgement.worlds,
        "missing": judgement.missing,
        "support": judgement.support.as_dict(),
        "neither": judgement.neither.as_dict(),
        "opposed": judgement.opposed.as_dict(),
        "effect": {
            name: value if abs(value) < float("inf") else None for name, value in asdict(judgement.effect).items()
        },
        "conditions": [
            {
                "for": condition.arm,
                "text": sentences.condition_text(condition),
                "conditions": [asdict(part) for part in condition.conditions],
            }
            for condition in judgement.conditions
        ],
        "text": " ".join(filter(None, said)),
    }


def asked(test: Test) -> Entry:
    """What a test compares, as data."""
    return {
        "about": test.about,
        "a": sentences.written(test.a),
        "b": sentences.written(test.b),
        "outcome": test.outcome,
        "against": test.against,
        "expect": test.expect,
        "region": test.region,
        "beforehand": test.beforehand,
    }


def example_entry(example: worlds.Example | None, test: Test) -> Entry | None:
    """A world that supports or opposes the claim, as data; None where there is none."""
    if example is None:
        return None
    return {**asdict(example), "text": sentences.example_text(example, test)}


def entry_lines(entry: Entry) -> list[str]:
    """An entry as lines for a terminal."""
    deciding = entry["tests"][entry["deciding"]]
    which = f"The deciding test is {deciding['about']}. " if len(entry["tests"]) > 1 else ""
    lines = [f"  {entry['judgement'].upper()}. {which}{deciding['text']} {deciding['reason']}".rstrip()]
    lines += [f"  {sentences.size(deciding)}"] if entry["kind"] == IDENTITY else []
    lines += [f"  {text}" for text in (entry["kind_text"], *entry["matters"])]
    lines += [f"  {condition['text']}" for condition in deciding["conditions"]]
    if entry["counter_example"]:
        lines.append(f"  The nearest world against it: {entry['counter_example']['commands'][0]}")
    return lines


# -- the ledger -------------------------------------------------------------------------------------------


def write_ledger(folder: Path, latest: Entry, console: Console) -> None:
    """Write the ledger of all claims in a folder that were judged by the rule of the `latest`."""
    every = [json.loads(path.read_bytes()) for path in sorted(folder.glob(f"*/{JUDGEMENT}"))]
    entries = sorted((entry for entry in every if same_rule(entry, latest)), key=in_order)
    drawn = page.picture(entries)
    files = image_files([drawn], "claims")
    for name, content in files.items():
        write_bytes(folder / "figures" / name, content)
    write_json(folder / "ledger.json", {"claims": entries})
    write_bytes(folder / "ledger.csv", as_csv(entries).encode())
    write_bytes(folder / "index.html", page.ledger_page(entries, drawn, files["claims.svg"]).encode())
    console.print(f"\n{sentences.tally(entries)}")
    left_out = [entry["name"] for entry in every if not same_rule(entry, latest)]
    if left_out:
        console.print(f"Judged by another rule, and left out of the ledger until judged again: {', '.join(left_out)}")
    console.print(f"Ledger: {folder / 'index.html'}")


def same_rule(entry: Entry, other: Entry) -> bool:
    """Whether two entries were judged by the same rule."""
    return all(entry[part] == other[part] for part in ("judging", "results_version"))


def in_order(entry: Entry) -> tuple[str, int, str]:
    """C2 before C10."""
    letters = entry["key"].rstrip("0123456789")
    return letters, int(entry["key"].removeprefix(letters) or 0), entry["key"]


COLUMNS = (
    "key", "name", "kind", "kind_shown", "statement", "sources", "judgement", "test", "outcome", "expect", "region",
    "worlds", "for_share", "for_low", "for_high", "against_share", "against_low", "against_high", "effect",
    "effect_low", "effect_high", "least", "median", "most", "condition", "counter_example_world", "counter_example",
    "study", "seed", "level", "rare", "tests",
)  # fmt: skip


def as_csv(entries: list[Entry]) -> str:
    """The ledger as a table: a row a claim, with the numbers of the test that decides it."""
    sink = io.StringIO()
    table = csv.DictWriter(sink, COLUMNS, lineterminator="\n")
    table.writeheader()
    for entry in entries:
        table.writerow(csv_row(entry))
    return sink.getvalue()


def csv_row(entry: Entry) -> Entry:
    """An entry as a row of `COLUMNS`."""
    test, counter = entry["tests"][entry["deciding"]], entry["counter_example"] or {}
    return {
        **{name: entry[name] for name in ("key", "name", "kind", "kind_shown", "statement", "judgement")},
        "sources": "; ".join(entry["sources"]),
        "test": test["about"],
        **{name: test[name] for name in ("outcome", "expect", "region", "worlds")},
        **{f"{name}_{part}": test[kind][part] for name, kind in (("for", "support"), ("against", "opposed"))
           for part in ("share", "low", "high")},
        **{f"effect{part and '_'}{part}": test["effect"][part or "value"] for part in ("", "low", "high")},
        **{name: test["range"].get(name, "") for name in ("least", "median", "most")},
        "condition": " ".join([*(condition["text"] for condition in test["conditions"]), *entry["matters"]]),
        "counter_example_world": counter.get("world", ""),
        "counter_example": "; ".join(counter.get("commands", ())),
        "study": entry["study"]["id"],
        "seed": entry["study"]["seed"],
        **{name: entry["judging"][name] for name in ("level", "rare", "tests")},
    }  # fmt: skip
