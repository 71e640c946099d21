from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.snapshot import read_frame
from .inventory_common import SourceCase


@tagged("post_install", "-at_install")
class TestPlan(SourceCase):
    """A delivery is planned by reading alone, and then done as planned."""

    def plan(self, *arguments, elsewhere=frozenset(), **values):
        snapshot = read_frame(self.snapshot(*arguments, **values))
        return self.source._plan(snapshot, elsewhere, lock=False)

    def test_a_plan_writes_nothing(self):
        self.ingest("1 Apr", "1", "2")
        models = ("msp.computer", "msp.computer.period", "msp.source.sync")
        models += ("msp.source.customer",)
        before = [self.env[model].search([]).read() for model in models]
        plan = self.plan("11 Apr", "1", self.row("3", "toaster"), "4")
        self.env.invalidate_all()
        self.assertEqual(
            before, [self.env[model].search([]).read() for model in models]
        )
        self.assertEqual(plan.changes.added, 1)
        self.assertEqual(list(plan.changes.end), self.find("2").ids)
        self.assertEqual([row.index for row in plan.changes.rejected], [1])
        with self.assertRaisesRegex(UserError, "customer C is not mapped"):
            self.plan("11 Apr", "1", customer="C")
        self.assertFalse(self.env.cr.postrollback._funcs)

    def test_a_plan_of_what_was_applied_before(self):
        self.ingest("1 Apr", "1", "2")
        self.assertEqual(self.plan("1 Apr", "1", "2").first, self.source.sync_ids)

    def test_what_is_reported_elsewhere_does_not_end_here(self):
        self.ingest("1 Apr", "1", "2", "3")
        plan = self.plan("11 Apr", "1", elsewhere=frozenset({"2"}))
        self.assertEqual(list(plan.changes.end), self.find("3").ids)
