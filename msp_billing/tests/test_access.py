from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .access_common import ROLES, AccessCommon
from .refusal import RefusalMixin

OPERATIONS = ("read", "write", "create", "unlink")

# r: read, w: write, c: create, u: unlink. Nobody writes what a bill rests on.
#                       sales  manager accountant auditor
RIGHTS = """
account.move            r---   r---    rwcu       r---
account.move.line       r---   r---    rwcu       r---
msp.audit.finding       ----   r---    r---       r---
msp.bill.run            ----   rwcu    r---       r---
msp.bill.run.batch      ----   r---    r---       r---
msp.bill.run.issue      ----   r---    r---       r---
msp.billing.cycle       r---   r---    r---       r---
msp.charge              r---   r---    r---       r---
msp.charge.computer     r---   r---    r---       r---
msp.computer            r---   rwcu    r---       r---
msp.computer.period     r---   rwcu    r---       r---
msp.computer.type       r---   rwcu    r---       r---
msp.count.reading       rwc-   rwcu    r---       r---
msp.delivery            r---   r---    r---       r---
msp.extra.charge        rwcu   rwcu    r---       r---
msp.leakage             r---   r---    ----       ----
msp.late.change         r---   r---    r---       r---
msp.reminder.step       r---   rwcu    r---       r---
msp.service.plan        r---   rwcu    r---       r---
msp.service.plan.price  r---   rwcu    r---       r---
msp.service.plan.price.tier r--- rwcu  r---       r---
msp.source              r---   rwcu    r---       r---
msp.source.customer     r---   rwcu    r---       r---
msp.source.key          ----   r---    ----       ----
msp.source.request      ----   r---    ----       ----
msp.source.sync         r---   r---    r---       r---
msp.source.type         r---   rwcu    r---       r---
msp.subscription        rwc-   rwcu    r---       r---
msp.subscription.price.override rwcu rwcu r---    r---
"""


@tagged("post_install", "-at_install")
class TestAccess(RefusalMixin, AccessCommon):
    """Who may do what (design: roles)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._computers(cls.customer, 2)
        cls.subscription = cls._subscribe(cls._plan(), cls.customer)

    def _rights(self, role, model):
        Model = self.env[model].with_user(self.users[role])
        return "".join(
            operation[0] if Model.has_access(operation) else "-"
            for operation in OPERATIONS
        )

    # === TABLE === #
    def test_rights_by_role(self):
        rows = [line.split() for line in RIGHTS.strip().splitlines()]
        known = {model for model, *_rights in rows}
        ours = {
            name
            for name, Model in self.env.registry.items()
            if name.startswith("msp.") and not Model._abstract and not Model._transient
        }
        self.assertEqual(ours - known, set(), "Models without a row in the table")
        for model, *rights in rows:
            for role, expected in zip(ROLES, rights, strict=False):
                with self.subTest(f"{role} {model}"):
                    self.assertEqual(self._rights(role, model), expected)
            for role in ("internal", "portal"):
                if model.startswith("msp."):
                    with self.subTest(f"{role} {model}"):
                        self.assertEqual(self._rights(role, model), "----")

    def test_wizards_are_for_those_who_may_do_it(self):
        expected = {
            "msp.subscription.associate": {"sales", "manager"},
            "msp.subscription.dissociate": {"sales", "manager"},
            "msp.billing.cycle.release": {"manager"},
            "msp.bill.extend": {"manager", "accountant"},
            "msp.bill.void": {"manager"},
            "msp.company.settings": {"manager"},
            "msp.source.import": {"manager"},
            "msp.source.key.new": {"manager"},
            "msp.computer.move": {"manager"},
            "msp.computer.end": {"manager"},
            "msp.price.change": {"manager"},
            "msp.price.change.line": {"manager"},
            "msp.price.change.effect": {"manager"},
        }
        for model, roles in expected.items():
            able = {role for role in ROLES if self._rights(role, model) == "rwcu"}
            self.assertEqual(able, roles, model)

    def test_methods_are_for_those_who_may_do_it(self):
        """A client can call every method without an underscore on any record."""
        run = self._bill("2026-02-01")
        bill = run.move_ids
        calls = [
            (bill, "action_msp_void", (True, "Why not")),
            (bill, "action_msp_extend", ("2026-12-01", "Why not")),
            (run.cycle_ids, "action_release", ("Why not",)),
            (run.cycle_ids, "action_retry", ()),
            (run, "action_preview", ()),
            (run, "action_resume", ()),
            (self.subscription, "action_dissociate", ("2026-06-01",)),
            (self.env["msp.audit.finding"], "action_audit", ()),
            (self.env["msp.late.change"], "action_look_again", ()),
            (self.env["msp.computer"].search([]), "action_move", (1, 1, "2026-01-01")),
            (bill.msp_delivery_ids, "action_resend", ()),
            (bill.msp_delivery_ids, "action_mark_sent", ()),
        ]
        for record, name, arguments in calls:
            for role in ("internal", "portal", "auditor", "accountant"):
                if name == "action_audit" and role in ("auditor", "accountant"):
                    continue
                if name == "action_msp_extend" and role == "accountant":
                    continue
                with self.subTest(f"{role} {name}"), self.assertRaises(UserError):
                    getattr(self._as(role, record), name)(*arguments)

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
