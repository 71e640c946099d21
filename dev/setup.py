"""Everything that the other commands need, fetched when it is not there."""

import pathlib

from . import databases, postgres, system, ui, venv


def ensure() -> pathlib.Path:
    """Have Odoo and its Python; return the folder of Odoo."""
    return venv.ensure()


def main(arguments: list[str]) -> int:
    """Set everything up: Odoo, Python, Pango, PostgreSQL, the template."""
    ui.say("Setting up")
    found = ensure()
    system.pango()
    if "--no-browser" not in arguments:
        system.chromium()
    with postgres.serving():
        databases.template(found)
    ui.say("Ready.")
    return 0
