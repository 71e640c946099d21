from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.worked_out import is_ours, wanted
from .res_partner import OPEN_STATES


class MspSubscription(models.Model):
    """The mark *suspended*: for people, billing goes on.

    A person may set it and take it back at any time. What a step of the reminders has
    set, it takes back by itself when nothing of the subscription is overdue any more;
    what a person has set stays until a person takes it back.
    """

    _inherit = "msp.subscription"

    # === FIELDS === #
    suspended_for_id = fields.Many2one(
        comodel_name="account.move",
        string="Suspended for Bill",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The overdue bill for which a step of the reminders has marked it.",
    )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_suspended_for(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_suspended_for(vals)
        result = super().write(vals)
        if "suspended" in vals and "suspended_for_id" not in vals:
            # From now on it is what a person said.
            marked = self.sudo().filtered("suspended_for_id")
            marked.write({"suspended_for_id": False})
        return result

    # === ACTION METHODS === #
    def action_lift_suspension(self):
        """Take the mark back; no step that was done already sets it again."""
        return self.write({"suspended": False})

    # === BUSINESS METHODS === #
    @api.model
    def _refuse_suspended_for(self, vals):
        if wanted(self, vals, ["suspended_for_id"]) and not is_ours(self.env):
            raise UserError(
                self.env._(
                    "For which bill a subscription is suspended is noted by the "
                    "reminders. Mark it as suspended instead."
                )
            )

    def _suspend_for(self, move):
        """Mark those that still run and want reminders, for an overdue bill."""
        for subscription in self.sudo():
            if (
                subscription.suspended
                or subscription.no_reminder
                or subscription.state == "ended"
            ):
                continue
            subscription.write({"suspended": True, "suspended_for_id": move.id})
            subscription._message_log(
                body=self.env._(
                    "Marked as suspended: %(bill)s is overdue. Billing goes on.",
                    bill=move.name,
                )
            )

    @api.model
    def _lift_suspensions(self, company):
        """Take back the marks of the ladder where nothing is overdue any more."""
        marked = self.sudo().search(
            [("company_id", "=", company.id), ("suspended_for_id", "!=", False)]
        )
        if not marked:
            return
        overdue = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("msp_cycle_ids.subscription_id", "in", marked.ids),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "in", OPEN_STATES),
                    ("msp_disputed", "=", False),
                    ("invoice_date_due", "<", company._msp_today()),
                ]
            )
        )
        for subscription in marked - overdue.msp_cycle_ids.subscription_id:
            subscription.write({"suspended": False, "suspended_for_id": False})
            subscription._message_log(
                body=self.env._("No longer suspended: nothing is overdue any more.")
            )
