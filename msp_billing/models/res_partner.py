from odoo import api, fields, models
from odoo.exceptions import UserError

READERS = (
    "msp_billing.group_msp_billing_sales,"
    "account.group_account_readonly,account.group_account_invoice"
)
OPEN_STATES = ("not_paid", "partial")


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === FIELDS === #
    msp_subscription_ids = fields.One2many(
        comodel_name="msp.subscription",
        inverse_name="partner_id",
        string="Subscriptions",
        groups=READERS,
    )
    msp_computer_ids = fields.One2many(
        comodel_name="msp.computer",
        inverse_name="partner_id",
        string="Computers",
        groups=READERS,
    )
    msp_subscription_count = fields.Integer(
        string="Plans", compute="_compute_msp_subscriptions", groups=READERS
    )
    msp_next_bill_date = fields.Date(
        string="Next Bill", compute="_compute_msp_subscriptions", groups=READERS
    )
    msp_computer_count = fields.Integer(
        string="Computers Managed",
        compute="_compute_msp_computer_count",
        groups=READERS,
        help="Today, with the contacts below.",
    )
    msp_open_balance = fields.Monetary(
        string="Open Bills",
        currency_field="msp_currency_id",
        compute="_compute_msp_open_balance",
        groups=READERS,
        help="What is open on the bills of MSP Billing, in the company's currency.",
    )
    msp_currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_msp_open_balance",
        groups=READERS,
    )

    # === COMPUTE METHODS === #
    @api.depends("msp_subscription_ids.next_bill_date")
    def _compute_msp_subscriptions(self):
        Subscription = self.env["msp.subscription"]
        for partner in self:
            subscriptions = Subscription.search(
                [("partner_id", "child_of", partner.ids)]
            )
            partner.msp_subscription_count = len(subscriptions)
            partner.msp_next_bill_date = min(
                filter(None, subscriptions.mapped("next_bill_date")), default=False
            )

    def _compute_msp_computer_count(self):
        today = self.env.company._msp_today()
        for partner in self:
            partner.msp_computer_count = self.env["msp.computer.period"].search_count(
                [
                    ("partner_id", "child_of", partner.ids),
                    ("date_from", "<=", today),
                    "|",
                    ("date_to", "=", False),
                    ("date_to", ">", today),
                ]
            )

    def _compute_msp_open_balance(self):
        currency = self.env.company.currency_id
        for partner in self:
            moves = self.env["account.move"].search(partner._msp_open_bills_domain())
            partner.msp_currency_id = currency
            partner.msp_open_balance = sum(moves.mapped("amount_residual_signed"))

    # === CRUD METHODS === #
    @api.ondelete(at_uninstall=True)
    def _unlink_except_subscribed(self):
        """Name the customer before the database refuses its deletion."""
        subscription = (
            self.env["msp.subscription"]
            .sudo()
            .search(
                ["|", ("partner_id", "in", self.ids), ("bill_to_id", "in", self.ids)],
                limit=1,
            )
        )
        if subscription:
            raise UserError(
                self.env._(
                    "%(customer)s is on subscription %(subscription)s and stays. "
                    "Dissociate and archive it instead.",
                    customer=(
                        self & (subscription.partner_id | subscription.bill_to_id)
                    )[:1].display_name,
                    subscription=subscription.display_name,
                )
            )

    # === ACTION METHODS === #
    def action_msp_view_subscriptions(self):
        """Show the plans of this customer and its sites."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_action"
        )
        action["domain"] = [("partner_id", "child_of", self.ids)]
        action["context"] = {"default_partner_id": self.id}
        return action

    def action_msp_view_computers(self):
        """Show the computers of this customer and its sites."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_action"
        )
        action["domain"] = [("partner_id", "child_of", self.ids)]
        action["context"] = {"default_partner_id": self.id}
        return action

    def action_msp_view_bills(self):
        """Show the bills of this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_bill_action"
        )
        action["domain"] = [
            ("msp_run_id", "!=", False),
            ("partner_id", "child_of", self.ids),
        ]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #
    def _msp_open_bills_domain(self):
        self.ensure_one()
        return [
            ("msp_run_id", "!=", False),
            ("state", "=", "posted"),
            ("payment_state", "in", OPEN_STATES),
            ("company_id", "=", self.env.company.id),
            ("partner_id", "child_of", self.ids),
        ]
