"""The documentation says what the code says: generated parts, equations, sources, links; each check with a control."""

import ast
import random
import re
from contextlib import suppress
from math import sqrt
from pathlib import Path

import pytest

from docs import generate
from sim import draws, rules
from sim.params import PARAMETERS

ROOT = Path(generate.CODE)
ODD = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8")
SUBMODELS = ODD[ODD.index("\n## 5 Initialisation") : ODD.index("\n## References")]
EVIDENCE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")

RULES = {
    node.name: node
    for name in ("shapes", "rules")
    for node in ast.parse((ROOT / "sim" / f"{name}.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
}
ARITHMETIC = {"clip", "ratio", "quantise"}  # they state no theory, so they need no source


# -- generated parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", generate.pages(), ids=lambda path: path.name)
def test_generated_parts_are_current(path):
    text = path.read_text(encoding="utf-8")
    assert generate.renewed(text) == text, f"{path.name} is out of date; `make docs` renews it"


def test_every_part_stands_in_some_page():
    text = "".join(path.read_text(encoding="utf-8") for path in generate.pages())
    assert [name for name in generate.PARTS if f"<!-- generated: {name} -->" not in text] == []


def test_a_changed_row_is_noticed_and_renewed(tmp_path, monkeypatch, capsys):
    current = generate.renewed(ODD)
    row = next(line for line in current.splitlines() if line.startswith("| `noise` |"))
    page = tmp_path / "odd.md"
    page.write_text(current.replace(row, row.replace("`noise`", "`noises`")), encoding="utf-8")
    monkeypatch.setattr(generate, "pages", lambda: [page])
    monkeypatch.setattr(generate, "CODE", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "odd.md is out of date" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert page.read_text(encoding="utf-8") == current
    assert generate.main(["--check"]) == 0


def test_text_outside_the_parts_is_left_alone_and_a_part_without_end_is_refused():
    text = "before\n<!-- generated: arms -->\nold\n<!-- end -->\nafter <!-- a comment -->\n"
    renewed = generate.renewed(text)
    assert renewed.startswith("before\n") and renewed.endswith("\nafter <!-- a comment -->\n") and "old" not in renewed
    for broken in (text.replace("<!-- end -->", ""), text.replace("arms", "no_such_part"), text + "<!-- end -->"):
        with pytest.raises(ValueError, match=r"generated|no part"):
            generate.renewed(broken)


def test_a_name_that_only_one_side_knows_is_an_error():
    with pytest.raises(ValueError, match="shadow"):
        generate.same_names("Partner", ("trust", "shadow"), ("trust",))


def test_ranks_put_a_module_above_all_it_imports_and_refuse_a_circle():
    assert generate.ranks({"a": set(), "b": {"a"}, "c": {"a", "b"}}) == {"a": 0, "b": 1, "c": 2}
    with pytest.raises(ValueError, match="circle among a, b"):
        generate.ranks({"a": {"b"}, "b": {"a"}})


# -- equations --------------------------------------------------------------------------------------------


def assigned(statement):
    """The name that a statement of an equation gives a value, or an empty string."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def equations(text):
    """The statements that lead to each rule, from the boxes marked Python: they end where a rule's name is assigned."""
    found = {}
    for box in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        statements = []
        for statement in ast.parse(box).body:
            statements.append(statement)
            name = assigned(statement)
            if name in RULES:
                assert name not in found, f"{name} has two equations"
                found[name], statements = statements, []
        assert not statements, f"these lead to no rule: {box}"
    return found


EQUATIONS = equations(SUBMODELS)


def as_functions(equations):
    """Equations as functions that know one another by name."""
    known = {"sqrt": sqrt, "min": min, "max": max}

    def function(name, statements):
        code = compile(ast.Module(statements, type_ignores=[]), name, "exec")
        arguments = [argument.arg for argument in RULES[name].args.args]

        def call(*values):
            names = {**known, **dict(zip(arguments, values, strict=True))}
            exec(code, names)
            return names[name]

        return call

    known |= {name: function(name, statements) for name, statements in equations.items()}
    return known


SIGNED = {"x", "of", "inclination", "crowding", "error"}


def argument(name, draw):
    """A level, an edge, a number of months, now and then below 0; zeros are likely, since rules turn on them."""
    if name == "pulls":
        return tuple(draw.uniform(-1, 1) for _ in range(5))
    size = draw.choice((0.0, 1.0, draw.random(), draw.random(), 24 * draw.random(), float(draw.randrange(50))))
    return -size if name in SIGNED and draw.random() < 0.5 else size


def disagreements(name, equation, tries=400):
    """How many of the tries the equation and the rule come to other numbers in, and in how many both come to one."""
    rule = getattr(getattr(rules, name), "py_func", getattr(rules, name))
    draw, apart, defined = random.Random(name), 0, 0
    for _ in range(tries):
        values = [argument(given.arg, draw) for given in RULES[name].args.args]
        with suppress(ZeroDivisionError):
            expected = rule(*values)
            defined += 1
            try:
                apart += equation(*values) != expected
            except (ZeroDivisionError, ValueError):
                apart += 1
    return apart, defined


def spoilt(statements):
    """The same equation with its first operator, or else its first number, changed."""
    opposite = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
    copy = ast.parse(ast.unparse(ast.Module(statements, type_ignores=[])))
    nodes = list(ast.walk(copy))
    operation = next((node for node in nodes if isinstance(node, ast.BinOp)), None)
    compared = next((node for node in nodes if isinstance(node, ast.Compare)), None)
    if operation is not None:
        operation.op = opposite[type(operation.op)]()
    elif compared is not None:
        compared.ops = [ast.GtE() if isinstance(compared.ops[0], ast.Lt) else ast.LtE()]
    else:
        next(node for node in nodes if isinstance(node, ast.Constant)).value += 1
    return copy.body


def test_every_rule_has_its_equation_in_the_description():
    assert set(EQUATIONS) == set(RULES)


def signatures(text):
    """What the comment above each rule says of its arguments, and the rule, from the boxes marked Python."""
    boxes = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    blocks = re.findall(r"((?:^# .*\n)+)((?:^[^#\n].*\n)+)", "\n".join(boxes), re.MULTILINE)
    return {assigned(ast.parse(code).body[-1]): comment.replace("\n# ", " ")[2:-1] for comment, code in blocks}


def test_every_equation_names_its_arguments_in_their_order():
    expected = {name: f"{name}({', '.join(given.arg for given in rule.args.args)})" for name, rule in RULES.items()}
    assert signatures(SUBMODELS) == expected
    spoilt_order = SUBMODELS.replace("# given(effort, cost_shift)", "# given(cost_shift, effort)")
    assert signatures(spoilt_order) != expected, "control"


@pytest.mark.parametrize("name", RULES)
def test_an_equation_comes_to_what_its_rule_does_to_the_last_bit(name):
    apart, defined = disagreements(name, as_functions(EQUATIONS)[name])
    assert apart == 0
    assert defined > 100


@pytest.mark.parametrize("name", RULES)
def test_a_spoilt_equation_is_noticed(name):
    apart, _ = disagreements(name, as_functions({**EQUATIONS, name: spoilt(EQUATIONS[name])})[name])
    assert apart > 10


def test_the_worked_draw_is_what_the_generator_gives():
    words = draws.block(5 * 2**32 + 7, 3, 12, 4, draws.ENCOUNTER)
    numbers = [*words, draws.uniform(words[0]), *draws.halves(words[1]), draws.triangular(words[2])]
    assert [number for number in numbers if repr(number) not in SUBMODELS] == []
    assert repr(draws.uniform(words[1])) not in SUBMODELS, "control"


# -- sources ----------------------------------------------------------------------------------------------

KEY = re.compile(
    r"\b(?:HImP|HWB|NHSPlan|KingsFund|PCG)\b"
    r"|Gittell 2002|Tudor Hart 1971"
    r"|(?:[A-Z][a-z]+, )*[A-Z][a-z]+ (?:& [A-Z][a-z]+|et al\.)(?: \d{4})?"
)
EXPLAINED = set(re.findall(r"^\| \*\*(.+?)\*\* \|", EVIDENCE, re.MULTILINE))


def keys_in(text):
    return set(KEY.findall(" ".join(text.split())))


def sources_of_the_code():
    """Every source key in the code, its comments and its configurations, and where it stands."""
    files = [path for folder in ("sim", "experiments", "configs") for path in sorted((ROOT / folder).rglob("*.*"))]
    texts = {path: path.read_text(encoding="utf-8") for path in files if path.suffix in (".py", ".yaml")}
    return {key: path.relative_to(ROOT) for path, text in texts.items() for key in keys_in(text)}


def test_every_source_of_the_code_is_explained():
    assert {key: str(path) for key, path in sources_of_the_code().items() if key not in EXPLAINED} == {}


def test_every_source_of_a_parameter_is_explained():
    named = {key for parameter in PARAMETERS for key in parameter.source.split("; ")}
    assert named - EXPLAINED == set()


def test_keys_are_found_however_they_are_written():
    text = "(HImP; Provan & Milward 1995), and Fulop\n    et al. 2002; Salmon, Moraes, Dror & Shaw 2011. Nobody et al."
    keys = {"HImP", "Provan & Milward 1995", "Fulop et al. 2002", "Salmon, Moraes, Dror & Shaw 2011", "Nobody et al."}
    assert keys_in(text) == keys
    assert keys - EXPLAINED == {"Nobody et al."}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_docstring_that_names_a_source_or_says_assumption(name):
    text = ast.get_docstring(RULES[name]) or ""
    assert text
    assert name in ARITHMETIC or keys_in(text) & EXPLAINED or "Assumption" in text


# -- links ------------------------------------------------------------------------------------------------


def anchors(text):
    """The names GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path):
    """Relative links of a page whose file, or whose heading in it, is not there."""
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    found = []
    for link in links:
        file, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", file):
            continue
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(link)
    return found


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *generate.pages(), *sorted((ROOT / "docs" / "decisions").glob("*.md"))],
    ids=lambda path: path.name,
)  # fmt: skip
def test_every_relative_link_leads_somewhere(path):
    assert broken_links(path) == []


def test_a_broken_link_is_noticed(tmp_path):
    (tmp_path / "other.md").write_text("# A heading: with `code`\n", encoding="utf-8")
    page = tmp_path / "page.md"
    good = "[a](other.md) [b](other.md#a-heading-with-code) [c](https://example.org/gone) [d](#here)\n# Here\n"
    page.write_text(good + "[e](gone.md) [f](other.md#gone) [g](#gone)\n", encoding="utf-8")
    assert broken_links(page) == ["gone.md", "other.md#gone", "#gone"]
