"""Spans of days (docs/how-a-bill-is-calculated: Days).

A span is half-open: it holds its first day and ends *before* its last date. So the
end of one cycle is the start of the next one, and lengths add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .errors import EngineError

#: The end of a span that has no end yet.
OPEN_END: date = date.max


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """The days from ``start`` up to, but without, ``end``; ordered by both.

    Raises EngineError when ``start`` is after ``end``. A span whose start is its
    end is empty.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a span that ends before it starts."""
        if self.start > self.end:
            raise EngineError(
                f"The span starts on {self.start}, after its end on {self.end}: "
                "choose an end on or after the start."
            )

    @property
    def days(self) -> int:
        """The length in days; 0 when empty."""
        return (self.end - self.start).days

    @property
    def is_empty(self) -> bool:
        """Whether the span holds no day at all."""
        return self.start == self.end

    def contains(self, day: date) -> bool:
        """Say whether ``day`` is one of the span's days; its end is not."""
        return self.start <= day < self.end

    def overlaps(self, other: Span) -> bool:
        """Say whether the spans share at least one day; touching is not sharing."""
        return max(self.start, other.start) < min(self.end, other.end)

    def intersect(self, other: Span) -> Span | None:
        """Give the days that both spans hold, None when they share none."""
        start = max(self.start, other.start)
        end = min(self.end, other.end)
        return Span(start, end) if start < end else None


def merge(spans: Iterable[Span]) -> list[Span]:
    """Give the same days as few, sorted spans: overlapping and touching ones joined.

    Empty spans are left out.
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if span.is_empty:
            continue
        if merged and span.start <= merged[-1].end:
            last = merged.pop()
            span = Span(last.start, max(last.end, span.end))
        merged.append(span)
    return merged


def subtract(span: Span, others: Iterable[Span]) -> list[Span]:
    """Give the days of ``span`` that none of ``others`` holds, sorted and merged."""
    left: list[Span] = []
    start = span.start
    for other in merge(others):
        if other.start > start and start < span.end:
            left.append(Span(start, min(other.start, span.end)))
        start = max(start, other.end)
    if start < span.end:
        left.append(Span(start, span.end))
    return left
