"""Renew the parts of the documentation that are made from the code.

    python -m docs.generate            renew them
    python -m docs.generate --check    only compare; exit 1 if any is out of date

A part stands between `<!-- generated: name -->` and `<!-- end -->` in a page of docs/, and `PARTS` says how it is
made. What code cannot say of itself, the meaning of a state variable or of a draw, stands here; a name that is
missing on either side is an error.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from sim import draws, outcomes, params, state
from sim.params import Parameter
from sim.state import Reading
from sim.tables import Schema

DOCS = Path(__file__).parent
CODE = DOCS.parent
PART = re.compile(r"<!-- generated: (\w+) -->((?!<!-- generated).)*?<!-- end -->", re.DOTALL)

KINDS = {
    "lever": "Levers: ours to set when a partnership is set up",
    "uncertainty": "Uncertainties: they belong to the world",
    "design": "Design: what the experimenter fixes",
    "measure": "Measures: they decide only how a run is read",
}

Meanings = Mapping[str, tuple[str, str, str]]
"""name: what there is to say of it, column by column"""

# variable: (range, at launch, meaning)

PARTNER: Meanings = {
    "present": ("0, 1", "fixed for a world", "1 for a partner of the run; 0 for a spare row, which takes no part"),
    "small": ("0, 1", "fixed for a world", "1 for a small (voluntary) partner"),
    "capacity": ("at least `smallest_capacity`", "drawn", "working capacity a month; the mean of large partners is 1"),
    "accountability": ("[0, 1]", "drawn", "how far it answers, on its own account, for what the partnership delivers"),
    "start_commitment": ("[0, 1]", "drawn", "commitment at launch, to which turnover leads back"),
    "commitment": ("[0, 1]", "`start_commitment`", "ownership and willingness"),
    "alignment": ("[0, 1]", "0", "how far its people understand and follow the shared aims"),
    "trust_sum": ("at least 0", "sum of its row of `trust`", "sum of its trust in all others, kept up to date"),
    "trust": ("[0, 1]", "`start_trust`", "`trust_sum / (n_partners - 1)`: mean effort it expects of the others"),
    "effort": ("[0, 1]", "`initial_trust`", "share of its capacity it gave in the month last played"),
    "cost_shift": ("[0, 1]", "0", "share of its burden it pushed onto others in the month last played"),
    "shift_weight": ("above 0", "fixed for a world", "its capacity for each unit of the others' capacity"),
    "shifted": ("at least 0", "none", "what that weighs on others, for each unit of their capacity (7.3)"),
    "burden": ("[0, 1]", "0", "share of its hours that meetings took in the month last played"),
    "work": ("at least 0", "0", "effective hours on issues this month"),
    "heard": ("at least 0", "0", "weight of what it heard this month in encounters it called"),
    "heard_back": ("at least 0", "0", "weight of what it heard in encounters that others called"),
    "given": ("[-1, 1]", "none", "effort less cost shifting: what others may see of it"),
    "conviction": ("[0, 1]", "none", "how well it speaks of the shared aims"),
    "voice": ("[0, 1]", "fixed for a world", "how far it is heard as itself: 1, or less under an umbrella"),
    "seat_share": ("(0, 1]", "fixed for a world", "part of a seat's load it carries: 1, or less under an umbrella"),
    "endorsed": ("0, 1", "0", "whether it has signed up; it stays signed until a relaunch"),
    "effort_sum": ("at least 0", "0", "effort summed over the months so far"),
}

PARTNERSHIP: Meanings = {
    "n_small": ("0 to n", "fixed for a world", "number of small partners"),
    "total": ("above 0", "fixed for a world", "sum of capacity"),
    "root_total": ("above 0", "fixed for a world", "sum of the square roots of capacity"),
    "leader": ("index", "fixed for a world", "partner of largest capacity, lowest index"),
    "seats": ("1 to n", "fixed for a world", "seats at the table"),
    "start_trust": ("[0, 1]", "`quantise(initial_trust)`", "trust at launch, to which shocks lead back"),
    "alone_results": ("[0, 1]", "fixed for a world", "monthly results if every partner acted alone"),
    "alone_outcome": ("[0, 1]", "0", "what the population would have gained had every partner acted alone"),
    "structure": ("[0, 1]", "0", "boards, agreements, named owners"),
    "fit": ("[0, 1]", "`fit_floor`", "how well what was built suits what it is for"),
    "purpose": ("[0, 1]", "0", "capacity-weighted mean alignment"),
    "outcome": ("[0, 1]", "0", "what the population has gained"),
    "age": ("months", "0", "months since launch or relaunch"),
    "ended": ("0, 1", "`alone`", "1 once there is no partnership, and everyone acts alone"),
    "axed": ("0, 1", "0", "1 once a review has ended it"),
    "early": ("[0, 1]", "`early_emphasis`", "the setup now in force: emphasis in the first half of setup"),
    "late": ("[0, 1]", "`late_emphasis`", "emphasis in the second half of setup"),
    "upkeep": ("[0, 1]", "`upkeep_emphasis`", "emphasis after setup"),
    "emphasis": ("[0, 1]", "none", "share of this month's setup that goes to structure"),
    "setup_share": ("[0, 1]", "none", "share of free hours spent on setup, or on upkeep, this month"),
    "structure_hours": ("at least 0", "none", "effective hours on structure this month"),
    "purpose_hours": ("at least 0", "none", "effective hours on purpose this month"),
    "results": ("[0, 1]", "none", "this month's results"),
    "expectation": ("at least 0", "none", "what partners expect by now; 0 where there is no partnership"),
    "worst_issue": ("index", "0", "issue worst served in the month before"),
    "cycle_outcome": ("at least 0", "0", "outcome summed over the months of this cycle"),
    "cycle_expectation": ("at least 0", "0", "expectation summed over them"),
    "cycle_age": ("months", "0", "number of them"),
    "cycles": ("whole number", "0", "cycles that have ended"),
    "before_mean": ("at least 0", "none", "mean outcome of the cycle that ended last"),
    "before_early": ("[0, 1]", "none", "its setup: early emphasis"),
    "before_late": ("[0, 1]", "none", "late emphasis"),
    "before_upkeep": ("[0, 1]", "none", "emphasis in upkeep"),
}

ISSUE: Meanings = {
    "need": ("(0, 1], sum 1", "fixed for a world", "its part of what the population needs"),
    "common": ("(0, 1)", "drawn", "weight of the issue in what all partners care for, before it is divided by the sum"),
    "mean_agenda": ("[0, 1], sum 1", "fixed for a world", "capacity-weighted mean of its share in partners' agendas"),
    "natural_owner": ("index", "fixed for a world", "largest capacity times agenda share: whom a board would name"),
    "owner": ("index or -1", "-1", "partner answerable for it; -1 for nobody"),
}

ENCOUNTER: Meanings = {
    "first": ("(0, 1)", "none", "chance that decides the first candidate"),
    "second": ("(0, 1)", "none", "chance that decides the second candidate"),
    "board": ("(0, 1)", "none", "chance that decides whether it is at the board"),
    "error": ("[-2, 2]", "none", "how much the caller missees"),
    "error_back": ("[-2, 2]", "none", "how much the other missees"),
    "other": ("index", "none", "whom the caller meets"),
    "trust": ("[0, 1]", "none", "the caller's trust in the other, as it stood"),
    "change": ("[-10, 2]", "none", "change of the caller's trust in the other, before it is held within [0, 1]"),
    "change_back": ("[-10, 2]", "none", "change of the other's trust in the caller"),
    "heard_back": ("[0, 1]", "none", "weight of what the other heard"),
}

# decision: (month, who, words); where a row says "issue k" it takes block `number + k // 4`, word `k % 4`

DECISIONS: Meanings = {
    "CAPACITY_AND_ACCOUNTABILITY": ("0", "partner", "capacity `u0 + u1 - 1`; accountability `u2 + u3 - 1`"),
    "COMMITMENT": ("0", "partner", "`u0 + u1 - 1`"),
    "AGENDA": ("0", "partner", "own priority for issue k"),
    "COMMON_AGENDA": ("0", "0", "common priority for issue k"),
    "TURNOVER": ("month", "partner // 4", "word partner % 4: turnover if below `turnover_prob`"),
    "ORPHANING": ("month", "partner", "issue k, if this partner owns it: orphaned if below `turnover_loss`"),
    "REORGANISATION": ("month", "0", "`u0`: reorganisation if below `reorganisation_prob`"),
    "LOST_OWNERS": ("month", "0", "issue k: its owner is lost if below `reorganisation_loss`"),
    "RELAUNCH": ("month", "0", "`u0`: learns if below `learning_prob`"),
    "OWNERSHIP": ("month", "issue", "`u0` named from above, `u1` who is asked, `u2` whether it volunteers"),
    "ENCOUNTER": ("month", "calling partner", "see 7.6; one block for each encounter called"),
}


# -- parts ------------------------------------------------------------------------------------------------


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; `head` names the columns, with | between them."""
    columns = [name.strip() for name in head.split("|")]
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(parameter: Parameter, value: float) -> str:
    """A value as a reader would write it."""
    return ("off", "on")[int(value)] if parameter.unit == "switch" else f"{value:g}"


