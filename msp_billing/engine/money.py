"""Exact numbers and their rounding (docs/how-a-bill-is-calculated: Rounding).

Nothing here depends on the decimal context of the calling thread: what is rounded
is rounded by these functions, half away from zero, and nothing else ever is.
"""

from __future__ import annotations

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from fractions import Fraction

from .errors import EngineError

#: Decimal arithmetic that refuses to round: no price has a hundred digits.
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
PERCENT = Decimal("0.01")


def to_decimal(value: float | str | Decimal) -> Decimal:
    """Give the number that a person reads: 0.1 is a tenth, not its binary neighbour.

    Raises EngineError for what is not a finite number.
    """
    if isinstance(value, bool):
        raise EngineError(f"{value} is not a number: enter an amount or a quantity.")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (DecimalException, TypeError, ValueError) as error:
        raise EngineError(f"{value!r} is not a number: enter digits only.") from error
    if not number.is_finite() or (number and abs(number.adjusted()) > EXACT.prec):
        raise EngineError(
            f"{value!r} is not an amount or a quantity: enter a usual number."
        )
    return number or ZERO


def product(*factors: Decimal | Fraction | int) -> Fraction:
    """Multiply without rounding; faster than one fraction after the other."""
    over = under = 1
    for factor in factors:
        numerator, denominator = factor.as_integer_ratio()
        over *= numerator
        under *= denominator
    return Fraction(over, under)


def round_half_up(value: Decimal | Fraction, step: Decimal) -> Decimal:
    """Round to a multiple of ``step``, half away from zero, without any other error.

    ``step`` is the smallest unit: 0.01 for cents, 0.05 where five-cent coins are the
    smallest. Raises EngineError when it is not above zero or a value is not finite.
    """
    try:
        numerator, denominator = value.as_integer_ratio()
        step_numerator, step_denominator = step.as_integer_ratio()
    except (OverflowError, ValueError) as error:
        raise EngineError(
            f"{value} cannot be rounded to {step}: enter finite numbers."
        ) from error
    if step_numerator <= 0:
        raise EngineError(
            f"Nothing can be rounded to multiples of {step}: set a rounding above zero."
        )
    twice = 2 * abs(numerator) * step_denominator
    unit = denominator * step_numerator
    steps = (twice + unit) // (2 * unit)
    return _exact_product(steps if numerator > 0 else -steps, step)


def round_digits(value: Decimal | Fraction, digits: int) -> Decimal:
    """Round to ``digits`` decimals (0 or more), half away from zero."""
    if digits < 0:
        raise EngineError(
            f"Numbers cannot be rounded to {digits} decimals: choose 0 or more."
        )
    return round_half_up(value, Decimal((0, (1,), -digits)))


def _exact_product(count: int, step: Decimal) -> Decimal:
    try:
        return EXACT.multiply(Decimal(count), step)
    except DecimalException as error:
        raise EngineError(
            f"{count} times {step} has more than {EXACT.prec} digits: "
            "enter a smaller number."
        ) from error
