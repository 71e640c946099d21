from odoo import api, models
from odoo.tools.misc import formatLang


class MspBillDocument(models.AbstractModel):
    """What was paid of a bill, what is due, and how to pay it."""

    _inherit = "msp.bill.document"

    # === BUSINESS METHODS === #
    @api.model
    def _payments(self, move):
        """Return what was paid or set off, as pairs of a name and an amount."""
        content = (move.invoice_payments_widget or {}).get("content", [])
        return [
            (self._payment_text(move, payment), payment["amount"])
            for payment in content
            if not payment["is_exchange"]
        ]

    @api.model
    def _payment_text(self, move, payment):
        day = self._day(payment["date"])
        if move.move_type == "out_refund":
            return self.env._("Set off on %(date)s", date=day)
        if payment.get("is_refund"):
            return self.env._("Credited on %(date)s", date=day)
        return self.env._("Paid on %(date)s", date=day)

    @api.model
    def _due(self, move):
        """Return the name of the amount due, or None where nothing is asked for."""
        if move.state != "posted":
            return None
        if move.move_type == "out_refund":
            return self.env._("Remaining Credit")
        if not move.amount_residual:
            return self.env._("Paid, Thank You")
        return self.env._("Amount Due")

    @api.model
    def _is_payable(self, move):
        return (
            move.move_type == "out_invoice"
            and move.state == "posted"
            and move.amount_residual > 0
        )

    @api.model
    def _pay_text(self, move):
        """Return the sentence on when to pay; a payment term's own note replaces it."""
        if not self._is_payable(move) or move.invoice_payment_term_id.note:
            return ""
        if self._installments(move):
            return ""
        if move.invoice_date_due <= move.invoice_date:
            return self.env._("Payable on receipt of this invoice.")
        return self.env._(
            "Please pay by %(date)s.", date=self._day(move.invoice_date_due)
        )

    @api.model
    def _installments(self, move):
        terms = move._msp_term_lines().sorted("date_maturity")
        if not self._is_payable(move) or len(terms) < 2:
            return []
        return [
            self.env._(
                "%(amount)s due on %(date)s",
                amount=formatLang(
                    self.env, line.amount_currency, currency_obj=move.currency_id
                ),
                date=self._day(line.date_maturity),
            )
            for line in terms
        ]

    @api.model
    def _bank(self, move):
        if not self._is_payable(move):
            return []
        bank = move.partner_bank_id
        holder = bank.acc_holder_name
        return [
            (self.env._("Account"), bank.acc_number),
            (self.env._("BIC"), bank.bank_bic),
            (self.env._("Bank"), bank.bank_name),
            (self.env._("Holder"), holder if holder != move.company_id.name else ""),
            (self.env._("Reference"), move.payment_reference),
        ]

    @api.model
    def _qr_code(self, move):
        if not (self._is_payable(move) and move.display_qr_code):
            return None
        return move._generate_qr_code(silent_errors=True)

    @api.model
    def _link_code(self, move):
        if not (self._is_payable(move) and move.display_link_qr_code):
            return None
        return move._generate_portal_payment_qr()
