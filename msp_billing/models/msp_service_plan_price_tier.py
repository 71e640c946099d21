from odoo import api, fields, models


class MspServicePlanPriceTier(models.Model):
    _name = "msp.service.plan.price.tier"
    _description = "Price Tier"
    _order = "price_id, from_quantity, id"

    # === FIELDS === #
    price_id = fields.Many2one(
        comodel_name="msp.service.plan.price",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="price_id.company_id", store=True, index=True, precompute=True
    )
    from_quantity = fields.Float(
        string="From",
        digits="Product Unit",
        help="Computers from which this tier prices. The first tier starts at 0.",
    )
    unit_price = fields.Float(digits=(16, 6), min_display_digits="Product Price")

    _tier_unique = models.UniqueIndex(
        "(price_id, from_quantity)", "Two tiers of a price start at the same quantity."
    )

    # === CONSTRAINT METHODS === #
    @api.constrains("from_quantity", "unit_price", "price_id")
    def _check_tier(self):
        self.price_id._check_price()

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.price_id._refuse_used({"tier_ids"}, {})
        return tiers

    def write(self, vals):
        self.price_id._refuse_used({"tier_ids"}, vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_used(self):
        self.price_id._refuse_used({"tier_ids"}, {})
