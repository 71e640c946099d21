from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .access_common import ROLES
from .leakage_common import LeakageCommon


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
