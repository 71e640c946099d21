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

    def test_what_is_kept_for_another_row_is_worth_sending_again(self):
        self.ingest("1 Apr", "1", "2")
        again = self.snapshot("11 Apr", "1")
        plan = self.source._plan(read_frame(again), frozenset({"2"}))
        self.source._apply_plan(plan, str)
        self.assertFalse(self.find("2").date_to)
        self.assertAnswer(self.source.ingest(again), unchanged=1, removed=1)

    def test_what_each_row_changes(self):
        self.ingest("1 Apr", "same", "typed", "named", "back", "gone", "moved")
        self.ingest("2 Apr", "same", "typed", "named", "gone", "moved")
        self.map_beta.partner_id = self.site
        rows = [
            "same",
            self.row("typed", "server"),
            self.row("named", name="Other"),
            "back",
            "new",
            "moved",
            self.row("bad", "toaster"),
        ]
        changes = self.plan("5 Apr", *rows).changes
        self.assertEqual(
            list(changes.news.values()),
            ["unchanged", "retyped", "renamed", "back", "added", "unchanged"],
        )
        self.assertEqual(changes.gone[0].key, "gone")
        self.assertEqual(changes.before, 5)
        moved = self.plan("5 Apr", self.row("moved", "server"), customer="B").changes
        self.assertEqual((moved.news, moved.before), ({0: "moved"}, 0))

    def test_one_refused_customer_does_not_stop_the_others(self):
        self.ingest("5 Apr", "1")
        snapshots = [
            read_frame(self.snapshot("4 Apr", "1", customer=customer))
            for customer in ("A", "B", "C")
        ]
        old, good, unmapped = self.source._plan_all(snapshots)
        self.assertIn("newest", old)
        self.assertEqual(good.customer, self.map_beta)
        self.assertIn("customer C is not mapped", unmapped)
