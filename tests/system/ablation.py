"""Run a guard's test with the guard and without it: inside a process of Odoo.

Each run is a child of this process, which dies with what it switched off. What the
database does is taken away by SQL and put back.
"""

import importlib
import json
import os
import signal
import sys

import guards
import guards_mail
import killing
import psycopg2

from odoo.tests.result import OdooTestResult
from odoo.tests.suite import OdooSuite
from odoo.tools import config

GUARDS = guards.GUARDS | guards_mail.GUARDS
# A test that waits for ever without its guard has failed.
PATIENCE = 240
PASSED, FAILED, BROKEN = 0, 3, 4
"""How a child ends: its test passed, failed, or could not be run."""
OUTCOMES = {PASSED: "passed", FAILED: "failed", -signal.SIGALRM: "failed"}
# These tell of a guard or a test that was renamed, and of nothing that was missed.
MISTAKES = (AttributeError, ImportError, NameError, TypeError)


class Result(OdooTestResult):
    """What a test says, and whether it is about the product."""

    mistaken = False

    def _note(self, error):
        self.mistaken |= bool(error) and issubclass(error[0], MISTAKES)

    def addError(self, test, err):
        self._note(err)
        super().addError(test, err)

    def addSubTest(self, test, subtest, err):
        self._note(err)
        super().addSubTest(test, subtest, err)


def run_test(name):
    """Run a test in this process.

    :return: how the process is to end
    :rtype: int
    """
    module, case, method = name.rsplit(".", 2)
    suite = OdooSuite([getattr(importlib.import_module(module), case)(method)])
    result = Result()
    suite(result)
    if result.testsRun != 1 or result.mistaken:
        return BROKEN
    return PASSED if result.wasSuccessful() else FAILED


class Ablation:
    """The guards of a database, switched off one by one."""

    def __init__(self, env):
        config["test_enable"] = True
        self.registry, self.database = env.registry, env.cr.dbname
        # test -> what becomes of it with all the guards in place
        self.usual = {}
        env.cr.close()

    def _try(self, test, off=None):
        """Run a test in a child; return its outcome."""

        def act():
            signal.alarm(PATIENCE)
            if off:
                off(self.registry)
            os._exit(run_test(test))

        return OUTCOMES.get(killing.ended(killing.fork(act)), "broken")

    def _execute(self, statement):
        connection = psycopg2.connect(dbname=self.database)
        connection.autocommit = True
        try:
            with connection.cursor() as cr:
                cr.execute(statement)
                return cr.fetchall() if cr.description else []
        finally:
            connection.close()

    def check(self, name):
        """Return the outcome of a guard's test with the guard, and without it."""
        guard = GUARDS[name]
        if guard.test not in self.usual:
            self.usual[guard.test] = self._try(guard.test)
        usual = self.usual[guard.test]
        if not guard.sql:
            return usual, self._try(guard.test, guard.off)
        what = guard.sql.split()[-1]
        [(back,)] = self._execute(_HOW_TO_MAKE.format(name=what))
        self._execute(guard.sql)
        try:
            return usual, self._try(guard.test)
        finally:
            self._execute(back)


_HOW_TO_MAKE = """
SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
FROM pg_constraint WHERE conname = '{name}'
UNION ALL
SELECT indexdef FROM pg_indexes WHERE indexname = '{name}'
AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}')
"""


def main(env, names):
    """Check some guards, and print what became of their tests."""
    ablation = Ablation(env)
    for name in names:
        usual, without = ablation.check(name)
        answer = {"guard": name, "with": usual, "without": without}
        sys.stdout.write("GUARD" + json.dumps(answer) + "\n")
        sys.stdout.flush()
    # Odoo's shell would go on with the cursor that is closed.
    os._exit(0)
