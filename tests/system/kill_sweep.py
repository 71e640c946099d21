"""Kill a run at its points, recover, and compare: inside a process of Odoo.

For each point the database is put back, a child works and is killed there, other
children go on until nothing is left. Then the database must say what it says when
nobody was killed.
"""

import os
import pathlib
import random
import resource
import signal
import time

import killing
import ledger
import notice_flows
import run_flows
import run_world
from asking import Asking, tell
from restore import Keeper

from odoo import sql_db

RECOVERIES = 3
FLOWS = run_flows.FLOWS | notice_flows.FLOWS


class Sweep(Asking):
    """One flow, killed point by point."""

    def __init__(self, env, name, folder):
        self.registry, self.database = env.registry, env.cr.dbname
        self.prepare, self.work, *self.checks = FLOWS[name]
        self.name, self.folder = name, pathlib.Path(folder)
        self.trace = killing.Trace(self.folder / "trace")
        self.recovered = {}

    # === DATABASE === #
    def _read(self):
        return self._ask(ledger.read)

    def _do(self, work):
        code = killing.child(self.registry, work)
        assert not code, f"{self.name}: a child that nobody killed ended with {code}"

    # === SWEEP === #
    def begin(self):
        """Remember the world; work once without a death: what is to be expected."""
        if self.prepare:
            self._do(self.prepare)
        self.keeper = Keeper(self._connect)
        assert not killing.child(self.registry, self.work, self.trace)
        self.steps = self.trace.read()
        self.expected = self._read()
        # To run again changes nothing.
        self._recover()
        self._compare("once more")
        self._check()

    def choose(self, seed, some):
        """Return the numbers of the points: all, or some behind commits and elsewhere.

        :param int some: how many of each kind; 0: all
        """
        numbers = range(1, len(self.steps) + 1)
        if not some:
            return list(numbers)
        pick = random.Random(seed)
        after = [n for n in numbers if self.steps[n - 1] == "commit:after"]
        others = sorted({*numbers} - {*after})
        kinds = (after, others)
        return sorted(n for kind in kinds for n in pick.sample(kind, some))

    def kill_at(self, number, *, every=False):
        """Let a child die at a point, and others go on.

        What a death leaves behind is often the same: who went on from there once has
        shown what becomes of it.

        :param bool every: go on from every death
        """
        self.keeper.restore()
        code = killing.child(self.registry, self.work, self.trace, number)
        assert code == -signal.SIGKILL, f"{self.name} {number}: ended with {code}"
        self._ask(self.keeper._wait_for_others)
        left = ledger.digest(self._read())
        if every or left not in self.recovered:
            self._recover()
            self._compare(f"point {number}, {self.trace.read()[-4:]}")
            self._check()
            self.recovered[left] = number

    def _recover(self):
        for _attempt in range(RECOVERIES):
            self._do(self.work)
        self._do(_check_audit)

    def _check(self):
        """Let the flow look at what it has come to, and go on from there."""
        for check in self.checks:
            self._do(check)

    def _compare(self, where):
        found = self._read()
        if found != self.expected:
            told = "\n".join(ledger.difference(self.expected, found))
            raise AssertionError(f"{self.name}: killed at {where}:\n{told}")


def _check_audit(env):
    findings = env["msp.billing.cycle"]._audit()
    assert not findings, findings


def main(env, folder, names, seed, some):
    """Make the small world here, sweep some flows over it, print what was done.

    :param list names: of flows
    :param int some: as in :meth:`Sweep.choose`
    """
    run_world.make_small(env)
    run_world.stop_clock(env)
    env.cr.close()
    sql_db.close_all()
    base = None
    for name in names:
        began = time.monotonic()
        sweep = Sweep(env, name, folder)
        base = base or Keeper(sweep._connect)
        base.restore()
        sweep.begin()
        chosen = sweep.choose(seed, some)
        for number in chosen:
            sweep.kill_at(number, every=not some)
        answer = {
            "flow": name,
            "points": len(sweep.steps),
            "commits": sum(step == "commit:after" for step in sweep.steps),
            "killed": len(chosen),
            "states": len(sweep.recovered),
            "seconds": round(time.monotonic() - began, 1),
            "cpu": round(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]), 1),
            "numbers": [
                line.split('"name": "')[1].split('"')[0]
                for line in sweep.expected
                if line.startswith("account_move ")
            ],
        }
        tell("SWEPT", answer)
    # Odoo's shell would go on with the cursor that is closed.
    os._exit(0)
