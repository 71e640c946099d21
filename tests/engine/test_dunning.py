"""The ladder of reminders, also for those who were away."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.dunning import age_of, due_date, due_steps, step_date
from msp_engine.errors import EngineError

BILL = date(2026, 5, 1)
DUE = date(2026, 5, 15)
LADDER = (("soon", -3), ("today", 0), ("first", 7), ("second", 14))


def sent_on(days, ladder=LADDER, due=DUE, bill=BILL):
    """Remind on these days only; give what was sent on which."""
    sent = {}
    for number in days:
        today = bill + timedelta(days=number)
        for key in due_steps(due, ladder, today, bill):
            sent.setdefault(key, today)
    return sent


def test_every_step_fires_on_its_day():
    assert sent_on(range(60)) == {
        "soon": date(2026, 5, 12),
        "today": DUE,
        "first": date(2026, 5, 22),
        "second": date(2026, 5, 29),
    }


def test_a_missed_step_fires_later():
    assert sent_on([12]) == {"soon": date(2026, 5, 13)}
    assert sent_on([23]) == {"first": date(2026, 5, 24)}


def test_of_several_missed_steps_only_the_latest_goes_out():
    assert sent_on(range(40, 60)) == {"second": date(2026, 6, 10)}


def test_a_step_before_the_due_date_is_never_late():
    assert due_steps(DUE, LADDER[:1], DUE, BILL) == []
    assert due_steps(DUE, LADDER[:1], DUE - timedelta(days=1), BILL) == ["soon"]
    assert due_steps(DUE, [LADDER[0], LADDER[2]], DUE, BILL) == []


def test_nothing_is_sent_for_days_before_the_bill():
    assert due_steps(BILL, LADDER, BILL, BILL) == ["today"]
    late = [("soon", -3), ("first", 7)]
    assert due_steps(BILL, late, BILL, BILL) == []
    assert due_steps(DUE, LADDER, date(2026, 6, 30), date(2026, 5, 30)) == []
    assert due_steps(DUE, LADDER, DUE, DUE) == ["today"]


def test_two_steps_on_one_day_are_one_notice():
    assert due_steps(
        DUE, [("mail", 7), ("call", 7)], DUE + timedelta(days=7), BILL
    ) == ["call"]


def test_due_date():
    assert due_date(date(2026, 1, 31), 30) == date(2026, 3, 2)
    assert due_date(BILL, 0) == BILL
    assert step_date(DUE, -15) == date(2026, 4, 30)
    with pytest.raises(
        EngineError, match="due 1 days before its date: enter 0 or more"
    ):
        due_date(BILL, -1)
    with pytest.raises(EngineError, match="there is no date: enter fewer days"):
        step_date(BILL, 10**7)


ladders = st.lists(st.integers(-10, 40), max_size=6, unique=True).map(
    lambda days: [(number, number) for number in days]
)


@given(ladders, st.integers(0, 20), st.sets(st.integers(0, 70)))
def test_whoever_was_away_gets_one_notice_a_day_and_none_twice(ladder, days, present):
    due = due_date(BILL, days)
    for number in sorted(present):
        today = BILL + timedelta(days=number)
        found = due_steps(due, ladder, today, BILL)
        passed = [step for _, step in ladder if -days <= step <= number - days]
        latest = max(passed, default=None)
        too_late = latest is None or (latest < 0 and today >= due)
        assert found == ([] if too_late else [latest])


@given(st.integers(-400, 4000))
def test_age_of_a_debt(days):
    limits = (0, 30, 60, 90)
    column = age_of(days, limits)
    if column == 0:
        assert days <= 0
    else:
        assert days > limits[column - 1]
        assert column == len(limits) or days <= limits[column]
