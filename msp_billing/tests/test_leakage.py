from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .access_common import ROLES, AccessCommon
from .refusal import RefusalMixin


class LeakageCommon(RefusalMixin, AccessCommon):
    """On 1 July 2026: a customer with a plan, and a source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-07-01 12:00:00"))
        cls.customer = cls._customer()
        cls.plan = cls._plan(
            "Care",
            prices=[
                {
                    "name": "PC",
                    "unit_price": 10,
                    "computer_type_ids": cls.workstation.ids,
                },
                {
                    "name": "Server",
                    "unit_price": 40,
                    "computer_type_ids": cls.server.ids,
                },
            ],
        )
        cls.subscription = cls._subscribe(cls.plan, cls.customer)
        cls.source = cls.env["msp.source"].create(
            {"name": "RMM", "code": "rmm", "company_id": cls.company.id}
        )

    def _leaks(self, kind, company=None):
        self.env.flush_all()
        self.env.invalidate_all()
        company = company or self.company
        return self.env["msp.leakage"].search(
            [("kind", "=", kind), ("company_id", "=", company.id)], order="name, id"
        )

    def _rows(self, kind, *names):
        return [tuple(leak[name] for name in names) for leak in self._leaks(kind)]

    def _reported(self, partner, number, key, **vals):
        """Make computers that the source reported an hour ago."""
        computers = self._computers(partner, number, source_id=self.source.id, **vals)
        for index, computer in enumerate(computers):
            computer.write(
                {
                    "external_key": f"{key}{index}",
                    "reported_at": "2026-07-01 11:00:00",
                }
            )
        return computers


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
    def _ingest_unknown(self, key, number, taken_at="2026-07-01T10:00:00+00:00"):
        rows = [
            {"key": f"{key}{index}", "name": "PC", "type": "workstation"}
            for index in range(number)
        ]
        with self.assertRefused("not mapped"):
            self.source.ingest(
                {
                    "customer": key,
                    "taken_at": taken_at,
                    "complete": True,
                    "computers": rows,
                }
            )

    def _note(self, key, number, taken_at="2026-07-01 10:00:00"):
        """Note a refused delivery, as is done after the transaction was taken back."""
        self.env["msp.source.sync"]._note_refusal(
            self.source,
            {"message": "No", "taken_at": datetime.fromisoformat(taken_at)},
            {key: False},
            {key: number},
        )

    def test_organisations_without_a_customer(self):
        self.env["msp.source.customer"].create(
            {
                "source_id": self.source.id,
                "external_key": "A",
                "partner_id": self.customer.id,
            }
        )
        self._reported(self.customer, 3, "W")
        self._reported(self.customer, 1, "S", type_=self.server)
        self._note("C", 12)
        # (3 x 10 + 1 x 40) / 4 = 17.50 for the average computer of the source.
        leak = self._leaks("unmapped")
        self.assertRecordValues(
            leak,
            [
                {
                    "name": "C",
                    "source_id": self.source.id,
                    "computers": 12,
                    "value": 210.0,
                    "plan_id": self.plan.id,
                    "since": date(2026, 7, 1),
                    "estimated": True,
                }
            ],
        )
        self.assertIn("Estimated", leak.note)
        self._note("C", 4, "2026-06-01 10:00:00")
        self.assertEqual(self._leaks("unmapped").computers, 12, "An older one")
        self._note("C", 14, "2026-07-01 11:00:00")
        self.assertEqual(self._leaks("unmapped").value, 245.0)
        organisation = leak.source_customer_id
        organisation.ignored = True
        self.assertFalse(self._leaks("unmapped"))
        organisation.write({"ignored": False, "partner_id": self.customer.id})
        self.assertFalse(self._leaks("unmapped"))

    def test_the_source_s_own_plan_comes_before_the_company_s(self):
        many = self._plan("Many", prices=[{"unit_price": 1}])
        for name in ("One", "Two"):
            self._subscribe(many, self._customer(name))
        self._note("C", 2)
        self.assertEqual(self._rows("unmapped", "value", "plan_id"), [(2.0, many)])
        self.env["msp.source.customer"].create(
            {
                "source_id": self.source.id,
                "external_key": "A",
                "partner_id": self.customer.id,
            }
        )
        # Without computers of the source: the average of the plan's prices.
        self.assertEqual(
            self._rows("unmapped", "value", "plan_id"), [(50.0, self.plan)]
        )

    def test_a_refused_delivery_leaves_its_count(self):
        notes = []
        Sync = self.env.registry["msp.source.sync"]
        original = Sync._note_refusal

        def spy(sync, *arguments):
            notes.append(arguments)
            return original(sync, *arguments)

        self.patch(Sync, "_note_refusal", spy)
        self._ingest_unknown("D", 7)
        source, _vals, unmapped, counts = notes[0]
        self.assertEqual(
            (source, unmapped, counts), (self.source, {"D": False}, {"D": 7})
        )

    def test_an_organisation_that_reported_nothing(self):
        self.env["msp.source.customer"].create(
            {"source_id": self.source.id, "external_key": "X", "name": "Ex"}
        )
        leak = self._leaks("unmapped")
        self.assertEqual((leak.name, leak.value, leak.computers), ("Ex", 0.0, 0))
        self.assertIn("Nothing reported", leak.note)
        self.source.active = False
        self.assertFalse(self._leaks("unmapped"))

    # === SUBSCRIPTIONS WITHOUT COMPUTERS === #
    def test_subscriptions_without_computers(self):
        self.assertEqual(self._leaks("empty").subscription_id, self.subscription)
        mobile = self._computers(self.customer, 1, type_=self.mobile)
        self.assertTrue(self._leaks("empty"), "No price for mobiles")
        mobile.type_id = self.server
        self.assertFalse(self._leaks("empty"))
        flat = self._plan("Flat", prices=[{"price_model": "flat", "unit_price": 9}])
        other = self._customer("Other")
        self._subscribe(flat, other)
        self._subscribe(self.plan, other, count_source="contracted")
        self.assertFalse(self._leaks("empty"))


@tagged("post_install", "-at_install")
class TestLeakageScreen(LeakageCommon):
    """Who sees what leaks, and how it is mended from there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._customer("Stranger")
        cls.first = cls._computers(cls.customer, 1, serial="ABC-123")
        cls.second = cls._computers(
            cls.customer, 1, serial="ABC-123", date_from="2026-03-01"
        )
        cls.lost = cls._computers(cls.stranger, 1)

    def test_groups_sum_the_value(self):
        self._computers(self.stranger, 2, type_=self.server)
        groups = self.env["msp.leakage"].formatted_read_group(
            [("company_id", "=", self.company.id), ("value", ">", 0)],
            ["kind"],
            ["value:sum", "computers:sum"],
        )
        self.assertEqual(
            {g["kind"]: (g["value:sum"], g["computers:sum"]) for g in groups},
            {"no_plan": (90.0, 3), "duplicate": (10.0, 1)},
        )

    def test_rows_lead_to_where_they_are_mended(self):
        leak = self._as("sales", self._leaks("no_plan"))
        action = leak.action_open_record()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("msp.computer", self.lost.id)
        )
        action = leak.action_open_associate()
        self.assertEqual(action["context"]["default_partner_ids"], self.stranger.ids)
        self.assertEqual(action["context"]["default_plan_id"], self.plan.id)
        duplicate = self._leaks("duplicate")
        action = duplicate.action_open_record()
        self.assertEqual(
            self.env["msp.computer"].search(action["domain"]), self.first + self.second
        )
        with self.assertRefused("has a plan"):
            duplicate.action_open_associate()
        unmapped = self.env["msp.source.customer"].create(
            {"source_id": self.source.id, "external_key": "X"}
        )
        action = self._leaks("unmapped").action_open_record()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, unmapped)
        with self.assertRefused("no computer"):
            self._leaks("unmapped").action_open_end()

    def test_a_manager_ends_one_of_two(self):
        leak = self._as("manager", self._leaks("duplicate"))
        context = leak.action_open_end()["context"]
        End = self.env["msp.computer.end"].with_user(self.users["manager"])
        with Form(End.with_context(**context)) as form:
            self.assertEqual(form.computer_id, self.second)
            self.assertEqual(str(form.date), "2026-07-01")
            form.computer_id = self.first
        form.record.action_end()
        self.assertEqual(str(self.first.date_to), "2026-07-01")
        self.assertFalse(self._leaks("duplicate"))
        with self.assertRefused("has ended on 2026-07-01"):
            form.record.action_end()
        with self.assertRaises(AccessError):
            self._as("sales", form.record.browse()).create({})

    def test_only_managers_and_sales(self):
        leaks = self._leaks("no_plan")
        for role in ("sales", "manager"):
            self.assertEqual(self._as(role, leaks).value, 10.0)
            self.assertIn("Care", self._as(role, leaks).note)
        for role in ("accountant", "auditor", "internal", "portal"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, leaks).read(["value"])
        with self.assertRaises(UserError):
            self._as("manager", leaks).unlink()

    def test_companies_see_their_own(self):
        other = self.setup_other_company()["company"]
        plan = self._plan("Care", cost=70.0, company_id=other.id)
        self._subscribe(plan, self._customer("Theirs"), company_id=other.id)
        # The same serial number and the same customer, in another company.
        theirs = self._computers(
            self.stranger, 1, company_id=other.id, serial="ABC-123"
        )
        self.users["other"] = self._user("other", ROLES["manager"], other)
        mine = self._as("other", self.env["msp.leakage"]).search([])
        self.assertEqual(mine.company_id, other)
        self.assertEqual(mine.computer_id, theirs)
        self.assertEqual(mine.filtered("computer_id").value, 70.0)
        self.assertNotIn(theirs, self._leaks("no_plan").computer_id)
        self.assertEqual(self._leaks("duplicate").computer_id, self.second)
        self.assertFalse(self._as("other", self._leaks("no_plan")).read(["value"]))
        both = self._user("both", ROLES["manager"], self.company + other)
        found = (
            self.env["msp.leakage"]
            .with_user(both)
            .with_context(allowed_company_ids=(self.company + other).ids)
            .search([("kind", "=", "no_plan")])
        )
        self.assertEqual(sorted(found.mapped("value")), [10.0, 70.0])

    def test_another_currency_is_converted(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {
                "name": "2026-01-01",
                "currency_id": euro.id,
                "company_id": self.company.id,
                "rate": 2.0,
            }
        )
        plan = self._plan("Abroad", cost=30.0, currency_id=euro.id)
        self._subscribe(plan, self.stranger)
        self._computers(self.stranger, 1, serial="XYZ-1")
        self._computers(self.stranger, 1, serial="XYZ-1")
        leak = self._leaks("duplicate").filtered(lambda r: r.plan_id == plan)
        self.assertEqual(
            (leak.value, leak.currency_id), (15.0, self.company.currency_id)
        )
