from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..tools.change_sql import CHANGES
from ..tools.names import natural

KINDS = ("came", "went", "moved", "type", "days")


class ComputerChange(NamedTuple):
    """A row of CHANGES: a computer that differs, under one price of a cycle."""

    cycle_id: int
    key: int
    computer_id: int
    name: str
    now: bool
    before: bool
    days: int
    days_before: int
    any_now: bool
    any_before: bool
    since: object
    until: object
    partner_id: int
    partner_before: int
    type_id: int
    type_before: int
    reason: str
    other_partner: int

    @property
    def kind(self):
        """What happened to the computer, for its subscription as a whole."""
        if self.any_now != self.any_before:
            return "came" if self.any_now else "went"
        if self.partner_id != self.partner_before:
            return "moved"
        return "type" if self.type_id != self.type_before else "days"


class MspBillChange(models.AbstractModel):
    """What changed since the last bill: amounts, terms, computers by their names."""

    _name = "msp.bill.change"
    _description = "What Changed"

    # === BUSINESS METHODS === #
    @api.model
    def _of(self, cycles, internal=False):
        """Compare regular cycles with those billed before them.

        :param bool internal: name other customers that a computer came from or went
            to; a customer reads only the names of its own sites
        :return: cycle -> dict: ``cycle``, ``previous`` (empty: its first bill),
            ``amount`` (difference), ``prices`` (dicts of ``key, name, text, amount,
            before, now``), ``computers`` (``ComputerChange`` by kind) and ``texts``
            (what stands behind a computer's name, by its id)
        :rtype: dict
        """
        cycles = cycles.filtered(lambda cycle: isinstance(cycle.id, int))
        computers = self._computers(cycles)
        changes = {}
        for cycle in cycles:
            rows = computers.get(cycle.id, [])
            prices = self._prices(cycle) if cycle.previous_id else []
            changes[cycle] = {
                "cycle": cycle,
                "previous": cycle.previous_id,
                "amount": cycle.amount - cycle.previous_id.amount,
                "prices": prices,
                "rows": rows,
                "computers": self._by_kind(rows),
                "texts": {
                    row.computer_id: self._computer_text(cycle, row, internal)
                    for row in rows
                },
            }
        return changes

    @api.model
    def _summaries(self, cycles):
        """Return how many computers came and went, for lists: one statement for all.

        :return: regular cycle -> text
        :rtype: dict
        """
        cycles = cycles.filtered(lambda cycle: isinstance(cycle.id, int))
        # Whether a computer came at all does not depend on its prices.
        computers = self._computers(cycles, by_price=False)
        return {
            cycle: self._summary(
                {
                    "previous": cycle.previous_id,
                    "computers": self._by_kind(computers.get(cycle.id, [])),
                }
            )
            for cycle in cycles
        }

    @api.model
    def _of_bill(self, move, internal=False):
        """Return the changes of the regular cycles of a bill, in its order."""
        cycles = move.msp_cycle_ids.filtered(lambda cycle: cycle.kind == "regular")
        cycles = cycles.sorted(
            lambda cycle: (
                cycle.partner_id.complete_name or "",
                cycle.plan_id.sequence,
                cycle.subscription_id.id,
                cycle.date_start,
            )
        )
        found = self._of(cycles, internal)
        return [found[cycle] for cycle in cycles]

    # === COMPUTERS === #
    @api.model
    def _computers(self, cycles, by_price=True):
        """Return cycle id -> the rows of CHANGES.

        :param bool by_price: without it all prices are looked at as one
        """
        pairs = cycles.filtered("previous_id")
        if not pairs:
            return {}
        self.env.flush_all()
        threads = {}
        if by_price:
            threads = self._threads((pairs | pairs.previous_id).charge_ids.price_id)
        rows = self.env.execute_query(
            SQL(
                CHANGES,
                cycles=list(pairs.ids),
                prices=list(threads),
                keys=list(threads.values()),
            )
        )
        found = defaultdict(list)
        for row in rows:
            found[row[0]].append(ComputerChange(*row))
        for changes in found.values():
            changes.sort(key=lambda change: natural(change.name))
        return found

    @api.model
    def _threads(self, prices):
        """Return price id -> id of the first price in the row of replacements."""
        threads = {}
        for price in prices.sudo():
            first = price
            while first.replaces_id:
                first = first.replaces_id
            threads[price.id] = first.id
        return threads

    @api.model
    def _by_kind(self, rows):
        """Return kind -> rows, each computer once."""
        kinds = {kind: [] for kind in KINDS}
        seen = set()
        for row in rows:
            if row.computer_id not in seen:
                seen.add(row.computer_id)
                kinds[row.kind].append(row)
        return {kind: found for kind, found in kinds.items() if found}

    # === PRICES === #
    @api.model
    def _prices(self, cycle):
        """Compare the charges of a cycle, price by price, with those before."""
        now, before = self._charges(cycle), self._charges(cycle.previous_id)
        rows = []
        for key in [*now, *(key for key in before if key not in now)]:
            new, old = now.get(key), before.get(key)
            amount = sum((new or old.browse()).mapped("amount")) - sum(
                (old or new.browse()).mapped("amount")
            )
            notes = self._notes(cycle, key, new, old)
            if notes or not cycle.currency_id.is_zero(amount):
                rows.append(
                    {
                        "key": key,
                        "name": self._charge_name(key, new or old),
                        "text": "; ".join(notes),
                        "amount": amount,
                        "before": sum(old.mapped("quantity")) if old else None,
                        "now": sum(new.mapped("quantity")) if new else None,
                    }
                )
        return rows

    @api.model
    def _charges(self, cycle):
        """Return the charges of a cycle by the first of their prices, or by kind."""
        threads = self._threads(cycle.charge_ids.price_id)
        return cycle.charge_ids.sorted("sequence").grouped(
            lambda charge: threads.get(charge.price_id.id) or charge.kind
        )

    @api.model
    def _charge_name(self, key, charges):
        names = {
            "minimum": self.env._("Minimum"),
            "extra": self.env._("Extra charges"),
        }
        return names.get(key) or charges[:1].price_id.name or charges[:1].display_name
