from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

# Months after the current one that are looked at.
MONTHS_AHEAD = 3
# So many subscriptions are forecast while the browser waits; more by the scheduled
# action.
AT_ONCE = 100


class MspForecast(models.Model):
    """What the next bills of a company are expected to say, as of a moment.

    Made by the code that previews bills, in a savepoint of which nothing is kept.
    """

    _name = "msp.forecast"
    _description = "Forecast of Bills"
    _order = "company_id"
    _rec_name = "company_id"

    # === FIELDS === #
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, ondelete="cascade"
    )
    made_at = fields.Datetime(
        readonly=True, help="When it was last worked out for all subscriptions."
    )
    started_at = fields.Datetime(
        readonly=True, help="When the forecast began that is being worked out."
    )
    reached = fields.Integer(
        readonly=True, help="The last subscription that is worked out."
    )
    failed_count = fields.Integer(
        string="Without Forecast",
        readonly=True,
        help="Subscriptions that cannot be rated as they are: a preview names why.",
    )
    line_ids = fields.One2many(
        comodel_name="msp.forecast.line", inverse_name="forecast_id", readonly=True
    )

    _one_per_company = models.UniqueIndex(
        "(company_id)", "The company has a forecast already."
    )

    # === BUSINESS METHODS === #
    @api.model
    def _refresh(self):
        """Work out the forecasts of the companies worked in again.

        At once where few subscriptions run, else by the scheduled action.

        :return: whether all of them are done
        :rtype: bool
        """
        done = True
        for company in self.env.companies:
            forecast = self._of(company)
            forecast._begin()
            left = forecast._left()
            if len(left) <= AT_ONCE:
                forecast._work_on(left)
                forecast._end()
            else:
                done = False
        if not done:
            self.env.ref("msp_billing.ir_cron_forecast").sudo()._trigger()
        return done

    @api.model
    def _of(self, company):
        """Return the forecast of a company as the bot sees it, made where it misses."""
        bot = self.env["msp.bill.run"].new({"company_id": company.id})._as_bot()
        Forecast = self.with_env(bot.env)
        found = Forecast.search([("company_id", "=", company.id)])
        return found or Forecast.create({"company_id": company.id})

    def _horizon(self):
        """Return the last day that is looked at: the end of a month."""
        today = self.company_id._msp_today()
        first = today.replace(day=1) + relativedelta(months=MONTHS_AHEAD + 1)
        return first - timedelta(days=1)

    def _is_stale(self):
        """Say whether it was not begun today, in the company's time zone."""
        company = self.company_id
        today = company._msp_today()
        return not self.started_at or company._msp_day(self.started_at) < today

    def _begin(self):
        """Start to work out a forecast anew; the old rows stay until theirs come."""
        self.write(
            {
                "started_at": fields.Datetime.now(),
                "reached": 0,
                "failed_count": 0,
            }
        )

    def _end(self):
        """Finish a forecast: what no subscription gave any more goes."""
        old = [("forecast_id", "=", self.id), ("made_at", "<", self.started_at)]
        self.env["msp.forecast.line"].search(old).unlink()
        self.made_at = self.started_at

    def _is_done(self):
        return bool(self.made_at) and self.made_at == self.started_at

    def _left(self):
        """Return the subscriptions with bills to come that are not worked out yet."""
        return self.env["msp.subscription"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("next_bill_date", "<=", self._horizon()),
                ("id", ">", self.reached),
            ],
            order="id",
        )


class MspForecastLine(models.Model):
    """What a subscription is expected to be billed on a day."""

    _name = "msp.forecast.line"
    _description = "Forecast of a Bill"
    _order = "date, amount desc, id"
    _rec_name = "subscription_id"

    # === FIELDS === #
    forecast_id = fields.Many2one(
        comodel_name="msp.forecast", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, ondelete="cascade"
    )
    subscription_id = fields.Many2one(
        comodel_name="msp.subscription", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", ondelete="cascade"
    )
    plan_id = fields.Many2one(comodel_name="msp.service.plan", ondelete="cascade")
    currency_id = fields.Many2one(comodel_name="res.currency", ondelete="cascade")
    date = fields.Date(
        string="Bill Date",
        required=True,
        help="The day on which it is due to be billed; before today: due already.",
    )
    cycle_count = fields.Integer(string="Cycles")
    amount = fields.Monetary(
        help="The charges with the computers, prices and terms known now, before "
        "taxes and before corrections."
    )
    made_at = fields.Datetime(string="As Of", required=True)
