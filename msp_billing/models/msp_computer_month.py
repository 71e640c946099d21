from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools.computer_month_sql import COMPUTER_MONTHS
from ..tools.month_sql import of_companies

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
        return SQL(COMPUTER_MONTHS, months=MONTHS, **of_companies(self.env.companies))

    # === ACTION METHODS === #
    def action_open_computers(self):
        """Open the computers that a row counts."""
        self.ensure_one()
        company = self.company_id.sudo()
        day = min(self.month + relativedelta(day=31), company._msp_today())
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
