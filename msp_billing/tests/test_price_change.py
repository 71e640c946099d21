from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .price_change_common import PriceChangeCommon

TIERS = [
    Command.create({"from_quantity": 0, "unit_price": 5.0}),
    Command.create({"from_quantity": 3, "unit_price": 4.0}),
]


@tagged("post_install", "-at_install")
class TestPriceChange(PriceChangeCommon):
    """New prices for many plans at once, with what they do to bills."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-03-20 12:00:00"))
        cls.company.msp_catchup_max = 12
        cls.customer = cls._customer()
        cls._computers(cls.customer, 4)

    # === WHAT BECOMES OF THE PRICES === #
    def test_a_used_price_is_replaced_from_the_day_on(self):
        plan = self._plan(cost=10.0)
        subscription = self._subscribe(plan, self.customer)
        self._bill("2026-02-01")
        old = plan.price_ids
        self.assertTrue(old.is_used)
        wizard = self._wizard(plan, "2026-04-01", value=5.0)
        wizard.action_preview()
        self.assertEqual(plan.price_ids, old, "A preview changes nothing")
        action = wizard.action_apply()
        new = plan.price_ids - old
        self.assertRecordValues(
            new,
            [
                {
                    "unit_price": 10.5,
                    "date_from": date(2026, 4, 1),
                    "date_to": False,
                    "replaces_id": old.id,
                    "name": old.name,
                }
            ],
        )
        self.assertEqual(old.unit_price, 10.0)
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), new)
        self._bill_on("2026-05-01")
        billed = subscription.cycle_ids.charge_ids.sorted("id").mapped("unit_price")
        self.assertEqual(billed, [10.0, 10.0, 10.0, 10.5])

    def test_a_price_not_used_that_begins_on_the_day_is_edited(self):
        plan = self._plan(cost=10.0)
        self._change(plan, "2026-04-01", value=10.0)
        planned = self._newest(plan)
        self.assertEqual(planned.unit_price, 11.0)
        self._change(plan, "2026-04-01", "amount", -0.5)
        self.assertEqual(len(plan.price_ids), 2)
        self.assertEqual(planned.unit_price, 10.5)

    def test_tiers_keep_their_starts(self):
        plan = self._plan(
            prices=[
                {"name": "Volume", "price_model": "volume", "tier_ids": TIERS},
                {"name": "Steps", "price_model": "graduated", "tier_ids": TIERS},
            ]
        )
        old = plan.price_ids
        wizard = self._change(plan, "2026-04-01", "amount", 0.25)
        self.assertEqual(
            wizard.line_ids.mapped("name"),
            ["Volume, from 0", "Volume, from 3", "Steps, from 0", "Steps, from 3"],
        )
        for price in plan.price_ids - old:
            self.assertEqual(
                [(tier.from_quantity, tier.unit_price) for tier in price.tier_ids],
                [(0, 5.25), (3, 4.25)],
            )
        self.assertEqual(old.tier_ids.mapped("unit_price"), [5.0, 4.0] * 2)
        # Once more on the same day: the tiers planned are edited.
        self._change(plan, "2026-04-01", "percent", 100)
        new = plan.price_ids - old
        self.assertEqual(len(new), 2)
        self.assertEqual(new.tier_ids.mapped("unit_price"), [10.5, 8.5] * 2)

    def test_many_plans_are_changed_and_rounded(self):
        plans = self._plan("One", cost=9.99) + self._plan("Two", cost=20.0)
        wizard = self._change(plans, "2026-04-01", value=3.3, rounding="0.05")
        self.assertEqual(wizard.line_ids.mapped("new_price"), [10.3, 20.65])
        self.assertEqual(
            wizard.line_ids.mapped(lambda line: round(line.difference, 2)),
            [0.31, 0.65],
        )
        for plan in plans:
            note = plan.message_ids[:1].body
            self.assertIn("04/01/2026", note)
            self.assertIn("Managed computer", note)
        self.assertIn("10.30", plans[0].message_ids[:1].body)
        self.assertIn("20.65", plans[1].message_ids[:1].body)

    def test_only_chosen_prices_or_types(self):
        prices = [
            {"name": "PC", "unit_price": 5, "computer_type_ids": self.workstation.ids},
            {"name": "Server", "unit_price": 20, "computer_type_ids": self.server.ids},
            {"name": "Every", "unit_price": 1},
        ]
        plan = self._plan(prices=prices)
        wizard = self._preview(plan, "2026-04-01", type_ids=self.server.ids)
        self.assertEqual(wizard.line_ids.mapped("name"), ["Server"])
        chosen = plan.price_ids.filtered(lambda price: price.name != "PC")
        wizard = self._preview(plan, "2026-04-01", price_ids=chosen.ids)
        self.assertEqual(wizard.line_ids.mapped("name"), ["Server", "Every"])
        wizard = self._change(plan, "2026-04-01", "set", 7, price_ids=chosen[:1].ids)
        self.assertEqual(wizard.line_ids.mapped("new_price"), [7.0])
        self.assertEqual(len(plan.price_ids), 4)

    def test_the_minimum_holds_from_the_day_on(self):
        plan = self._plan(cost=1.0, minimum_amount=50.0)
        subscription = self._subscribe(plan, self.customer)
        wizard = self._change(plan, "2026-03-01", change_minimum=True)
        self.assertEqual(wizard.line_ids.mapped("new_price"), [1.1, 55.0])
        self.assertEqual(wizard.effect_ids.old_amount, 50.0)
        self.assertEqual(wizard.effect_ids.new_amount, 55.0)
        self.assertEqual(plan.minimum_amount, 50.0)
        self._bill_on("2026-04-01")
        amounts = subscription.cycle_ids.sorted("date_start").mapped("amount")
        self.assertEqual(amounts, [50.0, 50.0, 55.0])
        self.assertSound()
        # The next change follows it, once everything before it is billed.
        self._change(
            plan, "2026-04-01", "amount", 0, change_minimum=True, minimum_value=5.5
        )
        self.assertEqual((plan.minimum_amount, plan.minimum_next), (55.0, 60.5))
        self.assertEqual(self._newest(plan).unit_price, 1.1)

    def test_the_form_says_from_when_a_planned_price_holds(self):
        plan = self._plan(cost=10.0)
        self.assertFalse(plan.cost_note)
        self._change(plan, "2026-04-01")
        self.assertEqual(plan.cost_per_computer, 11.0)
        self.assertIn("04/01/2026", plan.cost_note)
        self.assertIn("10.00", plan.cost_note)

    # === WHAT IT DOES TO BILLS === #
    def test_the_preview_is_what_the_next_full_cycle_costs(self):
        plan = self._plan(
            prices=[
                {
                    "name": "PC",
                    "unit_price": 10,
                    "computer_type_ids": self.workstation.ids,
                    "included_quantity": 1,
                },
                {
                    "name": "Server",
                    "price_model": "graduated",
                    "tier_ids": TIERS,
                    "computer_type_ids": self.server.ids,
                    "minimum_quantity": 2,
                },
                {"name": "Base", "price_model": "flat", "unit_price": 33.33},
                {
                    "name": "Blocks",
                    "price_model": "package",
                    "package_size": 3,
                    "unit_price": 7,
                },
            ],
            minimum_amount=80.0,
        )
        self._computers(self.customer, 5, type_=self.server)
        site = self._customer("North", parent_id=self.customer.id)
        self._computers(site, 2)
        small, reader = self._customer("Small"), self._customer("Reader")
        agreed = self._customer("Agreed")
        self.env["msp.count.reading"].create(
            {
                "partner_id": reader.id,
                "type_id": self.server.id,
                "date": "2026-01-01",
                "quantity": 7,
            }
        )
        override = {
            "price_id": plan.price_ids[0].id,
            "unit_price": 8,
            "contracted_quantity": 6,
        }
        subscriptions = (
            self._subscribe(plan, self.customer, discount=12.5)
            + self._subscribe(plan, small, billing_cycle="quarterly")
            + self._subscribe(plan, reader, count_source="reading")
            + self._subscribe(
                plan,
                agreed,
                count_source="contracted",
                price_override_ids=[Command.create(override)],
            )
        )
        self._bill_on("2026-04-01")
        before = {
            subscription: subscription.cycle_ids.sorted("date_start")[-1].amount
            for subscription in subscriptions
        }
        wizard = self._change(
            plan, "2026-04-01", value=7.7, rounding="0.01", change_minimum=True
        )
        self._bill_on("2026-07-01")
        for effect in wizard.effect_ids:
            subscription = effect.subscription_id
            with self.subTest(subscription.partner_id.name):
                cycle = subscription.cycle_ids.sorted("date_start")[-1]
                self.assertEqual(effect.old_amount, before[subscription])
                self.assertEqual(effect.new_amount, cycle.amount)
                self.assertGreater(effect.new_amount, effect.old_amount)
        self.assertEqual(wizard.effect_ids.subscription_id, subscriptions)
        self.assertSound()

    def test_effects_name_amounts_and_the_month_s_total(self):
        plan = self._plan(cost=10.0)
        quarterly, weekly = self._customer("Quarterly"), self._customer("Weekly")
        self._computers(quarterly, 2)
        self._computers(weekly, 3)
        self._subscribe(plan, self.customer)
        self._subscribe(
            plan, quarterly, billing_cycle="quarterly", date_start="2026-02-01"
        )
        other = self._plan(
            "Weekly", prices=[{"unit_price": 6, "price_period": "cycle"}]
        )
        self._subscribe(other, weekly, billing_cycle="weekly")
        wizard = self._preview(plan + other, "2026-04-15", "amount", 1.0)
        effects = [
            self._effect(wizard, who) for who in (self.customer, quarterly, weekly)
        ]
        # 4 x 10, 2 x 3 x 10 and 3 x 6, from the first cycle that begins afterwards.
        self.assertEqual(
            [
                (
                    str(e.date),
                    e.old_amount,
                    e.new_amount,
                    round(e.percent, 4),
                    e.computer_count,
                )
                for e in effects
            ],
            [
                ("2026-05-01", 40.0, 44.0, 0.1, 4),
                ("2026-05-01", 60.0, 66.0, 0.1, 2),
                ("2026-04-16", 18.0, 21.0, 0.1667, 3),
            ],
        )
        self.assertEqual(wizard.monthly_before, 40 + 20 + 78)
        self.assertEqual(wizard.monthly_after, 44 + 22 + 91)
        self.assertEqual(wizard.monthly_difference, 19)
        self.assertEqual(wizard.effect_count, 3)

    def test_customers_for_whom_nothing_changes_are_shown_as_such(self):
        plan = self._plan(cost=10.0)
        own, free, leaving = (
            self._customer(name) for name in ("Own", "Free", "Leaving")
        )
        for customer in (own, free, leaving):
            self._computers(customer, 1)
        self._subscribe(
            plan,
            own,
            price_override_ids=[
                Command.create({"price_id": plan.price_ids.id, "unit_price": 8})
            ],
        )
        self._subscribe(plan, free, discount=100)
        self._subscribe(plan, leaving, date_end="2026-04-20")
        gone = self._subscribe(plan, self.customer, date_end="2026-03-01")
        wizard = self._preview(plan, "2026-04-10")
        states = [self._effect(wizard, who).state for who in (own, free, leaving)]
        self.assertEqual(states, ["own", "same", "ended"])
        self.assertNotIn(gone, wizard.effect_ids.subscription_id)
        self.assertEqual(self._effect(wizard, own).old_amount, 8.0)
        self.assertEqual(wizard.monthly_difference, 0)
        # The exception passes on to the price that replaces the old one.
        wizard.action_apply()
        self.assertEqual(
            self._preview(plan, "2026-05-01")
            .effect_ids.filtered(lambda e: e.partner_id == own)
            .new_amount,
            8.0,
        )

    def test_a_cycle_billed_in_advance_keeps_its_price(self):
        plan = self._plan(cost=10.0)
        yearly = self._subscribe(
            plan, self.customer, billing_cycle="yearly", timing="advance"
        )
        self._bill("2026-01-01")
        self.assertEqual(str(yearly.billed_until), "2027-01-01")
        wizard = self._change(plan, "2026-06-01")
        self.assertEqual(str(wizard.effect_ids.date), "2027-01-01")
        self.assertEqual(wizard.effect_ids.new_amount, 4 * 11 * 12)
