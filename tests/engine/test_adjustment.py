"""Corrections: bill what is missing, take back what is too much, then be silent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from conftest import HISTORIES
from hypothesis import given, settings
from hypothesis import strategies as st
from msp_engine.adjustment import Billed, credit_lines, difference, take_back
from msp_engine.price import MODELS, Price, Tier
from msp_engine.rating import Terms, minimum_charge, rate

CENT = Decimal("0.01")
TIERS = ((0, "5.00"), (3, "2.50"), (6, "5.00"), (9, "0"), (12, "3.333333"))


def make(model, unit_price="5.00"):
    tiers = tuple(Tier(Decimal(start), Decimal(price)) for start, price in TIERS)
    size = Decimal(4)
    return Price(model, "end", Decimal(unit_price), tiers, package_size=size)


def terms(factor=1, discount=0):
    return Terms(1, Fraction(factor), Decimal(discount), 2, CENT)


def line(quantity, unit_price, tier=None, discount=0):
    return Billed(Decimal(quantity), Decimal(unit_price), Decimal(discount), tier)


def worth(lines):
    """Give what lines cost before each is rounded."""
    return sum(
        Fraction(each.quantity)
        * Fraction(each.unit_price)
        * (100 - Fraction(each.discount))
        for each in lines
    )


def told(lines):
    return [(float(each.quantity), float(each.unit_price)) for each in lines]


#: What a cycle is found to be, again and again: a count, and the part that is served.
findings = st.lists(
    st.tuples(
        st.sampled_from([0, 2, 3, 5, 7, 10, 14, Fraction(5, 2), Fraction(1, 3)]),
        st.sampled_from([1, 1, Fraction(1, 2), Fraction(15, 31), Fraction(1, 4)]),
    ),
    min_size=2,
    max_size=6,
)


@pytest.mark.parametrize("model", MODELS)
def test_billed_and_corrected_is_what_is_rated(model):
    @settings(max_examples=HISTORIES // 5)
    @given(findings, st.sampled_from([0, 10, Decimal("33.33"), 100]))
    def check(found, discount):
        price = make(model)
        billed = []
        for count, factor in found:
            rated = rate(price, count, terms(factor, discount))
            more = difference(billed, rated, model, CENT)
            billed += more
            assert worth(billed) == worth(rated)
            assert difference(billed, rated, model, CENT) == []
            assert all(each.unit_price > 0 and each.quantity for each in more)
            charged = sum(each.amount for each in billed)
            owed = sum(each.amount for each in rated)
            assert abs(charged - owed) <= CENT / 2 * (len(billed) + len(rated))
        assert worth(billed + take_back(billed, model, CENT)) == 0

    check()


quantities = st.sampled_from(["-10", "-2.5", "0", "1", "2.5", "10", "10"])
unit_prices = st.sampled_from(["0", "2.50", "5.00", "7.50", "10"])
any_line = st.builds(
    line, quantities, unit_prices, st.sampled_from([0, 1]), st.sampled_from([0, 5])
)


@given(st.lists(any_line, max_size=5), st.lists(any_line, max_size=3))
def test_whatever_was_billed_can_be_corrected(billed, rated):
    for model in ("per_unit", "graduated"):
        more = difference(billed, rated, model, CENT)
        assert worth([*billed, *more]) == worth(rated)
        assert difference([*billed, *more], rated, model, CENT) == []
        assert all(each.unit_price > 0 and each.quantity for each in more)


@given(findings)
def test_while_the_price_stays_each_correction_is_one_line(found):
    price = make("per_unit")
    billed = []
    for count, _factor in found:
        rated = rate(price, count, terms())
        more = difference(billed, rated, "per_unit", CENT)
        assert len(more) == (rated[0].quantity != sum(each.quantity for each in billed))
        billed += more
        assert sum(each.quantity for each in billed) == rated[0].quantity


class TestEarlyEnd:
    """10 x 5.00 billed in advance; half of the cycle is served in the end."""

    billed = (line(10, "5.00"), line(-10, "2.50"))

    def correct(self, quantity, unit_price):
        return told(difference(self.billed, [line(quantity, unit_price)], "flat", CENT))

    def test_the_credit_is_known(self):
        assert self.correct(10, "2.50") == []

    def test_a_joiner_of_the_served_half(self):
        assert self.correct(12, "2.50") == [(2, 2.5)]

    def test_nothing_served_after_all(self):
        assert told(take_back(self.billed, "flat", CENT)) == [(-10, 2.5)]

    def test_a_shorter_end(self):
        assert self.correct(10, "1.25") == [(-10, 1.25)]

    def test_the_end_is_withdrawn(self):
        restored = self.correct(10, "5.00")
        assert restored == [(-10, 2.5), (10, 5)]
        again = [*self.billed, *(line(*pair) for pair in restored)]
        assert difference(again, [line(10, "5.00")], "flat", CENT) == []
        assert told(difference(again, [line(11, 5)], "flat", CENT)) == [(1, 5)]

    def test_a_small_rest(self):
        billed = [line(10, "5.00"), line(-10, "4.50")]
        more = difference(billed, [line(12, "0.50")], "flat", CENT)
        assert told(more) == [(2, 0.5)]

    def test_a_later_end(self):
        assert self.correct(10, "3.75") == [(10, 1.25)]


def test_lines_read_in_another_order_are_netted():
    billed = [line(49, 5), line(51, 4), line(-49, 5)]
    assert difference(billed, [line(51, 4)], "volume", CENT) == []
    assert told(difference(billed, [line(53, 4)], "volume", CENT)) == [(2, 4)]


def test_a_correction_that_was_taken_back_is_not_charged_again():
    billed = [line(10, 5), line(-10, "2.50"), line(10, "2.50")]
    assert difference(billed, [line(10, 5)], "flat", CENT) == []


def test_lines_that_cannot_be_read_are_replaced_one_by_one():
    billed = [line(49, 5), line(51, 4)]
    more = difference(billed, [line(51, 4)], "volume", CENT)
    assert told(more) == [(-49, 5)]
    more = difference([line(10, 5), line(-10, 7)], [line(5, 4)], "volume", CENT)
    assert told(more) == [(-10, 5), (5, 4), (10, 7)]
    more = difference([line(10, 2), line(3, 4)], [line(7, 1)], "volume", CENT)
    assert told(more) == [(-10, 2), (-3, 4), (7, 1)]


def test_a_price_of_nothing_leaves_no_lines():
    free, paid = line(10, 0), line(12, "4.00")
    assert difference([free], [line(11, 0)], "volume", CENT) == []
    assert told(difference([free], [paid], "volume", CENT)) == [(12, 4)]
    assert told(difference([paid], [free], "volume", CENT)) == [(-12, 4)]


def test_a_volume_price_that_two_tiers_share_is_one_price():
    billed, rated = [line(2, 5, 0)], [line(7, 5, 2)]
    assert told(difference(billed, rated, "volume", CENT)) == [(5, 5)]


def test_graduated_lines_say_their_tier():
    before = rate(make("graduated"), 2, terms(discount=10))
    after = rate(make("graduated"), 7, terms(discount=10))
    more = difference(before, after, "graduated", CENT)
    assert [(each.tier, each.quantity, each.discount) for each in more] == [
        (0, 1, 10),
        (1, 3, 10),
        (2, 1, 10),
    ]
    assert [each.amount for each in more] == [
        Decimal("4.50"),
        Decimal("6.75"),
        Decimal("4.50"),
    ]
    assert all(each.full_unit_price == each.unit_price for each in more)


def test_a_graduated_line_of_no_tier_is_taken_back_first():
    rated = [line(3, 5, 0), line(1, 4, 1)]
    more = difference([line(4, 5)], rated, "graduated", CENT)
    assert [
        (each.tier, *pair) for each, pair in zip(more, told(more), strict=True)
    ] == [
        (None, -4, 5),
        (0, 3, 5),
        (1, 1, 4),
    ]


def test_a_line_with_another_discount_is_taken_back_with_it():
    more = difference([line(2, 5, discount=10)], [line(2, 5)], "flat", CENT)
    assert [(each.quantity, each.discount, each.amount) for each in more] == [
        (2, 0, 10),
        (-2, 10, -9),
    ]


def test_the_minimum_charge_is_corrected_like_a_flat_price():
    before = minimum_charge(Decimal(50), terms(), [Decimal(30)])
    after = minimum_charge(Decimal(50), terms(), [Decimal(35)])
    assert told(difference([before], [after], "flat", CENT)) == [(-1, 5)]
    assert told(difference([before], [], "flat", CENT)) == [(-1, 20)]
    assert told(difference([], [after], "flat", CENT)) == [(1, 15)]


def test_a_credit_counts_the_served_days_anew():
    price = make("per_unit")
    billed = rate(price, 10, terms())
    credit = credit_lines(billed, price, 8, terms(Fraction(1, 2)))
    assert told(credit) == [(-10, 5), (8, 2.5)]
    assert credit_lines(billed, price, 8, terms()) == []
