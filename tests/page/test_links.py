"""The page's links, commands and files."""

from __future__ import annotations

import contextlib
import io
import re
import shlex

import numpy as np
import pytest

from experiments.cli import main
from sim.outcomes import OUTCOME_NAMES
from tests.page.test_page import found_in, month, still, until, values

pytestmark = pytest.mark.slow


# -- links, commands, files -------------------------------------------------------------------------------------


def test_link_restores_everything(opened):
    page = still(
        opened,
        "scenario=healthy&arms=balanced,neither&seed=9223372036854775807&world=12&p.noise=0.1&month=33&partner=2",
    )
    page.click("#open-share")
    link = page.input_value("#link")
    again = still(opened, link.split("#")[1])
    assert values(again) == values(page)
    assert month(again) == 33 and "Partner C, balanced" in again.inner_text("#accounts")
    assert [again.input_value(f"#{name}") for name in ("scenario", "seed", "world")] == [
        "healthy",
        "9223372036854775807",
        "12",
    ]


@pytest.mark.parametrize(
    "fragment",
    [
        "p.noise=0.2&world=3&month=60",
        "failure=paper_endorsement&month=60",
        "failure=overload&scenario=healthy&month=60",
    ],
)
def test_command_lines_run_what_is_watched(opened, fragment):
    page = still(opened, fragment)
    shown = page.locator(".now").all_inner_texts()
    page.click("#open-share")
    for side, text in zip(("left", "right"), shown, strict=True):
        words = shlex.split(page.input_value(f"#command-{side}"))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main(words[1:]) == 0
        added = float(re.search(r"added value ([+-][\d.]+) at the end", printed.getvalue())[1])
        assert float(text.removeprefix("Added value ").replace("\N{MINUS SIGN}", "-")) == pytest.approx(
            added, abs=0.0056
        )


@pytest.mark.parametrize("fragment", ["p.noise=0.2", "failure=paper_endorsement", "failure=overload&p.noise=0.3"])
def test_configuration_is_a_study_of_the_same_worlds(opened, tmp_path, monkeypatch, fragment):
    import experiments

    page = still(opened, fragment)
    left, right = (one[:, OUTCOME_NAMES.index("added_value")] for one in found_in(page))
    page.click("#open-share")
    folder = tmp_path / "my_configs" / "experiment"
    folder.mkdir(parents=True)
    (folder / "class_exercise.yaml").write_text(page.input_value("#configuration"), encoding="utf-8")
    studies = []
    monkeypatch.setattr("experiments.commands.sweep.sweep_study", lambda study, *_, **__: studies.append(study) or 0)
    words = page.inner_text("#sweep").replace("my_configs", str(folder.parent)).split()
    assert main(words[1:]) == 0
    runs = experiments.run_study(studies[0])
    points = np.minimum(runs["point"], 1) if "choices" in page.input_value("#configuration") else np.zeros(len(runs))
    those = {key: group.sort_values("world")["added_value"].to_numpy() for key, group in runs.groupby([points, "arm"])}
    first, second = studies[0].contrast.a, studies[0].contrast.b
    assert np.array_equal(those[0, first], left)
    assert np.array_equal(those[max(points), first if second == "alone" else second], right)
    assert not np.array_equal(left, right)


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("p.noise=lots", "not a number"),
        ("p.noise=7", "the nearest is 2"),
        ("p.n_partners=2.5", "not whole"),
        ("p.noize=0.2", 'did you mean "noise"'),
        ("p.__proto__=1", 'no parameter "__proto__"'),
        ("p.constructor=1", 'no parameter "constructor"'),
        ("scenario=constructor", 'no scenario "constructor"'),
        ("scenario=helthy", 'did you mean "healthy"'),
        ("lesson=talking_shops", 'did you mean "talking_shop"'),
        ("failure=<img src=x onerror=alert(1)>", "no failure mode"),
        ("lesson=%3Cscript%3Ealert(1)%3C/script%3E", "no failure mode"),
        ("arms=structure_first", "not two"),
        ("arms=structure_first,remedy", 'no setup "remedy"'),
        ("failure=overload&p.gate=0.5&p.responsiveness=5", "both decide where setup goes"),
        ("arms=neither,alone&p.schedule_2_until=5", "used from the first on"),
        ("seed=-1", "from 0 to 9223372036854775807"),
        ("seed=99999999999999999999", "from 0 to 9223372036854775807"),
        ("world=4294967296", "from 0 to 4294967295"),
        ("month=61", "from 0 to 60"),
        ("partner=12", "from 0 to 11"),
        ("month=1e1", "from 0 to 60"),
        ("javascript:alert(1)", "no field"),
        ("%E0%A4%A=1&p.noise=%00", "no field"),
    ],
)
def test_nonsense_in_a_link_gives_a_message_and_a_page_that_works(opened, fragment, said):
    page = still(opened, fragment)
    assert said in page.inner_text("#message p")
    page.click("#step")
    assert month(page) == 1
    page.click("#close-message")
    assert page.locator("#message").is_hidden()


def test_nonsense_in_fields_gives_a_message_and_changes_nothing(opened):
    page = still(opened, "month=12")
    before = values(page)
    for field, text, said in [
        ("#seed", "abc", "whole number"),
        ("#world", "1.5", "whole number"),
        ("#world", "<b>", "whole number"),
    ]:
        page.fill(field, text)
        page.press(field, "Enter")
        assert said in page.inner_text("#message p")
        assert values(page) == before
    exact = page.locator("input[aria-label='Free riding, exactly']")
    exact.fill("9")
    exact.press("Enter")
    assert "the nearest is 2" in page.inner_text("#message p")
    assert values(page) == before
    exact.fill("0.6")
    exact.press("Enter")
    assert page.locator("#message").is_hidden() and values(page) != before


def dropped(page, name, text):
    page.evaluate(
        """([name, text]) => {
          const carried = new DataTransfer();
          carried.items.add(new File([text], name));
          const how = { dataTransfer: carried, bubbles: true, cancelable: true };
          document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        [name, text],
    )


def test_a_saved_setting_can_be_dropped_and_nonsense_is_refused(opened):
    page = still(opened, "p.noise=0.1&month=20")
    there = values(page)
    page.click("#open-share")
    saved = page.input_value("#configuration")
    other = still(opened)
    dropped(other, "class_exercise.yaml", saved)
    until(other, "document.getElementById('month').valueAsNumber === 20")
    assert values(other) == there
    for text in ("", "noise: 1", "\x00\x01\x02", "<script>alert(1)</script>", "# page: x#p.noise=9", "x" * 200_000):
        other.evaluate("document.getElementById('message').hidden = true")
        dropped(other, "x.yaml", text)
        other.wait_for_selector("#message:not([hidden])")
        assert values(other) == there
