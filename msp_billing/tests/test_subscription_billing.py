from odoo.fields import Command
from odoo.tests import tagged

from .common import MspBillingCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestSubscriptionBilling(RefusalMixin, MspBillingCommon):
    """How what was agreed with a customer comes onto its bills."""

    def _lines(self, moves):
        """Return (quantity, unit price, discount, subtotal) of the lines of bills."""
        lines = moves.invoice_line_ids.filtered("product_id")
        return [
            (line.quantity, line.price_unit, line.discount, line.price_subtotal)
            for line in lines.sorted(lambda line: (line.move_id.id, line.sequence))
        ]

    # === WHAT STAYS, WHAT MAY CHANGE === #
    def test_billed_subscription_keeps_what_explains_its_bills(self):
        customer = self._customer()
        subscription = self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        values = {
            "plan_id": self._plan("Other").id,
            "partner_id": self._customer("Other Ltd").id,
            "date_start": "2025-12-01",
            "billing_cycle": "quarterly",
            "anchor_day": 15,
            "anchor_month": "2",
            "proration": "none",
            "count_source": "reading",
        }
        # Before the first bill everything may still be corrected.
        self._subscribe(self._plan("Free"), customer, "2026-06-01").write(values)
        self._bill("2026-02-01")
        for name, value in values.items():
            with self.subTest(name), self.assertRefused("has been billed: .* cannot"):
                subscription.write({name: value})
        # A client sends what it has read: equal values are no change.
        subscription.write(
            {
                "plan_id": subscription.plan_id.id,
                "date_start": "2026-01-01",
                "billing_cycle": "monthly",
                "anchor_day": 0,
                "anchor_month": False,
            }
        )

    def test_next_bill_has_the_terms_of_today(self):
        customer = self._customer()
        payer = self._customer("Payer Ltd")
        subscription = self._subscribe(self._plan(cost=10.0), customer)
        self._computers(customer, 1)
        first = self._bill("2026-02-01").move_ids
        self.assertEqual(self._lines(first), [(1.0, 10.0, 0.0, 10.0)])
        subscription.write(
            {
                "due_days": 30,
                "bill_email": "new@example.com",
                "discount": 12.5,
                "bill_to_id": payer.id,
                "minimum_quantity": 3,
            }
        )
        second = self._bill("2026-03-01").move_ids
        self.assertEqual(second.partner_id, payer)
        self.assertEqual(second.msp_bill_email, "new@example.com")
        self.assertEqual(str(second.invoice_date_due), "2026-03-31")
        self.assertEqual(self._lines(second), [(3.0, 10.0, 12.5, 26.25)])
        # The bill that is out stays as it is.
        self.assertEqual(first.partner_id, customer)
        self.assertEqual(first.msp_bill_email, "acme@example.com")
        self.assertEqual(str(first.invoice_date_due), "2026-02-15")

    # === DUE DATE === #
    def test_due_date(self):
        plan = self._plan()
        in_ten_days = self.env["account.payment.term"].create(
            {
                "name": "10 days",
                "line_ids": [Command.create({"value_amount": 100, "nb_days": 10})],
            }
        )
        expected = {}
        for name, vals, day in (
            ("Same", {"due_days": 0}, "2026-02-01"),
            ("Month", {"due_days": 28}, "2026-03-01"),
            ("Term", {"payment_term_id": in_ten_days.id}, "2026-02-11"),
        ):
            customer = self._customer(name)
            # The customer's own payment term never moves our due date.
            customer.property_payment_term_id = self.env.ref(
                "account.account_payment_term_45days"
            )
            self._computers(customer, 1)
            self._subscribe(plan, customer, **vals)
            expected[customer] = day
        moves = self._bill("2026-02-01").move_ids
        self.assertEqual(
            {move.partner_id: str(move.invoice_date_due) for move in moves}, expected
        )

    # === QUANTITIES === #
    def test_agreed_quantity_needs_no_computers(self):
        customer = self._customer()
        self._computers(customer, 7)
        subscription = self._subscribe(
            self._plan(),
            customer,
            count_source="contracted",
            contracted_quantity=12.5,
        )
        run = self._bill("2026-02-01")
        self.assertEqual(self._lines(run.move_ids), [(12.5, 5.0, 0.0, 62.5)])
        self.assertIn("agreed quantity", run.move_ids.invoice_line_ids[1].name)
        subscription.contracted_quantity = 0
        held = self._bill("2026-03-01")
        self.assertFalse(held.move_ids)
        self.assertIn("none is agreed", held.cycle_ids.reason)

    def test_agreed_basis_of_a_price(self):
        plan = self._plan(
            "Agreed", prices=[{"unit_price": 5, "usage_basis": "contracted"}]
        )
        customer = self._customer()
        self._computers(customer, 7)
        self._subscribe(plan, customer, contracted_quantity=4)
        self.assertEqual(
            self._lines(self._bill("2026-02-01").move_ids), [(4.0, 5.0, 0.0, 20.0)]
        )

    def test_count_readings(self):
        """Readings: 4 from 1 January, 10 from 11 to 20 January, then 6."""
        bases = {
            "end": (6.0, 6.0),
            "peak": (10.0, 10.0),
            "average": (6.65, 6.65),  # (10 x 4 + 10 x 10 + 11 x 6) / 31
            "unique": (10.0, 10.0),
        }
        plans = {
            basis: self._plan(basis, prices=[{"unit_price": 1, "usage_basis": basis}])
            for basis in bases
        }
        customer = self._customer()
        self.env["msp.count.reading"].create(
            [
                {
                    "partner_id": customer.id,
                    "type_id": self.workstation.id,
                    "date": day,
                    "quantity": quantity,
                }
                for day, quantity in (
                    ("2026-01-01", 4),
                    ("2026-01-11", 10),
                    ("2026-01-21", 6),
                    ("2026-02-01", 99),
                )
            ]
        )
        for plan in plans.values():
            self._subscribe(plan, customer, count_source="reading")
        charges = self._bill("2026-02-01").cycle_ids.charge_ids
        self.assertEqual(
            {
                charge.price_id.usage_basis: (charge.quantity, charge.amount)
                for charge in charges
            },
            bases,
        )

    # === EXTRA CHARGES === #
    def test_extra_charges(self):
        customer = self._customer()
        extra = self.env["product.product"].create(
            {"name": "Project work", "type": "service", "taxes_id": False}
        )
        subscription = self._subscribe(
            self._plan(),
            customer,
            discount=50,
            extra_charge_ids=[
                Command.create(
                    {
                        "date": "2026-02-01",
                        "name": "Migration",
                        "product_id": extra.id,
                        "quantity": 1.5,
                        "unit_price": 80,
                    }
                ),
                Command.create(
                    {"date": "2026-02-02", "name": "Later", "unit_price": 7}
                ),
            ],
        )
        self._computers(customer, 2)
        move = self._bill("2026-02-01").move_ids
        # The discount is on what recurs, not on what was agreed as it stands.
        self.assertEqual(
            self._lines(move), [(2.0, 5.0, 50.0, 5.0), (1.5, 80.0, 0.0, 120.0)]
        )
        self.assertEqual(move.invoice_line_ids[2].product_id, extra)
        self.assertFalse(move.invoice_line_ids[2].tax_ids)
        migration, later = subscription.extra_charge_ids
        self.assertEqual((migration.is_billed, later.is_billed), (True, False))
        with self.assertRefused("Migration of Care – Acme Ltd is billed"):
            migration.unlink()
        self.assertEqual(
            self._lines(self._bill("2026-03-01").move_ids),
            [(2.0, 5.0, 50.0, 5.0), (1.0, 7.0, 0.0, 7.0)],
        )

    def test_extra_charge_of_nothing_is_refused(self):
        subscription = self._subscribe(self._plan(), self._customer())
        with self.assertRefused("Nothing of Care – Acme Ltd has no quantity"):
            subscription.extra_charge_ids = [
                Command.create({"name": "Nothing", "quantity": 0, "unit_price": 1})
            ]
        with self.assertDatabaseRefuses("msp.extra.charge", "use a negative quantity"):
            subscription.extra_charge_ids = [
                Command.create({"name": "Less", "unit_price": -1})
            ]
