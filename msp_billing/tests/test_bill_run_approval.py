from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import msp_bill_run_preview, msp_bill_run_work
from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestBillRunApproval(MspBillingCommon):
    """Runs that are prepared first: previews of any size, approval, what changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan(cost=10.0)
        cls.customers = [cls._customer(f"Customer{n} Ltd") for n in range(3)]
        today = cls.company._msp_today()
        for customer in cls.customers:
            cls._subscribe(
                cls.plan,
                customer,
                date_start=today.replace(day=1, year=today.year - 1),
                billing_cycle="yearly",
            )
            cls._computers(customer, 1)
        cls.subscriptions = cls.plan.subscription_ids
        cls.manager = cls._user("boss", "msp_billing.group_msp_billing_manager")

    def _open_runs(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("msp_billing.ir_cron_open_runs").sudo().method_direct_trigger()
        self.env.invalidate_all()
        return self.env["msp.bill.run"].search([("company_id", "=", self.company.id)])

    # === APPROVAL === #
    def test_an_automatic_run_waits_for_a_manager(self):
        self.company.msp_approval = True
        run = self._open_runs()
        self.assertEqual((run.state, run.cycle_count), ("waiting", 3))
        self.assertTrue(all(run.cycle_ids.mapped("fingerprint")))
        self.assertIn(self.manager, run.activity_ids.user_id)
        self.assertEqual(len(run.activity_ids.user_id), len(run.activity_ids))
        self.assertEqual(self._open_runs(), run)
        own = run.with_user(self.manager)
        own.action_preview()
        self.assertEqual(run.state, "waiting")
        self.assertEqual(len(run.activity_ids.user_id), len(run.activity_ids))
        own.action_approve()
        self.assertFalse(run.activity_ids)
        self._work()
        self.assertEqual((run.state, len(run.move_ids)), ("done", 3))
        self.assertFalse(run.issue_ids)

    def test_a_run_is_set_back_to_draft(self):
        self.company.msp_approval = True
        run = self._open_runs()
        run.with_user(self.manager).action_draft()
        self.assertEqual(run.state, "draft")
        self.assertFalse(run.activity_ids or run.cycle_ids or run.issue_ids)
        # A person has taken it in hand: today no other one opens.
        self.assertEqual(self._open_runs(), run)
        bot = run._as_bot()
        self.assertTrue(bot._has_new_work(self.company, run.date.replace(year=2999)))
        run.with_user(self.manager).action_start()
        self.assertEqual(run.state, "waiting")
        self.assertTrue(run.activity_ids)
        run.action_approve()
        with self.assertRaisesRegex(UserError, "is in state Running"):
            run.action_draft()

    def test_a_company_whose_run_cannot_open_keeps_nobody_back(self):
        other = self.setup_other_company()["company"]
        Run = self.registry["msp.bill.run"]
        open_run = Run._open_run_of

        def broken(self, company):
            if company == other:
                raise KeyError("broken")
            return open_run(self, company)

        with (
            patch.object(Run, "_open_run_of", broken),
            mute_logger("odoo.addons.msp_billing.models.msp_bill_run_open"),
        ):
            self.assertEqual(self._open_runs().state, "running")

    # === PREVIEW === #
    def test_a_large_run_is_previewed_in_the_background(self):
        small, large = (self._new_run(self.company._msp_today()) for _ in range(2))
        small.action_preview()
        expected = sorted(small.cycle_ids.mapped("fingerprint"))
        amount = small.amount_untaxed
        self.assertFalse(small.previewing)
        with (
            patch.object(msp_bill_run_preview, "AT_ONCE", 2),
            patch.object(msp_bill_run_work, "BATCH_SIZE", 1),
        ):
            large.action_preview()
            self.assertEqual((large.state, large.previewing), ("draft", True))
            progress = large.get_progress()
            self.assertTrue(progress["active"])
            self.assertEqual(progress["headline"], "Preview: 0 of 3 subscriptions")
            for button in (large.action_start, large.action_preview):
                with self.assertRaisesRegex(UserError, "is being previewed"):
                    button()
            with self.assertRaisesRegex(UserError, "is being previewed"):
                large.date = "2026-01-01"
            self._work()
        self.assertEqual((large.state, large.previewing), ("previewed", False))
        self.assertEqual(sorted(large.cycle_ids.mapped("fingerprint")), expected)
        self.assertEqual(large.amount_untaxed, amount)
        self.assertFalse(large.move_ids)
        large.action_start()
        self._work()
        self.assertEqual((large.state, len(large.move_ids)), ("done", 3))
        self.assertFalse(large.issue_ids)

    def test_a_large_run_waits_for_approval_after_its_preview(self):
        self.company.msp_approval = True
        with patch.object(msp_bill_run_preview, "AT_ONCE", 2):
            run = self._open_runs()
            self.assertEqual((run.state, run.previewing), ("draft", True))
            self.assertEqual(self._open_runs(), run)
            self._work()
        self.assertEqual((run.state, run.cycle_count), ("waiting", 3))
        self.assertIn(self.manager, run.activity_ids.user_id)

    def test_a_preview_in_the_background_can_be_stopped(self):
        run = self._new_run(self.company._msp_today())
        with patch.object(msp_bill_run_preview, "AT_ONCE", 2):
            run.action_preview()
            run.action_draft()
            self._work()
        self.assertEqual((run.state, run.previewing), ("draft", False))
        self.assertFalse(run.cycle_ids)

    def test_a_customer_who_cannot_be_previewed_is_named(self):
        bad = self.customers[1]
        Run = self.registry["msp.bill.run"]
        preview = Run._preview

        def fail(run, subscriptions):
            if bad in subscriptions.partner_id:
                raise ValueError("odd data")
            return preview(run, subscriptions)

        run = self._new_run(self.company._msp_today())
        with (
            patch.object(Run, "_preview", fail),
            mute_logger("odoo.addons.msp_billing.models.msp_bill_run_failure"),
        ):
            run.action_preview()
        self.assertEqual((run.state, run.cycle_count), ("previewed", 2))
        self.assertRecordValues(
            run.issue_ids,
            [
                {
                    "kind": "failed",
                    "partner_id": bad.id,
                    "message": "ValueError: odd data",
                }
            ],
        )

    # === PREVIEW EQUALS BILL === #
    def test_a_change_since_the_preview_says_why(self):
        run = self._new_run(self.company._msp_today())
        run.action_preview()
        computers, terms, price = self.subscriptions
        self._computers(computers.partner_id, 2, name="Late")
        terms.discount = 20
        self.env["msp.subscription.price.override"].create(
            {
                "subscription_id": price.id,
                "price_id": self.plan.price_ids.id,
                "unit_price": 8.0,
            }
        )
        run.action_start()
        self._work()
        self.assertEqual(set(run.issue_ids.mapped("kind")), {"changed"})
        texts = {issue.subscription_id: issue.message for issue in run.issue_ids}
        self.assertIn("computers 3 instead of 1", texts[computers])
        self.assertNotIn("discount", texts[computers])
        self.assertIn("discount in % 20 instead of 0", texts[terms])
        self.assertNotIn("computers", texts[terms])
        self.assertIn("8 instead of 10", texts[price])
        for text in texts.values():
            self.assertIn("in the preview", text)
