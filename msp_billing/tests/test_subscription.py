from freezegun import freeze_time

from odoo import fields
from odoo.tests import Form, tagged

from .common import MspBillingCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestSubscription(RefusalMixin, MspBillingCommon):
    """What may be agreed with a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan("Care")
        cls.customer = cls._customer("Acme Ltd", email="AP@Acme.example.com")

    # === E-MAIL === #
    def test_bill_email_is_proposed(self):
        with Form(self.env["msp.subscription"]) as form:
            form.plan_id = self.plan
            form.partner_id = self.customer
            self.assertEqual(form.bill_email, "ap@acme.example.com")
            form.bill_email = "Boss@acme.example.com"
        self.assertEqual(form.record.bill_email, "boss@acme.example.com")

    def test_site_proposes_the_address_of_its_company(self):
        site = self._customer(
            "North", parent_id=self.customer.id, is_company=False, email=False
        )
        subscription = self._subscribe(self.plan, site)
        self.assertEqual(subscription.bill_email, "ap@acme.example.com")
        self.assertEqual(subscription.bill_to_id, self.customer)

    def test_bill_emails_are_stored_in_one_form(self):
        subscription = self._subscribe(
            self.plan,
            self.customer,
            bill_email=" Zoe@Example.com;ap@example.com , zoe@example.COM,",
        )
        self.assertEqual(subscription.bill_email, "ap@example.com, zoe@example.com")
        subscription.bill_email = "ONE@example.com"
        self.assertEqual(subscription.bill_email, "one@example.com")

    def test_wrong_bill_email_is_refused(self):
        subscription = self._subscribe(self.plan, self.customer)
        for wrong in (
            "nobody",
            "a@b",
            "a b@example.com",
            "Boss <boss@example.com>",
            "a@example.com, broken@",
            "two@@example.com",
            "a@example..com",
            "a@-example.com",
            "a@example.com\nBcc: all@example.com",
            " , ",
        ):
            with self.subTest(wrong), self.assertRefused("is no e-mail address"):
                subscription.bill_email = wrong
        with self.assertRefused("^broken@ is no"):
            subscription.bill_email = "a@example.com, broken@"

    def test_bill_email_is_required(self):
        silent = self._customer("Silent Ltd", email=False)
        with self.assertRefused("Silent Ltd has no e-mail"):
            self._subscribe(self.plan, silent)
        subscription = self._subscribe(self.plan, silent, bill_email="a@example.com")
        for empty in ("", False):
            with self.assertRefused("Silent Ltd has no e-mail"):
                subscription.bill_email = empty

    # === DATES AND NUMBERS === #
    def test_end_must_follow_the_start(self):
        with self.assertRefused("Acme Ltd: the end 2026-01-01 is not after"):
            self._subscribe(self.plan, self.customer, date_end="2026-01-01")
        subscription = self._subscribe(self.plan, self.customer)
        with self.assertRefused("Acme Ltd: the end 2025-12-31"):
            subscription.date_end = "2025-12-31"

    def test_impossible_numbers_are_refused(self):
        for name, value in (
            ("anchor_day", 32),
            ("anchor_day", -1),
            ("discount", 100.01),
            ("discount", -1),
            ("due_days", -1),
            ("due_days", 3651),
            ("contracted_quantity", -1),
            ("minimum_quantity", -1),
            ("discount", float("nan")),
        ):
            with (
                self.subTest(f"{name} = {value}"),
                self.assertRefused(f": {value} is not between 0 and"),
            ):
                self._subscribe(self.plan, self.customer, **{name: value})

    def test_quantity_needs_exactly_one_counted_price(self):
        two = self._plan(
            "Two",
            prices=[
                {"name": "Workstation", "unit_price": 5},
                {"name": "Server", "unit_price": 9},
                {"name": "Base", "unit_price": 9, "price_model": "flat"},
            ],
        )
        for name in ("contracted_quantity", "minimum_quantity"):
            with self.assertRefused("exactly one counted price"):
                self._subscribe(two, self.customer, **{name: 3})
        two.price_ids[0].unlink()
        self._subscribe(two, self.customer, minimum_quantity=3)

    def test_weekly_refuses_prices_per_month(self):
        with self.assertRefused("billed weekly, but Managed"):
            self._subscribe(self.plan, self.customer, billing_cycle="weekly")
        weekly = self._plan("Week", prices=[{"unit_price": 2, "price_period": "cycle"}])
        subscription = self._subscribe(weekly, self.customer, billing_cycle="weekly")
        with self.assertRefused("billed weekly"):
            weekly.price_ids.price_period = "month"
        with self.assertRefused("billed weekly"):
            weekly.price_ids = [(0, 0, {"name": "Second", "unit_price": 1})]
        with self.assertRefused("the plan's minimum"):
            weekly.minimum_amount = 10
        with self.assertRefused("billed weekly"):
            subscription.plan_id = self.plan

    # === OVERLAP === #
    def test_overlap_is_refused_by_name(self):
        first = self._subscribe(
            self.plan, self.customer, "2026-01-01", date_end="2026-07-01"
        )
        refused = "Acme Ltd has plan Care already, from 2026-01-01 to 2026-07-01"
        for start, end in (
            ("2026-06-30", False),
            ("2025-01-01", False),
            ("2025-12-01", "2026-01-02"),
            ("2026-02-01", "2026-03-01"),
            ("2026-01-01", "2026-07-01"),
        ):
            with self.subTest(start), self.assertRefused(refused):
                self._subscribe(self.plan, self.customer, start, date_end=end)
        # The day of the end is free again, so are the days before the start.
        after = self._subscribe(self.plan, self.customer, "2026-07-01")
        self._subscribe(self.plan, self.customer, "2025-01-01", date_end="2026-01-01")
        with self.assertRefused(refused):
            after.date_start = "2026-06-30"
        with self.assertRefused("from 2026-07-01 to no end"):
            first.date_end = False
        with self.assertRefused(refused):
            after.copy({"date_start": "2026-06-01", "date_end": "2026-06-02"})

    def test_overlap_within_one_import_is_refused(self):
        vals = {
            "plan_id": self.plan.id,
            "partner_id": self.customer.id,
            "company_id": self.company.id,
            "date_start": "2026-01-01",
        }
        with self.assertRefused("has plan Care already"):
            self.env["msp.subscription"].create([vals, vals])

    def test_other_plans_and_customers_do_not_overlap(self):
        other = self._customer("Other Ltd")
        site = self._customer("North", parent_id=self.customer.id)
        self._subscribe(self.plan, self.customer)
        for plan, customer in (
            (self._plan("Backup"), self.customer),
            (self.plan, other),
            (self.plan, site),
        ):
            self.assertTrue(self._subscribe(plan, customer))

    def test_database_refuses_an_overlap(self):
        first = self._subscribe(self.plan, self.customer, date_end="2026-02-01")
        self._subscribe(self.plan, self.customer, "2026-02-01")
        self.env.flush_all()
        with self.assertDatabaseRefuses("msp.subscription", "on those days already"):
            self.env.cr.execute(
                "UPDATE msp_subscription SET date_end = '2026-02-02' WHERE id = %s",
                [first.id],
            )

    # === STATE AND NEXT BILL === #
    @freeze_time("2026-06-15 12:00:00")
    def test_state_and_search_by_state(self):
        def starting(start, end=False):
            return self._subscribe(
                self.plan, self._customer(f"C{start}{end}"), start, date_end=end
            )

        states = {
            "upcoming": starting("2026-06-16") + starting("2026-07-01", "2026-08-01"),
            "active": (
                starting("2026-06-15")
                + starting("2026-01-01")
                + starting("2026-01-01", "2026-06-16")
            ),
            "ended": starting("2026-01-01", "2026-06-15"),
        }
        everything = sum(states.values(), self.env["msp.subscription"])
        for state, expected in states.items():
            found = everything.filtered(lambda s, state=state: s.state == state)
            self.assertEqual(found, expected, state)
            for domain, wanted in (
                ([("state", "=", state)], expected),
                ([("state", "in", [state, "nonsense"])], expected),
                ([("state", "!=", state)], everything - expected),
                ([("state", "not in", [state])], everything - expected),
            ):
                domain = [*domain, ("id", "in", everything.ids)]
                self.assertEqual(
                    self.env["msp.subscription"].search(domain), wanted, domain
                )

    def test_next_bill_date(self):
        for number, (vals, expected) in enumerate(
            (
                ({}, "2026-02-01"),
                ({"date_start": "2026-01-31"}, "2026-02-28"),
                ({"date_start": "2026-01-15", "anchor_day": 1}, "2026-02-01"),
                ({"date_end": "2026-01-20"}, "2026-01-20"),
                ({"billing_cycle": "yearly"}, "2027-01-01"),
                (
                    {"billing_cycle": "quarterly", "anchor_month": "2"},
                    "2026-02-01",
                ),
                (
                    {
                        "billing_cycle": "semiannual",
                        "date_start": "2026-02-10",
                        "anchor_day": 1,
                        "anchor_month": "1",
                    },
                    "2026-07-01",
                ),
            )
        ):
            vals = {"date_start": "2026-01-01", **vals}
            subscription = self._subscribe(
                self.plan, self._customer(f"Next {number}"), **vals
            )
            self.assertEqual(
                subscription.next_bill_date, fields.Date.to_date(expected), vals
            )
            self.assertEqual(str(subscription.billed_until), vals["date_start"])

    # === DELETING === #
    def test_only_what_was_never_billed_can_be_deleted(self):
        self._computers(self.customer, 1)
        subscription = self._subscribe(self.plan, self.customer)
        run = self._new_run("2026-02-01")
        run.action_preview()
        cycle = run.cycle_ids
        self.assertEqual(cycle.state, "due")
        subscription.unlink()
        self.assertFalse(cycle.exists())
        subscription = self._subscribe(self.plan, self.customer)
        self._bill("2026-02-01")
        with self.assertRefused("on bills and stays"):
            subscription.unlink()

    def test_customer_with_a_subscription_stays(self):
        payer = self._customer("Payer Ltd")
        self._subscribe(self.plan, self.customer, bill_to_id=payer.id)
        for partner in self.customer + payer:
            with self.assertRefused(f"{partner.name} is on subscription Care – Acme"):
                partner.unlink()
        payer.copy().unlink()
