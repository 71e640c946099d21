from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class MspServicePlan(models.Model):
    """The plan's minimum, and the one that follows it from a day on."""

    _inherit = "msp.service.plan"

    # === FIELDS === #
    minimum_next = fields.Monetary(
        string="Next Minimum per Month",
        tracking=True,
        copy=False,
        help="The minimum of every cycle that begins on its first day or later.",
    )
    minimum_next_date = fields.Date(
        string="Next Minimum From",
        tracking=True,
        copy=False,
        help="First day of the next minimum. Empty: the minimum stays.",
    )

    _minimum_next_check = models.Constraint(
        "CHECK (minimum_next >= 0)", "The minimum of a plan cannot be negative."
    )

    # === CONSTRAINT METHODS === #
    @api.constrains("minimum_next", "minimum_next_date")
    def _check_minimum_next(self):
        for plan in self:
            if plan.minimum_next and not plan.minimum_next_date:
                raise ValidationError(
                    self.env._(
                        "Plan %(plan)s: from which day does the next minimum of "
                        "%(amount)s hold? Set its first day, or clear it.",
                        plan=plan.display_name,
                        amount=plan.currency_id.format(plan.minimum_next),
                    )
                )
        self.subscription_ids._check_weekly_prices()

    # === BUSINESS METHODS === #
    def _minimum_on(self, day):
        """Return the minimum per month of a cycle that begins on a day."""
        self.ensure_one()
        if self.minimum_next_date and day >= self.minimum_next_date:
            return self.minimum_next
        return self.minimum_amount

    def _plan_minimum(self, amount, day):
        """Let another minimum per month hold for the cycles from a day on.

        :raises UserError: when another one is planned after that day, or one that
            began before it has cycles before it that are not billed yet
        """
        self.ensure_one()
        if self.minimum_next_date and self.minimum_next_date != day:
            self._close_minimum(day)
        self.write({"minimum_next": amount, "minimum_next_date": day})

    def _close_minimum(self, day):
        """Make the next minimum the present one, so that another can follow it."""
        begins = self.minimum_next_date
        if begins > day:
            raise UserError(
                self.env._(
                    "Plan %(plan)s: a minimum of %(amount)s is planned from %(date)s "
                    "on already. Choose a later day, or clear the planned minimum on "
                    "the plan first.",
                    plan=self.display_name,
                    amount=self.currency_id.format(self.minimum_next),
                    date=begins,
                )
            )
        for subscription in self.subscription_ids:
            until = subscription.billed_until
            if until < begins and (
                not subscription.date_end or until < subscription.date_end
            ):
                raise UserError(
                    self.env._(
                        "Plan %(plan)s: the minimum changed on %(date)s, and "
                        "%(customer)s is billed until %(until)s only. Bill these "
                        "days before you plan another minimum.",
                        plan=self.display_name,
                        date=begins,
                        customer=subscription.partner_id.display_name,
                        until=until,
                    )
                )
        self.write(
            {
                "minimum_amount": self.minimum_next,
                "minimum_next": 0,
                "minimum_next_date": False,
            }
        )
