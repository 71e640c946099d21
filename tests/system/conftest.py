"""Real databases and real processes of Odoo for these tests.

Run by ``python3 -m dev systest``, which tells which database to clone.
"""

import os
import pathlib
import secrets
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from cluster import Cluster

from dev import databases, server

TEMPLATE = os.environ.get("MSP_TEMPLATE", "")
PREFIX = f"msp_test_{os.getpid()}_"
LONG = bool(os.environ.get("MSP_LONG"))
SEED = int(os.environ.get("MSP_SEED") or (secrets.randbelow(2**31) if LONG else 19))


def pytest_report_header():
    """Name the seed of the deaths and of the chaos: with it they come again."""
    return f"system: MSP_SEED={SEED}" + (" MSP_LONG=1" if LONG else "")


def pytest_collection_modifyitems(items):
    """Skip, with the command to use, where no database is named."""
    if not TEMPLATE:
        reason = "needs a database: python3 -m dev systest"
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def accounting():
    """Name the database that holds Odoo's accounting and nothing of ours."""
    return TEMPLATE


@pytest.fixture(scope="session")
def installed(accounting, tmp_path_factory):
    """Have a database with the add-on, to be cloned and not to be changed."""
    name = f"{PREFIX}installed"
    log = tmp_path_factory.mktemp("install") / "odoo.log"
    databases.clone(accounting, name)
    databases.odoo(
        "Install for the system tests", "-d", name, "-i", "msp_billing", log=log
    )
    yield name
    databases.drop(name)


@pytest.fixture(scope="session")
def cluster(installed):
    """Have a server of our own, with the add-on in the database ``installed``."""
    own = Cluster()
    try:
        own.initialise()
        own.import_database(installed, own.installed)
        yield own
    finally:
        own.remove()


@pytest.fixture
def make_database(request):
    """Clone databases that are dropped after the test: ``make_database(source)``."""
    made = []

    def make(source):
        name = f"{PREFIX}{len(made)}"
        made.append(name)
        databases.clone(source, name)
        return name

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def database(installed, make_database):
    """Have a database with the add-on for one test."""
    return make_database(installed)


@pytest.fixture
def shell(tmp_path):
    """Run Python in Odoo's shell: ``shell(database, code)`` returns what it prints."""

    def run(name, code, *options, **env):
        return server.script(name, code, tmp_path / "shell.log", options, **env)

    return run


@pytest.fixture
def start_server(tmp_path):
    """Start servers that end with the test: ``start_server(database, *options)``."""
    servers = []

    def start(name, *options, crons=1, **env):
        log = tmp_path / f"server-{len(servers)}.log"
        servers.append(server.Server(name, log, crons=crons))
        servers[-1].start(*options, **env)
        return servers[-1]

    yield start
    for running in servers:
        running.stop()
