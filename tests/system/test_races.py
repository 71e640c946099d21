"""Two at once: workers with workers, with people and with sources.

One of the two is stopped at a point of its work while the other goes on; whatever comes
in between, the outcome is that of one after the other. The points come from the seed.
"""

import json

import pytest
from asking import told
from conftest import LONG, SEED

from dev import ui

RACES = [
    "cron and cron",
    "worker and worker",
    "cron and start",
    "start and start",
    "run and ingest",
    "run and computer",
    "run and price",
    "run and mending",
    "run and dissociation",
    "run and invoice",
    "run and payment",
]
ROUNDS = 50 if LONG else 2
RACE = """
import racing
racing.main(env, {folder!r}, {races!r}, {seed}, {rounds})
"""


@pytest.fixture(scope="module")
def raced(cluster, tmp_path_factory):
    """Return race -> what came out, all in one process: loading Odoo is dear."""
    folder = tmp_path_factory.mktemp("races")
    name = cluster.clone(cluster.installed, "races")
    code = RACE.format(folder=str(folder), races=RACES, seed=SEED, rounds=ROUNDS)
    output = cluster.script(name, code, folder / "odoo.log")
    cluster.drop(name)
    return {answer["race"]: answer for answer in told(output, "RACED")}


@pytest.mark.parametrize("race", RACES)
def test_outcome_is_that_of_one_after_the_other(raced, race):
    ui.say(f"seed {SEED}: {json.dumps(raced[race])}")
    assert not raced[race]["failure"], raced[race]["failure"]
    assert raced[race]["rounds"] == ROUNDS
