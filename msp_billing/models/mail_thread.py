from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    # === BUSINESS METHODS === #
    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """EXTENDS mail: note on the delivery that its mail came back, and why."""
        self.env["msp.delivery"].sudo()._receive_bounce(email_message, message_dict)
        return super()._routing_handle_bounce(email_message, message_dict)
