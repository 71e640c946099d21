from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..engine.span import Span

# A correction day is at most a month before the run's date, whatever its length.
REACH = timedelta(days=40)
# What only the cycles have whose end may have moved after they were billed.
MOVED_END = [
    "|",
    ("settled_until", "!=", False),
    ("subscription_id.date_end", "!=", False),
]


class MspBillingCycle(models.Model):
    """Which billed cycles are rated again, and for which of their days."""

    _inherit = "msp.billing.cycle"

    # === FIELDS === #
    settled_until = fields.Date(
        readonly=True,
        help="Up to this day the cycle is charged, since its end moved. Empty: whole.",
    )

    # === BUSINESS METHODS === #
    @api.model
    def _origins(self, subscriptions, run):
        """Return the billed cycles that a run may correct.

        Billed by earlier runs and ended within the months of the company's settings,
        or with an end that moved since; voided ones only to take back what corrected
        them.
        """
        months = relativedelta(months=run.company_id.msp_adjustment_months)
        return self._find_origins(
            subscriptions,
            run,
            Domain("state", "=", "voided")
            | Domain("date_end", ">=", run.date - months - REACH)
            | Domain(MOVED_END),
        )

    @api.model
    def _find_origins(self, subscriptions, run, domain):
        candidates = self.search(
            Domain(
                [
                    ("subscription_id", "in", subscriptions.ids),
                    ("kind", "=", "regular"),
                    ("state", "in", ("billed", "voided")),
                    ("run_id", "!=", run.id),
                    ("terms", "!=", False),
                ]
            )
            & domain,
            order="date_start, id",
        )
        return candidates.filtered(lambda cycle: cycle._is_correctable(run.date))

    def _is_correctable(self, on):
        self.ensure_one()
        if self.state == "voided":
            # What corrected it is taken back however long ago it ended.
            return True
        day = self.subscription_id._calendar().correction_day(on)
        months = relativedelta(months=self.company_id.msp_adjustment_months)
        ended = day - months <= self.date_end <= day
        return ended or self._is_unsettled()

    def _is_unsettled(self):
        """Say whether the end moved and no run has credited or charged that yet."""
        return self._served().end != (self.settled_until or self.date_end)

    @api.model
    def _settle(self, subscriptions, run):
        """Note that bill and corrections charge the days that are served now."""
        for cycle in self._find_origins(subscriptions, run, Domain(MOVED_END)):
            if cycle.state == "billed" and cycle._is_unsettled():
                cycle._unfrozen().settled_until = cycle._served().end

    def _billed_sites(self):
        """Return the sites as they were billed; nothing while they still change."""
        return self.sites if self.state in ("billed", "voided") else None

    def _served(self):
        """Return the days of a billed cycle that are still served: none when voided.

        Without proration a last cycle stays whole; one after the end is not served.
        """
        end = self.date_end
        stop = self.subscription_id.date_end or end
        if self.state == "voided" or stop <= self.date_start:
            end = self.date_start
        elif self.subscription_id.proration != "none":
            end = min(end, stop)
        return Span(self.date_start, end)
