import io
from types import SimpleNamespace
from unittest.mock import patch

from pypdf import PdfReader, PdfWriter

from odoo.addons.base.models.ir_actions_report import IrActionsReport

from ..models import ir_actions_report
from ..tools import pdf
from .common import MspBillingCommon

INVOICE_REPORT = "account.account_invoices"


def read_pages(content):
    """Return the text of each page of a PDF."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def blank_pdf():
    """Return a PDF of one empty page."""
    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(file)
    return file.getvalue()


class ReportCommon(MspBillingCommon):
    """Bills, and what their PDF says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )

    def _billed(self, customer, plan=None, computers=3):
        """Bill a customer for January 2026, and return the bill."""
        plan = plan or self._plan()
        self._subscribe(plan, customer)
        self._computers(customer, computers)
        return self._bill("2026-02-01", partner_ids=[(6, 0, customer.ids)]).move_ids

    def _plain_invoice(self, partner):
        return self._create_invoice(
            partner_id=partner.id,
            invoice_date="2026-02-01",
            invoice_line_ids=[self._prepare_invoice_line(price_unit=100.0)],
            post=True,
        )

    def _print(self, moves, report=INVOICE_REPORT):
        """Return the texts of the pages that printing gives."""
        content, kind = self.report._render_qweb_pdf(report, moves.ids)
        self.assertEqual(kind, "pdf")
        self.assertEqual(content[:5], b"%PDF-")
        return read_pages(content)

    def _without_weasyprint(self):
        return patch.object(pdf, "engine", return_value=None)

    def _wkhtmltopdf(self, state="ok", patched=False):
        """Stand in for wkhtmltopdf: keep what it is asked for, answer an empty page."""
        bodies = []

        def run(report, documents, **options):
            bodies.append([str(document) for document in documents])
            return blank_pdf()

        self.patch(IrActionsReport, "_run_wkhtmltopdf", run)
        self.patch(IrActionsReport, "get_wkhtmltopdf_state", lambda report: state)
        self.patch(
            ir_actions_report,
            "_wkhtml",
            lambda: SimpleNamespace(state=state, is_patched_qt=patched),
        )
        return bodies
