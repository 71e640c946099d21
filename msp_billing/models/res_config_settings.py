from odoo import api, fields, models


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
    msp_mails_per_minute = fields.Integer(
        related="company_id.msp_mails_per_minute", readonly=False
    )
    msp_statement_day = fields.Integer(
        related="company_id.msp_statement_day", readonly=False
    )
    msp_statement_all = fields.Boolean(
        related="company_id.msp_statement_all", readonly=False
    )
    msp_approval = fields.Boolean(related="company_id.msp_approval", readonly=False)
    msp_bill_workers = fields.Selection(
        selection=[("1", "1"), ("2", "2"), ("3", "3"), ("4", "4")],
        string="Billing Workers",
        help="How many scheduled actions bill at the same time, for all companies.",
    )

    # === CRUD METHODS === #
    @api.model
    def get_values(self):
        """Read how many workers bill; a database without any shows nothing."""
        active = len(self.env["msp.bill.run"]._bill_crons().filtered("active"))
        return {**super().get_values(), "msp_bill_workers": str(active or "") or False}

    def set_values(self):
        """Switch workers on and off, only those that change: a busy one is locked."""
        result = super().set_values()
        if not self.msp_bill_workers:
            # A copy of a database has none, and saving other settings adds none.
            return result
        crons = self.env["msp.bill.run"]._bill_crons()
        wanted = crons[: int(self.msp_bill_workers)]
        wanted.filtered(lambda cron: not cron.active).active = True
        (crons - wanted).filtered("active").active = False
        return result
