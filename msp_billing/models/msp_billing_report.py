from odoo import fields, models
from odoo.tools import SQL

from ..tools.billing_report_sql import CHARGES
from .msp_billing_cycle import STATES
from .msp_charge import KINDS


class MspBillingReport(models.Model):
    """What is charged, for pivot tables and graphs: a row for each charge."""

    _name = "msp.billing.report"
    _description = "Billing Report"
    _auto = False
    _order = "date_last desc, id desc"
    _rec_name = "subscription_id"
    _depends = {
        "account.move": ["invoice_date"],
        "account.move.line": ["balance"],
        "msp.billing.cycle": ["date_end", "date_start", "move_id", "plan_id", "state"],
        "msp.charge": [
            "amount",
            "counted",
            "kind",
            "move_line_id",
            "price_id",
            "product_id",
            "quantity",
            "unit_price",
        ],
        "msp.subscription": ["user_id"],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id"],
    }

    # === FIELDS === #
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    company_currency_id = fields.Many2one(
        comodel_name="res.currency", string="Company's Currency", readonly=True
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    customer_id = fields.Many2one(
        comodel_name="res.partner",
        readonly=True,
        help="The company that the customer belongs to: its sites count with it.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer or Site", readonly=True
    )
    subscription_id = fields.Many2one(comodel_name="msp.subscription", readonly=True)
    plan_id = fields.Many2one(comodel_name="msp.service.plan", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    price_id = fields.Many2one(comodel_name="msp.service.plan.price", readonly=True)
    product_id = fields.Many2one(comodel_name="product.product", readonly=True)
    kind = fields.Selection(selection=KINDS, readonly=True)
    state = fields.Selection(selection=STATES, readonly=True)
    move_id = fields.Many2one(comodel_name="account.move", string="Bill", readonly=True)
    invoice_date = fields.Date(string="Bill Date", readonly=True)
    date_start = fields.Date(string="First Day", readonly=True)
    date_last = fields.Date(
        string="Last Day", readonly=True, help="Last day of the billing cycle."
    )
    counted = fields.Float(digits="Product Unit", readonly=True)
    quantity = fields.Float(
        string="Quantity Charged", digits="Product Unit", readonly=True
    )
    unit_price = fields.Float(
        digits=(16, 6),
        min_display_digits="Product Price",
        readonly=True,
        aggregator="avg",
    )
    amount_gross = fields.Monetary(string="Before Discount", readonly=True)
    amount_discount = fields.Monetary(string="Discount", readonly=True)
    amount = fields.Monetary(
        readonly=True,
        help="In the currency of the bill: group by it where there are several.",
    )
    revenue = fields.Monetary(
        string="Booked Revenue",
        currency_field="company_currency_id",
        readonly=True,
        help="What the bill's line booked, without taxes, in the company's currency "
        "at the rate of the bill's day.",
    )

    # === COMPUTE METHODS === #
    @property
    def _table_query(self):
        return SQL(CHARGES)

    # === ACTION METHODS === #
    def action_open_charge(self):
        """Open the charge, with how it was worked out and its computers."""
        self.ensure_one()
        return self.env["msp.charge"].browse(self.id).get_formview_action()
