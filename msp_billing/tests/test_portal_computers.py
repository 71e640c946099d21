from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account.controllers.portal import PortalAccount

from .portal_common import TODAY, PortalCase


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

    def _reported_customer(self):
        """Make Gamma, with a site, whose workstations are reported as numbers."""
        gamma = self._customer("Gamma Ltd")
        south = self._customer("South", parent_id=gamma.id, is_company=False)
        workstations = [
            {"name": "W", "unit_price": 5, "computer_type_ids": self.workstation.ids}
        ]
        self._subscribe(
            self._plan("Numbers", prices=workstations),
            gamma,
            "2026-03-01",
            count_source="reading",
        )
        self.env["msp.count.reading"].create(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "type_id": self.workstation.id,
                    "date": day,
                    "quantity": quantity,
                }
                for partner, day, quantity in (
                    (gamma, "2026-02-15", 7),
                    (gamma, "2026-05-01", 9),
                    (south, "2026-04-10", 2),
                    (south, "2026-05-20", 1),
                )
            ]
        )
        return gamma

    def _months(self, login):
        """Return the rows of the table below the graph."""
        rows = self._page("/my/computers", login).xpath("//figure//tbody/tr")
        return [
            [" ".join(cell.text_content().split()) for cell in row.xpath("th|td")]
            for row in rows
        ]

    def test_numbers_that_were_reported(self):
        """They count as on the bill: from the plan's first day on."""
        gamma = self._reported_customer()
        user = self._portal_user("gamma", gamma)
        self.assertEqual(
            self._months("gamma")[-4:],
            [
                ["February 2026", "0", "0"],
                ["March 2026", "7", "7"],
                ["April 2026", "9", "9"],
                ["May 2026", "10", "11"],
            ],
        )
        text = self._text("/my/computers", "gamma")
        self.assertIn("10 computers today", text)
        self.assertIn("there is no list of them", text)
        Portal = self.env["msp.portal"].with_user(user)
        self.assertEqual(Portal._count_computers(TODAY), 10)
        self.assertEqual(Portal._count_computers(date(2026, 2, 28)), 0)
        # The numbers of others are theirs.
        self.assertIn("3 computers today", self._text("/my/computers"))

    def test_numbers_and_names(self):
        """What is known by name counts where and when no number is billed."""
        gamma = self._reported_customer()
        self._portal_user("gamma", gamma)
        self._computers(gamma, 3, "2026-02-10")
        self._computers(gamma, 1, "2026-05-05", type_=self.server)
        gamma.msp_subscription_ids.action_dissociate("2026-05-22")
        self.assertEqual(
            self._months("gamma")[-4:],
            [
                ["February 2026", "3", "3"],
                ["March 2026", "7", "7"],
                ["April 2026", "9", "9"],
                # Up to 21 May nine, one of South and the server; then names again.
                ["May 2026", "4", "12"],
            ],
        )
        text = self._text("/my/computers?day=2026-05-21", "gamma")
        self.assertIn("11 computers", text)
        self.assertIn("only the number is reported", text)
        text = self._text("/my/computers?day=2026-05-22", "gamma")
        self.assertIn("4 computers", text)
        self.assertNotIn("only the number is reported", text)

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
