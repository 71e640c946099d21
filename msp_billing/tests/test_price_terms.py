from odoo.fields import Command
from odoo.tests import tagged

from .common import MspBillingCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestPriceTerms(RefusalMixin, MspBillingCommon):
    """Prices that change with time, and what is agreed beside them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.msp_catchup_max = 12
        cls.customer = cls._customer()
        cls._computers(cls.customer, 4)

    def _charged(self, run):
        """Return (plan, first day, kind) -> (quantity, price, discount, amount)."""
        return {
            (
                charge.cycle_id.plan_id.name,
                f"{charge.cycle_id.date_start:%m-%d}",
                charge.kind,
            ): (charge.quantity, charge.unit_price, charge.discount, charge.amount)
            for charge in run.cycle_ids.charge_ids
        }

    def _replacement(self, price, date_from, **vals):
        return price.copy(
            {
                "plan_id": price.plan_id.id,
                "replaces_id": price.id,
                "date_from": date_from,
                **vals,
            }
        )

    # === PRICES IN TIME === #
    def test_price_in_force_on_the_first_day_rates_the_whole_cycle(self):
        plan = self._plan(cost=5.0)
        replaced = self._replacement(plan.price_ids, "2026-02-01", unit_price=6)
        self._replacement(replaced, "2026-03-02", unit_price=7)
        plan.price_ids = [
            Command.create(
                {
                    "name": "Winter",
                    "unit_price": 1,
                    "date_from": "2026-01-01",
                    "date_to": "2026-03-01",
                }
            )
        ]
        self._subscribe(plan, self.customer)
        run = self._bill("2026-05-01")
        charged = [
            (f"{charge.cycle_id.date_start:%m-%d}", charge.unit_price)
            for charge in run.cycle_ids.charge_ids
        ]
        self.assertEqual(
            sorted(charged),
            [
                ("01-01", 1.0),
                ("01-01", 5.0),
                ("02-01", 1.0),
                ("02-01", 6.0),
                # The price from 2 March begins inside the month: 6.00 rates March.
                ("03-01", 6.0),
                ("04-01", 7.0),
            ],
        )

    def test_cycle_without_a_price_in_force_is_held(self):
        plan = self._plan(prices=[{"unit_price": 5, "date_from": "2026-01-02"}])
        subscription = self._subscribe(plan, self.customer)
        run = self._bill("2026-02-01")
        self.assertEqual(run.held_count, 1)
        self.assertIn("no price in force on 1 Jan 2026", run.cycle_ids.reason)
        self.assertFalse(run.move_ids)
        plan.price_ids.date_from = "2026-01-01"
        again = self._bill("2026-02-01")
        self.assertEqual(again.move_ids.amount_untaxed, 20.0)
        self.assertEqual(subscription.cycle_ids.state, "billed")

    # === AGREED EXCEPTIONS === #
    def test_override_passes_on_to_the_replacing_price(self):
        plan = self._plan(cost=5.0)
        first = plan.price_ids
        second = self._replacement(first, "2026-02-01", unit_price=6)
        third = self._replacement(second, "2026-03-01", unit_price=7)
        self._subscribe(
            plan,
            self.customer,
            price_override_ids=[
                Command.create({"price_id": first.id, "unit_price": 4.5}),
                Command.create(
                    {"price_id": third.id, "unit_price": 4.25, "minimum_quantity": 9}
                ),
            ],
        )
        run = self._bill("2026-04-01")
        self.assertEqual(
            self._charged(run),
            {
                ("Care", "01-01", "recurring"): (4.0, 4.5, 0.0, 18.0),
                ("Care", "02-01", "recurring"): (4.0, 4.5, 0.0, 18.0),
                ("Care", "03-01", "recurring"): (9.0, 4.25, 0.0, 38.25),
            },
        )

    def test_overrides_of_price_and_quantities(self):
        names = {
            "free": {"unit_price": 0},
            "agreed": {"contracted_quantity": 7},
            "least": {"minimum_quantity": 6},
            "both": {"unit_price": 2, "minimum_quantity": 6},
        }
        for name, override in names.items():
            basis = "contracted" if name == "agreed" else "end"
            plan = self._plan(
                name,
                prices=[{"unit_price": 5, "usage_basis": basis, "minimum_quantity": 1}],
            )
            self._subscribe(
                plan,
                self.customer,
                price_override_ids=[
                    Command.create({"price_id": plan.price_ids.id, **override})
                ],
            )
        run = self._bill("2026-02-01")
        self.assertEqual(
            {key[0]: values for key, values in self._charged(run).items()},
            {
                "free": (4.0, 0.0, 0.0, 0.0),
                "agreed": (7.0, 5.0, 0.0, 35.0),
                "least": (6.0, 5.0, 0.0, 30.0),
                "both": (6.0, 2.0, 0.0, 12.0),
            },
        )
        # What costs nothing is not on the bill, but stays with its evidence.
        self.assertEqual(len(run.move_ids.invoice_line_ids.filtered("product_id")), 3)
        free = run.cycle_ids.filtered(lambda cycle: cycle.plan_id.name == "free")
        self.assertEqual(len(free.evidence_ids), 4)
        self.assertFalse(free.charge_ids.move_line_id)

    def test_wrong_overrides_are_refused(self):
        plan = self._plan(
            prices=[
                {
                    "name": "Tiered",
                    "price_model": "volume",
                    "tier_ids": [Command.create({"from_quantity": 0})],
                },
                {"name": "Plain", "unit_price": 5},
            ]
        )
        tiered, plain = plan.price_ids
        other = self._plan("Other").price_ids
        subscription = self._subscribe(plan, self.customer)

        def override(price, **vals):
            subscription.price_override_ids = [
                Command.create({"price_id": price.id, **vals})
            ]

        with self.assertRefused("Tiered has tiers: agree a discount"):
            override(tiered, unit_price=4)
        with self.assertRefused("does not belong to plan Care"):
            override(other, unit_price=4)
        for name in ("unit_price", "contracted_quantity", "minimum_quantity"):
            with self.assertDatabaseRefuses(
                "msp.subscription.price.override", "cannot be negative"
            ):
                override(plain, **{name: -1})
        override(plain, unit_price=4)
        with self.assertDatabaseRefuses(
            "msp.subscription.price.override", "has an exception already"
        ):
            override(plain, unit_price=3)
        with self.assertRefused("from price Plain is agreed with Care – Acme Ltd"):
            plain.unlink()
        subscription.price_override_ids.unlink()
        plain.unlink()

    # === DISCOUNT AND MINIMUM === #
    def test_minimum_amount_of_the_plan(self):
        """4 computers at 5.00: 20.00; the minimum counts after the discount."""
        for name, minimum, vals in (
            ("missing", 50, {}),
            ("reached", 20, {}),
            ("discounted", 20, {"discount": 10}),
            ("quarter", 50, {"billing_cycle": "quarterly"}),
            ("stub", 62, {"date_start": "2026-03-17", "anchor_day": 1}),
        ):
            plan = self._plan(name, cost=5.0, minimum_amount=minimum)
            self._subscribe(plan, self.customer, **{"date_start": "2026-03-01"} | vals)
        plan = self._plan("extra", cost=5.0, minimum_amount=50)
        self._subscribe(
            plan,
            self.customer,
            "2026-03-01",
            extra_charge_ids=[
                Command.create(
                    {"name": "Setup", "date": "2026-03-05", "unit_price": 100}
                )
            ],
        )
        charged = self._charged(self._bill("2026-04-01"))
        self.assertEqual(
            {key[0]: values for key, values in charged.items() if key[2] == "minimum"},
            {
                "missing": (1.0, 30.0, 0.0, 30.0),
                "discounted": (1.0, 2.0, 0.0, 2.0),
                # 62.00 x 15 of 31 days = 30.00; 4 x 5.00 x 15 / 31 = 9.68.
                "stub": (1.0, 20.32, 0.0, 20.32),
                # Only what recurs counts towards the minimum.
                "extra": (1.0, 30.0, 0.0, 30.0),
            },
        )
        quarter = self._charged(self._bill("2026-06-01"))
        self.assertEqual(quarter["quarter", "03-01", "minimum"], (1.0, 90.0, 0.0, 90.0))

    def test_discounts_are_rounded_to_the_currency(self):
        """4 x 3.33 less 33.33 % is 8.880444."""
        self._subscribe(self._plan(cost=3.33), self.customer, discount=33.33)
        self._subscribe(self._plan("Free"), self.customer, discount=100)
        run = self._bill("2026-02-01")
        self.assertEqual(
            self._charged(run),
            {
                ("Care", "01-01", "recurring"): (4.0, 3.33, 33.33, 8.88),
                ("Free", "01-01", "recurring"): (4.0, 5.0, 100.0, 0.0),
            },
        )
        self.assertEqual(run.move_ids.amount_untaxed, 8.88)

    def test_prices_with_six_decimals_reach_the_bill(self):
        plan = self._plan("Fine", prices=[{"unit_price": 0.123456}])
        self._subscribe(plan, self.customer)
        run = self._bill("2026-02-01")
        lines = run.move_ids.invoice_line_ids.filtered("product_id")
        self.assertEqual(lines.mapped("price_unit"), [0.123456])
        self.assertEqual(lines.mapped("price_subtotal"), [0.49])
