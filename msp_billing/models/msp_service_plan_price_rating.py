from decimal import Decimal

from odoo import models

from ..engine import price as price_engine
from ..engine.money import to_decimal


class MspServicePlanPrice(models.Model):
    """Which price is in force on a day, and what the engine rates with it."""

    _inherit = "msp.service.plan.price"

    # === BUSINESS METHODS === #
    def _is_simple(self):
        self.ensure_one()
        return (
            self.price_model == "per_unit"
            and self.price_period == "month"
            and not self.computer_type_ids
            and not (self.included_quantity or self.minimum_quantity)
            and not (self.maximum_quantity or self.date_to)
        )

    def _in_force(self, day, every=None):
        """Return the prices that are in force on a day (rates cycles that start then).

        A price is in force from ``date_from`` until ``date_to`` or the first day of
        the price that names it in ``replaces_id``.

        :param every: all prices of their plans, where they are at hand
        """
        every = self.plan_id.price_ids if every is None else every
        successors = {price.replaces_id: price for price in every}

        def in_force(price):
            successor = successors.get(price)
            return (
                (not price.date_from or price.date_from <= day)
                and (not price.date_to or day < price.date_to)
                and (not successor or day < successor.date_from)
            )

        return self.filtered(in_force)

    def _to_engine(self, override=None):
        """Return the engine's price.

        :param override: a ``msp.subscription.price.override`` or nothing
        :raises EngineError: when the numbers make no price
        """
        self.ensure_one()
        unit_price = self.unit_price
        minimum = self.minimum_quantity
        if override:
            unit_price = override._effective("unit_price", unit_price)
            minimum = override._effective("minimum_quantity", minimum)
        return price_engine.Price(
            price_model=self.price_model,
            usage_basis=self.usage_basis,
            unit_price=to_decimal(unit_price),
            tiers=tuple(
                price_engine.Tier(
                    to_decimal(tier.from_quantity), to_decimal(tier.unit_price)
                )
                for tier in self.tier_ids.sorted("from_quantity")
                if self.price_model in ("volume", "graduated")
            ),
            package_size=(
                Decimal(self.package_size) if self.price_model == "package" else None
            ),
            included=to_decimal(self.included_quantity),
            minimum=to_decimal(minimum),
            maximum=to_decimal(self.maximum_quantity)
            if self.maximum_quantity
            else None,
            price_period=self.price_period,
        )

    def _covered_types(self):
        """Return the computer types that pay this price."""
        self.ensure_one()
        return self.computer_type_ids or self.env["msp.computer.type"].with_context(
            active_test=False
        ).search([("id", "!=", False)])

    def _get_product(self):
        """Return the product that gives a line its account and taxes."""
        self.ensure_one()
        return (
            self.product_id or self.plan_id.product_id or self.company_id.msp_product_id
        )

    def _format_summary(self):
        return f"{self.name} {self._format_amount()}"
