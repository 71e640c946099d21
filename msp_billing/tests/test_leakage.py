from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from .leakage_common import LeakageCommon


@tagged("post_install", "-at_install")
class TestLeakage(LeakageCommon):
    """What is not billed, and what is billed in vain, with its value per month."""

    # === COMPUTERS WITHOUT A PLAN === #
    def test_computers_without_a_plan(self):
        stranger = self._customer("Stranger")
        self._computers(self.customer, 1)
        mobile = self._computers(self.customer, 1, type_=self.mobile)
        server = self._computers(stranger, 1, type_=self.server)
        gone = self._computers(stranger, 1, date_to="2026-07-01")
        self._computers(stranger, 1, date_from="2026-07-02")
        rows = self._rows("no_plan", "computer_id", "partner_id", "value", "plan_id")
        self.assertEqual(
            set(rows),
            {
                # No plan has a price for mobiles: nothing to value it by.
                (mobile, self.customer, 0.0, self.plan.browse()),
                (server, stranger, 40.0, self.plan),
            },
        )
        gone.date_to = "2026-07-02"
        leak = self._leaks("no_plan").filtered(lambda row: row.computer_id == gone)
        self.assertEqual((leak.value, leak.since), (10.0, date(2026, 1, 1)))
        self.assertTrue(leak.estimated)
        self.assertIn("Care", leak.note)
        self._subscribe(self.plan, stranger, date_start="2026-07-01")
        self.assertEqual(self._leaks("no_plan").computer_id, mobile)

    def test_the_plan_most_used_values_them(self):
        cheap = self._plan("Cheap", prices=[{"unit_price": 3}])
        self.assertEqual(self.plan.subscription_ids, self.subscription)
        for name in ("One", "Two"):
            self._subscribe(cheap, self._customer(name))
        self._computers(self._customer("Stranger"), 1)
        self.assertEqual(self._rows("no_plan", "value", "plan_id"), [(3.0, cheap)])

    def test_sites_count_with_their_customer(self):
        site = self._customer("Site", parent_id=self.customer.id)
        desk = self._customer("Desk", parent_id=site.id)
        computers = self._computers(site, 1) + self._computers(desk, 1)
        self.assertFalse(self._leaks("no_plan"))
        self.subscription.include_sites = False
        self.assertEqual(self._leaks("no_plan").computer_id, computers)
        self.subscription.include_sites = True
        # The nearer subscription takes the desk's days, and leaves them out.
        own = self._subscribe(self.plan, site, include_sites=False)
        self.assertEqual(self._leaks("no_plan").partner_id, desk)
        own.action_dissociate("2026-07-01")
        self.assertFalse(self._leaks("no_plan"))
        self._same_as_counted()

    def _same_as_counted(self):
        """Compare with what the subscriptions count: nothing else is billed."""
        counted = sum(
            self.env["msp.usage"]
            ._count_on(self.subscription, self.company._msp_today())
            .values()
        )
        present = self.env["msp.computer"].search_count(
            [("company_id", "=", self.company.id), ("date_to", "=", False)]
        )
        self.assertEqual(counted, present - len(self._leaks("no_plan")))

    # === COMPUTERS TWICE === #
    def test_the_same_serial_number_twice(self):
        other = self._customer("Other")
        self._subscribe(self.plan, other)
        first = self._computers(self.customer, 1, serial=" ABC-123 ")
        second = self._computers(
            other, 1, serial="abc-123", type_=self.server, date_from="2026-02-01"
        )
        again = self._reported(self.customer, 1, "A", serial="Abc-123")
        again.date_from = "2026-03-01"
        self.assertEqual(
            set(
                self._rows(
                    "duplicate",
                    "computer_id",
                    "partner_id",
                    "other_computer_id",
                    "other_partner_id",
                    "value",
                )
            ),
            {
                # The cheaper of both is what is billed twice.
                (second, other, first, self.customer, 10.0),
                (again, self.customer, first, self.customer, 10.0),
            },
        )
        leak = self._leaks("duplicate")[0]
        self.assertIn("ABC-123", leak.note.upper())
        self.assertIn(first.name, leak.note)

    def test_the_same_serial_number_where_only_one_is_billed(self):
        self._computers(self.customer, 1, serial="ABC-123")
        self._computers(self._customer("Stranger"), 1, serial="ABC-123")
        self.assertEqual(self._rows("duplicate", "value"), [(0.0,)])

    def test_serial_numbers_that_say_nothing(self):
        for serial in (
            "To be filled by O.E.M.",
            "Default string",
            "0",
            "None",
            "System Serial Number",
            " N/A ",
            "00000000",
            "xxxxxxx",
            "-",
            "",
            False,
        ):
            self._computers(self.customer, 2, serial=serial)
        self.assertFalse(self._leaks("duplicate"))

    def test_one_after_the_other_is_not_twice(self):
        self._computers(self.customer, 1, serial="ABC-123", date_to="2026-06-01")
        self._computers(self.customer, 1, serial="ABC-123", date_from="2026-06-01")
        self.assertFalse(self._leaks("duplicate"))

    # === SILENT COMPUTERS === #
    def test_silent_computers(self):
        fresh, old, lost, kept = self._reported(self.customer, 4, "S")
        old.last_contact = "2026-05-31 12:00:00"
        fresh.last_contact = "2026-06-02 12:00:00"
        lost.reported_at = "2026-05-01 00:00:00"
        kept.write({"reported_at": "2026-05-01 00:00:00", "date_to": "2026-06-30"})
        by_hand = self._computers(self.customer, 1, last_contact="2026-01-01 00:00:00")
        self.assertEqual(
            set(self._rows("silent", "computer_id", "since", "value", "plan_id")),
            {
                (old, date(2026, 5, 31), 10.0, self.plan),
                (lost, date(2026, 5, 1), 10.0, self.plan),
            },
        )
        self.assertFalse(by_hand.source_id)
        self.company.msp_silent_days = 90
        self.assertFalse(self._leaks("silent"))

    def test_a_silent_source_makes_computers_silent(self):
        """They are as fresh as the newest complete report of their customer."""
        for key, day in (("old", "2026-05-01"), ("new", "2026-06-30")):
            organisation = (
                self.env["msp.source.customer"]
                .sudo()
                .create(
                    {
                        "source_id": self.source.id,
                        "external_key": key,
                        "partner_id": self.customer.id,
                        "last_complete_at": f"{day} 12:00:00",
                    }
                )
            )
            computer = self._reported(self.customer, 1, key)
            computer.reported_at = "2026-05-15 12:00:00"
            computer.source_customer_id = organisation
            computer.is_fresh = True
        [leak] = self._leaks("silent")
        self.assertEqual(leak.name, leak.computer_id.name)
        self.assertEqual(leak.computer_id.external_key, "old0")
        self.assertEqual(leak.since, date(2026, 5, 1))

    def test_silent_computers_cost_what_all_plans_ask(self):
        extra = self._plan(
            "Backup", prices=[{"unit_price": 7, "price_period": "cycle"}]
        )
        self._subscribe(extra, self.customer, billing_cycle="quarterly")
        tiers = [
            Command.create({"from_quantity": 0, "unit_price": 0}),
            Command.create({"from_quantity": 5, "unit_price": 3}),
            Command.create({"from_quantity": 9, "unit_price": 2}),
        ]
        more = self._plan(
            "More",
            prices=[
                {"name": "V", "price_model": "volume", "tier_ids": tiers},
                {"name": "F", "price_model": "flat", "unit_price": 99},
                {
                    "name": "P",
                    "price_model": "package",
                    "package_size": 4,
                    "unit_price": 6,
                },
                {"name": "C", "usage_basis": "contracted", "unit_price": 50},
            ],
        )
        self._subscribe(more, self.customer)
        computer = self._reported(self.customer, 1, "S")
        computer.last_contact = "2026-01-01 00:00:00"
        leak = self._leaks("silent")
        # 10 + 7 / 3 + the lowest tier 2 + 6 / 4
        self.assertEqual(leak.value, 15.83)
        self.assertEqual(leak.plan_id, self.plan)

    # === ORGANISATIONS WITHOUT A CUSTOMER === #
