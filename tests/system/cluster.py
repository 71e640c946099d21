"""A PostgreSQL server for one test session, which may be crashed at will.

The server of the other tests, or the user's own, is never stopped. This one lives in a
folder of its own, answers on a socket there, and ends with the tests. Odoo's role is a
superuser in it: so tables are put back without their foreign keys being in the way.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from dev import databases, odoo_conf, paths, postgres, ui

PATIENCE = 60.0
# The machine stays up: what a crash of the server must not lose is written, not synced.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "timezone": "UTC",
}
# The user's own server is not to be found, whatever names it.
FOREIGN = (
    *("PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGPASSWORD", "PGDATABASE"),
    "PGAPPNAME",
)


class Cluster:
    """A server of our own: start, crash, stop; databases, statements, Odoo in it."""

    # The database that has the add-on: to be cloned, not to be changed.
    installed = "installed"

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="msp-pg-"))
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="msp-data-"))
        self.identity = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses root.
            owner = postgres._owner()
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.identity = {
                "user": owner.pw_uid,
                "group": owner.pw_gid,
                "extra_groups": [],
            }
        self.data = self.folder / "data"
        self.process = None

    # === SERVER === #
    def _program(self, name, *arguments):
        """Start a program of PostgreSQL as its user."""
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [postgres.binary(name), "-D", str(self.data), *arguments],
                env={"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **self.identity,
            )

    def initialise(self):
        """Make the data folder and the role, and start."""
        kinds = ("--encoding=UTF8", "--locale=C", "--auth=trust", "--username=odoo")
        unicode = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        made = self._program("initdb", "--no-sync", *kinds, *unicode).wait()
        if made:
            raise ui.Failure("initdb failed", f"See {self.folder}/server.log")
        self.start()

    def start(self):
        """Start, and wait until statements are answered."""
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        self.process = self._program("postgres", "-k", str(self.folder), *settings)
        self.wait_until_ready()

    def wait_until_ready(self):
        """Wait until the server answers, after its recovery too."""
        began = time.monotonic()
        while not self.answers():
            if time.monotonic() - began > PATIENCE or self.process.poll() is not None:
                raise ui.Failure("PostgreSQL does not start", f"See {self.folder}")
            time.sleep(0.05)

    def answers(self):
        """Say whether the server takes connections."""
        probe = [postgres.binary("pg_isready"), "-q"]
        return not subprocess.call(probe, env=self.environment())

    def stop(self, sign=signal.SIGINT):
        """Stop: fast, or with SIGQUIT at once, as a crash of the machine would."""
        if self.process:
            self.process.send_signal(sign)
            self.process.wait()
            self.process = None

    def crash(self):
        """Let the server die in the middle of what it does, and start it again."""
        self.stop(signal.SIGQUIT)
        self.start()

    def remove(self):
        """Stop and leave nothing behind."""
        self.stop(signal.SIGQUIT)
        for folder in (self.folder, self.files):
            shutil.rmtree(folder, ignore_errors=True)

    # === CLIENTS === #
    def environment(self, **more):
        """Return the environment in which all clients find this server."""
        env = odoo_conf.environment(**more)
        for name in FOREIGN:
            env.pop(name, None)
        # Also without what the stages allow to be lost when a server dies.
        own = {"PGHOST": str(self.folder), "PGPORT": "5432", "PGUSER": "odoo"}
        return {**env, **own, "PGOPTIONS": ""}

    def sql(self, statement, database="postgres"):
        """Run a statement and return what it answers."""
        command = [postgres.binary("psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"]
        answer = subprocess.run(
            [*command, "-d", database, "-c", statement],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(),
        )
        if answer.returncode:
            raise ui.Failure(f"PostgreSQL: {answer.stderr.strip()}", str(self.folder))
        return answer.stdout.strip()

    def import_database(self, source, name):
        """Bring a database of the tests' server here, with its files."""
        dump = self.folder / f"{name}.dump"
        with dump.open("wb") as output:
            subprocess.run(
                [postgres.binary("pg_dump"), "-Fc", "-Z0", source],
                stdout=output,
                check=True,
                env=odoo_conf.environment(),
            )
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        restore = [postgres.binary("pg_restore"), "-j2", "-d", name, str(dump)]
        subprocess.run(restore, check=True, env=self.environment())
        dump.unlink()
        # What a SQL statement costs depends on what the server knows of the tables.
        self.sql("ANALYZE", name)
        files = databases.filestore(source)
        if files.exists():
            shutil.copytree(files, self.filestore(name))

    def filestore(self, name):
        """Return the folder of a database's files."""
        return self.files / "filestore" / name

    def clone(self, source, name):
        """Copy a database of this server, with its files, and return its name."""
        self.drop(name)
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        if self.filestore(source).exists():
            shutil.copytree(self.filestore(source), self.filestore(name))
        return name

    def drop(self, name):
        """Drop a database and its files, whoever is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self.filestore(name), ignore_errors=True)

    # === ODOO === #
    def command(self, name):
        """Return the command of Odoo's shell on a database of this server."""
        where = (f"--db_host={self.folder}", "--db_port=5432", "--db_user=odoo")
        files = f"--data-dir={self.files}"
        quiet = ("--no-http", "--log-level=warn")
        return odoo_conf.command("shell", "-d", name, *where, files, *quiet)

    def start_script(self, name, code, log, **env):
        """Start Python with ``env`` in Odoo's shell, its output in a pipe."""
        here = str(pathlib.Path(__file__).parent)
        head = f"import sys; sys.path.insert(0, {here!r})\n"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                self.command(name),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self.environment(**env),
                cwd=paths.CACHE,
            )
        process.stdin.write((head + code).encode())
        process.stdin.close()
        return process

    def script(self, name, code, log, **env):
        """Run Python with ``env`` in Odoo's shell; return what it prints."""
        process = self.start_script(name, code, log, **env)
        try:
            output = process.stdout.read().decode()
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            raise ui.Failure(f"The script failed: {ui.tail(log, 80)}", f"See {log}")
        return output
