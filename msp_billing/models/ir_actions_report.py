import contextlib
import io
import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..tools import pdf
from .account_move_report import BILL_DOCUMENT

_logger = logging.getLogger(__name__)

PAGE = "msp_billing.report_page"
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
        accounts = self._msp_accounts(ours)
        for res_id in ours:
            streams[res_id] = self._msp_bill_stream(report, data, res_id, accounts)
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
    def _msp_accounts(self, ids):
        """Read the customers' accounts for bills, together; see msp.bill.document."""
        moves = self.env["account.move"].sudo().browse(ids)
        return self.env["msp.bill.document"]._accounts(moves) if ids else {}

    @api.model
    def _msp_bill_stream(self, report, data, res_id, accounts):
        move = self.env["account.move"].browse(res_id)
        with self._msp_making(move.sudo().display_name):
            document = self._msp_layout_bill(report, data, move, accounts)
            content = _to_pdf(document)
        return {
            "stream": io.BytesIO(content),
            "attachment": self._msp_stored(report, move),
        }

    @contextlib.contextmanager
    def _msp_making(self, name):
        """Say which document fails in the block, and what to do; the log says why.

        :raises UserError: when the engine fails or does not come to an end
        """
        try:
            yield
        except pdf.TimeLimitExceeded as error:
            raise UserError(
                self.env._(
                    "The PDF of %(document)s was given up after %(seconds)s seconds. "
                    "Look for unusual HTML in the company's report header, footer and "
                    "terms, and try again.",
                    document=name,
                    seconds=pdf.LIMIT,
                )
            ) from error
        except (AccessError, UserError, OperationalError):
            raise
        except Exception as error:
            _logger.exception("The PDF of %s could not be made", name)
            raise UserError(
                self.env._(
                    "The PDF of %(document)s could not be made: %(error)s. The "
                    "server's log tells more.",
                    document=name,
                    error=f"{type(error).__name__}: {error}",
                )
            ) from error

    @api.model
    def _msp_layout_bill(self, report, data, move, accounts=None, first_sheet=None):
        """Lay out a bill.

        :param report: the ``ir.actions.report`` that is printed
        :param dict data: as core's rendering takes it
        :param dict accounts: see :meth:`_msp_accounts`
        :param int first_sheet: number of its first page in a larger document
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
            title=self._msp_title(move),
            msp_accounts=accounts,
            first_sheet=first_sheet,
            print_with_payments=report.report_name != "account.report_invoice",
        )
        lang = move.sudo().partner_id.lang
        return self._msp_layout(BILL_DOCUMENT, move.sudo().company_id, lang, values)

    @api.model
    def _msp_title(self, move):
        """Return the title that a PDF viewer and a screen reader tell."""
        move = move.sudo()
        lang = move.partner_id.lang or self.env.lang
        Document = self.env["msp.bill.document"].with_context(lang=lang)
        return f"{Document._title(move, False)}, {move.company_id.name}"

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


def _to_pdf(document):
    return pdf.engine().to_pdf([document])
