from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import Span
from ..engine.usage import Usage, measure_readings
from ..tools.usage_sql import EVIDENCE, MEASURE

NO_MAXIMUM = 10**9


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
        rows = self.env.cr.fetchall()
        days = {cycle.id: (cycle.date_end - cycle.date_start).days for cycle in cycles}
        return {
            (cycle_id, price_id): Usage(
                days=days[cycle_id],
                computer_days=int(computer_days),
                end=at_end,
                peak=int(peak),
                peak_day=peak_day,
                unique=unique,
            )
            for cycle_id, price_id, computer_days, at_end, peak, peak_day, unique in rows
        }

    @api.model
    def _seen_parameters(self, cycles, prices):
        """Return the parameters of SEEN: scope, and types that prices cover."""
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
        """Return the step functions that a price counts, cut to a site's days."""
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


def _next_day(day):
    return day.fromordinal(day.toordinal() + 1)
