"""What a reader may count on in every file: its length, its docstrings, and names that a search finds."""

import ast

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
