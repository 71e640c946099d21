import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class MspDelivery(models.Model):
    """The note of a mail that went out, after it: a death in between is made up for."""

    _inherit = "msp.delivery"

    # === BUSINESS METHODS === #
    @api.model
    def _note_sent(self):
        """Note on the bill what was sent, so that replies and bounces find it."""
        domain = [("state", "in", ("sent", "done")), ("is_noted", "=", False)]
        for delivery_id in self.search(domain, order="id").ids:
            try:
                delivery = self._claim(delivery_id, domain)
                if delivery:
                    delivery._note()
                self.env["ir.cron"]._commit_progress()
            except Exception:
                if self.env.cr.closed:
                    raise
                self.env.cr.rollback()
                _logger.exception("Delivery %s is not noted on its bill", delivery_id)

    def _note(self):
        self.ensure_one()
        if self.state == "sent":
            self._note_mail()
        self.is_noted = True
        self._after_sent()

    def _note_mail(self):
        # A reply to an automatic comment is a public message, which followers get.
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        self._about().message_post(
            body=self.env._(
                "%(mail)s sent to %(to)s. %(reply)s",
                mail=self.step.name or kinds[self.kind],
                to=self.to,
                reply=self.server_reply or "",
            ),
            message_type="auto_comment",
            subtype_xmlid="mail.mt_note",
            message_id=self.message_id,
            author_id=self.env.user.partner_id.id,
            email_from=self._mail_from(),
        )
