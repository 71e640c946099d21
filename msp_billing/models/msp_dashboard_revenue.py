from collections import defaultdict
from itertools import accumulate

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL, format_date

from ..tools.dashboard_sql import COMPUTER_STEPS

MOVEMENTS = ("new", "grown", "shrunk", "lost")


class MspDashboard(models.AbstractModel):
    """Recurring revenue and computers, by month."""

    _inherit = "msp.dashboard"

    # === RECURRING REVENUE === #
    @api.model
    def _recurring(self, first, rates, pending):
        """Return the recurring revenue per month, and what changed it.

        :param dict pending: the subscriptions without a bill
        """
        Revenue = self.env["msp.recurring.revenue"]
        Revenue.check_access("read")
        sums, customers = self._recurring_sums(first, rates)
        months = self._months(first)
        domain = self._currency_domain(rates)
        series = {key: [] for key in ("total", *MOVEMENTS)}
        for month in months:
            for key, values in series.items():
                values.append(sums[month].get(key, 0.0))
        now, before = series["total"][-1], (series["total"] or [0.0])[-2]
        label = self._month_name(months[-1])
        return {
            "months": [self._month_name(month) for month in months],
            **series,
            "mrr": now,
            "arr": now * 12,
            "change": now - before,
            "percent": round(100 * (now - before) / before, 1) if before else False,
            "customers": customers,
            "pending": pending,
            "open": [
                self._open(
                    "msp_recurring_revenue_action",
                    self._month_name(month),
                    [("month", "=", month), *domain],
                    search_default_group_movement=1,
                )
                for month in months
            ],
            "open_all": self._open(
                "msp_recurring_revenue_action",
                self.env._("Recurring Revenue, %(month)s", month=label),
                [("month", "=", months[-1]), ("amount", "!=", 0), *domain],
                search_default_group_customer=1,
            ),
        }

    @api.model
    def _months(self, first):
        last, months = self._today().replace(day=1), []
        while first <= last:
            months.append(first)
            first += relativedelta(months=1)
        return months

    @api.model
    def _recurring_sums(self, first, rates):
        """Return the sums by month and movement, and the customers of today.

        A customer who pays in two currencies counts twice.

        :return: ({month: {"total" or movement: amount}}, number of customers)
        :rtype: tuple[dict, int]
        """
        Revenue = self.env["msp.recurring.revenue"]
        sums, customers = defaultdict(lambda: defaultdict(float)), 0
        this_month = self._today().replace(day=1)
        for month, currency_id, *amounts in Revenue._sums(first):
            rate = rates.get(currency_id)
            if rate is None:
                continue
            total, number, *moved = amounts
            customers += number if month == this_month else 0
            for key, amount in zip(("total", *MOVEMENTS), (total, *moved), strict=True):
                sums[month][key] += float(amount or 0) * rate
        currency = self.env.company.currency_id
        for by_key in sums.values():
            by_key.update({key: currency.round(by_key[key]) for key in by_key})
        return sums, customers

    # === COMPUTERS === #
    @api.model
    def _computers(self, first):
        """Return the computers under management at the end of each month, by type."""
        months = self._months(first)
        days = [*(self._month_end(month) for month in months[:-1]), self._today()]
        series = []
        for (name, type_id), steps in sorted(self._computer_steps(days).items()):
            counts = list(accumulate(steps))
            if any(counts):
                series.append({"id": type_id, "name": name, "counts": counts})
        totals = [sum(own["counts"][at] for own in series) for at in range(len(days))]
        return {
            "months": [self._month_name(month) for month in months],
            "types": series,
            "total": totals[-1],
            "change": totals[-1] - totals[-2],
            "open": [self._open_computers(day) for day in days],
        }

    @api.model
    def _month_end(self, month):
        return month + relativedelta(months=1, days=-1)

    @api.model
    def _computer_steps(self, days):
        """Return by how much the number of computers of a type differs at each day.

        The first is the number itself. Each period is looked at once.

        :return: {(name of the type, its id): numbers}
        :rtype: dict[tuple[str, int], list[int]]
        """
        name = self.env["msp.computer.type"]._field_to_sql("t", "name")
        rows = self.env.execute_query(
            SQL(COMPUTER_STEPS, days=days, companies=self._companies(), name=name)
        )
        steps = defaultdict(lambda: [0] * len(days))
        for type_id, type_name, at, number in rows:
            if at < len(days):
                steps[type_name, type_id][at] += int(number)
        return steps

    @api.model
    def _open_computers(self, day):
        period = [
            ["date_from", "<=", str(day)],
            "|",
            ["date_to", "=", False],
            ["date_to", ">", str(day)],
        ]
        return self._open(
            "msp_computer_action",
            self.env._(
                "Computers on %(day)s",
                day=format_date(self.env, day, date_format="d MMM y"),
            ),
            [["period_ids", "any", period]],
            active_test=False,
            search_default_group_type=1,
        )
