from contextlib import contextmanager

from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..models.msp_bill_run_poster import POSTING
from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestBillPoster(MspBillingCommon):
    """One worker at a time posts into a journal that is secured by hashes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._plan()
        for number in range(2):
            customer = cls._customer(f"Customer{number} Ltd")
            cls._subscribe(plan, customer)
            cls._computers(customer, 1)
        cls.journal = cls.company_data["default_journal_sale"]

    @contextmanager
    def _other(self):
        """Open a connection of its own, as another worker has."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            yield cr

    def _try(self, cr):
        cr.execute("SELECT pg_try_advisory_lock(%s, %s)", [POSTING, self.journal.id])
        return cr.fetchone()[0]

    def _started(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        return run

    def test_a_secured_journal_is_left_to_its_poster(self):
        self.journal.restrict_mode_hash_table = True
        run = self._started()
        with self._other() as other:
            self.assertTrue(self._try(other))
            self._work()
            self.assertEqual((run.state, len(run.move_ids)), ("running", 0))
            other.execute(
                "SELECT pg_advisory_unlock(%s, %s)", [POSTING, self.journal.id]
            )
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 2))
        self.assertTrue(all(run.move_ids.mapped("inalterable_hash")))

    def test_workers_share_a_journal_without_hashes(self):
        run = self._started()
        with self._other() as other:
            self.assertTrue(self._try(other))
            self._work()
            other.execute("SELECT pg_advisory_unlock_all()")
        self.assertEqual((run.state, len(run.move_ids)), ("done", 2))

    def test_the_lock_does_not_outlive_the_work(self):
        self.journal.restrict_mode_hash_table = True
        run = self._started()
        self.env.flush_all()
        with self._other() as other:
            with self._worker(run) as bot, bot._sole_poster(self.journal) as alone:
                self.assertTrue(alone)
                self.assertFalse(self._try(other))
            self.assertTrue(self._try(other))
            with self._worker(run) as bot, bot._sole_poster(self.journal) as alone:
                self.assertFalse(alone)
            # Who did not get the lock gives nobody else's away.
            with self._other() as third:
                self.assertFalse(self._try(third))
            other.execute("SELECT pg_advisory_unlock_all()")
            with (
                self.assertRaisesRegex(ZeroDivisionError, "in the middle"),
                self._worker(run) as bot,
                bot._sole_poster(self.journal),
            ):
                raise ZeroDivisionError("in the middle")
            self.assertTrue(self._try(other))
            other.execute("SELECT pg_advisory_unlock_all()")

    @contextmanager
    def _worker(self, run):
        """Give a run to the bot in a cursor that may commit and roll back."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield run.with_env(run.env(cr=cr))._as_bot()
