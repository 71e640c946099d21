from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    msp_timezone = fields.Selection(
        related="company_id.msp_timezone", readonly=False, required=True
    )
    msp_journal_id = fields.Many2one(
        related="company_id.msp_journal_id", readonly=False
    )
    msp_product_id = fields.Many2one(
        related="company_id.msp_product_id", readonly=False
    )
    msp_due_days = fields.Integer(related="company_id.msp_due_days", readonly=False)
    msp_jump_percent = fields.Integer(
        related="company_id.msp_jump_percent", readonly=False
    )
    msp_jump_minimum = fields.Integer(
        related="company_id.msp_jump_minimum", readonly=False
    )
    msp_catchup_max = fields.Integer(
        related="company_id.msp_catchup_max", readonly=False
    )
    msp_silent_days = fields.Integer(
        related="company_id.msp_silent_days", readonly=False
    )
    msp_approval = fields.Boolean(related="company_id.msp_approval", readonly=False)
