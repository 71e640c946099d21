"""Where things lie: the checkout and the cache of the project."""

import hashlib
import os
import pathlib
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]


def _cache_home() -> pathlib.Path:
    """Return the folder for caches.

    As root it is not root's home: PostgreSQL runs as another user, who must
    reach its files without root's home being opened for everybody.
    """
    named = os.environ.get("XDG_CACHE_HOME")
    if named:
        return pathlib.Path(named).expanduser().resolve()
    if os.geteuid() == 0:
        return pathlib.Path("/var/cache")
    return pathlib.Path.home() / ".cache"


CACHE = _cache_home() / "msp-billing"
LOGS = CACHE / "log"
VENV = CACHE / "venv"
PYTHON = VENV / "bin" / "python"


def checkout_id() -> str:
    """Return a short name for this checkout; several may share the cache."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def run_folder() -> pathlib.Path:
    """Return the folder for what belongs to this checkout alone."""
    folder = CACHE / "checkout" / checkout_id()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def socket_folder(owner: str) -> pathlib.Path:
    """Return a folder whose socket path fits the 107 bytes that Unix allows."""
    folder = CACHE / "postgres" / "socket"
    if len(str(folder)) < 80:
        return folder
    short = hashlib.sha256(f"{CACHE}:{owner}".encode()).hexdigest()[:12]
    return pathlib.Path(tempfile.gettempdir()) / f"msp-billing-{short}"
