"""What was agreed for a cycle, as the oracle of the engine's tests reads it."""

from datetime import date
from decimal import Decimal

from histories import PlanPrice


def dec(number):
    """Give the decimal number that a person reads in a float."""
    return Decimal(str(number or 0))


class Agreed:
    """What was agreed for a cycle when it was billed."""

    def __init__(self, cycle):
        self.subscription = subscription = cycle.subscription_id
        self.discount = dec(subscription.discount)
        self.minimum_amount = dec(cycle.plan_id.minimum_amount)
        # A contact has no history of its parents: those of now stay with the cycle.
        contacts = cycle.env["res.partner"].with_context(active_test=False).search([])
        self.parents = {contact.id: contact.parent_id.id for contact in contacts}
        self.prices = {
            price.id: self._price(price)
            for price in cycle.plan_id.price_ids
            if self._in_force(price, cycle.date_start)
        }

    @staticmethod
    def _in_force(price, day):
        ends = [price.date_to] if price.date_to else []
        ends += [
            other.date_from
            for other in price.plan_id.price_ids
            if other.replaces_id == price
        ]
        begins = price.date_from or date.min
        return begins <= day and all(day < end for end in ends)

    def _exception(self, price):
        while price:
            for override in self.subscription.price_override_ids:
                if override.price_id == price:
                    return override
            price = price.replaces_id
        return None

    def _price(self, price):
        """Give the oracle's price and the quantity agreed."""
        subscription, own = self.subscription, self._exception(price)
        unit_price, minimum = price.unit_price, price.minimum_quantity
        contracted = subscription.contracted_quantity
        if subscription.minimum_quantity and price.price_model != "flat":
            minimum = subscription.minimum_quantity
        if own and own.has_unit_price:
            unit_price = own.unit_price
        if own and own.has_minimum_quantity:
            minimum = own.minimum_quantity
        if own and own.has_contracted_quantity:
            contracted = own.contracted_quantity
        basis = price.usage_basis
        if subscription.count_source == "contracted":
            basis = "contracted"
        elif subscription.count_source == "reading" and basis == "unique":
            basis = "peak"
        return dec(contracted), PlanPrice(
            price_model=price.price_model,
            usage_basis=basis,
            unit_price=dec(unit_price),
            tiers=tuple(
                (dec(tier.from_quantity), dec(tier.unit_price))
                for tier in price.tier_ids.sorted("from_quantity")
            ),
            package_size=dec(price.package_size),
            included=dec(price.included_quantity),
            minimum=dec(minimum),
            maximum=dec(price.maximum_quantity) if price.maximum_quantity else None,
            price_period=price.price_period,
            types=frozenset(price.computer_type_ids.ids),
        )
