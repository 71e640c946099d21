"""A running server of Odoo: started, awaited, and ended with all its children."""

import contextlib
import pathlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

from . import odoo_conf, paths, tools, ui

PATIENCE = 120.0


class Server:
    """A server of Odoo on one database, threaded, with its crons."""

    def __init__(self, database: str, log: pathlib.Path, *, crons: int = 1) -> None:
        self.database, self.log, self.crons = database, log, crons
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return f"http://localhost:{self.port}"

    def start(self, *arguments: object, first_port: int = 8069, **env: str) -> None:
        """Start the server on the first free port and wait until it answers."""
        self.port = tools.free_port(first_port)
        options = [f"--http-port={self.port}", f"--max-cron-threads={self.crons}"]
        command = self._command("-d", self.database, *options, *arguments)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=odoo_conf.environment(**env),
                cwd=paths.CACHE,
                start_new_session=True,
            )
        self._wait_until_ready()

    def _command(self, *arguments: object) -> list[str]:
        """Return the command line of the server."""
        return odoo_conf.command(*arguments)

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if self.process is None or self.process.poll() is not None:
                raise ui.Failure(
                    f"Odoo ended at once: {ui.cause(self.log)}", f"See {self.log}"
                )
            if self._answers():
                return
            time.sleep(0.2)
        raise ui.Failure("Odoo does not answer", f"See {self.log}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait(self) -> int:
        """Wait until the server ends."""
        return self.process.wait() if self.process else 0

    def stop(self) -> None:
        """End the server as an administrator would, then by force."""
        if self.process:
            ui.stop(self.process, patience=15.0)

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def serving(
    database: str, log: pathlib.Path, *arguments: object, crons: int = 1, **env: str
) -> Iterator[Server]:
    """Have a server of Odoo while the block runs."""
    server = Server(database, log, crons=crons)
    try:
        server.start(*arguments, **env)
        yield server
    finally:
        server.stop()


def script(
    database: str, code: str, log: pathlib.Path, options: Sequence[str] = (), **env: str
) -> str:
    """Run Python with ``env`` in Odoo's shell; return what it prints.

    The code commits what it wants to keep.
    """
    with log.open("ab") as errors:
        answer = subprocess.run(
            odoo_conf.command("shell", "-d", database, "--no-http", *options),
            input=code.encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=odoo_conf.environment(**env),
            cwd=paths.CACHE,
            check=False,
            start_new_session=True,
        )
    if answer.returncode:
        raise ui.Failure(f"The script failed: {ui.tail(log, 3)}", f"See {log}")
    return answer.stdout.decode()
