from odoo import api, fields, models

from ..engine.cycle import CYCLES
from ..tools.emails import split_addresses


class MspSubscription(models.Model):
    _name = "msp.subscription"
    _description = "Subscription"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "partner_id, plan_id, date_start desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["partner_id.name", "plan_id.name"]

    # === FIELDS === #
    plan_id = fields.Many2one(
        comodel_name="msp.service.plan",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="The customer, or one of its sites.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        related="plan_id.currency_id", store=True, precompute=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
    )
    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=lambda self: self.env.company._msp_today(),
        tracking=True,
        help="First day that is billed.",
    )
    date_end = fields.Date(
        string="End Date",
        tracking=True,
        copy=False,
        help="First day that is not billed any more. Empty: no end.",
    )
    billing_cycle = fields.Selection(
        selection="_selection_billing_cycle",
        required=True,
        default="monthly",
        tracking=True,
    )
    anchor_day = fields.Integer(
        help="Day of the month on which cycles begin, 1 to 31. In shorter months the "
        "last day. 0: the day of the start date.",
    )
    anchor_month = fields.Selection(
        selection="_selection_anchor_month",
        help="Month in which a cycle begins; the others follow in steps of the cycle.",
    )
    timing = fields.Selection(
        selection=[
            ("arrears", "At the end of the cycle"),
            ("advance", "At the start of the cycle"),
        ],
        required=True,
        default="arrears",
    )
    proration = fields.Selection(
        selection=[("daily", "By days"), ("none", "Always a full cycle")],
        required=True,
        default="daily",
        help="How a first or last cycle that is shorter than the others is priced.",
    )
    due_days = fields.Integer(
        required=True,
        default=lambda self: self.env.company.msp_due_days,
        tracking=True,
        help="Days from the bill to its due date. 0: due on the same day.",
    )
    payment_term_id = fields.Many2one(
        comodel_name="account.payment.term",
        check_company=True,
        help="Rules instead of the due days.",
    )
    bill_email = fields.Char(
        string="Bill E-mail",
        compute="_compute_bill_email",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
        help="Addresses to which the bill goes, separated by commas.",
    )
    bill_to_id = fields.Many2one(
        comodel_name="res.partner",
        compute="_compute_bill_to_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    discount = fields.Float(string="Discount (%)", digits=(5, 2), tracking=True)
    contracted_quantity = fields.Float(
        digits="Product Unit",
        tracking=True,
        help="The quantity agreed, for prices or subscriptions that do not count.",
    )
    minimum_quantity = fields.Float(
        digits="Product Unit",
        tracking=True,
        help="At least so many computers are charged.",
    )
    price_override_ids = fields.One2many(
        comodel_name="msp.subscription.price.override",
        inverse_name="subscription_id",
        copy=True,
    )
    extra_charge_ids = fields.One2many(
        comodel_name="msp.extra.charge", inverse_name="subscription_id"
    )
    count_source = fields.Selection(
        selection=[
            ("inventory", "Inventory"),
            ("reading", "Count readings"),
            ("contracted", "Agreed quantity"),
        ],
        required=True,
        default="inventory",
        tracking=True,
    )
    include_sites = fields.Boolean(
        default=True,
        help="Computers of the contacts below the customer count too, unless they "
        "have a subscription of this plan themselves.",
    )
    suspended = fields.Boolean(
        tracking=True, help="A mark for your people. Billing goes on."
    )
    no_reminder = fields.Boolean(string="No Reminders", tracking=True)
    note = fields.Html(string="Agreement")
    cycle_ids = fields.One2many(
        comodel_name="msp.billing.cycle", inverse_name="subscription_id"
    )
    billed_until = fields.Date(
        compute="_compute_next_bill_date",
        store=True,
        help="First day that is on no bill yet.",
    )
    next_bill_date = fields.Date(
        string="Next Bill", compute="_compute_next_bill_date", store=True, index=True
    )
    next_correction_date = fields.Date(
        string="Next Correction",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Day on which changed history of billed cycles is looked for next.",
    )
    state = fields.Selection(
        selection=[
            ("upcoming", "Upcoming"),
            ("active", "Active"),
            ("ended", "Ended"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    computer_count = fields.Integer(
        string="Computers",
        compute="_compute_computer_count",
        help="Computers that this subscription counts today.",
    )
    cycle_count = fields.Integer(compute="_compute_cycle_count")

    _dates_check = models.Constraint(
        "CHECK (date_end IS NULL OR date_end > date_start)",
        "A subscription must end after it starts.",
    )
    _numbers_check = models.Constraint(
        "CHECK (discount BETWEEN 0 AND 100 AND due_days BETWEEN 0 AND 3650 "
        "AND anchor_day BETWEEN 0 AND 31 AND contracted_quantity >= 0 "
        "AND minimum_quantity >= 0)",
        "Discount: 0 to 100 %. Due days: 0 to 3650. Anchor day: 1 to 31. "
        "Quantities cannot be negative.",
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (plan_id WITH =, partner_id WITH =, "
        "daterange(date_start, date_end) WITH &&)",
        "The customer has this plan on those days already.",
    )

    # === COMPUTE METHODS === #
    @api.model
    def _selection_billing_cycle(self):
        names = {
            "weekly": self.env._("Weekly"),
            "monthly": self.env._("Monthly"),
            "bimonthly": self.env._("Every two months"),
            "quarterly": self.env._("Quarterly"),
            "semiannual": self.env._("Every six months"),
            "yearly": self.env._("Yearly"),
        }
        return [(cycle, names[cycle]) for cycle in CYCLES]

    @api.model
    def _selection_anchor_month(self):
        names = (
            self.env._("January"),
            self.env._("February"),
            self.env._("March"),
            self.env._("April"),
            self.env._("May"),
            self.env._("June"),
            self.env._("July"),
            self.env._("August"),
            self.env._("September"),
            self.env._("October"),
            self.env._("November"),
            self.env._("December"),
        )
        return [(str(number), name) for number, name in enumerate(names, 1)]

    @api.depends("plan_id", "partner_id")
    def _compute_display_name(self):
        for subscription in self:
            subscription.display_name = (
                f"{subscription.plan_id.name or ''} – "
                f"{subscription.partner_id.display_name or ''}"
            )

    @api.depends("partner_id")
    def _compute_bill_email(self):
        for subscription in self:
            valid, _invalid = split_addresses(
                subscription.partner_id.email
                or subscription.partner_id.commercial_partner_id.email
            )
            subscription.bill_email = ", ".join(valid) or subscription.bill_email

    @api.depends("partner_id")
    def _compute_bill_to_id(self):
        for subscription in self:
            subscription.bill_to_id = subscription.partner_id.commercial_partner_id
