"""Three workers share a run while they are killed, disconnected, timed out, crashed on.

Two seeds of some deaths each and one crash of the server, or twenty seeds of a hundred
deaths with ``MSP_LONG=1``. In the end the books are those of a quiet run, but for who
has got which number, and no customer is blamed.
"""

import json
from collections import Counter

import pytest
from conftest import LONG, SEED

from dev import ui

SEEDS = [SEED + number for number in range(20 if LONG else 2)]
DEATHS = 130 if LONG else 14
CUSTOMERS = 200 if LONG else 30
DISTURB = """
import chaos
chaos.main(env, {seeds}, {customers}, {deaths}, 1)
"""


@pytest.fixture(scope="module")
def disturbed(cluster, tmp_path_factory):
    """Return what became of each seed; the server is crashed when it is asked for."""
    log = tmp_path_factory.mktemp("chaos") / "odoo.log"
    name = cluster.clone(cluster.installed, "chaos")
    code = DISTURB.format(seeds=SEEDS, customers=CUSTOMERS, deaths=DEATHS)
    process = cluster.start_script(name, code, log)
    found = []
    try:
        for line in process.stdout:
            if line.startswith(b"CRASH"):
                cluster.crash()
            elif line.startswith(b"CHAOS"):
                found.append(json.loads(line.removeprefix(b"CHAOS")))
    finally:
        process.stdout.close()
        if process.wait():
            ui.say(ui.tail(log, 40))
        cluster.drop(name)
    return found


def test_books_are_those_of_a_quiet_run(disturbed):
    for answer in disturbed:
        ui.say(json.dumps(answer))
    assert [answer["seed"] for answer in disturbed] == SEEDS


def test_enough_went_wrong(disturbed):
    counts = Counter()
    for answer in disturbed:
        counts.update(answer["counts"])
    assert counts["crash"] >= len(SEEDS) / 2
    assert counts["kill"] > counts["crash"]
    assert counts["terminate"]
    assert counts.total() >= (2000 if LONG else 12)
