"""``make demo``: the product at work, on a database of its own.

Makes the database ``msp_demo``, plays ``demo_story.py`` in Odoo's shell, prints
what came of it, and serves it. ``SERVE=0`` ends after the table. Once made, the
database stays until the add-on or the story changes.
"""

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Iterator

from . import databases, odoo_conf, once, paths, postgres, server, setup, tools, ui

DATABASE = "msp_demo"
HERE = pathlib.Path(__file__).parent
PASSWORD = "admin"
FIRST_PORT = 8069


def folder() -> pathlib.Path:
    """Return the folder of what the demo makes."""
    return paths.run_folder() / "demo"


def mails() -> pathlib.Path:
    """Return the folder of the caught mails."""
    return folder() / "mail"


def log() -> pathlib.Path:
    """Return the log of the demo."""
    return paths.LOGS / "demo.log"


def version() -> str:
    """Return a key for the add-on and the story as they are now."""
    addon = paths.ROOT / databases.ADDON
    kinds = (".py", ".xml", ".csv", ".js", ".scss", ".po", ".css")
    files = [path for path in addon.rglob("*") if path.suffix in kinds]
    parts = sorted(path for path in files if "tests" not in path.parts)
    sample = [
        path for path in HERE.glob("sample/**/*") if path.suffix in (".csv", ".png")
    ]
    story = sorted([*HERE.glob("demo_*.py"), *sample])
    return once.digest(*parts, *story)


def built() -> str:
    """Return the version that the demo was built from, or nothing."""
    if not (databases.exists(DATABASE) and (folder() / "consolidated.pdf").exists()):
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
    """Make the database anew and play the story in it.

    Only a database whose story has come to its end is marked with its version.
    """
    current = version()
    for path in folder().rglob("*.*"):
        path.unlink()
    databases.clone(template, DATABASE)
    databases.install(DATABASE)
    play("play", options, f"http://localhost:{tools.free_port(FIRST_PORT)}")
    databases.sql(f"COMMENT ON DATABASE {DATABASE} IS '{current}'")


def play(scene: str, options: list[str], *arguments: str) -> None:
    """Play a scene of the story in Odoo's shell, and say what it says at once."""
    code = (
        f"import sys; sys.path.append({str(paths.ROOT)!r})\n"
        f"from dev import demo_story\n"
        f"demo_story.{scene}(env, {str(folder())!r}, *{arguments!r})\n"
    )
    log().parent.mkdir(parents=True, exist_ok=True)
    with log().open("ab") as errors:
        process = subprocess.Popen(
            odoo_conf.command("shell", "-d", DATABASE, "--no-http", *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=odoo_conf.environment(),
            cwd=paths.CACHE,
            start_new_session=True,
            text=True,
        )
    try:
        with process.stdin as script:
            script.write(code)
        for line in process.stdout:
            ui.say(line.rstrip())
        process.wait()
    finally:
        ui.stop(process)
    if process.returncode:
        raise ui.Failure(f"The demo failed: {ui.tail(log())}", f"See {log()}")


def serve(options: list[str]) -> None:
    """Serve until Ctrl-C."""
    running = server.Server(DATABASE, log())
    try:
        running.start(*options, first_port=FIRST_PORT)
        ui.say(f"\n  {running.url}   login: admin   password: {PASSWORD}")
        ui.say("  Ctrl-C ends it.")
        running.wait()
    finally:
        running.stop()


def main(_arguments: list[str]) -> int:
    """Build the demo unless it is there, print its table, and serve it."""
    found = setup.prepare(browser=False)
    with postgres.serving(), mail_catcher() as options:
        with once.locked("demo"):
            if built() == version():
                play("show", options)
            else:
                build(databases.template(found), options)
        if os.environ.get("SERVE", "1") != "0":
            serve(options)
    return 0
