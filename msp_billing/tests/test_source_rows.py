from datetime import datetime
from random import Random
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..tools import snapshot_rows
from ..tools.snapshot import Snapshot

KINDS = {"server": 1, "work station": 2}
TEXTS = (
    "a",
    "b c",
    "",
    " a",
    "a ",
    "a|",
    "|a",
    " | ",
    "A\u00e9",
    "a\u200b",
    "a\tb",
    "\n",
)
TEXTS += ("x" * 255, "x" * 256, "\x7f", None, 0, 7, 1.5, True, [], {})
TYPES = (
    "server",
    "server",
    "SERVER",
    " server",
    "work station",
    "toaster",
    "",
    None,
    1,
)
CONTACTS = ("2026-04-01T09:00:00Z", "2026-04-01T09:00:00+02:00", "2027-01-01T00:00:00Z")
CONTACTS += ("1970-01-01T00:00:00Z", "yesterday", "", None, False, 0)


@tagged("post_install", "-at_install")
class TestRows(BaseCase):
    """Rows that look plain are read as if they did not."""

    def a_row(self, random):
        row = {
            "key": random.choice(("k", *TEXTS)) if random.random() < 0.4 else "k",
            "name": random.choice(TEXTS),
            "type": random.choice(TYPES),
            "serial": random.choice(TEXTS),
            "last_contact": random.choice(CONTACTS),
        }
        if random.random() < 0.5:
            row.update(name="PC", serial="S")
        for name in random.sample(list(row), random.choice((0, 0, 0, 1))):
            del row[name]
        return random.choice((row,) * 30 + (None, [], "row"))

    def rows_of(self, rows):
        taken_at = datetime(2026, 4, 1, 10)  # noqa: DTZ001
        snapshot = Snapshot("A", taken_at, True, False, rows)
        snapshot_rows.read_rows(snapshot, KINDS)
        return snapshot.computers, snapshot.rejected

    def test_random_rows(self):
        random, plain = Random(3), 0
        for _list in range(3000):
            rows = [self.a_row(random) for _row in range(random.randrange(1, 5))]
            found = self.rows_of(rows)
            with patch.object(snapshot_rows, "_plain_row", return_value=None) as look:
                self.assertEqual(self.rows_of(rows), found, rows)
            self.assertEqual(look.call_count, len(rows))
            plain += len(found[0])
        self.assertGreater(plain, 500)
