import io

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..tools import pdf
from .account_move_report import BILL_DOCUMENT

PAGE = "msp_billing.report_page"
SUMMARY = "msp_billing.report_consolidated"
SUMMARY_DOCUMENT = "msp_billing.report_consolidated_document"
# The reports that show the document of `_get_name_invoice_report`.
INVOICE_REPORTS = (
    "account.report_invoice_with_payments",
    "account.report_invoice",
    "msp_billing.report_bill",
)


class IrActionsReport(models.Model):
    """Bills are made by WeasyPrint, everything else as Odoo makes it.

    Debian's wkhtmltopdf drops header and footer, draws text as curves, refuses several
    documents at once, and takes a second for each.
    """

    _inherit = "ir.actions.report"

    # === BUSINESS METHODS === #
    @api.model
    def get_wkhtmltopdf_state(self):
        """EXTENDS base: bills can be printed where WeasyPrint works."""
        state = super().get_wkhtmltopdf_state()
        return "ok" if state != "ok" and pdf.engine() else state

    def _run_wkhtmltopdf(
        self,
        bodies,
        report_ref=False,
        header=None,
        footer=None,
        landscape=False,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        """EXTENDS base: say what is missing, since the state above says ok."""
        if _wkhtml().state == "install":
            raise UserError(
                self.env._(
                    "Unable to find Wkhtmltopdf on this system. The PDF can not be "
                    "created."
                )
            )
        return super()._run_wkhtmltopdf(
            bodies,
            report_ref=report_ref,
            header=header,
            footer=footer,
            landscape=landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """EXTENDS base: our bills by WeasyPrint, the others by super."""
        report = self._get_report(report_ref)
        if report.report_name not in INVOICE_REPORTS or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        res_ids = list(dict.fromkeys(res_ids))
        ours = self._msp_ids_to_print(report, res_ids)
        others = [res_id for res_id in res_ids if res_id not in ours]
        # One by one: without the patched Qt wkhtmltopdf refuses several.
        together = others and _wkhtml().is_patched_qt
        batches = [others] if together else [[res_id] for res_id in others]
        streams = {}
        for batch in batches:
            streams.update(
                super()._render_qweb_pdf_prepare_streams(
                    report_ref, dict(data or {}), batch
                )
            )
        for res_id in ours:
            streams[res_id] = self._msp_bill_stream(report, data, res_id)
        # In the order that was asked for: they may be merged.
        return {
            **{res_id: streams.pop(res_id) for res_id in res_ids if res_id in streams},
            **streams,
        }

    @api.model
    def _msp_ids_to_print(self, report, res_ids):
        """Return the ids of bills that WeasyPrint makes: not those stored already."""
        if not pdf.engine():
            return []
        moves = self.env["account.move"].browse(res_ids)
        moves.check_access("read")
        return [
            move.id
            for move in moves
            if move._get_name_invoice_report() == BILL_DOCUMENT
            and not (report.attachment_use and self._msp_stored(report, move))
        ]

    @api.model
    def _msp_stored(self, report, move):
        """Return the PDF that this report stored for a bill, as core looks it up."""
        if not report.attachment or self.env.context.get("report_pdf_no_attachment"):
            return None
        return report.retrieve_attachment(move)

    @api.model
    def _msp_bill_stream(self, report, data, res_id):
        move = self.env["account.move"].browse(res_id)
        document = self._msp_layout_bill(report, data, move)
        return {
            "stream": io.BytesIO(_to_pdf(document)),
            "attachment": self._msp_stored(report, move),
        }

    @api.model
    def _msp_layout_bill(self, report, data, move):
        """Lay out a bill.

        :param report: the ``ir.actions.report`` that is printed
        :param dict data: as core's rendering takes it
        :return: a document for ``pdf.engine().to_pdf()``
        """
        # As superuser, since core stores the payment code's kind on the move: the
        # document itself asks whether this user may read the bill.
        values = self.sudo()._get_rendering_context(
            report,
            move.ids,
            {**(data or {}), "report_type": "pdf", "debug": False},
        )
        values.update(
            o=move,
            title=move.sudo().name,
            print_with_payments=report.report_name != "account.report_invoice",
        )
        lang = move.sudo().partner_id.lang
        return self._msp_layout(BILL_DOCUMENT, move.sudo().company_id, lang, values)

    @api.model
    def _msp_layout(self, document, company, lang, values):
        """Lay out a document of a company on its paper, in a language."""
        lang = lang or self.env.lang
        # QWeb takes the language, also for the variable of that name, from the context.
        html = self.with_context(lang=lang)._render_template(
            PAGE,
            {
                **values,
                "document": document,
                "direction": self.env["res.lang"]._get_data(code=lang).direction,
                "author": company.name,
                "print_engine": "weasyprint",
            },
        )
        style = self.env["msp.bill.document"]._style(company)
        return pdf.engine().layout(html.decode(), style.sheets())

    # === CONSOLIDATED BILL === #
    @api.model
    def _msp_consolidated_pdf(self, wizard, moves):
        """Return one PDF: the summary page, then the bills, each with its page numbers.

        :param wizard: ``msp.consolidated.bill``
        :param moves: ``account.move`` that the user may read
        :rtype: bytes
        """
        Report = self.with_context(force_report_rendering=True)
        parts = list(Report._msp_consolidated_parts(wizard, moves))
        if not any(isinstance(part, io.BytesIO) for part in parts):
            return pdf.engine().to_pdf(parts)
        streams = [
            part if isinstance(part, io.BytesIO) else io.BytesIO(_to_pdf(part))
            for part in parts
        ]
        with self._merge_pdfs(streams) as merged:
            return merged.getvalue()

    @api.model
    def _msp_consolidated_parts(self, wizard, moves):
        """Yield what is laid out by WeasyPrint, and the PDF of what Odoo makes."""
        if pdf.engine():
            yield self._msp_layout_summary(wizard)
        else:
            yield io.BytesIO(self._render_qweb_pdf(SUMMARY, wizard.ids)[0])
        report = self._get_report("account.report_invoice_with_payments")
        ours = set(self._msp_ids_to_print(report, moves.ids))
        for move in moves:
            if move.id in ours:
                yield self._msp_layout_bill(report, {}, move)
            else:
                made = self._render_qweb_pdf_prepare_streams(report, {}, move.ids)
                yield made[move.id]["stream"]

    @api.model
    def _msp_layout_summary(self, wizard):
        lang = wizard._get_language()
        wizard = wizard.with_context(lang=lang)
        values = {
            "o": wizard,
            "summary": wizard._summary(),
            "title": wizard.env._("Consolidated Bill"),
            "report_type": "pdf",
            "is_html_empty": is_html_empty,
        }
        company = wizard.company_id.sudo()
        return self._msp_layout(SUMMARY_DOCUMENT, company, lang, values)


def _to_pdf(document):
    return pdf.engine().to_pdf([document])
