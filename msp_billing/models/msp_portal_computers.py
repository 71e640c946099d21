from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

MONTHS = 12
# By which column the list is sorted, and the words for it.
ORDERS = {
    "name": SQL("name, id"),
    "type": SQL("type_sequence, type_id, name, id"),
    "site": SQL("site, name, id"),
    "since": SQL("date_from DESC, name, id"),
}
# A computer that went on to somebody else has his name for it now: what is shown is
# the name under which this customer was billed for it, and nothing newer.
COMPUTERS = """
    WITH own AS (
        SELECT p.id, p.type_id, p.partner_id, p.date_from, s.name AS site,
               t.sequence AS type_sequence,
               CASE WHEN c.partner_id = ANY(%(sites)s) THEN c.name
                    ELSE COALESCE(
                        (SELECT e.name FROM msp_charge_computer e
                          WHERE e.computer_id = c.id
                            AND e.partner_id = ANY(%(sites)s)
                          ORDER BY e.id DESC LIMIT 1), '') END AS name,
               CASE WHEN c.partner_id = ANY(%(sites)s)
                    THEN COALESCE(c.serial, '') ELSE '' END AS serial
          FROM msp_computer_period p
          JOIN msp_computer c ON c.id = p.computer_id
          JOIN msp_computer_type t ON t.id = p.type_id
          JOIN res_partner s ON s.id = p.partner_id
         WHERE p.partner_id = ANY(%(sites)s)
           AND p.company_id = ANY(%(companies)s)
           AND p.date_from <= %(day)s
           AND (p.date_to IS NULL OR p.date_to > %(day)s)
    )
    SELECT name, serial, type_id, partner_id, site, date_from, COUNT(*) OVER ()
      FROM own
"""
# How the daily count changes: one row for each day on which it does.
CHANGES = """
    SELECT day, SUM(step) FROM (
        SELECT GREATEST(date_from, %(first)s) AS day, 1 AS step
          FROM msp_computer_period
         WHERE partner_id = ANY(%(sites)s) AND company_id = ANY(%(companies)s)
           AND date_from <= %(last)s AND (date_to IS NULL OR date_to > %(first)s)
        UNION ALL
        SELECT date_to, -1
          FROM msp_computer_period
         WHERE partner_id = ANY(%(sites)s) AND company_id = ANY(%(companies)s)
           AND date_from <= %(last)s AND date_to > %(first)s AND date_to <= %(last)s
    ) AS steps GROUP BY day ORDER BY day
"""


class MspPortal(models.AbstractModel):
    """The computers of a customer as of any day, and how their number went."""

    _inherit = "msp.portal"

    # === BUSINESS METHODS === #
    @api.model
    def _sites(self):
        """Return the customer and the contacts below it, archived ones too."""
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        return Partner.search([("id", "child_of", self._customer().ids)])

    @api.model
    def _scope_of(self, sites):
        self.env.flush_all()
        return {"sites": list(sites.ids), "companies": list(self._companies().ids)}

    @api.model
    def _count_computers(self, day):
        """Return how many computers the customer had on a day.

        :rtype: int
        """
        sites = self._sites()
        [(count,)] = self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM msp_computer_period WHERE partner_id = ANY(%s) "
                "AND company_id = ANY(%s) AND date_from <= %s "
                "AND (date_to IS NULL OR date_to > %s)",
                *self._scope_of(sites).values(),
                day,
                day,
            )
        )
        return count

    @api.model
    def _computers(self, day, search="", sortby="name", offset=0, limit=None):
        """Return the computers of a day, and how many there are in all.

        :param str search: a part of a name or a serial number
        :param str sortby: a key of ORDERS
        :return: dicts with name, serial, type, site, since; their number
        :rtype: tuple[list[dict], int]
        """
        sites = self._sites()
        query = SQL(COMPUTERS, day=day, **self._scope_of(sites))
        if search:
            escaped = search.replace("\\", "\\\\").replace("%", "\\%")
            pattern = f"%{escaped.replace('_', chr(92) + '_')}%"
            query = SQL(
                "%s WHERE name ILIKE %s OR serial ILIKE %s", query, pattern, pattern
            )
        rows = self.env.execute_query(
            SQL(
                "%s ORDER BY %s LIMIT %s OFFSET %s",
                query,
                ORDERS.get(sortby) or ORDERS["name"],
                limit,
                offset,
            )
        )
        kinds = self.env["msp.computer.type"].sudo()
        kinds = kinds.browse({row[2] for row in rows})
        names = {kind.id: kind.name for kind in kinds}
        customer = self._customer()
        computers = [
            {
                "name": name or self.env._("Computer that is no longer yours"),
                "serial": serial,
                "type": names[type_id],
                "site": "" if partner_id == customer.id else site or "",
                "since": since,
            }
            for name, serial, type_id, partner_id, site, since, _all in rows
        ]
        return computers, rows[0][-1] if rows else 0

    # === HISTORY === #
    @api.model
    def _count_history(self, day):
        """Return how the number of computers went in the year up to a day.

        :return: the first day, and pairs of a day and the count from it on, the first
            for the first day
        :rtype: tuple[date, list[tuple[date, int]]]
        """
        first = day - relativedelta(months=MONTHS)
        changes = defaultdict(int)
        scope = self._scope_of(self._sites())
        for changed, step in self.env.execute_query(
            SQL(CHANGES, first=first, last=day, **scope)
        ):
            changes[changed] += int(step)
        count = changes.pop(first, 0)
        steps = [(first, count)]
        for changed in sorted(changes):
            if changes[changed]:
                count += changes[changed]
                steps.append((changed, count))
        return first, steps

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
        first, steps = self._count_history(day)
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
            "least": min(count for _day, count in steps),
            "most": max(count for _day, count in steps),
        }


def _round_up(count):
    """Return the next even round number: the top of the axis."""
    step = 2
    while step * 5 < count:
        step *= 5 if str(step).startswith("2") else 2
    return max(-(-count // step) * step, 2)
