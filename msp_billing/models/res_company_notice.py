from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from .res_company import SETTINGS_READERS


class ResCompany(models.Model):
    """How fast mails leave, and on which day statements of account go out."""

    _inherit = "res.company"

    # === FIELDS === #
    msp_mails_per_minute = fields.Integer(
        string="Mails per Minute",
        default=60,
        help="At most so many bills, reminders and statements leave in any minute. "
        "0: no limit.",
        groups=SETTINGS_READERS,
    )
    msp_statement_day = fields.Integer(
        string="Statement Day",
        help="Day of the month on which statements of account go out; in shorter "
        "months the last day. 0: none go out by themselves.",
        groups=SETTINGS_READERS,
    )
    msp_statement_all = fields.Boolean(
        string="Statements to All",
        default=True,
        help="Every customer with open bills gets one, unless its own page says "
        "otherwise. Off: only those whose page says so.",
        groups=SETTINGS_READERS,
    )
    msp_statement_last = fields.Date(
        string="Statements Queued for",
        readonly=True,
        copy=False,
        help="The last statement day that was worked off.",
        groups=SETTINGS_READERS,
    )

    _msp_notice_check = models.Constraint(
        "CHECK (msp_mails_per_minute BETWEEN 0 AND 100000 "
        "AND msp_statement_day BETWEEN 0 AND 31)",
        "Mails per minute: 0 (no limit) to 100,000. Statement day: 1 to 31, or 0 for "
        "none.",
    )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.sudo()._msp_forget_statement_days()
        return companies

    def write(self, vals):
        changed = self.sudo().filtered(
            lambda company: (
                "msp_statement_day" in vals
                and company.msp_statement_day != vals["msp_statement_day"]
            )
        )
        result = super().write(vals)
        changed._msp_forget_statement_days()
        return result

    # === BUSINESS METHODS === #
    def _msp_forget_statement_days(self):
        """Leave out the days before today: a new setting makes up for none."""
        for company in self:
            company.msp_statement_last = company._msp_today() - timedelta(days=1)

    def _msp_statement_due(self):
        """Return the statement day that is to be worked off, or None.

        A day that was missed is made up for, but only the latest one.

        :rtype: date or None
        """
        self.ensure_one()
        if not self.msp_statement_day:
            return None
        today = self._msp_today()
        # relativedelta takes the last day where a month has no such day.
        day = today + relativedelta(day=self.msp_statement_day)
        if day > today:
            day = today + relativedelta(months=-1, day=self.msp_statement_day)
        last = self.msp_statement_last
        return None if last and day <= last else day
