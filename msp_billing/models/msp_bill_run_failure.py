import logging
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.failure import signature

_logger = logging.getLogger(__name__)

RETRY_HOURS = (1, 6, 24)
# The same error so many times in a row is nobody's fault but the system's.
SAME_ERROR_LIMIT = 3


class StopRun(Exception):
    """A failure that is not a customer's: the run stops and blames nobody."""


class SetBack(Exception):
    """The database was too busy: nobody's failure, tried again a little later."""


class MspBillRun(models.Model):
    """What a run does about the failure of a customer."""

    _inherit = "msp.bill.run"

    # === BUSINESS METHODS === #
    def _fail(self, payer, subscriptions, error, failures):
        """Record a customer's failure in a transaction of its own.

        :param dict failures: payer id -> (signature, cycles, issues, activities) of
            the failures in a row, kept by the caller
        :return: False when another worker has the customer by now
        :rtype: bool
        :raises StopRun: when the same failure comes again and again
        """
        mark = signature(error, self._names(payer, subscriptions))
        message = self._describe(error)
        if not self._relock(subscriptions):
            return False
        if any(known[0] != mark for known in failures.values()):
            failures.clear()
        if len(failures.keys() - {payer.id}) + 1 >= SAME_ERROR_LIMIT:
            self._take_back(failures)
            raise StopRun(
                self.env._(
                    "The same failure three times in a row, so no customer is to "
                    "blame: %(message)s\nMend the cause and resume the run.",
                    message=message,
                )
            )
        _logger.warning(
            "Bill run %s: %s was not billed: %s", self.id, payer.display_name, message
        )
        failures[payer.id] = (mark, *self._record_failure(subscriptions, message))
        return True

    def _names(self, payer, subscriptions):
        """Return what names these customers in a text of a failure."""
        partners = payer | subscriptions.partner_id | payer.commercial_partner_id
        texts = [partners.mapped(name) for name in ("name", "display_name", "email")]
        texts.append(subscriptions.mapped("display_name"))
        return {text for found in texts for text in found if text}

    def _record_failure(self, subscriptions, message):
        """Mark the due cycles as failed, with the next try; ask somebody.

        :return: the cycles, the issues and the activities of this failure
        """
        try:
            cycles = self.env["msp.billing.cycle"]._open(subscriptions, self)
        except UserError as reason:
            # Not even its days can be told: the run must not try it for ever.
            self.env.cr.rollback()
            issues = self._record_unopened(subscriptions, str(reason))
            return self.env["msp.billing.cycle"], issues, self.env["mail.activity"]
        issues = self.env["msp.bill.run.issue"]
        activities = self.env["mail.activity"].sudo()
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
            issues |= self._record_issue("failed", cycle, message)
            activities |= self._ask_responsible(cycle, message)
        return cycles, issues, activities

    def _take_back(self, failures):
        """Blame nobody for what three customers in a row had in common."""
        for _mark, cycles, issues, activities in failures.values():
            for cycle in cycles.exists():
                cycle.write(
                    {
                        "state": "due",
                        "reason": False,
                        "attempts": max(cycle.attempts - 1, 0),
                        "next_try": False,
                    }
                )
            issues.exists().unlink()
            activities.exists().unlink()
        self.env["ir.cron"].sudo()._commit_progress()

    def _record_unopened(self, subscriptions, message):
        return self.env["msp.bill.run.issue"].create(
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
            return subscription.activity_ids.browse()
        return subscription.activity_schedule(
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
