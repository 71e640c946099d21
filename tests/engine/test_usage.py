"""Counting is what walking through the days finds."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from histories import seeded
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.errors import EngineError
from msp_engine.span import OPEN_END, Span
from msp_engine.usage import BASES, Usage, measure, measure_readings, project

FIRST = date(2026, 4, 1)


def day(number):
    return FIRST + timedelta(days=number)


def make(start, days):
    return Span(day(start), day(start + days))


cycles = st.builds(make, st.integers(0, 5), st.integers(1, 20))


def presence(random):
    return random.randint(1, 4), make(random.randint(-5, 25), random.randint(0, 9))


def reading(random):
    who = random.choice(["site", "office"]), random.choice("WS")
    return who, day(random.randint(-5, 25)), random.randint(0, 9)


def by_contact(items):
    """Keep one reading a day for each contact and type, in any order."""
    latest = {(who, on): quantity for who, on, quantity in items}
    contacts = {who: [] for who, _on in latest}
    for (who, on), quantity in latest.items():
        contacts[who].append((on, quantity))
    return contacts


presences = st.lists(seeded(presence))
readings = st.lists(seeded(reading)).map(by_contact)


def walk(cycle):
    return [cycle.start + timedelta(days=n) for n in range(cycle.days)]


def facts(daily, cycle):
    """Give end, peak, its first day and the computer-days of daily counts."""
    peak = max(daily)
    peak_day = walk(cycle)[daily.index(peak)] if peak else None
    return daily[-1], peak, peak_day, sum(daily)


@given(cycles, presences)
def test_computers_are_counted_once_a_day(cycle, history):
    there = [
        {computer for computer, span in history if span.contains(each)}
        for each in walk(cycle)
    ]
    usage = measure(cycle, history)
    expected = facts([len(each) for each in there], cycle)
    assert (usage.end, usage.peak, usage.peak_day, usage.computer_days) == expected
    assert usage.unique == len(set().union(*there))
    assert usage.days == cycle.days


@given(cycles, readings)
def test_readings_are_steps_that_are_added(cycle, history):
    daily = [
        sum(
            max((item for item in items if item[0] <= each), default=(None, 0))[1]
            for items in history.values()
        )
        for each in walk(cycle)
    ]
    usage = measure_readings(cycle, history)
    expected = facts(daily, cycle)
    assert (usage.end, usage.peak, usage.peak_day, usage.computer_days) == expected
    assert usage.unique == usage.peak


@given(cycles, presences, st.integers(-5, 25).map(day))
def test_unknown_days_count_like_the_last_known_one(cycle, history, last_known):
    there = [
        {computer for computer, span in history if span.contains(min(each, last_known))}
        for each in walk(cycle)
    ]
    usage = measure(cycle, project(history, last_known))
    assert usage.computer_days == sum(len(each) for each in there)
    assert usage.unique == len(set().union(*there))
    assert usage.end == len(there[-1])


@given(cycles, presences)
def test_bases_are_ordered_as_one_expects(cycle, history):
    usage = measure(cycle, history)
    assert usage.quantity("end") <= usage.quantity("peak") <= usage.quantity("unique")
    assert usage.quantity("average") <= usage.quantity("peak")
    assert usage.quantity("average") * usage.days == usage.computer_days


def test_the_peak_is_counted_on_its_first_day():
    usage = measure(make(0, 10), [(1, make(2, 2)), (2, make(6, 2))])
    assert (usage.peak, usage.peak_day) == (1, day(2))


def test_contracted_ignores_the_inventory():
    history = [(1, Span(FIRST, OPEN_END))]
    usage = measure(make(0, 10), history, contracted=Decimal("7.5"))
    assert usage.quantity("contracted") == Fraction(15, 2)
    assert usage.quantity("end") == 1
    usage = measure_readings(make(0, 10), {}, contracted=Decimal(0))
    assert usage.quantity("contracted") == 0


def test_only_end_and_peak_have_a_counting_day():
    usage = measure(make(0, 10), [(1, make(3, 4))], Decimal(1))
    found = {basis: usage.counting_day(basis, make(0, 10)) for basis in BASES}
    assert found == {
        "end": day(9),
        "peak": day(3),
        "average": None,
        "unique": None,
        "contracted": None,
    }


def test_impossible_counts_are_refused():
    with pytest.raises(EngineError, match="cycle of 0 days cannot be counted"):
        measure(make(0, 0), [])
    with pytest.raises(EngineError, match="count of -1 computers is impossible"):
        Usage(30, 0, 0, -1, None, 0)
    with pytest.raises(EngineError, match="count of -2 computers is impossible"):
        Usage(30, 0, 0, 0, None, 0, Decimal(-2))
    for items in ([(FIRST, -1)], [(FIRST, 1), (FIRST, 2)]):
        with pytest.raises(EngineError, match="on 2026-04-01 cannot be used: enter"):
            measure_readings(make(0, 10), {"site": items})


def test_bases_that_cannot_be_charged_are_refused():
    usage = measure(make(0, 10), [])
    with pytest.raises(
        EngineError, match="basis 'median' is unknown: choose one of end"
    ):
        usage.quantity("median")
    with pytest.raises(EngineError, match="No contracted quantity was agreed: enter"):
        usage.quantity("contracted")
