from odoo import models

from ..tools.memo import KEY, Memo
from ..tools.rows import update_rows

BILLED = {"state": "billed", "next_try": False}


class MspBillRun(models.Model):
    """From rated cycles to posted invoices, a whole batch at a time."""

    _inherit = "msp.bill.run"

    # === BUSINESS METHODS === #
    def _invoice(self, cycles):
        """Make and post the invoices of cycles, and queue their mail.

        Cycles whose charges are all 0.00 make no invoice; they are billed without.
        """
        builder = self._builder()
        builder._warm(cycles)
        groups = builder._group(cycles)
        billed = [group for group in groups if builder._billable(group)]
        totals = [builder._totals(group, self.date) for group in billed]
        moves = builder._create_bills(
            [
                builder._prepare_bill(group, self, found["total"])
                for group, found in zip(billed, totals, strict=True)
            ]
        )
        full = self.env["msp.billing.cycle"].union(*billed)
        full._store_untaxed(totals, {**BILLED, "reason": False})
        empty = cycles - full
        empty.write({**BILLED, "reason": self.env._("Nothing to bill")})
        builder._post_bills(moves)
        moves = moves.with_env(self.env)
        builder._link(billed, moves)
        self.env["msp.delivery"]._enqueue_bill(moves)
        return moves

    def _builder(self):
        """Return a bill builder that remembers, for one batch."""
        return self.env["msp.bill.builder"].with_context(**{KEY: Memo()})


class MspBillingCycle(models.Model):
    """What a bill makes of its cycles."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _store_untaxed(self, totals, vals):
        """Store what Odoo's tax engine makes of the cycles of some bills.

        :param list totals: what the builder's ``_totals`` returned for each bill
        :param dict vals: further values, the same for all these cycles
        """
        untaxed = {}
        for found in totals:
            untaxed.update(found["untaxed"])
        self._refuse_frozen()
        update_rows(
            self,
            [
                {**vals, "amount_untaxed": cycle.currency_id.round(untaxed[cycle])}
                for cycle in self
            ],
        )
