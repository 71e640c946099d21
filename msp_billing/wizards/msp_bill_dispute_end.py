from odoo import fields, models


class MspBillDisputeEnd(models.TransientModel):
    _name = "msp.bill.dispute.end"
    _inherit = "msp.bill.dialog"
    _description = "End a Dispute"

    # === FIELDS === #
    dispute_ids = fields.One2many(
        related="move_id.msp_dispute_ids", string="What the Customer Says"
    )
    note = fields.Text(
        string="Answer",
        required=True,
        help="The customer reads it in the discussion of the bill.",
    )

    # === ACTION METHODS === #
    def action_end(self):
        """End the dispute of the bill."""
        self.ensure_one()
        self.move_id.action_msp_end_dispute(self.note)
        return {"type": "ir.actions.act_window_close"}
