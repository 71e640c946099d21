"""The commands: ``python3 -m dev COMMAND``."""

import importlib
import io
import os
import signal
import subprocess
import sys

from . import ui

COMMANDS = {
    "setup": "setup.main",
    "demo": "demo.main",
    "test": "stages.main",
    "lint": "lint.main",
    "lock": "venv.lock",
    "odoo": "tools.odoo",
    "shell": "tools.shell",
    "psql": "tools.psql",
    "db": "tools.database",
    "pg": "tools.server",
    "pytest": "tools.pytest",
    "systest": "stages.systest",
    "bench": "tools.bench",
    "screenshots": "screenshots.main",
    "i18n": "i18n.main",
    "samples": "samples.main",
    "clean": "clean.main",
}


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupt(*_ignored: object) -> None:
    """End what runs; a second signal does not stop the first from tidying up."""
    for sign in SIGNALS:
        signal.signal(sign, signal.SIG_IGN)
    raise KeyboardInterrupt


def _run(name: str, arguments: list[str]) -> int:
    """Run one command; a failure is one line."""
    module, _, function = COMMANDS[name].partition(".")
    try:
        command = getattr(importlib.import_module(f"dev.{module}"), function)
        return int(command(arguments) or 0)
    except ui.Failure as failure:
        ui.say(f"FAILED: {failure}")
        return 1
    except (OSError, subprocess.SubprocessError) as error:
        if os.environ.get("MSP_DEBUG"):
            raise
        ui.say(f"FAILED: {error}. Repeat the command; MSP_DEBUG=1 tells where it was.")
        return 1
    except KeyboardInterrupt:
        ui.say("Interrupted.")
        return 130


def main(arguments: list[str]) -> int:
    """Find the command and run it; a signal ends it tidily."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if not arguments or arguments[0] not in COMMANDS:
        ui.say(f"python3 -m dev {' | '.join(COMMANDS)}")
        return 2
    for sign in SIGNALS:
        if signal.getsignal(sign) != signal.SIG_IGN:
            signal.signal(sign, _interrupt)
    rest = arguments[1:]
    return _run(arguments[0], rest[1:] if rest[:1] == ["--"] else rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
