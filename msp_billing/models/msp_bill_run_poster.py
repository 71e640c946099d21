from contextlib import contextmanager

from odoo import models

# Names our advisory locks on journals; the second key is the journal.
POSTING = 0x4D5350 + 1


class MspBillRun(models.Model):
    """A journal secured by hashes has one poster at a time.

    Each entry of such a journal is hashed with the one before. Two workers see
    different last entries, and core refuses the second with an error that is nobody's
    failure: "A gap has been detected in the sequence".
    """

    _inherit = "msp.bill.run"

    # === WORK === #
    def _work(self):
        """EXTENDS: leave a hash-secured journal to the worker that posts into it."""
        self.ensure_one()
        journal = self.company_id._msp_sales_journal()
        if not journal.restrict_mode_hash_table:
            return super()._work()
        with self._sole_poster(journal) as alone:
            if alone:
                return super()._work()
        # Should the other worker die, somebody must look again.
        self._trigger_workers(minutes=1)
        return True

    @contextmanager
    def _sole_poster(self, journal):
        """Be the only worker that posts into a journal; yield whether this is so.

        The lock belongs to the connection that does the work, not to a transaction: it
        is held from batch to batch. A transaction that began before the lock would
        still see the journal as it was, so one begins after it.
        """
        cr = self.env.cr
        cr.execute("SELECT pg_try_advisory_lock(%s, %s)", [POSTING, journal.id])
        (alone,) = cr.fetchone()
        try:
            self.env["ir.cron"].sudo()._commit_progress()
            yield alone
        finally:
            if alone and not cr.closed:
                # The connection goes back to the pool, and would keep the lock.
                cr.rollback()
                cr.execute("SELECT pg_advisory_unlock(%s, %s)", [POSTING, journal.id])
                cr.rollback()
