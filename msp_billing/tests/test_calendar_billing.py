from datetime import date
from itertools import pairwise

from freezegun import freeze_time

from odoo.tests import Form, tagged

from .common import MspBillingCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestCalendarBilling(RefusalMixin, MspBillingCommon):
    """Which days are on which bill."""

    def _spans(self, subscription):
        """Return the billed days as text, oldest first: "01-31 02-28" """
        cycles = subscription.cycle_ids.filtered(lambda c: c.state == "billed")
        return [
            f"{cycle.date_start:%m-%d} {cycle.date_end:%m-%d}"
            for cycle in cycles.sorted("date_start")
        ]

    def _charges(self, subscription):
        """Return (quantity, unit price, amount) of each charge, oldest first."""
        charges = subscription.cycle_ids.charge_ids.sorted(
            lambda charge: (charge.cycle_id.date_start, charge.sequence)
        )
        return [(c.quantity, c.unit_price, c.amount) for c in charges]

    def _one_computer(self, name, plan, date_start, **vals):
        customer = self._customer(name)
        self._computers(customer, 1, date_from=date_start)
        return self._subscribe(plan, customer, date_start, **vals)

    # === FULL CYCLES === #
    def test_every_billing_cycle_bills_each_day_of_a_year_once(self):
        self.company.msp_catchup_max = 120
        plan = self._plan("Month", cost=10.0)
        weekly = self._plan("Week", prices=[{"unit_price": 3, "price_period": "cycle"}])
        expected = {
            "weekly": (52, 3.0, "12-23 12-30"),
            "monthly": (12, 10.0, "12-01 01-01"),
            "bimonthly": (6, 20.0, "11-01 01-01"),
            "quarterly": (4, 30.0, "10-01 01-01"),
            "semiannual": (2, 60.0, "07-01 01-01"),
            "yearly": (1, 120.0, "01-01 01-01"),
        }
        subscriptions = {
            cycle: self._one_computer(
                cycle,
                weekly if cycle == "weekly" else plan,
                "2024-01-01",
                billing_cycle=cycle,
            )
            for cycle in expected
        }
        self.assertEqual(
            list(expected),
            [key for key, _label in subscriptions["weekly"]._selection_billing_cycle()],
        )
        self._bill("2025-01-01")
        for cycle, (number, amount, last) in expected.items():
            with self.subTest(cycle):
                subscription = subscriptions[cycle]
                spans = self._spans(subscription)
                self.assertEqual(len(spans), number)
                self.assertEqual(spans[-1], last)
                self.assertEqual(spans[0][:5], "01-01")
                for before, after in pairwise(spans):
                    self.assertEqual(before[6:], after[:5])
                self.assertEqual(
                    self._charges(subscription), [(1.0, amount, amount)] * number
                )
        self.assertEqual(subscriptions["weekly"].next_bill_date, date(2025, 1, 6))

    def test_months_that_begin_on_the_31st(self):
        self.company.msp_catchup_max = 12
        subscription = self._one_computer("End", self._plan(), "2025-12-31")
        self._bill("2026-06-30")
        self.assertEqual(
            self._spans(subscription),
            [
                "12-31 01-31",
                "01-31 02-28",
                "02-28 03-31",
                "03-31 04-30",
                "04-30 05-31",
                "05-31 06-30",
            ],
        )
        self.assertEqual(self._charges(subscription), [(1.0, 5.0, 5.0)] * 6)

    def test_bill_again_from_the_next_run_keeps_the_anchor(self):
        subscription = self._one_computer("End", self._plan(), "2026-01-31")
        for day in ("2026-02-28", "2026-03-31", "2026-04-30"):
            self._bill(day)
        self.assertEqual(
            self._spans(subscription), ["01-31 02-28", "02-28 03-31", "03-31 04-30"]
        )

    # === STUBS === #
    def test_stub_of_a_quarter(self):
        plan = self._plan(cost=10.0)
        subscription = self._one_computer(
            "Stub", plan, "2026-02-10", billing_cycle="quarterly", anchor_day=1
        )
        self._bill("2026-03-01")
        self.assertEqual(self._spans(subscription), ["02-10 03-01"])
        # 10.00 x 3 months x 19 of the 90 days from 1 December to 1 March.
        self.assertEqual(self._charges(subscription), [(1.0, 6.333333, 6.33)])
        self._bill("2026-06-01")
        self.assertEqual(self._spans(subscription)[1:], ["03-01 06-01"])
        self.assertEqual(self._charges(subscription)[1:], [(1.0, 30.0, 30.0)])

    def test_anchor_month_places_the_quarters(self):
        subscription = self._one_computer(
            "Fiscal",
            self._plan(cost=10.0),
            "2026-01-15",
            billing_cycle="quarterly",
            anchor_day=1,
            anchor_month="2",
        )
        self._bill("2026-05-01")
        self.assertEqual(self._spans(subscription), ["01-15 02-01", "02-01 05-01"])
        # 30.00 x 17 of the 92 days from 1 November to 1 February.
        self.assertEqual(
            self._charges(subscription), [(1.0, 5.543478, 5.54), (1.0, 30.0, 30.0)]
        )

    def test_stub_of_flat_and_graduated_prices(self):
        flat = self._plan("Flat", prices=[{"unit_price": 1000, "price_model": "flat"}])
        graduated = self._plan(
            "Graduated",
            prices=[
                {
                    "price_model": "graduated",
                    "tier_ids": [
                        (0, 0, {"from_quantity": 0, "unit_price": 5}),
                        (0, 0, {"from_quantity": 50, "unit_price": 4}),
                    ],
                }
            ],
        )
        customer = self._customer("Sixty")
        self._computers(customer, 60)
        stub = self._subscribe(flat, customer, "2026-01-13", anchor_day=1)
        half = self._subscribe(graduated, customer, "2026-04-16", anchor_day=1)
        whole = self._subscribe(
            flat,
            self._customer("Whole"),
            "2026-01-13",
            anchor_day=1,
            proration="none",
        )
        self._bill("2026-02-01")
        self.assertEqual(self._charges(stub), [(1.0, 612.903226, 612.90)])
        self.assertEqual(self._charges(whole), [(1.0, 1000.0, 1000.0)])
        self._bill("2026-05-01", partner_ids=[(6, 0, customer.ids)])
        self.assertEqual(self._charges(half), [(50.0, 2.5, 125.0), (10.0, 2.0, 20.0)])

    # === THE END === #
    def test_end_cuts_the_last_cycle(self):
        plan = self._plan(cost=10.0)
        cut = self._one_computer(
            "Cut", plan, "2026-01-01", billing_cycle="quarterly", date_end="2026-01-11"
        )
        full = self._one_computer(
            "Full",
            plan,
            "2026-01-01",
            billing_cycle="quarterly",
            date_end="2026-01-11",
            proration="none",
        )
        self.assertFalse(self._bill("2026-01-10").move_ids)
        self._bill("2026-01-11")
        self.assertEqual(self._spans(cut), ["01-01 01-11"])
        # 30.00 x 10 of 90 days.
        self.assertEqual(self._charges(cut), [(1.0, 3.333333, 3.33)])
        self.assertEqual(self._charges(full), [(1.0, 30.0, 30.0)])
        for subscription in cut + full:
            self.assertFalse(subscription.next_bill_date)
            self.assertEqual(subscription.billed_until, date(2026, 1, 11))

    def test_end_inside_billed_days_is_refused(self):
        subscription = self._one_computer("Acme", self._plan(), "2026-01-01")
        self._bill("2026-02-01")
        for day in ("2026-01-31", "2026-01-02"):
            with self.assertRefused("Acme is billed until"):
                subscription.action_dissociate(day)
            # A client can send the name of the key that our code uses, not its value.
            with self.assertRefused("Acme is billed until"):
                subscription.with_context(msp_unfreeze=True).date_end = day
        for day in ("2026-01-01", "2025-12-31", False):
            with self.assertRefused("it can end on a later day only"):
                subscription.action_dissociate(day)
        subscription.action_dissociate("2026-02-01")
        self.assertFalse(subscription.next_bill_date)
        with self.assertRefused("has ended on .* already"):
            subscription.action_dissociate("2026-03-01")

    def test_later_end_goes_on_from_the_last_billed_day(self):
        subscription = self._one_computer(
            "Acme", self._plan(cost=31.0), "2026-01-01", date_end="2026-01-15"
        )
        self._bill("2026-01-15")
        subscription.date_end = "2026-02-01"
        self._bill("2026-02-01")
        self.assertEqual(self._spans(subscription), ["01-01 01-15", "01-15 02-01"])
        self.assertEqual(
            self._charges(subscription), [(1.0, 14.0, 14.0), (1.0, 17.0, 17.0)]
        )

    def test_moved_end_replaces_a_cycle_that_was_only_previewed(self):
        subscription = self._one_computer("Acme", self._plan(cost=31.0), "2026-01-01")
        self._new_run("2026-02-01").action_preview()
        subscription.action_dissociate("2026-01-11")
        self._bill("2026-02-01")
        self.assertEqual(self._spans(subscription), ["01-01 01-11"])
        self.assertEqual(len(subscription.cycle_ids), 1)
        self.assertEqual(self._charges(subscription), [(1.0, 10.0, 10.0)])

    # === TODAY === #
    def test_today_is_the_company_s_day(self):
        for moment, zone, expected in (
            ("2026-01-31 23:30:00", "UTC", date(2026, 1, 31)),
            ("2026-01-31 23:30:00", "Pacific/Auckland", date(2026, 2, 1)),
            ("2026-02-01 09:59:59", "Pacific/Honolulu", date(2026, 1, 31)),
            ("2026-02-01 10:00:00", "Pacific/Honolulu", date(2026, 2, 1)),
            # Summer time begins in Berlin on 29 March 2026 at 01:00 UTC.
            ("2026-03-28 22:59:59", "Europe/Berlin", date(2026, 3, 28)),
            ("2026-03-28 23:00:00", "Europe/Berlin", date(2026, 3, 29)),
            ("2026-03-29 21:59:59", "Europe/Berlin", date(2026, 3, 29)),
            ("2026-03-29 22:00:00", "Europe/Berlin", date(2026, 3, 30)),
        ):
            with self.subTest(f"{moment} {zone}"), freeze_time(moment):
                self.company.msp_timezone = zone
                self.assertEqual(self.company._msp_today(), expected)
                run = Form(self.env["msp.bill.run"])
                self.assertEqual(run.date, expected)
                subscription = Form(self.env["msp.subscription"])
                self.assertEqual(subscription.date_start, expected)

    def test_month_is_billed_when_it_has_ended_in_the_company_s_time_zone(self):
        subscription = self._one_computer("Acme", self._plan(), "2026-01-01")
        self.company.msp_timezone = "Pacific/Honolulu"
        cron = self.env.ref("msp_billing.ir_cron_open_runs").sudo()
        runs = [("company_id", "=", self.company.id)]
        with self.enter_registry_test_mode():
            with freeze_time("2026-02-01 09:30:00"):
                cron.method_direct_trigger()
                self.assertFalse(self.env["msp.bill.run"].search(runs))
            with freeze_time("2026-02-01 10:30:00"):
                cron.method_direct_trigger()
        run = self.env["msp.bill.run"].search(runs)
        self.assertEqual(run.date, date(2026, 2, 1))
        self._work()
        self.assertEqual(self._spans(subscription), ["01-01 02-01"])
