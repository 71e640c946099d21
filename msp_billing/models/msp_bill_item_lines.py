from collections import defaultdict

from odoo import api, models
from odoo.fields import Command

from ..tools.memo import copy_details, remembered


class MspBillBuilder(models.AbstractModel):
    """The journal items of one invoice: products, taxes, receivables."""

    _inherit = "msp.bill.builder"

    # === LINES === #
    @api.model
    def _product_items(self, commands, scene):
        """Return the values of sections and product lines, with Odoo's amounts."""
        items, base_lines = [], []
        for _command, _id, line in commands:
            item = {
                **line,
                "partner_id": scene["commercial"].id,
                "currency_id": scene["currency"].id,
            }
            items.append(item)
            if line.get("display_type") == "line_section":
                continue
            if not self._fill_product_item(item, scene):
                return None
            base_lines.append((item, self._base_line(item, scene)))
        self._add_amounts(base_lines, scene)
        return items

    @api.model
    def _fill_product_item(self, item, scene):
        """Set account, taxes, unit and analytic distribution of a product line."""
        company, fiscal = scene["company"], scene["fiscal"]
        product = self.env["product.product"].browse(item["product_id"])
        product = product.with_company(company)
        account = self._income_account(product, company, fiscal)
        if not account:
            return False
        taxes = self._taxes(product, company, fiscal)
        item.update(
            {
                "display_type": "product",
                "account_id": account.id,
                "product_uom_id": product.uom_id.id,
                "tax_ids": [Command.set(taxes.ids)],
                "__product": product,
                "__account": account,
                "__taxes": taxes,
            }
        )
        item["analytic_distribution"] = self._analytic(item, scene)
        return True

    @api.model
    def _income_account(self, product, company, fiscal):
        template = product.product_tmpl_id.with_company(company)
        return remembered(
            self.env,
            ("income", product.id, company.id, fiscal.id),
            lambda: template.get_product_accounts(fiscal_pos=fiscal)["income"],
        )

    @api.model
    def _analytic(self, item, scene):
        """Return the analytic distribution that Odoo's models give a line."""
        Model = self.env["account.analytic.distribution.model"]
        if not remembered(self.env, "analytic", lambda: Model.search_count([], 1)):
            return False
        product, partner = item["__product"], scene["commercial"]
        distribution = Model._get_distribution(
            {
                "product_id": product.id,
                "product_categ_id": product.categ_id.id,
                "partner_id": partner.id,
                "partner_category_id": partner.category_id.ids,
                "account_prefix": item["__account"].code,
                "company_id": scene["company"].id,
                "related_root_plan_ids": self.env["account.analytic.plan"],
            }
        )
        return distribution or False

    @api.model
    def _base_line(self, item, scene):
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            {},
            product_id=item["__product"],
            product_uom_id=item["__product"].uom_id,
            tax_ids=item["__taxes"],
            price_unit=item["price_unit"],
            quantity=item["quantity"],
            discount=item["discount"],
            currency_id=scene["currency"],
            rate=scene["rate"],
            sign=scene["sign"],
            is_refund=scene["is_refund"],
            partner_id=scene["commercial"],
            account_id=item["__account"],
            analytic_distribution=item["analytic_distribution"],
            name=item["name"],
        )

    @api.model
    def _add_amounts(self, base_lines, scene):
        """Set what Odoo's tax engine says of each line: alone, and in the document."""
        AccountTax = self.env["account.tax"]
        company = scene["company"]
        self._add_tax_details([base_line for _item, base_line in base_lines], company)
        for item, base_line in base_lines:
            alone = {**base_line, "tax_details": copy_details(base_line["tax_details"])}
            self._round_tax_details([alone], company)
            details = alone["tax_details"]
            item["price_subtotal"] = details["total_excluded_currency"]
            item["price_total"] = details["total_included_currency"]
        lines = [base_line for _item, base_line in base_lines]
        self._round_tax_details(lines, company)
        AccountTax._add_accounting_data_in_base_lines_tax_details(
            lines, company, include_caba_tags=False
        )
        results = AccountTax._prepare_tax_lines(lines, company)
        for (item, _base), (_same, amounts) in zip(
            base_lines, results["base_lines_to_update"], strict=True
        ):
            item.update(amounts)
        scene["tax_lines"] = results["tax_lines_to_add"]

    @api.model
    def _sums(self, items):
        """Return what the lines add up to, products and taxes apart."""
        sums = defaultdict(float)
        for item in items:
            kind = "tax" if item.get("display_type") == "tax" else "base"
            for name in ("amount_currency", "balance"):
                sums[kind, name] += item.get(name, 0.0)
        return sums

    @api.model
    def _term_items(self, sums, receivable, scene):
        """Return the receivable lines: one for each instalment."""
        common = {
            "display_type": "payment_term",
            "account_id": receivable.id,
            "partner_id": scene["commercial"].id,
            "currency_id": scene["currency"].id,
            "sequence": 12000,
        }
        return [{**common, **part} for part in self._instalments(sums, scene)]

    @api.model
    def _instalments(self, sums, scene):
        """Return dates and amounts of the receivable lines, as Odoo divides them."""
        if not scene["term"]:
            return [self._whole_amount(sums, scene)]
        currency, company = scene["currency"], scene["company"]
        result = scene["term"]._compute_terms(
            date_ref=scene["date"],
            currency=currency,
            tax_amount_currency=currency.round(-sums["tax", "amount_currency"]),
            tax_amount=company.currency_id.round(-sums["tax", "balance"]),
            untaxed_amount_currency=currency.round(-sums["base", "amount_currency"]),
            untaxed_amount=company.currency_id.round(-sums["base", "balance"]),
            company=company,
            cash_rounding=self.env["account.cash.rounding"],
            sign=-scene["sign"],
        )
        parts = {}
        for line in result["line_ids"]:
            part = parts.setdefault(
                line["date"],
                {
                    "date_maturity": line["date"],
                    "balance": 0.0,
                    "amount_currency": 0.0,
                    "discount_date": result.get("discount_date"),
                    "discount_balance": result.get("discount_balance") or 0.0,
                    "discount_amount_currency": result.get("discount_amount_currency")
                    or 0.0,
                },
            )
            part["balance"] += line["company_amount"]
            part["amount_currency"] += line["foreign_amount"]
        return list(parts.values())

    @api.model
    def _whole_amount(self, sums, scene):
        """Return the one receivable line of a bill without a payment term."""
        balance = sums["base", "balance"] + sums["tax", "balance"]
        amount = sums["base", "amount_currency"] + sums["tax", "amount_currency"]
        return {
            "date_maturity": scene["date_due"],
            "discount_date": False,
            "discount_balance": 0.0,
            "discount_amount_currency": 0.0,
            "balance": scene["company"].currency_id.round(-balance),
            "amount_currency": scene["currency"].round(-amount),
        }
