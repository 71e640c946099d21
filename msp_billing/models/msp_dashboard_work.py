from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL, format_date, format_datetime

from .msp_leakage import KINDS

# So many days on which bills are due next are named.
NEXT_DAYS = 5


class MspDashboard(models.AbstractModel):
    """What waits for somebody, what comes next, and what is not billed."""

    _inherit = "msp.dashboard"

    # === ATTENTION === #
    @api.model
    def _attention(self):
        """Return what somebody must look at, and how much of it there is."""
        own = [("company_id", "in", self._companies())]
        undelivered = ("no_address", "failed", "unknown")
        today = self._today()
        asked = (
            (
                self.env._("Held cycles"),
                "msp_billing_cycle_action",
                [*own, ("state", "=", "held")],
                "warning",
            ),
            (
                self.env._("Failed cycles"),
                "msp_billing_cycle_action",
                [*own, ("state", "=", "failed")],
                "danger",
            ),
            (
                self.env._("Due before today and not billed"),
                "msp_subscription_action",
                [*own, ("next_bill_date", "<", today)],
                "warning",
            ),
            (
                self.env._("Runs that wait or stopped"),
                "msp_bill_run_action",
                [*own, ("state", "in", ("waiting", "paused", "stopped"))],
                "warning",
            ),
            (
                self.env._("Mails not delivered"),
                "msp_delivery_action",
                [*own, ("state", "in", undelivered)],
                "danger",
            ),
            (
                self.env._("Changes too old to bill"),
                "msp_late_change_action",
                own,
                "info",
            ),
        )
        found = []
        for label, action, domain, level in asked:
            model = self.env.ref(f"msp_billing.{action}").sudo().res_model
            found.append(
                {
                    "label": label,
                    "count": self.env[model].search_count(domain),
                    "level": level,
                    "open": self._open(action, label, domain),
                }
            )
        return found

    # === NEXT === #
    @api.model
    def _next_runs(self):
        """Return the next days on which something is due, with the subscriptions."""
        rows = self.env.execute_query(
            SQL(
                "SELECT next_bill_date, COUNT(*), COUNT(DISTINCT bill_to_id) "
                "FROM msp_subscription WHERE company_id = ANY(%s) "
                "AND next_bill_date >= %s GROUP BY next_bill_date "
                "ORDER BY next_bill_date LIMIT %s",
                self._companies(),
                self._today(),
                NEXT_DAYS,
            )
        )
        return [
            {
                "label": format_date(self.env, day, date_format="EEE d MMM y"),
                "subscriptions": number,
                "customers": customers,
                "open": self._open(
                    "msp_subscription_action",
                    self.env._(
                        "To be billed on %(day)s",
                        day=format_date(self.env, day, date_format="d MMM y"),
                    ),
                    [("next_bill_date", "=", day)],
                ),
            }
            for day, number, customers in rows
        ]

    @api.model
    def _forecast(self, rates):
        """Return what the bills of this month and the next three are to say.

        What is due already stands by itself. It was worked out in the background, at
        the moment that is told.
        """
        Forecast = self.env["msp.forecast"]
        forecasts = Forecast.search([("company_id", "in", self._companies())])
        made = [forecast.made_at for forecast in forecasts]
        complete = len(forecasts) == len(self.env.companies) and all(made)
        today = self._today()
        sums = self._forecast_sums(rates)
        first, columns = today.replace(day=1), []
        spans = [(self.env._("Due already"), None, today)]
        for number in range(4):
            start = first + relativedelta(months=number)
            end = start + relativedelta(months=1)
            label = self._month_name(start)
            if not number:
                label = self.env._("Rest of %(month)s", month=label)
            spans.append((label, max(start, today), end))
        for number, (label, start, end) in enumerate(spans):
            days = [("date", ">=", start)] if start else []
            columns.append(
                {
                    "label": label,
                    "amount": sums.get(number, 0.0),
                    "open": self._open(
                        "msp_forecast_action",
                        self.env._("Expected bills: %(period)s", period=label),
                        [*days, ("date", "<", end), *self._currency_domain(rates)],
                    ),
                }
            )
        if columns and not columns[0]["amount"]:
            columns = columns[1:]
        return {
            "made": complete and format_datetime(self.env, min(made)),
            "running": any(not forecast._is_done() for forecast in forecasts),
            "failed": sum(forecasts.mapped("failed_count")),
            "columns": columns,
            "manager": self.env.user.has_group("msp_billing.group_msp_billing_manager"),
        }

    @api.model
    def _forecast_sums(self, rates):
        """Return the amounts by column: due already, then by month from this one on.

        :rtype: dict[int, float]
        """
        today = self._today()
        rows = self.env.execute_query(
            SQL(
                "SELECT CASE WHEN f.date < %(today)s THEN 0 ELSE 1 "
                "+ (EXTRACT(YEAR FROM f.date)::int - %(year)s) * 12 "
                "+ EXTRACT(MONTH FROM f.date)::int - %(month)s END, "
                "SUM(f.amount * r.rate) FROM msp_forecast_line f "
                "JOIN %(rates)s AS r ON r.currency_id = f.currency_id "
                "WHERE f.company_id = ANY(%(companies)s) GROUP BY 1",
                today=today,
                year=today.year,
                month=today.month,
                rates=self._rate_table(rates),
                companies=self._companies(),
            )
        )
        return {column: float(amount or 0) for column, amount in rows}

    # === LEAKAGE === #
    @api.model
    def _leakage(self):
        """Return the leakage by kind, in the currency of the company worked in."""
        Leakage = self.env["msp.leakage"]
        if not Leakage.has_access("read"):
            return False
        labels = dict(Leakage._fields["kind"]._description_selection(self.env))
        company, found = self.env.company, {}
        for kind, currency, number, computers, value in Leakage._read_group(
            [("company_id", "in", self._companies())],
            groupby=["kind", "currency_id"],
            aggregates=["__count", "computers:sum", "value:sum"],
        ):
            row = found.setdefault(kind, {"count": 0, "computers": 0, "value": 0.0})
            row["count"] += number
            row["computers"] += computers or 0
            row["value"] += currency._convert(
                value or 0.0, company.currency_id, company, self._today()
            )
        rows = [
            {
                "kind": kind,
                "label": labels[kind],
                **found[kind],
                "open": self._open(
                    "msp_leakage_action", labels[kind], [("kind", "=", kind)]
                ),
            }
            for kind, _label in KINDS
            if kind in found
        ]
        return {
            "currency_id": company.currency_id.id,
            "not_billed": sum(
                row["value"] for row in rows if row["kind"] in ("unmapped", "no_plan")
            ),
            "rows": rows,
        }
