from odoo import api, models


class MailTemplatePreview(models.TransientModel):
    _inherit = "mail.template.preview"

    # === COMPUTE METHODS === #
    @api.depends("mail_template_id")
    def _compute_resource_ref(self):
        """EXTENDS: show a mail of the kind that the template is for."""
        result = super()._compute_resource_ref()
        for preview in self:
            template = preview.mail_template_id
            if template.model != "msp.delivery":
                continue
            domain = template._msp_example_domain()
            fitting = self.env["msp.delivery"].search(domain, limit=1)
            if fitting:
                preview.resource_ref = fitting
        return result
