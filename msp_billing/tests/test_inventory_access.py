from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .inventory_common import InventoryCase, day


@tagged("post_install", "-at_install")
class TestInventoryAccess(InventoryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales = new_test_user(
            cls.env, "inv_sales", groups="msp_billing.group_msp_billing_sales"
        )
        cls.manager = new_test_user(
            cls.env, "inv_manager", groups="msp_billing.group_msp_billing_manager"
        )
        cls.auditor = new_test_user(
            cls.env, "inv_auditor", groups="account.group_account_readonly"
        )
        cls.employee = new_test_user(cls.env, "inv_employee", groups="base.group_user")

    def test_sales_reads_the_inventory_and_enters_counts(self):
        computer = self.computer().with_user(self.sales)
        self.assertEqual(computer.period_ids.partner_id, self.acme)
        for change in (
            lambda: computer.write({"date_to": day("1 May")}),
            lambda: computer.action_move(self.beta, self.server, day("1 May")),
            lambda: computer.write({"name": "X"}),
            lambda: computer.unlink(),
            lambda: computer.period_ids.unlink(),
            lambda: computer.copy(),
        ):
            with self.assertRaises(AccessError):
                change()
        reading = (
            self.env["msp.count.reading"]
            .with_user(self.sales)
            .create(
                {
                    "partner_id": self.acme.id,
                    "type_id": self.server.id,
                    "date": day("1 Apr"),
                    "quantity": 3,
                }
            )
        )
        with self.assertRaises(AccessError):
            reading.unlink()

    def test_manager_changes_the_inventory(self):
        computer = self.computer().with_user(self.manager)
        computer.action_move(self.beta, self.server, day("11 Apr"))
        computer.date_to = day("1 May")
        self.env["msp.computer.type"].with_user(self.manager).create(
            {"name": "Printer", "code": "printer"}
        )

    def test_auditor_reads_and_others_do_not(self):
        computer = self.computer()
        self.assertEqual(
            computer.with_user(self.auditor).period_ids.type_id.code, "workstation"
        )
        with self.assertRaises(AccessError):
            computer.with_user(self.auditor).write({"name": "X"})
        with self.assertRaises(AccessError):
            computer.with_user(self.employee).read(["name"])

    def test_other_companies_are_out_of_sight(self):
        other = self.env["res.company"].create({"name": "Other"})
        computer = self.computer(company_id=other.id)
        manager = self.manager
        with self.assertRaises(AccessError):
            computer.with_user(manager).read(["name"])
        found = self.env["msp.computer.period"].with_user(manager).search([])
        self.assertFalse(found & computer.period_ids)

    def test_partner_of_another_company_is_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.beta.company_id = other
        with self.assertRaises(UserError):
            self.computer(partner_id=self.beta.id)
        with self.assertRaises(UserError):
            self.computer().action_move(self.beta, self.server, day("11 Apr"))
