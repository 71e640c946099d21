"""When to ask for the money (docs/how-a-bill-is-calculated: Reminders).

A customer gets at most one notice a day. Who has got which is the caller's record;
asked again on the same day, or on a later one, the answer does not repeat the past:
it is the step that the calendar has reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from .errors import EngineError

Key = TypeVar("Key")


def due_date(invoice_date: date, due_days: int) -> date:
    """Give the day by which a bill is to be paid; 0 days: the day of the bill.

    Raises EngineError for a negative number of days.
    """
    if due_days < 0:
        raise EngineError(
            f"A bill cannot be due {-due_days} days before its date: "
            "enter 0 or more due days."
        )
    return step_date(invoice_date, due_days)


def step_date(due: date, days: int) -> date:
    """Give the day of a reminder ``days`` after the due date; before it: negative.

    Raises EngineError outside the years 1 to 9999.
    """
    try:
        return due + timedelta(days=days)
    except OverflowError as error:
        raise EngineError(
            f"{days} days from {due} there is no date: enter fewer days."
        ) from error


def due_steps(
    due: date, steps: Sequence[tuple[Key, int]], today: date, not_before: date
) -> list[Key]:
    """Give the key of the reminder step that is to be sent today: one, or none.

    ``steps`` are pairs of a key and days after the due date (before: negative).
    A step fires on its day, or later when that day was missed. Of several missed
    ones only the latest goes out, of several on one day only the one listed last.
    A step before the due date is never sent on or after it, and no step whose day
    is before ``not_before``, such as the date of the bill, is ever sent.

    The answer stays the same until the next step's day: send a step only once.
    """
    reached = [
        (days, index, key)
        for index, (key, days) in enumerate(steps)
        if not_before <= step_date(due, days) <= today
    ]
    if not reached:
        return []
    days, _index, key = max(reached, key=lambda step: step[:2])
    return [] if days < 0 and today >= due else [key]


def age_of(days: int, limits: Sequence[int]) -> int:
    """Give the number of the column into which a debt belongs that is so old.

    ``days`` after the due date; 0 or less is not due yet, column 0. ``limits`` are
    the last days of the columns but the last one, rising from 0: with ``(0, 30, 60)``
    column 1 is 1 to 30 days, column 2 is 31 to 60, column 3 is more.
    """
    return sum(days > limit for limit in limits)
