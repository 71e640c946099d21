from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command


class MspServicePlan(models.Model):
    _name = "msp.service.plan"
    _description = "Service Plan"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True
    _rec_names_search = ["name", "code"]

    # === FIELDS === #
    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(help="A short name for lists and imports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        tracking=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Service Product",
        check_company=True,
        ondelete="restrict",
        help="Gives the income account and the taxes of the bill lines. "
        "Empty: the company's default service product.",
    )
    price_ids = fields.One2many(
        comodel_name="msp.service.plan.price", inverse_name="plan_id", copy=True
    )
    minimum_amount = fields.Monetary(
        string="Minimum per Month",
        tracking=True,
        help="When the recurring charges of a cycle are lower, the rest up to this "
        "amount per month is one charge of its own.",
    )
    cost_per_computer = fields.Monetary(
        compute="_compute_cost_per_computer",
        inverse="_inverse_cost_per_computer",
        help="The simple case: one price per month for every computer, whatever its "
        "type. Changed after it was billed, the new price replaces it from today.",
    )
    has_simple_price = fields.Boolean(compute="_compute_cost_per_computer")
    cost_note = fields.Char(string="Planned", compute="_compute_cost_note")
    description = fields.Html(help="What the service covers. For your own people.")
    subscription_ids = fields.One2many(
        comodel_name="msp.subscription", inverse_name="plan_id"
    )
    subscription_count = fields.Integer(
        string="Customers", compute="_compute_subscription_count"
    )
    computer_count = fields.Integer(
        string="Computers", compute="_compute_subscription_count"
    )
    price_summary = fields.Char(compute="_compute_price_summary", string="Prices")

    _minimum_amount_check = models.Constraint(
        "CHECK (minimum_amount >= 0)", "The minimum of a plan cannot be negative."
    )
    _code_unique = models.UniqueIndex(
        "(company_id, code) WHERE code <> ''",
        "Another plan of the company has this code already.",
    )

    # === COMPUTE METHODS === #
    @api.depends("price_ids", "price_ids.unit_price", "price_ids.date_from")
    def _compute_cost_per_computer(self):
        for plan in self:
            price = plan._simple_price()
            plan.has_simple_price = bool(price) or not plan.price_ids
            plan.cost_per_computer = price.unit_price if price else 0.0

    def _inverse_cost_per_computer(self):
        for plan in self:
            price = plan._simple_price()
            if price:
                price._change_unit_price(plan.cost_per_computer)
            elif not plan.price_ids and plan.cost_per_computer:
                plan.price_ids = [Command.create(plan._prepare_simple_price())]
            elif plan.cost_per_computer:
                raise UserError(
                    self.env._(
                        "Plan %(plan)s has prices of its own per type. Change them "
                        "in its list of prices.",
                        plan=plan.display_name,
                    )
                )

    @api.depends("subscription_ids.date_start", "subscription_ids.date_end")
    def _compute_subscription_count(self):
        Subscription = self.env["msp.subscription"]
        # Ids alone: a plan may have thousands of subscriptions.
        live = dict(
            Subscription._read_group(
                [("plan_id", "in", self.ids), *Subscription._live_domain()],
                ["plan_id"],
                ["id:recordset"],
            )
        )
        counts = self.env["msp.usage"]._count_on(
            Subscription.union(*live.values()), self.env.company._msp_today()
        )
        for plan in self:
            ids = live.get(plan._origin, Subscription).ids
            plan.subscription_count = len(ids)
            plan.computer_count = sum(counts.get(own_id, 0) for own_id in ids)

    @api.depends("price_ids.unit_price", "price_ids.name", "currency_id")
    def _compute_price_summary(self):
        Price = self.env["msp.service.plan.price"]
        stored = Price.search_fetch([("plan_id", "in", self.ids)]).grouped("plan_id")
        for plan in self:
            # A plan on a form has the prices that are not saved yet.
            saved = isinstance(plan.id, int)
            prices = stored.get(plan, Price) if saved else plan.price_ids
            if plan.company_id:
                prices = prices._in_force(plan.company_id._msp_today(), prices)
            plan.price_summary = ", ".join(
                price._format_summary() for price in prices[:4]
            )

    # === CONSTRAINT METHODS === #
    @api.constrains("minimum_amount")
    def _check_weekly(self):
        self.subscription_ids._check_weekly_prices()

    @api.constrains("name")
    def _check_name(self):
        for plan in self:
            if not (plan.name or "").strip():
                raise ValidationError(self.env._("A service plan needs a name."))

    # === CRUD METHODS === #
    def write(self, vals):
        self._refuse_billed(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_subscribed(self):
        for plan in self.with_context(active_test=False):
            if plan.subscription_ids:
                raise UserError(
                    self.env._(
                        "Plan %(plan)s is associated with %(count)s customers. "
                        "Archive it instead, or dissociate and delete them first.",
                        plan=plan.display_name,
                        count=len(plan.subscription_ids),
                    )
                )

    # === ACTION METHODS === #
    def action_open_associate(self):
        """Open the wizard that associates this plan with customers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_associate_action"
        )
        action["context"] = {"default_plan_id": self.id}
        return action

    def action_open_dissociate(self):
        """Open the wizard that dissociates this plan from chosen customers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_dissociate_action"
        )
        action["context"] = {"default_plan_id": self.id}
        return action

    def action_open_price_change(self):
        """Open the dialog that changes the prices of these plans from a day on."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_price_change_action"
        )
        context = {"default_plan_ids": self.ids, "dialog_size": "extra-large"}
        return {**action, "context": context}

    def action_view_subscriptions(self):
        """Show the customers of this plan."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_action"
        )
        action["domain"] = [("plan_id", "=", self.id)]
        action["context"] = {"default_plan_id": self.id}
        return action

    # === BUSINESS METHODS === #
    def _refuse_billed(self, vals):
        """Refuse another currency or company: that of the billed cycles follows it."""
        changed = self.filtered(
            lambda plan: any(
                name in vals and plan[name].id != vals[name]
                for name in ("currency_id", "company_id")
            )
        )
        for plan in changed:
            if (
                self.env["msp.billing.cycle"]
                .sudo()
                .search_count(
                    [
                        ("plan_id", "=", plan.id),
                        ("state", "in", ("billed", "voided")),
                    ],
                    limit=1,
                )
            ):
                raise UserError(
                    self.env._(
                        "Plan %(plan)s has been billed: its currency and company "
                        "stay. Make a new plan and move the customers to it.",
                        plan=plan.display_name,
                    )
                )

    def _simple_price(self):
        """Return the price behind ``cost_per_computer``, or an empty recordset.

        A plan is simple when all its prices are one chain of replacements, per unit
        and for every type.
        """
        self.ensure_one()
        prices = self.price_ids
        if not prices or any(not price._is_simple() for price in prices):
            return prices.browse()
        last = prices - prices.replaces_id
        return last if len(last) == 1 else prices.browse()

    def _prepare_simple_price(self):
        return {
            "name": self.env._("Managed computer"),
            "usage_basis": "end",
            "price_model": "per_unit",
            "unit_price": self.cost_per_computer,
        }
