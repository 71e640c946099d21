from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.computer_month_sql import COMPUTER_MONTHS
from ..tools.month_sql import month_number

# The months that are shown, the current one included: three years.
MONTHS = 36


class MspComputerMonth(models.Model):
    """How many computers each customer had at the end of each month, by type."""

    _name = "msp.computer.month"
    _description = "Computers by Month"
    _auto = False
    _order = "month desc, computers desc, id"
    _rec_name = "partner_id"
    _depends = {
        "msp.computer.period": [
            "company_id",
            "date_from",
            "date_to",
            "partner_id",
            "type_id",
        ],
        "res.partner": ["commercial_partner_id"],
    }

    # === FIELDS === #
    month = fields.Date(readonly=True, help="First day of the month.")
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    customer_id = fields.Many2one(
        comodel_name="res.partner",
        readonly=True,
        help="The company that the customer belongs to: its sites count with it.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer or Site", readonly=True
    )
    type_id = fields.Many2one(comodel_name="msp.computer.type", readonly=True)
    computers = fields.Integer(
        readonly=True,
        help="The computers under management on the last day of the month, of the "
        "current month today, billed or not. Look at one month, or at months beside "
        "each other: their sum counts a computer once for each of them.",
    )

    # === COMPUTE METHODS === #
    @property
    def _table_query(self):
        return SQL(COMPUTER_MONTHS, **self._parameters())

    # === ACTION METHODS === #
    def action_open_computers(self):
        """Open the computers that a row counts."""
        self.ensure_one()
        company = self.company_id.sudo()
        _month, day = self._months(company)[-1 - self._age(company)]
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_action"
        )
        period = [
            ("company_id", "=", company.id),
            ("partner_id", "=", self.partner_id.id),
            ("type_id", "=", self.type_id.id),
            ("date_from", "<=", day),
            "|",
            ("date_to", "=", False),
            ("date_to", ">", day),
        ]
        return {
            **action,
            "domain": [("period_ids", "any", period)],
            "context": {"active_test": False},
        }

    # === BUSINESS METHODS === #
    def _age(self, company):
        """Return how many months ago the month of a row was."""
        today = company._msp_today()
        return (today.year - self.month.year) * 12 + today.month - self.month.month

    @api.model
    def _months(self, company):
        """Return the months shown: (first day, the day on which computers count).

        :rtype: list[tuple[datetime.date, datetime.date]]
        """
        today = company._msp_today()
        this_month, found = today.replace(day=1), []
        for age in reversed(range(MONTHS)):
            month = this_month - relativedelta(months=age)
            last = month + relativedelta(months=1) - timedelta(days=1)
            found.append((month, min(last, today)))
        return found

    @api.model
    def _parameters(self):
        """Return the parameters of the statement, for the companies worked in.

        :rtype: dict
        """
        own = []
        for company in self.env.companies.sudo():
            today = company._msp_today()
            last = month_number(today)
            first = last - MONTHS + 1
            own.append(SQL("(%s, %s::date, %s, %s)", company.id, today, first, last))
        return {"companies": list(self.env.companies.ids), "own": SQL(", ").join(own)}
