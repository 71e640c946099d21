from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..engine.cycle import CYCLES, Calendar
from ..engine.errors import EngineError
from ..tools.emails import split_addresses

# Once a cycle is billed these explain it and stay; Change ends the subscription and
# associates a new one.
FIXED_FIELDS = frozenset(
    {
        "plan_id",
        "partner_id",
        "company_id",
        "date_start",
        "billing_cycle",
        "anchor_day",
        "anchor_month",
        "timing",
        "proration",
        "count_source",
    }
)


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
        required=True,
        default=lambda self: self.env.company._msp_today(),
        tracking=True,
        help="First day that is billed.",
    )
    date_end = fields.Date(
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
        selection=[("arrears", "At the end of the cycle")],
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
        string="Bill To",
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
        compute="_compute_next_bill_date", store=True, index=True
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
        _ = self.env._
        names = (
            _("January"),
            _("February"),
            _("March"),
            _("April"),
            _("May"),
            _("June"),
            _("July"),
            _("August"),
            _("September"),
            _("October"),
            _("November"),
            _("December"),
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

    @api.depends(
        "date_start",
        "date_end",
        "billing_cycle",
        "anchor_day",
        "anchor_month",
        "timing",
        "cycle_ids.state",
        "cycle_ids.date_end",
    )
    def _compute_next_bill_date(self):
        billed = dict(
            self.env["msp.billing.cycle"]
            .sudo()
            ._read_group(
                [
                    ("subscription_id", "in", self.ids),
                    ("state", "=", "billed"),
                    ("kind", "=", "regular"),
                ],
                groupby=["subscription_id"],
                aggregates=["date_end:max"],
            )
        )
        for subscription in self:
            until = billed.get(subscription._origin) or subscription.date_start
            subscription.billed_until = until
            subscription.next_bill_date = subscription._next_due(until)

    @api.depends("date_start", "date_end")
    def _compute_state(self):
        for subscription in self:
            today = (subscription.company_id or self.env.company)._msp_today()
            if subscription.date_end and subscription.date_end <= today:
                subscription.state = "ended"
            elif subscription.date_start and subscription.date_start > today:
                subscription.state = "upcoming"
            else:
                subscription.state = "active"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._msp_today()
        domains = {
            "ended": fields.Domain("date_end", "<=", today),
            "upcoming": fields.Domain("date_start", ">", today),
            "active": fields.Domain(self._live_domain(today)),
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    def _compute_computer_count(self):
        counts = self.env["msp.usage"]._count_on(
            self, (self.company_id[:1] or self.env.company)._msp_today()
        )
        for subscription in self:
            subscription.computer_count = counts.get(subscription._origin.id, 0)

    def _compute_cycle_count(self):
        counts = dict(
            self.env["msp.billing.cycle"]._read_group(
                [("subscription_id", "in", self.ids)],
                groupby=["subscription_id"],
                aggregates=["__count"],
            )
        )
        for subscription in self:
            subscription.cycle_count = counts.get(subscription._origin, 0)

    # === CONSTRAINT METHODS === #
    @api.constrains(
        "date_start", "date_end", "billing_cycle", "anchor_day", "anchor_month"
    )
    def _check_calendar(self):
        for subscription in self:
            try:
                subscription._calendar()
            except EngineError as error:
                raise ValidationError(
                    f"{subscription.display_name}: {error}"
                ) from error

    @api.constrains("plan_id", "partner_id", "date_start", "date_end")
    def _check_overlap(self):
        """Name the other subscription before the database refuses the overlap."""
        for subscription in self:
            domain = [
                ("id", "!=", subscription.id),
                ("plan_id", "=", subscription.plan_id.id),
                ("partner_id", "=", subscription.partner_id.id),
                "|",
                ("date_end", "=", False),
                ("date_end", ">", subscription.date_start),
            ]
            if subscription.date_end:
                domain.append(("date_start", "<", subscription.date_end))
            other = self.sudo().search(domain, limit=1)
            if other:
                raise ValidationError(
                    self.env._(
                        "%(customer)s has plan %(plan)s already, from %(start)s "
                        "to %(end)s. Dissociate it first, or choose other dates.",
                        customer=subscription.partner_id.display_name,
                        plan=subscription.plan_id.display_name,
                        start=other.date_start,
                        end=other.date_end or self.env._("no end"),
                    )
                )

    @api.constrains("plan_id", "billing_cycle")
    def _check_weekly_prices(self):
        for subscription in self.filtered(lambda s: s.billing_cycle == "weekly"):
            prices = subscription.plan_id.price_ids.filtered(
                lambda price: price.price_period != "cycle"
            )
            if prices or subscription.plan_id.minimum_amount:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s is billed weekly, but %(price)s is a price "
                        "per month. Set its price per billing cycle, or choose "
                        "another billing cycle.",
                        subscription=subscription.display_name,
                        price=prices[:1].name or self.env._("the plan's minimum"),
                    )
                )

    @api.constrains("contracted_quantity", "minimum_quantity", "plan_id")
    def _check_quantities(self):
        for subscription in self:
            if not (subscription.contracted_quantity or subscription.minimum_quantity):
                continue
            counted = subscription.plan_id.price_ids.filtered(
                lambda price: price.price_model != "flat"
            )
            chains = counted - counted.replaces_id
            if len(chains) != 1:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s: an agreed or minimum quantity on the "
                        "subscription needs a plan with exactly one counted price; "
                        "%(plan)s has %(count)s. Set it per price under Exceptions.",
                        subscription=subscription.display_name,
                        plan=subscription.plan_id.display_name,
                        count=len(chains),
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._normalize_bill_email(vals)
        subscriptions = super().create(vals_list)
        subscriptions._check_bill_email()
        return subscriptions

    def write(self, vals):
        vals = dict(vals)
        self._normalize_bill_email(vals)
        self._refuse_fixed(vals)
        if "date_end" in vals:
            self._refuse_end_in_billed_days(fields.Date.to_date(vals["date_end"]))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        for subscription in self:
            if subscription.sudo().cycle_ids.filtered(
                lambda cycle: cycle.state in ("billed", "voided")
            ):
                raise UserError(
                    self.env._(
                        "%(subscription)s is on bills and stays. Dissociate it "
                        "instead.",
                        subscription=subscription.display_name,
                    )
                )
        self.sudo().cycle_ids._discard()

    # === ACTION METHODS === #
    def action_dissociate(self, date_end):
        """End the subscriptions on a day.

        The days up to it that are not billed yet go on the next bill.

        :param date_end: date or ISO text, the first day that is not billed any more
        :raises UserError: when the day lies before the start or inside billed days
        """
        day = fields.Date.to_date(date_end)
        for subscription in self:
            if not day or day <= subscription.date_start:
                raise UserError(
                    self.env._(
                        "%(subscription)s starts on %(start)s: it can end on a later "
                        "day only, not on %(end)s.",
                        subscription=subscription.display_name,
                        start=subscription.date_start,
                        end=day or self.env._("no day"),
                    )
                )
            if subscription.date_end and subscription.date_end < day:
                raise UserError(
                    self.env._(
                        "%(subscription)s has ended on %(end)s already.",
                        subscription=subscription.display_name,
                        end=subscription.date_end,
                    )
                )
        return self.write({"date_end": day})

    def action_view_cycles(self):
        """Show the billing cycles of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_billing_cycle_action"
        )
        action["domain"] = [("subscription_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_computers(self):
        """Show the computers of the customer and its sites."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_action"
        )
        operator = "child_of" if self.include_sites else "="
        action["domain"] = [("partner_id", operator, self.partner_id.id)]
        return action

    # === BUSINESS METHODS === #
    @api.model
    def _live_domain(self, day=None):
        """Return the domain of the subscriptions that run on a day."""
        day = day or self.env.company._msp_today()
        return [
            ("date_start", "<=", day),
            "|",
            ("date_end", "=", False),
            ("date_end", ">", day),
        ]

    def _calendar(self):
        """Return the engine's calendar of this subscription."""
        self.ensure_one()
        return Calendar(
            date_start=self.date_start,
            billing_cycle=self.billing_cycle,
            anchor_day=self.anchor_day or None,
            anchor_month=int(self.anchor_month) if self.anchor_month else None,
            date_end=self.date_end or None,
        )

    def _next_due(self, until):
        """Return the day on which the cycle that starts on ``until`` is due, or False."""
        self.ensure_one()
        try:
            cycle = self._calendar().cycle_from(until) if until else None
        except EngineError:
            # Wrong dates are named by _check_calendar; a form shows no next bill.
            return False
        return cycle.due_date(self.timing) if cycle else False

    def _due_spans(self, day):
        """Return the engine's cycles that are due on a day, oldest first."""
        self.ensure_one()
        return self._calendar().due_cycles(self.billed_until, day, self.timing)

    @api.model
    def _normalize_bill_email(self, vals):
        """Bring ``bill_email`` of values into its stored form, or refuse it by name."""
        if not vals.get("bill_email"):
            return
        valid, invalid = split_addresses(vals["bill_email"])
        if invalid or not valid:
            raise ValidationError(
                self.env._(
                    "%(addresses)s is no e-mail address. Write addresses like "
                    "name@example.com, separated by commas.",
                    addresses=", ".join(invalid) or vals["bill_email"],
                )
            )
        vals["bill_email"] = ", ".join(valid)

    def _check_bill_email(self):
        for subscription in self:
            if not subscription.bill_email:
                raise ValidationError(
                    self.env._(
                        "%(customer)s has no e-mail address. Enter the address that "
                        "the bill goes to.",
                        customer=subscription.partner_id.display_name,
                    )
                )

    def _refuse_fixed(self, vals):
        """Refuse to change what explains billed cycles."""
        changing = FIXED_FIELDS & vals.keys()
        if not changing:
            return
        for subscription in self:
            fixed = [
                name
                for name in changing
                if subscription._fields[name].convert_to_write(
                    subscription[name], subscription
                )
                != subscription._fields[name].convert_to_write(
                    subscription._fields[name].convert_to_record(
                        subscription._fields[name].convert_to_cache(
                            vals[name], subscription
                        ),
                        subscription,
                    ),
                    subscription,
                )
            ]
            if fixed and subscription._is_billed():
                labels = self.fields_get(fixed, ["string"])
                raise UserError(
                    self.env._(
                        "%(subscription)s has been billed: %(fields)s cannot change. "
                        "Dissociate it on a day and associate a new one from that day.",
                        subscription=subscription.display_name,
                        fields=", ".join(labels[name]["string"] for name in fixed),
                    )
                )

    def _refuse_end_in_billed_days(self, day):
        for subscription in self:
            if day and subscription._is_billed() and day < subscription.billed_until:
                raise UserError(
                    self.env._(
                        "%(subscription)s is billed until %(until)s. It cannot end on "
                        "%(end)s: choose %(until)s or a later day.",
                        subscription=subscription.display_name,
                        until=subscription.billed_until,
                        end=day,
                    )
                )

    def _is_billed(self):
        self.ensure_one()
        return bool(
            self.env["msp.billing.cycle"]
            .sudo()
            .search_count(
                [("subscription_id", "=", self.id), ("state", "=", "billed")], limit=1
            )
        )

    def _lock_due(self):
        """Lock the rows that no other worker holds and return them."""
        if not self.ids:
            return self
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM msp_subscription WHERE id = ANY(%s) "
                "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                list(self.ids),
            )
        )
        locked = {row[0] for row in rows}
        return self.filtered(lambda subscription: subscription.id in locked)
