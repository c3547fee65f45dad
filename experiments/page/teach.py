"""`partnership teach`: open the page that ships with the package, set to what is to be shown."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from experiments.schema import ConfigError, configs
from sim.params import nearest

PAGE = Path(__file__).parent / "partnership.html"
CHOICES = {"failure": "lesson", "scenario": "scenario", "setup": "setup"}
"""What can be shown, and what the page's links call it."""

TAKES = (*CHOICES, "seed", "open")
EXAMPLE = "as in partnership teach failure=talking_shop seed=7"


def teach(words: list[str]) -> int:
    """Open the page; with open=false, only say where it is."""
    given = fields(words)
    link = link_to(given)
    print(f"The page: {PAGE}")
    print(f"The link: {link}")
    if given.get("open", "true") == "true" and not webbrowser.open(link):
        print("No browser could be started here: open the file in any browser, or the link to see this setting.")
    return 0


def fields(words: Sequence[str]) -> dict[str, str]:
    """The words as fields, each checked: a `ConfigError` for one that does not exist or is given twice."""
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in TAKES:
            raise ConfigError(f"{word}: partnership teach takes {', '.join(TAKES)}, {EXAMPLE}{nearest(name, TAKES)}")
        if name in given:
            raise ConfigError(f"{word}: {name} is given twice")
        given[name] = checked(name, value)
    if "failure" in given and ("scenario" in given or "setup" in given):
        raise ConfigError("a failure mode has a world and a setup of its own: give failure, or scenario and setup")
    return given


def checked(name: str, value: str) -> str:
    """The value of a field, if there is such a one."""
    if name == "seed":
        if not (value.isascii() and value.isdecimal() and int(value) < 2**63):
            raise ConfigError(f"seed={value} is out of range; seeds are whole numbers from 0 to {2**63 - 1}")
        return value
    known = ["true", "false"] if name == "open" else sorted(path.stem for path in (configs() / name).glob("*.yaml"))
    if value not in known:
        raise ConfigError(f"{name}={value}: there is none such{nearest(value, known)}; there are {', '.join(known)}")
    return value


def link_to(given: Mapping[str, str]) -> str:
    """The link that opens the page as asked."""
    named = {CHOICES.get(name, name): value for name, value in given.items() if name != "open"}
    return PAGE.as_uri() + (f"#{urlencode(named)}" if named else "")
