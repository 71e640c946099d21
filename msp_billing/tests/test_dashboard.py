from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .dashboard_common import DashboardCommon

ALL = {
    "total": [0, 0, 100, 130, 130, 110],
    "new": [0, 0, 100, 20, 0, 0],
    "grown": [0, 0, 0, 10, 0, 0],
    "shrunk": [0, 0, 0, 0, 0, 0],
    "lost": [0, 0, 0, 0, 0, -20],
}
DOLLARS = {
    "total": [0, 0, 90, 120, 120, 100],
    "new": [0, 0, 90, 20, 0, 0],
    "grown": [0, 0, 0, 10, 0, 0],
    "lost": [0, 0, 0, 0, 0, -20],
}


@tagged("post_install", "-at_install")
class TestDashboard(DashboardCommon):
    """Each figure is what it says, and leads to the records that it counts."""

    def _series(self, data, expected):
        found = {key: data["recurring"][key] for key in expected}
        self.assertEqual(found, expected)

    # === RECURRING REVENUE === #
    def test_recurring_revenue_by_month(self):
        """A quarter counts a third, half a month a whole one, euro at today's rate."""
        self._bill_three_months()
        data = self._dashboard(months=6)
        self._series(data, ALL)
        recurring = data["recurring"]
        self.assertEqual(recurring["months"][0], "Nov 2025")
        self.assertEqual(recurring["months"][-1], "Apr 2026")
        self.assertEqual((recurring["mrr"], recurring["arr"]), (110, 1320))
        self.assertEqual((recurring["change"], recurring["percent"]), (-20, -15.4))
        self.assertEqual(recurring["customers"], 4)
        self.assertEqual(data["rates"], ["1 EUR = 0.5000 USD"])

    def test_recurring_revenue_in_one_currency(self):
        """Amounts of other currencies are left out, not added."""
        self._bill_three_months()
        data = self._dashboard(months=6, currency_id=self.dollar.id)
        self._series(data, DOLLARS)
        self.assertEqual((data["rates"], data["currency"]["name"]), ([], "USD"))
        euro = self._dashboard(months=6, currency_id=self.euro.id)
        self._series(euro, {"total": [0, 0, 20, 20, 20, 20]})
        self.assertEqual(euro["currency"]["name"], "EUR")
        self.assertEqual(
            [choice["name"] for choice in data["currencies"]],
            ["All, in USD", "EUR", "USD"],
        )

    def test_currency_without_a_rate_is_left_out(self):
        self._bill_three_months()
        self.euro.rate_ids.unlink()
        data = self._dashboard(months=6)
        self._series(data, DOLLARS)
        self.assertEqual((data["left_out"], data["rates"]), (["EUR"], []))

    def test_discount_minimum_and_week(self):
        """Per month after discounts, at least the minimum, 52 weeks in 12 months."""
        low = self._plan("Low", 5.0, minimum_amount=40.0)
        self._subscribe(low, self.delta, "2026-01-17", anchor_day=1, discount=10)
        weekly = {"name": "Weekly", "unit_price": 3, "price_period": "cycle"}
        plan = self._plan("Weekly", prices=[weekly])
        self._subscribe(plan, self.delta, "2026-03-09", billing_cycle="weekly")
        self._bill_at_once("2026-02-01")
        self._bill_at_once("2026-04-01")
        worth = {
            row.plan_id.name: row.amount
            for row in self.env["msp.recurring.revenue"].search(
                [("partner_id", "=", self.delta.id), ("month", "=", "2026-03-01")]
            )
        }
        self.assertEqual(worth, {"Care": 10.0, "Low": 40.0, "Weekly": 26.0})

    def test_sites_count_with_their_customer(self):
        """A site that joins makes its customer grow; it is no new customer."""
        self._bill_at_once("2026-02-01")
        site = self._customer("Acme North", parent_id=self.acme.id, is_company=False)
        self._computers(site, 1, "2026-02-01")
        self._subscribe(self.acme_care.plan_id, site, "2026-02-01")
        self._bill_at_once("2026-03-01")
        rows = self.env["msp.recurring.revenue"].search(
            [("customer_id", "=", self.acme.id), ("month", "=", "2026-02-01")]
        )
        self.assertEqual(set(rows.mapped("movement")), {"grown"})
        self.assertEqual(sorted(rows.mapped("change")), [5.0, 10.0])
        self.assertEqual(rows.partner_id, self.acme | site)

    def test_voided_cycles_do_not_count(self):
        run = self._bill_at_once("2026-02-01")
        bill = run.move_ids.filtered(lambda move: move.partner_id == self.acme)
        bill.action_msp_void(True, "Test")
        data = self._dashboard(months=6, currency_id=self.dollar.id)
        # Delta alone: Gamma is billed in April.
        self._series(data, {"total": [0, 0, 10, 10, 10, 10]})

    def test_subscriptions_without_a_bill_are_told(self):
        self._bill_at_once("2026-02-01")
        pending = self._dashboard()["recurring"]["pending"]
        self.assertEqual(pending["count"], 2)
        found = self._behind("manager", pending["open"])
        self.assertEqual(found.partner_id, self.beta | self.gamma)

    # === COMPUTERS === #
    def test_computers_by_month(self):
        computers = self._dashboard(months=6)["computers"]
        self.assertEqual(
            {own["name"]: own["counts"] for own in computers["types"]},
            {"Workstation": [0, 0, 27, 31, 31, 27], "Server": [0, 0, 0, 2, 2, 2]},
        )
        self.assertEqual((computers["total"], computers["change"]), (29, -4))

    # === BILLS === #
    def _pay(self, bill):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()

    def _bill_pay_and_dispute(self):
        runs = self._bill_three_months()
        self._pay(runs[0].move_ids.filtered(lambda move: move.partner_id == self.acme))
        disputed = runs[1].move_ids.filtered(lambda move: move.partner_id == self.delta)
        disputed.msp_disputed = True

    def test_bills_by_state(self):
        self._bill_pay_and_dispute()
        data = self._dashboard("accountant", currency_id=self.dollar.id)
        self.assertEqual(
            {
                own["key"]: (own["count"], own["total"], own["open_amount"])
                for own in data["bills"]
                if own["count"]
            },
            {
                "not_due": (4, 207.0, 207.0),
                "overdue": (4, 109.07, 109.07),
                "paid": (1, 57.5, 0.0),
                "disputed": (1, 11.5, 11.5),
            },
        )

    def test_receivables_by_age(self):
        """Due on 15 February, 15 March, and today: that is not overdue."""
        self._bill_pay_and_dispute()
        data = self._dashboard("accountant", currency_id=self.dollar.id)
        aged = [(own["count"], round(own["amount"], 2)) for own in data["aged"]]
        self.assertEqual(aged, [(4, 207.0), (0, 0), (4, 109.07), (0, 0), (0, 0)])
        every = self._dashboard("accountant")["aged"]
        aged = [(own["count"], round(own["amount"], 2)) for own in every]
        self.assertEqual(aged, [(5, 218.5), (0, 0), (6, 132.07), (0, 0), (0, 0)])

    # === WHAT WAITS === #
    def test_what_waits_for_somebody(self):
        self.gamma.street = False
        self._bill_at_once("2026-04-01")
        found = {
            own["label"]: own for own in self._dashboard()["attention"] if own["count"]
        }
        self.assertEqual(found["Held cycles"]["count"], 1)
        held = self._behind("accountant", found["Held cycles"]["open"])
        self.assertEqual(held.partner_id, self.gamma)

    def test_next_runs(self):
        self._bill_three_months()
        runs = self._dashboard()["runs"]
        self.assertEqual(
            [(own["label"], own["subscriptions"]) for own in runs],
            [("Fri 1 May 2026", 3), ("Wed 1 Jul 2026", 1)],
        )
        found = self._behind("manager", runs[0]["open"])
        self.assertEqual(found.partner_id, self.acme | self.delta | self.euro_customer)

    def test_leakage(self):
        """Two managed computers of nobody's plan, at what the plan most used costs."""
        self._computers(self._customer("Nobody Ltd"), 2)
        Dashboard = self.env["msp.dashboard"]
        leakage = self._as("manager", Dashboard).get_leakage()
        rows = {row["kind"]: row for row in leakage["rows"]}
        self.assertEqual(rows["no_plan"]["computers"], 2)
        self.assertEqual(leakage["not_billed"], 10.0)
        # Accountants have no list of it.
        self.assertFalse(self._as("accountant", Dashboard).get_leakage())

    # === ROLES, COMPANIES === #
    def test_every_figure_leads_to_what_it_counts(self):
        self._bill_pay_and_dispute()
        self.env["msp.dashboard"].action_refresh_forecast()
        for role in ("manager", "accountant", "auditor"):
            data = self._dashboard(role, months=6, currency_id=self.dollar.id)
            for own in data["bills"]:
                found = self._behind(role, own["open"])
                self.assertEqual(len(found), own["count"], own["label"])
            for own in data["aged"]:
                found = self._behind(role, own["open"])
                self.assertEqual(len(found), own["count"], own["label"])
                open_amount = sum(found.mapped("amount_residual"))
                self.assertAlmostEqual(open_amount, own["amount"], places=2)
            for at, target in enumerate(data["recurring"]["open"]):
                found = self._behind(role, target)
                total = data["recurring"]["total"][at]
                self.assertEqual(sum(found.mapped("amount")), total)
            for at, target in enumerate(data["computers"]["open"]):
                number = sum(own["counts"][at] for own in data["computers"]["types"])
                self.assertEqual(len(self._behind(role, target)), number)
            for own in data["forecast"]["columns"]:
                found = self._behind(role, own["open"])
                self.assertEqual(sum(found.mapped("amount")), own["amount"])
            for own in data["attention"]:
                self.assertEqual(len(self._behind(role, own["open"])), own["count"])

    def test_who_has_no_dashboard(self):
        for role in ("sales", "internal", "portal"):
            Dashboard = self._as(role, self.env["msp.dashboard"])
            for method in (Dashboard.get_data, Dashboard.get_leakage):
                with self.subTest(role), self.assertRaises(AccessError):
                    method()

    def test_only_the_companies_worked_in_count(self):
        other_data = self.setup_other_company()
        other = other_data["company"]
        other.write({"msp_timezone": "UTC", "msp_product_id": self.product.id})
        plan = self._plan("Other", 7.0, company_id=other.id, currency_id=self.dollar.id)
        self._computers(self.acme, 3, company_id=other.id)
        self._subscribe(plan, self.acme, company_id=other.id)
        self._bill_three_months()
        self._bill_at_once("2026-02-01", other)
        own = self._dashboard(months=6, currency_id=self.dollar.id)
        self._series(own, DOLLARS)
        both = self._user(
            "both", "msp_billing.group_msp_billing_manager", self.company | other
        )
        Dashboard = self.env["msp.dashboard"].with_user(both)
        for companies, total, computers, count in (
            (other, 21.0, 3, 1),
            (self.company, 100.0, 29, 9),
            (self.company | other, 121.0, 32, 10),
        ):
            data = Dashboard.with_context(allowed_company_ids=companies.ids).get_data(
                6, self.dollar.id
            )
            self.assertEqual(data["recurring"]["mrr"], total)
            self.assertEqual(data["computers"]["total"], computers)
            bills = {row["key"]: row["count"] for row in data["bills"]}
            self.assertEqual(bills["not_due"] + bills["overdue"], count)
        # Nobody asks for a company that is not theirs.
        self.users["manager"].company_ids = [Command.set(self.company.ids)]
        with self.assertRaises(AccessError):
            self._as("manager", self.env["msp.dashboard"]).with_context(
                allowed_company_ids=other.ids
            ).get_data()

    def test_empty_database(self):
        """Without anything there is nothing to divide by."""
        company = self.env["res.company"].create({"name": "Empty"})
        user = self._user("new", "msp_billing.group_msp_billing_manager", company)
        data = self.env["msp.dashboard"].with_user(user).get_data(months=5)
        self.assertEqual((data["months"], data["recurring"]["mrr"]), (12, 0.0))
        self.assertEqual(data["recurring"]["percent"], False)
        self.assertEqual((data["computers"]["total"], data["runs"]), (0, []))
        self.assertFalse(data["forecast"]["made"])
