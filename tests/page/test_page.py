"""The page as a class sees it: in headless Chromium, opened from a file, with no network.

Whatever a test does, the page must raise no error, write none to the console, and ask nobody for anything.
"""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from experiments.failures.demonstration import sentences
from experiments.page import build
from sim.outcomes import OUTCOME_NAMES
from sim.params import as_array, resolve
from sim.runs import simulate
from sim.state import SERIES_NAMES

pytestmark = pytest.mark.slow


ARMS = ("structure_first", "purpose_first")


def still(opened, fragment="", **how):
    """The page, paused at the month its link names."""
    page = opened(fragment, **how, motion="reduce")
    page.wait_for_selector("#arms .partner", state="attached")
    return page


def until(page, holds, seconds=15.0):
    """Wait until something holds on the page. (Playwright's own way needs `eval`, which the page forbids.)"""
    stop = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < stop, f"after {seconds} s: not {holds}"
        page.wait_for_timeout(30)


def month(page):
    return int(re.match(r"Month (\d+) of", page.inner_text("#month-name"))[1])


def values(page):
    """All that the charts and the networks say, as text."""
    charts = page.eval_on_selector_all("#charts svg", "all => all.map(one => one.getAttribute('aria-label'))")
    partners = page.eval_on_selector_all("#arms .partner", "all => all.map(one => one.getAttribute('aria-label'))")
    return charts, partners


def native(arm, worlds=1, seed=1, trajectories=False, **parameters):
    points = np.tile(as_array(resolve(parameters, setup=arm)), (worlds, 1))
    return simulate(points, np.arange(worlds), seed, trajectories=trajectories)


# -- what is seen -----------------------------------------------------------------------------------------------


def test_something_happens_within_three_seconds_of_opening(opened):
    page = opened()
    until(page, "document.getElementById('month').valueAsNumber >= 2", seconds=3)
    assert page.locator("#arms .partner").count() == 24
    assert page.inner_text("h1") == "A partnership you can watch"
    assert page.inner_text("#play") == "Pause"


def test_it_stands_still_for_those_who_want_no_motion(opened):
    page = still(opened)
    page.wait_for_timeout(600)
    assert month(page) == 0 and page.inner_text("#play") == "Play"


def test_both_sides_start_with_the_same_partners(opened):
    page = still(opened)
    _, partners = values(page)
    assert partners[:12] == partners[12:]
    page.fill("#month", "24")
    _, partners = values(page)
    assert partners[:12] != partners[12:]


def test_step_goes_on_by_a_month_to_the_values_of_the_native_engine(opened):
    page = still(opened)
    expected = [native(arm, trajectories=True).trajectories[0] for arm in ARMS]
    for played in (1, 2, 3):
        page.click("#step")
        assert month(page) == played
        charts, _ = values(page)
        for place, name in enumerate(("structure", "purpose", "trust", "commitment")):
            a, b = (f"{series[played - 1, SERIES_NAMES.index(name)]:.2f}" for series in expected)
            assert charts[place] == f"{name.capitalize()}, month {played}: structure first {a}, purpose first {b}"
    assert "what happened in month 3" in page.inner_text(".happened >> nth=0").lower()


def test_going_back_and_forth_gives_the_same_months(opened):
    page = still(opened, "month=20")
    there = values(page)
    page.fill("#month", "55")
    assert values(page) != there
    page.fill("#month", "20")
    assert values(page) == there


def test_events_are_told_and_marked(opened):
    """Turnover, as the engine draws it, is told on both sides in the same month."""
    page = still(opened)
    for _ in range(60):
        page.click("#step")
        said = page.locator(".happened").all_inner_texts()
        if "New people at" in said[0]:
            break
    who = re.search(r"New people at partner ([A-L])", said[0])[1]
    assert f"New people at partner {who}" in said[1]
    marked = page.eval_on_selector_all(
        ".turnover[visibility=visible]", "all => all.map(one => one.parentElement.getAttribute('aria-label'))"
    )
    assert len(marked) == 2 and all(label.startswith(f"Partner {who},") for label in marked)


