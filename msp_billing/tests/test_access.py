from odoo.exceptions import AccessError
from odoo.tests import tagged

from .access_common import AccessCommon


@tagged("post_install", "-at_install")
class TestAccess(AccessCommon):
    """What people without accounting rights see of bills, and portal users of us."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._computers(cls.customer, 2)
        cls.subscription = cls._subscribe(cls._plan(), cls.customer)

    # === BILLS === #
    def test_people_without_accounting_rights_read_our_bills_only(self):
        bill = self._bill("2026-02-01").move_ids
        other = self._create_invoice_one_line(
            partner_id=self.customer.id, price_unit=100, post=True
        )
        our_form = self.env.ref("msp_billing.msp_bill_view_form").id
        for role in ("sales", "manager"):
            ours = self._as(role, bill)
            self.assertEqual(ours.amount_untaxed, 10.0)
            self.assertEqual(ours.invoice_line_ids.mapped("price_unit"), [0.0, 5.0])
            self.assertEqual(
                ours.get_formview_id(),
                self.env.ref("msp_billing.msp_bill_view_form").id,
            )
            for record in (other, other.invoice_line_ids):
                with self.assertRaises(AccessError):
                    self._as(role, record).mapped("create_date")
            found = self.env["account.move"].with_user(self.users[role]).search([])
            self.assertEqual(
                found.filtered(lambda m: m.company_id == self.company), ours
            )
            for call in (
                lambda ours=ours: ours.write({"ref": "changed"}),
                lambda ours=ours: ours.write({"msp_disputed": True}),
                lambda ours=ours: ours.unlink(),
                lambda ours=ours: ours.button_draft(),
                lambda ours=ours: ours.invoice_line_ids.write({"name": "changed"}),
            ):
                with self.assertRaises(AccessError):
                    call()
            # The customer's page of the bill, which Preview opens.
            self.assertIn("/my/invoices/", ours.preview_invoice()["url"])
        for role in ("accountant", "auditor"):
            self.assertEqual(self._as(role, other).amount_untaxed, 100.0)
            self.assertNotEqual(self._as(role, bill).get_formview_id(), our_form)

    def test_open_balance_without_accounting_rights(self):
        bill = self._bill("2026-02-01").move_ids
        self._create_invoice_one_line(
            partner_id=self.customer.id, price_unit=100, post=True
        )
        for role in ("sales", "manager", "accountant", "auditor"):
            customer = self._as(role, self.customer)
            self.assertEqual(customer.msp_open_balance, bill.amount_residual, role)
            self.assertEqual(customer.msp_subscription_count, 1)

    # === PORTAL === #
    def test_portal_users_read_none_of_our_fields(self):
        """They may read invoices and partners: each field of ours names its groups."""
        self._bill("2026-02-01")
        for model in ("account.move", "account.move.line", "res.partner"):
            Model = self.env[model]
            ours = [name for name in Model._fields if name.startswith("msp_")]
            self.assertTrue(ours)
            for role in ("portal", "internal"):
                readable = Model.with_user(self.users[role]).fields_get(ours)
                self.assertEqual(readable, {}, f"{role} {model}")
        customer = self.users["portal"].partner_id
        with self.assertRaises(AccessError):
            self._as("portal", customer).read(["msp_open_balance"])
        with self.assertRaises(AccessError):
            self._as("portal", customer).search([("msp_subscription_ids", "!=", False)])
