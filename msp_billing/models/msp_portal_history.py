from collections import Counter, defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import OPEN_END, Span

MONTHS = 12
# How the daily count of a site and type changes: a row for each day on which it does.
CHANGES = """
    SELECT company_id, partner_id, type_id, day, SUM(step) FROM (
        SELECT company_id, partner_id, type_id,
               GREATEST(date_from, %(first)s) AS day, 1 AS step
          FROM msp_computer_period
         WHERE partner_id = ANY(%(sites)s) AND company_id = ANY(%(companies)s)
           AND date_from <= %(last)s AND (date_to IS NULL OR date_to > %(first)s)
        UNION ALL
        SELECT company_id, partner_id, type_id, date_to, -1
          FROM msp_computer_period
         WHERE partner_id = ANY(%(sites)s) AND company_id = ANY(%(companies)s)
           AND date_from <= %(last)s AND date_to > %(first)s AND date_to <= %(last)s
    ) AS steps GROUP BY company_id, partner_id, type_id, day
"""


class MspPortal(models.AbstractModel):
    """How the number of a customer's computers went.

    Computers that are known by name are counted. On the days on which a plan bills
    the numbers that were reported, those count instead, as they do on the bill.
    """

    _inherit = "msp.portal"

    # === BUSINESS METHODS === #
    @api.model
    def _count_computers(self, day):
        """Return how many computers the customer had on a day.

        :rtype: int
        """
        steps, _reported = self._count_steps(day, day)
        return steps[-1][1]

    @api.model
    def _count_steps(self, first, last):
        """Return how the number of computers went from a day to another one.

        :return: pairs of a day and the count from it on, the first for the first day;
            whether some of the last day's are known by their number alone
        :rtype: tuple[list[tuple[date, int]], bool]
        """
        sites = self._sites()
        counts = self._named_changes(sites, first, last)
        spans = self._reading_spans(first, last)
        readings = self._readings(spans, first, last)
        for key, reported in readings.items():
            counts[key] = _splice(counts[key], reported, spans[key], (first, last))
        changes = Counter()
        for own in counts.values():
            # Not update(): a count may go down to nothing.
            for day, step in own.items():
                changes[day] += step
        count = changes.pop(first, 0)
        steps = [(first, count)]
        for day in sorted(changes):
            if changes[day]:
                count += changes[day]
                steps.append((day, count))
        reported = any(span.contains(last) for key in readings for span in spans[key])
        return steps, reported

    @api.model
    def _named_changes(self, sites, first, last):
        """Return how the number of the computers known by name changes.

        :return: (company id, site id, type id) -> day -> change; on the first day it
            is the count
        :rtype: dict
        """
        counts = defaultdict(dict)
        scope = self._scope_of(sites)
        query = SQL(CHANGES, first=first, last=last, **scope)
        for company, site, kind, day, step in self.env.execute_query(query):
            counts[company, site, kind][day] = int(step)
        return counts

    @api.model
    def _reading_spans(self, first, last):
        """Return the days on which plans count readings instead of computers.

        :return: (company id, site id, type id) -> spans
        :rtype: dict
        """
        found = self._subscriptions(
            [
                ("count_source", "=", "reading"),
                ("date_start", "<=", last),
                "|",
                ("date_end", "=", False),
                ("date_end", ">", first),
            ]
        )
        days = (
            self.env["msp.usage"]
            .sudo()
            ._scope(
                {
                    own: (own, Span(own.date_start, own.date_end or OPEN_END))
                    for own in found
                }
            )
        )
        types = {plan: self._counted_types(plan) for plan in found.plan_id}
        spans = defaultdict(list)
        for own, site, start, end in days:
            for kind in types[own.plan_id]:
                spans[own.company_id.id, site, kind].append(Span(start, end))
        return spans

    @api.model
    def _counted_types(self, plan):
        """Return the ids of the types that a plan counts."""
        counting = plan.price_ids.filtered(
            lambda price: (
                price.price_model != "flat" and price.usage_basis != "contracted"
            )
        )
        return {kind for price in counting for kind in price._covered_types().ids}

    @api.model
    def _readings(self, spans, first, last):
        """Return what was reported for sites and types, by day.

        What was reported before the first day stands on it.

        :param dict spans: see ``_reading_spans``
        :return: (company id, site id, type id) -> day -> count
        :rtype: dict
        """
        found = self.env["msp.count.reading"].sudo()
        if spans:
            found = found.search(
                [
                    ("partner_id", "in", list({site for _own, site, _kind in spans})),
                    ("company_id", "in", self._companies().ids),
                    ("date", "<=", last),
                ],
                order="date",
            )
        readings = defaultdict(dict)
        for reading in found:
            key = reading.company_id.id, reading.partner_id.id, reading.type_id.id
            if key in spans:
                readings[key][max(reading.date, first)] = reading.quantity
        return readings

    # === GRAPH === #
    @api.model
    def _count_months(self, day, steps):
        """Return the history as a table: each month's last and highest count.

        :rtype: list[dict]
        """
        rows, first = [], steps[0][0]
        month = first.replace(day=1)
        while month <= day:
            following = month + relativedelta(months=1)
            begin, end = max(month, first), min(following - timedelta(days=1), day)
            before = [count for changed, count in steps if changed <= begin][-1]
            within = [count for changed, count in steps if begin < changed <= end]
            rows.append(
                {
                    "month": month,
                    "last": (within or [before])[-1],
                    "highest": max([before, *within]),
                }
            )
            month = following
        return rows

    @api.model
    def _count_graph(self, day):
        """Return the history as a drawing 1000 wide and 100 high, and its labels.

        :rtype: dict
        """
        first = day - relativedelta(months=MONTHS)
        steps, reported = self._count_steps(first, day)
        days = (day - first).days or 1
        top = _round_up(max(count for _day, count in steps))
        points, height = [], None
        for changed, count in steps:
            x = round((changed - first).days * 1000 / days, 1)
            y = round(100 - count * 100 / top, 1)
            # Steps, not slopes: a count holds until the day on which it changes.
            points.append(f"M{x} {y}" if height is None else f"H{x}V{y}")
            height = y
        months = self._count_months(day, steps)
        return {
            "line": " ".join([*points, "H1000"]),
            "area": " ".join([*points, "H1000 V100 H0 Z"]),
            "top": top,
            "middle": top // 2,
            "months": months,
            "ticks": [
                {
                    "x": round((row["month"] - first).days * 100 / days, 1),
                    "month": row["month"],
                }
                for row in months
                if row["month"] >= first
            ],
            "now": steps[-1][1],
            "reported": reported,
            "least": min(count for _day, count in steps),
            "most": max(count for _day, count in steps),
        }


def _round_up(count):
    """Return the next even round number: the top of the axis."""
    step = 2
    while step * 5 < count:
        step *= 5 if str(step).startswith("2") else 2
    return max(-(-count // step) * step, 2)


def _splice(named, reported, spans, days):
    """Return the changes of a count: reported within the spans, else by name.

    :param dict named: day -> change
    :param dict reported: day -> count
    :param tuple days: the first and the last one
    """
    edges = {edge for span in spans for edge in (span.start, span.end)}
    first, last = days
    changes, count, told, before = {}, 0, 0, 0
    for day in sorted({first, *named, *reported, *edges}):
        if first <= day <= last:
            count += named.get(day, 0)
            told = reported.get(day, told)
            now = told if any(span.contains(day) for span in spans) else count
            changes[day], before = now - before, now
    return changes
