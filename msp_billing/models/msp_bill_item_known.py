from odoo import api, models

# Computed fields that people may change: core takes a given value for theirs.
EDITABLE = {
    "account.move": ("checked", "always_tax_exigible"),
    "account.move.line": ("no_followup",),
}


class MspBillBuilder(models.AbstractModel):
    """What core will compute for a draft, given beforehand.

    Core computes these fields all the same, and stores what it finds. Where it finds
    what is there already, it need not write each row a second time.
    """

    _inherit = "msp.bill.builder"

    # === LINES === #
    @api.model
    def _add_known(self, items, scene):
        """Add what core computes for the lines of a draft."""
        for item in items:
            open_amounts = item["display_type"] == "payment_term"
            item.update(
                {
                    "invoice_date": scene["date"],
                    "reconciled": False,
                    "amount_residual": item["balance"] if open_amounts else 0.0,
                    "amount_residual_currency": (
                        item["amount_currency"] if open_amounts else 0.0
                    ),
                }
            )
            if item["display_type"] != "product":
                item.update({"price_subtotal": 0.0, "price_total": 0.0})

    @api.model
    def _known_amounts(self, sums, terms, scene):
        """Return what core computes for a draft."""
        sign = scene["sign"]
        untaxed, tax = sums["base", "balance"], sums["tax", "balance"]
        untaxed_currency = sums["base", "amount_currency"]
        tax_currency = sums["tax", "amount_currency"]
        total_currency = untaxed_currency + tax_currency
        return {
            "amount_untaxed": sign * untaxed_currency,
            "amount_tax": sign * tax_currency,
            "amount_total": sign * total_currency,
            "amount_residual": -sign * sum(term["amount_currency"] for term in terms),
            "amount_untaxed_signed": -untaxed,
            "amount_untaxed_in_currency_signed": -untaxed_currency,
            "amount_tax_signed": -tax,
            "amount_total_signed": -untaxed - tax,
            "amount_residual_signed": sum(term["balance"] for term in terms),
            "amount_total_in_currency_signed": -total_currency,
            "payment_state": "not_paid",
            "made_sequence_gap": False,
            "invoice_partner_display_name": scene["partner"].display_name,
            "checked": False,
            "always_tax_exigible": False,
        }

    # === COMPUTING === #
    @api.model
    def _compute_again(self, moves):
        """Let core compute the fields that it would not, where a value is given."""
        for records in (moves, moves.line_ids):
            for name in EDITABLE[records._name]:
                self.env.add_to_compute(records._fields[name], records)
