from odoo import fields, models


class MspBillDisputeEnd(models.TransientModel):
    _name = "msp.bill.dispute.end"
    _description = "End a Dispute"

    # === FIELDS === #
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self._default_move_id(),
    )
    dispute_ids = fields.One2many(
        related="move_id.msp_dispute_ids", string="What the Customer Says"
    )
    note = fields.Text(
        string="Answer",
        required=True,
        help="The customer reads it in the discussion of the bill.",
    )

    # === COMPUTE METHODS === #
    def _default_move_id(self):
        if self.env.context.get("active_model") != "account.move":
            return False
        return self.env.context.get("active_id")

    # === ACTION METHODS === #
    def action_end(self):
        """End the dispute of the bill."""
        self.ensure_one()
        self.move_id.action_msp_end_dispute(self.note)
        return {"type": "ir.actions.act_window_close"}
