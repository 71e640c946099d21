from datetime import timedelta

from odoo import models

from ..tools import hold_sql


class MspBillingCycle(models.Model):
    """Held for what was counted: nothing known, known too long ago, or much else."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _last_day_count(self, prices, usages):
        """Return the computers on the last day, or None when no price counts any.

        Several prices may count the same computers: a price whose types another one
        covers too adds nothing.
        """
        ends = {
            price.computer_type_ids._ids: usages[self.id, price.id].end
            for price in prices
            if price.price_model != "flat" and not self._is_contracted(price)
        }
        if () in ends:
            return ends[()]
        if not ends:
            return None
        covers = {types: frozenset(types) for types in ends}
        return sum(
            ends[types]
            for types, cover in covers.items()
            if not any(cover < other for other in covers.values())
        )

    # === CHECKS === #
    def _hold_unreported(self):
        """No computer is not the same as no report."""
        texts = {
            "inventory": self.env._(
                "No computer of %(customer)s was ever reported or entered. Let a "
                "source report: a complete report may say that there are none. Or "
                "enter the computers, or release it."
            ),
            "reading": self.env._(
                "No count of %(customer)s was ever entered for a day of this cycle or "
                "before. Enter one, 0 when there is none, or release it."
            ),
        }
        held = {}
        for cycle_id, count_source in self._held_by(hold_sql.UNREPORTED):
            cycle = self.browse(cycle_id)
            text = texts[count_source] % {"customer": cycle.partner_id.display_name}
            held[cycle] = ("unreported", text)
        return held

    def _hold_stale(self):
        """Old reports do not know who came, and who left.

        What counts is the end of the cycle, and today for what is billed before it.
        """
        held = {}
        today = self.company_id[:1]._msp_today()
        for cycle_id, known_id, day in self._held_by(hold_sql.STALE, today=today):
            cycle = self.browse(cycle_id)
            known = self.env["msp.source.customer"].sudo().browse(known_id)
            text = cycle not in held and cycle._stale_text(known, day)
            if text:
                held[cycle] = ("stale", text)
        return held

    def _stale_text(self, known, day):
        """Return why the reports of a source's customer are too old, or nothing.

        :param known: the customer as the source knows it
        :param date day: when the newest complete report is needed
        """
        names = {"source_name": known.source_id.name, "customer": known.partner_id.name}
        if not known.last_complete_at:
            return self.env._(
                "%(source_name)s has never reported all computers of %(customer)s: its "
                "reports were not complete. Deliver a complete one, or release it.",
                **names,
            )
        reported = self.company_id._msp_day(known.last_complete_at)
        if reported >= day - timedelta(days=known.source_id.stale_days):
            return None
        return self.env._(
            "%(source_name)s last reported all computers of %(customer)s on "
            "%(reported)s, %(days)s days before %(day)s (%(allowed)s are allowed). Let "
            "it report, take the customer out of the source when it reports no more, "
            "or release it.",
            reported=self._format_day(reported),
            days=(day - reported).days,
            day=self._format_day(day),
            allowed=known.source_id.stale_days,
            **names,
        )

    def _hold_jump(self):
        """A count that is far from the last bill's may be a broken report."""
        held = {}
        for cycle_id, now, before in self._held_by(hold_sql.JUMP):
            cycle = self.browse(cycle_id)
            previous = cycle.previous_id
            held[cycle] = (
                "jump",
                self.env._(
                    "%(now)s computers of %(customer)s on %(day)s, but %(before)s on "
                    "%(last)s, the end of the cycle billed before. Correct the "
                    "history, or release it.",
                    now=now,
                    customer=cycle.partner_id.display_name,
                    day=self._format_day(cycle.date_end - timedelta(days=1)),
                    before=before,
                    last=self._format_day(previous.date_end - timedelta(days=1)),
                ),
            )
        return held
