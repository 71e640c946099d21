"""Commands for those who work on the add-on: odoo, shell, psql, pytest, db, pg."""

import argparse
import os
import signal
import socket
import subprocess
import sys

from . import databases, odoo_conf, paths, postgres, setup, ui

FIRST_PORT = 8069


def free_port(first: int = FIRST_PORT) -> int:
    """Return the first port that nobody uses."""
    for port in range(first, first + 1000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise ui.Failure(f"No free port from {first}", "End what takes them")


def call(command: list[str], *, apart: bool = False, **more: str) -> int:
    """Run a command in the foreground, in the checkout, with Odoo's environment.

    :param apart: in a process group of its own, without a terminal, so that all that
        it started ends with it; else Ctrl-C is the command's own affair
    """
    process = subprocess.Popen(
        command,
        cwd=paths.ROOT,
        env=odoo_conf.environment(**more),
        start_new_session=apart,
        stdin=subprocess.DEVNULL if apart else None,
    )
    before = signal.getsignal(signal.SIGINT)
    if not apart and sys.stdin.isatty():
        signal.signal(signal.SIGINT, lambda *_ignored: None)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        _end(process, apart=apart)


def _end(process: subprocess.Popen[bytes], *, apart: bool) -> None:
    """End a command, if it still runs, with all that it started."""
    if apart:
        ui.stop(process)
    elif process.poll() is None:
        process.terminate()
        process.wait()


def _database(arguments: list[str]) -> str:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-d", "--database", default="")
    return parser.parse_known_args(arguments)[0].database


def odoo(arguments: list[str]) -> int:
    """Run Odoo; a database that is not there is cloned from the template."""
    found = setup.ensure()
    with postgres.serving():
        name = _database(arguments)
        if name and not databases.exists(name):
            databases.clone(databases.template(found), name)
        return call(odoo_conf.command(*arguments, *_port(arguments)))


def _port(arguments: list[str]) -> list[str]:
    """Return the option for the port: none when nothing is served."""
    text = " ".join(arguments)
    if arguments and not arguments[0].startswith("-") and arguments[0] != "server":
        return ["--no-http"] if arguments[0] == "shell" else []
    if "--http-port" in text or "--no-http" in text or "-p " in text:
        return []
    return (
        ["--no-http"] if "--stop-after-init" in text else [f"--http-port={free_port()}"]
    )


def shell(arguments: list[str]) -> int:
    """Open Odoo's shell on a database."""
    return odoo(["shell", *arguments])


def psql(arguments: list[str]) -> int:
    """Open psql, or run one of its commands."""
    setup.ensure()
    with postgres.serving():
        return call([postgres.binary("psql"), *(arguments or ["postgres"])])


def database(arguments: list[str]) -> int:
    """List, clone, drop or snapshot databases."""
    found = setup.ensure()
    with postgres.serving():
        match arguments:
            case ["list"] | []:
                ui.say("\n".join(databases.names()))
            case ["clone", name]:
                databases.clone(databases.template(found), databases.check_name(name))
            case ["clone", source, name]:
                databases.clone(source, databases.check_name(name))
            case ["drop", *many]:
                for name in many:
                    databases.drop(name)
            case ["install", name]:
                databases.install(name, update=True)
            case ["template"]:
                ui.say(databases.template(found))
            case _:
                raise ui.Failure(
                    "dev db does not know " + " ".join(arguments),
                    "It knows: list, clone [SOURCE] NAME, drop NAME..., install NAME",
                )
    return 0


def server(arguments: list[str]) -> int:
    """Start PostgreSQL and keep it, stop it, or tell whether it runs."""
    setup.ensure()
    if postgres.own():
        ui.say("The user's own server is used; it is left alone.")
    elif arguments == ["start"]:
        postgres.start()
        postgres.KEEP.touch()
    elif arguments == ["stop"]:
        postgres.stop()
    ui.say("running" if postgres.own() or postgres.running() else "stopped")
    for name, value in postgres.environment().items():
        ui.say(f"export {name}={value}")
    return 0


def pytest(arguments: list[str]) -> int:
    """Run pytest-odoo on a database of its own, by default one for this run."""
    parser = argparse.ArgumentParser(prog="dev pytest", allow_abbrev=False)
    parser.add_argument("--db", help="kept; cloned and installed when it is not there")
    parser.add_argument("--fresh", action="store_true", help="clone the database anew")
    parser.add_argument("--update", action="store_true", help="update the add-on first")
    own, rest = parser.parse_known_args(arguments)
    found = setup.ensure()
    with postgres.serving():
        name = databases.check_name(own.db or f"msp_pytest_{os.getpid()}")
        if own.fresh or not databases.exists(name):
            databases.clone(databases.template(found), name)
        try:
            databases.install(name, update=own.update)
            command = pytest_command(name, rest)
            return call(command, apart=True, PGOPTIONS=databases.FASTER)
        finally:
            if not own.db:
                databases.drop(name)


def pytest_command(name: str, arguments: list[str]) -> list[str]:
    """Return the command line of pytest-odoo."""
    targets = [part for part in arguments if not part.startswith("-")]
    options = ["--odoo-http", f"--odoo-database={name}", "-p", "no:cacheprovider"]
    rest = arguments if targets else [*arguments, databases.ADDON]
    return [str(paths.PYTHON), "-m", "pytest", *options, *rest]


def bench(arguments: list[str]) -> int:
    """Run the benchmark with PostgreSQL and Odoo at hand."""
    found = setup.ensure()
    with postgres.serving():
        template = databases.template(found)
        command = [str(paths.PYTHON), "-m", "bench", *arguments]
        return call(command, apart=True, MSP_TEMPLATE=template)
