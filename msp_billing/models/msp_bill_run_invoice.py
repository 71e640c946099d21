from odoo import models

from ..tools.memo import KEY, Memo

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
        vals_list = []
        for group in billed:
            total = self._store_totals(group, builder)
            vals_list.append(builder._prepare_bill(group, self, total))
        moves = builder._create_bills(vals_list)
        # Written before posting: that stores it together with the amounts.
        full = self.env["msp.billing.cycle"].union(*billed)
        full.write({**BILLED, "reason": False})
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

    def _store_totals(self, cycles, builder):
        """Store what Odoo's tax engine makes of a group that makes one invoice.

        :return: its total with tax, in the group's currency
        :rtype: float
        """
        totals = builder._totals(cycles, self.date)
        for cycle, untaxed in totals["untaxed"].items():
            cycle.amount_untaxed = untaxed
        return totals["total"]
