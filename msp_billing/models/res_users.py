from odoo import models

from .msp_source_key import SCOPE


class ResUsers(models.Model):
    _inherit = "res.users"

    def _msp_retire(self):
        """Archive agents whose source goes, with their keys and their contacts."""
        Keys = self.env["res.users.apikeys"].sudo()
        Keys.search([("user_id", "in", self.ids), ("scope", "=", SCOPE)])._remove()
        # Odoo archives no contact of a user whom it still finds.
        agents = self.with_context(active_test=True)
        agents.active = False
        agents.partner_id.active = False
