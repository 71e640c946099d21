"""What holds after every run of a proof, whatever happened before."""

from datetime import timedelta
from itertools import pairwise

from agreed import dec
from books import CENT, Books, boundaries, correction_days, days_of


class Proof:
    """The books of a world, and the checks of its runs."""

    def __init__(self, world):
        self.world, self.env = world, world.env
        self.books = Books(world.env, world.company)
        self.processed = {}
        self.seen = {}

    # === RUNS === #
    def check_run(self, run, shown, *, audit=True):
        """Check all that a run did, and that nothing is left.

        The audit reads all that was ever billed: a long simulation asks it rarely.
        """
        assert run.state == "done", (run.state, run.stop_reason)
        assert not run.failed_count, run.issue_ids.mapped("message")
        billed = run.cycle_ids.filtered(lambda cycle: cycle.state == "billed")
        if shown:
            made = self.world.fingerprints(billed)
            different = {
                key: (shown.get(key), made.get(key))
                for key in {*shown, *made}
                if shown.get(key) != made.get(key)
            }
            assert not different, different
        regular = billed.filtered(lambda cycle: cycle.kind == "regular")
        self.books.note(regular)
        for cycle in regular:
            self.books.check_fresh(cycle)
            self.books.check_evidence(cycle)
        self._check_corrections(run)
        self._check_ledger(billed)
        self._check_days(run.date)
        if audit:
            self.check_audit()

    def check_again(self, run):
        """Run once more on the same day: nothing comes of it."""
        before = self.env["account.move"].search_count([])
        again, _shown = self.world.run(run.date)
        assert not again.billed_count, again.cycle_ids.mapped("display_name")
        assert self.env["account.move"].search_count([]) == before

    def check_audit(self):
        """The audit finds nothing, and no posted bill has changed.

        Nobody delivers in these worlds: that mail waits is what it should find.
        """
        audit = self.env["msp.billing.cycle"]._audit()
        found = [finding for finding in audit if finding["code"] != "mail"]
        assert not found, found
        self.check_posted()

    def check_posted(self):
        """Every posted bill has the content that it had when it was posted."""
        moves = self.env["account.move"].search(
            [("msp_run_id", "!=", False), ("state", "=", "posted")]
        )
        for move in moves:
            content = (
                move.name,
                move.partner_id.id,
                move.invoice_date,
                move.invoice_date_due,
                move.amount_total,
                *(
                    (line.name, line.quantity, line.price_unit, line.discount)
                    for line in move.invoice_line_ids
                ),
            )
            assert self.seen.setdefault(move.id, content) == content, move.name

    def _check_corrections(self, run):
        """What was due for correction is what the oracle says for today."""
        day = run.date
        waiting = run.cycle_ids.filtered(
            lambda cycle: cycle.kind == "correction" and cycle.state != "billed"
        )
        for subscription in self.world.subscriptions - waiting.subscription_id:
            last = self.processed.get(subscription.id)
            own = subscription.cycle_ids
            if last is None and own.filtered(lambda c: c.state == "billed"):
                self.processed[subscription.id] = day
            elif last and (days := correction_days(subscription, last, day)):
                self.processed[subscription.id] = day
                for cycle in self.books.due_for_correction(subscription, days[-1]):
                    self.books.check(cycle)
                    self.books.settle(cycle)

    def _check_ledger(self, billed):
        """Each bill is worth its charges, and each charge has its line."""
        for move, cycles in billed.grouped("move_id").items():
            charges = cycles.charge_ids.filtered("amount")
            assert len(charges.move_line_id) == len(charges), move.name
            assert charges.move_line_id.move_id == move, move.name
            assert bool(move) == bool(charges), move.name
            sign = -1 if move.move_type == "out_refund" else 1
            total = sum(map(dec, charges.mapped("amount")), dec(0))
            worth = sign * dec(move.amount_untaxed)
            assert abs(total - worth) < CENT, (move.name, total, worth)

    def _check_days(self, day):
        """No day is billed twice, none is left out, nothing that is due waits."""
        for subscription in self.world.subscriptions:
            live = subscription.cycle_ids.filtered(
                lambda c: c.kind == "regular" and c.state == "billed"
            ).sorted("date_start")
            name = subscription.display_name
            held = subscription.cycle_ids.filtered(
                lambda c: c.state in ("held", "failed")
            )
            until = subscription.date_start
            for cycle in live:
                if cycle.date_start != until:
                    # A voided cycle waits to be billed anew: held, or not yet due.
                    assert until < cycle.date_start, (name, until)
                    assert held or cycle.date_start > day, (name, until)
                    self._check_voided(subscription, until, cycle.date_start)
                until = cycle.date_end
            if held:
                continue
            until = live[-1:].date_end or subscription.date_start
            assert until >= self._due_until(subscription, day), (name, until)

    def _check_voided(self, subscription, first, last):
        """All days from the first up to the last are in voided cycles."""
        voided = subscription.cycle_ids.filtered(lambda c: c.state == "voided")
        covered = {d for c in voided for d in days_of(c.date_start, c.date_end)}
        missing = set(days_of(first, last)) - covered
        assert not missing, (subscription.display_name, sorted(missing))

    def _due_until(self, subscription, day):
        """Give the day until which all is due on a day, by the calendar alone."""
        start = subscription.date_start
        end = subscription.date_end or day + timedelta(800)
        stops = [b for b in boundaries(subscription) if start < b < end] + [end]
        if subscription.timing == "arrears":
            return max([stop for stop in stops if stop <= day] or [start])
        begins = [start, *stops]
        return max(
            [stop for begin, stop in pairwise(begins) if begin <= day] or [start]
        )
