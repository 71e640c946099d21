from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MspBillingCommon

# What a client may send to get round Odoo's own checks.
CONTEXTS = (
    {},
    {"skip_readonly_check": True, "force_delete": True, "dynamic_unlink": True},
    {"check_move_validity": False, "skip_invoice_sync": True},
    {"bypass_lock_check": True, "msp_unseal": True, "msp_unfreeze": True},
    {"skip_account_move_synchronization": True, "tracking_disable": True},
)


@tagged("post_install", "-at_install")
class TestSeal(MspBillingCommon):
    """A posted bill stays as it was posted, for everybody and by every door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = cls._customer("Acme Ltd")
        cls._computers(cls.acme, 3)
        cls.subscription = cls._subscribe(cls._plan(cost=5.0), cls.acme)
        cls.accountant = new_test_user(
            cls.env,
            "accountant",
            groups="account.group_account_manager",
            company_id=cls.company.id,
        )

    def setUp(self):
        super().setUp()
        self._bill("2026-02-01")
        self.bill = self.subscription.cycle_ids.move_id
        self.line = self.bill.invoice_line_ids.filtered("product_id")

    def _doors(self, record):
        """Yield a record as different people, with what they may send."""
        for user in (self.env.user, self.accountant, self.env.ref("base.user_root")):
            for context in CONTEXTS:
                yield record.with_user(user).with_context(**context)

    def _assert_refused(self, record, change):
        for door in self._doors(record):
            with (
                self.subTest(user=door.env.user.login, context=dict(door.env.context)),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                change(door)
                self.env.flush_all()
        self.env.invalidate_all()

    # === REFUSED === #
    def test_values_of_a_bill_stay(self):
        later = date(2027, 1, 1)
        for vals in (
            {"state": "draft"},
            {"state": "cancel"},
            {"amount_total": 1.0},
            {"invoice_date_due": later},
            {"invoice_date": later},
            {"date": later},
            {"name": "INV/1"},
            {"ref": "other"},
            {"partner_id": self.company.partner_id.id},
            {"currency_id": self.env.ref("base.EUR").id},
            {"payment_state": "paid"},
            {"msp_run_id": False},
            {"msp_seal": "0" * 64},
            {"narration": "<p>free</p>"},
        ):
            self._assert_refused(self.bill, lambda move, v=vals: move.write(v))

    def test_lines_of_a_bill_stay(self):
        tax = self.company_data["default_tax_sale"].copy({"name": "16%"})
        for vals in (
            {"quantity": 1.0},
            {"price_unit": 0.5},
            {"discount": 50.0},
            {"name": "Something else"},
            {"balance": 0.0},
            {"tax_ids": [Command.set(tax.ids)]},
            {"account_id": self.company_data["default_account_expense"].id},
        ):
            self._assert_refused(self.line, lambda line, v=vals: line.write(v))

    def test_nothing_is_added_moved_or_deleted(self):
        self._assert_refused(self.bill, lambda move: move.unlink())
        self._assert_refused(self.line, lambda line: line.unlink())
        self._assert_refused(self.bill, lambda move: move.button_draft())
        self._assert_refused(self.bill, lambda move: move.button_cancel())
        vals = {"name": "More", "quantity": 1, "price_unit": 1.0}
        add = [Command.create({**vals, "product_id": self.product.id})]
        self._assert_refused(
            self.bill, lambda move: move.write({"invoice_line_ids": add})
        )
        other = self.init_invoice("out_invoice", products=self.product)
        free = other.invoice_line_ids
        self._assert_refused(free, lambda line: line.write({"move_id": self.bill.id}))
        self._assert_refused(self.line, lambda line: line.write({"move_id": other.id}))

    def test_what_a_bill_rests_on_stays(self):
        cycle = self.subscription.cycle_ids
        for records in (cycle, cycle.charge_ids, cycle.evidence_ids):
            self.assertTrue(records)
            self._assert_refused(records, lambda own: own.write({"create_uid": 1}))
            self._assert_refused(records, lambda own: own.unlink())

    def test_a_credit_note_is_sealed_too(self):
        credit = self.bill.action_msp_void(False, "Test")
        self._assert_refused(credit, lambda move: move.write({"state": "draft"}))
        line = credit.invoice_line_ids.filtered("product_id")
        self._assert_refused(line, lambda own: own.write({"quantity": 9.0}))

    def test_no_button_offers_what_is_refused(self):
        self.assertFalse(self.bill.show_reset_to_draft_button)
        other = self.init_invoice("out_invoice", products=self.product, post=True)
        self.assertTrue(other.show_reset_to_draft_button)

    # === ALLOWED === #
    def test_what_people_do_with_a_bill_passes(self):
        move = self.bill.with_user(self.accountant)
        move.write({"state": "posted", "ref": self.bill.ref, "checked": True})
        move.write({"payment_state": "blocked"})
        move.action_toggle_block_payment()
        move.write({"msp_disputed": True, "is_move_sent": True})
        self.line.with_user(self.accountant).write({"quantity": self.line.quantity})
        move.message_post(body="A note")
        self.env["account.payment.register"].with_user(self.accountant).with_context(
            active_model="account.move", active_ids=move.ids
        ).create({})._create_payments()
        self.assertIn(self.bill.payment_state, ("paid", "in_payment"))
        self.bill.line_ids.remove_move_reconcile()
        self.assertEqual(self.bill.payment_state, "not_paid")
        self.assertFalse(self.env["msp.billing.cycle"]._audit())

    def test_core_moves_documents_to_another_owner(self):
        parent = self._customer("Parent Ltd")
        self.acme.write({"is_company": False, "parent_id": parent.id})
        self.assertEqual(self.bill.commercial_partner_id, parent)
        self.assertFalse(self.env["msp.billing.cycle"]._audit())

    def test_other_invoices_are_not_sealed(self):
        other = self.init_invoice("out_invoice", products=self.product, post=True)
        other.button_draft()
        other.invoice_line_ids.quantity = 7
        other.action_post()
        self.assertFalse(other.msp_seal)

    def test_a_hashed_journal_works(self):
        self.bill.journal_id.restrict_mode_hash_table = True
        self._bill("2026-03-01")
        bill = self.subscription.cycle_ids.move_id.sorted("id")[-1:]
        self.assertTrue(bill.inalterable_hash)
        self._assert_refused(bill, lambda move: move.write({"inalterable_hash": "x"}))

    # === MORE TIME === #
    def test_the_due_date_is_moved_by_a_checked_method(self):
        seal = self.bill.msp_seal
        for wrong, reason in (("2026-02-15", "x"), ("2026-03-15", " "), (False, "x")):
            with self.assertRaises(UserError):
                self.bill.action_msp_extend(wrong, reason)
        wizard = self.env["msp.bill.extend"].with_context(
            active_model="account.move", active_id=self.bill.id
        )
        vals = {"date_due": "2026-03-15", "reason": "Holidays"}
        wizard.create(vals).action_extend()
        self.assertEqual(self.bill.invoice_date_due, date(2026, 3, 15))
        terms = self.bill.line_ids.filtered(lambda l: l.display_type == "payment_term")
        self.assertEqual(terms.mapped("date_maturity"), [date(2026, 3, 15)])
        self.assertNotEqual(self.bill.msp_seal, seal)
        self.assertFalse(self.env["msp.billing.cycle"]._audit())

    # === AUDIT === #
    def test_the_audit_finds_what_was_changed_by_sql(self):
        self.env.flush_all()
        self.assertTrue(self.bill.msp_seal)
        self.assertFalse(self.env["msp.billing.cycle"]._audit())
        for statement in (
            "UPDATE account_move_line SET name = 'other' WHERE id = %(line)s",
            "UPDATE account_move_line SET discount = 10 WHERE id = %(line)s",
            "UPDATE account_move SET invoice_date_due = '2027-01-01' WHERE "
            + "id = %(move)s",
            "UPDATE account_move SET amount_total = 1 WHERE id = %(move)s",
            "DELETE FROM account_move_line_account_tax_rel WHERE "
            + "account_move_line_id = %(line)s",
        ):
            with self.subTest(statement):
                savepoint = self.env.cr.savepoint()
                self.env.cr.execute(
                    statement, {"line": self.line.id, "move": self.bill.id}
                )
                codes = [
                    found["code"] for found in self.env["msp.billing.cycle"]._audit()
                ]
                self.assertIn("seal", codes)
                savepoint.close(rollback=True)
