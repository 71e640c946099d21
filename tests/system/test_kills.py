"""Bills and notices are neither lost nor made twice, wherever a process dies.

A process of Odoo forks a child for each point of a flow: before each statement, around
each commit. The child is killed there, others go on, and the database must say what it
says when nobody was killed. Behind some commits and at some other points, chosen by the
seed that is printed; at every point of every flow with ``MSP_LONG=1``.
"""

import json

import pytest
from asking import told
from conftest import LONG, SEED

from dev import ui

BILLING = ["batch", "one by one"]
FLOWS = [*BILLING, "notices", "steps", "taken back"]
LONG_FLOWS = ["approval", "render", "remind", "audit"]
SOME = 0 if LONG else 5
POINTS = {
    "render": 50,
    "remind": 10,
    "audit": 20,
    "notices": 50,
    "steps": 50,
    "taken back": 50,
}
SWEEP = """
import kill_sweep
kill_sweep.main(env, {folder!r}, {flows!r}, {seed}, {some})
"""


@pytest.fixture(scope="module")
def swept(cluster, tmp_path_factory):
    """Return flow -> what was done, all in one process: loading Odoo is dear."""
    folder = tmp_path_factory.mktemp("kills")
    name = cluster.clone(cluster.installed, "kills")
    flows = [*FLOWS, *(LONG_FLOWS if LONG else ())]
    code = SWEEP.format(folder=str(folder), flows=flows, seed=SEED, some=SOME)
    output = cluster.script(name, code, folder / "odoo.log")
    cluster.drop(name)
    return {answer["flow"]: answer for answer in told(output, "SWEPT")}


@pytest.mark.parametrize("flow", [*FLOWS, *(LONG_FLOWS if LONG else ())])
def test_every_death_ends_in_the_same_books(swept, flow):
    found = swept[flow]
    ui.say(f"seed {SEED}: {json.dumps(found)}")
    assert found["points"] > POINTS.get(flow, 300)
    assert found["killed"] == (2 * SOME if SOME else found["points"])
    # Not only the world as it was before: some died with something committed.
    assert found["states"] > 1


@pytest.mark.parametrize("flow", BILLING)
def test_numbers_have_no_gap(swept, flow):
    numbers = sorted(swept[flow]["numbers"])
    assert numbers == [f"INV/2026/{n:05}" for n in range(1, len(numbers) + 1)]
    # January's two, and in March those of the healthy customers.
    assert len(numbers) == {"batch": 5, "one by one": 4}[flow]
