from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestRegressions(MspBillingCommon):
    """Histories that once went wrong, found by the proofs: as short as they get."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()

    def _april(self, **vals):
        """Associate a plan at 30.00 with two computers from 1 April 2026."""
        plan = self._plan(cost=30.0)
        self._computers(self.customer, 2, "2026-04-01")
        return self._subscribe(plan, self.customer, "2026-04-01", **vals)

    def _spans(self, subscription, state="billed"):
        cycles = subscription.cycle_ids.filtered(
            lambda cycle: cycle.state == state and cycle.kind == "regular"
        )
        return [
            f"{cycle.date_start:%m-%d} {cycle.date_end:%m-%d}"
            for cycle in cycles.sorted("date_start")
        ]

    def _worth(self, subscription):
        """Return what the customer has been charged in all, credits included."""
        cycles = subscription.cycle_ids.filtered(lambda cycle: cycle.state == "billed")
        return round(sum(cycles.charge_ids.mapped("amount")), 2)

    def test_stub_voided_after_the_end_was_moved(self):
        subscription = self._april(date_end="2026-04-16")
        stub = self._bill("2026-04-16").move_ids
        subscription.date_end = False
        self._bill("2026-05-01")
        stub.action_msp_void(True, "Wrong address")
        run = self._bill("2026-05-02")
        self.assertEqual(run.failed_count, 0)
        self.assertEqual(self._spans(subscription), ["04-01 04-16", "04-16 05-01"])
        # Two computers, 15 of 30 days each.
        self.assertEqual(run.move_ids.amount_untaxed, 30.0)
        self.assertEqual(self._worth(subscription), 60.0)

    def test_void_takes_back_old_corrections(self):
        subscription = self._april()
        bill = self._bill("2026-05-01").move_ids
        self._computers(self.customer, 1, "2026-04-01", date_to="2026-05-01")
        self._bill("2026-06-01")
        self.assertEqual(self._worth(subscription), 60.0 + 60.0 + 30.0)
        for day in ("2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"):
            self._bill(day)
        with freeze_time("2026-10-15 12:00:00"):
            bill.action_msp_void(True, "Wrong address")
            self._bill("2026-10-15")
        with freeze_time("2026-11-01 12:00:00"):
            self._bill("2026-11-01")
        # April: three computers, once; May to October: two.
        self.assertEqual(self._worth(subscription), 90.0 + 6 * 60.0)

    def test_void_takes_corrections_back_long_after_the_end(self):
        subscription = self._april(date_end="2026-05-01")
        bill = self._bill("2026-05-01").move_ids
        self._computers(self.customer, 1, "2026-04-01", date_to="2026-05-01")
        self._bill("2026-06-01")
        for day in ("2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"):
            self._bill(day)
        with freeze_time("2027-01-15 12:00:00"):
            bill.action_msp_void(True, "Wrong address")
            self._bill("2027-01-15")
        self.assertEqual(self._worth(subscription), 90.0)

    def test_end_moved_earlier_long_after_it(self):
        subscription = self._april(date_end="2026-07-01")
        for day in ("2026-05-01", "2026-06-01", "2026-07-01"):
            self._bill(day)
        with freeze_time("2026-12-15 12:00:00"):
            for day in ("2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"):
                self._bill(day)
            self.assertFalse(subscription.next_correction_date)
            subscription.action_dissociate("2026-06-16", "Left earlier")
        self.assertEqual(str(subscription.next_correction_date), "2027-01-01")
        with freeze_time("2027-01-01 12:00:00"):
            self._bill("2027-01-01")
        # April, May, and 15 of the 30 days of June.
        self.assertEqual(self._worth(subscription), 60.0 + 60.0 + 30.0)

    def test_cycle_cut_long_ago_is_too_old_for_corrections(self):
        """The credit of a moved end comes however late, what else changes does not."""
        subscription = self._april()
        for day in ("2026-05-01", "2026-06-01"):
            self._bill(day)
        subscription.action_dissociate("2026-05-16", "Left earlier")
        Late = self.env["msp.late.change"].sudo()
        with freeze_time("2027-01-15 12:00:00"):
            self._bill("2026-07-01")
            # April, and 15 of the 31 days of May.
            self.assertEqual(self._worth(subscription), 60.0 + 29.03)
            self._computers(self.customer, 1, "2026-05-01", date_to="2026-05-16")
            subscription._require_correction(subscription.company_id._msp_today())
            self._bill("2027-01-15")
            self.assertEqual(self._worth(subscription), 60.0 + 29.03)
            Late._refresh(subscription.cycle_ids.ids)
        late = Late.search([("cycle_id", "in", subscription.cycle_ids.ids)])
        self.assertEqual(late.mapped("amount"), [14.52])

    def test_end_behind_a_voided_cycle_is_inside_billed_days(self):
        subscription = self._april()
        bill = self._bill("2026-05-01").move_ids
        self._bill("2026-06-01")
        bill.action_msp_void(True, "Wrong address")
        with self.assertRaisesRegex(UserError, "is billed until 2026-06-01"):
            subscription.action_dissociate("2026-05-16")

    def test_cycle_after_the_end_is_credited_without_proration_too(self):
        subscription = self._april(proration="none")
        self._bill("2026-05-01")
        self._bill("2026-06-01")
        subscription.action_dissociate("2026-04-16", "Never came back")
        self._bill("2026-07-01")
        # The last cycle, April, stays whole; May was not served at all.
        self.assertEqual(self._worth(subscription), 60.0)

    def test_held_cycles_after_the_end_are_gone(self):
        subscription = self._april()
        self._bill("2026-09-01")
        self.assertEqual(len(self._spans(subscription, "held")), 5)
        subscription.action_dissociate("2026-04-21")
        self.assertEqual(self._spans(subscription, "held"), [])
        self._bill("2026-09-02")
        self.assertEqual(self._spans(subscription), ["04-01 04-21"])

    def test_what_the_preview_held_is_billed_once_mended(self):
        self._april()
        self.customer.active = False
        run = self._new_run("2026-05-01")
        run.action_preview()
        self.assertEqual(run.held_count, 1)
        self.customer.active = True
        run.action_start()
        self._work()
        self.assertEqual((run.billed_count, run.held_count), (1, 0))
        self.assertFalse(run.issue_ids)

    def test_previewed_run_bills_beside_a_held_cycle(self):
        subscription = self._april()
        self._bill("2026-09-01")
        subscription.cycle_ids.action_release("All of them")
        with freeze_time("2027-01-01 12:00:00"):
            run = self._new_run("2027-01-01")
            run.action_preview()
            self.assertEqual(run.held_count, 4)
            run.action_start()
            self._work()
            # Five released ones; September to December were missed since.
            self.assertEqual((run.billed_count, run.held_count), (5, 4))
            again = self._bill("2027-01-01")
            self.assertEqual((again.billed_count, again.held_count), (0, 4))

    def test_one_more_cycle_is_billed_with_the_released_ones(self):
        subscription = self._april()
        self._bill("2026-09-01")
        subscription.cycle_ids.action_release("All of them")
        self.assertEqual(self._bill("2026-10-01").billed_count, 6)
        self.assertEqual(self._bill("2026-10-01").billed_count, 0)

    def test_released_alone_a_cycle_leaves_no_gap(self):
        subscription = self._april()
        self._bill("2026-09-01")
        held = subscription.cycle_ids.sorted("date_start")
        with self.assertRaisesRegex(UserError, "before 1 – 30 Apr 2026, which is held"):
            held[2].action_release("Only June")
        held[0].action_release("April first")
        self._bill("2026-09-01")
        self.assertEqual(self._spans(subscription), ["04-01 05-01"])
        self.assertEqual(self.env["msp.billing.cycle"]._audit(), [])

    def test_later_cycle_waits_for_the_oldest(self):
        prices = [{"name": "PC", "unit_price": 30.0, "date_from": "2026-05-01"}]
        self._computers(self.customer, 2, "2026-04-01")
        plan = self._plan(prices=prices)
        subscription = self._subscribe(plan, self.customer, "2026-04-01")
        run = self._bill("2026-07-01")
        self.assertEqual((run.billed_count, run.held_count), (0, 3))
        reasons = run.cycle_ids.sorted("date_start").mapped("reason")
        self.assertIn("no price in force", reasons[0])
        self.assertIn("1 – 30 Apr 2026 is held", reasons[2])
        plan.price_ids.date_from = "2026-04-01"
        run = self._bill("2026-07-01")
        self.assertEqual(run.billed_count, 3)
        self.assertEqual(self._worth(subscription), 180.0)

    def test_sites_are_fixed_once_billed(self):
        subscription = self._april()
        self._bill("2026-05-01")
        with self.assertRaisesRegex(UserError, "Include Sites"):
            subscription.include_sites = False
