from odoo import Command
from odoo.tests import Form, tagged

from .hold_common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldBill(HoldCommon):
    """Held for its bill: where it goes, and how it is booked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._computers(cls.acme, 1, "2026-04-01")

    def _own_product(self, **vals):
        """Give Acme a plan with a product of its own."""
        product = self.env["product.product"].create(
            {
                "name": "Own product",
                "type": "service",
                "taxes_id": [(6, 0, self.product.taxes_id.ids)],
                "property_account_income_id": (
                    self.product.property_account_income_id.id
                ),
                **vals,
            }
        )
        self.subscription.plan_id = self._plan("Own", product_id=product.id)
        return product

    # === ADDRESS === #
    def test_incomplete_address_is_held(self):
        self.acme.write({"street": False, "country_id": False})
        cycle = self._assert_held("address", "Acme Ltd", "no street, country")
        self._assert_released(cycle, "address")

    def test_address_is_mended(self):
        self.acme.city = False
        self._assert_held("address", "no city")
        self.acme.city = "Springfield"
        self._assert_billed()

    def test_address_is_that_of_who_gets_the_bill(self):
        payer = self._customer("Payer Ltd", street=False)
        self.subscription.bill_to_id = payer
        self._assert_held("address", "Payer Ltd", "no street")
        payer.street = "2 Main Street"
        self.acme.street = False
        self._assert_billed()

    def test_no_bill_needs_no_address(self):
        self.acme.street = False
        self.subscription.discount = 100
        self._assert_billed()

    # === ACCOUNTS === #
    def test_archived_income_account_is_held(self):
        account = self.company_data["default_account_revenue"].copy({"code": "499999"})
        self._own_product(property_account_income_id=account.id)
        account.active = False
        self._assert_held("account", "499999", "Own product", "archived")
        account.active = True
        self._assert_billed()

    def _book_abroad(self, account, code):
        """Let a fiscal position of Acme book an account on one that is archived."""
        mapped = account.copy({"code": code})
        accounts = {"account_src_id": account.id, "account_dest_id": mapped.id}
        self.acme.property_account_position_id = self.env[
            "account.fiscal.position"
        ].create({"name": "Abroad", "account_ids": [Command.create(accounts)]})
        mapped.active = False
        return mapped

    def test_archived_income_account_of_a_fiscal_position_is_held(self):
        account = self.company_data["default_account_revenue"]
        mapped = self._book_abroad(account, "488888")
        self._assert_held("account", "488888", "Abroad", "archived")
        mapped.active = True
        lines = self._assert_billed().move_id.invoice_line_ids
        self.assertEqual(lines.account_id, mapped)

    def test_archived_receivable_account_of_a_fiscal_position_is_held(self):
        account = self.company_data["default_account_receivable"]
        self._book_abroad(account, "188888")
        self._assert_held("account", "188888", "Abroad", "archived")
        self.acme.property_account_position_id = False
        self._assert_billed()

    def test_archived_receivable_account_is_held(self):
        account = self.company_data["default_account_receivable"].copy(
            {"code": "199999", "active": True}
        )
        self.acme.property_account_receivable_id = account
        account.active = False
        self._assert_held("account", "199999", "Acme Ltd", "archived")
        self.acme.property_account_receivable_id = self.company_data[
            "default_account_receivable"
        ]
        self._assert_billed()

    def test_archived_tax_is_held(self):
        tax = self.company_data["default_tax_sale"].copy({"name": "Old tax"})
        product = self._own_product(taxes_id=[(6, 0, tax.ids)])
        tax.active = False
        self._assert_held("archived", "Old tax")
        product.taxes_id = self.company_data["default_tax_sale"]
        # Odoo keeps the archived one on the product, where nobody sees it.
        self.env.invalidate_all()
        self.assertIn(tax, product.with_context(active_test=False).taxes_id)
        self._assert_billed()

    def test_archived_tax_of_another_company_holds_nothing(self):
        other = self.setup_other_company(name="Another MSP")
        tax = other["default_tax_sale"]
        self._own_product(taxes_id=[(4, tax.id)])
        tax.active = False
        self._assert_billed()

    # === LOCK DATES === #
    def _assert_all_locked(self, *words):
        run = self._bill("2026-05-01")
        self.assertFalse(run.move_ids)
        self.assertEqual(run.cycle_ids.mapped("hold_code"), ["locked"] * 2)
        for word in words:
            self.assertIn(word, run.cycle_ids[:1].reason)
        return run.cycle_ids

    def test_lock_date_is_held(self):
        for name in ("fiscalyear_lock_date", "sale_lock_date", "tax_lock_date"):
            with self.subTest(name):
                self.company[name] = "2026-05-31"
                self._assert_all_locked("1 May 2026", "05/31/2026")
                self.company[name] = False
        run = self._bill("2026-05-01")
        self.assertEqual(str(run.move_ids[:1].date), "2026-05-01")

    def test_lock_date_is_released(self):
        self.company.sale_lock_date = "2026-05-31"
        cycles = self._assert_all_locked()
        cycles.action_release("Book it in June")
        run = self._bill("2026-05-01")
        self.assertEqual(len(run.move_ids), 2)
        self.assertEqual(str(min(run.move_ids.mapped("invoice_date"))), "2026-05-01")
        self.assertGreater(str(min(run.move_ids.mapped("date"))), "2026-05-31")

    def test_lock_of_taxes_holds_taxed_bills(self):
        self._own_product(taxes_id=[(5, 0, 0)])
        self.company.tax_lock_date = "2026-05-31"
        run = self._bill("2026-05-01")
        self.assertEqual(self._cycles(self.acme, run).state, "billed")
        self.assertEqual(self._cycles(self.other, run).hold_code, "locked")

    def test_purchases_locked_hold_nothing(self):
        self.company.purchase_lock_date = "2026-05-31"
        self._assert_billed()

    # === RUNS === #
    def test_holding_changes_the_version_of_the_subscription(self):
        self.acme.street = False
        self.env.flush_all()
        query = "SELECT ctid::text FROM msp_subscription WHERE id = %s"
        self.env.cr.execute(query, (self.subscription.id,))
        before = self.env.cr.fetchone()
        self._assert_held("address")
        self.env.flush_all()
        self.env.cr.execute(query, (self.subscription.id,))
        self.assertNotEqual(self.env.cr.fetchone(), before)

    def test_checks_ask_the_same_however_many_cycles(self):
        counts = []
        for number in (1, 8, 8):
            for index in range(number):
                partner = self._customer(f"C{len(counts)}-{index} Ltd")
                self._subscribe(self.plan, partner, "2026-04-01")
                self._computers(partner, 1, "2026-04-01")
            run = self._new_run("2026-05-01")
            run.action_preview()
            cycles = run._as_bot().env["msp.billing.cycle"].browse(run.cycle_ids.ids)
            cycles._hold_reasons()
            self.env.invalidate_all()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(cycles._hold_reasons(), {})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertLessEqual(counts[2], counts[1])

    # === SETTINGS === #
    def test_managers_set_the_limits_of_a_jump(self):
        with Form(self.env["msp.company.settings"]) as form:
            self.assertEqual((form.msp_jump_percent, form.msp_jump_minimum), (50, 10))
            form.msp_jump_percent = 80
            form.msp_jump_minimum = 5
        form.record.action_save()
        self.assertEqual(self.company.msp_jump_percent, 80)
        self.assertEqual(self.company.msp_jump_minimum, 5)
