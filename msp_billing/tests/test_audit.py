from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestAudit(MspBillingCommon):
    """The audit is silent on sound data and finds each kind of damage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls.subscription = cls._subscribe(cls._plan(minimum_amount=12), cls.customer)
        cls._computers(cls.customer, 2)

    def setUp(self):
        super().setUp()
        for date in ("2026-02-01", "2026-03-01", "2026-04-01"):
            run = self._bill(date)
        self.cycle = run.cycle_ids.filtered(lambda cycle: cycle.kind == "regular")
        self.charge = self.cycle.charge_ids[0]
        self.assertEqual(self._codes(), set())

    def _codes(self):
        return {finding["code"] for finding in self.env["msp.billing.cycle"]._audit()}

    def _damage(self, query, *parameters):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *parameters))
        self.env.invalidate_all()

    def test_sound_with_corrections_and_voids(self):
        self._computers(self.customer, 1, "2026-02-11", name="Late")
        self.subscription.extra_charge_ids = [
            Command.create(
                {"name": "Less", "date": "2026-04-02", "quantity": -9, "unit_price": 9}
            )
        ]
        run = self._bill("2026-05-01")
        self.assertEqual(run.move_ids.move_type, "out_refund")
        self.assertEqual(self._codes(), set())
        self.cycle.move_id.action_msp_void(True, "Test")
        self.assertEqual(self._codes(), set())
        self._bill("2026-06-01")
        self.assertEqual(self._codes(), set())

    def test_changed_bill_line(self):
        self._damage(
            "UPDATE account_move_line SET quantity = 7 WHERE id = %s",
            self.charge.move_line_id.id,
        )
        self.assertIn("line", self._codes())

    def test_changed_charge(self):
        self._damage(
            "UPDATE msp_charge SET amount = amount + 1 WHERE id = %s", self.charge.id
        )
        self.assertEqual(self._codes(), {"amount", "rating"})

    def test_charge_without_line(self):
        self._damage(
            "UPDATE msp_charge SET move_line_id = NULL WHERE id = %s", self.charge.id
        )
        self.assertEqual(self._codes(), {"no_line", "orphan_line"})

    def test_gap(self):
        middle = self.subscription.cycle_ids.filtered(
            lambda cycle: str(cycle.date_start) == "2026-02-01"
        )
        self._damage(
            "UPDATE msp_billing_cycle SET state = 'due' WHERE id = %s", middle.id
        )
        self.assertEqual(self._codes(), {"gap"})

    def test_overlaps(self):
        for table, code, query in (
            (
                "msp_billing_cycle",
                "overlap",
                "UPDATE msp_billing_cycle SET date_start = date_start - 3",
            ),
            (
                "msp_computer_period",
                "period_overlap",
                (
                    "INSERT INTO msp_computer_period (computer_id, partner_id, "
                    "type_id, company_id, date_from) SELECT computer_id, partner_id, "
                    "type_id, company_id, date_from FROM msp_computer_period LIMIT 1"
                ),
            ),
            (
                "msp_subscription",
                "subscription_overlap",
                (
                    "UPDATE msp_subscription SET date_start = '2025-01-01', "
                    f"plan_id = {self.subscription.plan_id.id}, "
                    f"partner_id = {self.customer.id}"
                ),
            ),
        ):
            with self.subTest(code), self.env.cr.savepoint():
                self._subscribe(self._plan("Other"), self._customer("Other Ltd"))
                self._damage(
                    "ALTER TABLE %s DROP CONSTRAINT %s",
                    SQL.identifier(table),
                    SQL.identifier(f"{table}_no_overlap"),
                )
                self._damage(query)
                self.assertLessEqual({"constraint", code}, self._codes())

    def test_lost_bill(self):
        self._damage(
            "UPDATE msp_billing_cycle SET move_id = NULL WHERE id = %s", self.cycle.id
        )
        self.assertIn("no_bill", self._codes())

    def test_lost_delivery(self):
        self._damage(
            "DELETE FROM msp_delivery WHERE move_id = %s", self.cycle.move_id.id
        )
        self.assertEqual(self._codes(), {"mail"})

    def test_stuck_delivery(self):
        self._damage(
            "UPDATE msp_delivery SET state = 'sending', write_date = '2026-01-01' "
            "WHERE move_id = %s",
            self.cycle.move_id.id,
        )
        self.assertEqual(self._codes(), {"sending", "mail"})

    def test_findings_are_listed_and_told_once(self):
        Finding = self.env["msp.audit.finding"].sudo()
        self.assertFalse(Finding._refresh())
        self._damage(
            "UPDATE msp_charge SET amount = amount + 1 WHERE id = %s", self.charge.id
        )
        self.assertEqual(len(Finding._refresh()), 2)
        self.assertFalse(Finding._refresh())
        runs = self.env["msp.bill.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(runs.activity_ids), 1)
        self._damage(
            "UPDATE msp_charge SET amount = amount - 1 WHERE id = %s", self.charge.id
        )
        Finding._refresh()
        self.assertFalse(Finding.search([("company_id", "=", self.company.id)]))
