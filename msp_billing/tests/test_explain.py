from odoo.fields import Command
from odoo.tests import tagged

from .common import MspBillingCommon
from .test_price_billing import tiers


@tagged("post_install", "-at_install")
class TestExplain(MspBillingCommon):
    """Each charge tells its calculation in words and numbers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()

    def _charges(self, price, number=3, day="2026-05-01", start="2026-04-01", **vals):
        """Bill a price, from April 2026 on, and return the charges."""
        plan = self._plan(prices=[{"name": "PC", **price}], **vals.pop("plan", {}))
        self.subscription = self._subscribe(plan, self.customer, start, **vals)
        self.pcs = self._computers(self.customer, number, "2026-03-01")
        return self._bill(day).cycle_ids.charge_ids

    def _text(self, charge):
        text = charge.explanation.replace("\xa0", " ").replace("\ufeff", "")
        return text.splitlines()

    # === COUNTED === #
    def test_last_day(self):
        self.assertEqual(
            self._text(self._charges({"unit_price": 5})),
            ["On the last day, 30 Apr 2026: 3 computers.", "3 x 5.00 = $ 15.00"],
        )

    def test_average_names_computer_days(self):
        self._computers(self.customer, 1, "2026-04-11", name="B")
        self._computers(self.customer, 1, "2026-04-01", name="C", date_to="2026-04-21")
        charge = self._charges({"unit_price": 3, "usage_basis": "average"}, 1)
        self.assertEqual(
            self._text(charge),
            [
                "Average per day: 70 computer days / 30 days = 2.33 computers.",
                "2.33 x 3.00 = $ 6.99",
            ],
        )

    def test_peak_names_its_day(self):
        self._computers(self.customer, 1, "2026-04-11", date_to="2026-04-12", name="B")
        charge = self._charges({"unit_price": 3, "usage_basis": "peak"}, 1)
        self.assertEqual(
            self._text(charge),
            [
                "Highest daily count: 2 computers, first on 11 Apr 2026.",
                "2 x 3.00 = $ 6.00",
            ],
        )

    def test_unique_agreed_flat_and_readings(self):
        unique = self._charges({"unit_price": 3, "usage_basis": "unique"}, 1)
        self.assertEqual(
            self._text(unique)[0],
            "Every computer seen on at least one day: 1 computer.",
        )
        agreed = self._charges(
            {"unit_price": 3, "usage_basis": "contracted"}, 0, contracted_quantity=7
        )
        self.assertEqual(
            self._text(agreed),
            [
                "Agreed quantity: 7 computers. The inventory is not counted.",
                "7 x 3.00 = $ 21.00",
            ],
        )
        flat = self._charges({"unit_price": 99, "price_model": "flat"}, 0)
        self.assertEqual(
            self._text(flat),
            [
                "Flat: once per billing cycle, whatever is counted.",
                "1 x 99.00 = $ 99.00",
            ],
        )
        reading = self._charges({"unit_price": 3}, 0, count_source="reading")
        self.assertIn("count readings", self._text(reading)[1])

    # === QUANTITY === #
    def test_included_minimum_and_maximum(self):
        charge = self._charges(
            {"unit_price": 5, "included_quantity": 10, "minimum_quantity": 5}
        )
        self.assertEqual(
            self._text(charge)[1:],
            [
                "10 are included: 0 left.",
                "The minimum is charged: 5.",
                "5 x 5.00 = $ 25.00",
            ],
        )
        capped = self._charges({"unit_price": 5, "maximum_quantity": 2}, 3)
        self.assertEqual(
            self._text(capped)[1:],
            ["Not more than the maximum is charged: 2.", "2 x 5.00 = $ 10.00"],
        )

    def test_blocks_and_tiers(self):
        package = self._charges(
            {"unit_price": 40, "price_model": "package", "package_size": 10}, 23
        )
        self.assertEqual(
            self._text(package)[1:], ["Begun blocks of 10: 3.", "3 x 40.00 = $ 120.00"]
        )
        self.pcs.date_to = "2026-03-02"
        volume = self._charges(
            {"price_model": "volume", "tier_ids": tiers((0, 5), (50, 4))}, 50
        )
        self.assertEqual(
            self._text(volume)[1:],
            [
                "Volume: 50 are in the tier from 50 on, whose price all of them pay.",
                "50 x 4.00 = $ 200.00",
            ],
        )
        self.pcs.date_to = "2026-03-02"
        graduated = self._charges(
            {
                "price_model": "graduated",
                "usage_basis": "average",
                "tier_ids": tiers((0, 5), (50, 4)),
            },
            60,
        )
        first, second = graduated
        self.assertEqual(
            self._text(first)[1:],
            ["Tier 1 of 2, above 0: 50 of 60.", "50 x 5.00 = $ 250.00"],
        )
        self.assertEqual(
            self._text(second)[1:],
            [
                "Tier 2 of 2, above 50: 10 of 60.",
                (
                    "The computers and their days stand on the line of the first "
                    "tier: parts of computers belong to no tier."
                ),
                "10 x 4.00 = $ 40.00",
            ],
        )

    # === PRICE === #
    def test_months_stub_and_discount(self):
        charge = self._charges(
            {"unit_price": 5},
            day="2026-03-01",
            start="2026-02-10",
            billing_cycle="quarterly",
            anchor_day=1,
            discount=10,
        )
        self.pcs.date_from = "2026-01-01"
        self.assertEqual(
            self._text(charge)[1:],
            [
                "5.00 per month x 3 months = 15.00.",
                "15.00 for the full cycle x 19 of 90 days = 3.166667.",
                "0 x 3.166667 – 10 % = $ 0.00",
            ],
        )

    def test_minimum_amount(self):
        charges = self._charges(
            {"unit_price": 5},
            day="2026-07-01",
            billing_cycle="quarterly",
            plan={"minimum_amount": 100},
        )
        self.assertEqual(
            self._text(charges[-1]),
            [
                "Minimum per month: $ 100.00 x 3 months = $ 300.00.",
                "Recurring charges of the cycle: $ 45.00.",
                "Missing: $ 255.00.",
            ],
        )

    def test_minimum_amount_of_a_stub(self):
        charges = self._charges(
            {"unit_price": 5},
            start="2026-04-16",
            anchor_day=1,
            plan={"minimum_amount": 100},
        )
        self.assertEqual(
            self._text(charges[-1])[0],
            "Minimum per month: $ 100.00 x 15 of 30 days = $ 50.00.",
        )

    def test_extra_charge(self):
        extra = Command.create(
            {
                "name": "Cable",
                "date": "2026-04-02",
                "quantity": 2,
                "unit_price": 0.125,
            }
        )
        charges = self._charges({"unit_price": 5}, extra_charge_ids=[extra])
        self.assertEqual(
            self._text(charges[-1]),
            ["Extra charge of 2 Apr 2026.", "2 x 0.125 = $ 0.25"],
        )

    def test_numbers_of_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        charge = self._charges({"unit_price": 3.5, "usage_basis": "average"}, 1000)
        german = charge.with_context(lang="de_DE")
        self.assertIn("1.000 x 3,50 = $ 3.500,00", self._text(german))

    # === CORRECTIONS === #
    def _correction(self, day):
        cycles = self._bill(day).cycle_ids
        return cycles.filtered(lambda cycle: cycle.kind == "correction").charge_ids

    def test_correction_tells_before_and_now(self):
        bill = self._charges({"unit_price": 5}).move_id
        self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        charge = self._correction("2026-06-01")
        self.assertEqual(
            self._text(charge),
            [
                f"Billed for 1 – 30 Apr 2026 ({bill.name}): 3, $ 15.00.",
                "Counted now: 4 computers.",
                "Due for it now: $ 20.00, a difference of $ 5.00.",
                "1 x 5.00 = $ 5.00",
                "+ Late-1 (20 days)",
            ],
        )
        self.pcs[0].date_to = "2026-04-21"
        again = self._correction("2026-07-01").filtered(
            lambda c: c.origin_cycle_id == bill.msp_cycle_ids
        )
        self.assertEqual(
            self._text(again),
            [
                f"Billed for 1 – 30 Apr 2026 ({bill.name}): 3, $ 15.00.",
                "Corrected before: +1, $ 5.00.",
                "Counted now: 3 computers.",
                "Due for it now: $ 15.00, a difference of $ -5.00.",
                "-1 x 5.00 = $ -5.00",
                "– ACM-001 (20 days)",
            ],
        )
        # The first one still tells what was then.
        self.assertIn("Counted now: 4 computers.", self._text(charge))
        self.assertIn(
            "Due for it now: $ 20.00, a difference of $ 5.00.", self._text(charge)
        )

    def test_correction_of_a_volume_price(self):
        price = {"price_model": "volume", "tier_ids": tiers((0, 5), (50, 4))}
        self._charges(price, 49)
        self._computers(self.customer, 2, "2026-04-30", name="Late")
        old, new = self._correction("2026-06-01")
        self.assertEqual(
            self._text(old)[1:],
            [
                "Counted now: 51 computers.",
                "Due for it now: $ 204.00, a difference of $ -41.00.",
                "Charged on 2 lines; this one:",
                "-49 x 5.00 = $ -245.00",
                "+ Late (1 day), Late (1 day)",
            ],
        )
        self.assertIn("51 x 4.00 = $ 204.00", self._text(new))

    def test_credit_of_an_ended_subscription(self):
        charges = self._charges(
            {"unit_price": 5}, 10, day="2026-04-01", timing="advance"
        )
        self.assertEqual(charges.amount, 50.0)
        self.subscription.action_dissociate("2026-04-16", "Moved away")
        charge = self._correction("2026-05-01")
        self.assertEqual(
            self._text(charge)[1:5],
            [
                "The subscription ended on 16 Apr 2026: 15 of 30 days.",
                "Counted now: 10 computers.",
                "Due for it now: $ 25.00, a difference of $ -25.00.",
                "-10 x 2.50 = $ -25.00",
            ],
        )

    def test_correction_of_a_voided_bill(self):
        bill = self._charges({"unit_price": 5}).move_id
        self._computers(self.customer, 1, "2026-04-11", name="Late-1")
        self._bill("2026-06-01")
        bill.action_msp_void(True, "Wrong plan")
        charge = self._correction("2026-07-01")
        text = self._text(charge)
        self.assertIn("Its bill was voided: what corrected it is taken back.", text)
        self.assertIn("Due for it now: $ 0.00, a difference of $ -5.00.", text)
