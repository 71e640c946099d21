from odoo import api, fields, models

NAMES = (
    "msp_timezone",
    "msp_product_id",
    "msp_due_days",
    "msp_catchup_max",
    "msp_jump_percent",
    "msp_jump_minimum",
    "msp_approval",
    "msp_silent_days",
    "msp_first_steps_hidden",
    "msp_mails_per_minute",
    "msp_statement_day",
    "msp_statement_all",
)


class MspCompanySettings(models.TransientModel):
    """The billing settings of a company for managers, who cannot write companies."""

    _name = "msp.company.settings"
    _description = "Billing Settings"

    # === FIELDS === #
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    msp_timezone = fields.Selection(
        selection=lambda self: self.env["res.company"]._selection_msp_timezone(),
        string="Billing Time Zone",
        required=True,
    )
    # Managers may not read journals, only choose one.
    journal = fields.Selection(
        selection=lambda self: self._selection_journal(), string="Billing Journal"
    )
    msp_product_id = fields.Many2one(
        comodel_name="product.product", string="Default Service Product"
    )
    msp_due_days = fields.Integer(string="Due Days")
    msp_catchup_max = fields.Integer(string="Missed Cycles Caught Up")
    msp_jump_percent = fields.Integer(string="Jump in Percent")
    msp_jump_minimum = fields.Integer(string="Jump in Computers")
    msp_approval = fields.Boolean(string="Approve Bill Runs")
    msp_silent_days = fields.Integer(string="Computers Silent After (Days)")
    msp_first_steps_hidden = fields.Boolean(string="Hide the First Steps")
    msp_mails_per_minute = fields.Integer(string="Mails per Minute")
    msp_statement_day = fields.Integer(string="Statement Day")
    msp_statement_all = fields.Boolean(
        string="To All Customers",
        help="Off: only to customers whose page says so.",
    )

    # === COMPUTE METHODS === #
    @api.model
    def _selection_journal(self):
        Journal = self.env["account.journal"].sudo()
        journals = Journal.search(
            [
                *Journal._check_company_domain(self.env.company),
                ("type", "=", "sale"),
            ]
        )
        return [(str(journal.id), journal.display_name) for journal in journals]

    # === CRUD METHODS === #
    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        company = self.env.company.sudo()
        values.update(
            {
                name: company._fields[name].convert_to_write(company[name], company)
                for name in NAMES
                if name in fields
            },
            journal=str(company.msp_journal_id.id or "") or False,
        )
        return values

    # === ACTION METHODS === #
    def action_save(self):
        """Write the settings to the company that the user works in.

        :raises ValidationError: for a wrong value, as on the company itself
        """
        self.ensure_one()
        values = self._convert_to_write({name: self[name] for name in NAMES})
        values["msp_journal_id"] = int(self.journal) if self.journal else False
        self.env.company.sudo().write(values)
        return {"type": "ir.actions.act_window_close"}
