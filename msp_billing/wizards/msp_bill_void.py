from odoo import fields, models
from odoo.fields import Command


class MspBillVoid(models.TransientModel):
    _name = "msp.bill.void"
    _description = "Void Bills"

    # === FIELDS === #
    move_ids = fields.Many2many(
        comodel_name="account.move",
        relation="msp_void_move_rel",
        string="Bills",
        default=lambda self: self._default_move_ids(),
    )
    bill_again = fields.Boolean(
        default=True,
        help="The next run bills the same days anew, with the history of today.",
    )
    reason = fields.Char(required=True, help="Kept on the bill and the credit note.")

    # === COMPUTE METHODS === #
    def _default_move_ids(self):
        if self.env.context.get("active_model") != "account.move":
            return []
        return [Command.set(self.env.context.get("active_ids", []))]

    # === ACTION METHODS === #
    def action_void(self):
        """Post the credit notes of the bills and show them."""
        self.ensure_one()
        credits = self.move_ids.action_msp_void(self.bill_again, self.reason)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_bill_action"
        )
        action["domain"] = [("id", "in", credits.ids)]
        action["context"] = {}
        return action
