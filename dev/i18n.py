"""``python3 -m dev i18n``: the terms of the add-on, and what no one has translated.

Exports the template from a database that has the add-on, carries the translations
over to it, and tells how many terms each language lacks. ``--check`` changes no file
and fails when the template is not the code's or a term is missing.
"""

import argparse
import os
import pathlib
import subprocess

from . import databases, odoo_conf, paths, postgres, server, setup, ui

FOLDER = paths.ROOT / databases.ADDON / "i18n"
EXPORT = f"""
import io, pathlib
from odoo.tools.translate import trans_export
with io.BytesIO() as terms:
    trans_export(None, ["{databases.ADDON}"], terms, "po", env)
    pathlib.Path(%(file)r).write_bytes(terms.getvalue())
"""


def exported(name: str, folder: pathlib.Path) -> pathlib.Path:
    """Return a file with the terms of the add-on as a database has them."""
    file = folder / f"{databases.ADDON}.pot"
    server.script(name, EXPORT % {"file": str(file)}, paths.LOGS / f"{name}.log")
    return file


def main(arguments: list[str]) -> int:
    """Export the terms and bring the files of all languages up to them."""
    parser = argparse.ArgumentParser(prog="dev i18n", allow_abbrev=False)
    parser.add_argument("--db", help="a database with the add-on as it is now")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    found = setup.ensure()
    with postgres.serving():
        name = options.db or f"msp_i18n_{os.getpid()}"
        try:
            if not options.db:
                databases.clone(databases.template(found), name)
                databases.install(name)
            file = exported(name, paths.run_folder())
        finally:
            if not options.db:
                databases.drop(name)
    return _carry(file, check=options.check)


def _carry(file: pathlib.Path, *, check: bool) -> int:
    """Bring the files to the terms; polib is in the virtual environment alone."""
    command = [str(paths.PYTHON), "-m", "dev.i18n_files", str(file), str(FOLDER)]
    answer = subprocess.run(
        [*command, *(["--check"] if check else [])],
        cwd=paths.ROOT,
        env=odoo_conf.environment(),
        check=False,
    )
    if answer.returncode:
        raise ui.Failure(
            "Translations are missing", "python3 -m dev i18n, then fill the .po files"
        )
    return 0
