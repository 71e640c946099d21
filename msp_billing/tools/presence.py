"""Which workers are on a run, told by locks that die with their connection."""

# Names our advisory locks; the second key is the run.
WORKING = 0x4D5350


class Presence:
    """A worker's place on a run, from ``join`` to ``leave`` or to its death.

    The lock belongs to the connection that does the work: a worker that was killed is
    gone at once, one whose scheduled action lost its own lock is still there.
    """

    def __init__(self, cr, run_id):
        self.cr = cr
        self.run_id = run_id
        self.joined = self.alone = False

    def join(self):
        """Be there beside other workers.

        :return: False when another worker is just closing the run
        :rtype: bool
        """
        self.joined = self._ask("pg_try_advisory_lock_shared")
        return self.joined

    def leave(self):
        """Be gone, in whatever way this worker was there."""
        if self.cr.closed:
            return
        if self.joined:
            self._ask("pg_advisory_unlock_shared")
        if self.alone:
            self._ask("pg_advisory_unlock")
        self.joined = self.alone = False

    def leave_last(self):
        """Leave, and come back alone when nobody else is there.

        :return: whether this worker is the last one, and keeps others out
        :rtype: bool
        """
        self.leave()
        self.alone = self._ask("pg_try_advisory_lock")
        return self.alone

    def _ask(self, function):
        self.cr.execute(f"SELECT {function}(%s, %s)", [WORKING, self.run_id])
        return bool(self.cr.fetchone()[0])


def count_present(cr, run_id):
    """Return how many workers are on a run now."""
    cr.execute(
        "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' "
        "AND granted AND objsubid = 2 AND classid = %s AND objid::bigint = %s "
        "AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())",
        [WORKING, run_id % 2**32],  # pg_locks shows keys without a sign
    )
    return cr.fetchone()[0]
