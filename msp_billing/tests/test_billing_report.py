from odoo.tests import tagged

from .dashboard_common import DashboardCommon


@tagged("post_install", "-at_install")
class TestBillingReport(DashboardCommon):
    """The report of charges adds up to the bills."""

    def _grouped(self, groupby, measure, role="manager", domain=()):
        Report = self._as(role, self.env["msp.billing.report"])
        return dict(Report._read_group([*domain], [groupby], [f"{measure}:sum"]))

    def test_by_plan_and_customer(self):
        self._bill_three_months()
        dollars = [("currency_id", "=", self.dollar.id)]
        by_plan = self._grouped("plan_id", "amount", domain=dollars)
        self.assertEqual(
            {plan.name: amount for plan, amount in by_plan.items()},
            {"Care": 234.84, "Quarter": 90.0},
        )
        by_customer = self._grouped("customer_id", "quantity", "accountant")
        self.assertEqual(
            {customer.name: number for customer, number in by_customer.items()},
            {
                "Acme Ltd": 34.0,
                "Beta Ltd": 8.0,
                "Delta Ltd": 6.0,
                "Euro Ltd": 15.0,
                "Gamma Ltd": 10.0,
            },
        )

    def test_booked_revenue_is_that_of_the_accounts(self):
        """In the company's currency, at the rate of the bill's day, without tax."""
        runs = self._bill_three_months()
        by_currency = self._grouped("currency_id", "revenue")
        self.assertEqual(by_currency, {self.dollar: 324.84, self.euro: 30.0})
        balances = runs.move_ids.invoice_line_ids.mapped("balance")
        self.assertAlmostEqual(sum(by_currency.values()), -sum(balances), places=2)

    def test_by_month_kind_and_discount(self):
        self.acme_care.discount = 10
        self.acme_care.extra_charge_ids = [
            (0, 0, {"name": "Setup", "date": "2026-01-05", "unit_price": 75})
        ]
        self._bill_three_months()
        acme = [("customer_id", "=", self.acme.id)]
        by_kind = self._grouped("kind", "amount", domain=acme)
        self.assertEqual(by_kind, {"recurring": 153.0, "extra": 75.0})
        self.assertEqual(
            self._grouped("kind", "amount_discount", domain=acme),
            {"recurring": 17.0, "extra": 0.0},
        )
        by_month = self._grouped("invoice_date:month", "amount", domain=acme)
        self.assertEqual(
            {str(month): amount for month, amount in by_month.items()},
            {"2026-02-01": 120.0, "2026-03-01": 54.0, "2026-04-01": 54.0},
        )

    def test_voided_bills_stand_by_themselves(self):
        run = self._bill_at_once("2026-02-01")
        bill = run.move_ids.filtered(lambda move: move.partner_id == self.acme)
        bill.action_msp_void(True, "Test")
        acme = [("customer_id", "=", self.acme.id)]
        by_state = self._grouped("state", "amount", domain=acme)
        self.assertEqual(by_state, {"voided": 50.0})

    def test_a_row_opens_its_charge(self):
        self._bill_at_once("2026-02-01")
        row = self.env["msp.billing.report"].search([], limit=1)
        action = row.action_open_charge()
        self.assertEqual(action["res_model"], "msp.charge")
        charge = self.env["msp.charge"].browse(action["res_id"])
        self.assertEqual(charge.amount, row.amount)
        self.assertEqual(charge.subscription_id, row.subscription_id)

    def test_revenue_row_opens_its_subscription(self):
        self._bill_at_once("2026-02-01")
        row = self.env["msp.recurring.revenue"].search(
            [("partner_id", "=", self.acme.id)], limit=1
        )
        action = row.action_open_subscription()
        self.assertEqual(action["res_id"], self.acme_care.id)
