from odoo import api, models
from odoo.fields import Command

from ..tools.fast_path import is_changed
from ..tools.memo import KEY, remembered

# What Odoo works out after an invoice is made, when all of it is handed over already.
SETTLED = {"skip_invoice_sync": True, "skip_invoice_line_sync": True}
COMPLETE = {**SETTLED, "skip_analytic_sync": True}
# Methods that decide journal items. Where another module changes one of them, its
# invoices are made by Odoo's plain way.
DECIDING = {
    "account.move": (
        "_sync_dynamic_lines",
        "_get_sync_stack",
        "_sync_tax_lines",
        "_sync_rounding_lines",
        "_compute_needed_terms",
        "_compute_fiscal_position_id",
        "_compute_partner_shipping_id",
        "_compute_invoice_currency_rate",
        "_get_invoice_currency_rate_date",
        "_get_expected_currency_rate_at",
        "_get_rounded_base_and_tax_lines",
        "_prepare_product_base_line_for_taxes_computation",
        "_get_product_base_line_currency_rate",
    ),
    "account.move.line": (
        "_sync_invoice",
        "_compute_account_id",
        "_compute_tax_ids",
        "_get_computed_taxes",
        "_compute_totals",
        "_compute_partner_id",
        "_compute_product_uom_id",
        "_compute_analytic_distribution",
        "_related_analytic_distribution",
        "_get_analytic_distribution_arguments",
    ),
}
KNOWN_MODULES = {"account", "analytic"}
# Methods that find a customer's fiscal position by address and tax number alone.
LOCATING = {
    "account.fiscal.position": (
        "_get_fiscal_position",
        "_get_first_matching_fpos",
        "_get_fpos_validation_functions",
    ),
    "res.partner": ("_get_vat_required_valid",),
}
LOCATED_BY = ("vat", "property_account_position_id", "country_id", "state_id", "zip")


class MspBillBuilder(models.AbstractModel):
    """Complete journal items, so that nothing is left for Odoo to synchronise.

    Odoo makes an invoice in several passes over its lines. Here its own engines for
    taxes and payment terms are asked once, before, and ``create`` gets all lines. What
    is not understood is left to the plain way; a test compares both in the ledger,
    column by column.
    """

    _inherit = "msp.bill.builder"

    # === BUSINESS METHODS === #
    @api.model
    def _create_bills(self, vals_list):
        """Create the draft invoices of a batch.

        :param list vals_list: values as ``_prepare_bill`` returns them
        :return: the drafts, in the order of the values; with all journal items made
            here, in an environment in which posting synchronises nothing either, as
            superuser
        :rtype: account.move
        """
        # What the builder remembers would make each environment a new one.
        context = {k: v for k, v in self.env.context.items() if k != KEY}
        # What goes on the bills was read under the bot's rules, and core still compares
        # the companies. To ask for its rights field by field takes a seventh of a run.
        Move = self.env(context=context)["account.move"].sudo()
        complete, plain = {}, {}
        foreign = self._is_changed_by_others()
        for index, vals in enumerate(vals_list):
            items = None if foreign else self._complete(vals)
            (plain if items is None else complete)[index] = items or vals
        made = {}
        for chosen, model in (
            (complete, Move.with_context(**COMPLETE, **self._shortcuts())),
            (plain, Move),
        ):
            moves = model.create(list(chosen.values())) if chosen else Move
            made.update(zip(chosen, moves.ids, strict=True))
            if chosen is complete:
                self._compute_again(moves)
        if not plain:
            Move = Move.with_context(**SETTLED)
        return Move.browse([made[index] for index in range(len(vals_list))])

    @api.model
    def _is_changed_by_others(self):
        """Say whether another module decides otherwise about journal items."""
        return is_changed(self.env, DECIDING, KNOWN_MODULES)

    @api.model
    def _complete(self, vals):
        """Return the values of an invoice with all its journal items.

        :return: new values, or None where Odoo's plain way must make the invoice
        """
        company = self.env["res.company"].browse(vals["company_id"])
        term = self.env["account.payment.term"].browse(vals["invoice_payment_term_id"])
        if not self._is_plain_accounting(company, term):
            return None
        scene = self._scene(vals, company, term)
        receivable = self._receivable(scene)
        if not receivable:
            return None
        items = self._product_items(vals["invoice_line_ids"], scene)
        if items is None:
            return None
        taxes = [
            {**values, "display_type": "tax", "sequence": 10000}
            for values in scene["tax_lines"]
        ]
        sums = self._sums([*items, *taxes])
        terms = self._term_items(sums, receivable, scene)
        self._add_known([*items, *taxes, *terms], scene)
        rest = {key: vals[key] for key in vals if key != "invoice_line_ids"}
        return {
            **rest,
            "partner_shipping_id": scene["delivery"].id,
            "fiscal_position_id": scene["fiscal"].id,
            "invoice_currency_rate": scene["rate"],
            **self._known_amounts(sums, terms, scene),
            "line_ids": [
                Command.create(
                    {key: item[key] for key in item if not key.startswith("__")}
                )
                for item in (*items, *taxes, *terms)
            ],
        }

    @api.model
    def _is_plain_accounting(self, company, term):
        """Say whether an invoice has product, tax and receivable lines only."""
        return not (
            company.account_storno
            or company.account_discount_expense_allocation_id
            or (term.early_discount and term.early_pay_discount_computation == "mixed")
            or self.env["account.move"].default_get(["invoice_cash_rounding_id"])
        )

    @api.model
    def _scene(self, vals, company, term):
        """Return what all lines of an invoice share."""
        partner = self.env["res.partner"].browse(vals["partner_id"])
        currency = self.env["res.currency"].browse(vals["currency_id"])
        delivery, fiscal = self._fiscal_position(partner, company)
        is_refund = vals["move_type"] == "out_refund"
        return {
            "company": company,
            "term": term,
            "date": vals["invoice_date"],
            "date_due": vals.get("invoice_date_due"),
            "partner": partner,
            "commercial": partner.commercial_partner_id,
            "currency": currency,
            "rate": self._rate(currency, company, vals["invoice_date"]),
            "delivery": delivery,
            "fiscal": fiscal,
            "is_refund": is_refund,
            "sign": 1 if is_refund else -1,
        }

    @api.model
    def _fiscal_position(self, partner, company):
        """Return the delivery address and the fiscal position that Odoo finds."""

        def find():
            delivery = partner.browse(partner.address_get(["delivery"])["delivery"])
            position = self.env["account.fiscal.position"].with_company(company)
            return delivery, remembered(
                self.env,
                ("located", company.id, *self._location(partner, delivery, company)),
                lambda: position._get_fiscal_position(partner, delivery=delivery),
            )

        return remembered(self.env, ("fiscal", partner.id, company.id), find)

    @api.model
    def _location(self, partner, delivery, company):
        """Return all that the fiscal position of a customer depends on."""
        if is_changed(self.env, LOCATING, KNOWN_MODULES):
            return partner.id, delivery.id
        return tuple(
            owner[name]
            for owner in (partner.with_company(company), delivery.with_company(company))
            for name in LOCATED_BY
        )

    @api.model
    def _receivable(self, scene):
        """Return the account of the receivable lines, or nothing."""
        company = scene["company"]
        for partner in (scene["commercial"], company.partner_id):
            owner = partner.with_company(company)
            if owner.property_account_receivable_id:
                return scene["fiscal"].map_account(owner.property_account_receivable_id)
        return self.env["account.account"]
