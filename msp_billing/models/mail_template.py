from odoo import api, models
from odoo.exceptions import UserError

# The templates of this add-on -> which deliveries they are for.
EXAMPLES = {
    "mail_template_bill": [
        ("kind", "=", "bill"),
        ("move_id.move_type", "=", "out_invoice"),
    ],
    "mail_template_credit_note": [
        ("kind", "=", "bill"),
        ("move_id.move_type", "=", "out_refund"),
    ],
    "mail_template_reminder": [("kind", "=", "reminder")],
    "mail_template_statement": [("kind", "=", "statement")],
}


class MailTemplate(models.Model):
    _inherit = "mail.template"

    # === CRUD METHODS === #
    @api.ondelete(at_uninstall=False)
    def _unlink_except_msp_mails(self):
        for template in self:
            if template._msp_name():
                raise UserError(
                    self.env._(
                        "%(template)s is the text of mails to your customers and "
                        "stays. Change it, or press Reset Template.",
                        template=template.name,
                    )
                )

    # === BUSINESS METHODS === #
    def _msp_name(self):
        """Return under which name this add-on has made the template, or nothing."""
        xmlid = self.get_external_id().get(self.id, "")
        module, _, name = xmlid.partition(".")
        return name if module == "msp_billing" and name in EXAMPLES else ""

    def _msp_example_domain(self):
        """Return which deliveries show best what becomes of the template."""
        self.ensure_one()
        own = EXAMPLES.get(self._msp_name())
        return own or [("step.mail_template_id", "=", self.id)]
