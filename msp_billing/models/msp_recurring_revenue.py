from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.month_sql import month_number, of_companies
from ..tools.recurring_sql import RECURRING, RECURRING_SUMS


class MspRecurringRevenue(models.Model):
    """What each subscription is worth per month, at the end of each month."""

    _name = "msp.recurring.revenue"
    _description = "Recurring Revenue"
    _auto = False
    _order = "month desc, amount desc, id"
    _rec_name = "subscription_id"
    _depends = {
        "msp.billing.cycle": [
            "date_start",
            "kind",
            "monthly_amount",
            "state",
            "subscription_id",
        ],
        "msp.subscription": ["date_end"],
        "res.partner": ["commercial_partner_id"],
    }

    # === FIELDS === #
    month = fields.Date(readonly=True, help="First day of the month.")
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
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
    amount = fields.Monetary(
        string="Monthly Recurring Revenue",
        readonly=True,
        help="On the last day of the month, of the current month today: what the "
        "newest billed cycle charges again each time, for a full month, after "
        "discounts and before taxes. Extra charges and corrections are not in it.",
    )
    previous = fields.Monetary(string="Month Before", readonly=True)
    change = fields.Monetary(readonly=True)
    movement = fields.Selection(
        selection=[
            ("new", "New"),
            ("grown", "Grown"),
            ("shrunk", "Shrunk"),
            ("lost", "Lost"),
            ("same", "Same"),
        ],
        readonly=True,
        help="What the customer did in the month, with all its subscriptions in a "
        "currency together.",
    )

    # === COMPUTE METHODS === #
    @property
    def _table_query(self):
        return SQL(RECURRING, **of_companies(self.env.companies))

    # === ACTION METHODS === #
    def action_open_subscription(self):
        """Open the subscription that a row is about."""
        self.ensure_one()
        return self.subscription_id.get_formview_action()

    # === BUSINESS METHODS === #
    @api.model
    def _sums(self, since):
        """Return what the rows add up to, from a month on.

        :param date since: any day of the first month
        :return: (month, currency id, total, customers, new, grown, shrunk, lost)
        :rtype: list[tuple]
        """
        own = of_companies(self.env.companies)
        return self.env.execute_query(
            SQL(RECURRING_SUMS, since=month_number(since), **own)
        )
