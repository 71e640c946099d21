from odoo import fields, models
from odoo.fields import Command


class MspBillingCycleRelease(models.TransientModel):
    _name = "msp.billing.cycle.release"
    _description = "Release Held Cycles"

    # === FIELDS === #
    cycle_ids = fields.Many2many(
        comodel_name="msp.billing.cycle",
        relation="msp_release_cycle_rel",
        default=lambda self: self._default_cycle_ids(),
        string="Held",
    )
    note = fields.Char(required=True, help="Why may this be billed? Kept on the cycle.")

    # === COMPUTE METHODS === #
    def _default_cycle_ids(self):
        if self.env.context.get("active_model") != "msp.billing.cycle":
            return []
        return [Command.set(self.env.context.get("active_ids", []))]

    # === ACTION METHODS === #
    def action_release(self):
        """Release the held cycles; the next run bills them."""
        self.ensure_one()
        self.cycle_ids.action_release(self.note)
        return {"type": "ir.actions.act_window_close"}
