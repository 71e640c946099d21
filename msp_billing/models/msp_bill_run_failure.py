import logging
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)

RETRY_HOURS = (1, 6, 24)
# The same error so many times in a row is nobody's fault but the system's.
SAME_ERROR_LIMIT = 3


class StopRun(Exception):
    """A failure that is not a customer's: the run stops and blames nobody."""


class MspBillRun(models.Model):
    """What a run does about failures: a customer's, and nobody's."""

    _inherit = "msp.bill.run"

    # === BUSINESS METHODS === #
    def _fail(self, payer, subscriptions, error, errors):
        """Record a customer's failure in a transaction of its own.

        :param list errors: the texts of the failures in a row, kept by the caller
        :raises StopRun: when the same failure comes again and again
        """
        message = self._describe(error)
        _logger.warning(
            "Bill run %s: %s was not billed: %s", self.id, payer.display_name, message
        )
        errors.append(message)
        if errors[-SAME_ERROR_LIMIT:] == [message] * SAME_ERROR_LIMIT:
            raise StopRun(
                self.env._(
                    "The same failure three times in a row: %(message)s",
                    message=message,
                )
            )
        try:
            cycles = self.env["msp.billing.cycle"]._open(subscriptions, self)
        except UserError as reason:
            # Not even its days can be told: the run must not try it for ever.
            self.env.cr.rollback()
            self._record_unopened(subscriptions, str(reason))
            return
        for cycle in cycles:
            attempts = cycle.attempts + 1
            hours = RETRY_HOURS[min(attempts, len(RETRY_HOURS)) - 1]
            cycle.write(
                {
                    "state": "failed",
                    "reason": message,
                    "attempts": attempts,
                    "next_try": fields.Datetime.now() + timedelta(hours=hours),
                }
            )
            self._record_issue("failed", cycle, message)
            self._ask_responsible(cycle, message)

    def _record_unopened(self, subscriptions, message):
        self.env["msp.bill.run.issue"].create(
            [
                {
                    "run_id": self.id,
                    "kind": "failed",
                    "subscription_id": subscription.id,
                    "message": message,
                }
                for subscription in subscriptions
            ]
        )

    def _ask_responsible(self, cycle, message):
        """Give the responsible person one activity, not one per try."""
        subscription = cycle.subscription_id.sudo()
        summary = self.env._("Could not be billed")
        if subscription.activity_ids.filtered(lambda a: a.summary == summary):
            return
        subscription.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=message,
            user_id=(subscription.user_id or self.user_id).id,
        )

    def _describe(self, error):
        """Return a failure as a person reads it; the trace is in the log."""
        if isinstance(error, (UserError, AccessError)):
            return str(error)
        _logger.error("Bill run %s failed on a customer", self.id, exc_info=error)
        return f"{type(error).__name__}: {error}"

    def _stop(self, reason):
        self.env.cr.rollback()
        self.write({"state": "stopped", "stop_reason": reason})
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("The bill run stopped"),
            note=reason,
            user_id=self.user_id.id or self.env.user.id,
        )

    def _finish(self, tried):
        """Close the run when nothing is left that it has not tried."""
        if self._remaining().filtered(lambda sub: sub.id not in tried):
            # Other workers hold them. Whoever comes last closes the run.
            self.env.ref("msp_billing.ir_cron_bill").sudo()._trigger(
                fields.Datetime.now() + timedelta(minutes=1)
            )
            return
        self.state = "done"
        self.sudo().message_post(
            body=self.env._(
                "%(billed)s cycles billed on %(bills)s bills, %(held)s held, "
                "%(failed)s failed.",
                billed=self.billed_count,
                bills=self.bill_count,
                held=self.held_count,
                failed=self.failed_count,
            )
        )
