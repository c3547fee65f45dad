"""Renew the parts of the documentation that are made from the code.

    python -m docs.generate            renew them
    python -m docs.generate --check    only compare; exit 1 if any is out of date

A part stands between `<!-- generated: name -->` and `<!-- end -->` in a page of docs/, and `PARTS` says how it is
made. What code cannot say of itself, the meaning of a state variable or of a draw, stands in `docs/meanings.py`; a name
that is missing on either side is an error.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from docs.kept import PARTS_OF_THE_RECORD, table
from docs.meanings import CARRIED, DECISIONS, ENCOUNTER, ISSUE, PARTNER, PARTNERSHIP, REACHED, SHARED, Meanings
from sim import draws, outcomes, params, rules, shapes, state
from sim.params import Parameter
from sim.state import Reading
from sim.tables import Schema

DOCS = Path(__file__).parent
CODE = DOCS.parent
PART = re.compile(r"<!-- generated: (\w+) -->((?!<!-- generated).)*?<!-- end -->", re.DOTALL)

COLUMNS = "name|default|range|unit|whole|box|why not in the box|meaning|source"
KINDS = {
    "lever": "Levers: ours to set when a partnership is set up",
    "uncertainty": "Uncertainties: they belong to the world",
    "design": "Design: what the experimenter fixes",
    "measure": "Measures: they decide only how a run is read",
}

# -- parts ------------------------------------------------------------------------------------------------


def number(parameter: Parameter, value: float) -> str:
    """A value as a reader would write it."""
    return ("off", "on")[int(value)] if parameter.unit == "switch" else f"{value:g}"


def parameter_row(parameter: Parameter) -> list[str]:
    """A row of the table; the first sector, and the first issue, stand for all of them."""
    low, high, default = (number(parameter, x) for x in (parameter.low, parameter.high, parameter.default))
    box = f"{parameter.box[0]:g} to {parameter.box[1]:g}" if parameter.box else ""
    whole = "yes" if parameter.integer else ""
    meaning = [parameter.unit, whole, box, parameter.outside, parameter.meaning, parameter.source]
    until = {
        "sector_": f", to sector {params.SECTORS}",
        "need_": f", to issue {params.MOST_ISSUES}",
        "schedule_": f", to entry {params.ENTRIES}",
    }
    more = "".join(text for start, text in until.items() if parameter.name.startswith(start))
    span = f"{low} or {high}" if low == "off" else f"{low} to {high}"
    if parameter.least:
        span = f"0, or {number(parameter, parameter.least)} to {high}"
    return [f"`{parameter.name}`{more}", default, span, *meaning]


def repeats(name: str) -> bool:
    """Whether a parameter says of a further sector, issue or entry of a schedule what another says of the first."""
    kind, _, rest = name.partition("_")
    return kind in ("sector", "need", "schedule") and rest.split("_")[0] != "1"


def parameters() -> str:
    """Every parameter, by whose it is."""
    parts = []
    for kind, heading in KINDS.items():
        all_of_kind = [parameter for parameter in params.PARAMETERS if parameter.kind == kind]
        rows = [parameter_row(parameter) for parameter in all_of_kind if not repeats(parameter.name)]
        parts.append(f"**{heading}** ({len(all_of_kind)})\n\n" + table(COLUMNS, rows))
    return "\n\n".join(parts)


def channels() -> str:
    """The strengths by which structure and purpose act on anything else."""
    stocks = ("structure", "purpose")
    rows = [
        (stock, ", ".join(f"`{parameter.name}`" for parameter in params.PARAMETERS if parameter.channel == stock))
        for stock in stocks
    ]
    return table("effects of|strengths", rows)


def feedbacks() -> str:
    """A diagram of what structure and purpose reach, and what builds them, from the list of strengths."""
    lines = ["```mermaid", "flowchart LR", "  effort([effort of partners]) --> structure", "  effort --> purpose"]
    for stock in ("structure", "purpose"):
        names = [parameter.name for parameter in params.PARAMETERS if parameter.channel == stock]
        lines += [f"  {stock} -- {name} --> {REACHED[name]}" for name in names]
    lines += [f"  {start} --> {end}" for start, end in CARRIED]
    same_names("channels", (parameter.name for parameter in params.PARAMETERS if parameter.channel), REACHED)
    return "\n".join([*lines, "```"])


def arms() -> str:
    """What each arm sets; an empty cell is left to the parameter's own value."""
    names = list(dict.fromkeys(name for values in params.SETUPS.values() for name in values))
    rows = [
        (f"`{arm}`", *(number(params.BY_NAME[name], values[name]) if name in values else "" for name in names))
        for arm, values in params.SETUPS.items()
    ]
    return table("arm|" + "|".join(f"`{name}`" for name in names), rows)


