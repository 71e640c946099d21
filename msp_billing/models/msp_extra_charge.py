from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class MspExtraCharge(models.Model):
    _name = "msp.extra.charge"
    _description = "Extra Charge"
    _order = "date, id"
    _check_company_auto = True

    # === FIELDS === #
    subscription_id = fields.Many2one(
        comodel_name="msp.subscription", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._msp_today(),
        help="Billed with the first bill on or after this day.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product", check_company=True, ondelete="restrict"
    )
    name = fields.Char(string="Text", required=True)
    quantity = fields.Float(
        digits="Product Unit", default=1.0, help="Negative: taken off the bill."
    )
    unit_price = fields.Float(digits=(16, 6), min_display_digits="Product Price")
    charge_ids = fields.One2many(
        comodel_name="msp.charge", inverse_name="extra_charge_id", readonly=True
    )
    is_billed = fields.Boolean(compute="_compute_is_billed")

    _price_check = models.Constraint(
        "CHECK (unit_price >= 0)",
        "The price of an extra charge cannot be negative: use a negative quantity.",
    )

    # === COMPUTE METHODS === #
    @api.depends("charge_ids.cycle_id.state")
    def _compute_is_billed(self):
        for extra in self:
            extra.is_billed = any(
                charge.cycle_id.state == "billed" for charge in extra.sudo().charge_ids
            )

    # === CONSTRAINT METHODS === #
    @api.constrains("quantity")
    def _check_quantity(self):
        for extra in self:
            if not extra.quantity:
                raise ValidationError(
                    self.env._(
                        "Extra charge %(name)s of %(subscription)s has no quantity.",
                        name=extra.name,
                        subscription=extra.subscription_id.display_name,
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        extras = super().create(vals_list)
        extras._schedule_last()
        return extras

    def write(self, vals):
        self._refuse_billed()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_billed(self):
        self._refuse_billed()

    # === BUSINESS METHODS === #
    def _schedule_last(self):
        """Give extra charges of subscriptions that are over a day to be billed on.

        Without a further cycle they go with the corrections of their next day.
        """
        for extra in self:
            subscription = extra.subscription_id.sudo()
            if not (subscription.next_bill_date or subscription.next_correction_date):
                day = max(extra.date, extra.company_id._msp_today())
                subscription._schedule_correction(day - timedelta(days=1))

    def _refuse_billed(self):
        for extra in self:
            if extra.is_billed:
                raise UserError(
                    self.env._(
                        "Extra charge %(name)s of %(subscription)s is billed. Add one "
                        "with a negative quantity to take it back.",
                        name=extra.name,
                        subscription=extra.subscription_id.display_name,
                    )
                )
