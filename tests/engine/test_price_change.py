"""New prices come from old ones by one rule, exactly, and are rounded once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.errors import EngineError
from msp_engine.price_change import PriceChange

prices = st.decimals(0, 10**6, places=6)


@pytest.mark.parametrize(
    ("method", "value", "step", "old", "new"),
    [
        ("percent", "5", None, "10.00", "10.50"),
        ("percent", "-10", None, "10.00", "9.00"),
        ("percent", "3.3", None, "9.99", "10.31967"),
        ("percent", "3.3", "0.05", "9.99", "10.30"),
        ("percent", "3.3", "0.01", "9.99", "10.32"),
        ("percent", "1", "1.00", "49.50", "50"),
        ("percent", "33.333333", None, "0.000001", "0.000001"),
        ("amount", "0.5", None, "9.99", "10.49"),
        ("amount", "-0.5", "0.10", "9.99", "9.50"),
        ("amount", "-20", None, "9.99", "-10.01"),
        ("set", "12.5", None, "9.99", "12.5"),
        ("set", "12.34", "0.05", "9.99", "12.35"),
    ],
)
def test_examples(method, value, step, old, new):
    rule = PriceChange(method, Decimal(value), Decimal(step) if step else None)
    assert rule.apply(Decimal(old)) == Decimal(new)


@given(prices, st.decimals(-99, 500, places=2))
def test_percent_is_exact_to_the_decimals_of_a_price(old, percent):
    new = PriceChange("percent", percent).apply(old)
    exact = old * (100 + percent) / 100
    assert abs(new - exact) <= Decimal("0.0000005")


@given(prices)
def test_nothing_is_no_change(old):
    assert PriceChange("percent", Decimal(0)).apply(old) == old
    assert PriceChange("amount", Decimal(0)).apply(old) == old


@pytest.mark.parametrize(
    ("method", "step", "words"), [("double", None, "unknown"), ("set", "0", "above 0")]
)
def test_impossible_rules_are_refused(method, step, words):
    with pytest.raises(EngineError, match=words):
        PriceChange(method, Decimal(1), Decimal(step) if step else None)
