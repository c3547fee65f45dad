"""The report in a browser: it renders, says nothing amiss, asks no other machine, and works by keyboard, on a phone
and on paper."""

from __future__ import annotations

import re

import pytest

from experiments.report import rebuild
from tests.report.test_report import depends, stored, study_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        worlds = stored(study_of(), tmp_path_factory.mktemp("results"), monkeypatch, depends)
    rebuild.rebuild(worlds, say=lambda _: None)
    return worlds


@pytest.fixture
def opened(browser):
    """Opens a page in a window of its own; gives it with what it complained of and what it asked for."""
    contexts = []

    def open_page(path, width=1200, height=900):
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page, complaints, requests = context.new_page(), [], []
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        return page, complaints, [url for url in requests if not url.startswith(("file:", "data:"))]

    yield open_page
    for context in contexts:
        context.close()


def overflow(page):
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_it_renders_and_asks_no_other_machine(folder, opened):
    page, complaints, outside = opened(folder / "report.html")
    assert complaints == [] and outside == []
    assert "depends on the world" in page.inner_text(".headline")
    sizes = page.evaluate("[...document.images].map(image => [image.complete, image.naturalWidth])")
    assert len(sizes) >= 15 and all(complete and width > 300 for complete, width in sizes)


def test_control_a_page_that_asks_outside_or_complains_is_noticed(tmp_path, opened):
    bad = tmp_path / "bad.html"
    bad.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.error("amiss")</script>')
    _, complaints, outside = opened(bad)
    assert outside == ["http://127.0.0.1:9/x.png"] and "amiss" in complaints


def test_the_first_screen_says_what_was_found_and_how_sure_it_is(folder, opened):
    page, _, _ = opened(folder / "report.html", 1280, 900)
    seen = page.evaluate(
        "[...document.querySelectorAll('.answer p')].filter(p => p.getBoundingClientRect().bottom <= innerHeight)"
        ".map(p => p.innerText).join(' ')"
    )
    assert "depends on the world" in seen and "Of every 100 simulated worlds" in seen
    assert "95% interval" in seen and "would move these shares by about" in seen


def test_all_of_it_is_reached_by_keyboard(folder, opened):
    """Tab reaches every link, every fold and every table that scrolls; Enter opens a fold."""
    page, _, _ = opened(folder / "report.html")
    stops = page.evaluate("document.querySelectorAll('a[href], summary, [tabindex=\"0\"]').length")
    folds = page.evaluate("document.querySelectorAll('summary').length")
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    seen = set()
    for _ in range(stops + 3):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    body = page.evaluate("[...document.querySelectorAll('*')].indexOf(document.body)")
    assert len(seen - {body}) == stops > folds > 10
    fold = page.locator("summary").nth(1)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = false)")
    fold.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 1


@pytest.mark.parametrize("width", [360, 768])
def test_a_phone_shows_it_without_scrolling_sideways(folder, opened, width):
    page, _, _ = opened(folder / "report.html", width, 740)
    assert overflow(page) <= 0
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<pre style=width:900px>x</pre>')")
    assert overflow(page) > 0, "control: something too wide is noticed"


def test_it_prints_with_figures_whole_and_tables_shown(folder, browser):
    """On paper folds are open: their tables are in the PDF, which a screen with its folds closed would not print."""
    context = browser.new_context()
    page = context.new_page()
    page.goto((folder / "report.html").as_uri())
    closed = len(page.inner_text("main"))
    page.emulate_media(media="print")
    assert len(page.inner_text("main")) > 1.5 * closed
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 8 <= pages <= 60
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"
    context.close()
