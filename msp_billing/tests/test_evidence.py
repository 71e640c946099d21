from odoo.fields import Command
from odoo.tests import tagged

from .common import MspBillingCommon
from .test_price_billing import tiers


@tagged("post_install", "-at_install")
class TestEvidence(MspBillingCommon):
    """On which charge a computer stands, and why it is not charged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()

    def _january(self, *prices, **vals):
        """Bill January 2026 and return the cycle."""
        self._subscribe(self._plan(prices=prices), self.customer, **vals)
        return self._bill("2026-02-01").cycle_ids

    def _rows(self, rows):
        return [(row.name, row.status, row.reason) for row in rows]

    # === TIERS === #
    def test_each_tier_has_its_own_computers(self):
        self._computers(self.customer, 5)
        self._computers(self.customer, 2, "2026-01-11", name="Late")
        first, second, third = self._january(
            {
                "name": "PC",
                "price_model": "graduated",
                "included_quantity": 1,
                "tier_ids": tiers((0, 5), (3, 4), (5, 3)),
            }
        ).charge_ids
        self.assertEqual(
            [(charge.tier, charge.quantity) for charge in (first, second, third)],
            [(0, 3.0), (1, 2.0), (2, 1.0)],
        )
        self.assertEqual(
            self._rows(first.computer_ids),
            [
                ("ACM-001", "included", "included"),
                ("ACM-002", "counted", False),
                ("ACM-003", "counted", False),
                ("ACM-004", "counted", False),
            ],
        )
        self.assertEqual(
            self._rows(second.computer_ids),
            [("ACM-005", "counted", False), ("Late", "counted", False)],
        )
        self.assertEqual(self._rows(third.computer_ids), [("Late", "counted", False)])

    def test_what_no_tier_bills_stands_on_the_first(self):
        gone = self._computers(self.customer, 1, date_to="2026-01-21", name="Gone")
        self._computers(self.customer, 5)
        first, second = self._january(
            {
                "price_model": "graduated",
                "maximum_quantity": 4,
                "tier_ids": tiers((0, 5), (2, 4)),
            }
        ).charge_ids
        self.assertEqual(len(second.computer_ids), 2)
        self.assertEqual(
            self._rows(first.computer_ids.filtered("reason").sorted("name")),
            [
                ("ACM-005", "excluded", "above_maximum"),
                (gone.name, "excluded", "absent"),
            ],
        )

    def test_minimum_fills_tiers_without_computers(self):
        self._computers(self.customer, 3)
        first, second = self._january(
            {
                "price_model": "graduated",
                "minimum_quantity": 8,
                "tier_ids": tiers((0, 5), (5, 4)),
            }
        ).charge_ids
        self.assertEqual((first.quantity, second.quantity), (5.0, 3.0))
        self.assertEqual(len(first.computer_ids), 3)
        self.assertFalse(second.computer_ids)

    def test_average_tiers_share_the_evidence_of_the_first(self):
        self._computers(self.customer, 4)
        self._computers(self.customer, 1, "2026-01-11", name="Late")
        first, second = self._january(
            {
                "usage_basis": "average",
                "price_model": "graduated",
                "tier_ids": tiers((0, 5), (2, 4)),
            }
        ).charge_ids
        self.assertEqual(len(first.computer_ids), 5)
        self.assertFalse(second.computer_ids)
        self.assertEqual(sum(first.computer_ids.mapped("days")), 4 * 31 + 21)

    def test_annex_says_which_tier(self):
        self._computers(self.customer, 3)
        cycle = self._january(
            {
                "name": "PC",
                "price_model": "graduated",
                "tier_ids": tiers((0, 5), (2, 4)),
            }
        )
        (section,) = cycle.move_id._msp_bill_document()["annex"]
        self.assertEqual(
            [(charge["name"], charge["count"]) for charge in section["charges"]],
            [("PC", "2 computers"), ("PC, from 2 computers", "1 computer")],
        )

    # === REASONS === #
    def test_agreed_quantity_names_the_computers_that_it_ignores(self):
        self._computers(self.customer, 2)
        self._computers(self.customer, 1, type_=self.mobile)
        cycle = self._january(
            {
                "name": "PC",
                "usage_basis": "contracted",
                "computer_type_ids": [Command.set(self.workstation.ids)],
                "unit_price": 5,
            },
            {
                "name": "Server",
                "computer_type_ids": [Command.set(self.server.ids)],
                "unit_price": 9,
            },
            price_override_ids=[],
            contracted_quantity=0,
        )
        self.assertEqual(cycle.state, "held")
        price = cycle.plan_id.price_ids[0]
        cycle.subscription_id.price_override_ids = [
            Command.create(
                {
                    "price_id": price.id,
                    "has_contracted_quantity": True,
                    "contracted_quantity": 7,
                }
            )
        ]
        cycle.action_retry()
        self._bill("2026-02-01")
        self.assertEqual(cycle.state, "billed")
        self.assertEqual(
            sorted(self._rows(cycle.evidence_ids)),
            [
                ("ACM-001", "excluded", "agreed"),
                ("ACM-001", "excluded", "no_price"),
                ("ACM-002", "excluded", "agreed"),
            ],
        )
        (section,) = cycle.move_id._msp_bill_document()["annex"]
        self.assertEqual(section["not_covered"], "1 × Mobile")

    def test_every_computer_with_a_day_is_named(self):
        """Counted, gone before the counting day, of a type without price."""
        self._computers(self.customer, 2)
        self._computers(self.customer, 1, date_to="2026-01-02", name="A day")
        self._computers(self.customer, 1, type_=self.mobile, name="Phone")
        self._computers(self.customer, 1, "2026-02-01", name="Later")
        cycle = self._january(
            {"computer_type_ids": [Command.set(self.workstation.ids)], "unit_price": 5}
        )
        self.assertEqual(
            sorted(self._rows(cycle.evidence_ids)),
            [
                ("A day", "excluded", "absent"),
                ("ACM-001", "counted", False),
                ("ACM-002", "counted", False),
                ("Phone", "excluded", "no_price"),
            ],
        )
