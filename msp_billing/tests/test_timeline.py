import random
from dataclasses import replace
from datetime import date, timedelta

from odoo.tests import TransactionCase, tagged

from ..tools import timeline
from ..tools.timeline import Span


@tagged("post_install", "-at_install")
class TestTimeline(TransactionCase):
    """Random histories against a calendar that knows each day."""

    FIRST = date(2026, 1, 1)
    DAYS = 40

    def _calendar(self, spans):
        days = {}
        for number in range(self.DAYS):
            today = self.FIRST + timedelta(days=number)
            covering = [span for span in spans if span.covers(today)]
            self.assertLessEqual(len(covering), 1, "two spans on one day")
            days[number] = covering[0].owner if covering else None
        return days

    def _random_history(self, chance):
        borders = sorted(chance.sample(range(self.DAYS), chance.randrange(1, 4) * 2))
        spans = []
        for number, (first, last) in enumerate(zip(borders[::2], borders[1::2])):  # noqa: B905
            goes_on = last == borders[-1] and chance.random() < 0.5
            spans.append(
                Span(
                    self.FIRST + timedelta(days=first),
                    None if goes_on else self.FIRST + timedelta(days=last),
                    chance.randrange(2),
                    chance.randrange(2),
                    ref=number,
                )
            )
        return spans

    def _play(self, old, todo):
        """Take the steps row by row, as the database sees them."""
        rows = {span.ref: span for span in old if span.ref not in todo.delete}
        for ref, (first, last) in todo.shrink.items():
            rows[ref] = replace(rows[ref], date_from=first, date_to=last)
            self.assertFalse(timeline.overlap(rows.values()))
        for ref, span in todo.write.items():
            rows[ref] = span
            self.assertFalse(timeline.overlap(rows.values()))
        for number, span in enumerate(todo.create):
            rows[f"new {number}"] = span
            self.assertFalse(timeline.overlap(rows.values()))
        return rows.values()

    def test_place(self):
        chance = random.Random(1)
        for _round in range(500):
            old = self._random_history(chance)
            number = chance.randrange(self.DAYS)
            owner = (chance.randrange(2), chance.randrange(2))
            new = timeline.place(old, self.FIRST + timedelta(days=number), *owner)
            before, after = self._calendar(old), self._calendar(new)
            here = timeline.covering(old, self.FIRST + timedelta(days=number))
            reach = True
            for today in range(self.DAYS):
                moment = self.FIRST + timedelta(days=today)
                if today > number:
                    there = timeline.covering(old, moment)
                    reach = reach and there == here
                expected = owner if today >= number and reach else before[today]
                self.assertEqual(after[today], expected)
            self.assertEqual(
                self._calendar(self._play(old, timeline.steps(old, new))), after
            )

    def test_bound(self):
        chance = random.Random(2)
        for _round in range(500):
            old = self._random_history(chance)
            first, last = sorted(chance.sample(range(self.DAYS), 2))
            bounds = [self.FIRST + timedelta(days=number) for number in (first, last)]
            new = timeline.bound(old, *bounds)
            self.assertEqual((new[0].date_from, new[-1].date_to), tuple(bounds))
            before, after = self._calendar(old), self._calendar(new)
            for today in range(self.DAYS):
                if not first <= today < last:
                    self.assertIsNone(after[today])
                elif before[today] is not None:
                    self.assertEqual(after[today], before[today])
            self.assertEqual(
                self._calendar(self._play(old, timeline.steps(old, new))), after
            )

    def test_steps_between_any_two_histories(self):
        chance = random.Random(3)
        for _round in range(500):
            old, new = self._random_history(chance), self._random_history(chance)
            played = self._play(old, timeline.steps(old, new))
            self.assertEqual(self._calendar(played), self._calendar(new))
