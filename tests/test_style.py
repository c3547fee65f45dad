"""What a reader may count on in every file: its length, its docstrings, and names that a search finds."""

import ast
import re
from collections import defaultdict

from tests.faults import ROOT

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50

PATHS = [
    path for folder in ("sim", "experiments", "tests", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py")
]
CODE = [path for path in PATHS if path.relative_to(ROOT).parts[0] in ("sim", "experiments")]


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path):
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines(node):
    """Lines of a function, from its first decorator to its end."""
    return node.end_lineno - min([node.lineno, *(one.lineno for one in node.decorator_list)]) + 1


def test_no_module_is_too_long_and_no_function():
    long = {str(path.relative_to(ROOT)) for path in PATHS if path.read_text(encoding="utf-8").count("\n") > MOST_LINES}
    long |= {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in PATHS
        for node in functions(path)
        if lines(node) > MOST_LINES_OF_A_FUNCTION
    }
    assert not long


def undocumented(node):
    """Public functions, classes and methods below a node that have no docstring."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and not child.name.startswith("_"):
            setter = any(isinstance(one, ast.Attribute) and one.attr == "setter" for one in child.decorator_list)
            if ast.get_docstring(child) is None and not setter:
                yield child.name
            if isinstance(child, ast.ClassDef):
                yield from (f"{child.name}.{name}" for name in undocumented(child))


def test_everything_public_has_a_docstring():
    assert not {str(path.relative_to(ROOT)): names for path in CODE if (names := list(undocumented(tree(path))))}


def test_one_without_would_be_seen():
    text = 'def f():\n    pass\nclass C:\n    """C."""\n    def m(self):\n        pass\n    def _p(self):\n        pass'
    assert list(undocumented(ast.parse(text))) == ["f", "C.m"]


# -- names ------------------------------------------------------------------------------------------------

GLOSSARY = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("### Words not used as names")[1]
AVOIDED = {word for row in re.findall(r"^\| (`.*?) \|", GLOSSARY, re.M) for word in re.findall(r"`(\w+)`", row)}
MOST_MODULES = 3


def names(text):
    """Every name that a text gives to something, or uses."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def names_at_top(path):
    """What a module defines for others: functions, classes and constants."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def test_words_that_mean_several_things_are_no_names():
    assert {"told", "found", "luck"} <= AVOIDED
    used = {str(path.relative_to(ROOT)): AVOIDED & set(names(path.read_text(encoding="utf-8"))) for path in CODE}
    assert not {path: words for path, words in used.items() if words}


def test_such_a_name_would_be_seen():
    assert AVOIDED & set(names("def told(found):\n    return [one.luck for one in found]")) == {
        "told", "found", "one", "luck",
    }  # fmt: skip


def test_a_search_for_a_name_finds_one_thing_or_a_few():
    modules = defaultdict(set)
    for path in CODE:
        for name in names_at_top(path):
            if not name.startswith("_"):
                modules[name].add(str(path.relative_to(ROOT)))
    assert not {name: sorted(where) for name, where in modules.items() if len(where) > MOST_MODULES}


def test_no_function_is_shadowed_inside_itself():
    def bound(function):
        """Names that a function gives to something: arguments, variables and imports."""
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.alias):
                yield node.asname or node.name

    at_top = [node for path in CODE for node in tree(path).body if isinstance(node, ast.FunctionDef)]
    assert not [node.name for node in at_top if node.name in set(bound(node))]
    (control,) = ast.parse("def rows(table):\n    rows = list(table)\n    return rows").body
    assert "rows" in set(bound(control))
