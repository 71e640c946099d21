from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

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
        return SQL(RECURRING, **self._parameters(self._first_month()))

    # === ACTION METHODS === #
    def action_open_subscription(self):
        """Open the subscription that a row is about."""
        self.ensure_one()
        return self.subscription_id.get_formview_action()

    # === BUSINESS METHODS === #
    @api.model
    def _first_month(self):
        """Return the first day of the month in which the first billed cycle began."""
        [(first,)] = self.env.execute_query(
            SQL(
                "SELECT MIN(date_start) FROM msp_billing_cycle "
                "WHERE state = 'billed' AND company_id = ANY(%s)",
                list(self.env.companies.ids),
            )
        )
        return (first or self.env.company._msp_today()).replace(day=1)

    @api.model
    def _parameters(self, since):
        """Return the parameters of the statements, for the companies worked in.

        :param date since: first day of a month
        :rtype: dict
        """
        columns = {"company": [], "month": [], "today": []}
        for company in self.env.companies.sudo():
            today, month = company._msp_today(), since
            while month <= today:
                row = (company.id, month, today)
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
                month += relativedelta(months=1)
        return {**columns, "own": list(self.env.companies.ids), "since": since}

    @api.model
    def _sums(self, since):
        """Return what the rows add up to, from a month on.

        :return: (month, currency id, total, customers, new, grown, shrunk, lost)
        :rtype: list[tuple]
        """
        return self.env.execute_query(SQL(RECURRING_SUMS, **self._parameters(since)))
