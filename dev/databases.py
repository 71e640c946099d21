"""Databases: a template with Odoo's accounting, cloned in a second."""

import contextlib
import pathlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence

from . import odoo_conf, once, paths, postgres, ui

ADDON = "msp_billing"
MODULES = "account,portal"
# To drop a database that PostgreSQL is cleaning: how often, seconds between.
ATTEMPTS, PAUSE = 60, 0.5
# Where the machine's fall may cost the last second: installing, testing.
FASTER = "-c synchronous_commit=off"
# Nothing in these databases talks to the outside by itself.
QUIET = """
UPDATE ir_cron SET active = false WHERE id IN (
    SELECT res_id FROM ir_model_data WHERE model = 'ir.cron'
    AND name = 'ir_cron_module_update_notification');
"""
# A clone is a database of its own: Odoo knows it by its uuid.
IDENTITY = """
UPDATE ir_config_parameter SET value = gen_random_uuid()::text
    WHERE key IN ('database.uuid', 'database.secret');
"""


def sql(statement: str, database: str = "postgres", *, check: bool = True) -> str:
    """Run a statement as the role of Odoo and return what it answers."""
    command = [postgres.binary("psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"]
    answer = subprocess.run(
        [*command, "-d", database, "-c", statement],
        capture_output=True,
        text=True,
        check=False,
        env=odoo_conf.environment(),
    )
    if check and answer.returncode:
        raise ui.Failure(f"PostgreSQL: {answer.stderr.strip()}", "See the README")
    return answer.stdout.strip()


def names() -> list[str]:
    """Return the names of all databases."""
    return sql("SELECT datname FROM pg_database ORDER BY 1").splitlines()


def exists(name: str) -> bool:
    """Tell whether there is a database of this name."""
    return name in names()


def check_name(name: str) -> str:
    """Return the name when it may stand in a statement."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,60}", name):
        raise ui.Failure(
            f"{name!r} is no name for a database", "Use letters, digits, _"
        )
    return name


def filestore(name: str) -> pathlib.Path:
    """Return the folder of a database's files."""
    return odoo_conf.data_folder() / "filestore" / name


def drop(name: str) -> None:
    """Drop a database and its files, whoever is connected.

    PostgreSQL's own worker that cleans its tables can be ended by nobody but a
    superuser: it is waited for.
    """
    statement = f'DROP DATABASE IF EXISTS "{check_name(name)}" WITH (FORCE)'
    for _attempt in range(ATTEMPTS):
        sql(statement, check=False)
        if not exists(name):
            break
        time.sleep(PAUSE)
    else:
        sql(statement)
    shutil.rmtree(filestore(name), ignore_errors=True)


def template_name(odoo: pathlib.Path) -> str:
    """Return the name of the template for this Odoo."""
    key = once.digest(odoo, odoo / "odoo" / "release.py", MODULES, QUIET)
    return f"msp_template_{key[:8]}"


def template(odoo: pathlib.Path) -> str:
    """Make the template unless it is there, and return its name."""
    name = template_name(odoo)
    if exists(name):
        return name
    with once.locked("template"):
        if not exists(name):
            _make_template(name)
    return name


def _make_template(name: str) -> None:
    draft = f"{name}_draft"
    drop(draft)
    ui.run(
        "Template database with Odoo's accounting",
        odoo_conf.command("-d", draft, "-i", MODULES, "--stop-after-init", "--no-http"),
        env=odoo_conf.environment(PGOPTIONS=FASTER),
        cwd=paths.CACHE,
    )
    sql(QUIET, draft)
    shutil.rmtree(filestore(name), ignore_errors=True)
    if filestore(draft).exists():
        filestore(draft).rename(filestore(name))
    sql(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')


def clone(source: str, target: str) -> None:
    """Copy a database and its files; the files are shared, as they never change."""
    drop(target)
    with once.locked("clone"):
        sql(f'CREATE DATABASE "{target}" TEMPLATE "{check_name(source)}"')
    if filestore(source).exists():
        shutil.copytree(
            filestore(source),
            filestore(target),
            copy_function=_link,
            dirs_exist_ok=True,
        )
    sql(IDENTITY, target)


def _link(source: str, target: str) -> None:
    try:
        pathlib.Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def state(name: str, module: str = ADDON) -> str:
    """Return the state of a module in a database."""
    return sql(f"SELECT state FROM ir_module_module WHERE name = '{module}'", name)


def odoo(label: str, *arguments: object, log: pathlib.Path | None = None) -> None:
    """Run Odoo to its end, without a port."""
    ui.run(
        label,
        odoo_conf.command(*arguments, "--stop-after-init", "--no-http"),
        env=odoo_conf.environment(PGOPTIONS=FASTER),
        cwd=paths.CACHE,
        log=log,
    )


def install(name: str, *, update: bool = False) -> None:
    """Install the add-on in a database, or update it there."""
    if state(name) != "installed":
        odoo(f"Install {ADDON} in {name}", "-d", name, "-i", ADDON)
    elif update:
        odoo(f"Update {ADDON} in {name}", "-d", name, "-u", ADDON)


@contextlib.contextmanager
def temporary(source: str, name: str) -> Iterator[str]:
    """Have a clone while the block runs."""
    clone(source, name)
    try:
        yield name
    finally:
        drop(name)


def leftovers(prefixes: Sequence[str]) -> list[str]:
    """Return the databases of ours with such names."""
    return [name for name in names() if name.startswith(tuple(prefixes))]
