from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .price_change_common import PriceChangeCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestPriceChangeRefusals(RefusalMixin, PriceChangeCommon):
    """What cannot be changed is named, with the way out, and nothing is changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-03-20 12:00:00"))
        cls.customer = cls._customer()
        cls._computers(cls.customer, 4)
        cls.plan = cls._plan("Care", cost=10.0)

    def _refused(self, words, plans=None, date="2026-04-01", *arguments, **vals):
        wizard = self._wizard(
            self.plan if plans is None else plans, date, *arguments, **vals
        )
        with self.assertRefused(words):
            wizard.action_preview()

    def test_days_that_are_billed(self):
        self._subscribe(self.plan, self.customer)
        self._bill("2026-02-01")
        for date in ("2026-01-01", "2026-01-15", "2025-12-01"):
            self._refused(r"Care.*Acme.*1 – 31 Jan 2026.*2026-02-01", date=date)
        self._change(self.plan, "2026-02-01")

    def test_a_day_before_a_cycle_billed_in_advance(self):
        self._subscribe(
            self.plan, self.customer, timing="advance", date_start="2026-04-01"
        )
        self._bill_on("2026-04-01")
        self._refused(r"Care.*Acme.*30 Apr 2026.*2026-05-01", date="2026-04-01")

    def test_prices_below_zero(self):
        self._refused(r"Care.*10\.00.*-\W?5\.00", None, "2026-04-01", "amount", -15.0)
        self._refused(r"Care.*-\W?10\.00", None, "2026-04-01", "percent", -200.0)
        self._refused(r"Care.*-\W?1\.00", None, "2026-04-01", "set", -1.0)
        plan = self._plan("Least", minimum_amount=10)
        self._refused(
            r"Least.*minimum.*-\W?10\.00",
            plan,
            "2026-04-01",
            "amount",
            1.0,
            change_minimum=True,
            minimum_value=-20,
        )

    def test_a_plan_without_a_price(self):
        empty = self._plan("Empty", cost=0)
        self._refused("Empty.*no price in force on 2026-04-01", self.plan + empty)
        self.assertEqual(len(self.plan.price_ids), 1)
        self._refused("Care.*no price for Server alone", type_ids=self.server.ids)
        other = self._plan("Other")
        self._refused(
            "None of the chosen prices belongs to plan Other",
            other,
            price_ids=self.plan.price_ids.ids,
        )

    def test_a_price_that_is_not_in_force(self):
        winter = {"name": "Winter", "unit_price": 1, "date_to": "2026-03-01"}
        self.plan.price_ids = [Command.create(winter)]
        price = self.plan.price_ids.filtered(lambda p: p.name == "Winter")
        self._refused("Care.*Winter.*not in force", price_ids=price.ids)

    def test_an_archived_plan(self):
        self.plan.active = False
        self._refused("Care is archived")

    def test_a_later_price_is_planned(self):
        self._change(self.plan, "2026-06-01", "set", 12.0)
        self._refused(r"Care.*12\.00.*2026-06-01")
        self._change(self.plan, "2026-07-01", "set", 13.0)

    def test_a_price_that_begins_on_the_day_and_is_billed(self):
        plan = self._plan("New", prices=[{"unit_price": 5, "date_from": "2026-04-01"}])
        self._subscribe(plan, self.customer, date_start="2026-04-01")
        self._bill_on("2026-05-01").move_ids.action_msp_void(True, "Typed wrong")
        self._refused("New.*2026-04-01.*on bills", plan)

    def test_a_later_minimum_is_planned(self):
        plan = self._plan("Least", minimum_amount=10)
        self._change(plan, "2026-06-01", change_minimum=True)
        plan.price_ids.filtered("replaces_id").unlink()
        wizard = self._preview(plan, "2026-05-01", change_minimum=True)
        with self.assertRefused(r"Least.*11\.00.*2026-06-01"):
            wizard.action_apply()
        self.assertEqual(len(plan.price_ids), 1)

    def test_a_minimum_that_began_with_days_still_to_bill(self):
        plan = self._plan("Least", minimum_amount=10)
        self._subscribe(plan, self.customer)
        self._change(plan, "2026-02-01", change_minimum=True)
        wizard = self._preview(plan, "2026-05-01", change_minimum=True)
        with self.assertRefused("Least.*2026-02-01.*Acme.*2026-01-01"):
            wizard.action_apply()

    def test_a_minimum_without_its_day(self):
        with self.assertRefused("Care.*from which day"):
            self.plan.minimum_next = 5.0

    def test_a_weekly_plan_takes_no_minimum(self):
        plan = self._plan("Weekly", prices=[{"unit_price": 5, "price_period": "cycle"}])
        self._subscribe(plan, self.customer, billing_cycle="weekly")
        with self.assertRefused("billed weekly"):
            plan.write({"minimum_next": 5.0, "minimum_next_date": "2026-05-01"})

    def test_two_currencies(self):
        foreign = self.env.ref("base.EUR")
        foreign.active = True
        other = self._plan("Abroad", currency_id=foreign.id)
        self._refused("Abroad.*EUR.*Care.*USD", self.plan + other)

    def test_two_companies(self):
        other = self.setup_other_company()["company"]
        plan = self._plan("Theirs", company_id=other.id)
        self._refused("Theirs belongs to", self.plan + plan)
        wizard = self._wizard(plan, "2026-04-01")
        with self.assertRefused("Theirs belongs to"):
            wizard.with_context(allowed_company_ids=self.company.ids).action_preview()

    def test_tiers_are_not_set_to_one_price(self):
        tiers = [
            Command.create({"from_quantity": 0, "unit_price": 5}),
            Command.create({"from_quantity": 10, "unit_price": 4}),
        ]
        plan = self._plan(
            "Steps", prices=[{"price_model": "volume", "tier_ids": tiers}]
        )
        self._refused(r"Steps.*tiers.*6\.00", plan, "2026-04-01", "set", 6.0)

    def test_nothing_to_change(self):
        self._refused("Care.*stays", None, "2026-04-01", "percent", 0.0)
        self._refused("Choose the service plans", self.plan.browse())

    def test_what_changed_since_the_preview(self):
        wizard = self._preview(self.plan, "2026-04-01")
        self.plan.cost_per_computer = 20.0
        with self.assertRefused("changed since the preview"):
            wizard.action_apply()
        wizard.action_back()
        with self.assertRefused("preview before"):
            wizard.action_apply()
        wizard.action_preview()
        wizard.action_apply()
        self.assertEqual(self._newest(self.plan).unit_price, 22.0)

    # === PEOPLE === #
    def test_only_managers(self):
        Wizard = self.env["msp.price.change"]
        for role in ("sales", "manager"):
            user = self._user(f"price_{role}", f"msp_billing.group_msp_billing_{role}")
            if role == "sales":
                with self.assertRaises(AccessError):
                    Wizard.with_user(user).create({})
                continue
            action = self.plan.with_user(user).action_open_price_change()
            with Form(Wizard.with_user(user).with_context(**action["context"])) as form:
                self.assertEqual(str(form.date), "2026-04-01")
                form.value = 5.0
            wizard = form.record
            wizard.action_preview()
            wizard.action_apply()
            self.assertEqual(self._newest(self.plan).unit_price, 10.5)
            with self.assertRaises(AccessError):
                wizard.with_user(self.env.ref("base.user_admin")).read(["date"])
