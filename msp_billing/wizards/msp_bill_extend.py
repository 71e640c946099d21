from odoo import fields, models


class MspBillExtend(models.TransientModel):
    _name = "msp.bill.extend"
    _inherit = "msp.bill.dialog"
    _description = "More Time for a Bill"

    # === FIELDS === #
    date_due = fields.Date(string="New Due Date", required=True)
    reason = fields.Char(required=True, help="Kept on the bill.")

    # === ACTION METHODS === #
    def action_extend(self):
        """Move the due date of the bill."""
        self.ensure_one()
        return self.move_id.action_msp_extend(self.date_due, self.reason)
