from odoo import api, models
from odoo.tools import SQL

from ..engine.span import Span
from ..engine.usage import Usage


class MspUsage(models.AbstractModel):
    """What a cycle would count if all its days were like one of them."""

    _inherit = "msp.usage"

    # === BUSINESS METHODS === #
    @api.model
    def _measure_on(self, cycles, prices, day):
        """Count one day for cycles that need not be stored: a forecast.

        :param cycles: ``msp.billing.cycle``, also new ones
        :param dict prices: cycle -> the ``msp.service.plan.price`` that rate it
        :return: as ``_measure``
        :rtype: dict
        """
        span = Span(day, day.fromordinal(day.toordinal() + 1))
        counted = cycles.filtered(
            lambda cycle: cycle.subscription_id.count_source != "reading"
        )
        counts = self._count_types_on(counted.subscription_id, span)
        types = {
            price: price._covered_types().ids
            for price in self.env["msp.service.plan.price"].union(*prices.values())
        }
        usages = {}
        for cycle in counted:
            own = counts.get(cycle.subscription_id.id, {})
            for price in prices[cycle]:
                number = sum(own.get(type_id, 0) for type_id in types[price])
                usages[cycle.id, price.id] = Usage(
                    days=1,
                    computer_days=number,
                    end=number,
                    peak=number,
                    peak_day=day,
                    unique=number,
                )
        readings = cycles - counted
        if readings:
            spans = dict.fromkeys(readings, span)
            usages.update(self._measure_readings(readings, prices, spans))
        return usages

    @api.model
    def _count_types_on(self, subscriptions, span):
        """Return how many computers of each type subscriptions count on a day.

        :param subscriptions: ``msp.subscription``, also new ones
        :return: subscription id -> type id -> count
        :rtype: dict
        """
        if not subscriptions:
            return {}
        self.env.flush_all()
        # By their place: the id of a new one is nothing for the database.
        places = dict(enumerate(subscriptions))
        scope = self._scope({place: (sub, span) for place, sub in places.items()})
        rows = self.env.execute_query(
            SQL(
                "SELECT s.place, p.type_id, COUNT(*) "
                "FROM unnest(%s::int[], %s::int[], %s::int[]) "
                "AS s(place, partner_id, company_id) "
                "JOIN msp_computer_period p ON p.partner_id = s.partner_id "
                "AND p.company_id = s.company_id AND p.date_from <= %s "
                "AND (p.date_to IS NULL OR p.date_to > %s) "
                "GROUP BY s.place, p.type_id",
                [row[0] for row in scope],
                [row[1] for row in scope],
                [places[row[0]].company_id.id for row in scope],
                span.start,
                span.start,
            )
        )
        counts = {}
        for place, type_id, number in rows:
            counts.setdefault(places[place].id, {})[type_id] = number
        return counts
