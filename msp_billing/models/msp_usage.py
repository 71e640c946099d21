from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import OPEN_END, Span, subtract
from ..engine.usage import Usage, measure_readings

# Spans of a scope: which customer's days belong to which cycle. ``seen`` are the days
# of computers in it: half-open, cut to the cycle, never overlapping for a computer.
SEEN = """
    scope(cycle_id, partner_id, d0, d1) AS (
        SELECT * FROM unnest(%(s_cycle)s::int[], %(s_partner)s::int[],
                             %(s_from)s::date[], %(s_to)s::date[])
    ),
    covered(cycle_id, price_id, type_id) AS (
        SELECT * FROM unnest(%(c_cycle)s::int[], %(c_price)s::int[],
                             %(c_type)s::int[])
    ),
    present AS (
        SELECT s.cycle_id, p.computer_id, p.type_id, p.partner_id,
               GREATEST(p.date_from, s.d0) AS f,
               LEAST(COALESCE(p.date_to, s.d1), s.d1) AS t
          FROM scope s
          JOIN msp_computer_period p
            ON p.partner_id = s.partner_id
           AND p.date_from < s.d1
           AND (p.date_to IS NULL OR p.date_to > s.d0)
    ),
    seen AS (
        SELECT c.price_id, p.*
          FROM present p
          JOIN covered c ON c.cycle_id = p.cycle_id AND c.type_id = p.type_id
    )
"""

MEASURE = (
    "WITH "
    + SEEN
    + """,
    step AS (
        SELECT cycle_id, price_id, day, SUM(change) AS change
          FROM (SELECT cycle_id, price_id, f AS day, 1 AS change FROM seen
                UNION ALL
                SELECT cycle_id, price_id, t, -1 FROM seen) AS both_ends
         GROUP BY cycle_id, price_id, day
    ),
    level AS (
        SELECT cycle_id, price_id, day,
               SUM(change) OVER (PARTITION BY cycle_id, price_id ORDER BY day) AS n
          FROM step
    ),
    peak AS (
        SELECT DISTINCT ON (cycle_id, price_id) cycle_id, price_id, n, day
          FROM level
         ORDER BY cycle_id, price_id, n DESC, day
    ),
    total AS (
        SELECT s.cycle_id, s.price_id,
               SUM(s.t - s.f) AS days,
               COUNT(*) FILTER (WHERE s.t = c.date_end) AS at_end,
               COUNT(DISTINCT s.computer_id) AS different
          FROM seen s
          JOIN unnest(%(e_cycle)s::int[], %(e_end)s::date[]) AS c(id, date_end)
            ON c.id = s.cycle_id
         GROUP BY s.cycle_id, s.price_id
    )
    SELECT t.cycle_id, t.price_id, t.days, t.at_end, p.n, p.day, t.different
      FROM total t JOIN peak p USING (cycle_id, price_id)
    """
)

