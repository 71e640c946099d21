from dataclasses import replace
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.cycle import Calendar
from ..engine.errors import EngineError
from ..engine.span import Span

SPAN = ("date_start", "date_end")


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
        billed = self._billed_starts()
        for subscription in self:
            until = subscription.date_start
            while until in billed[subscription]:
                until = billed[subscription][until]
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
        """Return the engine's cycles that are due on a day, oldest first.

        Days that are billed already, behind a voided cycle, are left out: a stub is
        billed anew as the stub that it was, also when the end has moved since.

        :return: subscription -> its cycles
        :rtype: dict
        """
        billed = self._billed_starts()
        return {
            subscription: subscription._spans_between(day, billed[subscription])
            for subscription in self
        }

    def _spans_between(self, day, billed):
        """Return the cycles of a subscription that are due, between those billed."""
        calendar = self._calendar()
        spans, start = [], self.billed_until
        while cycle := calendar.cycle_from(start):
            if cycle.span.start in billed:
                start = billed[cycle.span.start]
                continue
            following = [day for day in billed if day > start]
            end = min([cycle.span.end, *following])
            cycle = replace(cycle, span=Span(start, end))
            if cycle.due_date(self.timing) > day:
                break
            spans.append(cycle)
            start = cycle.span.end
        return spans

    def _billed_starts(self):
        """Return the days of the billed cycles.

        :return: subscription -> {first day: first day after}
        :rtype: dict
        """
        Cycle = self.env["msp.billing.cycle"]
        Cycle.flush_model(["subscription_id", "state", "kind", *SPAN])
        days = {subscription_id: {} for subscription_id in self._origin._ids}
        for subscription_id, start, end in self.env.execute_query(
            SQL(
                "SELECT subscription_id, date_start, date_end FROM msp_billing_cycle "
                "WHERE subscription_id = ANY(%s) AND state = 'billed' "
                "AND kind = 'regular'",
                list(days),
            )
        ):
            days[subscription_id][start] = end
        return {sub: days.get(sub._origin.id, {}) for sub in self}

    # === CORRECTIONS === #
    def _is_corrected(self, day):
        """Say whether the corrections of a day are billed."""
        return bool(
            self.env["msp.billing.cycle"].search_count(
                [
                    ("subscription_id", "=", self.id),
                    ("kind", "=", "correction"),
                    ("state", "=", "billed"),
                    ("date_start", "=", day),
                ],
                limit=1,
            )
        )

    def _schedule_correction(self, day):
        """Set the next day, after ``day``, on which corrections are looked for."""
        for following, some in self.grouped(
            lambda subscription: subscription._correction_after(day)
        ).items():
            some.next_correction_date = following

    def _correction_after(self, day, ever=False):
        """Return the first correction day after a day, or False when none is left.

        An ended subscription has them as long as its cycles can be corrected, and
        for extra charges that are not billed yet.

        :param bool ever: also long after the end
        """
        self.ensure_one()
        calendar = self._calendar()
        reach = timedelta(days=7 if self.billing_cycle == "weekly" else 31)
        found = calendar.correction_day(max(day, self.date_start) + reach)
        before = calendar.correction_day(found - timedelta(days=1))
        if before and before > day:
            found = before
        last = self.date_end and self.date_end + relativedelta(
            months=self.company_id.msp_adjustment_months + 1
        )
        over = last and found > last
        return False if over and not ever and not self._has_open_extras() else found

    def _has_open_extras(self):
        """Say whether extra charges are left that no bill has."""
        return any(not extra.is_billed for extra in self.extra_charge_ids)

    def _has_last_extras(self, day):
        """Say whether extra charges are due that no regular cycle will take."""
        return not self.next_bill_date and any(
            extra.date <= day and not extra.is_billed for extra in self.extra_charge_ids
        )

    def _require_correction(self, on):
        """Look for corrections soon, also when the last ones were long ago.

        On a day, or the next correction day when that day's are billed already.
        """
        for subscription in self:
            known, wanted = subscription.next_correction_date, on
            day = subscription._calendar().correction_day(on)
            if day is None or subscription._is_corrected(day):
                wanted = subscription._correction_after(on, ever=True)
            if not known or known > wanted:
                subscription.next_correction_date = wanted

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

    def _touch(self):
        """Change the locked rows in nothing but their version.

        Another worker that still looks at them as they were conflicts, and looks again:
        it sees what was noted about them meanwhile.
        """
        if self.ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE msp_subscription SET id = id WHERE id = ANY(%s)",
                    list(self.ids),
                )
            )

    def _lock_whole(self):
        """Lock and return the subscriptions of the bill-to customers that are free."""
        locked = self._lock_due()
        held = (self - locked).bill_to_id
        return locked.filtered(lambda subscription: subscription.bill_to_id not in held)
