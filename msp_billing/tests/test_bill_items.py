import itertools
import os
from datetime import date
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from ..models import msp_bill_items
from .common import MspBillingCommon

LONG = os.environ.get("MSP_LONG") == "1"
DAY = date(2026, 5, 1)
# Columns that differ between any two invoices, made in whatever way.
OWN = {"id", "move_id", "name", "move_name", "ref", "sequence_number"}
OWN |= {"create_date", "write_date", "payment_reference", "access_token"}
ODD_LINES = (
    (2.33, 7.77, 0.0),
    (10.0, 5.0, 12.5),
    (-1.0, 3.335, 0.0),
    (0.67, 0.333333, 33.33),
)


@tagged("post_install", "-at_install")
class TestBillItems(MspBillingCommon):
    """Invoices made with complete journal items equal those of Odoo's plain way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.builder = cls.env["msp.bill.builder"]
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2020-01-01", 0.777)])
        cls.payer = cls._customer("Payer Ltd")
        cls.products = cls._products()
        cls.terms = cls._terms()
        cls.position = cls.env["account.fiscal.position"].create(
            {"name": "Abroad", "auto_apply": False}
        )
        replaced = cls.company_data["default_tax_sale"]
        cls._tax("Abroad 7", amount=7, fiscal=cls.position, replaces=replaced)
        cls.mapped = cls._customer(
            "Mapped Ltd", property_account_position_id=cls.position.id
        )
        delivered = cls._customer("Delivered Ltd")
        cls._customer(
            "Delivery",
            parent_id=delivered.id,
            type="delivery",
            is_company=False,
            property_account_position_id=cls.position.id,
        )
        cls.payers = [cls.payer, cls.mapped, delivered]
        cls._analytic_model()

    @classmethod
    def _tax(cls, name, *, fiscal=None, replaces=None, **vals):
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount_type": "percent",
                "type_tax_use": "sale",
                "company_id": cls.company.id,
                "fiscal_position_ids": [Command.set(fiscal.ids if fiscal else [])],
                "original_tax_ids": [Command.set(replaces.ids if replaces else [])],
                **vals,
            }
        )

    @classmethod
    def _products(cls):
        """Return a product for each kind of tax."""
        plain = cls.company_data["default_tax_sale"]
        included = cls._tax("Incl", amount=19, price_include_override="tax_included")
        first = cls._tax("First", amount=10, include_base_amount=True, sequence=1)
        second = cls._tax("Second", amount=5, sequence=2)
        fixed = cls._tax("Fixed", amount=0.37, amount_type="fixed")
        children = cls._tax("Child A", amount=6) + cls._tax("Child B", amount=3.5)
        group = cls._tax(
            "Group",
            amount=0,
            amount_type="group",
            children_tax_ids=[Command.set(children.ids)],
        )
        cls.company.tax_exigibility = True
        waiting = cls.company_data["default_account_tax_sale"].copy({"reconcile": True})
        basis = cls._tax(
            "Cash basis",
            amount=8,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=waiting.id,
        )
        analytic = cls._tax("Analytic", amount=4, analytic=True)
        kinds = (
            plain.browse(),
            plain,
            included,
            first + second,
            fixed + plain,
            group,
            basis,
            analytic,
            included + basis,
        )
        return cls.env["product.product"].create(
            [
                {
                    "name": f"Service {number}",
                    "type": "service",
                    "property_account_income_id": (
                        cls.company_data["default_account_revenue"].id
                    ),
                    "taxes_id": [Command.set(taxes.ids)],
                }
                for number, taxes in enumerate(kinds)
            ]
        )

    @classmethod
    def _terms(cls):
        Term = cls.env["account.payment.term"]
        half = [
            Command.create({"value": "percent", "value_amount": 33.33, "nb_days": 0}),
            Command.create({"value": "percent", "value_amount": 66.67, "nb_days": 45}),
        ]
        early = {"early_discount": True, "discount_percentage": 3, "discount_days": 8}
        whole = [
            Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})
        ]
        return [
            Term,
            Term.create({"name": "Two parts", "line_ids": half}),
            Term.create(
                {
                    "name": "Early",
                    "line_ids": whole,
                    **early,
                    "early_pay_discount_computation": "included",
                }
            ),
            Term.create(
                {
                    "name": "Early, tax kept",
                    "line_ids": whole,
                    **early,
                    "early_pay_discount_computation": "excluded",
                }
            ),
        ]

    @classmethod
    def _analytic_model(cls):
        plan = cls.env["account.analytic.plan"].create({"name": "Teams"})
        accounts = cls.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("North", "South")]
        )
        cls.env["account.analytic.distribution.model"].create(
            {
                "partner_id": cls.mapped.id,
                "analytic_distribution": {
                    str(accounts[0].id): 60.0,
                    str(accounts[1].id): 40.0,
                },
                "company_id": cls.company.id,
            }
        )

    # === CASES === #
    def _cases(self):
        """Return (products, move type, currency, payer, term) of the matrix."""
        currencies = (self.company.currency_id, self.foreign)
        full = itertools.product(
            self.products,
            ("out_invoice", "out_refund"),
            currencies,
            self.payers,
            self.terms,
        )
        cases = list(full)
        if LONG:
            return cases
        # Each kind of tax, type and currency; payers and terms take turns.
        return cases[::17]

    def _vals(self, product, move_type, currency, payer, term):
        mixed = [product, self.products[1], product, self.products[2]]
        lines = [{"display_type": "line_section", "name": "Care", "sequence": 1}]
        sign = -1 if move_type == "out_refund" else 1
        for number, (quantity, price, discount) in enumerate(ODD_LINES):
            lines.append(
                {
                    "product_id": mixed[number].id,
                    "name": f"Line {number}",
                    "quantity": sign * quantity if number == 2 else quantity,
                    "price_unit": price,
                    "discount": discount,
                    "sequence": number + 2,
                }
            )
        vals = {
            "move_type": move_type,
            "company_id": self.company.id,
            "journal_id": self.company_data["default_journal_sale"].id,
            "currency_id": currency.id,
            "partner_id": payer.id,
            "invoice_date": DAY,
            "invoice_user_id": self.env.user.id,
            "invoice_payment_term_id": term.id,
            "invoice_line_ids": [Command.create(line) for line in lines],
        }
        if not term:
            vals["invoice_date_due"] = date(2026, 5, 15)
        return vals

    def _bot_builder(self):
        run = self._new_run(DAY)
        return run._as_bot()._builder()

    # === COMPARING === #
    def _rows(self, move):
        """Return all that the ledger holds of an invoice, without what is its own."""
        self.env.flush_all()
        moves = self._table("account_move", "id", move.ids)
        lines = self._table("account_move_line", "move_id", move.ids)
        ids = move.line_ids.ids
        analytic = self._table("account_analytic_line", "move_line_id", ids)
        for row in lines:
            line = self.env["account.move.line"].browse(row["__id"])
            row["taxes"] = line.tax_ids.ids
            row["tags"] = sorted(line.tax_tag_ids.ids)
            named = line.name or ""
            row["text"] = named.replace(move.payment_reference or move.name, "#")
        order = lambda row: (row["sequence"], row["text"], row["balance"])
        for row in (*moves, *lines, *analytic):
            row.pop("__id")
            row.pop("move_line_id", None)
        return moves, sorted(lines, key=order), sorted(map(str, analytic))

    def _table(self, table, column, ids):
        self.env.cr.execute(f"SELECT * FROM {table} WHERE {column} = ANY(%s)", [ids])
        return [
            {**{k: v for k, v in row.items() if k not in OWN}, "__id": row["id"]}
            for row in self.env.cr.dictfetchall()
        ]

    def _compare(self, cases):
        builder = self._bot_builder()
        vals_list = [self._vals(*case) for case in cases]
        for vals in vals_list:
            self.assertIsNotNone(builder._complete(vals))
        fast = builder._create_bills(vals_list)
        plain = builder.env["account.move"].create(
            [self._vals(*case) for case in cases]
        )
        builder._post_bills(fast)
        plain._post(soft=False)
        for case, one, other in zip(cases, fast, plain, strict=True):
            names = ", ".join(str(getattr(part, "name", part)) for part in case)
            with self.subTest(names):
                self.maxDiff = None
                self.assertEqual(self._rows(one), self._rows(other))

    # === TESTS === #
    def test_equals_the_plain_way_rounding_per_line(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        self._compare(self._cases())

    def test_equals_the_plain_way_rounding_globally(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        self._compare(self._cases())

    def test_steps_aside_for_what_it_does_not_know(self):
        builder = self._bot_builder()
        case = (self.products[1], "out_invoice", self.company.currency_id, self.payer)
        early = self.terms[2]
        early.early_pay_discount_computation = "mixed"
        self.assertIsNone(builder._complete(self._vals(*case, early)))
        vals = self._vals(*case, self.terms[0])
        self.assertTrue(builder._complete(vals))
        self.company.account_storno = True
        self.assertIsNone(builder._complete(vals))
        self.company.account_storno = False
        account = self.company_data["default_account_expense"]
        self.company.account_discount_expense_allocation_id = account
        self.assertIsNone(builder._complete(vals))
        moves = builder._create_bills([vals])
        self.assertIn("discount", moves.line_ids.mapped("display_type"))

    def test_steps_aside_where_another_module_decides(self):
        builder = self._bot_builder()
        self.assertFalse(builder._is_changed_by_others())
        with patch.object(msp_bill_items, "KNOWN_MODULES", {"analytic"}):
            self.assertTrue(builder._is_changed_by_others())

    def test_other_modules_see_what_is_created(self):
        seen = []
        Move = type(self.env["account.move"])
        original = Move.create

        def create(records, vals_list):
            seen.extend(vals_list)
            return original(records, vals_list)

        vals = self._vals(
            self.products[1],
            "out_invoice",
            self.company.currency_id,
            self.payer,
            self.terms[0],
        )
        with patch.object(Move, "create", create):
            self._bot_builder()._create_bills([vals])
        self.assertEqual([made["partner_id"] for made in seen], [self.payer.id])