EVIDENCE = (
    "WITH "
    + SEEN
    + """,
    charged(cycle_id, price_id, charge_id, counting_day, included, most) AS (
        SELECT * FROM unnest(%(h_cycle)s::int[], %(h_price)s::int[],
                             %(h_charge)s::int[], %(h_day)s::date[],
                             %(h_included)s::int[], %(h_most)s::int[])
    ),
    behind AS (
        SELECT h.cycle_id, h.charge_id, s.computer_id,
               (array_agg(s.type_id ORDER BY s.f DESC))[1] AS type_id,
               (array_agg(s.partner_id ORDER BY s.f DESC))[1] AS partner_id,
               MIN(s.f) AS f, MAX(s.t) AS t, SUM(s.t - s.f) AS days,
               h.counting_day IS NULL
                   OR bool_or(s.f <= h.counting_day AND h.counting_day < s.t) AS there,
               h.included, h.most
          FROM seen s JOIN charged h USING (cycle_id, price_id)
         GROUP BY h.cycle_id, h.charge_id, s.computer_id, h.counting_day,
                  h.included, h.most
    ),
    ranked AS (
        SELECT b.*, row_number() OVER (
                   PARTITION BY charge_id, there ORDER BY f, computer_id) AS rank
          FROM behind b
    ),
    unpriced AS (
        SELECT p.cycle_id, p.computer_id,
               (array_agg(p.type_id ORDER BY p.f DESC))[1] AS type_id,
               (array_agg(p.partner_id ORDER BY p.f DESC))[1] AS partner_id,
               MIN(p.f) AS f, MAX(p.t) AS t, SUM(p.t - p.f) AS days
          FROM present p
         WHERE NOT EXISTS (SELECT 1 FROM seen s WHERE s.cycle_id = p.cycle_id
                              AND s.computer_id = p.computer_id)
         GROUP BY p.cycle_id, p.computer_id
    ),
    evidence AS (
        SELECT cycle_id, charge_id, computer_id, partner_id, type_id, f, t, days,
               CASE WHEN NOT there THEN 'excluded'
                    WHEN rank <= included THEN 'included'
                    WHEN rank > included + most THEN 'excluded'
                    ELSE 'counted' END AS status,
               CASE WHEN NOT there THEN 'absent'
                    WHEN rank <= included THEN 'included'
                    WHEN rank > included + most THEN 'above_maximum'
                    END AS reason
          FROM ranked
        UNION ALL
        SELECT cycle_id, NULL, computer_id, partner_id, type_id, f, t, days,
               'excluded', 'no_price'
          FROM unpriced
    )
    INSERT INTO msp_charge_computer
           (cycle_id, charge_id, computer_id, partner_id, type_id, date_from, date_to,
            days, status, reason, name, company_id,
            create_uid, write_uid, create_date, write_date)
    SELECT e.cycle_id, e.charge_id, e.computer_id, e.partner_id, e.type_id, e.f, e.t,
           e.days, e.status, e.reason, c.name, y.company_id, %(uid)s, %(uid)s,
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM evidence e
      JOIN msp_computer c ON c.id = e.computer_id
      JOIN msp_billing_cycle y ON y.id = e.cycle_id
     ORDER BY e.cycle_id, e.charge_id, e.f, e.computer_id
    """
)