def states() -> str:
    """Every column of the state, entity by entity."""
    entities: tuple[tuple[str, Schema, Meanings], ...] = (
        ("Partner", state.PARTNER, PARTNER),
        ("Partnership", state.PARTNERSHIP, PARTNERSHIP),
        ("Issue", state.ISSUE, ISSUE),
        ("Encounter", state.ENCOUNTER, ENCOUNTER),
    )
    parts = []
    for entity, schema, meanings in entities:
        same_names(entity, schema.names, meanings)
        rows = ((f"`{name}`", *meanings[name]) for name in schema.names)
        parts.append(f"**{entity}**\n\n" + table("variable|range|at launch|meaning", rows))
    return "\n\n".join(parts)


def rule_names() -> list[str]:
    """Every rule, and every shape that rules are made of."""
    files = (Path(module.__file__) for module in (shapes, rules))
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in files)
    return [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]


def shared_names() -> str:
    """Names that the code gives to more than one thing."""
    kinds: dict[str, Iterable[str]] = {
        "parameter": params.NAMES,
        "rule": rule_names(),
        "arm": params.SETUPS,
        "state of a partner": state.PARTNER.names,
        "state of the partnership": state.PARTNERSHIP.names,
        "state of an issue": state.ISSUE.names,
        "state of an encounter": state.ENCOUNTER.names,
    }
    standing: dict[str, list[str]] = {}
    for kind, names in kinds.items():
        for name in names:
            standing.setdefault(name, []).append(kind)
    several = {name: standing[name] for name in sorted(standing) if len(standing[name]) > 1}
    same_names("names", several, SHARED)
    rows = ((f"`{name}`", ", ".join(found), SHARED[name]) for name, found in several.items())
    return table("name|stands for|which is which", rows)


def readings(rows: Iterable[Reading]) -> str:
    return table("name|unit|meaning", ((f"`{row.name}`", row.unit, row.meaning) for row in rows))


def decisions_drawn() -> str:
    """The address of every draw."""
    numbers = {name: n for name, n in vars(draws).items() if name.isupper() and name != "MASK"}
    same_names("draws", numbers, DECISIONS)
    return table(
        "number|decision|month|who|words", ((str(n), f"`{name}`", *DECISIONS[name]) for name, n in numbers.items())
    )


def same_names(what: str, code: Iterable[str], here: Iterable[str]) -> None:
    """Raise `ValueError` for a name that only the code has, or only this file."""
    apart = set(code) ^ set(here)
    if apart:
        raise ValueError(f"{what}: {', '.join(sorted(apart))} must stand both in the code and in docs/meanings.py")


