"""Each guard of the product has a test that fails without it (``MSP_LONG=1`` only).

The guards, what switches them off and their tests are in ``guards.py``; both runs of a
test, with its guard and without, are in ``ablation.py``.
"""

import ast
import json
import pathlib

import pytest
from conftest import LONG

ABLATE = """
import ablation, guards
ablation.main(env, list(guards.GUARDS))
"""


def names():
    """Return the names of the guards: their file needs Odoo, and is only read here."""
    source = pathlib.Path(__file__).with_name("guards.py").read_text()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "GUARDS":
            return [key.value for key in node.value.keys]
    raise AssertionError("guards.py names no guards")


@pytest.fixture(scope="module")
def ablated(cluster, tmp_path_factory):
    """Return guard -> the outcomes of its test with it and without it."""
    log = tmp_path_factory.mktemp("ablation") / "odoo.log"
    name = cluster.clone(cluster.installed, "ablation")
    output = cluster.script(name, ABLATE, log, PYTHONWARNINGS="ignore")
    cluster.drop(name)
    found = [
        json.loads(line.removeprefix("GUARD"))
        for line in output.splitlines()
        if line.startswith("GUARD")
    ]
    return {answer["guard"]: answer for answer in found}


if LONG:

    @pytest.mark.parametrize("guard", names())
    def test_guard_is_missed(ablated, guard):
        answer = ablated[guard]
        assert answer["with"] == "passed", f"its test, with {guard!r} in place"
        assert answer["without"] == "failed", f"nobody misses {guard!r}"


def test_there_are_many_guards():
    assert len(names()) >= 20
