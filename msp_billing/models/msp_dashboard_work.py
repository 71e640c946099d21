from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL, format_date, format_datetime

from ..tools.dashboard_sql import COMING
from ..tools.month_sql import month_number
from .msp_leakage import KINDS

# So many days on which bills are due next are named.
NEXT_DAYS = 5
UNDELIVERED = ("no_address", "failed", "unknown")


class MspDashboard(models.AbstractModel):
    """What waits for somebody, what comes next, and what is not billed."""

    _inherit = "msp.dashboard"

    # === ATTENTION === #
    @api.model
    def _attention(self):
        """Return what waits: the buttons on top, and what is not billed yet.

        All of it is counted by one statement, with the rights of who looks.

        :return: (what somebody must look at, the subscriptions without a bill)
        :rtype: tuple[list[dict], dict]
        """
        asked = [*self._asked(), self._asked_without_a_bill()]
        counts = self._counts([(model, domain) for _, _, model, domain, _ in asked])
        *found, pending = [
            {
                "label": label,
                "count": count,
                "level": level,
                "open": self._open(action, label, domain),
            }
            for (label, action, _model, domain, level), count in zip(
                asked, counts, strict=True
            )
        ]
        return found, pending

    @api.model
    def _counts(self, asked):
        """Return how many records each domain finds, asked by one statement.

        :param asked: (model, domain) of each
        :rtype: list[int]
        """
        counts = [
            self.env[model]._search(domain).subselect(SQL("COUNT(*)"))
            for model, domain in asked
        ]
        [row] = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(counts)))
        return list(row)

    @api.model
    def _asked(self):
        """Return what is counted as waiting: (label, action, model, domain, level)."""
        own = [("company_id", "in", self._companies())]
        return [
            (
                self.env._("Held cycles"),
                "msp_billing_cycle_action",
                "msp.billing.cycle",
                [*own, ("state", "=", "held")],
                "warning",
            ),
            (
                self.env._("Failed cycles"),
                "msp_billing_cycle_action",
                "msp.billing.cycle",
                [*own, ("state", "=", "failed")],
                "danger",
            ),
            (
                self.env._("Due before today and not billed"),
                "msp_subscription_action",
                "msp.subscription",
                [*own, ("next_bill_date", "<", self._today())],
                "warning",
            ),
            (
                self.env._("Runs that wait or stopped"),
                "msp_bill_run_action",
                "msp.bill.run",
                [*own, ("state", "in", ("waiting", "paused", "stopped"))],
                "warning",
            ),
            (
                self.env._("Mails not delivered"),
                "msp_delivery_action",
                "msp.delivery",
                [*own, ("state", "in", UNDELIVERED)],
                "danger",
            ),
            (
                self.env._("Changes too old to bill"),
                "msp_late_change_action",
                "msp.late.change",
                own,
                "info",
            ),
        ]

    @api.model
    def _asked_without_a_bill(self):
        """Return what finds the subscriptions that run and that no bill tells of."""
        domain = [
            ("company_id", "in", self._companies()),
            *self.env["msp.subscription"]._live_domain(self._today()),
            ("cycle_ids", "not any", [("state", "=", "billed")]),
        ]
        name = self.env._("Subscriptions without a bill")
        return name, "msp_subscription_action", "msp.subscription", domain, "info"

    # === NEXT === #
    @api.model
    def _coming(self, rates):
        """Return what comes next: the days due, and the forecast's amounts.

        The amounts by column: due already, then by month from this one on.

        :return: ((day, subscriptions, customers) of the next days, {column: amount})
        :rtype: tuple[list[tuple], dict[int, float]]
        """
        today = self._today()
        rows = self.env.execute_query(
            SQL(
                COMING,
                companies=self._companies(),
                today=today,
                days=NEXT_DAYS,
                month=month_number(today),
                rates=self._rate_table(rates),
            )
        )
        days = sorted(tuple(row[:3]) for row in rows if row[0])
        sums = {column: float(amount) for day, *_, column, amount in rows if not day}
        return days, sums

    @api.model
    def _next_runs(self, days):
        """Return the next days on which something is due, with the subscriptions."""
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
            for day, number, customers in days
        ]

    @api.model
    def _forecast(self, rates, sums):
        """Return what the bills of this month and the next three are to say.

        What is due already stands by itself. It was worked out in the background, at
        the moment that is told.
        """
        forecasts = self.env["msp.forecast"].search_fetch(
            [("company_id", "in", self._companies())],
            ["made_at", "started_at", "failed_count"],
        )
        made = [forecast.made_at for forecast in forecasts]
        complete = len(forecasts) == len(self._companies()) and all(made)
        columns = [
            {
                "label": label,
                "amount": sums.get(number, 0.0),
                "open": self._open(
                    "msp_forecast_action",
                    self.env._("Expected bills: %(period)s", period=label),
                    [*days, ("date", "<", end), *self._currency_domain(rates)],
                ),
            }
            for number, (label, days, end) in enumerate(self._forecast_spans())
        ]
        if not columns[0]["amount"]:
            columns = columns[1:]
        return {
            "made": complete and format_datetime(self.env, min(made)),
            "running": any(not forecast._is_done() for forecast in forecasts),
            "failed": sum(forecasts.mapped("failed_count")),
            "columns": columns,
            "manager": self.env.user.has_group("msp_billing.group_msp_billing_manager"),
        }

    @api.model
    def _forecast_spans(self):
        """Return the columns of the forecast: (label, domain of the first day, end)."""
        today = self._today()
        spans = [(self.env._("Due already"), [], today)]
        for number in range(4):
            start = today.replace(day=1) + relativedelta(months=number)
            label = self._month_name(start)
            if not number:
                label = self.env._("Rest of %(month)s", month=label)
            since = [("date", ">=", max(start, today))]
            spans.append((label, since, start + relativedelta(months=1)))
        return spans

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
