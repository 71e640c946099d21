from odoo import models
from odoo.exceptions import UserError


class MspLeakage(models.Model):
    """From a row to where it is mended."""

    _inherit = "msp.leakage"

    # === ACTION METHODS === #
    def action_open_record(self):
        """Open what a row is about: the mapping, the computers or the subscription."""
        self.ensure_one()
        if self.kind == "duplicate":
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "msp_billing.msp_computer_action"
            )
            both = self.computer_id | self.other_computer_id
            return {**action, "domain": [("id", "in", both.ids)], "context": {}}
        if self.kind == "unmapped":
            return self._open_mapping()
        record = self.subscription_id or self.computer_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def action_open_end(self):
        """Open the dialog that ends the computer, or one of two that are the same."""
        self.ensure_one()
        if not self.computer_id:
            raise UserError(
                self.env._("%(name)s is no computer to end.", name=self.name)
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_end_action"
        )
        both = self.computer_id | self.other_computer_id
        context = {
            "default_candidate_ids": both.ids,
            "default_computer_id": self.computer_id.id,
        }
        return {**action, "context": context}

    def action_open_associate(self):
        """Open the wizard that gives the customer a plan that covers the computer."""
        self.ensure_one()
        if self.kind != "no_plan":
            raise UserError(self.env._("%(name)s has a plan.", name=self.name))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_associate_action"
        )
        context = {
            "default_partner_ids": self.partner_id.ids,
            "default_plan_id": self.plan_id.id,
        }
        return {**action, "context": context}

    # === BUSINESS METHODS === #
    def _open_mapping(self):
        """Return the action that shows the source's customers still to map."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_customer_action"
        )
        return {
            **action,
            "domain": [
                ("source_id", "=", self.source_id.id),
                ("partner_id", "=", False),
                ("ignored", "=", False),
            ],
        }
