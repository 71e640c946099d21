"""The commands: ``python3 -m dev COMMAND``."""

import importlib
import signal
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
    "clean": "clean.main",
}


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupt(*_ignored: object) -> None:
    """End what runs; a second signal does not stop the first from tidying up."""
    for sign in SIGNALS:
        signal.signal(sign, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Run one command; a failure is one line."""
    if not arguments or arguments[0] not in COMMANDS:
        ui.say(f"python3 -m dev {' | '.join(COMMANDS)}")
        return 2
    for sign in SIGNALS:
        if signal.getsignal(sign) != signal.SIG_IGN:
            signal.signal(sign, _interrupt)
    module, _, function = COMMANDS[arguments[0]].partition(".")
    rest = arguments[1:]
    if rest[:1] == ["--"]:
        rest = rest[1:]
    try:
        command = getattr(importlib.import_module(f"dev.{module}"), function)
        return int(command(rest) or 0)
    except ui.Failure as failure:
        ui.say(f"FAILED: {failure}")
        return 1
    except KeyboardInterrupt:
        ui.say("Interrupted.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
