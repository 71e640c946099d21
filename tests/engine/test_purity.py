"""The engine knows no Odoo, no clock, no file and no float."""

import ast

import pytest
from conftest import ENGINE

ALLOWED = {
    "__future__",
    "calendar",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "fractions",
    "itertools",
    "typing",
}
CLOCK = {"today", "now", "utcnow", "fromtimestamp"}
WORLD = {"open", "print", "input", "eval", "exec", "__import__"}


@pytest.mark.parametrize(
    "path", sorted(ENGINE.glob("*.py")), ids=lambda path: path.name
)
def test_a_module_is_pure(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1 or node.module in ALLOWED
        assert not isinstance(node, ast.Import | ast.Global)
        if isinstance(node, ast.Name):
            assert node.id not in WORLD
        if isinstance(node, ast.Attribute):
            assert node.attr not in CLOCK
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float)
