import itertools
from unittest import skipUnless

from odoo import Command
from odoo.tests import tagged

from ..tools import pdf
from .report_common import ReportCommon


@tagged("post_install", "-at_install")
class TestBillAccount(ReportCommon):
    """The box of the customer's account: 3 computers, 17.25 a month with tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = cls._customer("Acme Ltd")
        cls._subscribe(cls._plan(), cls.acme)
        cls._computers(cls.acme, 3)

    def _month(self, day):
        run = self._bill(day, partner_ids=[Command.set(self.acme.ids)])
        return run.move_ids

    def _box(self, move, **options):
        """Return the rows of the box with plain amounts, and its last line."""
        account = move._msp_bill_document(**options)["account"]
        if not account:
            return None
        rows = {name: self._plain(amount) for name, _detail, amount in account["rows"]}
        name, amount = account["total"]
        return rows, (name, self._plain(amount))

    @staticmethod
    def _plain(text):
        return text.replace("$", "").replace("\N{NO-BREAK SPACE}", " ").strip()

    def _total(self, move):
        account = self.env["msp.bill.document"]._accounts(move).get(move.id)
        return round((account.before if account else 0.0) + move.amount_total, 2)

    def _pay(self, moves, amount, day):
        self._register_payment(moves, amount=amount, payment_date=day)

    # === WHAT IT SAYS === #
    def test_first_bill_has_no_box(self):
        self.assertIsNone(self._box(self._month("2026-02-01")))

    def test_previous_balance_and_payments(self):
        first = self._month("2026-02-01")
        self._pay(first, 10.0, "2026-02-10")
        second = self._month("2026-03-01")
        account = second._msp_bill_document()["account"]
        self.assertEqual(account["title"], "Your Account on 1 Mar 2026")
        self.assertEqual(
            account["rows"][0][:2],
            ("Previous balance", f"after {first.name} of 1 Feb 2026"),
        )
        self.assertEqual(
            self._box(second),
            (
                {
                    "Previous balance": "17.25",
                    "Payments received": "–  10.00",
                    "This invoice": "17.25",
                },
                ("Total Due", "24.50"),
            ),
        )

    def test_the_total_of_a_bill_is_the_previous_balance_of_the_next(self):
        moves = [self._month("2026-02-01")]
        self._pay(moves[0], 10.0, "2026-02-10")
        self._plain_invoice(self.acme)
        moves.append(self._month("2026-03-01"))
        self._pay(moves[0], 7.25, "2026-03-02")
        self._pay(moves[1], 5.0, "2026-03-02")
        moves.append(self._month("2026-04-01"))
        accounts = self.env["msp.bill.document"]._accounts(moves[1] + moves[2])
        for before, after in itertools.pairwise(moves):
            account = accounts[after.id]
            self.assertEqual(account.last_id, before.id)
            self.assertEqual(round(account.balance, 2), self._total(before))
        self.assertEqual(round(accounts[moves[2].id].payments, 2), -12.25)
        residual = sum(
            self.env["account.move"]
            .search([("partner_id", "=", self.acme.id)])
            .mapped("amount_residual")
        )
        self.assertEqual(self._total(moves[2]), round(residual, 2))

    def test_other_invoices_and_credits_have_a_line_of_their_own(self):
        first = self._month("2026-02-01")
        note = self._reverse_invoice(first, is_modify=False, date="2026-02-05")
        if note.state == "draft":
            note.action_post()
        self._plain_invoice(self.acme)
        second = self._month("2026-03-01")
        rows, total = self._box(second)
        self.assertEqual(rows["This invoice"], "17.25")
        self.assertEqual(total[0], "Total Due")
        self.assertIn("credit", " ".join(rows))

    def test_paid_too_much_is_a_credit(self):
        first = self._month("2026-02-01")
        self._pay(first, 60.0, "2026-02-10")
        _rows, total = self._box(self._month("2026-03-01"))
        self.assertEqual(total, ("Credit in Your Favor", "25.50"))

    def test_paid_to_the_cent_is_due_nothing(self):
        first = self._month("2026-02-01")
        self._pay(first, 34.5, "2026-02-10")
        _rows, total = self._box(self._month("2026-03-01"))
        self.assertEqual(total, ("Nothing Is Due", "0.00"))

    def test_credit_note_takes_off(self):
        first = self._month("2026-02-01")
        note = self._reverse_invoice(first, is_modify=False)
        if note.state == "draft":
            note.action_post()
        rows, total = self._box(note)
        self.assertEqual(rows["This credit note"], "–  17.25")
        self.assertEqual(total[0], "Nothing Is Due")

    # === THE DAY OF THE BILL === #
    def test_printed_again_it_says_the_same(self):
        first = self._month("2026-02-01")
        second = self._month("2026-03-01")
        sent = self._box(second)
        # Known later: one dated later, one that the bank reports late.
        self._pay(second, 5.0, "2026-03-10")
        self._pay(first, 4.0, "2026-02-20")
        self.assertEqual(self._box(second), sent)
        rows, _total = self._box(self._month("2026-04-01"))
        self.assertEqual(rows["Payments received"], "–  9.00")

    def test_drafts_and_proformas_have_none(self):
        self._month("2026-02-01")
        second = self._month("2026-03-01")
        self.assertTrue(self._box(second))
        self.assertIsNone(self._box(second, proforma=True))

    def test_another_customers_account_is_not_ours(self):
        other = self._customer("Beta Ltd")
        self._plain_invoice(other)
        self.assertIsNone(self._box(self._month("2026-02-01")))

    def test_another_currency_is_another_account(self):
        euro = self.setup_other_currency("EUR")
        self._create_invoice(
            partner_id=self.acme.id,
            invoice_date="2026-01-15",
            currency_id=euro.id,
            invoice_line_ids=[self._prepare_invoice_line(price_unit=100.0)],
            post=True,
        )
        self.assertIsNone(self._box(self._month("2026-02-01")))

    def test_payment_in_another_currency_counts(self):
        euro = self.setup_other_currency("EUR")
        first = self._month("2026-02-01")
        self._register_payment(
            first,
            amount=2 * first.amount_total,
            currency_id=euro.id,
            payment_date="2026-02-10",
        )
        self.assertEqual(first.amount_residual, 0.0)
        rows, total = self._box(self._month("2026-03-01"))
        self.assertEqual(rows["Payments received"], "–  17.25")
        self.assertEqual(total, ("Total Due", "17.25"))

    # === HOW IT IS READ === #
    def test_many_bills_take_one_query(self):
        moves = self._month("2026-02-01") + self._month("2026-03-01")
        document = self.env["msp.bill.document"]
        document._accounts(moves[:1])
        with self.assertQueryCount(1):
            accounts = document._accounts(moves)
        self.assertEqual(accounts[moves[1].id].last_id, moves[0].id)

    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_it_is_printed(self):
        self._month("2026-02-01")
        text = " ".join(" ".join(self._print(self._month("2026-03-01"))).split())
        for expected in ("Your Account on 1 Mar 2026", "Previous balance", "34.50"):
            self.assertIn(expected, text)
