from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .res_partner import READERS


class ResPartner(models.Model):
    """What a customer gets beside its bills."""

    _inherit = "res.partner"

    # === FIELDS === #
    msp_no_reminder = fields.Boolean(
        string="No Reminders",
        company_dependent=True,
        groups=READERS,
        help="No step of the reminders comes for bills of this customer.",
    )
    msp_statement = fields.Selection(
        selection=[("yes", "Every month"), ("no", "Never")],
        string="Statement of Account",
        company_dependent=True,
        groups=READERS,
        help="Empty: as the billing settings say. With nothing open none goes out.",
    )

    # === ACTION METHODS === #
    def action_msp_print_statement(self):
        """Print the statement of account of these customers, as of today.

        :raises UserError: for a customer without bills
        """
        self.check_access("read")
        for partner in self:
            partner._msp_statement_bills()
        return self.env.ref("msp_billing.action_report_statement").report_action(
            self, config=False
        )

    def action_msp_send_statement(self):
        """Queue the statement of account of these customers, as of today.

        :raises UserError: when nothing is open
        """
        self.check_access("read")
        if not self.env.user.has_group("msp_billing.group_msp_billing_manager"):
            raise AccessError(self.env._("Only a billing manager can send statements."))
        deliveries = self.env["msp.delivery"]
        for partner in self.commercial_partner_id:
            deliveries |= deliveries._enqueue_statement(partner)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The statement of account goes to %(addresses)s.",
                    addresses=", ".join(deliveries.mapped("to")),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS === #
    def _msp_statement_bills(self):
        """Return the bills of the customer that are open, those due first.

        :raises UserError: for a customer that has never got a bill
        """
        self.ensure_one()
        Move = self.env["account.move"]
        domain = self._msp_bills_domain()
        moves = Move.search(
            [*domain, ("payment_state", "in", ("not_paid", "partial", "blocked"))],
            order="invoice_date_due, invoice_date, id",
        )
        if not moves and not Move.search_count(domain, limit=1):
            raise UserError(
                self.env._(
                    "%(customer)s has got no bill yet: there is nothing to state.",
                    customer=self.display_name,
                )
            )
        return moves

    def _msp_bills_domain(self):
        """Return the domain of all bills of the customer in this company."""
        return [
            ("msp_run_id", "!=", False),
            ("state", "=", "posted"),
            ("company_id", "=", self.env.company.id),
            ("commercial_partner_id", "=", self.commercial_partner_id.id),
        ]

    def _msp_statement(self, day=None, since=None):
        """Return the values of the statement's template, as the user may read it."""
        self.ensure_one()
        return self.env["msp.statement.document"]._values(self, day, since)
