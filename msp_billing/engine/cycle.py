"""Which days are billed together, and when (docs/how-a-bill-is-calculated: Cycle).

The boundaries of all cycles hang on one anchor. The k-th is counted from the anchor,
never from its predecessor, so a start on 31 January gives 28 February and then
31 March again.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import takewhile

from .errors import EngineError
from .span import OPEN_END, Span

#: Months of a full cycle; 0: the weekly cycle knows no months.
MONTHS: dict[str, int] = {
    "weekly": 0,
    "monthly": 1,
    "bimonthly": 2,
    "quarterly": 3,
    "semiannual": 6,
    "yearly": 12,
}
CYCLES: tuple[str, ...] = tuple(MONTHS)
TIMINGS: tuple[str, ...] = ("arrears", "advance")


@dataclass(frozen=True, order=True, slots=True)
class Cycle:
    """The days that are billed at once.

    ``span`` holds the days served, ``full`` the whole cycle that they are a part
    of, ``months`` its length in months (weekly: 0).
    """

    span: Span
    full: Span
    months: int

    @property
    def days(self) -> int:
        """The days served."""
        return self.span.days

    @property
    def is_stub(self) -> bool:
        """Whether only a part of the full cycle is served."""
        return self.span != self.full

    @property
    def factor(self) -> Fraction:
        """The part of the full cycle that is served: 1, or less for a stub.

        Source: docs/how-a-bill-is-calculated, Stub cycles.
        """
        return Fraction(self.span.days, self.full.days)

    def due_date(self, timing: str) -> date:
        """Give the day on which the cycle is due: in arrears its end, in advance
        its start (docs/how-a-bill-is-calculated: Timing).

        Raises EngineError for an unknown timing.
        """
        if timing not in TIMINGS:
            raise EngineError(
                f"The timing {timing!r} is unknown: choose one of {', '.join(TIMINGS)}."
            )
        return self.span.end if timing == "arrears" else self.span.start


@dataclass(frozen=True, slots=True)
class Calendar:
    """The cycles of a subscription that is served from ``date_start`` on.

    ``anchor_day`` (1 to 31; None: the day of ``date_start``) and ``anchor_month`` (1
    to 12; None: any) place the boundaries; a cycle shorter than a year counts from
    the anchor month in its own steps. Weekly keeps the weekday of ``date_start`` and
    ignores both. ``date_end`` is the first day not served (None: open).

    ``first_anchor`` is the first boundary on or after ``date_start``. Raises
    EngineError for values outside these bounds.
    """

    date_start: date
    billing_cycle: str
    anchor_day: int | None = None
    anchor_month: int | None = None
    date_end: date | None = None
    first_anchor: date = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse impossible values and find the first anchor."""
        if self.billing_cycle not in MONTHS:
            raise EngineError(
                f"The billing cycle {self.billing_cycle!r} is unknown: "
                f"choose one of {', '.join(CYCLES)}."
            )
        _check_between("anchor day", self.anchor_day, 31)
        _check_between("anchor month", self.anchor_month, 12)
        if self.date_end is not None and self.date_end <= self.date_start:
            raise EngineError(
                f"The end {self.date_end} is not after the start {self.date_start}: "
                "choose a later end."
            )
        object.__setattr__(self, "first_anchor", self._find_first_anchor())

    @property
    def months(self) -> int:
        """The months of a full cycle; 0 for weekly."""
        return MONTHS[self.billing_cycle]

    @property
    def _day(self) -> int:
        return self.anchor_day or self.date_start.day

    def boundary(self, k: int) -> date:
        """Give the k-th boundary, counted from the first anchor; ``k`` may be negative.

        A day that the month does not have becomes the month's last day. Raises
        EngineError outside the years 1 to 9999.
        """
        if self.months:
            months = _month_number(self.first_anchor) + k * self.months
            return _day_of_month(months, self._day)
        try:
            return self.first_anchor + timedelta(weeks=k)
        except OverflowError as error:
            raise EngineError(
                f"{k} weeks from {self.first_anchor} there is no date: "
                "choose a date between the years 1 and 9999."
            ) from error

    def cycle_from(self, day: date) -> Cycle | None:
        """Give the cycle that begins on ``day``, None when nothing is served then.

        ``day`` may lie inside a full cycle: so it does for the first stub, and where
        a subscription goes on from its last billed day. Raises EngineError when it
        is before ``date_start``.
        """
        if day < self.date_start:
            raise EngineError(
                f"No cycle begins on {day}: the subscription starts on "
                f"{self.date_start}. Choose that day or a later one."
            )
        end = self.date_end or OPEN_END
        if day >= end:
            return None
        full = self._full_cycle(day)
        return Cycle(Span(day, min(full.end, end)), full, self.months)

    def cycles(self, from_day: date | None = None) -> Iterator[Cycle]:
        """Give all cycles in order, beginning on ``from_day`` (None: ``date_start``).

        Without a ``date_end`` they never end. Raises EngineError as `cycle_from`.
        """
        cycle = self.cycle_from(from_day or self.date_start)
        while cycle:
            yield cycle
            cycle = self.cycle_from(cycle.span.end)

    def due_cycles(self, from_day: date | None, on: date, timing: str) -> list[Cycle]:
        """Give the cycles from ``from_day`` on that are due on the day ``on``.

        Source: docs/how-a-bill-is-calculated, Timing. Raises EngineError for an
        unknown timing and as `cycle_from`.
        """
        return list(
            takewhile(lambda cycle: cycle.due_date(timing) <= on, self.cycles(from_day))
        )

    def correction_day(self, on: date) -> date | None:
        """Give the last day, on or before ``on``, on which corrections are due.

        That is the anchor day of each month, whatever the length of the cycle, and
        for weekly each boundary; also after the subscription's end. None when there
        was none since ``date_start``.
        Source: docs/how-a-bill-is-calculated, Corrections.
        """
        if self.months:
            number = _month_number(on)
            day = _day_of_month(number, self._day)
            if day > on:
                day = _day_of_month(number - 1, self._day)
        else:
            day = self._full_cycle(on).start
        return day if day >= self.date_start else None

    def _find_first_anchor(self) -> date:
        if not self.months:
            return self.date_start
        number = _month_number(self.date_start)
        if self.anchor_month:
            number += (self.anchor_month - self.date_start.month) % self.months
        anchor = _day_of_month(number, self._day)
        if anchor >= self.date_start:
            return anchor
        step = self.months if self.anchor_month else 1
        return _day_of_month(number + step, self._day)

    def _full_cycle(self, day: date) -> Span:
        if self.months:
            ahead = _month_number(day) - _month_number(self.first_anchor)
            k = ahead // self.months
        else:
            k = (day - self.first_anchor).days // 7
        if self.boundary(k) > day:
            k -= 1
        return Span(self.boundary(k), self.boundary(k + 1))


def _check_between(name: str, value: int | None, last: int) -> None:
    if value is not None and not 1 <= value <= last:
        raise EngineError(
            f"The {name} {value} does not exist: choose a number from 1 to {last}."
        )


def _month_number(day: date) -> int:
    """Number all months in a row, so that months can be added."""
    return day.year * 12 + day.month - 1


def _day_of_month(number: int, day: int) -> date:
    """Give a day of the month with this number, at most the month's last one."""
    year, month = divmod(number, 12)
    if not date.min.year <= year <= date.max.year:
        raise EngineError(
            f"There is no date in the year {year}: "
            "choose dates between the years 1 and 9999."
        )
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
