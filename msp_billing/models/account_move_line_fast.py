from odoo import api, models
from odoo.fields import Command

TEXTS = ("line_section", "line_subsection", "line_note")
WITHOUT_PRODUCT = ("tax", "payment_term", *TEXTS)


class AccountMoveLine(models.Model):
    """The shortcuts of a batch for the lines of its bills."""

    _name = "account.move.line"
    _inherit = ["account.move.line", "msp.fast.path"]

    # === BUSINESS METHODS === #
    @api.model
    def _msp_final_values(self, vals):
        """OVERRIDES: what core would compute for a line of an invoice's draft."""
        move = self.env["account.move"].browse(vals["move_id"])
        kind = vals.get("display_type")
        if kind not in ("product", *WITHOUT_PRODUCT) or move.company_id.account_storno:
            return None
        if kind not in TEXTS and "balance" not in vals:
            return None
        balance = vals.get("balance") or 0.0
        part = self.env["account.tax.repartition.line"].browse(
            vals.get("tax_repartition_line_id") or ()
        )
        final = {
            "journal_id": move.journal_id.id,
            "company_id": move.company_id.id,
            "company_currency_id": move.company_currency_id.id,
            "date": move.date,
            "parent_state": move.state,
            "tax_line_id": part.tax_id.id,
            "tax_group_id": part.tax_id.tax_group_id.id,
            "is_storno": False,
            "debit": max(balance, 0.0),
            "credit": max(-balance, 0.0),
            # Not one of these: computed again when the batch is made.
            "no_followup": False,
        }
        if kind in WITHOUT_PRODUCT and not vals.get("product_id"):
            final.update(product_uom_id=False, quantity=0.0, price_unit=0.0)
        if kind in TEXTS:
            final.update(
                account_id=False,
                balance=0.0,
                amount_currency=0.0,
                tax_ids=[Command.set([])],
            )
        if kind == "payment_term":
            final["tax_ids"] = [Command.set([])]
            if len(move.invoice_payment_term_id.line_ids) < 2 and not (
                move.payment_reference or move.ref
            ):
                final["name"] = False
        return final
