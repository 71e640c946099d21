from odoo import api, models


class MspServicePlan(models.Model):
    _inherit = "msp.service.plan"

    # === ACTION METHODS === #
    @api.model
    def get_import_templates(self):
        """Return the file that Odoo's import screen offers as an example."""
        return [
            {
                "label": self.env._("Example: service plans with prices and tiers"),
                "template": "/msp_billing/static/import/service_plans.csv",
            }
        ]


class MspSubscription(models.Model):
    _inherit = "msp.subscription"

    # === ACTION METHODS === #
    @api.model
    def get_import_templates(self):
        """Return the file that Odoo's import screen offers as an example."""
        return [
            {
                "label": self.env._("Example: subscriptions of several customers"),
                "template": "/msp_billing/static/import/subscriptions.csv",
            }
        ]
