from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.cycle import Calendar
from ..engine.errors import EngineError


class MspSubscription(models.Model):
    """When a subscription is due, and for which days."""

    _inherit = "msp.subscription"

    # === COMPUTE METHODS === #
    @api.depends(
        "date_start",
        "date_end",
        "billing_cycle",
        "anchor_day",
        "anchor_month",
        "timing",
        "cycle_ids.state",
        "cycle_ids.date_end",
    )
    def _compute_next_bill_date(self):
        billed = dict(
            self.env["msp.billing.cycle"]
            .sudo()
            ._read_group(
                [
                    ("subscription_id", "in", self.ids),
                    ("state", "=", "billed"),
                    ("kind", "=", "regular"),
                ],
                groupby=["subscription_id"],
                aggregates=["date_end:max"],
            )
        )
        for subscription in self:
            until = billed.get(subscription._origin) or subscription.date_start
            subscription.billed_until = until
            subscription.next_bill_date = subscription._next_due(until)

    @api.depends("date_start", "date_end")
    def _compute_state(self):
        for subscription in self:
            today = (subscription.company_id or self.env.company)._msp_today()
            if subscription.date_end and subscription.date_end <= today:
                subscription.state = "ended"
            elif subscription.date_start and subscription.date_start > today:
                subscription.state = "upcoming"
            else:
                subscription.state = "active"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._msp_today()
        domains = {
            "ended": fields.Domain("date_end", "<=", today),
            "upcoming": fields.Domain("date_start", ">", today),
            "active": fields.Domain(self._live_domain(today)),
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    def _compute_computer_count(self):
        counts = self.env["msp.usage"]._count_on(
            self, (self.company_id[:1] or self.env.company)._msp_today()
        )
        for subscription in self:
            subscription.computer_count = counts.get(subscription._origin.id, 0)

    # === BUSINESS METHODS === #
    @api.model
    def _live_domain(self, day=None):
        """Return the domain of the subscriptions that run on a day."""
        day = day or self.env.company._msp_today()
        return [
            ("date_start", "<=", day),
            "|",
            ("date_end", "=", False),
            ("date_end", ">", day),
        ]

    def _calendar(self):
        """Return the engine's calendar of this subscription."""
        self.ensure_one()
        return Calendar(
            date_start=self.date_start,
            billing_cycle=self.billing_cycle,
            anchor_day=self.anchor_day or None,
            anchor_month=int(self.anchor_month) if self.anchor_month else None,
            date_end=self.date_end or None,
        )

    def _next_due(self, until):
        """Return the day on which the cycle from ``until`` on is due, or False."""
        self.ensure_one()
        try:
            cycle = self._calendar().cycle_from(until) if until else None
        except EngineError:
            # Wrong dates are named by _check_calendar; a form shows no next bill.
            return False
        return cycle.due_date(self.timing) if cycle else False

    def _due_spans(self, day):
        """Return the engine's cycles that are due on a day, oldest first."""
        self.ensure_one()
        return self._calendar().due_cycles(self.billed_until, day, self.timing)

    def _lock_due(self):
        """Lock the rows that no other worker holds and return them."""
        if not self.ids:
            return self
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM msp_subscription WHERE id = ANY(%s) "
                "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                list(self.ids),
            )
        )
        locked = {row[0] for row in rows}
        return self.filtered(lambda subscription: subscription.id in locked)
