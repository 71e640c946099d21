"""The worked examples of docs/how-a-bill-is-calculated, in its order."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import pytest
from msp_engine.adjustment import credit_lines, difference
from msp_engine.cycle import Calendar
from msp_engine.price import Price, Tier
from msp_engine.rating import Terms, charged_quantity, minimum_charge, rate
from msp_engine.span import OPEN_END, Span
from msp_engine.usage import measure, measure_readings, project

APRIL = Span(date(2026, 4, 1), date(2026, 5, 1))
CENT = Decimal("0.01")
FIVE_THEN_FOUR = (
    Tier(Decimal(0), Decimal("5.00")),
    Tier(Decimal(50), Decimal("4.00")),
)


def terms(months=1, factor=1, discount=0):
    return Terms(months, Fraction(factor), Decimal(discount), 2, CENT)


def told(lines):
    """Write lines as a customer reads them."""
    return [
        f"{line.quantity.normalize():f} x {line.unit_price.normalize():f}"
        f" = {line.amount:.2f}"
        for line in lines
    ]


class TestCycle:
    def test_the_anchor_day_survives_short_months(self):
        calendar = Calendar(date(2026, 1, 31), "monthly")
        starts = [cycle.span.start for cycle in islice(calendar.cycles(), 4)]
        assert starts == [
            date(2026, 1, 31),
            date(2026, 2, 28),
            date(2026, 3, 31),
            date(2026, 4, 30),
        ]

    def test_days_before_the_first_anchor_are_a_stub(self):
        calendar = Calendar(date(2026, 2, 10), "quarterly", anchor_day=1)
        stub, following = islice(calendar.cycles(), 2)
        assert stub.span == Span(date(2026, 2, 10), date(2026, 3, 1))
        assert stub.full == Span(date(2025, 12, 1), date(2026, 3, 1))
        assert (stub.days, stub.full.days, stub.factor) == (19, 90, Fraction(19, 90))
        assert stub.is_stub
        assert following.span == Span(date(2026, 3, 1), date(2026, 6, 1))
        assert not following.is_stub

    def test_the_anchor_month_counts_in_steps_of_the_cycle(self):
        calendar = Calendar(date(2026, 2, 10), "quarterly", 1, 1)
        starts = [cycle.span.start for cycle in islice(calendar.cycles(), 4)]
        assert starts == [
            date(2026, 2, 10),
            date(2026, 4, 1),
            date(2026, 7, 1),
            date(2026, 10, 1),
        ]

    def test_the_end_cuts_the_last_cycle(self):
        calendar = Calendar(date(2026, 1, 1), "monthly", date_end=date(2026, 2, 15))
        last = list(calendar.cycles())[-1]
        assert last.span == Span(date(2026, 2, 1), date(2026, 2, 15))
        assert last.factor == Fraction(14, 28)


class TestTiming:
    april = next(Calendar(APRIL.start, "monthly").cycles())

    def test_arrears_are_due_on_the_end_and_advance_on_the_start(self):
        assert self.april.due_date("arrears") == date(2026, 5, 1)
        assert self.april.due_date("advance") == date(2026, 4, 1)

    @pytest.mark.parametrize(
        ("basis", "more"), [("average", "0.67 x 5 = 3.35"), ("end", "1 x 5 = 5.00")]
    )
    def test_what_happens_after_an_advance_bill_is_a_correction(self, basis, more):
        price = Price("per_unit", basis, Decimal("5.00"))
        history = [(key, Span(date(2025, 1, 1), OPEN_END)) for key in range(10)]
        known = measure(APRIL, project(history, date(2026, 4, 1)))
        billed = rate(price, known.quantity(basis), terms())
        assert told(billed) == ["10 x 5 = 50.00"]

        history.append((10, Span(date(2026, 4, 11), OPEN_END)))
        today = rate(price, measure(APRIL, history).quantity(basis), terms())
        assert told(difference(billed, today, "per_unit", CENT)) == [more]


class TestCounting:
    #: A all April, B from 11 April, C up to and including 20 April.
    presences = (
        (1, Span(date(2026, 1, 1), OPEN_END)),
        (2, Span(date(2026, 4, 11), OPEN_END)),
        (3, Span(date(2026, 1, 1), date(2026, 4, 21))),
    )
    readings = {
        "site": [(date(2026, 1, 1), 2), (date(2026, 4, 11), 3), (date(2026, 4, 21), 2)]
    }

    @pytest.mark.parametrize(
        "usage", [measure(APRIL, presences), measure_readings(APRIL, readings)]
    )
    def test_the_table_of_usage_bases(self, usage):
        assert (usage.days, usage.computer_days) == (30, 70)
        assert usage.quantity("end") == 2
        assert usage.quantity("peak") == 3
        assert usage.quantity("average") == Fraction(70, 30)
        assert usage.quantity("unique") == 3
        assert usage.counting_day("end", APRIL) == date(2026, 4, 30)
        assert usage.counting_day("peak", APRIL) == date(2026, 4, 11)

    def test_the_average_is_charged_as_it_is_read(self):
        price = Price("per_unit", "average", Decimal("5.00"))
        average = measure(APRIL, self.presences).quantity("average")
        assert told(rate(price, average, terms())) == ["2.33 x 5 = 11.65"]


class TestPrice:
    def test_included_and_minimum(self):
        price = Price("per_unit", "end", included=Decimal(10), minimum=Decimal(5))
        assert charged_quantity(price, Fraction(3), 2) == 5

    @pytest.mark.parametrize(
        ("count", "lines"), [(49, ["49 x 5 = 245.00"]), (50, ["50 x 4 = 200.00"])]
    )
    def test_volume_from_50_on_all_at_the_new_price(self, count, lines):
        price = Price("volume", "end", tiers=FIVE_THEN_FOUR)
        assert told(rate(price, Fraction(count), terms())) == lines

    @pytest.mark.parametrize(
        ("count", "lines"),
        [
            (0, ["0 x 5 = 0.00"]),
            (50, ["50 x 5 = 250.00"]),
            (51, ["50 x 5 = 250.00", "1 x 4 = 4.00"]),
        ],
    )
    def test_graduated_the_first_50_at_the_old_price(self, count, lines):
        price = Price("graduated", "end", tiers=FIVE_THEN_FOUR)
        assert told(rate(price, Fraction(count), terms())) == lines

    @pytest.mark.parametrize(("count", "blocks"), [(0, 0), (1, 1), (10, 1), (11, 2)])
    def test_package_counts_begun_blocks(self, count, blocks):
        price = Price("package", "end", Decimal(30), package_size=Decimal(10))
        amount = f"{blocks} x 30 = {30 * blocks}.00"
        assert told(rate(price, Fraction(count), terms())) == [amount]

    def test_flat_is_once_per_cycle_also_without_computers(self):
        price = Price("flat", "end", Decimal(100))
        assert told(rate(price, Fraction(0), terms())) == ["1 x 100 = 100.00"]

    @pytest.mark.parametrize(
        ("period", "line"), [("month", "2 x 15 = 30.00"), ("cycle", "2 x 5 = 10.00")]
    )
    def test_a_price_per_month_is_multiplied_in_a_quarter(self, period, line):
        price = Price("per_unit", "end", Decimal(5), price_period=period)
        assert told(rate(price, Fraction(2), terms(months=3))) == [line]

    def test_the_minimum_amount_is_compared_after_the_discount(self):
        rated = rate(Price("per_unit", "end", Decimal(5)), 8, terms(discount=25))
        assert told(rated) == ["8 x 5 = 30.00"]
        amounts = [line.amount for line in rated]
        lacking = minimum_charge(Decimal(50), terms(discount=25), amounts)
        assert told([lacking]) == ["1 x 20 = 20.00"]
        assert lacking.discount == 0


class TestStubs:
    def test_graduated_for_half_a_month(self):
        price = Price("graduated", "end", tiers=FIVE_THEN_FOUR)
        lines = rate(price, Fraction(60), terms(factor=Fraction(1, 2)))
        assert told(lines) == ["50 x 2.5 = 125.00", "10 x 2 = 20.00"]
        assert sum(line.amount for line in lines) == Decimal("145.00")

    def test_flat_for_19_of_31_days(self):
        price = Price("flat", "end", Decimal(1000))
        (line,) = rate(price, Fraction(0), terms(factor=Fraction(19, 31)))
        assert told([line]) == ["1 x 612.903226 = 612.90"]
        assert line.full_unit_price == 1000


class TestCorrections:
    @staticmethod
    def corrected(model, before, after):
        price = Price(model, "end", Decimal("5.00"), FIVE_THEN_FOUR)
        billed = rate(price, Fraction(before), terms())
        rated = rate(price, Fraction(after), terms())
        return told(difference(billed, rated, model, CENT))

    def test_unit_price_unchanged_one_line(self):
        assert self.corrected("per_unit", 10, 12) == ["2 x 5 = 10.00"]
        assert self.corrected("volume", 10, 8) == ["-2 x 5 = -10.00"]

    def test_quantity_and_price_changed_old_back_and_new(self):
        assert self.corrected("volume", 49, 51) == [
            "-49 x 5 = -245.00",
            "51 x 4 = 204.00",
        ]

    def test_graduated_tier_by_tier(self):
        assert self.corrected("graduated", 49, 51) == ["1 x 5 = 5.00", "1 x 4 = 4.00"]
        assert self.corrected("graduated", 51, 40) == [
            "-10 x 5 = -50.00",
            "-1 x 4 = -4.00",
        ]

    def test_ended_on_16_april_after_april_was_billed_in_advance(self):
        price = Price("per_unit", "end", Decimal("5.00"))
        billed = rate(price, Fraction(10), terms())
        april = Calendar(APRIL.start, "monthly", date_end=date(2026, 4, 16))
        served = terms(factor=april.cycle_from(APRIL.start).factor)
        credit = credit_lines(billed, price, Fraction(10), served)
        assert told(credit) == ["-10 x 2.5 = -25.00"]

    def test_without_proration_nothing_is_credited(self):
        price = Price("per_unit", "end", Decimal("5.00"))
        billed = rate(price, Fraction(10), terms())
        assert credit_lines(billed, price, Fraction(8), terms()) == []
