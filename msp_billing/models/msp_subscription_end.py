from odoo import models
from odoo.exceptions import UserError

from .msp_billing_cycle import UNFREEZE


class MspSubscription(models.Model):
    """What becomes of cycles when the end of a subscription moves."""

    _inherit = "msp.subscription"

    # === BUSINESS METHODS === #
    def _refuse_end_in_billed_days(self, day):
        if self.env.context.get("msp_unfreeze") is UNFREEZE:
            return
        for subscription in self:
            if subscription._ends_in_billed_days(day):
                raise UserError(
                    self.env._(
                        "%(subscription)s is billed until %(until)s. Choose that day "
                        "or a later one, or let a billing manager dissociate it with "
                        "a reason: the days from %(end)s on are then credited.",
                        subscription=subscription.display_name,
                        until=subscription._last_billed_day(),
                        end=day,
                    )
                )

    def _end_in_billed_days(self, day, reason):
        """End subscriptions inside billed days: the rest of them is credited."""
        # The context is dropped with this recordset and reaches no client.
        self.with_context(msp_unfreeze=UNFREEZE).write({"date_end": day})
        for subscription in self:
            subscription.message_post(
                body=self.env._(
                    "Ended on %(end)s, inside billed days: %(reason)s",
                    end=day,
                    reason=reason,
                )
            )

    def _ends_in_billed_days(self, day):
        self.ensure_one()
        return bool(day) and self._is_billed() and day < self._last_billed_day()

    def _last_billed_day(self):
        """Return the first day after all billed days, also behind a voided cycle."""
        self.ensure_one()
        return max([self.billed_until, *self._billed_starts()[self].values()])

    def _end_moved(self):
        """Drop what is not served any more, and look for what is to be credited."""
        waiting = self.sudo().cycle_ids.filtered(
            lambda cycle: (
                cycle.kind == "regular" and cycle.state in ("due", "held", "failed")
            )
        )
        waiting.filtered(
            lambda cycle: (
                cycle.subscription_id.date_end
                and cycle.subscription_id.date_end < cycle.date_end
            )
        )._discard()
        for subscription in self:
            if subscription._is_billed() and not subscription.next_correction_date:
                # The corrections had ended, some months after the old end.
                today = subscription.company_id._msp_today()
                # As superuser: people cannot set the day.
                subscription.sudo().next_correction_date = (
                    subscription._correction_after(today, ever=True)
                )
