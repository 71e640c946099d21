import io

from odoo import api, models
from odoo.tools import is_html_empty
from odoo.tools.pdf import PdfReader

from ..tools import pdf
from .ir_actions_report import _to_pdf

SUMMARY = "msp_billing.report_consolidated"
SUMMARY_DOCUMENT = "msp_billing.report_consolidated_document"
BILLS = "account.report_invoice_with_payments"


class IrActionsReport(models.Model):
    """Many bills in one PDF, behind a page that lists them.

    Each bill keeps the page numbers of its own; the sheets are counted through.
    """

    _inherit = "ir.actions.report"

    # === BUSINESS METHODS === #
    @api.model
    def _msp_consolidated_pdf(self, wizard, moves):
        """Return one PDF: the summary, then the bills, each with its page numbers.

        :param wizard: ``msp.consolidated.bill``
        :param moves: ``account.move`` that the user may read
        :raises UserError: when a document cannot be made; it names it
        :rtype: bytes
        """
        Report = self.with_context(force_report_rendering=True)
        if not pdf.engine():
            streams = [io.BytesIO(Report._render_qweb_pdf(SUMMARY, wizard.ids)[0])]
            streams += Report._msp_parts(moves, 0)[0]
            return self._msp_merged(streams)
        # How many sheets the summary takes does not depend on the numbers on it.
        draft = Report._msp_layout_summary(wizard, {}, False)
        parts, sheets = Report._msp_parts(moves, len(draft.pages))
        are_ours = not any(isinstance(part, io.BytesIO) for part in parts)
        summary = Report._msp_layout_summary(wizard, sheets, are_ours)
        if are_ours:
            with self._msp_making(wizard._filename()):
                return pdf.engine().to_pdf([summary, *parts])
        return self._msp_merged(
            part if isinstance(part, io.BytesIO) else io.BytesIO(_to_pdf(part))
            for part in (summary, *parts)
        )

    @api.model
    def _msp_merged(self, streams):
        with self._merge_pdfs(list(streams)) as merged:
            return merged.getvalue()

    @api.model
    def _msp_parts(self, moves, sheet):
        """Return what is laid out by WeasyPrint, or the PDF of what Odoo makes.

        :param int sheet: how many sheets come before
        :return: the parts, and id of a bill -> the number of its first sheet
        :rtype: tuple[list, dict]
        """
        report = self._get_report(BILLS)
        ours = set(self._msp_ids_to_print(report, moves.ids))
        accounts = self._msp_accounts(list(ours))
        parts, sheets = [], {}
        for move in moves:
            sheets[move.id] = sheet + 1
            if move.id in ours:
                with self._msp_making(move.sudo().display_name):
                    part = self._msp_layout_bill(report, {}, move, accounts, sheet + 1)
                sheet += len(part.pages)
            else:
                made = self._render_qweb_pdf_prepare_streams(report, {}, move.ids)
                part = made[move.id]["stream"]
                sheet += len(PdfReader(part, strict=False).pages)
            parts.append(part)
        return parts, sheets

    @api.model
    def _msp_layout_summary(self, wizard, sheets, is_linked):
        lang = wizard._get_language()
        wizard = wizard.with_context(lang=lang)
        company = wizard.company_id.sudo()
        title = wizard.env._("Consolidated Bill")
        values = {
            "o": wizard,
            "summary": wizard._summary(sheets, is_linked),
            "title": f"{title}, {company.name}",
            "first_sheet": 1,
            "report_type": "pdf",
            "is_html_empty": is_html_empty,
        }
        with self._msp_making(title):
            return self._msp_layout(SUMMARY_DOCUMENT, company, lang, values)
