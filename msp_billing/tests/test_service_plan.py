from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import MspBillingCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestServicePlan(RefusalMixin, MspBillingCommon):
    """What may be entered as a plan and its prices, and what a bill fixes."""

    def _billed_plan(self, **vals):
        """Return a plan whose prices are on a bill of January."""
        plan = self._plan(**vals)
        customer = self._customer()
        self._computers(customer, 1)
        self._subscribe(plan, customer)
        self._bill("2026-02-01")
        return plan

    # === COST PER COMPUTER === #
    def test_cost_per_computer_makes_and_changes_the_price(self):
        with Form(self.env["msp.service.plan"]) as form:
            form.name = "Care"
            form.cost_per_computer = 25
        plan = form.record
        self.assertRecordValues(
            plan.price_ids,
            [
                {
                    "price_model": "per_unit",
                    "usage_basis": "end",
                    "unit_price": 25.0,
                    "price_period": "month",
                    "date_from": False,
                    "included_quantity": 0.0,
                }
            ],
        )
        self.assertFalse(plan.price_ids.computer_type_ids)
        price = plan.price_ids
        plan.cost_per_computer = 30
        self.assertEqual(plan.price_ids, price)
        self.assertEqual(price.unit_price, 30.0)
        self.assertIn("30.00", plan.price_summary)

    @freeze_time("2026-02-10")
    def test_cost_of_a_billed_plan_is_replaced_from_today(self):
        plan = self._billed_plan(cost=5.0)
        old = plan.price_ids
        plan.cost_per_computer = 5
        self.assertEqual(plan.price_ids, old)
        plan.cost_per_computer = 6
        self.assertEqual(plan.cost_per_computer, 6.0)
        new = plan.price_ids - old
        self.assertEqual(old.unit_price, 5.0)
        self.assertEqual(new.replaces_id, old)
        self.assertEqual(str(new.date_from), "2026-02-10")
        # February began at the old price; March is the first month at the new one.
        with freeze_time("2026-04-01"):
            run = self._bill("2026-04-01")
            charges = run.cycle_ids.charge_ids.sorted(lambda c: c.cycle_id.date_start)
            self.assertEqual(charges.mapped("unit_price"), [5.0, 6.0])
            self.assertEqual(charges.price_id, old + new)
            # The history goes on: a third price, and the first two stay.
            plan.cost_per_computer = 7
        self.env.invalidate_all()
        self.assertEqual(plan.price_ids.mapped("unit_price"), [7.0, 6.0, 5.0])
        self.assertTrue(plan.has_simple_price)
        self.assertEqual(plan.cost_per_computer, 7.0)

    @freeze_time("2026-02-10")
    def test_cost_changed_twice_on_a_day_is_one_price(self):
        plan = self._billed_plan(cost=5.0)
        plan.cost_per_computer = 6
        plan.cost_per_computer = 7
        self.env.invalidate_all()
        self.assertEqual(plan.price_ids.mapped("unit_price"), [7.0, 5.0])

    def test_cost_per_computer_of_a_plan_with_own_prices_is_refused(self):
        plan = self._plan(prices=[{"unit_price": 5}, {"unit_price": 9}])
        self.assertFalse(plan.has_simple_price)
        self.assertEqual(plan.cost_per_computer, 0.0)
        with self.assertRefused("Care has prices of its own per type"):
            plan.cost_per_computer = 6

    # === REFUSALS === #
    def test_impossible_prices_are_refused(self):
        tier = Command.create
        for price, reason in (
            ({"unit_price": -0.01}, "unit price -0.01 is impossible"),
            ({"included_quantity": -1}, "included quantity -1.0 is impossible"),
            ({"minimum_quantity": -1}, "minimum quantity -1.0 is impossible"),
            ({"maximum_quantity": -1}, "maximum quantity -1.0 is impossible"),
            (
                {"minimum_quantity": 3, "maximum_quantity": 2},
                "minimum quantity 3.0 is above the maximum 2.0",
            ),
            ({"price_model": "volume"}, "tiers do not start at 0"),
            (
                {
                    "price_model": "graduated",
                    "tier_ids": [tier({"from_quantity": 1, "unit_price": 5})],
                },
                "tiers do not start at 0",
            ),
            (
                {
                    "price_model": "volume",
                    "tier_ids": [tier({"from_quantity": 0, "unit_price": -5})],
                },
                "tier's unit price -5.0 is impossible",
            ),
            (
                {"price_model": "package", "package_size": 0},
                "enter a package size above 0",
            ),
            (
                {"price_model": "package", "usage_basis": "average"},
                "Blocks cannot be charged on the average",
            ),
        ):
            with self.subTest(reason), self.assertRefused(f"Plan Care, .*{reason}"):
                self._plan(prices=[{"name": "Price", **price}])

    def test_tiers_that_start_at_the_same_quantity_are_refused(self):
        step = Command.create({"from_quantity": 0, "unit_price": 5})
        with self.assertDatabaseRefuses(
            "msp.service.plan.price.tier", "start at the same quantity"
        ):
            self._plan(prices=[{"price_model": "volume", "tier_ids": [step, step]}])

    def test_removed_tiers_are_checked(self):
        plan = self._plan(
            prices=[
                {
                    "price_model": "volume",
                    "tier_ids": [
                        Command.create({"from_quantity": 0, "unit_price": 5}),
                        Command.create({"from_quantity": 50, "unit_price": 4}),
                    ],
                }
            ]
        )
        first = plan.price_ids.tier_ids[0]
        with self.assertRefused("tiers do not start at 0"):
            plan.price_ids.tier_ids = [Command.delete(first.id)]
        with self.assertRefused("tiers do not start at 0"):
            first.from_quantity = 1

    def test_replacing_price(self):
        plan, other = self._plan(), self._plan("Other")
        old = plan.price_ids
        for vals in (
            {"date_from": False},
            {"date_from": "2026-02-01", "plan_id": other.id},
        ):
            with self.assertRefused("begin on a later day"):
                old.copy({"plan_id": plan.id, "replaces_id": old.id, **vals})
        vals = {"plan_id": plan.id, "replaces_id": old.id, "date_from": "2026-02-01"}
        new = old.copy(vals)
        with self.assertDatabaseRefuses("msp.service.plan.price", "replaced by anoth"):
            old.copy(vals)
        with self.assertRefused("begin on a later day"):
            old.date_from = "2026-02-01"
        with self.assertDatabaseRefuses("msp.service.plan.price", "end after it beg"):
            new.date_to = "2026-02-01"

    def test_code_is_unique_in_a_company(self):
        self._plan(code="CARE")
        with self.assertDatabaseRefuses("msp.service.plan", "has this code already"):
            self._plan("Second", code="CARE")
        for _number in range(2):
            self._plan("Without", code="")
            self._plan("Without", code=False)
        other = self.setup_other_company()["company"]
        self._plan("Elsewhere", code="CARE", company_id=other.id)

    def test_minimum_and_name(self):
        with self.assertDatabaseRefuses("msp.service.plan", "cannot be negative"):
            self._plan(minimum_amount=-1)
        with self.assertRefused("needs a name"):
            self._plan(" ")

    # === AFTER USE === #
    def test_used_price_is_neither_edited_nor_deleted(self):
        plan = self._billed_plan(
            prices=[
                {
                    "name": "Tiered",
                    "price_model": "volume",
                    "tier_ids": [
                        Command.create({"from_quantity": 0, "unit_price": 5}),
                        Command.create({"from_quantity": 50, "unit_price": 4}),
                    ],
                }
            ]
        )
        price = plan.price_ids
        self.assertTrue(price.is_used)
        tier = price.tier_ids[0]
        used = "Tiered of plan Care is on bills already"
        for vals in (
            {"unit_price": 1},
            {"price_model": "per_unit"},
            {"usage_basis": "peak"},
            {"included_quantity": 1},
            {"minimum_quantity": 1},
            {"maximum_quantity": 9},
            {"package_size": 2},
            {"price_period": "cycle"},
            {"date_from": "2026-01-01"},
            {"computer_type_ids": [Command.link(self.server.id)]},
            {"plan_id": self._plan("Other").id},
            {"tier_ids": [Command.update(tier.id, {"unit_price": 1})]},
            {"tier_ids": [Command.delete(tier.id)]},
            {"tier_ids": [Command.create({"from_quantity": 99, "unit_price": 1})]},
        ):
            with self.subTest(vals), self.assertRefused(used):
                price.write(vals)
        for call in (
            price.unlink,
            tier.unlink,
            lambda: tier.write({"unit_price": 1}),
            lambda: tier.create(
                {"price_id": price.id, "from_quantity": 99, "unit_price": 1}
            ),
            lambda: plan.write({"price_ids": [Command.delete(price.id)]}),
        ):
            with self.assertRefused(used):
                call()
        # What no bill rests on may change.
        price.write({"name": "Renamed", "date_to": "2026-12-01", "sequence": 3})
        # A price of the same plan that no bill names may change.
        free = price.copy({"plan_id": plan.id, "date_to": False})
        free.unit_price = 3
        free.unlink()

    def test_plan_with_subscriptions_stays(self):
        plan = self._plan()
        subscription = self._subscribe(plan, self._customer())
        with self.assertRefused("Care is associated with 1 customers"):
            plan.unlink()
        plan.active = False
        self.assertTrue(subscription.exists())
        subscription.unlink()
        plan.unlink()
        self.assertFalse(plan.exists())

    def test_currency_and_company_stay_once_billed(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0)])
        free = self._plan("Free")
        self._subscribe(free, self._customer("Free Ltd"), "2026-05-01")
        free.currency_id = euro
        plan = self._billed_plan()
        with self.assertRefused("Care has been billed: its currency and company stay"):
            plan.currency_id = euro
