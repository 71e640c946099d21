from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MspSubscriptionPriceOverride(models.Model):
    _name = "msp.subscription.price.override"
    _description = "Agreed Exception"
    _order = "subscription_id, price_id"
    _check_company_auto = True

    # === FIELDS === #
    subscription_id = fields.Many2one(
        comodel_name="msp.subscription", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, index=True, precompute=True
    )
    plan_id = fields.Many2one(related="subscription_id.plan_id")
    price_id = fields.Many2one(
        comodel_name="msp.service.plan.price",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('plan_id', '=', plan_id)]",
    )
    # Zero is a price and a quantity that can be agreed: what is overridden is marked.
    has_unit_price = fields.Boolean(string="Own Price")
    unit_price = fields.Float(digits=(16, 6), min_display_digits="Product Price")
    has_contracted_quantity = fields.Boolean(string="Own Agreed Quantity")
    contracted_quantity = fields.Float(digits="Product Unit")
    has_minimum_quantity = fields.Boolean(string="Own Minimum")
    minimum_quantity = fields.Float(digits="Product Unit")

    _price_unique = models.UniqueIndex(
        "(subscription_id, price_id)", "The price has an exception already."
    )
    _not_negative = models.Constraint(
        "CHECK (unit_price >= 0 AND contracted_quantity >= 0 "
        "AND minimum_quantity >= 0)",
        "An agreed price or quantity cannot be negative.",
    )

    # === CONSTRAINT METHODS === #
    @api.constrains("price_id", "subscription_id", "has_unit_price")
    def _check_price(self):
        for override in self:
            price = override.price_id
            if price.plan_id != override.subscription_id.plan_id:
                raise ValidationError(
                    self.env._(
                        "Price %(price)s does not belong to plan %(plan)s of "
                        "%(subscription)s.",
                        price=price.name,
                        plan=override.plan_id.display_name,
                        subscription=override.subscription_id.display_name,
                    )
                )
            if override.has_unit_price and price.price_model in (
                "volume",
                "graduated",
            ):
                raise ValidationError(
                    self.env._(
                        "Price %(price)s has tiers: agree a discount or another plan "
                        "instead of a price of its own.",
                        price=price.name,
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._mark_given(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._mark_given(vals))

    # === BUSINESS METHODS === #
    @api.model
    def _mark_given(self, vals):
        """Mark the values that are given: an import names only the values."""
        vals = dict(vals)
        for name in ("unit_price", "contracted_quantity", "minimum_quantity"):
            if name in vals and f"has_{name}" not in vals:
                vals[f"has_{name}"] = bool(vals[name]) or vals[name] == 0.0
        return vals

    def _effective(self, name, otherwise):
        """Return the agreed value of a field, or what the plan says."""
        self.ensure_one()
        return self[name] if self[f"has_{name}"] else otherwise
