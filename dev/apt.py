"""Debian packages without touching the machine's own apt.

A private state names the suites that are needed on the mirror that the machine
itself uses; nothing is added to the machine's configuration, no root is needed.
"""

import functools
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterable, Sequence

from . import once, paths, ui

KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
STATE = paths.CACHE / "apt"
TRIES = 3
NETWORK = "Check that apt reaches its mirror, then repeat the command"


@functools.cache
def release() -> dict[str, str]:
    """Return what the machine says it is."""
    try:
        text = pathlib.Path("/etc/os-release").read_text()
    except OSError:
        return {}
    pairs = (line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    return {name: value.strip('"') for name, value in pairs}


def codename() -> str:
    """Return the machine's own suite."""
    return release().get("VERSION_CODENAME", "bookworm")


@functools.cache
def mirror() -> str:
    """Return the address of the machine's own Debian mirror, or nothing."""
    if not shutil.which("apt-get") or release().get("ID") != "debian":
        return ""
    form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = [line.split("|") for line in answer.stdout.splitlines()]
    suites = {codename(), "stable", "oldstable", "sid", "unstable", "testing"}
    for row in rows:
        if len(row) == 3 and row[1] in suites and row[2] == "main":
            return row[0]
    return ""


def available() -> bool:
    """Tell whether packages can be fetched from Debian on this machine."""
    return bool(mirror()) and KEYRING.exists() and bool(shutil.which("dpkg-deb"))


def _apt(*arguments: str) -> list[str]:
    """Return a command of apt that works on the private state."""
    options = {
        "Dir::Etc::sourcelist": STATE / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": STATE / "state",
        "Dir::State::lists": STATE / "lists",
        "Dir::State::status": STATE / "status",
        "Dir::Cache": STATE / "cache",
        "Dir::Cache::archives": STATE / "archives",
        "Acquire::Languages": "none",
        "Acquire::Retries": TRIES,
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
    }
    if os.geteuid() == 0:
        options["APT::Sandbox::User"] = "root"
    pairs = (("-o", f"{name}={value}") for name, value in options.items())
    return ["apt-get", *(part for pair in pairs for part in pair), *arguments]


def _sources() -> str:
    suites = dict.fromkeys(("bookworm", codename(), "sid"))
    uri = mirror()
    return "".join(
        f"deb [signed-by={KEYRING}] {uri} {suite} main\n" for suite in suites
    )


def update() -> None:
    """Read the lists of the private state once."""
    text = _sources()

    def action() -> None:
        for part in ("state", "lists/partial", "cache", "archives/partial"):
            (STATE / part).mkdir(parents=True, exist_ok=True)
        (STATE / "status").touch()
        (STATE / "sources.list").write_text(text)
        try:
            ui.run("Lists of Debian's packages", _apt("update"), todo=NETWORK)
        except ui.Failure as failure:
            if "expired" not in str(failure):
                raise
            # A mirror that stands still; what it has is signed all the same.
            ui.warn("The mirror's lists are old; they are used as they are.")
            late = ("-o", "Acquire::Check-Valid-Until=false")
            ui.run("Old lists", _apt(*late, "update"), todo=NETWORK)

    once.step("apt-lists", once.digest(text), action)


def unpack(label: str, names: Sequence[str], target: pathlib.Path) -> None:
    """Fetch packages (``name`` or ``name/suite``) and unpack them into a folder."""
    update()
    # Kept when it fails, so that the next try goes on where this one stopped.
    download = STATE / "download" / target.name
    download.mkdir(parents=True, exist_ok=True)
    ui.run(label, _apt("download", *names), cwd=download, todo=NETWORK)

    def fill(draft: pathlib.Path) -> None:
        loop = 'for package in *.deb; do dpkg-deb -x "$package" "$0" || exit 1; done'
        ui.run("Unpacked", ["sh", "-c", loop, draft], cwd=download)

    once.folder(target, fill)
    shutil.rmtree(download)


def missing(names: Iterable[str]) -> list[str]:
    """Return those packages that are not installed on the machine."""
    return [name for name in names if not _installed(name)]


def _installed(name: str) -> bool:
    command = ["dpkg-query", "-W", "-f", "${Status}", name]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.startswith("install ok")


def may_install() -> bool:
    """Tell whether this user may install packages on the machine."""
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def install(label: str, names: Sequence[str]) -> None:
    """Install packages on the machine, by the machine's own apt."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    lock = ["-o", "DPkg::Lock::Timeout=300"]
    try:
        ui.run(label, [*command, *lock], env=environment)
    except ui.Failure:
        ui.run("Lists of the machine's packages", ["apt-get", "update"])
        ui.run(label, [*command, *lock], env=environment)
