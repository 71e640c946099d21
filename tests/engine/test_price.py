"""A price that nobody can mean is refused with the way out."""

from decimal import Decimal

import pytest
from msp_engine.errors import EngineError
from msp_engine.price import MODELS, Price, Tier


def tiers(*pairs):
    return tuple(Tier(Decimal(start), Decimal(price)) for start, price in pairs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"price_model": "free"}, "price model 'free' is unknown: choose one of per_"),
        ({"usage_basis": "mode"}, "usage basis 'mode' is unknown: choose one of end"),
        ({"price_period": "day"}, "price period 'day' is unknown: choose one of month"),
        ({"unit_price": "-0.01"}, "unit price -0.01 is impossible: enter 0 or more"),
        ({"unit_price": "NaN"}, "unit price NaN is impossible"),
        ({"included": "-1"}, "included quantity -1 is impossible"),
        ({"minimum": "-1"}, "minimum quantity -1 is impossible"),
        ({"maximum": "-1"}, "maximum quantity -1 is impossible"),
        ({"minimum": "3", "maximum": "2"}, "minimum quantity 3 is above .* 2: lower"),
    ],
)
def test_impossible_prices(arguments, message):
    names = ("price_model", "usage_basis", "price_period")
    arguments = {
        name: value if name in names else Decimal(value)
        for name, value in arguments.items()
    }
    with pytest.raises(EngineError, match=message):
        Price(**{"price_model": "per_unit", "usage_basis": "end", **arguments})


@pytest.mark.parametrize("model", ["volume", "graduated"])
@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "do not start at 0: add a tier from 0"),
        (((1, 5),), "do not start at 0"),
        (((0, 5), (10, 4), (10, 3)), "from 10 follows one from 10: give each tier"),
        (((0, 5), (10, 4), (5, 3)), "from 5 follows one from 10"),
        (((0, -5),), "tier's unit price -5 is impossible"),
        (((0, 5), ("NaN", 4)), "tier's start NaN is impossible"),
    ],
)
def test_impossible_tiers(model, steps, message):
    with pytest.raises(EngineError, match=message):
        Price(model, "end", tiers=tiers(*steps))


@pytest.mark.parametrize("size", [None, "0", "-1", "NaN"])
def test_impossible_packages(size):
    size = None if size is None else Decimal(size)
    with pytest.raises(EngineError, match=f"Blocks of {size} .* above 0"):
        Price("package", "end", package_size=size)


def test_blocks_of_averages_are_refused():
    with pytest.raises(
        EngineError, match=r"cannot be charged on the average: .* Choose"
    ):
        Price("package", "average", package_size=Decimal(10))


@pytest.mark.parametrize("model", MODELS)
def test_what_a_model_does_not_use_is_not_looked_at(model):
    price = Price(
        model,
        "end",
        tiers=tiers((0, 5)) if model in ("volume", "graduated") else tiers((7, 1)),
        package_size=Decimal(10 if model == "package" else 0),
        minimum=Decimal(2),
        maximum=Decimal(2),
    )
    assert price.price_period == "month"
