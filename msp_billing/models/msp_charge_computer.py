from odoo import api, fields, models

from .msp_billing_cycle import UNFREEZE


class MspChargeComputer(models.Model):
    _name = "msp.charge.computer"
    _description = "Evidence"
    _order = "cycle_id desc, charge_id, date_from, name, id"
    _check_company_auto = True

    # === FIELDS === #
    cycle_id = fields.Many2one(
        comodel_name="msp.billing.cycle",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="cycle_id.company_id", store=True, index=True, precompute=True
    )
    charge_id = fields.Many2one(
        comodel_name="msp.charge",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: no price of the plan counts the computer.",
    )
    computer_id = fields.Many2one(
        comodel_name="msp.computer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    name = fields.Char(readonly=True, help="The computer's name when it was counted.")
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Site", readonly=True, ondelete="restrict"
    )
    type_id = fields.Many2one(
        comodel_name="msp.computer.type", readonly=True, ondelete="restrict"
    )
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(
        string="Until", readonly=True, help="First day on which it was not counted."
    )
    days = fields.Integer(readonly=True)
    status = fields.Selection(
        selection=[
            ("counted", "Counted"),
            ("included", "Included"),
            ("excluded", "Not charged"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Selection(
        selection=[
            ("included", "Within the included quantity"),
            ("above_maximum", "Above the maximum"),
            ("absent", "Not there on the counting day"),
            ("no_price", "No price for its type"),
            ("own_subscription", "In the site's own subscription"),
            ("agreed", "Charged by agreed quantity"),
        ],
        readonly=True,
    )

    # === CRUD METHODS === #
    def write(self, vals):
        self._refuse_frozen()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_billed(self):
        self._refuse_frozen()

    # === BUSINESS METHODS === #
    def _name_and_days(self):
        """Return the computer's name with the days on which it was counted."""
        self.ensure_one()
        if self.days == 1:
            return self.env._("%(name)s (1 day)", name=self.name)
        return self.env._("%(name)s (%(days)s days)", name=self.name, days=self.days)

    def _refuse_frozen(self):
        if self.env.context.get("msp_unfreeze") is not UNFREEZE:
            self.cycle_id._refuse_frozen()