def test_slider_changes_the_run_and_reset_restores_it(opened):
    page = still(opened, "month=40")
    before = values(page)
    page.fill("#parameter-commitment", "0.75")
    assert month(page) == 40
    changed = values(page)
    assert changed != before and "p.commitment=0.75" in page.url
    assert page.locator("path.before[d^=M]").count() > 0, "what it was before stays as a faint line"
    page.click("#reset")
    page.fill("#month", "40")
    assert values(page) == before


def test_keys_play_step_and_ask_why(opened):
    page = still(opened)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert month(page) == 1
    page.keyboard.press("Space")
    until(page, "document.getElementById('month').valueAsNumber > 1")
    page.keyboard.press("Space")
    at = month(page)
    page.wait_for_timeout(500)
    assert month(page) == at
    page.focus("#arms .arm:first-child .partner >> nth=0")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert "Partner B, structure first" in page.inner_text("#accounts")


def test_why_gives_the_terms_of_the_chosen_partner_on_both_sides(opened):
    from sim.model import Partnership

    page = still(opened, "month=24&partner=4")
    shown = page.locator(".account").all_inner_texts()
    for arm, text in zip(ARMS, shown, strict=True):
        model = Partnership(setup=arm, rng=1, world=0)
        for _ in range(24):
            model.step()
        why = model.partners[4].why()
        assert f"gave {why.effort.effort:.2f} of its capacity" in text
        assert f"{why.commitment.before:.3f} to {why.commitment.after:.3f}" in text


LEAVING = "p.exit_level=0.35&p.exit_prob=0.1&p.own_effort=0.1&p.return_prob=0.3"


def test_those_that_have_left_the_table_are_hollow_and_say_so(opened):
    from sim.model import Partnership

    page = still(opened, f"{LEAVING}&month=24")
    model = Partnership(setup=ARMS[0], rng=1, world=0, exit_level=0.35, exit_prob=0.1, own_effort=0.1, return_prob=0.3)
    for _ in range(24):
        model.step()
    away = [not partner.at_table for partner in model.partners]
    left = "#arms .arm:first-child .partner"
    assert 0 < sum(away) < len(away)
    assert page.locator(left).evaluate_all("all => all.map(one => one.classList.contains('away'))") == away
    labels = page.locator(left).evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert ["has left the table" in label for label in labels] == away
    fills = page.locator(f"{left} .disc").evaluate_all("all => all.map(one => getComputedStyle(one).fill)")
    assert [fill == "rgb(255, 255, 255)" for fill in fills] == away
    assert f"{12 - sum(away)} of 12 at the table" in page.inner_text(".happened >> nth=0")
    page.select_option("#partner", str(away.index(True)))
    assert "was not at the table in month 24, and worked for itself" in page.inner_text(".account >> nth=0")
    page.select_option("#partner", str(away.index(False)))
    assert "of its capacity" in page.inner_text(".account >> nth=0"), "control: one at the table gave something"


def test_leaving_and_coming_back_are_told(opened):
    page = still(opened, LEAVING)
    said = ""
    for _ in range(60):
        page.click("#step")
        said += " ".join(page.locator(".happened").all_inner_texts())
    assert re.search(r"Partners? [A-L](, [A-L])*( and [A-L])? leaves? the table", said)
    assert re.search(r"Partners? [A-L](, [A-L])*( and [A-L])? comes? back to the table", said)


def test_the_responsive_arm_can_be_chosen_and_goes_by_what_lags(opened):
    page = still(opened, "arms=responsive,balanced&month=24")
    assert page.locator("#arms .arm-name").evaluate_all("all => all.map(one => one.value)") == [
        "responsive",
        "balanced",
    ]
    series = native("responsive", trajectories=True).trajectories[0]
    shown, _ = values(page)
    assert f"responsive {series[23, SERIES_NAMES.index('structure')]:.2f}" in shown[0]


def test_what_contradicts_itself_is_refused_and_leaves_the_page_as_it_was(opened):
    page = still(opened, "failure=overload&arms=structure_first,balanced&p.gate=0.3&p.schedule_1_until=12&month=12")
    before = values(page)
    page.select_option("#arms .arm-name >> nth=0", "as_it_is")
    assert "gate and schedule_1_until both decide where setup goes" in page.inner_text("#message p")
    assert values(page) == before
    assert page.locator("#arms .arm-name").evaluate_all("all => all.map(one => one.value)")[0] == "structure_first"


