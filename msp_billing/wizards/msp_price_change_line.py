from odoo import api, fields, models
from odoo.tools import formatLang


class MspPriceChangeLine(models.TransientModel):
    """One price, one tier or one minimum, before and after."""

    _name = "msp.price.change.line"
    _description = "Changed Price"
    _order = "id"

    # === FIELDS === #
    wizard_id = fields.Many2one(
        comodel_name="msp.price.change", required=True, index=True, ondelete="cascade"
    )
    plan_id = fields.Many2one(comodel_name="msp.service.plan", required=True)
    price_id = fields.Many2one(
        comodel_name="msp.service.plan.price",
        string="Plan Price",
        help="Empty: the minimum of the plan.",
    )
    tier_id = fields.Many2one(comodel_name="msp.service.plan.price.tier")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    name = fields.Char(string="Price", compute="_compute_name")
    type_ids = fields.Many2many(related="price_id.computer_type_ids", string="Types")
    old_price = fields.Float(
        string="Today", digits=(16, 6), min_display_digits="Product Price"
    )
    new_price = fields.Float(
        string="New", digits=(16, 6), min_display_digits="Product Price"
    )
    difference = fields.Float(
        digits=(16, 6),
        min_display_digits="Product Price",
        compute="_compute_difference",
    )
    percent = fields.Float(compute="_compute_difference")

    # === COMPUTE METHODS === #
    @api.depends("price_id", "tier_id")
    def _compute_name(self):
        for line in self:
            if line.tier_id:
                line.name = self.env._(
                    "%(price)s, from %(quantity)s",
                    price=line.price_id.name,
                    quantity=formatLang(self.env, line.tier_id.from_quantity, digits=0),
                )
            else:
                line.name = line.price_id.name or self.env._("Minimum per month")

    @api.depends("old_price", "new_price")
    def _compute_difference(self):
        for line in self:
            line.difference = line.new_price - line.old_price
            line.percent = line.old_price and line.difference / line.old_price

    # === BUSINESS METHODS === #
    def _as_changes(self):
        """Return the lines as ``_find_changes`` gives them."""
        names = ("plan_id", "price_id", "tier_id")
        return [
            {
                **{name: line[name].id for name in names},
                "old_price": line.old_price,
                "new_price": line.new_price,
            }
            for line in self
        ]

    def _apply(self, day):
        """Plan these prices from a day on, and return them."""
        prices = self.price_id.browse()
        for (plan, price), lines in self.grouped(
            lambda line: (line.plan_id, line.price_id)
        ).items():
            if not price:
                plan._plan_minimum(lines.new_price, day)
                continue
            tiers = {tier: tier.unit_price for tier in price._own_prices()}
            tiers.update({line.tier_id: line.new_price for line in lines if tiers})
            prices |= price._change_from(day, lines[0].new_price, tiers)
        return prices

    def _format(self, amount):
        """Return an amount as people write it, in the plan's currency."""
        self.ensure_one()
        prices = self.price_id or self.plan_id.price_ids[:1]
        return prices._format_price(amount)
