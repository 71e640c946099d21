import io

from odoo import api, models
from odoo.tools import is_html_empty

from ..tools import pdf

STATEMENT = "msp_billing.report_statement"
STATEMENT_DOCUMENT = "msp_billing.report_statement_document"


class IrActionsReport(models.Model):
    """Statements of account are laid out like bills."""

    _inherit = "ir.actions.report"

    # === BUSINESS METHODS === #
    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """EXTENDS base: statements by WeasyPrint where it works."""
        report = self._get_report(report_ref)
        if report.report_name != STATEMENT or not res_ids or not pdf.engine():
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        partners = self.env["res.partner"].browse(dict.fromkeys(res_ids))
        return {
            partner.id: {
                "stream": io.BytesIO(self._msp_statement_pdf(partner)),
                "attachment": None,
            }
            for partner in partners
        }

    @api.model
    def _msp_statement_pdf(self, partner, day=None, since=None):
        """Return the statement of account of a customer.

        :param partner: ``res.partner``, read with the rights of who asks
        :param date day: as of which it is stated
        :param datetime since: of the last statement, in UTC
        :rtype: bytes
        """
        if not pdf.engine():
            data = {"day": day, "since": since}
            return self._render_qweb_pdf(STATEMENT, partner.ids, data=data)[0]
        lang = partner.lang or self.env.lang
        statement = partner.with_context(lang=lang)._msp_statement(day, since)
        values = {
            "statement": statement,
            "title": self.with_context(lang=lang).env._("Statement of Account"),
            "report_type": "pdf",
            "is_html_empty": is_html_empty,
        }
        document = self.sudo()._msp_layout(
            STATEMENT_DOCUMENT, statement["company"], lang, values
        )
        return pdf.engine().to_pdf([document])
