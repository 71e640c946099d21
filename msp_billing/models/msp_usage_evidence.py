from odoo import api, models

from ..tools.usage_sql import EVIDENCE, STORE

NO_MAXIMUM = 10**9


class MspUsage(models.AbstractModel):
    """The computers and days behind charges, set-wise."""

    _inherit = "msp.usage"

    # === BUSINESS METHODS === #
    @api.model
    def _store_evidence(self, cycles, prices, charges, usages):
        """Store the computers and days behind the charges of counted cycles.

        :param dict charges: (cycle id, price id) -> the price's first charge
        """
        parameters = self._evidence_parameters(
            cycles, prices, charges, usages, self._spans(cycles)
        )
        if parameters:
            self.env.cr.execute(EVIDENCE + STORE, parameters)
            self.env["msp.charge.computer"].invalidate_model()

    @api.model
    def _read_evidence(self, cycles, prices, charges, usages, spans):
        """Return the evidence as it would be stored now.

        :return: rows (cycle id, charge id, computer id, site id, type id, from,
            until, days, status, reason)
        :rtype: list[tuple]
        """
        parameters = self._evidence_parameters(cycles, prices, charges, usages, spans)
        if not parameters:
            return []
        self.env.cr.execute(EVIDENCE + "SELECT * FROM evidence", parameters)
        return self.env.cr.fetchall()

    @api.model
    def _evidence_parameters(self, cycles, prices, charges, usages, spans):
        """Return the parameters of EVIDENCE, or nothing when no cycle is counted."""
        counted = cycles.filtered(
            lambda cycle: cycle.subscription_id.count_source == "inventory"
        )
        if not counted:
            return {}
        self.env.flush_all()
        rows = [
            self._evidence_row(cycle, price, charges, usages, spans)
            for cycle in counted
            for price in prices[cycle]
            if price.usage_basis != "contracted" and (cycle.id, price.id) in charges
        ]
        columns = list(zip(*rows, strict=True)) if rows else [()] * 6
        names = ("h_cycle", "h_price", "h_charge", "h_day", "h_included", "h_most")
        return {
            **self._seen_parameters(counted, prices, spans),
            **{name: list(column) for name, column in zip(names, columns, strict=True)},
            "uid": self.env.uid,
        }

    @api.model
    def _evidence_row(self, cycle, price, charges, usages, spans):
        """Return the row of ``charged`` (see EVIDENCE) for one price of a cycle."""
        usage = usages[cycle.id, price.id]
        # A flat price is not counted: every computer that was there is behind it.
        flat = price.price_model == "flat"
        return (
            cycle.id,
            price.id,
            charges[cycle.id, price.id].id,
            None if flat else usage.counting_day(price.usage_basis, spans[cycle]),
            0 if flat else int(price.included_quantity),
            10**9
            if flat or not price.maximum_quantity
            else int(price.maximum_quantity),
        )
