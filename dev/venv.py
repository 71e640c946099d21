"""The virtual environment: made without pip, filled from the locked files.

Bare Debian has neither pip nor ensurepip. The first pip that is found installs
``uv`` into the environment; uv installs the rest. It is told what pip's own
configuration says about the package index.
"""

import os
import pathlib
import shutil
import subprocess
import sys

from . import apt, odoo_source, once, paths, ui

UV = "uv==0.13.9"
LOCKS = ("requirements", "requirements-test", "requirements-lint")
NETWORK = "Check that pip reaches its package index, then repeat the command"


def _pip_config() -> dict[str, str]:
    """Return pip's configuration: of the machine, the user and the environment."""
    command = [*_pip(), "config", "list"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2].strip(":")] = value.strip("'\"")
    for name in ("index-url", "cert"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value:
            found[name] = value
    return found


def _uv_environment() -> dict[str, str]:
    """Return an environment in which uv uses pip's index and certificates."""
    config = _pip_config()
    env = {**os.environ, "UV_CACHE_DIR": str(paths.CACHE / "uv"), "UV_NO_CONFIG": "1"}
    env.setdefault("UV_HTTP_TIMEOUT", "180")
    if config.get("index-url"):
        env.setdefault("UV_DEFAULT_INDEX", config["index-url"])
    if config.get("cert"):
        env.setdefault("SSL_CERT_FILE", config["cert"])
    return env


def _works(command: list[str]) -> bool:
    try:
        answer = subprocess.run(
            [*command, "--version"], capture_output=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0


def _pip() -> list[str]:
    """Return a pip that runs on the environment's Python, fetching one if needed."""
    for pip in ([str(paths.PYTHON), "-m", "pip"], _outer_pip()):
        if _works(pip):
            return pip
    if not apt.available():
        raise ui.Failure(
            "There is no pip on this machine",
            "Install python3-pip, then repeat the command",
        )
    folder = paths.CACHE / "pip"
    if not folder.exists():
        apt.unpack("pip from Debian", ["python3-pip-whl/sid"], folder)
    wheel = next(folder.glob("usr/share/python-wheels/pip-*.whl"))
    return [str(paths.PYTHON), str(wheel / "pip")]


def _outer_pip() -> list[str]:
    return [sys.executable, "-m", "pip", "--python", str(paths.PYTHON)]


def _make() -> None:
    shutil.rmtree(paths.VENV, ignore_errors=True)
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    ui.run(
        "Virtual environment",
        [sys.executable, "-m", "venv", "--without-pip", paths.VENV],
        todo="Install python3 (3.10 to 3.13) with its module venv",
    )
    ui.run("uv", [*_pip(), "install", "--quiet", UV], todo=NETWORK)


def _fill() -> None:
    locks = [paths.ROOT / f"{name}.txt" for name in LOCKS]
    files = [part for lock in locks for part in ("-r", lock)]
    try:
        uv("Python packages", "pip", "install", "--python", paths.PYTHON, *files)
    except ui.Failure as failure:
        ui.warn(f"{failure} Trying pip instead.")
        ui.run("Python packages by pip", [*_pip(), "install", *files], todo=NETWORK)


def uv(label: str, *arguments: object) -> None:
    """Run uv with progress."""
    program = paths.VENV / "bin" / "uv"
    env = _uv_environment()
    ui.run(label, [program, *arguments], env=env, cwd=paths.ROOT, todo=NETWORK)


def _point_at(odoo: pathlib.Path) -> None:
    """Make ``import odoo`` and ``python -m odoo`` find Odoo."""
    for site in paths.VENV.glob("lib/python3.*/site-packages"):
        (site / "msp_billing_odoo.pth").write_text(f"{odoo}\n")


def ensure() -> pathlib.Path:
    """Make the environment complete and return the folder of Odoo."""
    odoo = odoo_source.find()
    base = once.digest(paths.VENV, sys.version, sys.base_prefix)
    if not paths.PYTHON.exists():
        once.forget("venv")
    if once.step("venv", base, _make):
        once.forget("packages")
    locks = [paths.ROOT / f"{name}.txt" for name in LOCKS]
    once.step("packages", once.digest(base, *locks), _fill)
    once.step("odoo-path", once.digest(base, odoo), lambda: _point_at(odoo))
    return odoo


def lock(arguments: list[str]) -> None:
    """Write the locked requirements anew from the ``.in`` files."""
    ensure()
    options = ["--universal", "--python-version=3.10", "--generate-hashes", "--quiet"]
    options += ["--no-emit-index-url", "--no-header", "--only-binary=:all:"]
    options += arguments
    for name in (*LOCKS, "requirements-node"):
        files = [f"{name}.in", "-o", f"{name}.txt"]
        uv(f"Lock of {name}", "pip", "compile", *options, *files)
