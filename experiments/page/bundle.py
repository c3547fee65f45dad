"""Put the page together: style, modules, data and engine become one file that needs nothing else.

The modules in `src/` are plain ES modules with named imports and exports. Modules inside one file cannot import each
other, so each becomes a function that returns its exports, in the order they need each other. A module that uses what
this does not understand is refused, not guessed at.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from experiments.errors import ConfigError

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|const|let|class)) ([\w$]+)", re.MULTILINE)
PLACE = re.compile(r"<!-- (\w+) -->")

POLICY = (
    "default-src 'none'; script-src '{script}' 'wasm-unsafe-eval'; style-src '{style}'; "
    "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
)
"""What the browser lets the page do: run its own script and style, start its worker, and ask nobody for anything."""


class BundleError(ConfigError):
    """A module that cannot be put into one file."""


def assemble(src: Path, data: dict[str, Any], wasm: bytes) -> str:
    """The page as one text, from its sources, its data and the engine."""
    style = f"\n{(src / 'style.css').read_text(encoding='utf-8')}"
    script = f"\n{bundle(src, 'main.js')}"
    parts = {
        "policy": POLICY.format(script=fingerprint(script), style=fingerprint(style)),
        "style": f"<style>{style}</style>",
        "data": block("data", "application/json", as_json(data)),
        "wasm": block("wasm", "application/octet-stream", base64.b64encode(wasm).decode()),
        "worker": block("worker", "text/plain", bundle(src, "worker.js")),
        "script": f'<script type="module">{script}</script>',
    }
    page = (src / "index.html").read_text(encoding="utf-8")
    wanted = PLACE.findall(page)
    if sorted(wanted) != sorted(parts):
        raise BundleError(f"index.html has places for {', '.join(wanted)}; there are {', '.join(parts)}")
    parts["policy"] = f'<meta http-equiv="Content-Security-Policy" content="{parts["policy"]}">'
    return PLACE.sub(lambda place: parts[place[1]], page)


def fingerprint(text: str) -> str:
    """The hash by which a content security policy knows a script or a style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def block(name: str, kind: str, text: str) -> str:
    """Something to be read, not run. Text that would end the block early is refused."""
    if "</script" in text.lower() or "<!--" in text:
        raise BundleError(f"{name} holds text that ends a script")
    return f'<script type="{kind}" id="{name}">{text}</script>'


def as_json(data: dict[str, Any]) -> str:
    """JSON that may stand inside a page: no markup, and the same bytes every time."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def bundle(src: Path, entry: str) -> str:
    """A module and all it needs, as one."""
    order: list[str] = []
    visit(src, entry, order, ())
    return "".join(wrapped(src, name, name == entry) for name in order)


def visit(src: Path, name: str, order: list[str], above: tuple[str, ...]) -> None:
    """Add to `order` what a module needs, then the module."""
    if name in above:
        raise BundleError(f"{' -> '.join((*above, name))}: modules import each other in a circle")
    if name in order:
        return
    if not (src / name).is_file():
        raise BundleError(f"{above[-1]} imports {name}, which is not there")
    for _, needed in IMPORT.findall((src / name).read_text(encoding="utf-8")):
        visit(src, needed, order, (*above, name))
    order.append(name)


def wrapped(src: Path, name: str, last: bool) -> str:
    """A module as a function that returns its exports; the last one stands open."""
    text = (src / name).read_text(encoding="utf-8")
    imports = "".join(
        f"const {{{names.strip().rstrip(',').replace(' as ', ': ')}}} = {variable(needed)};\n"
        for names, needed in IMPORT.findall(text)
    )
    exports = [exported for _, exported in EXPORT.findall(text)]
    body = EXPORT.sub(r"\1 \2", IMPORT.sub("", text))
    odd = re.search(r"^(import|export)\b.*", body, re.MULTILINE)
    if odd:
        raise BundleError(f"{name}: '{odd[0]}' is a form that the page's bundle does not take")
    if last:
        return f"// {name}\n{imports}{body}"
    return f"// {name}\nconst {variable(name)} = (() => {{\n{imports}{body}return {{{', '.join(exports)}}};\n}})();\n"


def variable(name: str) -> str:
    """The name of a module in the bundle."""
    return f"module_{name.removesuffix('.js').replace('-', '_')}"
