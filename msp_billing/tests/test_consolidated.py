import io

from openpyxl import load_workbook

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..tools import pdf
from .report_common import ReportCommon, read_pages


@tagged("post_install", "-at_install")
class TestConsolidated(ReportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = cls._customer("Acme Ltd", ref="C-1")
        cls.evil = cls._customer("=1+1 Evil & <b>Co</b>", email="evil@example.com")

    def _two_bills(self):
        plan = self._plan()
        return self._billed(self.acme, plan, 3) + self._billed(self.evil, plan, 2)

    def _wizard(self, **vals):
        return self.env["msp.consolidated.bill"].create(
            {
                "company_id": self.company.id,
                "date_from": "2026-02-01",
                "date_to": "2026-02-28",
                **vals,
            }
        )

    def _download(self, wizard):
        """Return the content that a wizard's download gives to its user."""
        action = wizard.action_download()
        self.assertEqual(action["type"], "ir.actions.act_url")
        self.assertIn("download=true", action["url"])
        number = int(action["url"].split("/")[3].partition("?")[0])
        return wizard.env["ir.attachment"].browse(number)

    def _pages(self, wizard):
        if not pdf.engine():
            self.skipTest("WeasyPrint or Pango is missing")
        file = self._download(wizard)
        self.assertEqual(file.mimetype, "application/pdf")
        return read_pages(file.raw)

    def _book(self, wizard):
        return load_workbook(io.BytesIO(self._download(wizard).raw))

    # === PDF === #
    def test_summary_and_all_bills(self):
        moves = self._two_bills()
        pages = self._pages(self._wizard())
        self.assertEqual(len(pages), 3)
        for text in ("Consolidated Bill", "1 – 28 Feb 2026", "Total USD", "28.75"):
            self.assertIn(text, pages[0])
        for move in moves:
            self.assertIn(move.name, pages[0])
            page = next(page for page in pages[1:] if f"Invoice {move.name}" in page)
            self.assertIn("Page 1 of 1", page)
        for number, page in enumerate(pages, 1):
            self.assertIn(f"Sheet {number}", " ".join(page.split()))
        self.assertIn("overdue", pages[0])

    def test_cover_tells_on_which_sheet_a_bill_begins(self):
        plan = self._plan()
        moves = self._billed(self.acme, plan, 400) + self._billed(self.evil, plan, 2)
        report = self.env["ir.actions.report"]
        if not pdf.engine():
            self.skipTest("WeasyPrint or Pango is missing")
        parts, sheets = report._msp_parts(moves, 1)
        first = len(parts[0].pages)
        self.assertGreater(first, 1)
        self.assertEqual(sheets, {moves[0].id: 2, moves[1].id: 2 + first})

    def test_one_customer(self):
        self._two_bills()
        pages = self._pages(self._wizard(partner_ids=[Command.set(self.acme.ids)]))
        self.assertEqual(len(pages), 2)
        self.assertIn("Acme Ltd, 1 – 28 Feb 2026", " ".join(pages[0].split()))
        self.assertNotIn("Evil", " ".join(pages))

    def test_contacts_belong_to_their_customer(self):
        site = self.env["res.partner"].create(
            {"name": "Depot", "parent_id": self.acme.id, "type": "other"}
        )
        move = self._billed(self.acme)
        group = self._customer("Group")
        self.acme.parent_id = group
        self.assertEqual(
            self._wizard(partner_ids=[Command.set(group.ids)])._find_bills(), move
        )
        with self.assertRaises(UserError):
            self._wizard(partner_ids=[Command.set(site.ids)])._find_bills()

    def test_both_days_are_included(self):
        move = self._billed(self.acme)
        day = self._wizard(date_from="2026-02-01", date_to="2026-02-01")
        self.assertEqual(day._find_bills(), move)
        self.assertEqual(day.bill_count, 1)
        for days in (("2026-01-01", "2026-01-31"), ("2026-02-02", "2026-02-28")):
            wizard = self._wizard(date_from=days[0], date_to=days[1])
            self.assertEqual(wizard.bill_count, 0)

    def test_nothing_found_names_customers_and_days(self):
        wizard = self._wizard(
            partner_ids=[Command.set(self.acme.ids)],
            date_from="2025-03-01",
            date_to="2025-03-31",
        )
        with self.assertRaises(UserError) as refusal:
            wizard.action_download()
        for text in ("Acme Ltd", "1 Mar 2025", "31 Mar 2025"):
            self.assertIn(text, str(refusal.exception))

    def test_too_many_for_one_pdf(self):
        self._two_bills()
        self.patch(
            __import__(
                "odoo.addons.msp_billing.wizards.msp_consolidated_bill",
                fromlist=["MAX_PDF_BILLS"],
            ),
            "MAX_PDF_BILLS",
            1,
        )
        with self.assertRaisesRegex(UserError, "2 bills are too many"):
            self._wizard().action_download()

    def test_without_weasyprint_the_bills_are_merged(self):
        bodies = self._wkhtmltopdf()
        self._two_bills()
        with self._without_weasyprint():
            file = self._download(self._wizard())
        self.assertEqual(len(read_pages(file.raw)), 3)
        self.assertEqual([len(documents) for documents in bodies], [1, 1, 1])
        self.assertIn("Consolidated Bill", bodies[0][0])

    def test_states_and_credit_notes(self):
        move = self._billed(self.acme)
        note = self._reverse_invoice(move, is_modify=False)
        note.sudo().msp_run_id = move.msp_run_id
        if note.state == "draft":
            note.action_post()
        wizard = self._wizard(date_to="2030-01-01")
        summary = wizard._summary()
        states = {row["name"]: row["state"] for row in summary["rows"]}
        self.assertEqual(states[note.name], "credit")
        self.assertIn("0.00", summary["totals"][0]["total"])

    # === XLSX === #
    def test_workbook(self):
        moves = self._two_bills()
        book = self._book(self._wizard(format="xlsx"))
        self.assertEqual(book.sheetnames, ["Bills", "Lines", "Computers", "Changes"])
        for sheet in book:
            self.assertEqual(sheet.freeze_panes, "A2")
            self.assertEqual(sheet.auto_filter.ref, sheet.dimensions)
        bills = self._rows(book["Bills"])
        self.assertEqual({row["Bill"] for row in bills}, set(moves.mapped("name")))
        acme = next(row for row in bills if row["Customer"] == "Acme Ltd")
        self.assertEqual(acme["Customer No."], "C-1")
        self.assertEqual(str(acme["Date"].date()), "2026-02-01")
        self.assertEqual(str(acme["Due Date"].date()), "2026-02-15")
        self.assertEqual((acme["Untaxed"], acme["Tax"]), (15, 2.25))
        self.assertEqual((acme["Total"], acme["Open"]), (17.25, 17.25))

    def test_workbook_lines_and_computers(self):
        self._two_bills()
        book = self._book(self._wizard(format="xlsx"))
        line = self._rows(book["Lines"])[-1]
        self.assertEqual(line["Plan"], "Care")
        self.assertEqual(line["Site"], "Acme Ltd")
        self.assertEqual(str(line["Period Start"].date()), "2026-01-01")
        self.assertEqual(str(line["Period End"].date()), "2026-01-31")
        self.assertEqual(
            (line["Counted"], line["Quantity"], line["Unit Price"], line["Amount"]),
            (3, 3, 5, 15),
        )
        computers = self._rows(book["Computers"])
        self.assertEqual(len(computers), 5)
        self.assertEqual(
            {row["Computer"] for row in computers if row["Customer"] == "Acme Ltd"},
            {"ACM-001", "ACM-002", "ACM-003"},
        )
        self.assertEqual(str(computers[0]["Until"].date()), "2026-01-31")
        self.assertEqual({row["Status"] for row in computers}, {"Counted"})

    def test_no_text_becomes_a_formula(self):
        self._two_bills()
        book = self._book(self._wizard(format="xlsx"))
        cells = [cell for sheet in book for row in sheet.rows for cell in row]
        self.assertNotIn("f", {cell.data_type for cell in cells})
        self.assertIn(self.evil.name, {cell.value for cell in cells})

    def _rows(self, sheet):
        head, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]

    # === WHO MAY === #
    def _user(self, login, group, company):
        return new_test_user(
            self.env,
            login,
            groups=group,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def test_sales_downloads_and_nobody_else_reads_it(self):
        moves = self._two_bills()
        plain = self._plain_invoice(self.acme)
        group = "msp_billing.group_msp_billing_sales"
        sales = self._user("msp_seller", group, self.company)
        colleague = self._user("msp_colleague", group, self.company)
        wizard = self._wizard().with_user(sales)
        wizard = wizard.create(
            {"date_from": "2026-02-01", "date_to": "2026-02-28", "format": "xlsx"}
        )
        self.assertEqual(wizard._find_bills(), moves.with_user(sales).sorted("id"))
        self.assertNotIn(plain, wizard._find_bills())
        file = self._download(wizard)
        self.assertTrue(file.raw)
        with self.assertRaises(AccessError):
            file.with_user(colleague).read(["raw"])

    def test_another_company_is_refused(self):
        self._two_bills()
        other = self.setup_other_company()["company"]
        manager = self._user(
            "msp_other", "msp_billing.group_msp_billing_manager", other
        )
        self.env.invalidate_all()
        wizard = self.env["msp.consolidated.bill"].with_user(manager)
        days = {"date_from": "2026-02-01", "date_to": "2026-02-28"}
        with self.assertRaises(AccessError):
            wizard.create({"company_id": self.company.id, **days})
        with self.assertRaisesRegex(UserError, "There is no bill"):
            wizard.create(days).action_download()

    def test_others_have_no_wizard(self):
        user = self._user("msp_nobody", "base.group_user", self.company)
        with self.assertRaises(AccessError):
            self.env["msp.consolidated.bill"].with_user(user).create(
                {"date_from": "2026-02-01", "date_to": "2026-02-28"}
            )
