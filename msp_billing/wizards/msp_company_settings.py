from odoo import api, fields, models

NAMES = (
    "msp_timezone",
    "msp_journal_id",
    "msp_product_id",
    "msp_due_days",
    "msp_catchup_max",
    "msp_approval",
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
    msp_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Billing Journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', company_id)]",
    )
    msp_product_id = fields.Many2one(
        comodel_name="product.product", string="Default Service Product"
    )
    msp_due_days = fields.Integer(string="Due Days")
    msp_catchup_max = fields.Integer(string="Missed Cycles Caught Up")
    msp_approval = fields.Boolean(string="Approve Bill Runs")

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
            }
        )
        return values

    # === ACTION METHODS === #
    def action_save(self):
        """Write the settings to the company that the user works in.

        :raises ValidationError: for a wrong value, as on the company itself
        """
        self.ensure_one()
        company = self.env.company
        company.sudo().write(
            self._convert_to_write({name: self[name] for name in NAMES})
        )
        return {"type": "ir.actions.act_window_close"}
