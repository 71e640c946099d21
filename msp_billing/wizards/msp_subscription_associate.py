from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

TERMS = (
    "date_start",
    "date_end",
    "billing_cycle",
    "anchor_day",
    "anchor_month",
    "timing",
    "proration",
    "due_days",
    "payment_term_id",
    "discount",
    "count_source",
    "contracted_quantity",
    "minimum_quantity",
    "include_sites",
    "no_reminder",
    "user_id",
)


class MspSubscriptionAssociate(models.TransientModel):
    _name = "msp.subscription.associate"
    _description = "Associate a Plan with Customers"

    # === FIELDS === #
    plan_id = fields.Many2one(comodel_name="msp.service.plan", required=True)
    company_id = fields.Many2one(related="plan_id.company_id")
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="msp_associate_partner_rel",
        string="Customers",
    )
    line_ids = fields.One2many(
        comodel_name="msp.subscription.associate.line",
        inverse_name="wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        string="Bills go to",
    )
    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=lambda self: self.env.company._msp_today(),
    )
    date_end = fields.Date(string="End Date", help="First day without the plan.")
    billing_cycle = fields.Selection(
        selection=lambda self: self.env["msp.subscription"]._selection_billing_cycle(),
        required=True,
        default="monthly",
    )
    anchor_day = fields.Integer()
    anchor_month = fields.Selection(
        selection=lambda self: self.env["msp.subscription"]._selection_anchor_month()
    )
    timing = fields.Selection(
        selection=lambda self: self._selection_of("timing"),
        required=True,
        default="arrears",
    )
    proration = fields.Selection(
        selection=lambda self: self._selection_of("proration"),
        required=True,
        default="daily",
    )
    due_days = fields.Integer(
        required=True, default=lambda self: self.env.company.msp_due_days
    )
    payment_term_id = fields.Many2one(comodel_name="account.payment.term")
    bill_email = fields.Char(
        string="Bill E-mail",
        help="For all chosen customers. Empty: the address of each customer.",
    )
    discount = fields.Float(string="Discount (%)", digits=(5, 2))
    count_source = fields.Selection(
        selection=lambda self: self._selection_of("count_source"),
        required=True,
        default="inventory",
    )
    contracted_quantity = fields.Float(digits="Product Unit")
    minimum_quantity = fields.Float(digits="Product Unit")
    include_sites = fields.Boolean(default=True)
    no_reminder = fields.Boolean(string="No Reminders")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    warning = fields.Text(compute="_compute_warning")

    # === COMPUTE METHODS === #
    @api.model
    def _selection_of(self, name):
        field = self.env["msp.subscription"]._fields[name]
        return field._description_selection(self.env)

    @api.depends("partner_ids", "bill_email")
    def _compute_line_ids(self):
        """Show a line for each customer, with the address that its bill goes to."""
        for wizard in self:
            have = {line.partner_id: line for line in wizard.line_ids}
            commands = [
                Command.delete(line.id)
                for partner, line in have.items()
                if partner not in wizard.partner_ids
            ]
            commands += [
                Command.create({"partner_id": partner._origin.id or partner.id})
                for partner in wizard.partner_ids
                if partner not in have
            ]
            wizard.line_ids = commands

    @api.depends("partner_ids", "plan_id", "date_start", "date_end")
    def _compute_warning(self):
        """Name the plans that the customers have already: computers count in each."""
        for wizard in self:
            others = self.env["msp.subscription"].search(
                [
                    ("partner_id", "in", wizard.partner_ids.ids),
                    ("plan_id", "!=", wizard.plan_id.id),
                    "|",
                    ("date_end", "=", False),
                    ("date_end", ">", wizard.date_start or fields.Date.today()),
                ],
                limit=20,
            )
            wizard.warning = "\n".join(
                self.env._(
                    "%(customer)s has plan %(plan)s too: its computers count in both.",
                    customer=other.partner_id.display_name,
                    plan=other.plan_id.display_name,
                )
                for other in others
            )

    # === ACTION METHODS === #
    def action_associate(self):
        """Associate the plan with the chosen customers: all of them or none.

        :return: the action that shows the new subscriptions
        :raises UserError: when no customer is chosen or one has no e-mail address
        :raises ValidationError: as for a subscription made by hand
        """
        self.ensure_one()
        if not self.partner_ids:
            raise UserError(self.env._("Choose the customers to associate."))
        subscriptions = self.env["msp.subscription"].create(
            [self._prepare_subscription(partner) for partner in self.partner_ids]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_action"
        )
        action["domain"] = [("id", "in", subscriptions.ids)]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #
    def _prepare_subscription(self, partner):
        vals = self._convert_to_write({name: self[name] for name in TERMS})
        line = self.line_ids.filtered(lambda line: line.partner_id == partner)[:1]
        email = line.bill_email or self.bill_email
        vals.update(
            plan_id=self.plan_id.id,
            partner_id=partner.id,
            company_id=self.plan_id.company_id.id,
        )
        if email:
            vals["bill_email"] = email
        return vals


class MspSubscriptionAssociateLine(models.TransientModel):
    _name = "msp.subscription.associate.line"
    _description = "Customer to Associate"

    # === FIELDS === #
    wizard_id = fields.Many2one(
        comodel_name="msp.subscription.associate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True
    )
    bill_email = fields.Char(
        string="Bill E-mail",
        compute="_compute_bill_email",
        store=True,
        readonly=False,
    )
    computer_count = fields.Integer(
        string="Computers", compute="_compute_computer_count"
    )

    # === COMPUTE METHODS === #
    @api.depends("partner_id", "wizard_id.bill_email")
    def _compute_bill_email(self):
        for line in self:
            line.bill_email = (
                line.wizard_id.bill_email
                or line.partner_id.email
                or line.partner_id.commercial_partner_id.email
            )

    @api.depends("partner_id")
    def _compute_computer_count(self):
        today = self.env.company._msp_today()
        for line in self:
            line.computer_count = self.env["msp.computer.period"].search_count(
                [
                    ("partner_id", "child_of", line.partner_id.ids),
                    ("date_from", "<=", today),
                    "|",
                    ("date_to", "=", False),
                    ("date_to", ">", today),
                ]
            )
