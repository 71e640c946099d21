import logging
from collections import defaultdict

from odoo import api, models

from ..tools.failure import is_lost, is_system, is_transient
from ..tools.memo import remembering

_logger = logging.getLogger(__name__)

# Subscriptions that are worked out in one transaction.
BATCH_SIZE = 100


class MspForecast(models.Model):
    """How a forecast is made: the preview of a run on its last day, taken back."""

    _inherit = "msp.forecast"

    # === CRON METHODS === #
    @api.model
    def _cron_forecast(self):
        """Work out each company's forecast once a day, batch by batch.

        A company whose bills are being made waits: its cycles change meanwhile.
        """
        Cron = self.env["ir.cron"]
        waiting = self.env["msp.bill.run"].search([("state", "=", "running")])
        companies = self.env["res.company"].search([("active", "=", True)])
        for company in companies - waiting.company_id:
            forecast = self._of(company)
            if forecast._is_stale():
                forecast._begin()
            while not forecast._is_done():
                try:
                    forecast._next_batch()
                except Exception as error:
                    if self.env.cr.closed or is_transient(error):
                        raise
                    # The other companies get their forecast all the same.
                    self.env.cr.rollback()
                    _logger.exception("No forecast for company %s", company.id)
                    break
                if not Cron._commit_progress(1):
                    Cron._commit_progress(remaining=1)
                    return
        Cron._commit_progress(remaining=0)

    # === BUSINESS METHODS === #
    def _next_batch(self):
        """Work out the next subscriptions, or end the forecast."""
        self.ensure_one()
        left = self._left()[:BATCH_SIZE]
        if left:
            self._work_on(left)
            self.reached = left[-1].id
        else:
            self._end()

    def _work_on(self, subscriptions):
        """Replace the rows of some subscriptions."""
        self.ensure_one()
        vals_list = self._try_to_preview(subscriptions)
        if vals_list is None:
            vals_list = []
            for subscription in subscriptions:
                own = self._try_to_preview(subscription)
                self.failed_count += own is None
                vals_list += own or ()
        Line = self.env["msp.forecast.line"]
        Line.search([("subscription_id", "in", subscriptions.ids)]).unlink()
        Line.create(vals_list)

    def _try_to_preview(self, subscriptions):
        """Return the values of the rows of subscriptions, or None when that fails.

        :raises Exception: what is nobody's: conflicts, a database that is gone
        """
        savepoint = self.env.cr.savepoint()
        try:
            vals_list = self._preview(subscriptions)
        except Exception as error:
            if (
                is_lost(error, self.env.cr.closed)
                or is_transient(error)
                or is_system(error)
            ):
                raise
            _logger.info("No forecast for %s: %s", subscriptions, error)
            vals_list = None
        finally:
            if not self.env.cr.closed:
                savepoint.close(rollback=True)
                self.env.invalidate_all(flush=False)
        return vals_list

    def _preview(self, subscriptions):
        """Make, count and rate the cycles that come; return the values of the rows."""
        self.ensure_one()
        horizon = self._horizon()
        run = self.env["msp.bill.run"].create(
            {"date": horizon, "company_id": self.company_id.id}
        )
        Cycle = remembering(subscriptions).env["msp.billing.cycle"]
        cycles = Cycle._open(remembering(subscriptions), run)
        cycles._rate()
        amounts, counts = defaultdict(float), defaultdict(int)
        days = defaultdict(list)
        for cycle in cycles:
            subscription = cycle.subscription_id
            advance = subscription.timing == "advance"
            day = cycle.date_start if advance else cycle.date_end
            days[subscription].append(day)
            counts[subscription, day] += 1
        for charge in cycles.charge_ids:
            day = self._day_of(charge, days[charge.subscription_id])
            amounts[charge.subscription_id, day] += charge.amount
        return [
            {
                "forecast_id": self.id,
                "company_id": self.company_id.id,
                "subscription_id": subscription.id,
                "partner_id": subscription.partner_id.id,
                "plan_id": subscription.plan_id.id,
                "currency_id": subscription.currency_id.id,
                "date": day,
                "cycle_count": number,
                "amount": subscription.currency_id.round(amounts[subscription, day]),
                "made_at": self.started_at,
            }
            for (subscription, day), number in counts.items()
        ]

    @api.model
    def _day_of(self, charge, days):
        """Return when a charge will be billed: an extra charge not before its date."""
        cycle = charge.cycle_id
        advance = charge.subscription_id.timing == "advance"
        own = cycle.date_start if advance else cycle.date_end
        if charge.kind != "extra":
            return own
        return next(
            (day for day in sorted(days) if day >= charge.extra_charge_id.date),
            max(days),
        )
