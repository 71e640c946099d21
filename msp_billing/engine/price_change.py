"""What a price becomes when many are raised at once (docs/how-a-bill-is-calculated:
Changing prices).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .errors import EngineError
from .money import EXACT, HUNDRED, PERCENT, product, round_digits, round_half_up
from .rating import PRICE_DIGITS

METHODS: tuple[str, ...] = ("percent", "amount", "set")


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One rule that makes new prices from old ones.

    ``method``: ``percent`` (``value`` in percent, 5 raises 10.00 to 10.50),
    ``amount`` (``value`` is added, in the plan's currency) or ``set`` (``value`` is
    the new price). A negative value lowers. ``step``: the new price is rounded to a
    multiple of it, half away from zero; None: to the decimals of a price.

    Raises EngineError for an unknown method and a step that is not above zero.
    """

    method: str
    value: Decimal
    step: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that makes no price."""
        if self.method not in METHODS:
            raise EngineError(
                f"The method {self.method!r} is unknown: "
                f"choose one of {', '.join(METHODS)}."
            )
        if self.step is not None and not self.step > 0:
            raise EngineError(
                f"Prices cannot be rounded to {self.step}: choose a step above 0."
            )

    def apply(self, price: Decimal) -> Decimal:
        """Give the new price of one that costs ``price`` today.

        Below zero is answered as it is: only the caller can name what went wrong.
        """
        exact: Decimal | Fraction
        if self.method == "set":
            exact = self.value
        elif self.method == "amount":
            exact = EXACT.add(price, self.value)
        else:
            exact = product(price, EXACT.add(HUNDRED, self.value), PERCENT)
        if self.step is None:
            return round_digits(exact, PRICE_DIGITS)
        return round_half_up(exact, self.step)
