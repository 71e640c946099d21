"""Processes that are killed at a chosen point of their work.

A loaded process of Odoo forks a child for each point: before each statement, before and
after each commit, and between a commit and what Odoo does after it.
"""

import itertools
import os
import signal
import traceback

from odoo import SUPERUSER_ID, api, sql_db
from odoo.tools.misc import Callbacks


class Trace:
    """The points that a child passes, written so that its death loses none."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """Return the names of the points that the last child passed."""
        with open(self.path) as lines:
            return lines.read().splitlines()

    def watch(self, kill):
        """Name each point from now on in this process; die at one of them.

        :param int kill: the number of the point, from 1; 0: none
        """
        output = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

        def step(number, name):
            os.write(output, f"{name}\n".encode())
            if number == kill:
                os.kill(os.getpid(), signal.SIGKILL)

        watch(step)


def watch(step):
    """Call ``step(number, name)`` at each point of this process from now on."""
    numbers = itertools.count(1)

    def count(name):
        step(next(numbers), name)

    _wrap(sql_db.Cursor, "execute", count, after=False)
    _wrap(sql_db.Cursor, "commit", count, after=True)
    _between(count)


def _wrap(owner, method, step, *, after):
    original = getattr(owner, method)

    def wrapped(*args, **kwargs):
        step(f"{method}:before")
        result = original(*args, **kwargs)
        if after:
            step(f"{method}:after")
        return result

    setattr(owner, method, wrapped)


def _between(step):
    """Have a point where the server has committed and Odoo has not gone on."""
    run = Callbacks.run

    def wrapped(callbacks):
        if callbacks._funcs:
            step("hooks:before")
        return run(callbacks)

    Callbacks.run = wrapped


def child(registry, work, trace=None, kill=0):
    """Do work in a process of its own, and return how the process ended.

    :param work: called with an environment of the superuser, which is committed
    :return: 0, a failure's 1, or the number of the signal, negative
    """

    def act():
        if trace:
            trace.watch(kill)
        do(registry, work)

    return ended(fork(act))


def do(registry, work):
    """Do work in this process, and commit it."""
    with registry.cursor() as cr:
        work(api.Environment(cr, SUPERUSER_ID, {}))


def fork(act):
    """Start a process that does something, and return its id."""
    sql_db.close_all()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        act()
        code = 0
    except BaseException:  # noqa: BLE001 - the parent sees the code, people the log
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(pid):
    """Wait for a process, and return how it ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
