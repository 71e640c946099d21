"""Run benchmarks on a database of their own; called by ``python3 -m dev bench``."""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator

from dev import databases, ui

from . import clock

NAMES = ("counting", "ingest")


def options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="dev bench", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--computers", type=int, default=100, help="of a customer")
    parser.add_argument("--rounds", type=int, default=3)
    found = parser.parse_args(arguments)
    unknown = [name for name in found.names if name not in NAMES]
    if unknown or min(found.customers, found.computers, found.rounds) < 1:
        parser.error(f"there are {', '.join(NAMES)}; numbers are at least 1")
    return found


@contextlib.contextmanager
def environment(name: str) -> Iterator[object]:
    """Have Odoo's environment, as the superuser, on a database of its own."""
    from odoo import SUPERUSER_ID, api, sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    database = f"msp_bench_{os.getpid()}_{name}"
    with databases.temporary(os.environ["MSP_TEMPLATE"], database):
        databases.install(database)
        config.parse_config(
            ["-d", database, "--no-http", "--log-level=warn"], setup_logging=True
        )
        registry = Registry(database)
        with registry.cursor() as cr:
            context = {"lang": None}
            yield api.Environment(cr, SUPERUSER_ID, context)
        sql_db.close_db(database)


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; print their tables."""
    chosen = options(arguments)
    ui.say(f"Before: {clock.machine()}")
    for name in chosen.names or NAMES:
        module = importlib.import_module(f"bench.{name}")
        with environment(name) as env:
            for race in module.run(env, chosen):
                ui.say(f"\n{race.table()}")
    ui.say(f"\nAfter: {clock.machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
