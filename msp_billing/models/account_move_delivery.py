from odoo import models


class AccountMove(models.Model):
    """A mail that comes back is a delivery that failed."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #
    def _message_receive_bounce(self, email, partner):
        """EXTENDS mail: tell the responsible person which mail did not arrive."""
        self.sudo().msp_delivery_ids._receive_bounce(email)
        return super()._message_receive_bounce(email, partner)
