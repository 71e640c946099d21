"""``make demo``: the product at work, on a database of its own.

Makes the database ``msp_demo``, plays ``demo_story.py`` in Odoo's shell, prints
what came of it, and serves it. ``SERVE=0`` ends after the table.
"""

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Iterator

from . import databases, once, paths, postgres, server, setup, tools, ui

DATABASE = "msp_demo"
STORY = pathlib.Path(__file__).with_name("demo_story.py")
PASSWORD = "admin"


def mails() -> pathlib.Path:
    """Return the folder of the caught mails."""
    return paths.run_folder() / "mail"


def log() -> pathlib.Path:
    """Return the log of the demo."""
    return paths.LOGS / "demo.log"


def version() -> str:
    """Return a key for the add-on and the story as they are now."""
    addon = paths.ROOT / databases.ADDON
    kinds = (".py", ".xml", ".csv", ".js", ".scss", ".po", ".css")
    files = [path for path in addon.rglob("*") if path.suffix in kinds]
    parts = sorted(path for path in files if "tests" not in path.parts)
    return once.digest(*parts, STORY)


def built() -> str:
    """Return the version that the database was built from, or nothing."""
    if not databases.exists(DATABASE):
        return ""
    return databases.sql(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        f" WHERE datname = '{DATABASE}'"
    )


@contextlib.contextmanager
def mail_catcher() -> Iterator[list[str]]:
    """Catch mail while the block runs; yield the options that point Odoo at it."""
    port = tools.free_port(8125)
    process = subprocess.Popen(
        [str(paths.PYTHON), "-m", "dev.smtp", str(mails()), str(port)],
        cwd=paths.ROOT,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    )
    try:
        yield [
            "--smtp=127.0.0.1",
            f"--smtp-port={port}",
            "--email-from=billing@example.com",
        ]
    finally:
        ui.stop(process)


def build(template: str, options: list[str]) -> None:
    """Make the database anew and play the story in it."""
    databases.clone(template, DATABASE)
    databases.install(DATABASE)
    if STORY.exists():
        ui.say("  … The story of the demo")
        play(STORY.read_text(), options)
    databases.sql(f"COMMENT ON DATABASE {DATABASE} IS '{version()}'")


def play(code: str, options: list[str]) -> str:
    """Run code in Odoo's shell on the demo's database; return what it prints."""
    return server.script(DATABASE, code, log(), options)


def serve(options: list[str]) -> None:
    """Serve until Ctrl-C."""
    running = server.Server(DATABASE, log())
    try:
        running.start(*options)
        ui.say(f"\n  {running.url}   login: admin   password: {PASSWORD}")
        ui.say("  Ctrl-C ends it.")
        running.wait()
    finally:
        running.stop()


def main(_arguments: list[str]) -> int:
    """Build the demo unless it is there, print its table, and serve it."""
    found = setup.prepare(browser=False)
    with postgres.serving(), mail_catcher() as options:
        if built() != version():
            build(databases.template(found), options)
        if os.environ.get("SERVE", "1") != "0":
            serve(options)
    return 0
