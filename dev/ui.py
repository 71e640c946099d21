"""What the commands say, and how they fail: in one line."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

TICK = 10.0
CAUSE = re.compile(
    r"^(\w+\.)*\w*(Error|Exception)\b|^E: |^error|^fatal|^npm ERR", re.IGNORECASE
)


class Failure(Exception):
    """A step failed: what failed, and what to do about it."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(f"{what.rstrip('.')}. {todo}".strip())


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def warn(text: str) -> None:
    """Print what will not work, and go on."""
    say(f"  ! {text}")


def tail(log: pathlib.Path, count: int = 1) -> str:
    """Return the last lines of a log that say anything."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-count:])


def cause(log: pathlib.Path) -> str:
    """Return the line of a log that tells best why a command failed."""
    lines = tail(log, 400).splitlines()
    told = [line for line in lines if CAUSE.search(line)]
    return "".join((told or lines)[-1:])[-300:]


class Progress:
    """Shows that a long step is still alive, and what it does at the moment."""

    def __init__(self, label: str, log: pathlib.Path) -> None:
        self.label, self.log = label, log
        self.began = self.told = time.monotonic()
        self.live = sys.stdout.isatty()

    def tick(self) -> None:
        """Tell the time passed: in place on a terminal, else a line at times."""
        now = time.monotonic()
        text = f"  … {self.label} ({now - self.began:.0f} s)"
        if self.live:
            sys.stdout.write(f"\r\x1b[2K{text} {tail(self.log)[-60:]}"[:150])
            sys.stdout.flush()
        elif now - self.told >= TICK:
            self.told = now
            say(text)

    def done(self, mark: str = "✓") -> None:
        """Close the line of the step."""
        if self.live:
            sys.stdout.write("\r\x1b[2K")
        say(f"  {mark} {self.label} ({time.monotonic() - self.began:.0f} s)")


def stop(process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """End a process and the group that it leads."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except (ProcessLookupError, PermissionError):
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def run(
    label: str,
    command: Sequence[object],
    *,
    todo: str = "",
    env: Mapping[str, str] | None = None,
    cwd: pathlib.Path | None = None,
    log: pathlib.Path | None = None,
) -> None:
    """Run a long command with progress; its output goes to a log file."""
    from . import paths

    paths.LOGS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", label.lower())[:40]
    own = paths.LOGS / f"{name}-{os.getpid()}.log"
    log = log or own
    progress = Progress(label, log)
    code = _watched(command, progress, env=env, cwd=cwd)
    progress.done("✓" if code == 0 else "✗")
    if code:
        raise Failure(f"{label} failed: {cause(log)}", todo or f"See {log}")
    own.unlink(missing_ok=True)


def _watched(
    command: Sequence[object],
    progress: Progress,
    *,
    env: Mapping[str, str] | None,
    cwd: pathlib.Path | None,
) -> int:
    """Run a command, show its progress, and return its exit code."""
    with progress.log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    return process.wait(0.3)
                except subprocess.TimeoutExpired:
                    progress.tick()
        except BaseException:
            stop(process)
            raise
