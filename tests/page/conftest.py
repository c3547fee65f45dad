"""A browser for the tests of the page."""

import shutil

import pytest

from experiments.page import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LISTEN = """
const Plain = Worker;
window.Worker = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => { if (data.found) window.worldsFound = data.found; });
  }
};
"""
"""Keeps what the background worker sends, for a test to read."""


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window; tests that need it are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser):
    """Opens the page; afterwards nothing may have gone wrong on it, and nobody been asked for anything."""
    contexts, wrong = [], []

    def open_page(fragment="", size=(1440, 900), motion="no-preference"):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion=motion, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.add_init_script(LISTEN)
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "blob:")) or wrong.append(asked.url))
        page.on("dialog", lambda dialog: wrong.append(f"script run: {dialog.message}"))
        page.goto(f"{build.PAGE.as_uri()}{'#' if fragment else ''}{fragment}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
