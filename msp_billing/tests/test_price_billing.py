from odoo.fields import Command
from odoo.tests import tagged

from .common import MspBillingCommon


def tiers(*steps):
    return [
        Command.create({"from_quantity": start, "unit_price": price})
        for start, price in steps
    ]


@tagged("post_install", "-at_install")
class TestPriceBilling(MspBillingCommon):
    """What a price makes of the computers; all amounts are worked out by hand."""

    def _bill_prices(self, day, prices, count=None, **vals):
        """Bill a plan for each price to one customer.

        :param dict prices: name -> values of the price
        :return: name -> [(quantity, unit price, amount)], and the run
        """
        customer = self._customer()
        if count is not None:
            self._computers(customer, count)
        for name, price in prices.items():
            self._subscribe(self._plan(name, prices=[price]), customer, **vals)
        return self._charged(self._bill(day)), customer

    def _charged(self, run):
        """Return plan -> [(quantity, unit price, amount)]."""
        charged = {}
        for charge in run.cycle_ids.charge_ids.sorted("sequence"):
            charged.setdefault(charge.cycle_id.plan_id.name, []).append(
                (charge.quantity, charge.unit_price, charge.amount)
            )
        return charged

    # === COUNTING === #
    def _april(self):
        """A all April, B from 11 April, C up to and including 20 April."""
        customer = self._customer()
        a, b, c = self._computers(customer, 3, date_from="2026-03-01")
        b.date_from = "2026-04-11"
        c.date_to = "2026-04-21"
        return customer, a, b, c

    def test_usage_bases_of_april(self):
        customer, a, b, c = self._april()
        bases = ("end", "peak", "average", "unique")
        for basis in bases:
            plan = self._plan(basis, prices=[{"unit_price": 3, "usage_basis": basis}])
            self._subscribe(plan, customer, "2026-04-01")
        run = self._bill("2026-05-01")
        self.assertEqual(
            self._charged(run),
            {
                "end": [(2.0, 3.0, 6.0)],
                "peak": [(3.0, 3.0, 9.0)],
                "average": [(2.33, 3.0, 6.99)],
                "unique": [(3.0, 3.0, 9.0)],
            },
        )
        # The evidence names every computer, also those that are not charged.
        evidence = {
            cycle.plan_id.name: {
                entry.computer_id: (entry.days, entry.status, entry.reason)
                for entry in cycle.evidence_ids
            }
            for cycle in run.cycle_ids
        }
        counted = {
            a: (30, "counted", False),
            b: (20, "counted", False),
            c: (20, "counted", False),
        }
        for basis in ("peak", "average", "unique"):
            self.assertEqual(evidence[basis], counted, basis)
        self.assertEqual(evidence["end"], {**counted, c: (20, "excluded", "absent")})
        texts = {
            charge.price_id.usage_basis: charge.name.splitlines()[1]
            for charge in run.cycle_ids.charge_ids
        }
        self.assertEqual(texts["end"], "2 computers on 30 Apr 2026")
        self.assertEqual(texts["peak"], "3 computers at most, first on 11 Apr 2026")
        self.assertEqual(
            texts["average"], "70 computer days in 30 days = 2.33 computers"
        )
        self.assertEqual(texts["unique"], "3 different computers in the period")

    def test_day_on_which_one_computer_replaces_another(self):
        """The last day of the one is the day before the first of the other."""
        customer = self._customer()
        old, new = self._computers(customer, 2)
        old.date_to = "2026-01-16"
        new.date_from = "2026-01-16"
        for basis in ("end", "peak", "average", "unique"):
            plan = self._plan(basis, prices=[{"unit_price": 1, "usage_basis": basis}])
            self._subscribe(plan, customer)
        self.assertEqual(
            self._charged(self._bill("2026-02-01")),
            {
                "end": [(1.0, 1.0, 1.0)],
                "peak": [(1.0, 1.0, 1.0)],
                "average": [(1.0, 1.0, 1.0)],
                "unique": [(2.0, 1.0, 2.0)],
            },
        )

    def test_prices_per_type(self):
        customer = self._customer()
        self._computers(customer, 3)
        self._computers(customer, 2, type_=self.server, name="SRV")
        phone = self._computers(customer, 1, type_=self.mobile, name="PHONE")
        plan = self._plan(
            prices=[
                {
                    "name": "Workstation",
                    "unit_price": 5,
                    "computer_type_ids": [Command.set(self.workstation.ids)],
                },
                {
                    "name": "Server",
                    "unit_price": 20,
                    "computer_type_ids": [Command.set(self.server.ids)],
                },
                {
                    "name": "Portal",
                    "unit_price": 0.5,
                    "computer_type_ids": [
                        Command.set((self.server + self.workstation).ids)
                    ],
                },
            ]
        )
        self._subscribe(plan, customer)
        run = self._bill("2026-02-01")
        self.assertEqual(
            self._charged(run),
            {"Care": [(3.0, 5.0, 15.0), (2.0, 20.0, 40.0), (5.0, 0.5, 2.5)]},
        )
        self.assertEqual(run.move_ids.amount_untaxed, 57.5)
        unpriced = run.cycle_ids.evidence_ids.filtered(lambda e: not e.charge_id)
        self.assertRecordValues(
            unpriced,
            [{"computer_id": phone.id, "status": "excluded", "reason": "no_price"}],
        )

    # === MODELS === #
    def test_volume_and_graduated_tiers(self):
        """49, 50 and 51 computers: 5.00, from 50 on 4.00."""
        expected = {
            49: ([(49.0, 5.0, 245.0)], [(49.0, 5.0, 245.0)]),
            50: ([(50.0, 4.0, 200.0)], [(50.0, 5.0, 250.0)]),
            51: ([(51.0, 4.0, 204.0)], [(50.0, 5.0, 250.0), (1.0, 4.0, 4.0)]),
            0: ([(0.0, 5.0, 0.0)], [(0.0, 5.0, 0.0)]),
        }
        for number in expected:
            customer = self._customer(f"Customer{number} Ltd")
            self._computers(customer, number)
            for model in ("volume", "graduated"):
                price = {
                    "price_model": model,
                    "tier_ids": tiers((50, 4), (0, 5)),
                }
                plan = self._plan(f"{model} {number}", prices=[price])
                self._subscribe(plan, customer)
        run = self._bill("2026-02-01")
        charged = self._charged(run)
        for number, (volume, graduated) in expected.items():
            self.assertEqual(charged[f"volume {number}"], volume)
            self.assertEqual(charged[f"graduated {number}"], graduated)
        # Each tier is a line of its own on the bill, and says from where it counts.
        bill = run.move_ids.filtered(lambda m: m.partner_id.name == "Customer51 Ltd")
        names = bill.invoice_line_ids.filtered("product_id").mapped("name")
        self.assertEqual(len(names), 3)
        self.assertTrue(any(name.endswith("from 50 computers") for name in names))

    def test_packages(self):
        expected = {0: 0.0, 1: 1.0, 10: 1.0, 11: 2.0, 20: 2.0, 21: 3.0}
        for number in expected:
            customer = self._customer(f"Customer{number} Ltd")
            self._computers(customer, number)
            price = {"price_model": "package", "package_size": 10, "unit_price": 30}
            plan = self._plan(str(number), prices=[price])
            self._subscribe(plan, customer)
        charged = self._charged(self._bill("2026-02-01"))
        self.assertEqual(
            charged,
            {
                str(number): [(blocks, 30.0, 30 * blocks)]
                for number, blocks in expected.items()
            },
        )

    def test_flat_price_is_charged_without_computers(self):
        charged, _customer = self._bill_prices(
            "2026-04-01",
            {
                "month": {"price_model": "flat", "unit_price": 100},
                "cycle": {
                    "price_model": "flat",
                    "unit_price": 100,
                    "price_period": "cycle",
                },
            },
            billing_cycle="quarterly",
        )
        self.assertEqual(
            charged, {"month": [(1.0, 300.0, 300.0)], "cycle": [(1.0, 100.0, 100.0)]}
        )

    def test_included_minimum_and_maximum(self):
        base = {"unit_price": 2}
        prices = {
            "included": {**base, "included_quantity": 2},
            "all included": {**base, "included_quantity": 9},
            "minimum": {**base, "minimum_quantity": 5},
            "maximum": {**base, "maximum_quantity": 2},
            "minimum above included": {
                **base,
                "included_quantity": 10,
                "minimum_quantity": 5,
            },
            "maximum above included": {
                **base,
                "included_quantity": 1,
                "maximum_quantity": 1,
            },
        }
        charged, _customer = self._bill_prices("2026-02-01", prices, count=3)
        self.assertEqual(
            charged,
            {
                "included": [(1.0, 2.0, 2.0)],
                "all included": [(0.0, 2.0, 0.0)],
                "minimum": [(5.0, 2.0, 10.0)],
                "maximum": [(2.0, 2.0, 4.0)],
                "minimum above included": [(5.0, 2.0, 10.0)],
                "maximum above included": [(1.0, 2.0, 2.0)],
            },
        )
        cycles = self.env["msp.billing.cycle"].search(
            [("company_id", "=", self.company.id)]
        )
        reasons = {
            cycle.plan_id.name: sorted(
                entry.reason or "counted" for entry in cycle.evidence_ids
            )
            for cycle in cycles
        }
        self.assertEqual(reasons["included"], ["counted", "included", "included"])
        self.assertEqual(reasons["all included"], ["included"] * 3)
        self.assertEqual(reasons["maximum"], ["above_maximum", "counted", "counted"])
        self.assertEqual(
            reasons["maximum above included"],
            ["above_maximum", "counted", "included"],
        )
