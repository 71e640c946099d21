"""Rounding is exact, half away from zero, and nobody else's settings change it."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.errors import EngineError
from msp_engine.money import product, round_digits, round_half_up, to_decimal

steps = st.sampled_from(["0.01", "0.05", "0.001", "1", "5", "0.25"]).map(Decimal)
fractions = st.builds(Fraction, st.integers(-(10**9), 10**9), st.integers(1, 10**4))


@given(fractions, steps)
def test_the_nearest_multiple_is_found(value, step):
    result = round_half_up(value, step)
    assert Fraction(result) % Fraction(step) == 0
    assert abs(Fraction(result) - value) <= Fraction(step) / 2


@given(st.integers(0, 10**6), steps)
def test_halves_go_away_from_zero(count, step):
    half = Fraction(step) * (2 * count + 1) / 2
    assert round_half_up(half, step) == (count + 1) * step
    assert round_half_up(-half, step) == -(count + 1) * step


@given(fractions, steps)
def test_the_thread_s_decimal_context_does_not_matter(value, step):
    expected = round_half_up(value, step)
    with localcontext() as context:
        context.prec = 1
        assert round_half_up(value, step) == expected


@pytest.mark.parametrize(
    ("value", "digits", "result"),
    [
        ("2.345", 2, "2.35"),
        ("-2.345", 2, "-2.35"),
        ("2.3449999", 2, "2.34"),
        ("0.5", 0, "1"),
        ("2.5", 0, "3"),
        ("-0.004", 2, "0.00"),
    ],
)
def test_round_digits(value, digits, result):
    rounded = round_digits(Decimal(value), digits)
    assert str(rounded) == result


def test_five_cents():
    assert str(round_half_up(Decimal("1.025"), Decimal("0.05"))) == "1.05"
    assert str(round_half_up(Decimal("1.0249"), Decimal("0.05"))) == "1.00"


def test_product_is_exact():
    assert product(Decimal("0.1"), 3, Fraction(1, 3)) == Fraction(1, 10)
    assert product() == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1.005, "1.005"),
        (7, "7"),
        ("12.50", "12.50"),
        (Decimal("3.3"), "3.3"),
        (-0.0, "0"),
        (1e-7, "1E-7"),
        ("1E+100", "1E+100"),
    ],
)
def test_a_number_is_what_a_person_reads(value, text):
    assert str(to_decimal(value)) == text


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "-Infinity",
        Decimal("NaN"),
        "ten",
        "",
        None,
        True,
        "1E+101",
        1e-200,
    ],
)
def test_what_is_not_a_number_is_refused(value):
    with pytest.raises(EngineError, match=r"not a number|not an amount"):
        to_decimal(value)


@pytest.mark.parametrize("step", ["0", "-0.01"])
def test_a_rounding_must_be_above_zero(step):
    with pytest.raises(EngineError, match=f"multiples of {step}: set a rounding"):
        round_half_up(Decimal(1), Decimal(step))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "sNaN"])
def test_only_finite_numbers_are_rounded(value):
    with pytest.raises(EngineError, match="enter finite numbers"):
        round_half_up(Decimal(value), Decimal(1))
    with pytest.raises(EngineError, match="enter finite numbers"):
        round_half_up(Decimal(1), Decimal(value))


def test_what_cannot_be_exact_is_refused():
    with pytest.raises(EngineError, match="more than 100 digits"):
        round_digits(Decimal("9" * 101), 2)
    with pytest.raises(EngineError, match="-1 decimals: choose 0 or more"):
        round_digits(Decimal(1), -1)
