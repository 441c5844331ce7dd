"""Which reason codes the tests of the rooms really ask for: found in their source and data, so that no list can go stale.

A code counts as triggered when

* a leaf of a decision tree gives it, the tree is whole, and a test runs every leaf of it; or
* a test, or a function of its module that is used there, asserts it: the code, its constant, or a table of the module that
  holds it stands in an `assert`, other than in `not`, `!=` and `not in`; or
* a test asserts a parameter, and the code is among the values of that parameter.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from _pytest.mark import ParameterSet

import library.app  # noqa: F401  every room defines its codes
from library.kernel.decisions import definitions
from tests.circulation.decision_trees import Leaf, Tree

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "tests" / "circulation"
CODES = frozenset(definitions())


def triggered() -> dict[str, set[str]]:
    """Return the tests that ask for a code, by code."""
    found: dict[str, set[str]] = {}
    for path in sorted(ROOMS.rglob("test_*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name)
        for code, test in (*_by_trees(module), *_by_asserts(module, path.read_text(encoding="utf-8"))):
            found.setdefault(code, set()).add(f"{name}::{test}")
    return found


def _by_trees(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the codes of whole trees of which one test runs every leaf."""
    trees = [value for value in vars(module).values() if isinstance(value, Tree)]
    for test, function in _tests(module):
        run = {value.number for _, value in _values(function) if isinstance(value, Leaf)}
        for tree in trees:
            if run >= {leaf.number for leaf in tree.leaves}:
                tree.assert_whole()
                yield from ((code, test) for code in tree.codes())


def _by_asserts(module: ModuleType, source: str) -> Iterator[tuple[str, str]]:
    tree, tests = ast.parse(source), dict(_tests(module))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (node.name in tests or node.name in used):
            asserted = [part for one in ast.walk(node) if isinstance(one, ast.Assert) for part in _affirmed(one.test)]
            names = {part.id for part in asserted if isinstance(part, ast.Name)}
            said = (text for part in asserted for text in _said(part, module))
            given = (value for name, value in _values(tests.get(node.name)) if name in names)
            yield from ((text, node.name) for text in (*said, *given) if text in CODES)


def _tests(module: ModuleType) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in vars(module).items() if name.startswith("test_") and callable(value))


def _values(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield (parameter, value) for everything a test is parametrised with; what stands inside tuples and lists apart."""
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "parametrize":
            given, rows = mark.args
            names = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
            for row in rows:
                values = row.values if isinstance(row, ParameterSet) else row if len(names) > 1 else (row,)
                yield from ((name, one) for name, value in zip(names, values, strict=True) for one in _flat(value))


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (tuple, list, set, frozenset)) and not isinstance(value, Leaf):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, (str, Leaf)):
        yield value


def _affirmed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a condition that have to be so for it to hold."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return
    if isinstance(node, ast.Compare) and any(isinstance(op, (ast.NotIn, ast.NotEq, ast.IsNot)) for op in node.ops):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _affirmed(child)


def _said(node: ast.AST, module: ModuleType) -> Iterator[Any]:
    """Yield the texts of a part of a condition: a literal, or what a name of the module or of what it imports holds."""
    if isinstance(node, ast.Constant):
        yield from _flat(node.value)
    elif isinstance(node, ast.Name):
        yield from _flat(getattr(module, node.id, None))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield from _flat(getattr(getattr(module, node.value.id, None), node.attr, None))
