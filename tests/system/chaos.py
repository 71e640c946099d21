"""Workers that share a run while everything goes wrong: inside a process of Odoo.

Three workers bill. Each has a fate: it is killed at some statement, its connection is
ended there, its locks or statements time out, or the server crashes. Another one takes
its place. When enough has happened, the last ones may finish.
"""

import collections
import os
import random
import signal
import sys
import tempfile
import time

import killing
import ledger
import psycopg2
import run_world
from asking import Asking, tell
from restore import Keeper

from odoo import SUPERUSER_ID, api, sql_db

from odoo.addons.msp_billing.models import msp_bill_run_work

WORKERS = 3
PATIENCE = 120.0
BETWEEN_SLICES = 0.05
# A customer costs some hundred statements: most die with work half done.
LATEST_POINT = 300
CRASH_POINTS = 20, 120
TIMEOUTS = {
    "locks": "-c lock_timeout=2ms",
    "statements": "-c statement_timeout=20ms",
}
FATES = ("kill", "kill", "kill", "terminate", "terminate", *TIMEOUTS)
LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)


def work_until_done(registry):
    """Bill as a scheduled action does, slice after slice, until no run works."""
    while True:
        try:
            with registry.cursor() as cr:
                Run = api.Environment(cr, SUPERUSER_ID, {})["msp.bill.run"]
                Run._cron_bill()
                if not Run.search_count([("state", "=", "running")]):
                    return
        except psycopg2.Error as error:
            # The server is gone, or has put this one out: it comes back.
            if error.pgcode and not isinstance(error, LOST):
                raise
        time.sleep(BETWEEN_SLICES)


def disconnect_me():
    """Let the server end the connections of this process."""
    connection = psycopg2.connect(dbname=DATABASE[0])
    connection.autocommit = True
    connection.cursor().execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = %s",
        [f"odoo-{os.getpid()}"],
    )
    connection.close()


DATABASE = []


def die(*_ignored):
    """Be killed."""
    os.kill(os.getpid(), signal.SIGKILL)


