from datetime import date, datetime, timezone

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .account_move import READERS

# Portal users may read companies: how bills are checked is nothing for them.
SETTINGS_READERS = f"{READERS},base.group_erp_manager"


class ResCompany(models.Model):
    _inherit = "res.company"

    # === FIELDS === #
    msp_timezone = fields.Selection(
        selection="_selection_msp_timezone",
        string="Billing Time Zone",
        required=True,
        default=lambda self: self._default_msp_timezone(),
        help="All billing dates are days in this time zone.",
        groups=SETTINGS_READERS,
    )
    msp_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Billing Journal",
        domain="[('type', '=', 'sale')]",
        check_company=True,
        help="The sales journal of the bills. Empty: the first one of the company.",
        groups=SETTINGS_READERS,
    )
    msp_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Default Service Product",
        check_company=True,
        default=lambda self: self._default_msp_product(),
        help="Gives the income account and the taxes of a bill line when neither "
        "the plan price nor the plan names a product.",
        groups=SETTINGS_READERS,
    )
    msp_due_days = fields.Integer(
        string="Due Days",
        default=14,
        help="Proposed for new subscriptions: days from the bill to its due date.",
        groups=SETTINGS_READERS,
    )
    msp_adjustment_months = fields.Integer(
        string="Correct Back",
        default=3,
        help="Months back in which changed history of billed cycles is corrected "
        "on the next bill.",
        groups=SETTINGS_READERS,
    )
    msp_jump_percent = fields.Integer(
        string="Jump in Percent",
        default=50,
        help="A cycle is held when its count differs from the last bill's by more "
        "than this percentage and by at least the number of computers beside it.",
        groups=SETTINGS_READERS,
    )
    msp_jump_minimum = fields.Integer(
        string="Jump in Computers",
        default=10,
        groups=SETTINGS_READERS,
    )
    msp_catchup_max = fields.Integer(
        string="Catch Up",
        default=3,
        help="Missed cycles of a subscription that one run bills by itself. "
        "More are held until a manager releases them.",
        groups=SETTINGS_READERS,
    )
    msp_silent_days = fields.Integer(
        string="Silent After",
        default=30,
        help="A computer that its source has not heard from for so many days is listed "
        "under Leakage as silent.",
        groups=SETTINGS_READERS,
    )
    msp_approval = fields.Boolean(
        string="Approve Bill Runs",
        help="A bill run waits for a manager's approval after its preview.",
        groups=SETTINGS_READERS,
    )
    msp_first_steps_hidden = fields.Boolean(
        string="First Steps Hidden",
        help="The list of service plans does not show the first steps any more.",
        groups=SETTINGS_READERS,
    )

    _msp_settings_check = models.Constraint(
        "CHECK (msp_due_days BETWEEN 0 AND 3650 AND msp_adjustment_months "
        "BETWEEN 0 AND 120 AND msp_jump_percent >= 0 AND msp_jump_minimum >= 0 "
        "AND msp_catchup_max BETWEEN 1 AND 120)",
        "The billing settings of a company cannot be negative, and a run must be "
        "allowed to catch up at least one cycle.",
    )

    _msp_silent_check = models.Constraint(
        "CHECK (msp_silent_days BETWEEN 1 AND 3650)",
        "A computer is silent after 1 to 3650 days.",
    )

    # === COMPUTE METHODS === #
    @api.model
    def _selection_msp_timezone(self):
        return [(zone, zone) for zone in pytz.all_timezones]

    @api.model
    def _default_msp_timezone(self):
        zone = self.env.user.tz
        return zone if zone in pytz.all_timezones_set else "UTC"

    @api.model
    def _default_msp_product(self):
        return self.env.ref(
            "msp_billing.product_managed_computer", raise_if_not_found=False
        )

    # === CONSTRAINT METHODS === #
    @api.constrains("msp_journal_id")
    def _check_msp_journal(self):
        for company in self:
            journal = company.sudo().msp_journal_id
            if journal and journal.type != "sale":
                raise ValidationError(
                    self.env._(
                        "Journal %(journal)s of %(company)s is no sales journal. "
                        "Choose a journal of type Sales for bills.",
                        journal=journal.display_name,
                        company=company.name,
                    )
                )

    @api.constrains("msp_journal_id", "msp_product_id")
    def _check_msp_companies(self):
        for company in self.sudo():
            for record in (company.msp_journal_id, company.msp_product_id):
                allowed = record._check_company_domain(company)
                if record and not record.filtered_domain(allowed):
                    raise ValidationError(
                        self.env._(
                            "%(record)s belongs to another company than %(company)s.",
                            record=record.display_name,
                            company=company.name,
                        )
                    )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._msp_let_bot_in()
        return companies

    # === BUSINESS METHODS === #
    def _msp_let_bot_in(self):
        """Let the billing bot work in these companies, one at a time."""
        bot = self.env.ref("msp_billing.user_bot", raise_if_not_found=False)
        if bot:
            bot.sudo().company_ids |= self.sudo()

    def _msp_day(self, moment):
        """Return the day in the company's time zone on which a moment lies.

        :param datetime moment: aware, or naive in UTC as Odoo stores it
        :rtype: date
        """
        self.ensure_one()
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        zone = pytz.timezone(self.sudo().msp_timezone or "UTC")
        return moment.astimezone(zone).date()

    def _msp_today(self) -> date:
        """Return today in the company's time zone."""
        return self._msp_day(datetime.now(tz=timezone.utc))

    def _msp_sales_journal(self):
        """Return the journal of the bills, or an empty recordset."""
        self.ensure_one()
        return self.msp_journal_id or self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(self),
                ("type", "=", "sale"),
            ],
            limit=1,
        )
