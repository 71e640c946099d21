from collections import defaultdict
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .dashboard_common import DashboardCommon

TODAY = date(2026, 4, 15)
FIRST = date(2025, 11, 1)


@tagged("post_install", "-at_install")
class TestRecurringRevenue(DashboardCommon):
    """The statement gives what the words say, subscription by subscription."""

    def _worth(self, subscription, day):
        """Return what a subscription is worth on a day, straight from the words."""
        cycles = subscription.cycle_ids.filtered(
            lambda cycle: cycle.state == "billed" and cycle.kind == "regular"
        ).sorted("date_start")
        if subscription.date_end and day >= subscription.date_end:
            return 0.0
        for cycle in cycles:
            newest = cycle == cycles[-1]
            if cycle.date_start <= day and (newest or day < cycle.date_end):
                return cycle.monthly_amount
        return 0.0

    def _expected(self):
        """Return {(month, subscription): (amount, previous, movement)}."""
        subscriptions = self.env["msp.subscription"].search([])
        found, month = {}, FIRST
        while month <= TODAY:
            following = month + relativedelta(months=1)
            now = min(following - timedelta(days=1), TODAY)
            before = month - timedelta(days=1)
            sums = defaultdict(lambda: [0.0, 0.0])
            rows = {}
            for own in subscriptions:
                row = self._worth(own, now), self._worth(own, before)
                rows[own] = row
                both = sums[own.partner_id.commercial_partner_id, own.currency_id]
                both[0], both[1] = both[0] + row[0], both[1] + row[1]
            for own, row in rows.items():
                if any(row):
                    customer = own.partner_id.commercial_partner_id
                    kind = self._movement(*sums[customer, own.currency_id])
                    found[month, own] = (*row, kind)
            month = following
        return found

    def _movement(self, amount, previous):
        if amount == previous:
            return "same"
        if not previous:
            return "new"
        if not amount:
            return "lost"
        return "grown" if amount > previous else "shrunk"

    def _check(self):
        expected = self._expected()
        rows = self.env["msp.recurring.revenue"].search([])
        self.assertEqual(len(set(rows.ids)), len(rows))
        found = {
            (row.month, row.subscription_id): (row.amount, row.previous, row.movement)
            for row in rows
        }
        self.assertEqual(found, expected)
        for row in rows:
            self.assertEqual(row.change, row.amount - row.previous)
        self._check_sums(expected)
        return expected

    def _check_sums(self, expected):
        """The sums of the dashboard are those of the rows."""
        totals = defaultdict(float)
        for (month, own), (amount, previous, movement) in expected.items():
            totals[month, own.currency_id.id, "total"] += amount
            if movement != "same":
                totals[month, own.currency_id.id, movement] += amount - previous
        keys = ("total", "new", "grown", "shrunk", "lost")
        told = {}
        for month, currency_id, total, _number, *moved in self.env[
            "msp.recurring.revenue"
        ]._sums(FIRST):
            for key, amount in zip(keys, (total, *moved), strict=True):
                told[month, currency_id, key] = float(amount or 0)
        for key in told.keys() | totals.keys():
            self.assertAlmostEqual(told.get(key, 0.0), totals.get(key, 0.0), places=6)

    # === CASES === #
    def test_months_quarters_stubs_and_who_left(self):
        self._bill_three_months()
        movements = {movement for *_, movement in self._check().values()}
        self.assertEqual(movements, {"new", "grown", "lost", "same"})

    def test_weeks_and_a_second_plan(self):
        """Several cycles end in one month; one customer has two subscriptions."""
        weekly = {"name": "Weekly", "unit_price": 3, "price_period": "cycle"}
        plan = self._plan("Weekly", prices=[weekly])
        own = self._subscribe(plan, self.acme, "2026-02-09", billing_cycle="weekly")
        for day in ("2026-02-16", "2026-03-02", "2026-03-16", "2026-04-06"):
            self._bill_at_once(day)
        worth = self._check()
        self.assertEqual(worth[date(2026, 2, 1), own], (156.0, 0.0, "grown"))

    def test_fewer_computers(self):
        self._bill_at_once("2026-02-01")
        stations = self.env["msp.computer"].search(
            [("partner_id", "=", self.acme.id), ("type_id", "=", self.workstation.id)]
        )
        stations[:5].write({"date_to": "2026-02-01"})
        self._bill_at_once("2026-03-01")
        worth = self._check()
        self.assertEqual(worth[date(2026, 2, 1), self.acme_care][2], "shrunk")

    def test_a_gap_and_an_end_inside_billed_days(self):
        """A voided month in the middle counts nothing; an end takes the rest back."""
        run = self._bill_at_once("2026-02-01")
        second = self._bill_at_once("2026-03-01")
        self._bill_at_once("2026-04-01")
        bills = (run | second).move_ids
        bills.filtered(lambda bill: bill.partner_id == self.beta).action_msp_void(
            True, "Test"
        )
        bill = second.move_ids.filtered(lambda move: move.partner_id == self.acme)
        bill.action_msp_void(True, "Test")
        self.acme_care.with_user(self.users["manager"]).action_dissociate("2026-04-10")
        self.env.flush_all()
        worth = self._check()
        self.assertEqual(worth[date(2026, 2, 1), self.acme_care][0], 0.0)
        self.assertEqual(worth[date(2026, 3, 1), self.acme_care][2], "new")
        self.assertEqual(worth[date(2026, 4, 1), self.acme_care][2], "lost")
