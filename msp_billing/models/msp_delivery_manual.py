from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.emails import split_addresses

CANCELLABLE = ("queued", "no_address", "failed", "unknown")


class MspDelivery(models.Model):
    """What a manager does by hand."""

    _inherit = "msp.delivery"

    # === ACTION METHODS === #
    def action_resend(self):
        """Send by hand what was sent, failed or waits.

        It goes to the addresses that the subscriptions name today, so that a wrong
        one is mended there. What has left the house before gets a new Message-ID; the
        bill's messages tell when it went out before, and to whom. It goes before what
        the runs have queued.

        :raises UserError: while it is being sent, or for a reminder of a bill that
            is not to be reminded of any more
        """
        for delivery in self._for_manager():
            delivery._queue_again()
        self._trigger_cron("render")
        return True

    def action_send_pdf_only(self):
        """Send the bill without its e-invoice, which could not be made."""
        deliveries = self._for_manager()
        deliveries.write({"pdf_only": True})
        for delivery in deliveries:
            delivery._queue_again()
        self._trigger_cron("render")
        return True

    def action_cancel(self):
        """Take mails out of the queue, or leave what was not sent as it is.

        A step of the reminders that was cancelled does not come again.

        :raises UserError: for a mail that was sent, or is being sent
        """
        for delivery in self._for_manager():
            delivery._refuse_sending()
            if delivery.state not in CANCELLABLE:
                raise UserError(
                    self.env._(
                        "%(delivery)s has left already and cannot be cancelled.",
                        delivery=delivery.display_name,
                    )
                )
            delivery._cancel(
                self.env._("Cancelled by %(user)s", user=self.env.user.name)
            )
        return True

    def action_mark_sent(self):
        """Record that the customer has got the mail in another way."""
        for delivery in self._for_manager():
            delivery._refuse_sending()
            delivery.write(
                {
                    "state": "sent",
                    "date_sent": fields.Datetime.now(),
                    "is_noted": True,
                    "to_tell": False,
                    "next_try": False,
                    "reason": self.env._(
                        "Marked as sent by %(user)s", user=self.env.user.name
                    ),
                }
            )
            delivery._after_sent()
        return True

    # === BUSINESS METHODS === #
    def _for_manager(self):
        """Return the deliveries for a change that a manager asks for."""
        self.check_access("read")
        if not (
            self.env.su
            or self.env.user.has_group("msp_billing.group_msp_billing_manager")
        ):
            raise AccessError(
                self.env._("Only a billing manager can send mails again.")
            )
        return self.sudo()

    def _refuse_sending(self):
        if self.state == "sending":
            raise UserError(
                self.env._(
                    "%(delivery)s is being sent right now. Look again in a minute.",
                    delivery=self.display_name,
                )
            )

    def _queue_again(self):
        """Queue a delivery by hand, however it ended before."""
        self.ensure_one()
        self._refuse_sending()
        if self.kind == "reminder" and (obstacle := self._reminder_obstacle()):
            raise UserError(
                self.env._(
                    "%(delivery)s is not sent again: %(reason)s",
                    delivery=self.display_name,
                    reason=obstacle,
                )
            )
        addresses = self._current_addresses()
        vals = {
            "state": "queued",
            "by_hand": True,
            "to": ", ".join(addresses),
            "attempts": 0,
            "next_try": False,
            "reason": False,
            "server_reply": False,
            "to_tell": False,
            "is_noted": False,
            "bounced_to": False,
            "date_bounced": False,
        }
        about = self._about()
        if self.state not in ("queued", "no_address"):
            vals["message_id"] = self._new_message_id(about.id, about._name)
        if not addresses:
            vals.update(self._prepare_no_address(self))
        self.write(vals)
        about._message_log(
            body=self.env._("%(mail)s is sent by hand.", mail=self.display_name)
        )

    def _cancel(self, reason):
        """Leave this mail unsent for good, and note why."""
        self.ensure_one()
        self.write(
            {
                "state": "cancelled",
                "reason": reason,
                "next_try": False,
                "to_tell": False,
                "date_begun": False,
            }
        )
        self._about()._message_log(body=f"{self.display_name}: {reason}")
        self._close_activity(reason)

    def _current_addresses(self):
        """Return the addresses that the subscriptions behind the bill name today."""
        self.ensure_one()
        bill = self.move_id.reversed_entry_id or self.move_id
        texts = bill.msp_cycle_ids.subscription_id.mapped("bill_email")
        current, _invalid = split_addresses(",".join(filter(None, texts)))
        return current or self._known_addresses(self.move_id)
