"""Spans behave like the sets of their days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msp_engine.errors import EngineError
from msp_engine.span import OPEN_END, Span, merge, subtract

FIRST = date(2024, 2, 20)


def make(start, days):
    first = FIRST + timedelta(days=start)
    return Span(first, first + timedelta(days=days))


def days_of(*spans):
    return {span.start + timedelta(days=n) for span in spans for n in range(span.days)}


spans = st.builds(make, st.integers(0, 20), st.integers(0, 10))
several = st.lists(spans, max_size=5)


@given(spans, spans)
def test_two_spans(one, other):
    common = days_of(one) & days_of(other)
    both = one.intersect(other)
    assert (days_of(both) if both else set()) == common
    assert one.overlaps(other) == bool(common)
    assert both is None or not both.is_empty


@given(spans)
def test_one_span(span):
    assert span.days == len(days_of(span))
    assert span.is_empty == (not days_of(span))
    around = [FIRST + timedelta(days=n) for n in range(-1, 33)]
    assert {day for day in around if span.contains(day)} == days_of(span)


@given(several)
def test_merge(many):
    merged = merge(many)
    assert days_of(*merged) == days_of(*many)
    assert merged == sorted(merged)
    for before, after in pairwise(merged):
        assert before.end < after.start


@given(spans, several)
def test_subtract(span, others):
    left = subtract(span, others)
    assert days_of(*left) == days_of(span) - days_of(*others)
    assert left == merge(left)


def test_merge_joins_touching_spans_and_drops_empty_ones():
    assert merge([make(5, 5), make(0, 5), make(30, 0)]) == [make(0, 10)]


def test_an_open_span_has_no_end_yet():
    assert Span(FIRST, OPEN_END).contains(date(9999, 1, 1))


def test_spans_are_ordered_by_start_and_end():
    assert sorted([make(1, 1), make(0, 9), make(0, 2)]) == [
        make(0, 2),
        make(0, 9),
        make(1, 1),
    ]


def test_a_span_does_not_end_before_it_starts():
    with pytest.raises(EngineError, match="2024-02-20, after its end on 2024-02-19"):
        Span(FIRST, FIRST - timedelta(days=1))
