"""Two processes at once, one of them stopped at a chosen point: inside Odoo's shell.

The first works up to its gate. The second works until it is done, or waits for a lock
of the first. Then the gate opens. What comes out, once fresh workers have finished, is
what comes out of one after the other, in one of the two orders.
"""

import contextlib
import os
import random
import select
import time

import killing
import ledger
import race_acts
import run_world
from asking import Asking, tell
from restore import Keeper

from odoo import sql_db

from odoo.addons.msp_billing.models import msp_bill_run_work

PATIENCE = 120.0
BLOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""
# While somebody has not been looked at, the run is not done.
TOO_EARLY = """
SELECT s.id FROM msp_subscription s
WHERE s.next_bill_date <= %s
AND EXISTS (SELECT 1 FROM msp_bill_run r WHERE r.date = %s AND r.state = 'done')
AND NOT EXISTS (SELECT 1 FROM msp_bill_run r
                WHERE r.date = %s AND r.state IN ('draft', 'running'))
AND NOT EXISTS (SELECT 1 FROM msp_bill_run_issue i WHERE i.subscription_id = s.id)
"""
TWICE = """
SELECT run_id, subscription_id FROM msp_bill_run_issue
GROUP BY run_id, subscription_id, cycle_id, kind HAVING count(*) > 1
"""


class Racer:
    """A process that does an act, and waits at its gate until it may go on."""

    def __init__(self, registry, act, gate=0):
        """Start.

        :param int gate: the number of the point at which it waits; 0: at none
        """
        self.told, tell = os.pipe()
        hear, self.go = os.pipe()

        def step(number, _name):
            if number == gate:
                os.write(tell, b"x")
                os.read(hear, 1)

        def race():
            killing.watch(step)
            killing.do(registry, act)

        self.pid = killing.fork(race)
        for end in (tell, hear):
            os.close(end)
        self.code = None

    def wait_at_gate(self):
        """Wait until it is there, or is done without having been there."""
        assert select.select([self.told], [], [], PATIENCE)[0], "it came to no gate"
        os.close(self.told)

    def open(self):
        """Let it go on."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.go, b"x")
        os.close(self.go)

    def is_done(self):
        """Say whether it has ended."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self):
        """Wait for its end; return its code."""
        if self.code is None:
            self.code = killing.ended(self.pid)
        return self.code


class Race(Asking):
    """Two acts, raced against each other in rounds."""

    def __init__(self, env, name):
        self.registry, self.database, self.name = env.registry, env.cr.dbname, name
        self.prepare, *self.acts = race_acts.RACES[name]

    # === DATABASE === #
    def _do(self, act):
        code = killing.child(self.registry, act)
        assert not code, f"{self.name}: {act.__name__} ended with {code}"

    # === RACE === #
    def begin(self, folder):
        """Remember the world, and what comes out of one act after the other."""
        if self.prepare:
            self._do(self.prepare)
        self.keeper = Keeper(self._connect)
        trace = killing.Trace(os.path.join(folder, "trace"))
        self.points, self.outcomes = [], []
        for number in (0, 1):
            self.keeper.restore()
            first, second = self.acts[number], self.acts[1 - number]
            assert not killing.child(self.registry, first, trace), first.__name__
            self.points.append(len(trace.read()))
            self._do(second)
            self.outcomes.append(self._finish())

    def _finish(self):
        """Let fresh workers do what is left; return what the database says then."""
        self._do(race_acts.bill)
        assert not self._ask(ledger.gaps), "gaps"
        assert not self._rows(TWICE), "the same issue twice"
        runs = self.name not in race_acts.TWO_RUNS
        return self._ask(lambda cr: ledger.read(cr, numbers=False, runs=runs))

    def run(self, stopped, gate):
        """Race once.

        :param int stopped: 0 or 1, which of the two has the gate
        :param int gate: the number of its point
        """
        self.keeper.restore()
        where = f"{self.name}: {self.acts[stopped].__name__} stopped at {gate}"
        first = Racer(self.registry, self.acts[stopped], gate)
        first.wait_at_gate()
        second = Racer(self.registry, self.acts[1 - stopped])
        began = time.monotonic()
        while not second.is_done() and not self._rows(BLOCKED)[0][0]:
            assert time.monotonic() - began < PATIENCE, where
        early = self._rows(TOO_EARLY, *[run_world.TODAY] * 3)
        assert not early, f"{where}: done before {early}"
        first.open()
        second.open()
        codes = first.wait(), second.wait()
        os.close(second.told)
        assert codes == (0, 0), f"{where}: {codes}"
        found = self._finish()
        if found not in self.outcomes:
            told = "\n".join(
                f"after the other order {number}: {line}"
                for number, outcome in enumerate(self.outcomes)
                for line in ledger.difference(outcome, found)
            )
            raise AssertionError(f"{where}: neither order gives this:\n{told}")
        return self.outcomes.index(found)


def main(env, folder, names, seed, rounds):
    """Make the world here, race, and print what was done.

    :param list names: of the races
    :param int rounds: how many for each race, each of the two stopped in half of them
    """
    race_acts.make_world(env)
    run_world.stop_clock(env)
    # A transaction for each customer: more can come in between.
    msp_bill_run_work.BATCH_SIZE = 1
    env.cr.close()
    sql_db.close_all()
    base = None
    for name in names:
        race = Race(env, name)
        base = base or Keeper(race._connect)
        base.restore()
        race.begin(folder)
        pick = random.Random(f"{seed} {name}")
        orders, failure = [], ""
        for number in range(rounds):
            stopped = number % 2
            try:
                gate = pick.randint(2, race.points[stopped])
                orders.append(race.run(stopped, gate))
            except AssertionError as error:
                failure = str(error)
                break
        answer = {
            "race": name,
            "rounds": len(orders),
            "points": race.points,
            "orders": orders,
            "failure": failure,
        }
        tell("RACED", answer)
    # Odoo's shell would go on with the cursor that is closed.
    os._exit(0)
