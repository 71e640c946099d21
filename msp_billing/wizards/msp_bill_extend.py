from odoo import fields, models


class MspBillExtend(models.TransientModel):
    _name = "msp.bill.extend"
    _description = "More Time for a Bill"

    # === FIELDS === #
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self._default_move_id(),
    )
    date_due = fields.Date(string="New Due Date", required=True)
    reason = fields.Char(required=True, help="Kept on the bill.")

    # === COMPUTE METHODS === #
    def _default_move_id(self):
        if self.env.context.get("active_model") != "account.move":
            return False
        return self.env.context.get("active_id")

    # === ACTION METHODS === #
    def action_extend(self):
        """Move the due date of the bill."""
        self.ensure_one()
        return self.move_id.action_msp_extend(self.date_due, self.reason)
