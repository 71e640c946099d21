from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account.controllers.portal import PortalAccount

from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalComputers(PortalCase):
    """Own computers as of any day, with the history of their number."""

    def _names(self, path, login="clerk"):
        rows = self._page(path, login).xpath(
            "//table[contains(@class, 'o_portal_my_doc_table')]/tbody/tr/td[1]"
        )
        return [" ".join(cell.text_content().split()).split(" ")[0] for cell in rows]

    def test_computers_of_a_day(self):
        self.assertEqual(
            self._names("/my/computers"), ["ACM-001", "ACM-002", "NOR-001"]
        )
        self.assertEqual(
            self._names("/my/computers?day=2026-05-09"), ["ACM-001", "ACM-002"]
        )
        text = self._text("/my/computers?day=2026-03-31")
        self.assertIn("0 computers", text)
        # What is no day, or is not yet, is today.
        for day in ("2031-01-01", "0001-01-01", "nonsense"):
            self.assertIn("3 computers today", self._text(f"/my/computers?day={day}"))
        self.assertEqual(self._names("/my/computers", "stranger"), ["BET-001"])

    def test_search_and_sort(self):
        self.assertEqual(self._names("/my/computers?search=nor"), ["NOR-001"])
        self.assertEqual(len(self._names("/my/computers?search=sn-7")), 2)
        for search in ("%25", "_", "';--"):
            text = self._text(f"/my/computers?search={search}")
            self.assertIn("No computer of that day has", text)
        self.assertEqual(
            self._names("/my/computers?sortby=since")[0],
            "NOR-001",
        )
        self.assertEqual(len(self._names("/my/computers?sortby=id;drop")), 3)

    def test_pages(self):
        with patch.object(PortalAccount, "_items_per_page", 2):
            self.assertEqual(self._names("/my/computers/page/2"), ["NOR-001"])
            self._page("/my/computers/page/9", status=303)

    def test_the_history_of_the_number(self):
        page = self._page("/my/computers")
        [figure] = page.xpath("//figure")
        rows = [
            [" ".join(cell.text_content().split()) for cell in row.xpath("th|td")]
            for row in figure.xpath(".//tbody/tr")
        ]
        self.assertEqual(len(rows), 13)
        self.assertEqual(
            rows[-3:],
            [
                ["March 2026", "0", "0"],
                ["April 2026", "2", "2"],
                ["May 2026", "3", "3"],
            ],
        )
        [area, line] = figure.xpath(".//*[local-name()='path']/@d")
        # 311 of 365 days with none, 39 with two of at most four, then three.
        self.assertEqual(line, "M0.0 100.0 H852.1V50.0 H958.9V25.0 H1000")
        self.assertTrue(area.endswith("V100 H0 Z"))

    def test_a_computer_that_went_to_somebody_else(self):
        """Its history here stays; its new name and number are the other's."""
        bill = self._bill("2026-05-01", partner_ids=self.acme.ids).move_ids
        self.assertTrue(bill)
        computer = self.env["msp.computer"].search([("name", "=", "ACM-002")])
        other = self.env["msp.computer"].search([("name", "=", "NOR-001")])
        (computer + other).action_move(self.beta, self.server, "2026-05-15")
        computer.write({"name": "BETA-SECRET", "serial": "SN-SECRET"})
        other.name = "BETA-TOO"
        page = self._text("/my/computers?day=2026-05-12")
        self.assertNotIn("SECRET", page)
        self.assertNotIn("BETA-TOO", page)
        self.assertIn("ACM-002", page)
        self.assertIn("Computer that is no longer yours", page)
        found = self._text("/my/computers?day=2026-05-12&search=SECRET")
        self.assertIn("No computer of that day has", found)
        self.assertEqual(
            self._names("/my/computers", "stranger"),
            ["BET-001", "BETA-SECRET", "BETA-TOO"],
        )

    def test_download(self):
        self.env["msp.computer"].search([("name", "=", "NOR-001")]).name = "=1+1"
        rows = self._csv("/my/computers/download?day=2026-05-20")
        self.assertEqual(rows[0][0], "Computer")
        self.assertIn(
            ["'=1+1", "", "Server", "North", "2026-05-10"],
            rows,
        )
        self.assertEqual(len(rows), 4)
        self.assertEqual(len(self._csv("/my/computers/download", "stranger")), 2)

    def test_nothing_yet(self):
        nobody = self._customer("Nobody")
        self._portal_user("nobody", nobody)
        text = self._text("/my/computers", "nobody")
        self.assertIn("There is no list of your computers", text)

    def test_eighty_computers_with_few_queries(self):
        few = self._queries("/my/computers")
        self._computers(self.acme, 90, "2026-02-01", source_id=False)
        self.assertEqual(self._queries("/my/computers"), few)
