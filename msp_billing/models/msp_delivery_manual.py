from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.emails import split_addresses


class MspDelivery(models.Model):
    """What a manager does by hand."""

    _inherit = "msp.delivery"

    # === ACTION METHODS === #
    def action_resend(self):
        """Send by hand what was sent, failed or waits.

        It goes to the addresses that the subscriptions name today, so that a wrong
        one is mended there. What has left the house before gets a new Message-ID.

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
            "to": ", ".join(addresses),
            "attempts": 0,
            "next_try": False,
            "reason": False,
            "server_reply": False,
            "to_tell": False,
            "is_noted": False,
        }
        if self.state not in ("queued", "no_address"):
            vals["message_id"] = self._new_message_id(self.move_id.id)
        if not addresses:
            vals.update(self._prepare_no_address(self.move_id))
        self.write(vals)
        self.move_id._message_log(
            body=self.env._("%(mail)s is sent by hand.", mail=self.display_name)
        )

    def _current_addresses(self):
        """Return the addresses that the subscriptions behind the bill name today."""
        self.ensure_one()
        bill = self.move_id.reversed_entry_id or self.move_id
        texts = bill.msp_cycle_ids.subscription_id.mapped("bill_email")
        current, _invalid = split_addresses(",".join(filter(None, texts)))
        return current or self._known_addresses(self.move_id)
