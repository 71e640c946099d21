"""Catch mail: an SMTP server that delivers nothing and keeps every mail as a file.

Runs in the virtual environment: ``python -m dev.smtp FOLDER PORT``.
"""

import pathlib
import signal
import sys
import time
from typing import Any


class Catcher:
    """Writes each mail to a file that is named for its arrival."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.count = folder, 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a mail; a line before it tells the true recipients."""
        self.count += 1
        target = self.folder / f"{time.time_ns()}-{self.count}.eml"
        draft = target.with_suffix(".part")
        to = ", ".join(envelope.rcpt_tos)
        draft.write_bytes(f"X-Envelope-To: {to}\r\n".encode() + envelope.content)
        draft.rename(target)
        return "250 Kept"


def main(folder: str, port: str) -> int:
    """Serve until a signal comes."""
    from aiosmtpd.controller import Controller

    target = pathlib.Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    catcher = Controller(Catcher(target), hostname="127.0.0.1", port=int(port))
    catcher.start()
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    finally:
        catcher.stop()
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    sys.exit(main(*sys.argv[1:3]))
