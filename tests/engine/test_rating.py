"""What must hold for every rating, beside agreeing with the oracle."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from histories import plan_price, seeded
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.errors import EngineError
from msp_engine.price import Price, Tier
from msp_engine.rating import Terms, amount_of, charged_quantity, minimum_charge, rate
from test_histories import engine_price

CENT = Decimal("0.01")

counts = st.builds(Fraction, st.integers(0, 400), st.integers(1, 31))
parts = st.integers(1, 31).map(lambda days: Fraction(days, 31))
percents = st.integers(0, 10_000).map(lambda number: Decimal(number).scaleb(-2))
all_terms = st.builds(
    Terms,
    st.sampled_from([1, 3, 12]),
    parts,
    percents,
    st.integers(0, 3),
    st.just(CENT),
)


def not_package(price):
    return price.price_model != "package" or price.usage_basis != "average"


prices = seeded(plan_price).filter(not_package).map(engine_price)


def terms(months=1, factor=1, discount=0, digits=2, step=CENT):
    return Terms(months, Fraction(factor), Decimal(discount), digits, step)


@given(prices, counts, all_terms)
def test_every_line_is_what_it_says(price, count, conditions):
    for line in rate(price, count, conditions):
        exact = Fraction(line.quantity) * Fraction(line.unit_price)
        exact *= 1 - Fraction(conditions.discount) / 100
        assert abs(Fraction(line.amount) - exact) <= Fraction(CENT) / 2
        assert line.quantity >= 0
        assert line.unit_price.as_tuple().exponent >= -6
        assert line.full_unit_price.as_tuple().exponent >= -6
        part = Fraction(line.full_unit_price) * conditions.factor
        assert abs(Fraction(line.unit_price) - part) <= Fraction(1, 10**6)
        assert line.discount == conditions.discount


@given(prices, counts, all_terms)
def test_tiers_hold_the_charged_quantity(price, count, conditions):
    lines = rate(price, count, conditions)
    quantity = charged_quantity(price, count, conditions.quantity_digits)
    if price.price_model not in ("flat", "package"):
        assert sum(line.quantity for line in lines) == quantity
    if price.price_model == "graduated":
        indexes = [line.tier for line in lines]
        assert indexes == list(range(len(lines)))
        assert len(lines) == 1 or all(line.quantity > 0 for line in lines)
    else:
        assert len(lines) == 1


@given(prices, counts, all_terms)
def test_the_thread_s_decimal_context_does_not_matter(price, count, conditions):
    lines = rate(price, count, conditions)
    lacking = minimum_charge(Decimal("99.99"), conditions, [lines[0].amount])
    with localcontext() as context:
        context.prec = 2
        assert rate(price, count, conditions) == lines
        again = minimum_charge(Decimal("99.99"), conditions, [lines[0].amount])
    assert again == lacking


@given(counts, all_terms, st.lists(st.integers(1, 20), unique=True, max_size=4))
def test_tiers_of_one_price_are_no_tiers(count, conditions, starts):
    price = Decimal("7.5")
    steps = tuple(Tier(Decimal(n), price) for n in [0, *sorted(starts)])
    (line,) = rate(Price("per_unit", "end", price), count, conditions)
    (volume,) = rate(Price("volume", "end", tiers=steps), count, conditions)
    graduated = rate(Price("graduated", "end", tiers=steps), count, conditions)
    assert (volume.quantity, volume.amount) == (line.quantity, line.amount)
    total = sum(each.amount for each in graduated)
    assert abs(total - line.amount) <= CENT * len(graduated)


@given(st.lists(st.integers(0, 9000).map(lambda n: n * CENT)), all_terms)
def test_the_minimum_amount_is_reached_exactly(amounts, conditions):
    lacking = minimum_charge(Decimal("49.99"), conditions, amounts)
    due = Fraction("49.99") * conditions.cycle_months * conditions.factor
    total = sum(amounts) + (lacking.amount if lacking else 0)
    if lacking:
        assert abs(Fraction(total) - due) <= Fraction(CENT) / 2
        assert lacking.amount == lacking.unit_price == lacking.full_unit_price > 0
        assert (lacking.quantity, lacking.discount, lacking.tier) == (1, 0, None)
    else:
        assert Fraction(total) >= due - Fraction(CENT) / 2


def test_the_quantity_is_rounded_before_it_is_priced():
    price = Price("per_unit", "average", Decimal(100))
    (line,) = rate(price, Fraction(70, 30), terms())
    assert (line.quantity, line.amount) == (Decimal("2.33"), Decimal("233.00"))
    (line,) = rate(price, Fraction(5, 2), terms(digits=0))
    assert line.quantity == 3


def test_the_count_is_rounded_before_included_and_limits():
    included = Price("per_unit", "average", included=Decimal("0.335"))
    assert charged_quantity(included, Fraction(2, 3), 2) == Decimal("0.34")
    assert charged_quantity(included, Fraction(1, 3), 2) == 0
    at_most = Price("per_unit", "average", maximum=Decimal("1.255"))
    assert charged_quantity(at_most, Fraction(7), 2) == Decimal("1.26")


def test_tiers_start_where_a_quantity_can_be_read():
    tiers = (Tier(Decimal(0), Decimal(5)), Tier(Decimal("2.555"), Decimal(4)))
    lines = rate(Price("graduated", "end", tiers=tiers), Fraction(3), terms())
    assert [line.quantity for line in lines] == [Decimal("2.56"), Decimal("0.44")]
    (line,) = rate(Price("volume", "end", tiers=tiers), Fraction("2.555"), terms())
    assert line.tier == 1


def test_half_a_cent_goes_away_from_zero():
    assert amount_of(Decimal(1), Decimal("0.125"), Decimal(0), CENT) == Decimal("0.13")
    assert amount_of(Decimal(-1), Decimal("0.125"), Decimal(0), CENT) == Decimal(
        "-0.13"
    )
    assert amount_of(Decimal(3), Decimal("3.35"), Decimal(50), CENT) == Decimal("5.03")
    assert amount_of(Decimal(1), Decimal("1.02"), Decimal(0), Decimal("0.05")) == 1


def test_a_stub_s_unit_price_has_six_decimals():
    (line,) = rate(Price("per_unit", "end", Decimal("0.0000005")), Fraction(1), terms())
    assert line.unit_price == Decimal("0.000001")
    (line,) = rate(
        Price("per_unit", "end", Decimal(10)), 3, terms(months=3, factor=Fraction(1, 3))
    )
    assert (line.unit_price, line.full_unit_price) == (10, 30)


def test_a_price_of_many_decimals_is_rounded_once():
    price = Price("per_unit", "end", Decimal("0.00000049"))
    (line,) = rate(price, Fraction(1), terms(months=12, factor=Fraction(1, 2)))
    assert line.unit_price == Decimal("0.000003")
    assert line.full_unit_price == Decimal("0.000006")


def test_a_weekly_cycle_needs_a_price_per_cycle():
    with pytest.raises(EngineError, match="weekly cycle: set the price period"):
        rate(Price("per_unit", "end", Decimal(5)), Fraction(1), terms(months=0))
    price = Price("per_unit", "end", Decimal(5), price_period="cycle")
    (line,) = rate(price, Fraction(2), terms(months=0))
    assert line.amount == 10


def test_a_weekly_cycle_has_no_minimum_amount():
    assert minimum_charge(Decimal(50), terms(months=0), []) is None


def test_without_a_minimum_amount_nothing_lacks():
    assert minimum_charge(Decimal(0), terms(), []) is None
    assert minimum_charge(Decimal(50), terms(), [Decimal("50.00")]) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"months": -1}, "cycle of -1 months does not exist: choose"),
        ({"factor": 0}, "part 0 of a cycle cannot be charged"),
        ({"factor": Fraction(32, 31)}, "part 32/31 of a cycle cannot be charged"),
        ({"discount": "-0.01"}, "discount of -0.01 % is impossible: enter"),
        ({"discount": "100.01"}, "discount of 100.01 % is impossible"),
    ],
)
def test_impossible_terms_are_refused(arguments, message):
    with pytest.raises(EngineError, match=message):
        terms(**arguments)
