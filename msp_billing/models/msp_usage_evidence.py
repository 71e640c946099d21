from odoo import api, models

from ..tools.usage_sql import EVIDENCE, STORE

NO_MAXIMUM = 10**9
# The columns of ``charged`` and ``tier`` (see EVIDENCE).
CHARGED = ("h_cycle", "h_price", "h_charge", "h_day", "h_included", "h_most")
TIER = ("t_first", "t_charge", "t_above", "t_upto")


class MspUsage(models.AbstractModel):
    """The computers and days behind charges, set-wise."""

    _inherit = "msp.usage"

    # === BUSINESS METHODS === #
    @api.model
    def _store_evidence(self, cycles, prices, charges, usages):
        """Store the computers and days behind the charges of counted cycles.

        :param dict charges: (cycle id, price id) -> the charges of the price, in order
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
        charged = [
            (cycle, price)
            for cycle in counted
            for price in prices[cycle]
            if price.usage_basis != "contracted" and (cycle.id, price.id) in charges
        ]
        rows = [
            self._evidence_row(cycle, price, charges, usages, spans)
            for cycle, price in charged
        ]
        tiers = [
            row
            for cycle, price in charged
            for row in self._tier_rows(price, charges[cycle.id, price.id])
        ]
        return {
            **self._seen_parameters(counted, prices, spans),
            **_columns(CHARGED, rows),
            **_columns(TIER, tiers),
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
            charges[cycle.id, price.id][:1].id,
            None if flat else usage.counting_day(price.usage_basis, spans[cycle]),
            0 if flat else int(price.included_quantity),
            NO_MAXIMUM
            if flat or not price.maximum_quantity
            else int(price.maximum_quantity),
        )

    @api.model
    def _tier_rows(self, price, charges):
        """Return the rows of ``tier`` (see EVIDENCE) for the charges of one price.

        The computers stand in the order in which they came; each is behind the
        charge whose tier holds its place. Parts of computers have no place: on the
        average all stand on the first charge.
        """
        if price.price_model != "graduated" or price.usage_basis == "average":
            return []
        first, *others = charges
        starts = [tier.from_quantity for tier in price.tier_ids.sorted("from_quantity")]
        ends = [*starts[1:], NO_MAXIMUM]
        return [
            (first.id, charge.id, starts[charge.tier], ends[charge.tier])
            for charge in others
        ]


def _columns(names, rows):
    """Return rows as columns by their names."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
