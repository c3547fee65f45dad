"""`partnership teach`: open the page that ships with the package, set to what is to be shown."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from experiments.config.arguments import integer
from experiments.config.folders import configs, options_of
from experiments.errors import ConfigError, among

PAGE = Path(__file__).parent.parent / "page" / "partnership.html"
CHOICES = {"failure": "lesson", "scenario": "scenario", "setup": "setup"}
"""What can be shown, and what the page's links call it."""


def teach(given: Mapping[str, str]) -> int:
    """Open the page; with open=false, only say where it is."""
    require_displayable(given)
    link = link_to(given)
    print(f"The page: {PAGE}")
    print(f"The link: {link}")
    if given.get("open", "true") == "true" and not webbrowser.open(link):
        print("No browser could be started here: open the file in any browser, or the link to see this setting.")
    return 0


def require_displayable(given: Mapping[str, str]) -> None:
    """Raise `ConfigError` for a value that the page could not show."""
    for name, value in given.items():
        if name == "seed":
            integer("seed", value, 0, 2**63 - 1)
        else:
            among(value, ("true", "false") if name == "open" else options_of((configs(),), name), name)
    if "failure" in given and ("scenario" in given or "setup" in given):
        raise ConfigError("a failure mode has a world and a setup of its own: give failure, or scenario and setup")


def link_to(given: Mapping[str, str]) -> str:
    """The link that opens the page as asked."""
    named = {CHOICES.get(name, name): value for name, value in given.items() if name != "open"}
    return PAGE.as_uri() + (f"#{urlencode(named)}" if named else "")
