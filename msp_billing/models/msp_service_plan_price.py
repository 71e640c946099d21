from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.errors import EngineError

# What rates a cycle: a billed cycle must be explained by it for ever.
RATING_FIELDS = frozenset(
    {
        "plan_id",
        "date_from",
        "computer_type_ids",
        "usage_basis",
        "price_model",
        "unit_price",
        "tier_ids",
        "package_size",
        "included_quantity",
        "minimum_quantity",
        "maximum_quantity",
        "price_period",
    }
)


class MspServicePlanPrice(models.Model):
    _name = "msp.service.plan.price"
    _description = "Plan Price"
    _order = "plan_id, sequence, date_from desc NULLS LAST, id"
    _check_company_auto = True

    # === FIELDS === #
    plan_id = fields.Many2one(
        comodel_name="msp.service.plan", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="plan_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="plan_id.currency_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(
        required=True,
        translate=True,
        default=lambda self: self.env._("Managed computer"),
        help="What the customer reads on the bill.",
    )
    date_from = fields.Date(
        string="From", help="First day on which this price rates. Empty: always."
    )
    date_to = fields.Date(
        string="Until", help="First day on which it does not. Empty: no end."
    )
    replaces_id = fields.Many2one(
        comodel_name="msp.service.plan.price",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('plan_id', '=', plan_id), ('id', '!=', id)]",
        copy=False,
        help="The price that ends when this one begins.",
    )
    computer_type_ids = fields.Many2many(
        comodel_name="msp.computer.type",
        string="Types",
        help="Which computers pay this price. Empty: every type.",
    )
    usage_basis = fields.Selection(
        selection=[
            ("end", "On the last day"),
            ("peak", "Highest daily count"),
            ("average", "Average per day"),
            ("unique", "Every computer seen"),
            ("contracted", "Agreed quantity"),
        ],
        string="Counted",
        required=True,
        default="end",
    )
    price_model = fields.Selection(
        selection=[
            ("per_unit", "Per computer"),
            ("volume", "Volume"),
            ("graduated", "Graduated"),
            ("package", "Package"),
            ("flat", "Flat"),
        ],
        string="Priced",
        required=True,
        default="per_unit",
        help="Per computer: quantity x price.\n"
        "Volume: the tier of the whole quantity prices all of it.\n"
        "Graduated: each tier prices its own part.\n"
        "Package: begun blocks of a size.\n"
        "Flat: once per cycle.",
    )
    unit_price = fields.Float(digits=(16, 6), min_display_digits="Product Price")
    tier_ids = fields.One2many(
        comodel_name="msp.service.plan.price.tier", inverse_name="price_id", copy=True
    )
    package_size = fields.Integer(default=1)
    included_quantity = fields.Float(
        string="Included", digits="Product Unit", help="Computers that cost nothing."
    )
    minimum_quantity = fields.Float(string="Minimum", digits="Product Unit")
    maximum_quantity = fields.Float(
        string="Maximum", digits="Product Unit", help="0: no maximum."
    )
    price_period = fields.Selection(
        selection=[("month", "Month"), ("cycle", "Billing cycle")],
        string="Price per",
        required=True,
        default="month",
        help="Month: a quarter costs three times the price.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        ondelete="restrict",
        help="Empty: the plan's product.",
    )
    is_used = fields.Boolean(compute="_compute_is_used")

    _dates_check = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_to > date_from)",
        "A price must end after it begins.",
    )
    _one_successor = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL",
        "That price is replaced by another one already.",
    )

    # === COMPUTE METHODS === #
    def _compute_is_used(self):
        used = (
            self.env["msp.charge"]
            .sudo()
            ._read_group(
                [
                    ("price_id", "in", self.ids),
                    ("cycle_id.state", "in", ("billed", "voided")),
                ],
                groupby=["price_id"],
            )
        )
        used_ids = {price.id for (price,) in used}
        for price in self:
            price.is_used = price._origin.id in used_ids

    # === CONSTRAINT METHODS === #
    @api.constrains(*RATING_FIELDS)
    def _check_price(self):
        for price in self:
            try:
                price._to_engine()
            except EngineError as error:
                raise ValidationError(
                    self.env._(
                        "Plan %(plan)s, price %(price)s: %(reason)s",
                        plan=price.plan_id.display_name,
                        price=price.name,
                        reason=str(error),
                    )
                ) from error

    @api.constrains("replaces_id", "date_from", "plan_id")
    def _check_replaces(self):
        successors = self.search([("replaces_id", "in", self.ids)])
        for price in (self | successors).filtered("replaces_id"):
            old = price.replaces_id
            if (
                old.plan_id != price.plan_id
                or not price.date_from
                or (old.date_from and old.date_from >= price.date_from)
            ):
                raise ValidationError(
                    self.env._(
                        "Price %(price)s of plan %(plan)s replaces %(old)s: it must "
                        "belong to the same plan and begin on a later day.",
                        price=price.name,
                        plan=price.plan_id.display_name,
                        old=old.name,
                    )
                )

    @api.constrains("price_period", "price_model", "plan_id")
    def _check_weekly(self):
        self.plan_id.subscription_ids._check_weekly_prices()

    # === CRUD METHODS === #
    def write(self, vals):
        changed = RATING_FIELDS & vals.keys()
        if changed:
            self._refuse_used(changed, vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_used(self):
        for price in self:
            if price.is_used:
                raise UserError(price._used_message())
            exceptions = self.env["msp.subscription.price.override"].sudo()
            agreed = exceptions.search([("price_id", "=", price.id)], limit=1)
            if agreed:
                raise UserError(
                    self.env._(
                        "An exception from price %(price)s is agreed with "
                        "%(subscription)s. Delete the exception first.",
                        price=price.name,
                        subscription=agreed.subscription_id.display_name,
                    )
                )

    # === BUSINESS METHODS === #
    def _refuse_used(self, changed, vals):
        """Refuse to edit a price that a bill names (``tier_ids`` always counts)."""
        for price in self:
            real = {
                name
                for name in changed
                if name in ("tier_ids", "computer_type_ids")
                or price._fields[name].convert_to_write(price[name], price)
                != vals[name]
            }
            if real and price.is_used:
                raise UserError(price._used_message())

    def _used_message(self):
        return self.env._(
            "Price %(price)s of plan %(plan)s is on bills already and stays as it is. "
            "Add a new price that begins on a later day and replaces it.",
            price=self.name,
            plan=self.plan_id.display_name,
        )

    def _change_unit_price(self, unit_price):
        """Write the price, or replace it from today when bills name it."""
        self.ensure_one()
        if not self.currency_id.compare_amounts(self.unit_price, unit_price):
            return self
        today = self.company_id._msp_today()
        if not self.is_used or self.date_from == today:
            self.unit_price = unit_price
            return self
        return self.copy(
            {
                "plan_id": self.plan_id.id,
                "unit_price": unit_price,
                "date_from": today,
                "date_to": False,
                "replaces_id": self.id,
            }
        )
