import io
from unittest import skipUnless

from openpyxl import load_workbook

from odoo.fields import Command
from odoo.tests import tagged

from ..tools import pdf
from ..tools.bill_workbook import BillWorkbook
from .report_common import ReportCommon
from .test_price_billing import tiers


@tagged("post_install", "-at_install")
class TestChanges(ReportCommon):
    """What changed since the last bill: amounts, terms, computers by their names."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        # Many computers come at once here, and are billed.
        cls.company.msp_jump_minimum = 1000
        cls.Change = cls.env["msp.bill.change"]

    def _start(self, number=3, **vals):
        """Bill March 2026 at 5.00 for a computer."""
        self.plan = self._plan(prices=[{"name": "PC", "unit_price": 5.0, **vals}])
        self.subscription = self._subscribe(self.plan, self.customer, "2026-03-01")
        self.pcs = self._computers(self.customer, number, "2026-03-01")
        return self._bill("2026-04-01")

    def _april(self):
        """Bill April, and return its regular cycle."""
        run = self._bill("2026-05-01")
        return run.cycle_ids.filtered(lambda cycle: cycle.kind == "regular")

    def _lines(self, cycle, **options):
        change = self.Change._of(cycle, **options)[cycle]
        lines = [self.Change._headline(change), *self.Change._lines(change)]
        return [_plain(line) for line in lines]

    # === WORDS === #
    def test_first_bill_says_so(self):
        cycle = self._start().cycle_ids
        self.assertFalse(cycle.previous_id)
        self.assertEqual(cycle.change_summary, "First bill")
        self.assertEqual(cycle.amount_change, 0.0)
        self.assertEqual(self._lines(cycle), ["First bill of this subscription."])
        self.assertIn("First bill", cycle.charge_ids.changes)

    def test_nothing_changed(self):
        self._start()
        cycle = self._april()
        self.assertEqual(self._lines(cycle), ["$ 15.00, as much as 1 – 31 Mar 2026."])
        self.assertEqual(cycle.change_summary, "=")
        self.assertEqual(cycle.charge_ids.changes, "As in 1 – 31 Mar 2026.")

    def test_computers_that_came_and_went(self):
        self._start()
        self._computers(self.customer, 1, "2026-04-11", name="PC-7")
        self._computers(self.customer, 1, "2026-04-01", name="PC-9")
        self._computers(
            self.customer, 1, "2026-04-02", name="A day"
        ).date_to = "2026-04-03"
        self.pcs[0].date_to = "2026-04-21"
        cycle = self._april()
        self.assertEqual(cycle.previous_id.period, "1 – 31 Mar 2026")
        self.assertEqual((cycle.amount_change, cycle.computer_change), (5.0, 1))
        self.assertEqual(cycle.change_summary, "+2 –1")
        self.assertEqual(
            self._lines(cycle),
            [
                "$ 5.00 more than 1 – 31 Mar 2026: $ 20.00 instead of $ 15.00.",
                "PC: 4 instead of 3; + $ 5.00",
                "+ 2 computers: PC-7 (since 11 Apr), PC-9",
                "– 1 computer: ACM-001 (until 20 Apr)",
            ],
        )
        self.assertEqual(
            _plain(cycle.charge_ids.changes).splitlines(), self._lines(cycle)[1:]
        )
        self.assertIn("<li>PC: 4 instead of 3; + $ 5.00</li>", _plain(cycle.changes))
        self.assertIn("PC-7 (since 11 Apr)", cycle.move_id.msp_changes)

    def test_gone_before_the_cycle(self):
        self._start()
        self.pcs[0].date_to = "2026-04-01"
        self.assertIn(
            "– 1 computer: ACM-001 (until 31 Mar)", self._lines(self._april())
        )

    def test_moved_between_sites_and_changed_type(self):
        north = self.env["res.partner"].create(
            {"name": "North", "parent_id": self.customer.id}
        )
        self._start()
        self.pcs[0].action_move(north, self.workstation, "2026-04-11")
        self.pcs[1].action_move(self.customer, self.server, "2026-04-11")
        self.pcs[2].action_move(north, self.server, "2026-04-11")
        self.assertEqual(
            self._lines(self._april()),
            [
                "$ 15.00, as much as 1 – 31 Mar 2026.",
                (
                    "Moved: ACM-001 (Acme Ltd → North), "
                    "ACM-003 (Acme Ltd → North, Workstation → Server)"
                ),
                "Other type: ACM-002 (Workstation → Server)",
            ],
        )

    def test_charge_says_what_moved(self):
        north = self.env["res.partner"].create(
            {"name": "North", "parent_id": self.customer.id}
        )
        self._start()
        self.pcs[0].action_move(north, self.workstation, "2026-04-11")
        self.assertEqual(
            self._april().charge_ids.changes, "Moved: ACM-001 (Acme Ltd → North)"
        )

    def test_other_customers_are_named_to_colleagues_only(self):
        other = self._customer("Rival Ltd")
        self._start()
        came = self._computers(other, 1, "2026-03-01", name="Swap")
        came.action_move(self.customer, self.workstation, "2026-04-11")
        self.pcs[0].action_move(other, self.workstation, "2026-04-21")
        cycle = self._april()
        inside, outside = self._lines(cycle, internal=True), self._lines(cycle)
        self.assertIn("+ 1 computer: Swap (since 11 Apr, from Rival Ltd)", inside)
        self.assertIn("– 1 computer: ACM-001 (until 20 Apr, to Rival Ltd)", inside)
        self.assertIn("+ 1 computer: Swap (since 11 Apr)", outside)
        self.assertIn("– 1 computer: ACM-001 (until 20 Apr)", outside)
        self.assertIn("Rival Ltd", cycle.changes)
        document = str(cycle.move_id._msp_bill_document()["changes"])
        self.assertIn("Swap", document)
        self.assertNotIn("Rival", document)

    def test_site_that_gets_its_own_subscription(self):
        site = self.env["res.partner"].create(
            {"name": "South", "parent_id": self.customer.id}
        )
        self._start()
        self._computers(site, 1, "2026-04-01")
        self._bill("2026-05-01")
        self._subscribe(self.plan, site, "2026-05-01")
        run = self._bill("2026-06-01")
        cycle = run.cycle_ids.filtered(
            lambda c: c.kind == "regular" and c.partner_id == self.customer
        )
        self.assertIn(
            "– 1 computer: SOU-001 (until 30 Apr, own subscription of South)",
            self._lines(cycle),
        )

    def test_days_of_an_average(self):
        self._start(usage_basis="average")
        self.pcs[0].date_to = "2026-04-16"
        cycle = self._april()
        self.assertEqual(cycle.charge_ids.quantity, 2.5)
        self.assertIn(
            "Other days: ACM-001 (15 of 30 days, before 31 of 31)", self._lines(cycle)
        )
        self.assertIn("15 of 30 days", cycle.charge_ids.changes)

    def test_prices_and_terms(self):
        self._start(included_quantity=1)
        price = self.plan.price_ids
        price.copy(
            {
                "plan_id": self.plan.id,
                "replaces_id": price.id,
                "date_from": "2026-04-01",
                "unit_price": 6.0,
                "included_quantity": 2,
            }
        )
        self.subscription.write({"discount": 10, "minimum_quantity": 4})
        self.assertEqual(
            self._lines(self._april())[1:],
            [
                (
                    "PC: 4 instead of 2; price 6.00 instead of 5.00; "
                    "discount 10 % instead of 0 %; included 2 instead of 1; "
                    "minimum 4 instead of 0; + $ 11.60"
                )
            ],
        )

    def test_agreed_quantity_and_extra_charges(self):
        self._start(usage_basis="contracted")
        self.subscription.contracted_quantity = 10
        self._bill("2026-04-01")
        self.subscription.cycle_ids.action_retry()
        self._bill("2026-04-01")
        self.subscription.contracted_quantity = 12
        self.subscription.extra_charge_ids = [
            Command.create({"name": "Cable", "date": "2026-04-02", "unit_price": 9})
        ]
        self.assertEqual(
            self._lines(self._april())[1:],
            [
                "PC: 12 instead of 10; agreed quantity 12 instead of 10; + $ 10.00",
                "Extra charges: new; + $ 9.00",
            ],
        )

    def test_tier_and_stub(self):
        self.plan = self._plan(
            prices=[{"price_model": "volume", "tier_ids": tiers((0, 5), (4, 4))}]
        )
        self.plan.price_ids.name = "PC"
        self.subscription = self._subscribe(
            self.plan, self.customer, "2026-03-17", anchor_day=1
        )
        self._computers(self.customer, 3, "2026-03-01")
        self._bill("2026-04-01")
        self._computers(self.customer, 1, "2026-04-01", name="PC-4")
        self.assertIn(
            "PC: 4 instead of 3; price 4.00 instead of 5.00; "
            "full cycle instead of 15 of 31 days; + $ 8.74",
            self._lines(self._april()),
        )

    # === WHICH CYCLE === #
    def test_caught_up_cycles_compare_one_after_the_other(self):
        self._start()
        self._computers(self.customer, 1, "2026-05-01", name="May")
        run = self._bill("2026-06-01")
        april, may = run.cycle_ids.sorted("date_start")
        self.assertEqual(may.previous_id, april)
        self.assertEqual((april.amount_change, may.amount_change), (0.0, 5.0))
        total = run.move_ids._msp_bill_document()["changes"]["total"]
        self.assertEqual(_plain(total), "In total: + $ 5.00, + 1 computer.")

    def test_voided_cycles_are_not_compared_with(self):
        march = self._start()
        april = self._april()
        april.move_id.action_msp_void(True, "Wrong data")
        run = self._bill("2026-06-01")
        again, may = run.cycle_ids.filtered(
            lambda cycle: cycle.kind == "regular"
        ).sorted("date_start")
        self.assertEqual(again.previous_id, march.cycle_ids)
        self.assertEqual(may.previous_id, again)

    def test_preview_shows_the_difference(self):
        self._start()
        self._computers(self.customer, 2, "2026-04-01", name="New")
        run = self._new_run("2026-05-01")
        run.action_preview()
        self.assertRecordValues(
            run.cycle_ids,
            [
                {
                    "state": "due",
                    "amount_change": 10.0,
                    "computer_change": 2,
                    "change_summary": "+2",
                }
            ],
        )

    # === DOCUMENTS === #
    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_pdf_names_what_changed(self):
        self._start()
        self._computers(self.customer, 1, "2026-04-11", name="PC-7")
        text = " ".join(" ".join(self._print(self._april().move_id)).split())
        for expected in (
            "What Changed",
            "Care 1 – 30 Apr 2026: $ 5.00 more than 1 – 31 Mar 2026",
            "PC: 4 instead of 3; + $ 5.00",
            "+ 1 computer: PC-7 (since 11 Apr)",
        ):
            self.assertIn(expected, text)

    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_pdf_of_many_changes_stays_short(self):
        self._start()
        self._computers(self.customer, 500, "2026-04-01")
        cycle = self._april()
        (section,) = cycle.move_id._msp_bill_document()["changes"]["sections"]
        self.assertIn("ACM-030 and 470 more", section["lines"][1])
        pages = self._print(cycle.move_id)
        self.assertIn("and 470 more", " ".join(" ".join(pages).split()))
        self.assertLess(len(pages), 6)

    def test_workbook_names_all(self):
        self._start()
        self._computers(self.customer, 100, "2026-04-01", name="=New")
        self.pcs[0].date_to = "2026-04-21"
        content = BillWorkbook(self.env, self._april().move_id).content()
        sheet = load_workbook(io.BytesIO(content))["Changes"]
        head, *rows = sheet.iter_rows(values_only=True)
        rows = [dict(zip(head, row, strict=True)) for row in rows]
        self.assertEqual(len(rows), 103)
        total, price, *computers = rows
        self.assertEqual(
            (total["Change"], total["Difference"], total["Currency"]),
            ("Sum", 495.0, "USD"),
        )
        self.assertEqual(str(total["Compared Start"].date()), "2026-03-01")
        self.assertEqual(str(total["Compared End"].date()), "2026-03-31")
        self.assertEqual(
            (price["What"], price["Quantity Before"], price["Quantity Now"]),
            ("PC", 3, 102),
        )
        self.assertEqual(
            [row["Change"] for row in computers],
            ["Computer came"] * 100 + ["Computer went"],
        )
        self.assertEqual(
            (computers[-1]["What"], computers[-1]["Details"]),
            ("ACM-001", "until 20 Apr"),
        )
        kinds = {cell.data_type for row in sheet.rows for cell in row}
        self.assertNotIn("f", kinds)


def _plain(text):
    """Return a text without the spaces that keep a currency with its amount."""
    return text.replace("\xa0", " ").replace("&nbsp;", " ")
