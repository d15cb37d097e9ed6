"""The packages: none imports from one that imports from it, and their files are few and short."""

import ast
import graphlib
from collections import Counter

import aptarank
from aptarank.workflow.code_inputs import PACKAGE, package_imports


def test_no_package_imports_from_above():
    order = list(graphlib.TopologicalSorter(package_imports()).static_order())
    assert set(order) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_the_way_of_the_data_names_all_packages():
    assert all(package in aptarank.__doc__ for package in package_imports())


def test_packages_have_three_to_fifteen_modules():
    files = Counter(path.parent.name for path in PACKAGE.glob("*/*.py"))
    assert all(3 <= count - 1 <= 15 for count in files.values()), files  # but for its __init__


def test_packages_hold_nothing_themselves():
    assert not [path for path in PACKAGE.glob("*/__init__.py") if path.read_text(encoding="utf-8")]
    docstring, version = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)
    assert ast.unparse(version) == f"__version__ = {aptarank.__version__!r}"


def test_modules_are_of_at_most_400_lines():
    for path in PACKAGE.rglob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n") <= 400, path


def test_functions_are_of_at_most_60_lines():
    """Without their docstrings."""
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.parent.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if ast.get_docstring(node):
                    lines -= node.body[0].end_lineno - node.body[0].lineno + 1
                assert lines <= 60, f"{path}: {node.name}"
