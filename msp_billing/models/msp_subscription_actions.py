from odoo import fields, models
from odoo.exceptions import UserError


class MspSubscription(models.Model):
    """What people do with a subscription: end it, and look at what belongs to it."""

    _inherit = "msp.subscription"

    # === COMPUTE METHODS === #
    def _compute_cycle_count(self):
        counts = dict(
            self.env["msp.billing.cycle"]._read_group(
                [("subscription_id", "in", self.ids)],
                groupby=["subscription_id"],
                aggregates=["__count"],
            )
        )
        for subscription in self:
            subscription.cycle_count = counts.get(subscription._origin, 0)

    # === ACTION METHODS === #
    def action_dissociate(self, date_end, reason=None):
        """End the subscriptions on a day.

        The days up to it that are not billed yet go on the next bill. Billed days
        from it on are credited with the next corrections; that takes a billing
        manager and a reason.

        :param date_end: date or ISO text, the first day that is not billed any more
        :param str reason: why billed days are credited
        :raises UserError: when the day lies before the start, or inside billed days
            without a reason or a manager
        """
        day = fields.Date.to_date(date_end)
        self._refuse_end_before_start(day)
        inside = self.filtered(lambda sub: sub._ends_in_billed_days(day))
        if (
            inside
            and (reason or "").strip()
            and self.env.user.has_group("msp_billing.group_msp_billing_manager")
        ):
            inside._end_in_billed_days(day, reason.strip())
            return (self - inside).write({"date_end": day})
        return self.write({"date_end": day})

    def action_view_cycles(self):
        """Show the billing cycles of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_billing_cycle_action"
        )
        action["domain"] = [("subscription_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_computers(self):
        """Show the computers of the customer and its sites."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_action"
        )
        operator = "child_of" if self.include_sites else "="
        action["domain"] = [("partner_id", operator, self.partner_id.id)]
        return action

    # === BUSINESS METHODS === #
    def _refuse_end_before_start(self, day):
        """Refuse a day on which a subscription has not begun, or has ended before.

        :param day: date, the first day that is not billed any more, or nothing
        :raises UserError: naming the subscription
        """
        for subscription in self:
            if not day or day <= subscription.date_start:
                raise UserError(
                    self.env._(
                        "%(subscription)s starts on %(start)s: it can end on a later "
                        "day only, not on %(end)s.",
                        subscription=subscription.display_name,
                        start=subscription.date_start,
                        end=day or self.env._("no day"),
                    )
                )
            if subscription.date_end and subscription.date_end < day:
                raise UserError(
                    self.env._(
                        "%(subscription)s has ended on %(end)s already.",
                        subscription=subscription.display_name,
                        end=subscription.date_end,
                    )
                )
