import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class MspDelivery(models.Model):
    """What a step of the ladder does beside its mail, once and after it."""

    _inherit = "msp.delivery"

    # === FIELDS === #
    is_step_done = fields.Boolean(
        readonly=True, help="The step's activity and suspension are made."
    )
    step_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Activity of the Step",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    # === BUSINESS METHODS === #
    @api.model
    def _prepare_step(self, move, step):
        """Return the values of a step: a mail that is queued, or done without one."""
        vals = self._prepare_delivery(move, "reminder", step)
        if not step.send_mail:
            vals.update(state="done", to=False, to_tell=False, reason=False)
        return vals

    def _after_sent(self):
        result = super()._after_sent()
        for delivery in self:
            if delivery.step and not delivery.is_step_done:
                delivery._do_step()
        return result

    def _do_step(self):
        """Make the activity and the suspension, unless the bill was settled since."""
        self.ensure_one()
        self.is_step_done = True
        if self._reminder_obstacle():
            return
        if self.step.make_activity:
            self._make_step_activity()
        if self.step.suspend:
            self.move_id.msp_cycle_ids.subscription_id._suspend_for(self.move_id)

    def _make_step_activity(self):
        delivery, user = self._as_bot(), self._responsible()
        summary = self.step.activity_summary or self.step.name
        if not user:
            _logger.warning("Nobody may see %s: %s", self.display_name, summary)
            return
        note = self.env._(
            "%(bill)s of %(customer)s, due on %(date)s: %(amount)s is open.",
            bill=self.move_id.name,
            customer=self.partner_id.display_name,
            date=delivery._mail_date(delivery._due_date()),
            amount=delivery._mail_amount(self.move_id.amount_residual),
        )
        self.step_activity_id = delivery._schedule(user, summary, note)

    @api.model
    def _settle_company(self, company):
        """Take back what steps have done for bills that are settled by now."""
        done = self.search(
            [("company_id", "=", company.id), ("step_activity_id", "!=", False)]
        )
        for delivery in done:
            if settled := delivery._reminder_obstacle():
                activity = delivery.step_activity_id
                delivery.step_activity_id = False
                activity.action_feedback(feedback=settled)
        self.env["msp.subscription"]._lift_suspensions(company)
        return False
