from odoo import api, fields, models


class MspComputerMove(models.TransientModel):
    _name = "msp.computer.move"
    _description = "Move of Computers"

    # === FIELDS === #
    computer_ids = fields.Many2many(comodel_name="msp.computer", string="Computers")
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_owner",
        store=True,
        readonly=False,
        required=True,
        help="The customer or site that has the computers from that day on.",
    )
    type_id = fields.Many2one(
        comodel_name="msp.computer.type",
        compute="_compute_owner",
        store=True,
        readonly=False,
        help="Empty: each computer keeps its type.",
    )
    date = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._msp_today(),
        help="The first day there.",
    )

    # === COMPUTE METHODS === #
    @api.depends("computer_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.computer_ids.company_id[:1]

    @api.depends("computer_ids")
    def _compute_owner(self):
        for wizard in self:
            partners = wizard.computer_ids.partner_id
            kinds = wizard.computer_ids.type_id
            wizard.partner_id = partners if len(partners) == 1 else False
            wizard.type_id = kinds if len(kinds) == 1 else False

    # === ACTION METHODS === #
    def action_move(self):
        """Move the computers to the customer and type from the day on."""
        self.ensure_one()
        for kind, computers in self.computer_ids.grouped("type_id").items():
            computers.action_move(self.partner_id, self.type_id or kind, self.date)
        return {"type": "ir.actions.act_window_close"}
