from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .dashboard_common import DashboardCommon


@tagged("post_install", "-at_install")
class TestComputerMonth(DashboardCommon):
    """The computers by month are those that the history has on a month's last day."""

    def _rows(self, role="manager", domain=()):
        return self._as(role, self.env["msp.computer.month"]).search([*domain])

    def _by_month(self, rows, months):
        found = dict.fromkeys(months, 0)
        for row in rows:
            if str(row.month) in found:
                found[str(row.month)] += row.computers
        return list(found.values())

    def test_by_month_and_type(self):
        """The same figures as on the dashboard, today's in the current month."""
        data = self._dashboard(months=6)["computers"]
        months = ["2025-11-01", "2025-12-01", "2026-01-01"]
        months += ["2026-02-01", "2026-03-01", "2026-04-01"]
        for kind in data["types"]:
            rows = self._rows(domain=[("type_id", "=", kind["id"])])
            self.assertEqual(self._by_month(rows, months), kind["counts"])
        self.assertEqual(self._by_month(self._rows(), months[2:]), [27, 33, 33, 29])

    def test_a_computer_that_moves_counts_where_it_is(self):
        """A site's computers stand with the company that it belongs to."""
        site = self._customer("Acme North", parent_id=self.acme.id, is_company=False)
        computers = self.env["msp.computer"].search(
            [("partner_id", "=", self.acme.id), ("type_id", "=", self.server.id)]
        )
        for computer in computers:
            computer.action_move(site, self.workstation, "2026-03-31")
        rows = self._rows(
            domain=[("customer_id", "=", self.acme.id), ("month", ">=", "2026-02-01")]
        )
        self.assertEqual(
            sorted(
                (str(row.month), row.partner_id, row.type_id, row.computers)
                for row in rows
                if row.partner_id == site or row.type_id == self.server
            ),
            [
                ("2026-02-01", self.acme, self.server, 2),
                ("2026-03-01", site, self.workstation, 2),
                ("2026-04-01", site, self.workstation, 2),
            ],
        )

    def test_each_row_opens_what_it_counts(self):
        rows = self._rows()
        self.assertEqual(len(set(rows.ids)), len(rows))
        self.assertTrue(rows)
        for row in rows:
            action = row.action_open_computers()
            Computer = self.env[action["res_model"]].with_context(**action["context"])
            found = Computer.search(action["domain"])
            self.assertEqual(len(found), row.computers, row.month)

    def test_only_the_companies_worked_in_count(self):
        other = self.setup_other_company()["company"]
        self._computers(self.acme, 3, company_id=other.id)
        both = self._user(
            "both", "msp_billing.group_msp_billing_manager", self.company | other
        )
        Month = self.env["msp.computer.month"].with_user(both)
        april = [("month", "=", "2026-04-01")]
        for companies, number in (
            (other, 3),
            (self.company, 29),
            (self.company | other, 32),
        ):
            rows = Month.with_context(allowed_company_ids=companies.ids).search(april)
            self.assertEqual(sum(rows.mapped("computers")), number)
        self.users["manager"].company_ids = [Command.set(self.company.ids)]
        with self.assertRaises(AccessError):
            self._as("manager", Month).with_context(
                allowed_company_ids=other.ids
            ).search(april)