def test_umbrella_shades_the_seat_that_is_shared(opened):
    page = still(opened)
    assert page.locator(".seat-name").count() == 0
    page = still(opened, "p.umbrella=1")
    assert page.locator(".seat-name").count() == 2


def test_choosing_scenario_failure_and_setup(opened):
    page = still(opened)
    page.select_option("#scenario", "healthy")
    assert "scenario=healthy" in page.url
    page.select_option("#arms .arm-name >> nth=1", "alone")
    assert "arms=structure_first,alone" in page.url
    page.select_option("#failure", "overload")
    assert page.locator("#arms .arm-name").evaluate_all("all => all.map(one => one.value)") == ["as_it_is", "remedy"]


def test_a_composed_scenario_names_who_is_at_the_table(opened):
    page = still(opened)
    assert page.inner_text("#roster") == "", "control: the default world names nobody"
    page = still(opened, "scenario=himp_1999&partner=3&month=6")
    assert "A health authority; B and C local authority; D to F acute" in page.inner_text("#roster")
    assert page.inner_text("#accounts h3 >> nth=0") == "Partner D (acute and community trusts), structure first"
    assert "D (acute and community trusts), large" in page.locator(".partner").nth(3).get_attribute("aria-label")
    assert page.locator("#partner option").last.inner_text() == "Q (users and carers)"


def test_sectors_count_their_partners_whatever_else_is_asked(opened):
    for asked, partners in (("p.n_partners=5", 17), ("p.sector_1_count=4", 20), ("p.n_issues=2", 17)):
        page = still(opened, f"scenario=himp_1999&{asked}")
        assert page.locator("#arms .arm:first-child .partner").count() == partners, asked
        assert page.locator("#partner option").count() == 1 + partners, asked
        assert page.locator("[id$=n_partners]").first.is_disabled(), asked
    assert page.inner_text("#roster").endswith("Issues: 1 heart disease and stroke; 2 cancer.")
    page = still(opened, "p.n_partners=5")
    assert page.locator("#partner option").count() == 1 + 5, "control: without sectors it is taken as it stands"


@pytest.mark.parametrize("scenario", ["himp_1999", "lsp_jsna", "default"])
def test_no_partner_stands_outside_the_picture_or_on_another(opened, scenario):
    page = still(opened, f"scenario={scenario}")
    inside = """(all) => all.every((one) => { const box = one.ownerSVGElement.getBoundingClientRect();
        const disc = one.getBoundingClientRect(); return disc.top >= box.top && disc.bottom <= box.bottom
        && disc.left >= box.left && disc.right <= box.right; })"""
    assert page.locator(".partner .track").evaluate_all(inside)
    page.evaluate("document.querySelector('.partner').setAttribute('transform', 'translate(5 5)')")
    assert not page.locator(".partner .track").evaluate_all(inside), "control: one in the corner is cut off"
    page = still(opened, f"scenario={scenario}&month=1")
    overlap = """(all) => { const discs = all.map((one) => { const box = one.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2, box.width / 2]; });
        const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) - a[2] - b[2];
        return discs.some((a, i) => discs.some((b, j) => j < i && apart(a, b) < 0)); }"""
    first = "#arms .arm:first-child .partner .disc"
    assert not page.locator(first).evaluate_all(overlap)
    page.locator(first).evaluate_all("(all) => all[0].setAttribute('r', 150)")
    assert page.locator(first).evaluate_all(overlap), "control: a larger one lies on its neighbours"


def test_page_shows_that_its_engine_is_checked(opened):
    page = still(opened)
    until(page, "document.getElementById('checked').textContent.startsWith('Checked just now')")
    assert "equal to the last bit" in page.inner_text("#checked")


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_nothing_runs_off_the_side_of_the_screen(opened, size):
    page = still(opened, "month=30&partner=2", size=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.click("#show-lessons")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


# -- 1,000 worlds -----------------------------------------------------------------------------------------------


def test_1000_worlds_are_those_of_the_native_engine(opened):
    page = still(opened, "p.commitment=0.6")
    found = found_in(page)
    expected = [native(arm, worlds=1000, commitment=0.6).outcomes for arm in ARMS]
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(found, expected, strict=True))
    assert not np.array_equal(found[0], expected[1], equal_nan=True), "the control: the arms are not each other"
    gap = expected[0][:, OUTCOME_NAMES.index("added_value")] - expected[1][:, OUTCOME_NAMES.index("added_value")]
    said = page.inner_text("#summary")
    assert (
        f"“structure first” came to more in {np.sum(gap > 0.01):,}, “purpose first” in {np.sum(gap < -0.01):,}" in said
    )
    assert "of this one setting" in said and "commitment" not in said
    assert page.locator("path.band[d^=M]").count() == 10


