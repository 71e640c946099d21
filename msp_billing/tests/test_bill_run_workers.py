import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_cron

from ..models import msp_bill_run_work
from ..tools.presence import WORKING
from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestBillRunWorkers(MspBillingCommon):
    """Scheduled actions that share a run, and people who pause it meanwhile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._plan()
        cls.customers = [cls._customer(f"Customer{n} Ltd") for n in range(4)]
        for customer in cls.customers:
            cls._subscribe(plan, customer)
            cls._computers(customer, 1)
        cls.crons = cls.env["msp.bill.run"]._bill_crons()

    @contextmanager
    def _another_worker(self, run):
        """Let a worker be on the run, on a connection of its own."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            key = [WORKING, run.id]
            cr.execute("SELECT pg_try_advisory_lock_shared(%s, %s)", key)
            yield
            cr.execute("SELECT pg_advisory_unlock_shared(%s, %s)", key)

    def _triggers(self, cron):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    # === SCHEDULED ACTIONS === #
    def test_one_of_four_is_active(self):
        self.assertEqual(len(self.crons), 4)
        self.assertEqual(set(self.crons.mapped("code")), {"model._cron_bill()"})
        self.assertEqual(self.crons.mapped("active"), [True, False, False, False])

    def test_administrators_choose_how_many_work(self):
        Settings = self.env["res.config.settings"]
        self.assertEqual(Settings.get_values()["msp_bill_workers"], "1")
        for number, expected in (
            ("3", [True, True, True, False]),
            ("1", [True, False, False, False]),
        ):
            Settings.create({"msp_bill_workers": number}).execute()
            self.assertEqual(self.crons.mapped("active"), expected)
        # On a copy of the database all are off, and stay so.
        self.crons.active = False
        self.assertFalse(Settings.get_values()["msp_bill_workers"])
        Settings.create({"msp_bill_workers": False}).execute()
        self.assertFalse(self.crons.filtered("active"))

    def test_start_wakes_all_active_workers(self):
        self.crons[1].active = True
        before = [self._triggers(cron) for cron in self.crons]
        self._new_run("2026-02-01").action_start()
        after = [self._triggers(cron) for cron in self.crons]
        self.assertEqual(
            [new - old for old, new in zip(before, after, strict=True)], [1, 1, 0, 0]
        )

    def test_a_slice_that_leaves_work_wakes_the_workers(self):
        self.crons[1].active = True
        run = self._new_run("2026-02-01")
        run.action_start()
        self.env["ir.cron.trigger"].search([]).unlink()
        with (
            patch.object(msp_bill_run_work, "BATCH_SIZE", 1),
            patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
            patch.object(ir_cron, "MIN_RUNS_PER_JOB", 1),
        ):
            self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("running", 1))
        self.assertTrue(self._triggers(self.crons[0]))
        self.assertEqual(self._triggers(self.crons[1]), 1)

    def test_a_worker_near_its_limit_leaves_the_rest_to_the_next_slice(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        Run = self.registry["msp.bill.run"]
        with (
            patch.object(Run, "_is_past_deadline", lambda *_args: True),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            self._work()
        self.assertFalse(run.move_ids)
        self.assertTrue(self._triggers(self.crons[0]))
        now = time.monotonic()
        for seconds, expected in ((5, False), (1000, True)):
            # The slice began so long ago; Odoo gives it ten seconds.
            worker = run.with_context(cron_end_time=now - seconds + 10)
            self.assertEqual(worker._is_past_deadline(), expected)
        self.assertFalse(run._is_past_deadline())

    # === SHARING A RUN === #
    def test_a_run_is_not_done_while_another_worker_is_on_it(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        with self._another_worker(run):
            self._work()
            self.assertEqual((run.state, len(run.move_ids)), ("running", 4))
            self.assertEqual(run._workers_at_work(), 1)
        self.assertEqual(run._workers_at_work(), 0)
        self._work()
        self.assertEqual(run.state, "done")

    def test_what_another_worker_holds_is_left_to_it(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        taken = self.customers[1]
        Subscription = self.registry["msp.subscription"]
        lock = Subscription._lock_due

        def lock_others(subscriptions):
            return lock(subscriptions.filtered(lambda sub: sub.partner_id != taken))

        with patch.object(Subscription, "_lock_due", lock_others):
            self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("running", 3))
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 4))

    def test_what_is_taken_while_a_batch_is_cut_is_not_forgotten(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        Run, taken = self.registry["msp.bill.run"], self.customers[2]
        bill, relock = Run._bill, Run._relock

        def fail_together(self, subscriptions):
            if len(subscriptions) > 1:
                raise ValueError("Only one by one")
            return bill(self, subscriptions)

        def relock_others(self, subscriptions):
            return subscriptions.partner_id != taken and relock(self, subscriptions)

        with (
            patch.object(Run, "_bill", fail_together),
            patch.object(Run, "_relock", relock_others),
            patch.object(Run, "_claim", self._claim_once(Run._claim)),
        ):
            self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("running", 3))
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 4))

    def test_a_failure_that_another_worker_recorded_is_not_recorded_again(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        Run, failed = self.registry["msp.bill.run"], self.customers[2]
        subscription = failed.msp_subscription_ids
        bill, isolate = Run._bill, Run._isolate

        def fail_together(self, subscriptions):
            if len(subscriptions) > 1:
                raise ValueError("Only one by one")
            return bill(self, subscriptions)

        def isolate_late(self, batch, part):
            # The rollback gave the locks away: another worker was faster.
            self._record_failure(subscription.with_env(self.env), "odd data")
            return isolate(self, batch, part)

        with (
            patch.object(Run, "_bill", fail_together),
            patch.object(Run, "_isolate", isolate_late),
        ):
            self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 3))
        self.assertEqual(run.issue_ids.subscription_id, subscription)
        cycle = subscription.cycle_ids
        self.assertEqual((cycle.state, cycle.attempts), ("failed", 1))

    def _claim_once(self, claim):
        """Let a worker get one batch; then others have the rest."""
        claimed = []

        def once(run, tried):
            if claimed:
                return run.env["msp.subscription"]
            claimed.append(run)
            return claim(run, tried)

        return once

    # === PEOPLE === #
    def test_a_pause_takes_effect_after_the_batch(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        Run = self.registry["msp.bill.run"]
        log_batch = Run._log_batch

        def pause(worker, subscriptions, started):
            log_batch(worker, subscriptions, started)
            worker.action_pause()

        with (
            patch.object(msp_bill_run_work, "BATCH_SIZE", 1),
            patch.object(Run, "_log_batch", pause),
        ):
            self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("paused", 1))
        run.action_resume()
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 4))

    def test_start_twice_bills_once(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        with self.assertRaisesRegex(UserError, "is in state Running"):
            run.action_start()
        self._work()
        self._work()
        with self.assertRaisesRegex(UserError, "is in state Done"):
            run.action_start()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 4))
