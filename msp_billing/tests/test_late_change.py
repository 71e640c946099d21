from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestLateChange(MspBillingCommon):
    """History that changes when its cycle is too old: listed, not billed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls.plan = cls._plan(minimum_amount=12)
        cls.subscription = cls._subscribe(cls.plan, cls.customer)
        cls.pcs = cls._computers(cls.customer, 2)
        cls.Late = cls.env["msp.late.change"]

    def setUp(self):
        super().setUp()
        for month in range(2, 8):
            self._bill(f"2026-{month:02}-01")

    def _audit(self):
        with self.enter_registry_test_mode():
            self.env.ref("msp_billing.ir_cron_audit").sudo().method_direct_trigger()
        self.env.invalidate_all()
        return self.Late.search([("company_id", "=", self.company.id)])

    def _found(self, changes):
        return sorted(
            (
                str(row.cycle_id.date_start),
                row.price_id.name or "",
                row.quantity,
                row.amount,
            )
            for row in changes
        )

    def test_nothing_is_late_without_a_change(self):
        self.assertFalse(self._audit())

    def test_listed_with_what_would_have_been_due(self):
        self._computers(
            self.customer, 1, "2026-02-11", name="Late-1", date_to="2026-06-01"
        )
        changes = self._audit()
        name = self.plan.price_ids.name
        # The next corrections, on 1 August, reach back to cycles that ended on 1 May.
        self.assertEqual(
            self._found(changes),
            [
                ("2026-02-01", "", -1.0, -2.0),
                ("2026-02-01", name, 1.0, 5.0),
                ("2026-03-01", "", -1.0, -2.0),
                ("2026-03-01", name, 1.0, 5.0),
            ],
        )
        self.assertEqual(set(changes.mapped("computers")), {"Late-1"})
        self.assertEqual(changes.partner_id, self.customer)
        # Nothing of it is billed; what can be corrected is.
        run = self._bill("2026-08-01")
        origins = run.cycle_ids.charge_ids.origin_cycle_id
        self.assertEqual(
            sorted(str(cycle.date_start) for cycle in origins),
            ["2026-04-01", "2026-05-01"],
        )
        again = self._audit()
        self.assertEqual(self._found(again), self._found(changes))
        self.assertEqual(again, changes)

    def test_mended_changes_leave_the_list(self):
        late = self._computers(
            self.customer, 1, "2026-02-11", name="Late-1", date_to="2026-03-01"
        )
        self.assertEqual(len(self._audit()), 2)
        late.date_to = "2026-02-20"
        self.assertFalse(self._audit())

    def test_what_is_voided_or_can_be_corrected_leaves_the_list(self):
        self._computers(
            self.customer, 1, "2026-02-11", name="Late-1", date_to="2026-06-01"
        )
        changes = self._audit()
        february = changes.cycle_id.sorted("date_start")[0]
        february.move_id.action_msp_void(True, "Billed anew")
        left = self._audit()
        self.assertTrue(left)
        self.assertNotIn(february, left.cycle_id)
        self.company.msp_adjustment_months = 12
        self.Late.sudo()._refresh(left.cycle_id.ids)
        self.assertFalse(left.exists())

    def test_computer_that_was_gone_long_before(self):
        self.pcs[1].date_to = "2026-02-11"
        changes = self._audit()
        self.assertEqual(
            [row[2:] for row in self._found(changes) if row[1]],
            [(-1.0, -5.0), (-1.0, -5.0)],
        )
        self.assertEqual(set(changes.mapped("computers")), {"ACM-002"})

    def test_readings_that_come_too_late(self):
        customer = self._customer("Readings Ltd")
        self._subscribe(
            self._plan("Counted"),
            customer,
            date_end="2026-02-01",
            count_source="reading",
        )
        reading = {"partner_id": customer.id, "date": "2026-01-01"}
        Reading = self.env["msp.count.reading"]
        Reading.create({**reading, "type_id": self.mobile.id, "quantity": 0})
        for month in range(2, 9):
            self._bill(f"2026-{month:02}-01")
        Reading.create({**reading, "type_id": self.server.id, "quantity": 3})
        changes = self._audit()
        self.assertEqual(changes.mapped("amount"), [15.0])
        self.assertFalse(changes.computers)

    def test_managers_look_again_sales_read(self):
        self._computers(
            self.customer, 1, "2026-02-11", name="Late-1", date_to="2026-03-01"
        )
        users = {
            role: self._user(role, f"msp_billing.group_msp_billing_{role}")
            for role in ("sales", "manager")
        }
        with self.assertRaises(AccessError):
            self.Late.with_user(users["sales"]).action_look_again()
        self.Late.with_user(users["manager"]).action_look_again()
        for user in users.values():
            changes = self.Late.with_user(user).search([])
            self.assertEqual(len(changes), 2)
            action = changes[0].action_open_cycle()
            self.assertEqual(action["res_id"], changes[0].cycle_id.id)
