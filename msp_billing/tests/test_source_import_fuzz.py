import os
import random
import tracemalloc

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .import_common import GOOD, HEADER, ImportCase
from .test_source_bad_files import INTERNALS

LONG = bool(os.environ.get("MSP_LONG"))
EXAMPLES = 10_000 if LONG else 300

CELL = st.one_of(
    st.sampled_from(
        [
            *("A", "B", "C", "1", "2", "3", "server", "Workstation", "toaster", ""),
            *(" ", '"', '""', "a,b", "a;b", "a\nb", "\r", "\ufeff", "\x00", "\u202e"),
            *("=1+1", "%s", "{{ 7*7 }}", "e\u0301", "\u200b", "\x07", "n" * 300),
            *("2026-04-01 10:00", "9999-12-31 23:59", "0001-01-01", "Never"),
        ]
    ),
    st.text(max_size=8),
)
TITLE = st.sampled_from(
    ["customer", "key", "type", "name", "serial", "last_contact", "Device ID", "", "x"]
)
DELIMITER = st.sampled_from(",;\t|")
NEWLINE = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def files(draw):
    """Return a file that is more or less CSV, its quotes right or not."""
    delimiter, newline = draw(DELIMITER), draw(NEWLINE)
    quoted = draw(st.booleans())

    def row(cells):
        if quoted:
            cells = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        return delimiter.join(cells)

    titles = (
        draw(st.permutations(HEADER.strip().split(",")))
        if draw(st.booleans())
        else draw(st.lists(TITLE, max_size=8))
    )
    width = len(titles)
    rows = draw(
        st.lists(
            st.lists(CELL, min_size=width, max_size=width) | st.lists(CELL, max_size=8),
            max_size=6,
        )
    )
    text = newline.join(row(cells) for cells in [titles, *rows])
    return text.encode("utf-8", "replace")


def mutated(rng):
    """Return a good file with some bytes changed, put in, taken out or doubled."""
    content = bytearray(GOOD.encode())
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(content))
        kind = rng.randrange(4)
        if kind == 0:
            content[place] = rng.randrange(256)
        elif kind == 1:
            content[place:place] = rng.choice([b'"', b",", b"\n", b";", b"\r", b"\xff"])
        elif kind == 2:
            del content[place : place + rng.randint(1, 8)]
        else:
            content[place:place] = content[place : place + rng.randint(1, 40)]
    return bytes(content)


@tagged("post_install", "-at_install")
class TestImportFuzz(ImportCase):
    """Whatever is in the file: refused with a text, or shown before it is imported."""

    def setUp(self):
        super().setUp()
        self.load(GOOD)
        self.outcomes = {"refused": 0, "undecided": 0, "imported": 0, "nothing": 0}

    def take(self, content):
        """Bring a file as far as it goes, check that, and take it back."""
        before = self.digest()
        with self.env.cr.savepoint() as savepoint:
            try:
                outcome = self.bring(content, before)
            except UserError as error:
                text = str(error)
                self.assertIn("export.csv", text)
                self.assertNotRegex(text, INTERNALS)
                self.assertTrue(text.encode().decode())
                outcome = "refused"
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual(self.digest(), before)
        self.env.cr.postrollback.clear()
        self.outcomes[outcome] += 1

    def bring(self, content, before):
        wizard = self.preview(content, "2026-04-02 10:00:00")
        self.assertEqual(self.digest(), before)
        if wizard.state == "columns":
            wizard.unknown_ids.partner_id = self.site
            wizard.action_preview()
            self.outcomes["undecided"] += 1
        told = [wizard[name] for name in ("added", "changed", "ended")]
        rejected = self.rejections(wizard)
        self.assertEqual(len(rejected), wizard.rejected)
        self.assertTrue(all(rejected.values()))
        if not wizard.importable:
            return "nothing"
        wizard.action_import()
        self.assertEqual(wizard.state, "done", wizard.problem)
        done = [
            sum(wizard.sync_ids.mapped(name))
            for name in ("added", "changed", "removed")
        ]
        self.assertEqual(done, told)
        return "imported"

    def test_structures(self):
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(content=files() | st.binary(max_size=60))
        def run(content):
            self.take(content)

        seed(random.randrange(2**32) if LONG else 19)(run)()
        self.assertTrue(all(self.outcomes.values()), self.outcomes)

    def test_bytes(self):
        rng = random.Random(None if LONG else 19)
        for _ in range(EXAMPLES // 4):
            content = mutated(rng)
            with self.subTest(content):
                self.take(content)
        self.assertTrue(self.outcomes["imported"] and self.outcomes["refused"])


@tagged("post_install", "-at_install")
class TestImportMemory(ImportCase):
    def test_five_megabytes(self):
        """60,000 computers in 5 MB, most of them unchanged, stay below 300 MB."""
        rows = "".join(
            f"{'AB'[n % 2]},D-{n:08},HOST-{n:08},server,SN{n:08}-{n % 97:040},\n"
            for n in range(60_000)
        )
        content = (HEADER + rows).encode()
        self.assertGreater(len(content), 5_000_000)
        wizard = self.wizard(content)
        self.env.invalidate_all()
        tracemalloc.start()
        try:
            wizard.action_read()
            wizard.action_preview()
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertEqual(wizard.added, 60_000)
        self.assertLess(peak / 2**20, 300)