class MspUsage(models.AbstractModel):
    """Counting, set-wise: a statement counts all prices of a batch of cycles."""

    _name = "msp.usage"
    _description = "Usage"

    # === BUSINESS METHODS === #
    @api.model
    def _measure(self, cycles, prices):
        """Count the computers of cycles.

        :param cycles: ``msp.billing.cycle``
        :param dict prices: cycle -> the ``msp.service.plan.price`` that rate it
        :return: (cycle id, price id) -> engine ``Usage``, for every cycle and price
        :rtype: dict
        """
        self.env.flush_all()
        usages = {
            (cycle.id, price.id): Usage(
                days=(cycle.date_end - cycle.date_start).days,
                computer_days=0,
                end=0,
                peak=0,
                peak_day=None,
                unique=0,
            )
            for cycle in cycles
            for price in prices[cycle]
        }
        counted = cycles.filtered(
            lambda cycle: cycle.subscription_id.count_source == "inventory"
        )
        if counted:
            usages.update(self._measure_inventory(counted, prices))
        readings = cycles.filtered(
            lambda cycle: cycle.subscription_id.count_source == "reading"
        )
        if readings:
            usages.update(self._measure_readings(readings, prices))
        return usages

    @api.model
    def _count_on(self, subscriptions, day):
        """Return how many computers each subscription counts on a day.

        Every type counts, whether a price covers it or not.

        :rtype: dict[int, int]
        """
        if not subscriptions.ids:
            return {}
        self.env.flush_all()
        spans = {sub.id: (sub, Span(day, _next_day(day))) for sub in subscriptions}
        scope = self._scope(spans)
        rows = self.env.execute_query(
            SQL(
                "SELECT s.id, COUNT(*) FROM unnest(%s::int[], %s::int[]) "
                "AS s(id, partner_id) JOIN msp_computer_period p "
                "ON p.partner_id = s.partner_id AND p.date_from <= %s "
                "AND (p.date_to IS NULL OR p.date_to > %s) GROUP BY s.id",
                [row[0] for row in scope],
                [row[1] for row in scope],
                day,
                day,
            )
        )
        return dict(rows)

    @api.model
    def _store_evidence(self, cycles, prices, charges, usages):
        """Store the computers and days behind the charges of counted cycles.

        :param dict charges: (cycle id, price id) -> the price's first charge
        """
        counted = cycles.filtered(
            lambda cycle: cycle.subscription_id.count_source == "inventory"
        )
        if not counted:
            return
        self.env.flush_all()
        rows = [
            self._evidence_row(cycle, price, charges, usages)
            for cycle in counted
            for price in prices[cycle]
            if price.usage_basis != "contracted"
        ]
        columns = list(zip(*rows, strict=True)) if rows else [()] * 6
        names = ("h_cycle", "h_price", "h_charge", "h_day", "h_included", "h_most")
        parameters = {
            **self._seen_parameters(counted, prices),
            **{name: list(column) for name, column in zip(names, columns, strict=True)},
            "uid": self.env.uid,
        }
        self.env.cr.execute(EVIDENCE, parameters)
        self.env["msp.charge.computer"].invalidate_model()

    @api.model
    def _evidence_row(self, cycle, price, charges, usages):
        """Return the row of ``charged`` (see EVIDENCE) for one price of a cycle."""
        usage = usages[cycle.id, price.id]
        # A flat price is not counted: every computer that was there is behind it.
        flat = price.price_model == "flat"
        span = Span(cycle.date_start, cycle.date_end)
        return (
            cycle.id,
            price.id,
            charges[cycle.id, price.id].id,
            None if flat else usage.counting_day(price.usage_basis, span),
            0 if flat else int(price.included_quantity),
            10**9
            if flat or not price.maximum_quantity
            else int(price.maximum_quantity),
        )

    # === COUNTING === #
    @api.model
    def _measure_inventory(self, cycles, prices):
        parameters = self._seen_parameters(cycles, prices)
        parameters["e_cycle"] = cycles.ids
        parameters["e_end"] = cycles.mapped("date_end")
        self.env.cr.execute(MEASURE, parameters)
        days = {cycle.id: (cycle.date_end - cycle.date_start).days for cycle in cycles}
        return {
            (cycle_id, price_id): Usage(
                days=days[cycle_id],
                computer_days=int(computer_days),
                end=at_end,
                peak=int(peak),
                peak_day=peak_day,
                unique=different,
            )
            for cycle_id, price_id, computer_days, at_end, peak, peak_day, different in (
                self.env.cr.fetchall()
            )
        }

    @api.model
    def _seen_parameters(self, cycles, prices):
        """Return the parameters of SEEN: the scope, and the types that prices cover."""
        spans = {
            cycle.id: (cycle.subscription_id, Span(cycle.date_start, cycle.date_end))
            for cycle in cycles
        }
        scope = self._scope(spans)
        types = {
            price: price._covered_types().ids
            for price in self.env["msp.service.plan.price"].union(
                *(prices[cycle] for cycle in cycles)
            )
        }
        covered = [
            (cycle.id, price.id, type_id)
            for cycle in cycles
            for price in prices[cycle]
            if price.usage_basis != "contracted"
            for type_id in types[price]
        ]
        return {
            "s_cycle": [row[0] for row in scope],
            "s_partner": [row[1] for row in scope],
            "s_from": [row[2] for row in scope],
            "s_to": [row[3] for row in scope],
            "c_cycle": [row[0] for row in covered],
            "c_price": [row[1] for row in covered],
            "c_type": [row[2] for row in covered],
        }

    @api.model
    def _measure_readings(self, cycles, prices):
        """Count from readings: a step function of each contact and type, added."""
        spans = {
            cycle.id: (cycle.subscription_id, Span(cycle.date_start, cycle.date_end))
            for cycle in cycles
        }
        sites = defaultdict(list)
        for cycle_id, partner_id, start, end in self._scope(spans):
            sites[cycle_id].append((partner_id, Span(start, end)))
        by_contact = defaultdict(list)
        for reading in self.env["msp.count.reading"].search(
            [
                (
                    "partner_id",
                    "in",
                    list({site[0] for rows in sites.values() for site in rows}),
                ),
                ("company_id", "in", cycles.company_id.ids),
            ],
            order="date",
        ):
            by_contact[reading.partner_id.id, reading.type_id.id].append(
                (reading.date, reading.quantity)
            )
        return {
            (cycle.id, price.id): measure_readings(
                Span(cycle.date_start, cycle.date_end),
                self._readings_of(sites[cycle.id], price, by_contact),
            )
            for cycle in cycles
            for price in prices[cycle]
        }

    @api.model
    def _readings_of(self, sites, price, by_contact):
        """Return the step functions that a price counts, cut to the days of each site."""
        readings = {}
        for type_id in price._covered_types().ids:
            for partner_id, span in sites:
                steps = by_contact.get((partner_id, type_id), ())
                before = [count for day, count in steps if day <= span.start]
                cut = [(span.start, before[-1])] if before else []
                cut += [
                    (day, count) for day, count in steps if span.start < day < span.end
                ]
                if cut:
                    readings[partner_id, type_id, span.start] = [*cut, (span.end, 0)]
        return readings

    # === SCOPE === #
    @api.model
    def _scope(self, spans):
        """Return whose days count for which subscription: sites and their days.

        The contacts below a customer count with it on each day on which neither they
        nor a nearer parent have the same plan.

        :param dict spans: key -> (subscription, ``Span``)
        :return: rows (key, partner id, first day, first day after)
        :rtype: list[tuple]
        """
        subscriptions = self.env["msp.subscription"].union(
            *(subscription for subscription, _span in spans.values())
        )
        trees = self._sites(subscriptions.filtered("include_sites").partner_id)
        others = self._nearer(subscriptions, trees)
        rows = []
        for key, (subscription, span) in spans.items():
            root = subscription.partner_id.id
            sites = trees.get(root, {}) if subscription.include_sites else {}
            taken = {root: []}
            rows.append((key, root, span.start, span.end))
            for site, parent in sites.items():
                own = others.get((subscription.plan_id.id, site), [])
                taken[site] = taken[parent] + own
                rows += [
                    (key, site, piece.start, piece.end)
                    for piece in subtract(span, taken[site])
                ]
        return rows

    @api.model
    def _sites(self, customers):
        """Return for each customer its contacts with their parents, parents first.

        :rtype: dict[int, dict[int, int]]
        """
        trees = defaultdict(dict)
        for root, site, parent in self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE tree(root, id, parent_id, depth) AS (
                    SELECT parent_id, id, parent_id, 1 FROM res_partner
                     WHERE parent_id = ANY(%s)
                    UNION ALL
                    SELECT t.root, p.id, p.parent_id, t.depth + 1
                      FROM tree t JOIN res_partner p ON p.parent_id = t.id
                     WHERE t.depth < 20
                )
                SELECT root, id, parent_id FROM tree ORDER BY root, depth, id
                """,
                list(customers.ids),
            )
        ):
            trees[root][site] = parent
        return trees

    @api.model
    def _nearer(self, subscriptions, trees):
        """Return the days on which sites have a plan of their own.

        :rtype: dict[tuple[int, int], list[Span]]
        """
        sites = {site for tree in trees.values() for site in tree}
        if not sites:
            return {}
        spans = defaultdict(list)
        for other in self.env["msp.subscription"].search(
            [
                ("plan_id", "in", subscriptions.plan_id.ids),
                ("partner_id", "in", list(sites)),
            ]
        ):
            spans[other.plan_id.id, other.partner_id.id].append(
                Span(other.date_start, other.date_end or OPEN_END)
            )
        return spans


def _next_day(day):
    return day.fromordinal(day.toordinal() + 1)
