from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.days import day_text, span_text
from ..tools.memo import remembered

# A Python object: no client can send it, so nobody but our code passes.
UNFREEZE = object()

STATES = [
    ("due", "Due"),
    ("held", "Held"),
    ("failed", "Failed"),
    ("billed", "Billed"),
    ("voided", "Voided"),
]

CONSTRAINTS = (
    "msp_billing_cycle_no_overlap",
    "msp_computer_period_no_overlap",
    "msp_subscription_no_overlap",
)


class MspBillingCycle(models.Model):
    _name = "msp.billing.cycle"
    _description = "Billing Cycle"
    _order = "date_end desc, subscription_id, id desc"
    _check_company_auto = True
    _rec_names_search = [
        "subscription_id.partner_id.name",
        "subscription_id.plan_id.name",
    ]

    # === FIELDS === #
    subscription_id = fields.Many2one(
        comodel_name="msp.subscription",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="subscription_id.partner_id",
        string="Customer",
        store=True,
        index=True,
        precompute=True,
    )
    plan_id = fields.Many2one(
        related="subscription_id.plan_id", store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(related="subscription_id.user_id")
    currency_id = fields.Many2one(
        related="subscription_id.currency_id", store=True, precompute=True
    )
    kind = fields.Selection(
        selection=[("regular", "Regular"), ("correction", "Correction")],
        required=True,
        readonly=True,
        default="regular",
    )
    date_start = fields.Date(string="Start Date", required=True, readonly=True)
    date_end = fields.Date(
        string="End Date",
        required=True,
        readonly=True,
        index=True,
        help="First day after the cycle.",
    )
    period = fields.Char(
        compute="_compute_period", help="First and last day, both included."
    )
    full_start = fields.Date(readonly=True, help="Start of the full cycle.")
    full_end = fields.Date(readonly=True, help="End of the full cycle.")
    state = fields.Selection(
        selection=STATES,
        required=True,
        readonly=True,
        default="due",
        index=True,
    )
    run_id = fields.Many2one(
        comodel_name="msp.bill.run",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    charge_ids = fields.One2many(
        comodel_name="msp.charge", inverse_name="cycle_id", readonly=True
    )
    evidence_ids = fields.One2many(
        comodel_name="msp.charge.computer", inverse_name="cycle_id", readonly=True
    )
    terms = fields.Json(
        readonly=True, help="What rated the cycle: discount, factor, prices, counts."
    )
    sites = fields.Json(
        readonly=True,
        help="The contacts below the customer with their parents, as they were billed.",
    )
    amount = fields.Monetary(
        readonly=True, help="Sum of the charges, before taxes are worked out."
    )
    amount_untaxed = fields.Monetary(
        readonly=True, help="The charges without tax, by Odoo's tax engine."
    )
    monthly_amount = fields.Monetary(
        string="Per Month",
        readonly=True,
        help="What is charged again in each cycle, for a full month: the recurring "
        "charges and the minimum, after discounts, before taxes.",
    )
    computer_count = fields.Integer(string="Computers", readonly=True, aggregator=None)
    reason = fields.Text(readonly=True, help="Why it is held, failed or without bill.")
    attempts = fields.Integer(readonly=True, aggregator=None)
    next_try = fields.Datetime(readonly=True)
    fingerprint = fields.Char(
        readonly=True, help="Of charges, evidence and terms: preview equals bill."
    )

    _dates_check = models.Constraint(
        "CHECK (date_end > date_start OR (kind = 'correction' "
        "AND date_end = date_start))",
        "A billing cycle ends after it starts.",
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (subscription_id WITH =, "
        "daterange(date_start, date_end) WITH &&) "
        "WHERE (state <> 'voided' AND kind = 'regular')",
        "These days of the subscription are in a billing cycle already.",
    )
    _one_correction = models.UniqueIndex(
        "(subscription_id, date_start) WHERE kind = 'correction' AND state <> 'voided'",
        "The corrections of that day are in a billing cycle already.",
    )

    # What recurring revenue reads of all billed cycles, in the order that it wants.
    _revenue_idx = models.Index(
        "(subscription_id, date_start) "
        "INCLUDE (date_end, monthly_amount, currency_id, company_id) "
        "WHERE state = 'billed' AND kind = 'regular'"
    )

    # === COMPUTE METHODS === #
    @api.depends("subscription_id", "date_start", "date_end")
    def _compute_display_name(self):
        for cycle in self:
            cycle.display_name = (
                f"{cycle.subscription_id.display_name}, {cycle._format_period()}"
            )

    @api.depends("date_start", "date_end", "kind")
    @api.depends_context("lang")
    def _compute_period(self):
        for cycle in self:
            cycle.period = cycle.date_start and cycle._format_period()

    # === CRUD METHODS === #
    def write(self, vals):
        self._refuse_frozen()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_billed(self):
        self._refuse_frozen()

    # === ACTION METHODS === #
    def action_open_bill(self):
        """Open the bill of this cycle."""
        self.ensure_one()
        if not self.move_id:
            raise UserError(
                self.env._("%(cycle)s is on no bill.", cycle=self.display_name)
            )
        return self.move_id._msp_open_bill()

    # === BUSINESS METHODS === #
    def _refuse_frozen(self):
        if self.env.context.get("msp_unfreeze") is UNFREEZE:
            return
        for cycle in self:
            if cycle.state in ("billed", "voided"):
                raise UserError(
                    self.env._(
                        "%(cycle)s is billed and stays as it is.",
                        cycle=cycle.display_name,
                    )
                )

    def _unfrozen(self):
        """Return the cycles in an environment that may change billed ones.

        Never in a method that returns an action: the context would reach a client.
        """
        return self.with_context(msp_unfreeze=UNFREEZE)

    def _format_period(self, lang=None):
        """Return the days of the cycle as people write them: both days included."""
        self.ensure_one()
        if self.kind == "correction":
            return self._format_day(self.date_start, lang)
        first, last = self.date_start, fields.Date.subtract(self.date_end, days=1)
        return remembered(
            self.env,
            ("days", first, last, lang or self.env.lang),
            lambda: span_text(self.env, first, last, lang),
        )

    @api.model
    def _format_day(self, day, lang=None):
        """Return a day as people write it, the month by its name."""
        return remembered(
            self.env,
            ("day", day, lang or self.env.lang),
            lambda: day_text(self.env, day, lang),
        )

    @api.model
    def _missing_constraints(self):
        """Return the names of our constraints that the database does not have."""
        rows = self.env.execute_query(
            SQL(
                "SELECT conname FROM pg_constraint WHERE conname = ANY(%s)",
                list(CONSTRAINTS),
            )
        )
        return sorted(set(CONSTRAINTS) - {row[0] for row in rows})
