from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models import msp_bill_run_work
from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestBillRunProgress(MspBillingCommon):
    """What people see of a run that works."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._plan(cost=10.0)
        cls.customers = [cls._customer(f"Customer{n} Ltd") for n in range(4)]
        for customer in cls.customers:
            cls._subscribe(plan, customer)
            cls._computers(customer, 1)
        cls._subscribe(cls._plan("Empty", cost=0.0), cls._customer("Held Ltd"))
        cls.run_ = cls._new_run("2026-02-01")

    def _figures(self, progress):
        return {figure["name"]: figure["value"] for figure in progress["figures"]}

    def _bill_one(self):
        """Bill the first customer, as one batch, and pause."""
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
        self.run_.action_resume()

    def test_progress_of_a_run(self):
        run = self.run_.with_user(
            self._user("boss", "msp_billing.group_msp_billing_manager")
        )
        run.action_start()
        progress = run.get_progress()
        self.assertTrue(progress["active"])
        self.assertEqual(progress["percent"], 0)
        self.assertEqual(progress["headline"], "0 of 5 subscriptions")
        self.assertIn("after the first batch", progress["time_left"])
        self._bill_one()
        progress = run.get_progress()
        self.assertEqual(progress["percent"], 20)
        self.assertEqual(progress["headline"], "1 of 5 subscriptions")
        figures = self._figures(progress)
        self.assertEqual((figures["bills"], figures["remaining"]), ("1", "4"))
        self.assertIn("10.00", figures["amount"])
        self._work()
        progress = run.get_progress()
        self.assertEqual((progress["state"], progress["active"]), ("done", False))
        self.assertFalse(progress["time_left"] or progress["waiting"])
        figures = self._figures(progress)
        self.assertEqual(
            [figures[name] for name in ("bills", "billed", "held", "failed")],
            ["4", "4", "1", "0"],
        )

    def test_time_left_follows_the_pace_of_the_last_batches(self):
        run, Batch = self.run_, self.env["msp.bill.run.batch"].sudo()
        start = self.env.cr.now().replace(microsecond=0)
        for number in range(3):
            begin = start + timedelta(seconds=20 * number)
            Batch.create(
                {
                    "run_id": run.id,
                    "date_start": begin,
                    "date_end": begin + timedelta(seconds=10),
                    "seconds": 10,
                    "subscription_count": 100,
                }
            )
        # 300 in 50 seconds: the waits between the slices count.
        self.assertAlmostEqual(run._pace(), 6.0)
        self.assertEqual(run._time_left_text(300, 2000), "about 6 min left")
        self.assertEqual(run._time_left_text(300, 100), "less than a minute left")
        self.assertEqual(run._time_left_text(300, 90000), "about 4.2 h left")
        # A pause of an hour does not.
        begin = start + timedelta(hours=1)
        Batch.create(
            {
                "run_id": run.id,
                "date_start": begin,
                "date_end": begin + timedelta(seconds=10),
                "seconds": 10,
                "subscription_count": 60,
            }
        )
        self.assertAlmostEqual(run._pace(), 6.0)

    def test_a_run_that_nobody_works_on_says_so(self):
        run = self.run_
        run.action_start()
        run.flush_recordset()
        self.assertIn("Waiting for the scheduled action", run.get_progress()["waiting"])
        long_ago = self.env.cr.now() - timedelta(minutes=10)
        self.env.cr.execute(
            "UPDATE msp_bill_run SET write_date = %s WHERE id = %s", [long_ago, run.id]
        )
        run.invalidate_recordset()
        self.assertIn("max_cron_threads", run.get_progress()["waiting"])
        self.env["msp.bill.run"]._bill_crons().active = False
        self.assertIn("No worker is switched on", run.get_progress()["waiting"])

    def test_who_sees_the_progress(self):
        self.run_.action_start()
        for login, groups in (
            ("clerk", "account.group_account_invoice"),
            ("auditor", "account.group_account_readonly"),
        ):
            run = self.run_.with_user(self._user(login, groups))
            self.assertEqual(run.get_progress()["state"], "running")
        sales = self._user("seller", "msp_billing.group_msp_billing_sales")
        with self.assertRaises(AccessError):
            self.run_.with_user(sales).get_progress()

    def test_progress_costs_the_same_for_any_number_of_customers(self):
        self.run_.action_start()
        self._bill_one()
        self.run_.get_progress()
        costs = []
        for _work in range(2):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.run_.get_progress()
            costs.append(self.env.cr.sql_log_count - before)
            self._bill_one()
        self.assertEqual(costs[0], costs[1])
