from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestCorrection(MspBillingCommon):
    """Changed history of billed cycles: what the next bill makes of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()

    def _april(self, number=10, **vals):
        """Bill April 2026 of a plan at 5.00 with some computers."""
        plan = self._plan(prices=[{"name": "PC", "unit_price": 5.0, **vals}])
        self.subscription = self._subscribe(plan, self.customer, "2026-04-01")
        self.pcs = self._computers(self.customer, number, "2026-04-01")
        return self._bill("2026-05-01").move_ids

    def _corrections(self, run):
        return run.cycle_ids.filtered(
            lambda cycle: cycle.kind == "correction"
        ).charge_ids

    def test_nothing_changed_nothing_corrected(self):
        self._april()
        run = self._bill("2026-06-01")
        self.assertFalse(self._corrections(run))
        self.assertEqual(run.move_ids.amount_untaxed, 50.0)

    def test_late_computer_is_charged_with_its_evidence(self):
        self._april()
        late = self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        run = self._bill("2026-06-01")
        charge = self._corrections(run)
        self.assertRecordValues(
            charge,
            [
                {
                    "kind": "adjustment",
                    "quantity": 1.0,
                    "unit_price": 5.0,
                    "amount": 5.0,
                    "counted": 11.0,
                }
            ],
        )
        self.assertIn("Late-1", charge.name)
        self.assertEqual(str(charge.origin_cycle_id.date_start), "2026-04-01")
        self.assertEqual(charge.computer_ids.computer_id, late)
        self.assertEqual(charge.computer_ids.days, 20)
        # May counts it too: 11 x 5.00 + 5.00.
        self.assertEqual(run.move_ids.amount_untaxed, 60.0)
        self.assertFalse(self._corrections(self._bill("2026-07-01")))

    def test_days_of_a_correction_are_told_once_for_each_price(self):
        prices = [
            {"name": "PC", "usage_basis": "end", "unit_price": 5.0},
            {"name": "Backup", "usage_basis": "average", "unit_price": 2.0},
        ]
        self._subscribe(self._plan(prices=prices), self.customer, "2026-04-01")
        self._computers(self.customer, 1, "2026-04-01")
        self._bill("2026-05-01")
        late = self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        charges = self._corrections(self._bill("2026-06-01"))
        self.assertEqual(charges.mapped("price_id.name"), ["PC", "Backup"])
        for charge in charges:
            self.assertRecordValues(
                charge.computer_ids, [{"computer_id": late.id, "days": 20}]
            )

    def test_correction_is_explained_on_the_bill(self):
        self._april()
        self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        self.pcs[:2].date_to = "2026-04-20"
        move = self._bill("2026-06-01").move_ids
        html = self.env["ir.actions.report"]._render_qweb_html(
            "account.account_invoices", move.ids
        )[0]
        text = html.decode()
        self.assertIn("Late-1", text)
        self.assertIn("Correction of PC", text)
        self.assertNotIn("all 0 days", text)

    def test_leaver_is_credited_on_the_next_bill(self):
        self._april()
        self.pcs[0].date_to = "2026-04-20"
        run = self._bill("2026-06-01")
        self.assertRecordValues(
            self._corrections(run), [{"quantity": -1.0, "unit_price": 5.0}]
        )
        self.assertEqual(run.move_ids.amount_untaxed, 40.0)

    def test_correction_of_a_correction(self):
        self._april()
        late = self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        self._bill("2026-06-01")
        late.date_from = "2026-06-01"
        run = self._bill("2026-07-01")
        self.assertEqual(
            sorted(self._corrections(run).mapped("quantity")), [-1.0, -1.0]
        )
        self.assertEqual(run.move_ids.amount_untaxed, 55.0 - 10.0)

    def test_volume_tier_takes_the_old_line_back(self):
        self._april(
            49,
            price_model="volume",
            tier_ids=[
                (0, 0, {"from_quantity": 0, "unit_price": 5.0}),
                (0, 0, {"from_quantity": 50, "unit_price": 4.0}),
            ],
        )
        self._computers(self.customer, 2, "2026-04-30", name="Late")
        charges = self._corrections(self._bill("2026-06-01"))
        self.assertEqual(
            [(c.quantity, c.unit_price) for c in charges], [(-49.0, 5.0), (51.0, 4.0)]
        )

    def test_older_changes_are_not_billed(self):
        self._april()
        for date in ("2026-06-01", "2026-07-01", "2026-08-01"):
            self._bill(date)
        self._computers(self.customer, 1, "2026-04-11", date_to="2026-05-01")
        self.assertFalse(self._corrections(self._bill("2026-09-01")))

    def test_terms_changed_later_never_re_rate(self):
        self._april()
        self.subscription.discount = 50
        self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        run = self._bill("2026-06-01")
        self.assertRecordValues(
            self._corrections(run), [{"discount": 0.0, "amount": 5.0}]
        )

    def test_minimum_is_corrected_too(self):
        self._april(2)
        self.subscription.plan_id.minimum_amount = 100
        self._bill("2026-06-01")
        self._computers(self.customer, 1, "2026-05-11", name="Late-1")
        charges = self._corrections(self._bill("2026-07-01"))
        # One computer more, and 5.00 less is missing to the minimum.
        self.assertEqual(charges.mapped("amount"), [5.0, -5.0])

    # === ADVANCE === #
    def _advance(self, basis):
        plan = self._plan(
            prices=[{"name": "PC", "unit_price": 5.0, "usage_basis": basis}]
        )
        self.subscription = self._subscribe(
            plan, self.customer, "2026-04-01", timing="advance"
        )
        self.pcs = self._computers(self.customer, 10, "2026-03-01")
        return self._bill("2026-04-01").move_ids

    def test_advance_is_billed_on_its_first_day(self):
        for basis, more in (("average", 0.67), ("end", 1.0)):
            with self.subTest(basis):
                self.customer = self._customer(f"{basis.title()} Ltd")
                self.assertEqual(self._advance(basis).amount_untaxed, 50.0)
                self._computers(self.customer, 1, "2026-04-11", name="New")
                charges = self._corrections(self._bill("2026-05-01"))
                own = charges.filtered(lambda c: c.partner_id == self.customer)
                self.assertEqual(own.mapped("quantity"), [more])

    def test_ended_in_advance_is_credited(self):
        self._advance("end")
        with self.assertRaisesRegex(UserError, "is billed until"):
            self.subscription.action_dissociate("2026-04-16")
        self.subscription.action_dissociate("2026-04-16", "Customer moved away")
        run = self._bill("2026-05-01")
        self.assertRecordValues(
            self._corrections(run),
            [{"kind": "credit", "quantity": -10.0, "unit_price": 2.5}],
        )
        self.assertEqual(run.move_ids.move_type, "out_refund")
        self.assertEqual(run.move_ids.amount_untaxed, 25.0)
        self.assertFalse(self._bill("2026-06-01").move_ids)

    # === VOID === #
    def test_void_without_billing_again(self):
        bill = self._april()
        with self.assertRaisesRegex(UserError, "reason"):
            bill.action_msp_void(False, "")
        credit = bill.action_msp_void(False, "Goodwill")
        self.assertRecordValues(
            credit, [{"state": "posted", "move_type": "out_refund"}]
        )
        self.assertEqual(credit.amount_untaxed, 50.0)
        self.assertEqual(bill.payment_state, "reversed")
        self.assertEqual(credit.msp_run_id, bill.msp_run_id)
        self.assertEqual(bill.msp_cycle_ids.state, "billed")
        self.assertEqual(self._bill("2026-06-01").move_ids.amount_untaxed, 50.0)
        with self.assertRaisesRegex(UserError, "credited already"):
            bill.action_msp_void(False, "Again")

    def test_void_and_bill_again(self):
        bill = self._april()
        self._bill("2026-06-01")
        bill.action_msp_void(True, "Wrong customer data")
        self.assertEqual(bill.msp_cycle_ids.state, "voided")
        self.assertEqual(str(self.subscription.billed_until), "2026-04-01")
        again = self._bill("2026-06-01")
        self.assertEqual(again.move_ids.amount_untaxed, 50.0)
        self.assertEqual(
            again.cycle_ids.mapped(lambda c: str(c.date_start)), ["2026-04-01"]
        )
        self.assertEqual(str(self.subscription.billed_until), "2026-06-01")

    def test_void_takes_corrections_back(self):
        bill = self._april()
        self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        self._bill("2026-06-01")
        bill.action_msp_void(True, "Wrong plan")
        again = self._bill("2026-07-01")
        # June: 11, April anew: 11, the correction of April taken back: -1.
        self.assertEqual(again.move_ids.amount_untaxed, 55.0 + 55.0 - 5.0)

    def test_reverse_and_create_invoice_is_refused(self):
        bill = self._april()
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": [(6, 0, bill.ids)], "journal_id": bill.journal_id.id}
        )
        with self.assertRaisesRegex(UserError, "billed twice"):
            wizard.reverse_moves(is_modify=True)

    def test_plain_reversal_frees_nothing(self):
        bill = self._april()
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": [(6, 0, bill.ids)], "journal_id": bill.journal_id.id}
        )
        wizard.reverse_moves()
        self.assertEqual(bill.msp_cycle_ids.state, "billed")
        self.assertEqual(wizard.new_move_ids.msp_run_id, bill.msp_run_id)
