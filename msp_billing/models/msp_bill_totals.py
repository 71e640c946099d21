from odoo import api, models

from ..tools.memo import copy_details, remembered


class MspBillBuilder(models.AbstractModel):
    """What Odoo's tax engine makes of rated cycles, before there is an invoice."""

    _inherit = "msp.bill.builder"

    # === BUSINESS METHODS === #
    @api.model
    def _totals(self, cycles, day):
        """Return what Odoo's tax engine makes of a group of cycles.

        :return: ``total`` with tax and ``untaxed`` by cycle, in the group's currency
        :rtype: dict
        """
        company = cycles.company_id
        charges = self._billable(cycles)
        base_lines = self._base_lines(charges, self._payer(cycles[:1]), company, day)
        self._add_tax_details(base_lines, company)
        self._round_tax_details(base_lines, company)
        untaxed = dict.fromkeys(cycles, 0.0)
        total = 0.0
        for charge, line in zip(charges, base_lines, strict=True):
            details = line["tax_details"]
            excluded = (
                details["total_excluded_currency"]
                + details["delta_total_excluded_currency"]
            )
            untaxed[charge.cycle_id] += excluded
            total += excluded + sum(
                tax["tax_amount_currency"] for tax in details["taxes_data"]
            )
        return {"total": total, "untaxed": untaxed}

    @api.model
    def _base_lines(self, charges, payer, company, day):
        """Return charges as the tax engine takes them."""
        AccountTax = self.env["account.tax"]
        _delivery, fiscal = self._fiscal_position(payer, company)
        return [
            AccountTax._prepare_base_line_for_taxes_computation(
                {},
                id=charge.id,
                product_id=charge.product_id,
                product_uom_id=charge.product_id.uom_id,
                tax_ids=self._taxes(charge.product_id, company, fiscal),
                price_unit=charge.unit_price,
                quantity=charge.quantity,
                discount=charge.discount,
                currency_id=charge.currency_id,
                partner_id=payer.commercial_partner_id,
                rate=self._rate(charge.currency_id, company, day),
            )
            for charge in charges
        ]

    @api.model
    def _add_tax_details(self, base_lines, company):
        """Ask Odoo's tax engine for each line, once for lines that are alike."""
        AccountTax = self.env["account.tax"]
        for line in base_lines:

            def details(line=line):
                AccountTax._add_tax_details_in_base_line(line, company)
                return line["tax_details"]

            key = ("tax", company.id, self._tax_key(line))
            line["tax_details"] = copy_details(remembered(self.env, key, details))

    @api.model
    def _round_tax_details(self, base_lines, company):
        """Round the taxes of the lines of one document, as Odoo does.

        A bill asks twice: for the totals of its cycles and for its journal items.
        """

        def rounded():
            self.env["account.tax"]._round_base_lines_tax_details(base_lines, company)
            return [copy_details(line["tax_details"]) for line in base_lines]

        key = ("rounded", company.id, *map(self._tax_key, base_lines))
        answer = remembered(self.env, key, rounded)
        for line, details in zip(base_lines, answer, strict=True):
            line["tax_details"] = copy_details(details)

    @api.model
    def _tax_key(self, line):
        """Return all that the taxes of a line depend on."""
        return (
            *(line[name].id for name in ("product_id", "product_uom_id")),
            tuple(line["tax_ids"].ids),
            *(line[name] for name in ("price_unit", "quantity", "discount")),
            line["currency_id"].id,
            line["rate"],
        )

    @api.model
    def _rate(self, currency, company, day):
        return remembered(
            self.env,
            ("rate", currency.id, company.id, day),
            lambda: self.env["res.currency"]._get_conversion_rate(
                company.currency_id, currency, company, day
            ),
        )

    @api.model
    def _taxes(self, product, company, fiscal_position):
        """Return the taxes that Odoo puts on an invoice line of this product."""
        return remembered(
            self.env,
            ("taxes", product.id, company.id, fiscal_position.id),
            lambda: self._find_taxes(product, company, fiscal_position),
        )

    @api.model
    def _find_taxes(self, product, company, fiscal_position):
        taxes = product.with_company(company).taxes_id._filter_taxes_by_company(company)
        if not taxes:
            account = self._income_account(product, company, fiscal_position)
            taxes = (account or self.env["account.account"]).tax_ids.filtered(
                lambda tax: tax.type_tax_use == "sale"
            )
            taxes = taxes._filter_taxes_by_company(company)
        return fiscal_position.map_tax(taxes) if fiscal_position else taxes
