from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import Span
from ..engine.usage import Usage, measure_readings
from ..tools.usage_sql import MEASURE


class MspUsage(models.AbstractModel):
    """Counting, set-wise: a statement counts all prices of a batch of cycles."""

    _name = "msp.usage"
    _description = "Usage"

    # === BUSINESS METHODS === #
    @api.model
    def _measure(self, cycles, prices, spans=None):
        """Count the computers of cycles.

        :param cycles: ``msp.billing.cycle``
        :param dict spans: cycle -> the days to count; without it, its own days
        :param dict prices: cycle -> the ``msp.service.plan.price`` that rate it
        :return: (cycle id, price id) -> engine ``Usage``, for every cycle and price
        :rtype: dict
        """
        self.env.flush_all()
        spans = spans or self._spans(cycles)
        usages = {
            (cycle.id, price.id): Usage(
                days=spans[cycle].days,
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
            usages.update(self._measure_inventory(counted, prices, spans))
        readings = cycles.filtered(
            lambda cycle: cycle.subscription_id.count_source == "reading"
        )
        if readings:
            usages.update(self._measure_readings(readings, prices, spans))
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
                "AS s(id, partner_id) JOIN msp_subscription m ON m.id = s.id "
                "JOIN msp_computer_period p ON p.partner_id = s.partner_id "
                "AND p.company_id = m.company_id AND p.date_from <= %s "
                "AND (p.date_to IS NULL OR p.date_to > %s) GROUP BY s.id",
                [row[0] for row in scope],
                [row[1] for row in scope],
                day,
                day,
            )
        )
        return dict(rows)

    @api.model
    def _spans(self, cycles):
        return {cycle: Span(cycle.date_start, cycle.date_end) for cycle in cycles}

    # === COUNTING === #
    @api.model
    def _measure_inventory(self, cycles, prices, spans):
        parameters = self._seen_parameters(cycles, prices, spans)
        parameters["e_cycle"] = cycles.ids
        parameters["e_end"] = [spans[cycle].end for cycle in cycles]
        self.env.cr.execute(MEASURE, parameters)
        rows = self.env.cr.fetchall()
        days = {cycle.id: spans[cycle].days for cycle in cycles}
        return {
            (cycle_id, price_id): Usage(
                days=days[cycle_id],
                computer_days=int(counted),
                end=at_end,
                peak=int(peak),
                peak_day=peak_day,
                unique=unique,
            )
            for cycle_id, price_id, counted, at_end, peak, peak_day, unique in rows
        }

    @api.model
    def _seen_parameters(self, cycles, prices, spans):
        """Return the parameters of SEEN: scope, what it leaves out, covered types."""
        scope, taken = self._site_days(
            {cycle.id: (cycle.subscription_id, spans[cycle]) for cycle in cycles}
        )
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
        agreed = [
            (cycle.id, type_id)
            for cycle in cycles
            for price in prices[cycle]
            if price.usage_basis == "contracted"
            for type_id in types[price]
        ]
        return {
            "x_cycle": [row[0] for row in taken],
            "x_partner": [row[1] for row in taken],
            "x_from": [row[2] for row in taken],
            "x_to": [row[3] for row in taken],
            "a_cycle": [row[0] for row in agreed],
            "a_type": [row[1] for row in agreed],
            "s_cycle": [row[0] for row in scope],
            "s_partner": [row[1] for row in scope],
            "s_from": [row[2] for row in scope],
            "s_to": [row[3] for row in scope],
            "c_cycle": [row[0] for row in covered],
            "c_price": [row[1] for row in covered],
            "c_type": [row[2] for row in covered],
        }

    @api.model
    def _measure_readings(self, cycles, prices, spans):
        """Count from readings: a step function of each contact and type, added."""
        sites = defaultdict(list)
        scope = {cycle.id: (cycle.subscription_id, spans[cycle]) for cycle in cycles}
        for cycle_id, partner_id, start, end in self._scope(scope):
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
            key = reading.company_id.id, reading.partner_id.id, reading.type_id.id
            by_contact[key].append((reading.date, reading.quantity))
        return {
            (cycle.id, price.id): measure_readings(
                spans[cycle],
                self._readings_of(sites[cycle.id], price, by_contact),
            )
            for cycle in cycles
            for price in prices[cycle]
        }

    @api.model
    def _readings_of(self, sites, price, by_contact):
        """Return the step functions that a price counts, cut to a site's days."""
        readings = {}
        for type_id in price._covered_types().ids:
            for partner_id, span in sites:
                key = price.company_id.id, partner_id, type_id
                steps = by_contact.get(key, ())
                before = [count for day, count in steps if day <= span.start]
                cut = [(span.start, before[-1])] if before else []
                cut += [
                    (day, count) for day, count in steps if span.start < day < span.end
                ]
                if cut:
                    readings[partner_id, type_id, span.start] = [*cut, (span.end, 0)]
        return readings


def _next_day(day):
    return day.fromordinal(day.toordinal() + 1)
