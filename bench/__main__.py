"""Run benchmarks on a database of their own; called by ``python3 -m dev bench``."""

import argparse
import importlib
import sys

from dev import ui

from . import clock
from .place import environment

NAMES = (
    "counting",
    "ingest",
    "bills",
    "bills_sale",
    "workers",
    "growth",
    "documents",
    "screens",
)


def options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="dev bench", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--customers", type=int, nargs="+", default=[])
    parser.add_argument("--computers", type=int, default=0, help="of a customer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bills", type=int, default=100_000, help="growth: how far")
    found = parser.parse_args(arguments)
    unknown = [name for name in found.names if name not in NAMES]
    numbers = [*found.customers, found.computers + 1, found.rounds, found.bills]
    if unknown or min(numbers) < 1:
        parser.error(f"there are {', '.join(NAMES)}; numbers are at least 1")
    return found


def measure(name: str, chosen: argparse.Namespace) -> None:
    """Run one benchmark at each of its sizes, each on its own database."""
    module = importlib.import_module(f"bench.{name}")
    what = argparse.Namespace(**vars(chosen))
    what.computers = chosen.computers or module.COMPUTERS
    modules, folder = getattr(module, "prepare", lambda: ("", ""))()
    for what.customers in chosen.customers or module.CUSTOMERS:
        with environment(name, modules, folder) as env:
            for race in module.run(env, what):
                ui.say(f"\n{race.table()}")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; print their tables."""
    chosen = options(arguments)
    ui.say(f"Before: {clock.machine()}")
    for name in chosen.names or NAMES:
        measure(name, chosen)
    ui.say(f"\nAfter: {clock.machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
