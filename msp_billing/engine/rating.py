"""From a count to charges (docs/how-a-bill-is-calculated: Price, Stub cycles,
Rounding).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .errors import EngineError
from .money import (
    EXACT,
    HUNDRED,
    ONE,
    PERCENT,
    ZERO,
    product,
    round_digits,
    round_half_up,
)
from .price import Price, Tier

#: Decimals of a unit price on a bill.
PRICE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """What a cycle and its subscription add to a price.

    ``cycle_months``: months of the full cycle (weekly: 0). ``factor``: the part of
    the full cycle that is served, above 0 and at most 1 (1 without proration).
    ``discount``: percent, 0 to 100. ``quantity_digits``: decimals of a quantity.
    ``currency_step``: the smallest amount of the currency, such as 0.01.

    Raises EngineError for values outside these bounds.
    """

    cycle_months: int
    factor: Fraction
    discount: Decimal
    quantity_digits: int
    currency_step: Decimal

    def __post_init__(self) -> None:
        """Refuse what no cycle and no subscription can have."""
        if self.cycle_months < 0:
            raise EngineError(
                f"A cycle of {self.cycle_months} months does not exist: "
                "choose a billing cycle from the list."
            )
        if not 0 < self.factor <= 1:
            raise EngineError(
                f"The part {self.factor} of a cycle cannot be charged: "
                "it must be above 0 and at most 1."
            )
        if not 0 <= self.discount <= 100:
            raise EngineError(
                f"A discount of {self.discount} % is impossible: "
                "enter a number from 0 to 100."
            )


@dataclass(frozen=True, slots=True)
class RatedLine:
    """One charge: ``amount`` is ``quantity`` x ``unit_price`` less ``discount``.

    ``quantity`` counts computers, blocks or 1; ``unit_price`` and ``amount`` are in
    the plan's currency, ``discount`` is in percent. ``tier`` is the index of the tier
    that the price comes from. ``full_unit_price`` is what the unit price would be in
    a full cycle; it differs from ``unit_price`` in a stub only.
    """

    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    amount: Decimal
    tier: int | None
    full_unit_price: Decimal


def amount_of(
    quantity: Decimal, unit_price: Decimal, discount: Decimal, currency_step: Decimal
) -> Decimal:
    """Give quantity x unit price x (1 - discount / 100), rounded to the currency.

    Source: docs/how-a-bill-is-calculated, Rounding.
    """
    paid = EXACT.subtract(HUNDRED, discount)
    exact = product(quantity, unit_price, paid, PERCENT)
    return round_half_up(exact, currency_step)


def charged_quantity(
    price: Price, count: Decimal | Fraction, quantity_digits: int
) -> Decimal:
    """Give min(max(count - included, minimum), maximum) in computers, 0 or more.

    The count is rounded first: what the customer reads is what is rated. Source:
    docs/how-a-bill-is-calculated, Price and Rounding.
    """
    rounded = round_digits(count, quantity_digits)
    quantity = max(EXACT.subtract(rounded, price.included), price.minimum)
    if price.maximum is not None:
        quantity = min(quantity, price.maximum)
    return round_digits(quantity, quantity_digits)


def rate(price: Price, count: Decimal | Fraction, terms: Terms) -> list[RatedLine]:
    """Charge one price for one cycle: at least one line, also for a quantity of 0.

    ``graduated`` gives a line for each tier that holds computers, the other models
    give one line. ``count`` is in computers, as `Usage.quantity` gives it; ``flat``
    does not look at it. Raises EngineError for a price per month in a weekly cycle.
    """
    if price.price_model == "flat":
        return [_line(ONE, price.unit_price, price, terms)]
    quantity = charged_quantity(price, count, terms.quantity_digits)
    if price.price_model == "graduated":
        return _graduated(quantity, price, terms)
    if price.price_model == "volume":
        return [_volume(quantity, price, terms)]
    if price.price_model == "package" and price.package_size:
        blocks = -(-Fraction(quantity) // Fraction(price.package_size))
        quantity = Decimal(blocks)
    return [_line(quantity, price.unit_price, price, terms)]


def minimum_charge(
    minimum_amount: Decimal, terms: Terms, recurring_amounts: Iterable[Decimal]
) -> RatedLine | None:
    """Charge what the recurring amounts of a cycle lack to the plan's minimum.

    ``minimum_amount`` is in the plan's currency per month; it is multiplied by the
    months of the cycle, and by the factor of a stub. The line has no discount. None
    when nothing is lacking, and for weekly cycles, which have no minimum.
    Source: docs/how-a-bill-is-calculated, Price.
    """
    charged = sum(map(Fraction, recurring_amounts), Fraction(0))
    exact = product(minimum_amount, terms.cycle_months, terms.factor)
    due = round_half_up(exact, terms.currency_step)
    missing = round_half_up(Fraction(due) - charged, terms.currency_step)
    if missing <= 0:
        return None
    return RatedLine(ONE, missing, ZERO, missing, None, missing)


def _graduated(quantity: Decimal, price: Price, terms: Terms) -> list[RatedLine]:
    starts = [*_starts(price.tiers, terms), quantity]
    lines = []
    for index, (lower, upper) in enumerate(pairwise(starts)):
        part = EXACT.subtract(min(upper, quantity), lower)
        if part > 0 or (index == 0 and quantity == 0):
            lines.append(
                _line(part, price.tiers[index].unit_price, price, terms, index)
            )
    return lines


def _volume(quantity: Decimal, price: Price, terms: Terms) -> RatedLine:
    starts = _starts(price.tiers, terms)
    index = max(i for i, start in enumerate(starts) if start <= quantity)
    return _line(quantity, price.tiers[index].unit_price, price, terms, index)


def _starts(tiers: tuple[Tier, ...], terms: Terms) -> list[Decimal]:
    """Give where the tiers start, as exact as a quantity can be read."""
    return [round_digits(tier.from_quantity, terms.quantity_digits) for tier in tiers]


def _line(
    quantity: Decimal,
    list_price: Decimal,
    price: Price,
    terms: Terms,
    tier: int | None = None,
) -> RatedLine:
    months = _months(price, terms)
    full = round_digits(product(list_price, months), PRICE_DIGITS)
    unit_price = full
    if terms.factor != 1:
        exact = product(list_price, months, terms.factor)
        unit_price = round_digits(exact, PRICE_DIGITS)
    return RatedLine(
        quantity=quantity,
        unit_price=unit_price,
        discount=terms.discount,
        amount=amount_of(quantity, unit_price, terms.discount, terms.currency_step),
        tier=tier,
        full_unit_price=full,
    )


def _months(price: Price, terms: Terms) -> int:
    if price.price_period == "cycle":
        return 1
    if not terms.cycle_months:
        raise EngineError(
            "A price per month cannot be charged in a weekly cycle: "
            "set the price period to 'cycle' or choose a longer billing cycle."
        )
    return terms.cycle_months
