from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_date

READERS = (
    "msp_billing.group_msp_billing_manager",
    "account.group_account_readonly",
    "account.group_account_invoice",
)
# The months that can be looked at: each figure of them is one row of the answer.
PERIODS = (6, 12, 24, 36)


class MspDashboard(models.AbstractModel):
    """The figures of the business, for the companies worked in.

    Amounts of several currencies are never added as they are: they are shown in one
    currency, or converted into the company's at the rates of today, which are stated.
    Every figure says what list is behind it (``open``).
    """

    _name = "msp.dashboard"
    _description = "Dashboard of MSP Billing"

    # === ACTION METHODS === #
    @api.model
    @api.readonly
    def get_data(self, months=12, currency_id=False):
        """Return all figures of the dashboard but the leakage.

        :param int months: how many months back, one of 6, 12, 24, 36
        :param int currency_id: only amounts in this currency; without it all, converted
            into the currency of the company worked in
        :rtype: dict
        :raises AccessError: for people who are neither managers nor accountants
        """
        self._require_reader()
        months = months if months in PERIODS else 12
        self.env.flush_all()
        rates, money = self._money(currency_id)
        first = self._today().replace(day=1) - relativedelta(months=months - 1)
        states, ages = self._owed(first, rates)
        days, expected = self._coming(rates)
        attention, pending = self._attention()
        return {
            **money,
            "today": format_date(self.env, self._today(), date_format="d MMM y"),
            "months": months,
            "periods": list(PERIODS),
            "recurring": self._recurring(first, rates, pending),
            "computers": self._computers(first),
            "bills": self._bills(first, rates, states),
            "aged": self._aged(rates, ages),
            "attention": attention,
            "runs": self._next_runs(days),
            "forecast": self._forecast(rates, expected),
        }

    @api.model
    @api.readonly
    def get_leakage(self):
        """Return what is managed and not billed, or billed in vain, per month.

        In the currency of the company worked in. Nothing for people who may not read
        the list of it.

        :rtype: dict or bool
        :raises AccessError: for people who are neither managers nor accountants
        """
        self._require_reader()
        return self._leakage()

    @api.model
    def action_refresh_forecast(self):
        """Work out the forecast of bills again, for the companies worked in.

        :return: whether it is done; else the scheduled action goes on with it
        :rtype: bool
        :raises AccessError: for people who are no billing managers
        """
        if not self.env.user.has_group(READERS[0]):
            raise AccessError(
                self.env._("Only a billing manager can work out the forecast again.")
            )
        return self.env["msp.forecast"]._refresh()

    # === BUSINESS METHODS === #
    @api.model
    def _require_reader(self):
        if not any(self.env.user.has_group(group) for group in READERS):
            raise AccessError(
                self.env._(
                    "The dashboard is for billing managers and accountants. Ask an "
                    "administrator for one of these roles."
                )
            )

    @api.model
    def _today(self):
        return self.env.company._msp_today()

    @api.model
    def _companies(self):
        return list(self.env.companies.ids)

    @api.model
    def _money(self, currency_id):
        """Return the rates of the currencies that count, and how money is shown.

        :return: (currency id -> factor into the currency shown, what the client is
            told: ``currency``, ``currencies``, ``rates``, ``left_out``)
        :rtype: tuple[dict[int, float], dict]
        """
        own = self.env.company.currency_id
        used = self._used_currencies() | own
        chosen = used.filtered(lambda currency: currency.id == currency_id)
        rates = self._rates(used, own)
        everything = self.env._("All, in %(currency)s", currency=own.name)
        choices = [{"id": currency.id, "name": currency.name} for currency in used]
        if len(used) > 1:
            choices = [{"id": False, "name": everything}, *choices]
        shown = chosen or own
        several = not chosen and len(used) > 1
        return {chosen.id: 1.0} if chosen else rates, {
            "currency": {"id": shown.id, "name": shown.name},
            "currencies": choices,
            "chosen": chosen.id,
            "rates": [
                f"1 {currency.name} = {rates[currency.id]:.4f} {own.name}"
                for currency in used - own
                if several and currency.id in rates
            ],
            "left_out": [
                currency.name
                for currency in used
                if several and currency.id not in rates
            ],
        }

    @api.model
    def _used_currencies(self):
        """Return the currencies of the subscriptions of the companies worked in."""
        used = self.env["msp.subscription"]._search(
            [("company_id", "in", self._companies())]
        )
        return (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search_fetch(
                [("id", "in", used.subselect(SQL("currency_id")))],
                ["name"],
                order="name",
            )
        )

    @api.model
    def _rates(self, currencies, own):
        """Return the factors into a currency today; without a rate there is none."""
        known = currencies.filtered(
            lambda currency: currency == own or currency.sudo().rate_ids
        )
        return {
            currency.id: self.env["res.currency"]._get_conversion_rate(
                currency, own, self.env.company, self._today()
            )
            for currency in known
        }

    @api.model
    def _rate_table(self, rates):
        """Return the rates as a table of SQL with ``currency_id`` and ``rate``."""
        return SQL(
            "(SELECT * FROM unnest(%s::int[], %s::numeric[]) AS r(currency_id, rate))",
            list(rates),
            [str(rate) for rate in rates.values()],
        )

    @api.model
    def _month_name(self, month):
        return format_date(self.env, month, date_format="MMM y")

    @api.model
    def _open(self, action, name, domain, **context):
        """Return what the client opens: an action of ours with another domain."""
        return {
            "action": f"msp_billing.{action}",
            "name": name,
            "domain": [
                [*leaf[:2], fields.Date.to_string(leaf[2])]
                if isinstance(leaf, tuple) and hasattr(leaf[2], "toordinal")
                else leaf
                for leaf in domain
            ],
            "context": context,
        }

    @api.model
    def _currency_domain(self, rates):
        """Return the domain of the records whose amounts are in a figure."""
        return [("currency_id", "in", list(rates))]
