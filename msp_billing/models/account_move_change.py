from odoo import api, fields, models

from .account_move import READERS


class AccountMove(models.Model):
    """What changed on a bill since the one before."""

    _inherit = "account.move"

    # === FIELDS === #
    msp_changes = fields.Html(
        string="What Changed", compute="_compute_msp_changes", groups=READERS
    )

    # === COMPUTE METHODS === #
    @api.depends("msp_cycle_ids")
    @api.depends_context("lang")
    def _compute_msp_changes(self):
        Change = self.env["msp.bill.change"]
        for move in self:
            move.msp_changes = Change._as_html(Change._of_bill(move, internal=True))
