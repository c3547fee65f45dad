"""The command that judges claims, and the ledger it leaves."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from experiments.claims import page, sentences
from experiments.claims.question import study_of
from experiments.cli import main
from experiments.commands.claims import loaded
from tests.claims.test_claims import NAMES, TESTS

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# -- the command ------------------------------------------------------------------------------------------


QUICK = ["points=40", "parameters.months=24"]


def test_a_claim_is_judged_resumed_and_replayed(tmp_path, capsys):
    words = ["claims", "claim=c01_purpose_over_structure", *QUICK]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "C1. Structure matters less than purpose" in said and "UNDECIDED" in said
    folder = Path("results/claims")
    files = {path.name for path in folder.iterdir() if path.is_file()}
    assert files == {"index.html", "ledger.json", "ledger.csv"}
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert main([*words, "workers=1"]) == 0
    assert "is finished and every file of it verified" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"} == {
        path: content for path, content in before.items() if path.name != ".lock"
    }

    (entry,) = json.loads((folder / "ledger.json").read_text())["claims"]
    commands = [*entry["counter_example"]["commands"], *entry["example"]["commands"]]
    assert len(set(commands)) == 4
    for command in commands:
        program, *rest = shlex.split(command)
        assert program == "partnership" and main(rest) == 0
        replayed = capsys.readouterr().out
        assert "outcomes equal the stored row, bit for bit" in replayed
    assert f"world {entry['example']['world']}" in replayed

    runs = next(folder.glob("*/*/runs/*.parquet"))
    runs.unlink()
    assert main(words) == 0
    assert "is missing" in capsys.readouterr().out
    assert runs.read_bytes() == before[runs]


def test_a_counter_example_is_against_the_claim_and_no_other_is_nearer(tmp_path):
    from experiments.claims.ledger import judged
    from experiments.execution.sweep import simulate

    name = "c01_purpose_over_structure"
    plain, claim, how, given = loaded(["design.points=40", "parameters.months=24"], [name])[name]
    study, _ = study_of(plain, claim, given)
    simulate(study, tmp_path / "study", 1, Console(quiet=True))
    found = judged(claim, how, TESTS, study, tmp_path / "study", "")
    against, for_it = found["counter_example"], found["example"]
    assert against["difference"] < -0.01 and for_it["difference"] > 0.01
    assert against["a"] - against["b"] == pytest.approx(against["difference"])
    from experiments import load

    runs = load(tmp_path / "study").to_pandas(["point", "arm", "added_value_mean"])
    wide = runs.pivot(index="point", columns="arm", values="added_value_mean")
    opposed = wide.index[(wide["purpose_first"] - wide["structure_first"]) < -0.01]
    design = load(tmp_path / "study", "design").to_pandas().set_index("point").loc[opposed]
    spans = pd.DataFrame(study.design.factors, index=["low", "high"])
    usual = pd.Series({name: study.parameters[name] for name in spans.columns})
    far = (((design - usual) / (spans.loc["high"] - spans.loc["low"])) ** 2).mean(axis=1) ** 0.5
    assert far.idxmin() == against["point"] and far.min() == pytest.approx(against["distance"])
    assert far.max() > far.min()


MINE = """\
# @package _global_
# partnership claims --config-dir mine claim=c99_mine
claim:
  key: C99
  kind: contestable
  statement: Meeting more often helps.
  sources: [assumption]
  about: Four meetings a month, and one.
  settings:
    often: {arm: balanced, parameters: {meetings: 4}, about: four encounters a month}
    seldom: {arm: balanced, parameters: {meetings: 1}, about: one encounter a month}
  tests:
    - {about: often against seldom, a: often, b: seldom, outcome: trust, expect: more}
