from odoo import fields, models


class MspBillDialog(models.AbstractModel):
    """A dialog about the bill that it was opened on."""

    _name = "msp.bill.dialog"
    _description = "Bill"

    # === FIELDS === #
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self._default_move_id(),
    )

    # === COMPUTE METHODS === #
    def _default_move_id(self):
        if self.env.context.get("active_model") != "account.move":
            return False
        return self.env.context.get("active_id")
