from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import MspBillingCommon
from .rpc import RpcMixin

# What payment, delivery and people's work change on a posted bill: all else is sealed.
OPEN = {
    "account.move": {
        "access_token",
        "checked",
        "invoice_user_id",
        "is_manually_modified",
        "is_move_sent",
        "made_sequence_gap",
        "matched_payment_ids",
        "msp_disputed",
        "preferred_payment_method_line_id",
        "qr_code_method",
        "sending_data",
        # Once, by what secures the journal; and to and from "blocked".
        "inalterable_hash",
        "payment_state",
    },
    "account.move.line": {
        "matching_number",
        "full_reconcile_id",
        "analytic_distribution",
    },
}
PREFIXES = ("message_", "activity_")
MODULES = {"account", "product", "msp_billing"}
# There is no other record to refer to in a fresh database.
ALONE = 12
CONTEXT = {
    "skip_readonly_check": True,
    "check_move_validity": False,
    "skip_invoice_sync": True,
    "bypass_lock_check": True,
    "msp_unseal": True,
    "force_delete": True,
}


@tagged("post_install", "-at_install")
class TestSealFields(RpcMixin, MspBillingCommon):
    """Every stored field of a posted bill and of its lines, by RPC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        customer = cls._customer()
        cls._computers(customer, 3)
        cls._subscribe(cls._plan(cost=5.0), customer)
        run = cls._new_run("2026-02-01")
        bot = run._as_bot()
        bot._bill(bot._due_subscriptions())
        cls.env.flush_all()
        cls.env.invalidate_all()
        cls.bill = run.move_ids
        cls.accountant = new_test_user(
            cls.env,
            "accountant",
            groups="account.group_account_manager",
            company_id=cls.company.id,
        )

    def _sealed_fields(self, model):
        return {
            name
            for name, field in self.env[model]._fields.items()
            if field.store and field.type != "one2many"
            if not MODULES.isdisjoint(field._modules)
            if name not in OPEN[model] and not name.startswith(PREFIXES)
        }

    def _write(self, record, name, value):
        """Write as a client does; return the refusal, or None."""
        for context in ({}, CONTEXT):
            with self._rolled_back():
                try:
                    self._call(
                        self.accountant,
                        record._name,
                        "write",
                        record.ids,
                        {name: value},
                        context=context,
                    )
                except UserError as refusal:
                    self.assertRegex(str(refusal), "is posted and cannot")
                else:
                    return False
        return True

    def test_every_other_field_is_sealed(self):
        alone = []
        for model, record in (
            ("account.move", self.bill),
            ("account.move.line", self.bill.invoice_line_ids.filtered("product_id")),
        ):
            names = self._sealed_fields(model)
            self.assertGreater(len(names), 30)
            for name in sorted(names):
                value = self._another(record, name)
                if value is None:
                    alone.append(f"{model}.{name}")
                    continue
                with self.subTest(f"{model}.{name} = {value}"):
                    self.assertTrue(self._write(record, name, value))
        self.assertLessEqual(len(alone), ALONE, alone)

    def test_what_is_open_is_written(self):
        for vals in (
            {"checked": not self.bill.checked},
            {"msp_disputed": True},
            {"is_move_sent": True},
            {"invoice_user_id": self.accountant.id},
        ):
            [(name, value)] = vals.items()
            with self.subTest(name):
                self.assertFalse(self._write(self.bill, name, value))

    def test_nobody_says_what_is_paid(self):
        """Payment is blocked and goes on; its state comes from the payments."""
        for state in ("paid", "in_payment", "partial", "reversed", "invoicing_legacy"):
            self.assertTrue(self._write(self.bill, "payment_state", state))
        user, bill = self.accountant, self.bill.ids
        self._call(user, "account.move", "write", bill, {"payment_state": "blocked"})
        for state in ("paid", "in_payment", "partial", "reversed"):
            self.assertTrue(self._write(self.bill, "payment_state", state))
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill
        )
        payment.create({"amount": 5.0})._create_payments()
        self._call(user, "account.move", "write", bill, {"payment_state": "not_paid"})
        self.assertEqual(self.bill.payment_state, "partial")
        self.assertFalse(self.env["msp.billing.cycle"]._audit())