"""


def own(text, name="c99_mine"):
    folder = Path("mine/claim")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return ["claims", "--config-dir", "mine", f"claim={name}", *QUICK]


def test_a_claim_is_added_by_writing_a_file(capsys):
    assert main(own(MINE)) == 0
    entries = json.loads(Path("results/claims/ledger.json").read_text())["claims"]
    assert [entry["key"] for entry in entries] == ["C99"]
    assert entries[0]["judging"]["tests"] == TESTS + 1
    assert "Meeting more often helps." in Path("results/claims/index.html").read_text(encoding="utf-8")
    assert "C99. Meeting more often helps." in capsys.readouterr().out


MISTAKES = {
    ("kind: contestable", "kind: contestible"): "did you mean 'contestable'",
    # what is replaced, by what: what the message says
    ("arm: balanced, parameters: {meetings: 4}", "arm: balancd"): "did you mean 'balanced'",
    ("{meetings: 4}", "{meeting: 4}"): "did you mean 'meetings'",
    ("{meetings: 4}", "{meetings: 40}"): "a whole number from 0 to 12; the nearest is 12",
    ("outcome: trust", "outcome: trus"): "did you mean 'trust'",
    ("outcome: trust", "outcome: tokenism"): "is unknown",
    ("expect: more", "expect: mor"): "did you mean 'more'",
    ("a: often", "a: oftn"): "did you mean 'often'",
    ("b: seldom", "b: often"): "could come out in one way only",
    ("b: seldom", "b: often + often"): "settings.seldom is in no test",
    ("key: C99", "kee: C99"): "a claim has a part 'claim', with 'key'",
    ("key: C99", "key: C4"): "also that of",
    ("  about: Four meetings a month, and one.", "  about: x.\n  threshold: 3"): "there is no 'claim.threshold'",
    ("expect: more}", "expect: more, region: -1}"): "region=-1 is out of range",
    ("expect: more}", "expect: more, beforehand: true}"): "only the best of several",
    ("a: often", "a: often or seldom"): "settings",
    ("  sources: [assumption]\n", "  sources: []\n"): "at least one",
    ("claim:", "judging: {rare: 0.9}\nclaim:"): "judging.rare=0.9 is out of range",
    ("claim:", "judging: {rar: 0.2}\nclaim:"): "rar",
    ("claim:", "design: {factors: {meetings: [1, 5]}}\nclaim:"): "every setting sets meetings",
    ("claim:", "claim: [1"): "c99_mine.yaml, line",
}


del MISTAKES["a: often", "a: often or seldom"]


@pytest.mark.parametrize(("old", "new"), MISTAKES)
def test_a_mistake_in_a_claim_gets_one_message_and_exit_code_2_and_nothing_is_written(old, new, capsys):
    assert old in MINE
    assert main(own(MINE.replace(old, new))) == 2
    captured = capsys.readouterr()
    assert MISTAKES[old, new] in captured.err
    assert captured.err.startswith("partnership: ") and captured.err.count("\n") == 1
    assert captured.out == "" and not Path("results").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("claims claim=c04_pooled_budget", "did you mean 'c04_pooled_budgets'"),
        ("claims claim=../x", "choose by name"),
        ("claims claim=c04_pooled_budgets points=1", "design.points"),
        ("claims claim=c04_pooled_budgets judging.level=2", "judging.level=2.0 is out of range"),
        ("claims claim=c04_pooled_budgets seed=-1", "seed=-1"),
        ("claims shard=1/2", "does not use shard"),
    ],
)
def test_a_mistake_on_the_command_line(words, said, capsys):
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.count("\n") == 1 and not Path("results").exists()


def test_more_than_two_arms_cannot_be_changed(capsys):
    three = MINE.replace("  tests:", "    third: {arm: neither, parameters: {meetings: 3}, about: x}\n"
                         "    fourth: {arm: purpose_only, parameters: {meetings: 3}, about: x}\n  tests:"
                         ).replace("a: often,", "a: often or third or fourth,")  # fmt: skip
    words = own(three)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "two arms at most" in said and said.count("\n") == 1 and not Path("results").exists()


# -- the ledger -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """The ledger of all claims, in very small: 12 worlds."""
    folder = tmp_path_factory.mktemp("ledger")
    words = ["claims", "points=12", "design.replicates=2", f"results={folder}"]
    assert main(words) == 0
    return folder / "claims"


def test_all_claims_are_in_the_ledger_with_what_would_change_each_judgement(ledger):
    entries = json.loads((ledger / "ledger.json").read_text(encoding="utf-8"))["claims"]
    assert [entry["key"] for entry in entries] == [f"C{number}" for number in range(1, 25)]
    for entry in entries:
        identity = entry["kind"] == "identity"
        assert entry["judgement"] in sentences.SIGNS and entry["kind_text"]
        assert bool(entry["changes"]) == bool(entry["changes_text"]) == (not identity)
        assert all(test["text"] and bool(test["reason"]) == (not identity) for test in entry["tests"])
    rows = list(csv.DictReader((ledger / "ledger.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["key"], row["judgement"]) for row in rows] == [(entry["key"], entry["judgement"]) for entry in entries]


def test_the_page_needs_nothing_else_and_leads_everywhere(ledger):
    text = (ledger / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", text) and "<script" not in text
    anchors = set(re.findall(r'href="#([^"]+)"', text))
    assert anchors <= set(re.findall(r'id="([^"]+)"', text)) and set(NAMES) <= anchors
    assert text.count("What would change the judgement") == 23
    assert 'alt="' in text and (ledger / "figures" / "claims.png").stat().st_size > 10_000


def test_the_figure_is_the_same_every_time(ledger):
    from experiments.figures import style

    entries = json.loads((ledger / "ledger.json").read_text(encoding="utf-8"))["claims"]
    first, second = (style.as_bytes(page.picture(entries).figure, "claims") for _ in range(2))
    assert first == second
    other = [{**entry, "judgement": "holds"} for entry in entries]
    assert style.as_bytes(page.picture(other).figure, "claims") != first


def test_what_was_judged_by_another_rule_is_left_out_until_judged_again(tmp_path, capsys):
    assert main(["claims", "claim=c04_pooled_budgets", *QUICK]) == 0
    assert main(["claims", "claim=c08_leading_by_example", "judging.rare=0.2", *QUICK]) == 0
    said = capsys.readouterr().out
    assert "left out of the ledger until judged again: c04_pooled_budgets" in said
    entries = json.loads(Path("results/claims/ledger.json").read_text(encoding="utf-8"))["claims"]
    assert [entry["key"] for entry in entries] == ["C8"]
    assert main(["claims", "claim=c04_pooled_budgets", "judging.rare=0.2", *QUICK]) == 0
    entries = json.loads(Path("results/claims/ledger.json").read_text(encoding="utf-8"))["claims"]
    assert [entry["key"] for entry in entries] == ["C4", "C8"]
