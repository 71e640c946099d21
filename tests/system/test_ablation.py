"""Each guard of the product has a test that fails without it (``MSP_LONG=1`` only).

The guards, what switches them off and their tests are in ``guards.py`` and
``guards_mail.py``; both runs of a test, with its guard and without, are in
``ablation.py``.
"""

import ast
import json
import pathlib

import pytest
from conftest import LONG

FILES = ("guards.py", "guards_mail.py")
ABLATE = """
import ablation
ablation.main(env, list(ablation.GUARDS))
"""


def names():
    """Return the names of the guards: their files need Odoo, and are only read here."""
    found = []
    for file in FILES:
        body = ast.parse(pathlib.Path(__file__).with_name(file).read_text()).body
        [guards] = [
            node.value
            for node in body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "GUARDS"
        ]
        found += [key.value for key in guards.keys]
    return found


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
