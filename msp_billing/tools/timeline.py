"""The history of one computer: who had it, as what, on which days. No Odoo here.

A history is a list of spans in the order of their days. Spans are half-open and do
not overlap. Every function returns a new history and leaves the old one alone.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise


@dataclass(frozen=True)
class Span:
    """Days on which a computer was managed for one partner as one type."""

    date_from: date
    date_to: date | None  # the first day on which it is not; None: it goes on
    partner: int
    kind: int
    ref: int | None = None  # the stored period; None: not stored yet

    @property
    def end(self):
        return self.date_to or date.max

    @property
    def owner(self):
        return self.partner, self.kind

    def covers(self, day):
        return self.date_from <= day < self.end


@dataclass
class Steps:
    """How to get from the stored history to another one, in this order."""

    delete: list = field(default_factory=list)  # refs
    shrink: dict = field(default_factory=dict)  # ref: (date_from, date_to)
    write: dict = field(default_factory=dict)  # ref: span
    create: list = field(default_factory=list)  # spans


def ordered(spans):
    """Return spans in the order of their days."""
    return sorted(spans, key=lambda span: span.date_from)


def covering(spans, day):
    """Return the span that covers a day, or None."""
    return next((span for span in spans if span.covers(day)), None)


def overlap(spans):
    """Return the first two spans that share a day, or None."""
    for left, right in pairwise(ordered(spans)):
        if right.date_from < left.end:
            return left, right
    return None


def place(spans, day, partner, kind):
    """Give the computer to a partner as a type from a day on.

    The span that covers the day ends there, and the new one takes its remaining
    days; a span that starts on the day is replaced. On a day that no span covers
    the new one goes on until the next span.
    """
    here = covering(spans, day)
    if here and here.owner == (partner, kind):
        return list(spans)
    others = [span for span in spans if span is not here]
    if here is None:
        later = min((s.date_from for s in spans if s.date_from > day), default=None)
        others.append(Span(day, later, partner, kind))
        others = _joined(others, later) if later else others
    elif here.date_from == day:
        others.append(replace(here, partner=partner, kind=kind))
    else:
        others.append(replace(here, date_to=day))
        others.append(Span(day, here.date_to, partner, kind))
    return _joined(others, day)


def _joined(spans, day):
    """Join what ends on a day with what begins on it when both are the same."""
    before = next((span for span in spans if span.date_to == day), None)
    after = covering(spans, day)
    if not before or not after or before.owner != after.owner:
        return ordered(spans)
    rest = [span for span in spans if span not in (before, after)]
    return ordered([*rest, replace(before, date_to=after.date_to)])


def report(spans, day, partner, kind):
    """Note that the computer was seen on a day: it is managed from that day on.

    An end on the next day is taken back: the computer had been missing from a
    report of the same day.
    """
    here = covering(spans, day)
    tomorrow = day + timedelta(days=1)
    if here and here.date_to == tomorrow and not covering(spans, tomorrow):
        later = [span.date_from for span in spans if span.date_from > day]
        again = replace(here, date_to=min(later, default=None))
        spans = ordered([again if span is here else span for span in spans])
    return place(spans, day, partner, kind)


def end(spans, day, first_free):
    """End the span that covers a day on ``first_free``, if it goes on longer."""
    here = covering(spans, day)
    if not here:
        return list(spans)
    last = max(first_free, here.date_from + timedelta(days=1))
    if last >= here.end:
        return list(spans)
    return [replace(span, date_to=last) if span is here else span for span in spans]


def bound(spans, date_from, date_to):
    """Make the history begin and end on these days: cut off or made longer.

    When no span has a day between them, the nearest one is moved there.
    """
    stop = date_to or date.max
    kept = [span for span in spans if span.end > date_from and span.date_from < stop]
    if not kept:
        earlier = [span for span in spans if span.date_from < stop]
        kept = earlier[-1:] or spans[:1]
        return [replace(kept[0], date_from=date_from, date_to=date_to)]
    kept[0] = replace(kept[0], date_from=date_from)
    kept[-1] = replace(kept[-1], date_to=date_to)
    return kept


def steps(old, new):
    """Return the steps from one history to another that never overlap on the way.

    Rows are checked by the database one by one, so what shrinks shrinks first.
    """
    result = Steps()
    stored = {span.ref for span in old}
    wanted = {span.ref: span for span in new}
    result.create = [span for span in new if span.ref not in stored]
    for span in old:
        target = wanted.get(span.ref)
        if target is None:
            result.delete.append(span.ref)
        elif target != span:
            _change(result, span, target)
    return result


def _change(result, span, target):
    first = max(span.date_from, target.date_from)
    last = min(span.end, target.end)
    if first >= last:
        result.delete.append(span.ref)
        result.create.append(replace(target, ref=None))
        return
    date_to = None if last == date.max else last
    if (first, date_to) != (span.date_from, span.date_to):
        result.shrink[span.ref] = (first, date_to)
    shrunk = replace(span, date_from=first, date_to=date_to)
    if shrunk != target:
        result.write[span.ref] = target
