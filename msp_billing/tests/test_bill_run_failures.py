import errno
from contextlib import contextmanager
from unittest.mock import patch

from psycopg2 import InterfaceError, errors

from odoo.exceptions import LockError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import MspBillingCommon

FAILURE = "odoo.addons.msp_billing.models.msp_bill_run_failure"
SLICE = "odoo.addons.msp_billing.models.msp_bill_run_slice"
CRON = "odoo.addons.base.models.ir_cron"


@tagged("post_install", "-at_install")
class TestBillRunFailures(MspBillingCommon):
    """Whose failure it is: a customer's, or nobody's, which stops the run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._plan()
        cls.customers = [cls._customer(f"Customer{n} Ltd") for n in range(5)]
        for customer in cls.customers:
            cls._subscribe(plan, customer)
            cls._computers(customer, 1)

    @contextmanager
    def _failing(self, failure):
        """Let the billing of customers fail: ``failure(customers)`` raises, or not."""
        Run = self.registry["msp.bill.run"]
        bill = Run._bill

        def fail(run, subscriptions):
            failure(subscriptions.partner_id)
            return bill(run, subscriptions)

        with (
            patch.object(Run, "_bill", fail),
            patch.object(Run, "_pause_a_moment", lambda *_args: None),
            mute_logger(FAILURE, SLICE, CRON),
        ):
            yield

    def _of(self, *numbers):
        return self.env["res.partner"].union(*(self.customers[n] for n in numbers))

    def _raising(self, customers, make):
        def failure(partners):
            for partner in partners & customers:
                raise make(partner)

        return failure

    def _raising_while(self, left):
        def failure(_partners):
            if left:
                raise left.pop()

        return failure

    def _assert_nobody_is_blamed(self, run):
        self.assertFalse(run.cycle_ids.filtered(lambda c: c.state == "failed"))
        self.assertFalse(run.cycle_ids.filtered("attempts"))
        self.assertFalse(run.issue_ids)
        subscriptions = self.env["msp.subscription"].search(
            [("partner_id", "in", [customer.id for customer in self.customers])]
        )
        self.assertFalse(subscriptions.activity_ids)

    # === NOBODY'S === #
    def test_the_same_failure_three_times_in_a_row_blames_nobody(self):
        failure = self._raising(
            self._of(0, 1, 2, 3, 4),
            lambda partner: UserError(
                f"{partner.name}: account 4000 (id={partner.id})"
            ),
        )
        with self._failing(failure):
            run = self._bill("2026-02-01")
        self.assertEqual(run.state, "stopped")
        self.assertIn("three times in a row", run.stop_reason)
        self.assertIn("account 4000", run.stop_reason)
        self.assertIn("resume the run", run.stop_reason)
        self._assert_nobody_is_blamed(run)
        self.assertEqual(run.activity_ids.user_id, run.user_id)
        run.action_resume()
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 5))

    def test_different_failures_are_the_customers_own(self):
        failure = self._raising(
            self._of(0, 1, 2, 3, 4),
            lambda partner: UserError(f"Wrong terms of kind {partner.id % 7}"),
        )
        with self._failing(failure):
            run = self._bill("2026-02-01")
        self.assertEqual((run.state, run.failed_count), ("done", 5))

    def test_a_success_in_between_breaks_the_row(self):
        failure = self._raising(
            self._of(0, 1, 3, 4), lambda partner: UserError("The account is archived")
        )
        with self._failing(failure):
            run = self._bill("2026-02-01")
        self.assertEqual((run.state, run.failed_count), ("done", 4))
        self.assertEqual(run.move_ids.partner_id, self.customers[2])

    def test_people_are_asked_by_queued_mail(self):
        """A mail server that hangs must not hold up the bills of others."""
        person = new_test_user(
            self.env,
            "person",
            "msp_billing.group_msp_billing_manager",
            email="person@example.com",
        )
        self._of(1).msp_subscription_ids.user_id = person
        failing = self._failing(self._raising(self._of(1), lambda _p: UserError("No")))
        mail = "odoo.addons.mail.models.mail_mail.MailMail"
        with (
            failing,
            patch(f"{mail}.send_after_commit") as after,
            patch(f"{mail}.send") as now,
        ):
            run = self._bill("2026-02-01")

        self.assertEqual(run.failed_count, 1)
        self.assertFalse(after.called or now.called)
        asked = self.env["mail.mail"].search(
            [("recipient_ids", "in", person.partner_id.ids)]
        )
        self.assertEqual(asked.mapped("state"), ["outgoing"])

    def test_a_full_disk_stops_the_run(self):
        for error in (errors.DiskFull("no space"), OSError(errno.ENOSPC, "no space")):
            with (
                self.subTest(type(error).__name__),
                self._failing(
                    self._raising(self._of(1), lambda partner, error=error: error)
                ),
            ):
                run = self._bill("2026-02-01")
                self.assertEqual(run.state, "stopped")
                self.assertIn("no space", run.stop_reason)
                self.assertIn("resume the run", run.stop_reason)
                self._assert_nobody_is_blamed(run)
                self.assertTrue(run.activity_ids)

    def test_an_archived_journal_stops_the_run(self):
        self.company.msp_journal_id.active = False
        run = self._bill("2026-02-01")
        self.assertEqual(run.state, "stopped")
        self.assertIn("no active sales journal", run.stop_reason)
        self._assert_nobody_is_blamed(run)

    def test_a_lost_connection_is_no_customer_s(self):
        lost = [errors.AdminShutdown("terminated"), InterfaceError("closed")]
        run = self._new_run("2026-02-01")
        run.action_start()
        for number, error in enumerate([*lost, lost[0]], 1):
            with self._failing(self._raising(self._of(2), lambda _who, e=error: e)):
                self._work()
            self.assertEqual(run.setbacks, number)
            self.assertEqual(run.state, "stopped" if number == 3 else "running")
            self._assert_nobody_is_blamed(run)
        self.assertIn("out of reach 3 times in a row", run.stop_reason)
        run.action_resume()
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 5))
        self.assertEqual(run.setbacks, 0)

    def test_an_error_of_the_run_itself_stops_it_and_no_other(self):
        other = self._new_run("2026-02-01", partner_ids=self.customers[0].ids)
        run = self._new_run("2026-01-31")
        (run + other).action_start()
        Run = self.registry["msp.bill.run"]
        claim = Run._claim

        def broken(self, tried):
            if self.id == run.id:
                raise KeyError("broken")
            return claim(self, tried)

        with patch.object(Run, "_claim", broken), mute_logger(SLICE):
            self._work()
        self.assertEqual((run.state, other.state), ("stopped", "done"))
        self.assertIn("KeyError", run.stop_reason)
        self.assertEqual(len(other.move_ids), 1)

    # === A CONFLICT'S === #
    def test_conflicts_are_tried_again_and_never_shown(self):
        conflicts = (
            errors.SerializationFailure("concurrent update"),
            errors.DeadlockDetected("deadlock"),
            errors.LockNotAvailable("lock"),
            LockError("locked"),
        )
        for customer, error in zip(self.customers, conflicts, strict=False):
            left = [error, error]
            failure = self._raising_while(left)
            with self.subTest(type(error).__name__), self._failing(failure):
                run = self._bill("2026-02-01", partner_ids=customer.ids)
                self.assertFalse(left)
                self.assertEqual((run.state, len(run.move_ids)), ("done", 1))
                self._assert_nobody_is_blamed(run)

    def test_a_statement_that_takes_too_long_is_tried_again(self):
        left = [1, 2]

        def failure(partners):
            if left:
                left.pop()
                self.env.cr.execute("SET LOCAL statement_timeout = 1")
                with mute_logger("odoo.sql_db"):
                    self.env.cr.execute("SELECT pg_sleep(1)")

        with self._failing(failure):
            run = self._bill("2026-02-01")
        self.assertEqual((run.state, len(run.move_ids)), ("done", 5))
        self._assert_nobody_is_blamed(run)

    def test_a_batch_whose_commit_fails_is_billed_again(self):
        """Not even this run may think that its customers are done."""
        Run, Cron = self.registry["msp.bill.run"], self.registry["ir.cron"]
        log, commit, logged, commits = Run._log_batch, Cron._commit_progress, [], []

        def log_batch(run, *args):
            logged.append(1)
            return log(run, *args)

        def commit_or_fail(cron, *args, **kwargs):
            if logged:
                logged.clear()
                commits.append(1)
                if len(commits) in failing:
                    raise errors.SerializationFailure("concurrent update")
            return commit(cron, *args, **kwargs)

        last = self._raising(self._of(4), lambda _partner: UserError("No"))
        for day, failing, failure, bills in (
            ("2026-02-01", {1}, lambda _partners: None, 5),
            ("2026-03-01", {1, 3}, last, 4),
        ):
            commits.clear()
            with (
                self.subTest(failing=failing),
                self._failing(failure),
                patch.object(Run, "_log_batch", log_batch),
                patch.object(Cron, "_commit_progress", commit_or_fail),
            ):
                run = self._bill(day)
                self.assertEqual((run.state, len(run.move_ids)), ("done", bills))
                self.assertGreater(len(commits), max(failing))

    def test_a_batch_that_is_always_in_the_way_is_cut(self):
        def failure(partners):
            if len(partners) > 1:
                raise errors.QueryCanceled("canceling statement")

        with self._failing(failure):
            run = self._bill("2026-02-01")
        self.assertEqual((run.state, len(run.move_ids)), ("done", 5))

    def test_a_database_that_stays_busy_stops_the_run_in_the_end(self):
        run = self._new_run("2026-02-01")
        run.action_start()
        busy = self._raising(self._of(4), lambda p: errors.QueryCanceled("canceling"))
        with self._failing(busy):
            self._work()
            self.assertEqual((run.state, len(run.move_ids)), ("running", 4))
            self._work()
            self._work()
        self.assertEqual(run.state, "stopped")
        self.assertIn("too busy", run.stop_reason)
        self._assert_nobody_is_blamed(run)

    # === A CUSTOMER'S === #
    def _automatic_run(self, day):
        return (
            self.env["msp.bill.run"]
            .sudo()
            .create({"date": day, "automatic": True, "company_id": self.company.id})
        )

    def test_a_customer_is_parked_after_three_failures(self):
        failure = self._raising(self._of(2), lambda partner: ValueError("odd data"))
        with self._failing(failure):
            run = self._bill("2026-02-01")
            for _again in range(2):
                run = self._bill("2026-02-01")
        self.assertEqual((run.state, run.failed_count), ("done", 1))
        cycle = run.cycle_ids
        self.assertEqual((cycle.state, cycle.attempts), ("failed", 3))
        self.assertEqual(cycle.reason, "ValueError: odd data")
        self.assertTrue(cycle.next_try)
        subscription = cycle.subscription_id
        self.assertEqual(len(subscription.activity_ids), 1)
        self.assertEqual(subscription.activity_ids.user_id, self.env.user)
        # Only a run that a person starts tries it again.
        today = run.date
        self.assertFalse(run._as_bot()._has_new_work(self.company, today))
        # Not even when the time of a next try has come.
        cycle.sudo().next_try = "2026-01-01"
        self.assertFalse(run._as_bot()._has_new_work(self.company, today))
        automatic = self._automatic_run(today)
        left = automatic._as_bot()._remaining_domain()
        self.assertNotIn(subscription, subscription.search(left))
        automatic.unlink()
        cycle.action_retry()
        self.assertTrue(run._as_bot()._has_new_work(self.company, today))
        automatic = self._automatic_run(today)
        left = automatic._as_bot()._remaining_domain()
        self.assertIn(subscription, subscription.search(left))

    def test_a_run_that_stopped_holds_back_only_its_own_day(self):
        run = self._automatic_run("2026-02-01")
        run.sudo().state = "stopped"
        bot = run._as_bot()
        self.assertFalse(bot._has_new_work(self.company, run.date))
        self.assertTrue(
            bot._has_new_work(self.company, run.date.replace(day=2)),
        )
