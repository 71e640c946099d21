from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # === FIELDS === #
    msp_charge_ids = fields.One2many(
        comodel_name="msp.charge",
        inverse_name="move_line_id",
        string="Charges",
        readonly=True,
        groups="msp_billing.group_msp_billing_sales,"
        "account.group_account_readonly,account.group_account_invoice",
    )
