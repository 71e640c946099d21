import re

from odoo.exceptions import UserError
from odoo.tests import tagged

from .bad_files import FILES
from .bad_lines import LINES
from .import_common import ImportCase

# What a person must never read.
INTERNALS = r"Traceback|psycopg|Error\(|SELECT |msp_source_|<odoo|\bNone\b\."


@tagged("post_install", "-at_install")
class TestBadFiles(ImportCase):
    """Each bad or odd file is refused with a text, or read with a defined result."""

    def outcome(self, case):
        """Return the refusal, or the import at its preview."""
        wizard = self.wizard(case.bytes, case.moment)
        try:
            with self.env.cr.savepoint():
                wizard.action_read()
                wizard.action_preview()
        except UserError as error:
            return str(error), None
        if wizard.state == "columns":
            wizard.unknown_ids.skip = True
            wizard.action_preview()
        return "", wizard

    def check(self, case):
        before = self.digest()
        refusal, wizard = self.outcome(case)
        self.env.invalidate_all()
        self.assertEqual(self.digest(), before)
        self.assertNotRegex(refusal, INTERNALS)
        if case.refused:
            self.assertRegex(refusal, case.refused)
            self.assertIn("export.csv", refusal)
            self.assertLess(len(refusal), 600)
            return
        self.assertFalse(refusal)
        self.check_preview(case, wizard)

    def check_preview(self, case, wizard):
        rejected = self.rejections(wizard)
        self.assertEqual(list(rejected), sorted(case.rejected))
        for number, pattern in case.rejected.items():
            self.assertRegex(rejected[number], pattern)
            self.assertNotRegex(rejected[number], INTERNALS)
            self.assertLess(len(rejected[number]), 400)
        self.assertEqual(wizard.added, case.added)
        if not wizard.importable:
            return
        with self.env.cr.savepoint() as savepoint:
            wizard.action_import()
            self.assertEqual(wizard.state, "done", wizard.problem)
            count = self.env["msp.computer"].search_count(
                [("source_id", "=", self.source.id)]
            )
            self.assertEqual(count, case.added)
            savepoint.rollback()

    def check_all(self, cases):
        for case in cases:
            with self.subTest(case.name), self.env.cr.savepoint() as savepoint:
                self.check(case)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_files(self):
        self.check_all(FILES)

    def test_lines(self):
        self.check_all(LINES)

    def test_there_are_many(self):
        names = [case.name for case in FILES + LINES]
        self.assertEqual(len(names), len(set(names)))
        self.assertGreaterEqual(len(names), 170)
        self.assertFalse([name for name in names if not re.search(r"\S", name)])