def parameter_row(parameter: Parameter) -> list[str]:
    """A row of the table; the first sector, and the first issue, stand for all of them."""
    low, high, default = (number(parameter, x) for x in (parameter.low, parameter.high, parameter.default))
    box = f"{parameter.box[0]:g} to {parameter.box[1]:g}" if parameter.box else ""
    meaning = [parameter.unit, box, parameter.meaning, parameter.source]
    until = {"sector_": f", to sector {params.SECTORS}", "need_": f", to issue {params.MOST_ISSUES}"}
    more = "".join(text for start, text in until.items() if parameter.name.startswith(start))
    span = f"{low} or {high}" if low == "off" else f"{low} to {high}"
    if parameter.least:
        span = f"0, or {number(parameter, parameter.least)} to {high}"
    return [f"`{parameter.name}`{more}", default, span, *meaning]


def repeats(name: str) -> bool:
    """Whether a parameter says of a further sector, or issue, what another says of the first."""
    kind, _, rest = name.partition("_")
    return name in params.COMPOSITION and kind in ("sector", "need") and rest.split("_")[0] != "1"


def parameters() -> str:
    """Every parameter, by whose it is."""
    parts = []
    for kind, heading in KINDS.items():
        all_of_kind = [parameter for parameter in params.PARAMETERS if parameter.kind == kind]
        rows = [parameter_row(parameter) for parameter in all_of_kind if not repeats(parameter.name)]
        parts.append(
            f"**{heading}** ({len(all_of_kind)})\n\n" + table("name|default|range|unit|box|meaning|source", rows)
        )
    return "\n\n".join(parts)


def channels() -> str:
    """The strengths by which structure and purpose act on anything else."""
    stocks = ("structure", "purpose")
    rows = [
        (stock, ", ".join(f"`{parameter.name}`" for parameter in params.PARAMETERS if parameter.channel == stock))
        for stock in stocks
    ]
    return table("effects of|strengths", rows)


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
        raise ValueError(f"{what}: {', '.join(sorted(apart))} must stand both in the code and in docs/generate.py")


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
            rows.append((row["key"], row["statement"], f"**{row['judgement']}**", *shares, effect, row["worlds"], link))
    return table("|claim|judgement|for|against|mean difference|worlds|file", rows)


PARTS: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "channels": channels,
    "arms": arms,
    "states": states,
    "series": lambda: readings(state.SERIES),
    "outcomes": lambda: readings(outcomes.OUTCOMES),
    "draws": decisions_drawn,
    "modules": modules,
    "jobs": jobs,
    "decisions": decision_records,
    "claims": claims,
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
    return sorted(DOCS.glob("*.md"))


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
