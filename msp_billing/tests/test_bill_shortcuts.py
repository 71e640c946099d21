from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models import msp_bill_posting
from ..tools.fast_path import FAST, KEY, is_fast, same_companies
from .common import ADDRESS, MspBillingCommon

DAY = date(2026, 2, 1)
FIRST = date(2026, 1, 1)
# Statements for one bill more; what is written for all bills comes in parts of 100.
QUERIES_PER_BILL = 0.6


@tagged("post_install", "-at_install")
class TestBillShortcuts(MspBillingCommon):
    """The shortcuts of a batch: what they save, who may use them, when they end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan(
            prices=[
                {"name": "Care", "price_model": "flat", "unit_price": 50.0},
                {"name": "Backup", "price_model": "flat", "unit_price": 7.5},
            ]
        )
        cls.bill_run = cls._new_run(DAY)
        cls.builder = cls.bill_run._as_bot()._builder()

    @classmethod
    def _cycles(cls, number):
        """Return as many rated cycles, each of a customer of its own."""
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {index}",
                    "is_company": True,
                    "email": "customer@example.com",
                    "country_id": cls.env.ref("base.us").id,
                    **ADDRESS,
                }
                for index in range(number)
            ]
        )
        subscriptions = cls.env["msp.subscription"].create(
            [
                {
                    "plan_id": cls.plan.id,
                    "partner_id": partner.id,
                    "company_id": cls.company.id,
                    "date_start": FIRST,
                    "billing_cycle": "monthly",
                    "due_days": 14,
                }
                for partner in partners
            ]
        )
        run = cls.bill_run._as_bot()
        cycles = run.env["msp.billing.cycle"]._open(
            subscriptions.with_env(run.env), run
        )
        cycles._rate()
        cycles.env.flush_all()
        cycles.env.invalidate_all()
        return cycles

    def _move_vals(self, **vals):
        line = {"product_id": self.product.id, "quantity": 1, "price_unit": 5.0}
        return {
            "move_type": "out_invoice",
            "partner_id": self._customer().id,
            "invoice_date": DAY,
            "journal_id": self.company_data["default_journal_sale"].id,
            "invoice_line_ids": [Command.create({**line, **vals})],
        }

    def _fast_moves(self):
        return self.env["account.move"].with_context(**{KEY: FAST})

    # === COST ===
    def test_queries_per_bill(self):
        run = self.bill_run._as_bot()
        spent = {}
        # The first batch pays for what is looked up once.
        for number in (2, 20, 40):
            cycles = self._cycles(number)
            before = self.env.cr.sql_log_count
            moves = run._invoice(cycles)
            self.env.flush_all()
            spent[number] = self.env.cr.sql_log_count - before
            self.assertEqual(moves.mapped("state"), ["posted"] * number)
        self.assertLessEqual(spent[40] - spent[20], 20 * QUERIES_PER_BILL)

    def test_an_almost_empty_ledger_is_measured(self):
        moves = self.env["account.move"].create([self._move_vals() for _ in range(2)])
        with patch.object(msp_bill_posting, "ALMOST_EMPTY", 10**6):
            self.builder._measure_tables(moves)
        self.env.cr.execute(
            "SELECT reltuples, (SELECT count(*) FROM account_move_line) "
            "FROM pg_class WHERE oid = 'account_move_line'::regclass"
        )
        known, number = self.env.cr.fetchone()
        self.assertEqual(known, number)

    # === GATE ===
    def test_no_client_opens_the_shortcuts(self):
        for sent in (True, 1, "FAST", "<object object>", [1], {"a": 1}):
            self.assertFalse(is_fast(self.env(context={KEY: sent})))
        self.assertTrue(is_fast(self._fast_moves().env))
        self.assertEqual(self.builder._shortcuts(), {KEY: FAST})

    def test_shortcuts_end_with_the_batch(self):
        moves = self.bill_run._as_bot()._invoice(self._cycles(1))
        self.assertFalse(is_fast(moves.env))
        self.assertNotIn("skip_invoice_sync", moves.env.context)

    def test_no_shortcut_where_another_module_has_a_say(self):
        known = msp_bill_posting.KNOWN_MODULES
        for module in ("account", "msp_billing"):
            with patch.object(msp_bill_posting, "KNOWN_MODULES", known - {module}):
                self.assertEqual(self.builder._shortcuts(), {})
                self.assertEqual(self.builder._settled_fields(), [])
        self.assertIn("amount_total", [f.name for f in self.builder._settled_fields()])

    def test_records_of_a_foreign_company_are_refused(self):
        other = self.env["res.company"].create({"name": "Other Ltd"})
        foreign = self.env["product.product"].create(
            {"name": "Foreign", "type": "service", "company_id": other.id}
        )
        stranger = self._customer("Stranger Ltd", company_id=other.id)
        Move = self._fast_moves()
        good = Move.create([self._move_vals(), self._move_vals()])
        self.assertTrue(same_companies(good))
        self.assertTrue(same_companies(good.line_ids))
        for wrong in (
            self._move_vals(product_id=foreign.id),
            {**self._move_vals(), "partner_id": stranger.id},
        ):
            with self.assertRaisesRegex(UserError, "company inconsistencies"):
                Move.create([self._move_vals(), wrong])

    def test_one_draft_tells_a_currency(self):
        Line = self._fast_moves().line_ids
        euro, yen = self.env.ref("base.EUR"), self.env.ref("base.JPY")
        draft = Line.new({"currency_id": euro.id})
        self.assertIs(Line.new({"currency_id": euro.id}).id, draft.id)
        other = Line.new({"currency_id": yen.id})
        self.assertEqual((draft.currency_id, other.currency_id), (euro, yen))
        # Its value is kept nowhere but in the cache.
        self.env.invalidate_all()
        self.assertEqual(Line.new({"currency_id": euro.id}).currency_id, euro)
        # Whoever wants a draft of his own gets one.
        for values in ({"currency_id": euro.id, "name": "A"}, {"name": "A"}, {}):
            self.assertIsNot(Line.new(values).id, Line.new(values).id)
        Plain = self.env["account.move.line"]
        self.assertIsNot(
            Plain.new({"currency_id": euro.id}).id,
            Plain.new({"currency_id": euro.id}).id,
        )

    def test_amounts_are_read_in_the_environment_that_core_would_find(self):
        Move = self._fast_moves()
        unread = Move.with_context(prefetch_fields=False)
        self.assertIs(unread.env, Move.env(context=dict(unread.env.context)))
        self.assertIs(Move.with_context(prefetch_fields=False).env, unread.env)
        self.assertIs(Move.sudo().with_context(prefetch_fields=False).env.su, True)
        self.assertIs(unread.env.context["prefetch_fields"], False)
        bare = Move.with_context({}, prefetch_fields=False)
        self.assertEqual(dict(bare.env.context), {"prefetch_fields": False})

    def test_numbers_go_on_after_a_foreign_one(self):
        Move = self._fast_moves()
        first = Move.create([self._move_vals() for _ in range(3)])
        first._post(soft=False)
        between = self.env["account.move"].create(self._move_vals())
        between._post(soft=False)
        # A person renames the last one: core forgets where it was, and so do we.
        prefix, number = between.sequence_prefix, between.sequence_number
        between.name = f"{prefix}{number + 6:05}"
        second = Move.create([self._move_vals() for _ in range(2)])
        second._post(soft=False)
        moves = first | between | second
        begin = first[0].sequence_number
        self.assertEqual(
            sorted(moves.mapped("sequence_number")),
            [begin + offset for offset in (0, 1, 2, 9, 10, 11)],
        )
        self.assertEqual(len(set(moves.mapped("name"))), 6)

    def test_credit_notes_keep_their_own_numbers(self):
        self.company_data["default_journal_sale"].refund_sequence = True
        Move = self._fast_moves()
        vals_list = [self._move_vals() for _ in range(4)]
        for vals in vals_list[::2]:
            vals["move_type"] = "out_refund"
        moves = Move.create(vals_list)
        moves._post(soft=False)
        refunds = moves.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(len(set(refunds.mapped("sequence_prefix"))), 1)
        self.assertNotEqual(
            refunds[0].sequence_prefix, (moves - refunds)[0].sequence_prefix
        )
        self.assertEqual(sorted(refunds.mapped("sequence_number")), [1, 2])
