"""How many computers a cycle counts (docs/how-a-bill-is-calculated: Counting).

The add-on counts in SQL; what it finds is a `Usage`. The functions that count here
are the same rules in a form that can be read, and tested day by day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .errors import EngineError
from .span import OPEN_END, Span, merge

BASES: tuple[str, ...] = ("end", "peak", "average", "unique", "contracted")

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was counted in one cycle for one price.

    ``days`` is the cycle's length in days, ``computer_days`` the sum of the daily
    counts; the others are computers: on the last day (``end``), on the fullest day
    (``peak``, first reached on ``peak_day``), on any day at all (``unique``), and
    the quantity agreed (``contracted``, None: none was agreed). ``peak`` and
    ``unique`` are None when they were not counted, since no price asks for them.

    Raises EngineError for a cycle without days and for negative counts.
    """

    days: int
    computer_days: int
    end: int
    peak: int | None
    peak_day: date | None
    unique: int | None
    contracted: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse counts that no history can have."""
        if self.days < 1:
            raise EngineError(
                f"A cycle of {self.days} days cannot be counted: "
                "choose an end after its start."
            )
        counts = (self.computer_days, self.end, self.peak, self.unique)
        for count in (*counts, self.contracted):
            if count is not None and count < 0:
                raise EngineError(
                    f"A count of {count} computers is impossible: enter 0 or more."
                )

    def quantity(self, basis: str) -> Fraction:
        """Give the computers that are charged on this basis, not rounded.

        Raises EngineError for an unknown basis, for one that was not counted, and for
        ``contracted`` when no quantity was agreed.
        """
        if basis not in BASES:
            raise EngineError(
                f"The usage basis {basis!r} is unknown: "
                f"choose one of {', '.join(BASES)}."
            )
        if basis == "average":
            return Fraction(self.computer_days, self.days)
        counts = {"end": self.end, "peak": self.peak, "unique": self.unique}
        count = counts.get(basis, self.contracted)
        if count is None and basis != "contracted":
            raise EngineError(f"The computers on the basis {basis!r} were not counted.")
        if count is None:
            raise EngineError(
                "No contracted quantity was agreed: "
                "enter one on the subscription or choose another usage basis."
            )
        return Fraction(count)

    def counting_day(self, basis: str, cycle_span: Span) -> date | None:
        """Give the day on which a computer must be there to be counted.

        ``end``: the last day of the cycle; ``peak``: the first day of the highest
        count; None where every day counts, or none does.
        """
        if basis == "end":
            return cycle_span.end - _DAY
        return self.peak_day if basis == "peak" else None


def project(
    presences: Iterable[tuple[int, Span]], last_known: date
) -> Iterator[tuple[int, Span]]:
    """Let the days after ``last_known`` count like that day.

    So a cycle billed in advance is counted; what really happens later comes as a
    correction. Source: docs/how-a-bill-is-calculated, Timing.
    """
    for computer, span in presences:
        if span.contains(last_known):
            yield computer, Span(span.start, OPEN_END)
        elif span.end <= last_known:
            yield computer, span


def measure(
    span: Span,
    presences: Iterable[tuple[int, Span]],
    contracted: Decimal | None = None,
) -> Usage:
    """Count the computers of a cycle from their history.

    ``presences`` are pairs of a computer and a span on which it was managed; a
    computer with several spans on one day counts once. Raises EngineError when the
    cycle has no days.
    """
    spans: dict[int, list[Span]] = {}
    for computer, presence in presences:
        common = span.intersect(presence)
        if common:
            spans.setdefault(computer, []).append(common)
    changes: dict[date, int] = {}
    for own in spans.values():
        for common in merge(own):
            changes[common.start] = changes.get(common.start, 0) + 1
            changes[common.end] = changes.get(common.end, 0) - 1
    return _from_changes(span, changes, len(spans), contracted)


def measure_readings(
    span: Span,
    readings: Mapping[object, Sequence[tuple[date, int]]],
    contracted: Decimal | None = None,
) -> Usage:
    """Count the computers of a cycle where only counts were reported.

    ``readings`` holds, for each contact and type, days and the number of computers
    from that day on, in any order; before the first day there are none. They are
    added up; who they were is unknown, so ``unique`` is the peak. Raises EngineError
    for a negative count, two counts for one day, and a cycle without days.
    """
    changes: dict[date, int] = {}
    for own in readings.values():
        before = 0
        for (day, count), following in pairwise((*sorted(own), (OPEN_END, 0))):
            if count < 0 or day == following[0]:
                raise EngineError(
                    f"The count of {count} on {day} cannot be used: enter one count "
                    "of 0 or more for each day."
                )
            first = max(day, span.start)
            changes[first] = changes.get(first, 0) + count - before
            before = count
    return _from_changes(span, changes, None, contracted)


def _from_changes(
    span: Span,
    changes: Mapping[date, int],
    unique: int | None,
    contracted: Decimal | None,
) -> Usage:
    """Add up the changes of the daily count; ``unique`` None: as the peak."""
    count = computer_days = peak = 0
    peak_day = None
    days = sorted(day for day in changes if day < span.end)
    for day, following in pairwise((*days, span.end)):
        count += changes[day]
        computer_days += count * (following - day).days
        if count > peak:
            peak, peak_day = count, day
    return Usage(
        days=span.days,
        computer_days=computer_days,
        end=count,
        peak=peak,
        peak_day=peak_day,
        unique=peak if unique is None else unique,
        contracted=contracted,
    )