class Chaos(Asking):
    """A run of many customers, disturbed in a way that a seed decides."""

    def __init__(self, env, customers):
        run_world.make_many(env, customers)
        run_world.stop_clock(env)
        self.registry, self.database = env.registry, env.cr.dbname
        DATABASE[:] = [self.database]
        env["msp.bill.run"]._cron_open_runs()
        env.cr.commit()
        env.cr.close()
        sql_db.close_all()
        self.keeper = Keeper(self._connect)
        self.crashed = False
        self.expected = {hashed: self._bill_quietly(hashed) for hashed in (False, True)}
        # What has happened to workers, written by themselves.
        self.met = tempfile.TemporaryFile(mode="ab+", buffering=0)  # noqa: SIM115

    # === DATABASE === #
    def _read(self):
        return self._ask(lambda cr: ledger.read(cr, numbers=False, people=False))

    def _begin(self, hashed):
        """Put the world back; secure its journal by hashes, or leave it plain."""
        self.keeper.restore(everything=self.crashed)
        if hashed:
            assert not killing.child(self.registry, _hash_journals)

    def _bill_quietly(self, hashed):
        """Return what the database says when nobody disturbs the run."""
        self._begin(hashed)
        assert not killing.child(self.registry, _bill)
        return self._read()

    # === DISTURBING === #
    def disturb(self, seed, deaths, crashes):
        """Bill with disturbances; return how many of each kind there were.

        Seeds that are even have a journal that is secured by hashes.
        """
        hashed = not seed % 2
        self._begin(hashed)
        self.pick = random.Random(seed)
        self.left, self.crashes = deaths, crashes
        self.counts = collections.Counter()
        self.workers = {}
        self.met.seek(0)
        self.met.truncate()
        while self._is_open():
            while len(self.workers) < WORKERS:
                self._bear()
            pid, status = os.wait()
            fate = self.workers.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            assert code in (0, -signal.SIGKILL), (
                f"seed {seed}: {fate} ended with {code}"
            )
            if fate == "crash" and code:
                self._crash()
        while self.workers:
            pid, _status = os.wait()
            self.workers.pop(pid)
        self._check(seed, self.expected[hashed])
        self.met.seek(0)
        self.counts.update(self.met.read().decode().split())
        return dict(self.counts)

    def _is_open(self):
        """Say whether the run still works; resume it, as a person does, if not."""
        [(state, reason)] = self._rows("SELECT state, stop_reason FROM msp_bill_run")
        if state == "stopped":
            assert "busy" in reason or "out of reach" in reason, reason
            self.counts["stopped"] += 1
            resumed = killing.child(
                self.registry,
                lambda env: env["msp.bill.run"].search([]).action_resume(),
            )
            assert not resumed, "a stopped run cannot be resumed"
            return True
        return state == "running"

    def _bear(self):
        """Start a worker with its fate."""
        fate, point = "none", self.pick.randint(1, LATEST_POINT)
        msp_bill_run_work.BATCH_SIZE = self.pick.randint(1, 4)
        if self.left > 0:
            fate = self.pick.choice(FATES)
            self.left -= 1
            if self.crashes and self.workers:
                # The second one, early: while there is work for all it gets so far.
                fate, point = "crash", self.pick.randint(*CRASH_POINTS)
                self.crashes -= 1

        deeds = {} if fate == "none" else {point: (fate, die)}
        if fate == "terminate":
            # Who has lost its connection goes on, and is killed in the end.
            deeds = {
                point: (fate, disconnect_me),
                point + self.pick.randint(1, LATEST_POINT): ("kill", die),
            }

        def meet_fate():
            if fate in TIMEOUTS:
                os.environ["PGOPTIONS"] = TIMEOUTS[fate]

            def step(number, _name):
                if number in deeds:
                    name, deed = deeds[number]
                    self.met.write(f"{name}\n".encode())
                    deed()

            killing.watch(step)
            work_until_done(self.registry)

        self.workers[killing.fork(meet_fate)] = fate

    def _crash(self):
        """Have the server crashed by the test, and wait until it is there again."""
        self.crashed = True
        since = self._rows("SELECT pg_postmaster_start_time()")
        sys.stdout.write("CRASH\n")
        sys.stdout.flush()
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            try:
                if self._rows("SELECT pg_postmaster_start_time()") != since:
                    return
            except LOST:
                time.sleep(0.02)
        raise AssertionError("the server did not come back")

    # === BOOKS === #
    def _check(self, seed, expected):
        """See that the books are those of a run that nobody disturbed."""
        gaps = self._ask(ledger.gaps)
        assert not gaps, f"seed {seed}: gaps {gaps}"
        found = self._read()
        told = "\n".join(ledger.difference(expected, found))
        assert found == expected, f"seed {seed}:\n{told}"
        assert not killing.child(self.registry, _check_audit), f"seed {seed}: audit"


def _bill(env):
    env["msp.bill.run"]._cron_bill()


def _hash_journals(env):
    journals = env["account.journal"].search([("type", "=", "sale")])
    journals.restrict_mode_hash_table = True


def _resume(env):
    env["msp.bill.run"].search([]).action_resume()


def _check_audit(env):
    findings = env["msp.billing.cycle"]._audit()
    assert not findings, findings


def main(env, seeds, customers, deaths, crashes):
    """Make the world here and disturb its run once for each seed; print the counts."""
    chaos = Chaos(env, customers)
    for seed in seeds:
        began = time.monotonic()
        counts = chaos.disturb(seed, deaths, crashes)
        seconds = round(time.monotonic() - began, 1)
        answer = {"seed": seed, "seconds": seconds, "counts": counts}
        tell("CHAOS", answer)
    # Odoo's shell would go on with the cursor that is closed.
    os._exit(0)
