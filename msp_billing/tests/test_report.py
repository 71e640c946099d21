from unittest import skipUnless
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..tools import pdf
from .report_common import INVOICE_REPORT, ReportCommon, read_pages

OUR_REPORT = "msp_billing.action_report_bill"


@tagged("post_install", "-at_install")
@skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
class TestReport(ReportCommon):
    # === CONTENT === #
    def test_pdf_says_what_is_billed(self):
        customer = self._customer("Acme Ltd", ref="C-1042", vat="US123456789")
        move = self._billed(customer)
        text = " ".join(" ".join(self._print(move)).split())
        for expected in (
            f"Invoice {move.name}",
            "Acme Ltd",
            "1 Main Street",
            "C-1042",
            "US123456789",
            "1 Feb 2026",
            "15 Feb 2026",
            "Billing period 1 – 31 Jan 2026",
            "Care",
            "15.00",
            "Amount Due",
            "17.25",
            "Computers",
            "ACM-001",
            "ACM-003",
            "all 31 days",
            "Page 1 of 1",
        ):
            self.assertIn(expected, text)

    def test_many_computers_take_numbered_pages(self):
        move = self._billed(self._customer("Acme Ltd"), computers=400)
        pages = self._print(move)
        self.assertGreater(len(pages), 2)
        for number, page in enumerate(pages, 1):
            self.assertIn(f"Page {number} of {len(pages)}", page)
        self.assertIn(move.name, pages[1])
        self.assertIn("ACM-400", " ".join(pages))

    def test_names_are_escaped(self):
        customer = self._customer(
            "<b>Bold</b> & Söhne",
            email="bold@example.com",
            street="<script>1</script>",
        )
        move = self._billed(customer)
        text = " ".join(self._print(move))
        self.assertIn("<b>Bold</b> & Söhne", text)
        self.assertIn("<script>1</script>", text)
        html = self.report._render_qweb_html(INVOICE_REPORT, move.ids)[0].decode()
        self.assertIn("&lt;b&gt;Bold&lt;/b&gt; &amp; Söhne", html)
        self.assertNotIn("<script>1", html)

    def test_computers_stand_under_site_days_and_reason(self):
        customer = self._customer("Acme Ltd")
        site = self.env["res.partner"].create(
            {"name": "Warehouse", "parent_id": customer.id, "type": "other"}
        )
        self._computers(site, 2, date_from="2026-01-11", type_=self.server)
        self._computers(site, 1, date_to="2026-01-21", type_=self.mobile)
        move = self._billed(customer)
        (section,) = move._msp_bill_document()["annex"]
        (charge,) = section["charges"]
        self.assertEqual(charge["count"], "5 computers, 1 not charged")
        absent = "Not there on the counting day"
        self.assertEqual(
            [(group["label"], group["names"]) for group in charge["groups"]],
            [
                ("Acme Ltd · Workstation · all 31 days", "ACM-001\tACM-002\tACM-003"),
                ("Warehouse · Server · 11 – 31 Jan 2026, 21 days", "WAR-001\tWAR-002"),
                (
                    f"{absent} · Warehouse · Mobile · 1 – 20 Jan 2026, 20 days",
                    "WAR-001",
                ),
            ],
        )
        line = next(row for row in move._msp_bill_document()["rows"] if "price" in row)
        self.assertEqual(line["details"][-1], "Acme Ltd 3 · Warehouse 2")

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        move = self._billed(self._customer("Acme Ltd", lang="de_DE"))
        text = " ".join(self._print(move))
        self.assertIn("1. Feb. 2026", text)
        self.assertIn("1.–31. Jan. 2026", text)
        self.assertIn("17,25", text)

    def test_company_style_is_data_and_no_code(self):
        self.company.primary_color = "red;} body{display:none"
        self.company.font = "Roboto"
        move = self._billed(self._customer())
        css = move._msp_bill_document()["css"]
        self.assertNotIn("display:none", css)
        self.assertIn('"Roboto"', css)
        self.assertNotIn("var(", css)
        self.assertTrue(self._print(move))

    def test_every_layout_prints(self):
        move = self._billed(self._customer())
        names = ("standard", "striped", "boxed", "bold", "bubble", "wave", "folder")
        for name in names:
            layout = self.env.ref(f"web.external_layout_{name}")
            self.company.external_report_layout_id = layout
            self.assertEqual(move._msp_bill_document()["style"].layout, name)
            self.assertIn(move.name, self._print(move)[0])

    def test_credit_note_names_its_invoice(self):
        move = self._billed(self._customer())
        note = self._reverse_invoice(move, is_modify=False)
        note.sudo().msp_run_id = move.msp_run_id
        if note.state == "draft":
            note.action_post()
        text = " ".join(self._print(note))
        self.assertIn(f"Credit Note {note.name}", text)
        self.assertIn(move.name, text)
        self.assertNotIn("How to Pay", text)

    def test_payments_and_what_is_left(self):
        move = self._billed(self._customer())
        self._register_payment(move, payment_date="2026-02-05", amount=7.25)
        text = " ".join(self._print(move))
        self.assertIn("Paid on 5 Feb 2026", text)
        self.assertIn("10.00", text)
        without = self._print(move, "account.account_invoices_without_payment")
        self.assertNotIn("Paid on", " ".join(without))

    def test_payment_code_of_the_country(self):
        self.company.qr_code = True
        account = self.env["res.partner.bank"].create(
            {
                "acc_number": "DE89370400440532013000",
                "partner_id": self.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        asked = []

        def parameters(bank, *args):
            asked.append((bank, args[1], args[4]))
            return {"barcode_type": "QR", "width": 128, "height": 128, "value": "x"}

        Bank = self.env.registry["res.partner.bank"]
        methods = [("msp_test", "Test", 10)]
        move = self._billed(self._customer())
        self.assertEqual(move.partner_bank_id, account)
        with (
            patch.object(Bank, "_get_available_qr_methods", lambda bank: methods),
            patch.object(Bank, "_get_qr_code_generation_params", parameters),
        ):
            code = move._msp_bill_document()["qr_code"]
            self.assertTrue(code.startswith("data:image/png;base64,"))
            self.assertEqual(asked, [(account, 17.25, move.payment_reference)])
            self.company.qr_code = False
            self.env.invalidate_all()
            self.assertIsNone(move._msp_bill_document()["qr_code"])
            self.company.qr_code = True
            self._register_payment(move)
            self.assertIsNone(move._msp_bill_document()["qr_code"])

    def test_proforma(self):
        move = self._billed(self._customer())
        content, _kind = self.report._render_qweb_pdf(
            INVOICE_REPORT, move.ids, data={"proforma": True}
        )
        self.assertIn(f"Proforma Invoice {move.name}", read_pages(content)[0])

    # === ENGINE === #
    def test_several_bills_in_one_call(self):
        bodies = self._wkhtmltopdf()
        plan = self._plan()
        moves = self.env["account.move"].union(
            *(self._billed(self._customer(name), plan) for name in ("Beta", "Alpha"))
        )
        streams, _kind = self.report._pre_render_qweb_pdf(INVOICE_REPORT, moves.ids)
        self.assertEqual(list(streams), moves.ids)
        for move in moves:
            pages = read_pages(streams[move.id]["stream"].getvalue())
            self.assertIn(move.partner_id.name, pages[0])
        self.assertEqual(len(self._print(moves)), 2)
        self.assertFalse(bodies)

    def test_other_invoices_stay_with_odoo(self):
        bodies = self._wkhtmltopdf()
        customer = self._customer()
        plain = self._plain_invoice(customer)
        move = self._billed(customer)
        both = plain + move
        streams, _kind = self.report._pre_render_qweb_pdf(INVOICE_REPORT, both.ids)
        self.assertEqual(list(streams), both.ids)
        self.assertEqual(len(bodies), 1)
        self.assertIn(plain.name, bodies[0][0])
        self.assertNotIn("msp-bill", bodies[0][0])

    def test_odoo_prints_together_where_it_can(self):
        customer = self._customer()
        plain = self._plain_invoice(customer) + self._plain_invoice(customer)
        bodies = self._wkhtmltopdf(patched=False)
        self.report._pre_render_qweb_pdf(INVOICE_REPORT, plain.ids)
        self.assertEqual([len(documents) for documents in bodies], [1, 1])
        bodies = self._wkhtmltopdf(patched=True)
        self.report._pre_render_qweb_pdf(INVOICE_REPORT, plain.ids)
        self.assertEqual(len(bodies[0]), 2)

    def test_without_weasyprint_odoo_prints_one_by_one(self):
        bodies = self._wkhtmltopdf()
        plan = self._plan()
        moves = self.env["account.move"].union(
            *(self._billed(self._customer(name), plan) for name in ("Beta", "Alpha"))
        )
        with self._without_weasyprint():
            content, _kind = self.report._render_qweb_pdf(INVOICE_REPORT, moves.ids)
        self.assertEqual(len(read_pages(content)), 2)
        self.assertEqual([len(documents) for documents in bodies], [1, 1])
        self.assertIn("msp-bill", bodies[0][0])
        self.assertIn("BET-001", bodies[0][0])
        self.assertIn("<style>", bodies[0][0])

    def test_state_of_the_engine(self):
        Report = self.env["ir.actions.report"]
        self._wkhtmltopdf(state="install")
        self.assertEqual(Report.get_wkhtmltopdf_state(), "ok")
        with self._without_weasyprint():
            self.assertEqual(Report.get_wkhtmltopdf_state(), "install")
        # Others' documents say what is missing.
        with self.assertRaisesRegex(UserError, "Wkhtmltopdf"):
            self.report._render_qweb_pdf(
                INVOICE_REPORT, self._plain_invoice(self._customer()).ids
            )

    def test_sending_stores_our_pdf(self):
        move = self._billed(self._customer())
        send = self.env["account.move.send"].sudo()
        send.with_context(force_report_rendering=True)._generate_and_send_invoices(
            move.sudo(), sending_methods=[]
        )
        pages = read_pages(move.invoice_pdf_report_id.raw)
        self.assertIn(f"Invoice {move.name}", pages[0])
        self.assertIn("ACM-001", " ".join(pages))

    def test_stored_document_is_used_again(self):
        report = self.env.ref(INVOICE_REPORT)
        report.write({"attachment": "'bill.pdf'", "attachment_use": True})
        move = self._billed(self._customer())
        first, _kind = self.report._render_qweb_pdf(INVOICE_REPORT, move.ids)
        stored = report.retrieve_attachment(move)
        self.assertEqual(stored.raw, first)
        stored.raw = first + b"% kept"
        again, _kind = self.report._render_qweb_pdf(INVOICE_REPORT, move.ids)
        self.assertEqual(again, stored.raw)

    # === WHO MAY === #
    def test_sales_prints_bills_and_nothing_else(self):
        customer = self._customer()
        plain = self._plain_invoice(customer)
        move = self._billed(customer)
        self.company.qr_code = True
        sales = new_test_user(
            self.env,
            "msp_seller",
            groups="msp_billing.group_msp_billing_sales",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.env.invalidate_all()
        report = self.report.with_user(sales)
        content, _kind = report._render_qweb_pdf(OUR_REPORT, move.ids)
        self.assertIn(move.name, read_pages(content)[0])
        with self.assertRaises(AccessError):
            report._render_qweb_pdf(OUR_REPORT, plain.ids)

    def test_another_company_prints_nothing(self):
        move = self._billed(self._customer())
        other = self.setup_other_company()["company"]
        user = new_test_user(
            self.env,
            "msp_other",
            groups="msp_billing.group_msp_billing_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.report.with_user(user)._render_qweb_pdf(OUR_REPORT, move.ids)
        with self.assertRaises(AccessError):
            move.with_user(user)._msp_bill_document()
