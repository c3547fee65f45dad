"""Pages from Jinja templates, which escape what they are given. Each room keeps its own; `base.html.j2` is for all."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from experiments import wording

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(template: str, **values: Any) -> str:
    """A page from the template at a path below `experiments/`; a value that the template lacks is an error."""
    return environment().get_template(template).render(**values)


@cache
def environment() -> Environment:
    """Jinja as our pages want it: everything is escaped, nothing is silently empty, no line holds a tag alone."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("experiments", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "base64": lambda image: base64.b64encode(image).decode(),
        "percent": wording.percent,
        "plain": wording.plain,
        "signed": wording.signed,
        "upper_first": lambda text: text[0].upper() + text[1:],
    }
    return made
