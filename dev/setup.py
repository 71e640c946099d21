"""Everything that the other commands need, fetched when it is not there."""

import pathlib

from . import databases, postgres, system, ui, venv


def ensure() -> pathlib.Path:
    """Have Odoo and its Python; return the folder of Odoo."""
    return venv.ensure()


def prepare(*, browser: bool = True) -> pathlib.Path:
    """Have what comes from the system too; return the folder of Odoo."""
    found = ensure()
    system.pango()
    if browser:
        system.chromium()
    return found


def main(arguments: list[str]) -> int:
    """Set everything up: Odoo, Python, Pango, PostgreSQL, the template."""
    ui.say("Setting up")
    found = prepare(browser="--no-browser" not in arguments)
    with postgres.serving():
        databases.template(found)
    ui.say("Ready.")
    return 0