def about(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def imported(path: Path) -> set[str]:
    """The modules of `sim` that a module of it imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "sim":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim."):
            found.add(str(node.module).removeprefix("sim."))
    return found


def ranks(needs: Mapping[str, set[str]]) -> dict[str, int]:
    """How far up each module stands: 0 imports none, others one above the highest they import."""
    found: dict[str, int] = {}
    while len(found) < len(needs):
        ready = {name for name, below in needs.items() if name not in found and below <= set(found)}
        if not ready:
            raise ValueError(f"imports run in a circle among {', '.join(sorted(set(needs) - set(found)))}")
        found |= {name: max((found[below] + 1 for below in needs[name]), default=0) for name in ready}
    return found


def modules() -> str:
    """The modules of the model, from those that import none of the others upwards."""
    paths = {path.stem: path for path in sorted((CODE / "sim").glob("*.py")) if path.stem != "__init__"}
    needs = {name: imported(path) for name, path in paths.items()}
    order = sorted(ranks(needs).items(), key=lambda item: (item[1], item[0]))
    rows = (
        (
            str(rank),
            f"[`{name}`](../sim/{name}.py)",
            about(paths[name]),
            ", ".join(f"`{n}`" for n in sorted(needs[name])),
        )
        for name, rank in order
    )
    return table("rank|module|what it is|imports", rows)


def jobs() -> str:
    """The modules of the studies, room by room."""
    folder = CODE / "experiments"
    paths = sorted((path for path in folder.rglob("*.py") if path.stem != "__init__"), key=lambda p: (len(p.parts), p))
    names = [path.relative_to(folder).as_posix() for path in paths]
    rows = ((f"[`{name}`](../experiments/{name})", about(path)) for name, path in zip(names, paths, strict=True))
    return table("module|what it is", rows)


def decision_records() -> str:
    """The decision records, by number."""
    rows = []
    for path in sorted((DOCS / "decisions").glob("*.md")):
        heading, _, _ = path.read_text(encoding="utf-8").partition("\n")
        place, _, title = heading.lstrip("# ").partition(". ")
        rows.append((place, f"[{title}](decisions/{path.name})"))
    return table("number|decision", rows)


def claims() -> str:
    """The judgements on claims as `make claims` left them in docs/claims.csv."""
    rows = []
    with (DOCS / "claims.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            shares = [f"{100 * float(row[f'{side}_share']):.0f}%" for side in ("for", "against")]
            effect = f"{round(float(row['effect']), 3) + 0.0:+.3f}".replace("+0.000", "0.000")
            link = f"[{row['name']}](../configs/claim/{row['name']}.yaml)"
            word = "not judged" if row["kind"] == "identity" else f"**{row['judgement']}**"
            size = " to ".join(f"{float(row[end]):+.3f}" for end in ("least", "most"))
            rows.append((row["key"], row["statement"], row["kind"], word, *shares, effect, size, row["worlds"], link))
    return table("|claim|kind|judgement|for|against|mean difference|least to most|worlds|file", rows)


PARTS: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "channels": channels,
    "feedbacks": feedbacks,
    "arms": arms,
    "states": states,
    "names": shared_names,
    "series": lambda: readings(state.SERIES),
    "outcomes": lambda: readings(outcomes.OUTCOMES),
    "draws": decisions_drawn,
    "modules": modules,
    "jobs": jobs,
    "decisions": decision_records,
    "claims": claims,
    **PARTS_OF_THE_RECORD,
}


# -- pages ------------------------------------------------------------------------------------------------


def renewed(text: str) -> str:
    """A page with its generated parts as they should be; `ValueError` for a part that has no end, or no maker."""
    names = PART.findall(text)
    if len(names) != text.count("<!-- generated:") or len(names) != text.count("<!-- end -->"):
        raise ValueError("each <!-- generated: name --> takes one <!-- end -->")
    unknown = {name for name, _ in names} - set(PARTS)
    if unknown:
        raise ValueError(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return PART.sub(lambda found: f"<!-- generated: {found[1]} -->\n\n{PARTS[found[1]]()}\n\n<!-- end -->", text)


def pages() -> list[Path]:
    return sorted([*DOCS.glob("*.md"), *DOCS.glob("forecasts/*.md")])


def main(words: list[str]) -> int:
    """Renew the pages, or with `--check` name those out of date; returns the exit code."""
    if words not in ([], ["--check"]):
        print("usage: python -m docs.generate [--check]", file=sys.stderr)
        return 2
    stale = [path for path in pages() if renewed(path.read_text(encoding="utf-8")) != path.read_text(encoding="utf-8")]
    for path in stale:
        if words:
            print(f"{path.relative_to(CODE)} is out of date; `make docs` renews it", file=sys.stderr)
        else:
            path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
            print(f"renewed {path.relative_to(CODE)}")
    return 1 if words and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
