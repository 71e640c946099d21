from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

ROUNDINGS = ("0.01", "0.05", "0.10", "0.50", "1.00")


class MspPriceChange(models.TransientModel):
    """Other prices of one or many plans from a day on, with what it does to bills."""

    _name = "msp.price.change"
    _description = "Price Change"

    # === FIELDS === #
    state = fields.Selection(
        selection=[("entry", "What Changes"), ("preview", "Preview")],
        default="entry",
        required=True,
        readonly=True,
    )
    plan_ids = fields.Many2many(
        comodel_name="msp.service.plan",
        relation="msp_price_change_plan_rel",
        string="Service Plans",
        default=lambda self: self._default_plan_ids(),
        context={"active_test": False},
        domain="[('active', '=', True)]",
    )
    price_ids = fields.Many2many(
        comodel_name="msp.service.plan.price",
        relation="msp_price_change_price_rel",
        string="Only Prices",
        domain="[('plan_id', 'in', plan_ids)]",
        help="Empty: every price of the plans that is in force on the day.",
    )
    type_ids = fields.Many2many(
        comodel_name="msp.computer.type",
        relation="msp_price_change_type_rel",
        string="Only Types",
        help="Only prices of these computer types. A price that covers others too, "
        "or every type, stays.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id"
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_company_id"
    )
    date = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._default_date(),
        help="Billing cycles that begin on this day or later have the new prices.",
    )
    method = fields.Selection(
        selection=[
            ("percent", "By percent"),
            ("amount", "By amount"),
            ("set", "Set to"),
        ],
        string="Change",
        required=True,
        default="percent",
    )
    value = fields.Float(
        string="By",
        digits=(16, 6),
        min_display_digits="Product Price",
        help="Above zero raises, below zero lowers.",
    )
    rounding = fields.Selection(
        selection=[(step, step) for step in ROUNDINGS],
        string="Round To",
        default="0.01",
        help="New prices are rounded to multiples of it. Empty: no rounding.",
    )
    change_minimum = fields.Boolean(
        string="Minimum per Month Too",
        help="Change the minimum per month of the plans that have one.",
    )
    minimum_value = fields.Float(
        string="Minimum", digits=(16, 6), min_display_digits="Product Price"
    )
    line_ids = fields.One2many(
        comodel_name="msp.price.change.line",
        inverse_name="wizard_id",
        string="Prices",
        readonly=True,
    )
    effect_ids = fields.One2many(
        comodel_name="msp.price.change.effect",
        inverse_name="wizard_id",
        string="Customers",
        readonly=True,
    )
    monthly_before = fields.Monetary(
        string="Recurring per Month Today", compute="_compute_monthly"
    )
    monthly_after = fields.Monetary(
        string="Recurring per Month After", compute="_compute_monthly"
    )
    monthly_difference = fields.Monetary(
        string="Difference per Month", compute="_compute_monthly"
    )
    effect_count = fields.Integer(
        string="Customers with Another Amount", compute="_compute_monthly"
    )

    # === COMPUTE METHODS === #
    def _default_plan_ids(self):
        if self.env.context.get("active_model") != "msp.service.plan":
            return []
        return [Command.set(self.env.context.get("active_ids", []))]

    @api.model
    def _default_date(self):
        """Return the first day of the next month."""
        return self.env.company._msp_today() + relativedelta(months=1, day=1)

    @api.depends("plan_ids")
    def _compute_company_id(self):
        for wizard in self:
            plan = wizard.plan_ids[:1]
            wizard.company_id = plan.company_id or self.env.company
            wizard.currency_id = plan.currency_id or self.env.company.currency_id

    @api.depends("effect_ids")
    def _compute_monthly(self):
        for wizard in self:
            effects = wizard.effect_ids
            wizard.monthly_before = sum(effects.mapped("monthly_before"))
            wizard.monthly_after = sum(effects.mapped("monthly_after"))
            wizard.monthly_difference = wizard.monthly_after - wizard.monthly_before
            wizard.effect_count = len(effects.filtered(lambda e: e.state == "changes"))

    # === ACTION METHODS === #
    def action_preview(self):
        """Show each price and each customer before and after, and change nothing.

        :raises UserError: naming the plan, the value and the way out, when a price
            cannot be changed so
        """
        self.ensure_one()
        changes = self._find_changes()
        self.line_ids.unlink()
        self.effect_ids.unlink()
        self.write(
            {
                "line_ids": [Command.create(change) for change in changes],
                "effect_ids": [
                    Command.create(vals) for vals in self._prepare_effects(changes)
                ],
                "state": "preview",
            }
        )
        return self._reopen()

    def action_back(self):
        """Go back to what is to be changed."""
        self.ensure_one()
        self.write({"state": "entry"})
        return self._reopen()

    def action_apply(self):
        """Plan all the prices previewed: every one of them, or none.

        :return: the action that shows the new prices
        :raises UserError: as ``action_preview``, and when the plans have changed since
        """
        self.ensure_one()
        if self.state != "preview":
            raise UserError(self.env._("Look at the preview before you apply it."))
        changes = self._find_changes()
        if changes != self.line_ids._as_changes():
            raise UserError(
                self.env._(
                    "The plans have changed since the preview. Go back and preview "
                    "the new prices again."
                )
            )
        prices = self.line_ids._apply(self.date)
        for plan, lines in self.line_ids.grouped("plan_id").items():
            plan.message_post(body=self._note(lines))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_service_plan_price_action"
        )
        return {**action, "domain": [("id", "in", prices.ids)], "context": {}}

    # === BUSINESS METHODS === #
    def _reopen(self):
        """Return the action that shows this dialog in its new state."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_price_change_action"
        )
        return {**action, "res_id": self.id}

    def _note(self, lines):
        """Return what was changed, for the chatter of the plan."""
        title = self.env._(
            "New prices from %(date)s on:", date=format_date(self.env, self.date)
        )
        rows = Markup().join(
            Markup("<li>%s: %s → %s</li>")
            % (line.name, line._format(line.old_price), line._format(line.new_price))
            for line in lines
        )
        return Markup("<p>%s</p><ul>%s</ul>") % (title, rows)