def test_a_world_can_be_watched(opened):
    page = still(opened)
    page.click("#many-here")
    page.wait_for_selector("#distributions:not([hidden])")
    gap = np.subtract(*(native(arm, worlds=1000).outcomes[:, OUTCOME_NAMES.index("added_value")] for arm in ARMS))
    page.click("#world-first")
    assert page.input_value("#world") == str(int(np.argmax(gap)))
    until(page, "document.getElementById('month').valueAsNumber > 1")
    page.click("#play")
    world = click_a_dot(page)
    assert world != int(np.argmax(gap)) and page.input_value("#world") == str(world)


def click_a_dot(page):
    """Click the first dot found along the middle of the heaps; returns its world."""
    box = page.locator(".dots").bounding_box()
    for y in range(int(box["height"] / 2), 10, -12):
        for x in range(30, int(box["width"]) - 30, 24):
            page.locator(".dots").hover(position={"x": x, "y": y})
            told = page.get_attribute(".dots", "title")
            if told:
                page.locator(".dots").click(position={"x": x, "y": y})
                return int(re.match(r"World (\d+): .* Click to watch it", told)[1])
    raise AssertionError("no dot says which world it is")


# -- lessons ----------------------------------------------------------------------------------------------------


def test_all_fourteen_lessons_predict_first_and_then_reveal(opened):
    page = still(opened, "view=lessons")
    assert page.locator("[data-lesson]").count() == len(sentences()) == 14
    stored = build.data_of(build.PAGE.read_text(encoding="utf-8"))["failures"]
    for name, sentence in sentences().items():
        page.click("#show-lessons")
        page.click(f"[data-lesson={name}]")
        assert sentence in page.inner_text("#lesson")
        assert page.locator("#work").is_hidden() and page.locator("#lesson-after").is_hidden()
        assert page.locator("#reveal").is_disabled()
        right = stored[name]["answer"]
        page.check(f"#prediction input >> nth={right}")
        page.click("#reveal")
        assert "That is what you said." in page.inner_text("#answer")
        assert stored[name]["measured_in_words"] in page.inner_text("#answer")
        assert page.locator("#arms").is_visible()
        after = page.inner_text("#lesson-after")
        assert stored[name]["detector"]["readings"] in after
        assert all(question in after for question in [one.replace("`", "") for one in stored[name]["discuss"]])
        page.fill("#month", page.get_attribute("#month", "max"))
        assert page.locator("#charts .marks line").count() > 0


def test_a_wrong_prediction_is_answered_otherwise(opened):
    page = still(opened, "lesson=overload")
    page.check("#prediction input >> nth=2")
    page.click("#reveal")
    assert "You said: most." in page.inner_text("#answer")


def test_marks_are_shown_only_for_the_world_that_was_searched(opened):
    page = still(opened, "lesson=overload&month=60")
    page.check("#prediction input >> nth=0")
    page.click("#reveal")
    assert page.locator("#charts .marks line").count() > 0
    page = still(opened, "lesson=overload&world=5&month=60")
    page.check("#prediction input >> nth=0")
    page.click("#reveal")
    assert page.locator("#charts .marks line").count() == 0


def found_in(page):
    """What the background worker sent: the outcomes of 1,000 worlds on each side."""
    page.click("#many")
    page.wait_for_selector("#distributions:not([hidden])")
    shown = page.evaluate("worldsFound.map(({ outcomes }) => Array.from(outcomes, (one) => one === one ? one : null))")
    return [np.array(one, dtype=float).reshape(1000, len(OUTCOME_NAMES)) for one in shown]
