from odoo import models

CORE_DOCUMENT = "account.report_invoice_document"
BILL_DOCUMENT = "msp_billing.report_bill_document"


class AccountMove(models.Model):
    """The document of a bill: what printing, sending and the portal show."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #
    def _get_name_invoice_report(self):
        """EXTENDS account: our document for our bills, never for a country's own."""
        name = super()._get_name_invoice_report()
        if name == CORE_DOCUMENT and self._msp_is_bill():
            return BILL_DOCUMENT
        return name

    def _msp_bill_document(self, lang=None, **options):
        """Return what the document of this bill shows, in the customer's language.

        :param str lang: code of the language; empty: the user's
        :param options: see ``msp.bill.document``
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        # Whoever may read a bill may read all that stands on it: bank, taxes, evidence.
        move = self.sudo().with_company(self.sudo().company_id)
        move = move.with_context(lang=lang or self.env.lang)
        return move.env["msp.bill.document"]._values(move, **options)
