"""The configuration of Odoo for this checkout, and the environment it runs in."""

import os
import pathlib

from . import paths, postgres


def data_folder() -> pathlib.Path:
    """Return the folder of Odoo's files (attachments, sessions)."""
    return paths.CACHE / "odoo-data"


def write() -> pathlib.Path:
    """Write the configuration file and return its path."""
    target = paths.run_folder() / "odoo.conf"
    where = {**os.environ, **postgres.environment()}
    options = {
        "addons_path": paths.ROOT,
        "data_dir": data_folder(),
        "db_host": where.get("PGHOST"),
        "db_port": where.get("PGPORT"),
        "db_user": where.get("PGUSER"),
        "db_password": where.get("PGPASSWORD"),
        "http_interface": "127.0.0.1",
        "admin_passwd": "admin",
        "list_db": False,
        "workers": 0,
        "max_cron_threads": 1,
        "server_wide_modules": "base,rpc,web",
    }
    told = {name: value for name, value in options.items() if value not in (None, "")}
    lines = [f"{name} = {value}" for name, value in told.items()]
    draft = target.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text("\n".join(["[options]", *lines]) + "\n")
    draft.replace(target)
    return target


def environment(**more: str) -> dict[str, str]:
    """Return the environment of every process of Odoo."""
    from . import system

    env = {**os.environ, **postgres.environment(), **system.environment()}
    programs = (str(paths.VENV / "bin"), postgres.binary(""))
    env["PATH"] = os.pathsep.join((*programs, env.get("PATH", os.defpath)))
    env["ODOO_RC"] = str(write())
    env["ODOO_NOTIFY_CRON_CHANGES"] = "1"
    env["PYTHONUNBUFFERED"] = "1"
    # Compiled once, but not into the checkout, which may be another user's.
    env["PYTHONPYCACHEPREFIX"] = str(paths.CACHE / "pycache")
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"):
        env.pop(name, None)
    env.update(more)
    return env


def command(*arguments: object) -> list[str]:
    """Return the command line of Odoo."""
    return [str(paths.PYTHON), "-m", "odoo", *(str(part) for part in arguments)]
