"""What is charged when a billed cycle is counted again
(docs/how-a-bill-is-calculated: Corrections).

All that was billed for one price, earlier corrections included, is read in the order
in which it was billed; so it is known what the customer pays for now. What is charged
is the step from there to the new rating. Less is a negative quantity, never a
negative price.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from .money import EXACT, ZERO
from .price import Price
from .rating import RatedLine, Terms, amount_of, rate


class Line(Protocol):
    """What a correction reads of a line; a `RatedLine` is one, a `Billed` is one."""

    @property
    def quantity(self) -> Decimal:
        """The computers, blocks or 1; negative where something was taken back."""

    @property
    def unit_price(self) -> Decimal:
        """The price of one, in the plan's currency."""

    @property
    def discount(self) -> Decimal:
        """The discount in percent."""

    @property
    def tier(self) -> int | None:
        """The index of the tier, None where the price has none."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A line as it was billed: units as in `RatedLine`."""

    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = ZERO
    tier: int | None = None


#: A quantity and its unit price.
Pair = tuple[Decimal, Decimal]
#: The lines that are compared with each other: of one tier, with one discount.
Group = tuple[int | None, Decimal]


def difference(
    billed: Iterable[Line],
    rated: Iterable[Line],
    price_model: str,
    currency_step: Decimal,
) -> list[RatedLine]:
    """Give the lines that lead from what was billed to what is rated now.

    ``billed`` holds all charges for one price of one cycle so far, corrections and
    charges of 0.00 included, in the order in which they were billed. Charges that
    were voided, and what took them back, are left out. ``rated`` is what `rate` gives
    for the history of today (empty: nothing is owed any more). Minimum charges are
    corrected like a price of their own, of the model ``flat``.

    - Unit price unchanged: one line with the difference of quantity.
    - Only the unit price changed: one line, quantity x difference of price.
    - Both changed: the old line is taken back, the new one billed.

    ``graduated`` compares tier by tier. A doubled price is billed as the third case:
    its difference could not be told from a doubled quantity afterwards. Lines with
    another discount are taken back with it. What costs nothing, a quantity or a price
    of 0, is left out. Billing what is given and asking again gives nothing.

    Of the lines, ``full_unit_price`` is the unit price, and ``tier`` is set for
    ``graduated`` only.
    """
    per_tier = price_model == "graduated"
    before = _grouped(billed, per_tier)
    after = _grouped(rated, per_tier)
    lines: list[RatedLine] = []
    for group in sorted({*before, *after}, key=_group_order):
        steps = _steps(before.get(group, []), _net(after.get(group, [])))
        lines += [_line(step, group, currency_step) for step in steps]
    return lines


def take_back(
    billed: Iterable[Line], price_model: str, currency_step: Decimal
) -> list[RatedLine]:
    """Give the lines that take back all that was billed for a price and a cycle."""
    return difference(billed, (), price_model, currency_step)


def credit_lines(
    billed: Iterable[Line], price: Price, count: Decimal | Fraction, terms: Terms
) -> list[RatedLine]:
    """Give the credit for a billed cycle that ends early.

    ``count`` is what the days still served count, ``terms`` holds their factor. A
    factor of 1 means no proration: nothing is credited at the end.
    Source: docs/how-a-bill-is-calculated, Dissociating.
    """
    if terms.factor == 1:
        return []
    rated = rate(price, count, terms)
    return difference(billed, rated, price.price_model, terms.currency_step)


def _grouped(lines: Iterable[Line], per_tier: bool) -> dict[Group, list[Pair]]:
    """Sort lines that cost something into groups, in the order given."""
    groups: dict[Group, list[Pair]] = {}
    for line in lines:
        if line.quantity and line.unit_price:
            tier = line.tier if per_tier else None
            pairs = groups.setdefault((tier, line.discount), [])
            pairs.append((line.quantity, line.unit_price))
    return groups


def _group_order(group: Group) -> tuple[int, Decimal]:
    tier, discount = group
    return (-1 if tier is None else tier, discount)


def _net(pairs: Sequence[Pair]) -> list[Pair]:
    """Add up the quantities of each unit price; what cancels out is gone."""
    quantities: dict[Decimal, Decimal] = {}
    for quantity, price in pairs:
        quantities[price] = EXACT.add(quantities.get(price, ZERO), quantity)
    return [
        (quantities[price], price) for price in sorted(quantities) if quantities[price]
    ]


def _steps(billed: Sequence[Pair], new: list[Pair]) -> list[Pair]:
    """Find the quantities and prices to charge; the rules stand in `difference`."""
    net = _net(billed)
    if net == new:
        return []
    old = _replay(billed)
    if old is None or len(new) > 1:
        return _open_difference(net, new)
    old_quantity, old_price = old
    quantity, price = new[0] if new else (ZERO, old_price)
    if price == old_price:
        steps = [(EXACT.subtract(quantity, old_quantity), price)]
    elif quantity == old_quantity > 0 and price != EXACT.add(old_price, old_price):
        more = EXACT.subtract(price, old_price)
        signed = quantity if more > 0 else quantity.copy_negate()
        steps = [(signed, more.copy_abs())]
    else:
        steps = [(old_quantity.copy_negate(), old_price), (quantity, price)]
    return [step for step in steps if step[0]]


def _replay(pairs: Sequence[Pair]) -> Pair | None:
    """Read what was billed, in its order, as one quantity at one unit price.

    Each line adds to the quantity when its price is the one in force, changes the
    price when it has another price and all of the quantity, and is the new line when
    all before it was taken back. None when the lines cannot be read like this; the
    pair is always worth what the lines are worth.
    """
    quantity, price = ZERO, ZERO
    for more, unit_price in pairs:
        if not quantity:
            quantity, price = more, unit_price
        elif unit_price == price:
            quantity = EXACT.add(quantity, more)
        elif more.copy_abs() == quantity:
            change = EXACT.add if more > 0 else EXACT.subtract
            price = change(price, unit_price)
        else:
            return None
        if price < 0:
            return None
    return quantity, price


def _open_difference(old: list[Pair], new: list[Pair]) -> list[Pair]:
    """Give the difference for each unit price, what is taken back first."""
    taken = [(quantity.copy_negate(), price) for quantity, price in old]
    return sorted(_net([*new, *taken]))


def _line(step: Pair, group: Group, currency_step: Decimal) -> RatedLine:
    quantity, unit_price = step
    tier, discount = group
    amount = amount_of(quantity, unit_price, discount, currency_step)
    return RatedLine(quantity, unit_price, discount, amount, tier, unit_price)
