"""Cycles follow each other without gaps and always hang on their anchor."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import islice, pairwise
from types import SimpleNamespace

import oracle
import pytest
from histories import frame, seeded
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.cycle import CYCLES, MONTHS, TIMINGS, Calendar
from msp_engine.errors import EngineError
from msp_engine.span import Span

calendars = st.builds(
    Calendar,
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(CYCLES),
    st.sampled_from([None, *range(1, 32)]),
    st.sampled_from([None, *range(1, 13)]),
)
later = st.integers(0, 1500).map(lambda days: timedelta(days=days))


def first_cycles(calendar, count=15):
    return list(islice(calendar.cycles(), count))


@given(seeded(frame))
def test_cycles_are_those_of_the_oracle(frame):
    history = SimpleNamespace(**{**frame, "proration": True})
    history.months = MONTHS[history.billing_cycle]
    calendar = Calendar(
        history.date_start,
        history.billing_cycle,
        history.anchor_day,
        history.anchor_month,
        history.date_end,
    )
    found = [
        (cycle.span.start, cycle.days, cycle.factor) for cycle in calendar.cycles()
    ]
    assert found == [
        (days[0], len(days), part) for days, part in oracle.cycles(history)
    ]


@given(calendars)
def test_no_gap_no_overlap(calendar):
    cycles = first_cycles(calendar)
    assert cycles[0].span.start == calendar.date_start
    for before, after in pairwise(cycles):
        assert before.span.end == after.span.start
        assert after.span == after.full
    for cycle in cycles:
        assert cycle.full.start <= cycle.span.start < cycle.span.end == cycle.full.end
        assert cycle.months == MONTHS[calendar.billing_cycle]


@given(calendars)
def test_boundaries_hang_on_the_anchor(calendar):
    anchor = calendar.first_anchor
    assert calendar.boundary(0) == anchor >= calendar.date_start
    assert calendar.boundary(-1) < calendar.date_start or not calendar.months
    for k in range(-14, 15):
        day = calendar.boundary(k)
        assert day < calendar.boundary(k + 1)
        if calendar.months:
            assert oracle.is_anchor_day(calendar, day)
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            assert months == k * calendar.months
        else:
            assert (day - anchor).days == 7 * k


@given(calendars)
def test_the_first_anchor_is_the_earliest_one(calendar):
    if calendar.months:
        step = calendar.months if calendar.anchor_month else 1
        asked = calendar.anchor_month or calendar.first_anchor.month
        assert (calendar.first_anchor.month - asked) % calendar.months == 0
        day = calendar.date_start
        while day < calendar.first_anchor:
            in_step = (day.month - asked) % step == 0
            assert not (in_step and oracle.is_anchor_day(calendar, day))
            day += timedelta(days=1)
    else:
        assert calendar.first_anchor == calendar.date_start


@given(calendars, later)
def test_a_cycle_can_begin_on_any_day(calendar, ahead):
    day = calendar.date_start + ahead
    cycle = calendar.cycle_from(day)
    assert cycle.span.start == day
    assert cycle.full.contains(day)
    if day != cycle.full.start >= calendar.date_start:
        whole = calendar.cycle_from(cycle.full.start)
        before = Fraction((day - cycle.full.start).days, whole.days)
        assert before + cycle.factor == whole.factor == 1


@given(calendars, later, later, st.sampled_from(TIMINGS))
def test_due_cycles_are_all_that_are_due(calendar, ahead, further, timing):
    start = calendar.date_start + ahead
    on = start + further
    due = calendar.due_cycles(start, on, timing)
    after = due[-1].span.end if due else start
    assert all(cycle.due_date(timing) <= on for cycle in due)
    assert calendar.cycle_from(after).due_date(timing) > on
    assert [cycle.span.start for cycle in due] == [
        start,
        *(cycle.span.end for cycle in due),
    ][: len(due)]


@given(calendars, later, later)
def test_the_end_cuts_only_the_last_cycle(calendar, ahead, further):
    end = calendar.date_start + ahead + timedelta(days=1)
    ended = replace(calendar, date_end=end)
    cycles = list(ended.cycles())
    assert cycles[-1].span.end == end
    assert sum(cycle.days for cycle in cycles) == (end - calendar.date_start).days
    assert cycles[:-1] == first_cycles(calendar, len(cycles) - 1)
    assert cycles[-1].full == first_cycles(calendar, len(cycles))[-1].full
    assert ended.cycle_from(end + further) is None


@given(calendars, later)
def test_corrections_are_due_on_the_anchor_day_of_each_month(calendar, ahead):
    on = calendar.date_start + ahead
    day = calendar.correction_day(on)
    before = [
        each
        for each in (on - timedelta(days=n) for n in range(ahead.days + 1))
        if (
            oracle.is_anchor_day(calendar, each)
            if calendar.months
            else (each - calendar.date_start).days % 7 == 0
        )
    ]
    assert day == (before[0] if before else None)


def test_leap_years():
    yearly = Calendar(date(2024, 2, 29), "yearly")
    assert [yearly.boundary(k) for k in (-1, 0, 1, 4)] == [
        date(2023, 2, 28),
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2028, 2, 29),
    ]
    assert yearly.cycle_from(date(2024, 2, 29)).days == 365
    monthly = Calendar(date(2024, 1, 30), "monthly")
    assert monthly.boundary(1) == date(2024, 2, 29)
    assert monthly.cycle_from(date(2024, 2, 29)).factor == 1


def test_weekly_keeps_the_weekday_and_ignores_the_anchor():
    weekly = Calendar(date(2026, 1, 31), "weekly", 1, 6)
    assert weekly.first_anchor == date(2026, 1, 31)
    cycle = weekly.cycle_from(date(2026, 2, 10))
    assert cycle.full == Span(date(2026, 2, 7), date(2026, 2, 14))
    assert (cycle.months, cycle.factor) == (0, Fraction(4, 7))


def test_a_yearly_cycle_with_a_fiscal_year():
    yearly = Calendar(date(2026, 2, 10), "yearly", 31, 12)
    assert [cycle.span.start for cycle in first_cycles(yearly, 3)] == [
        date(2026, 2, 10),
        date(2026, 12, 31),
        date(2027, 12, 31),
    ]


def test_a_subscription_goes_on_from_its_last_billed_day():
    calendar = Calendar(date(2026, 1, 1), "monthly")
    due = calendar.due_cycles(date(2026, 4, 16), date(2026, 6, 1), "arrears")
    assert [cycle.span for cycle in due] == [
        Span(date(2026, 4, 16), date(2026, 5, 1)),
        Span(date(2026, 5, 1), date(2026, 6, 1)),
    ]
    assert [cycle.factor for cycle in due] == [Fraction(1, 2), 1]
    assert calendar.due_cycles(None, date(2026, 1, 1), "advance")[0].days == 31
    assert calendar.due_cycles(None, date(2026, 1, 31), "arrears") == []


def test_corrections_of_an_ended_subscription_are_still_due():
    quarterly = Calendar(date(2026, 1, 31), "quarterly", date_end=date(2026, 3, 1))
    assert quarterly.correction_day(date(2026, 4, 30)) == date(2026, 4, 30)
    assert quarterly.correction_day(date(2026, 5, 30)) == date(2026, 4, 30)
    assert quarterly.correction_day(date(2026, 1, 30)) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"billing_cycle": "daily"}, "'daily' is unknown: choose one of weekly, month"),
        (
            {"anchor_day": 0},
            "anchor day 0 does not exist: choose a number from 1 to 31",
        ),
        ({"anchor_day": 32}, "anchor day 32 does not exist"),
        ({"anchor_month": 0}, "anchor month 0 does not exist"),
        ({"anchor_month": 13}, "anchor month 13 .* from 1 to 12"),
        ({"date_end": date(2026, 1, 1)}, "2026-01-01 is not after .*: choose a later"),
        ({"date_start": date.max}, "year 10000: choose dates"),
    ],
)
def test_impossible_calendars_are_refused(arguments, message):
    arguments = {
        "date_start": date(2026, 1, 1),
        "billing_cycle": "monthly",
        "anchor_day": 15,
        **arguments,
    }
    with pytest.raises(EngineError, match=message):
        Calendar(**arguments)


def test_impossible_days_are_refused():
    monthly = Calendar(date(2026, 1, 1), "monthly")
    with pytest.raises(EngineError, match="No cycle begins on 2025-12-31"):
        monthly.cycle_from(date(2025, 12, 31))
    with pytest.raises(EngineError, match="timing 'sometimes' is unknown: choose"):
        monthly.due_cycles(None, date(2026, 1, 1), "sometimes")
    with pytest.raises(EngineError, match="no date in the year 0"):
        monthly.boundary(-12 * 2026)
    with pytest.raises(EngineError, match="there is no date: choose"):
        Calendar(date(2026, 1, 1), "weekly").boundary(10**9)
